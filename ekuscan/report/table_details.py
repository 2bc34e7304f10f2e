"""What ``-v`` adds: connections, ports, chains, stacks that disagree, and every verdict that is fine."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.model import AcceptedCa, Certificate, Chain, Observation, Purpose, Run, Sight, Target
from ekuscan.notices.table import packaged
from ekuscan.report import marks, text
from ekuscan.report.page import Page
from ekuscan.report.table_problems import verdict_words
from ekuscan.report.table_unseen import at_address, failure_words, port_name
from ekuscan.verdict.clusters import is_whole

_SHORT_ID = 12
_CA_NAMES_SHOWN = 5


def details(run: Run, page: Page) -> Iterator[str]:
    """The sections that have something to say, each with its heading before and an empty line behind."""
    sections = (
        ("CONNECTIONS", "", _connections(run, page)),
        ("PORTS", "", _ports(run, page)),
        ("CHAINS", "(as presented, end-entity first)", _chains(run, page)),
        ("STACKS", "(where TLS stacks disagree on a chain)", _stacks(run, page)),
        ("FINE", "", _fine(run, page)),
    )
    for word, meaning, lines in sections:
        first = next(lines, None)
        if first is not None:
            yield page.heading(word, meaning)
            yield first
            yield from lines
            yield ""


def _connections(run: Run, page: Page) -> Iterator[str]:
    for connection in run.connections:
        settings = [f"{page.say(name)} = {page.say(fact.value)}" for name, fact in connection.settings.items()]
        ends = f"{page.name(connection.from_)} > {page.name(connection.to)}"
        yield from page.flow([ends, page.title(connection.use_case), connection.origin, *settings], " ", "   ")


# --- ports ----------------------------------------------------------------------------------------------------


def _ports(run: Run, page: Page) -> Iterator[str]:
    by_target: dict[str, list[Observation]] = {}
    for observation in run.observations:
        by_target.setdefault(observation.endpoint.target, []).append(observation)
    targets = {target.id: target for target in run.targets}
    for name, observations in by_target.items():
        yield from page.flow(_target_words(name, targets.get(name), observations, page), " ", "   ")
        labels = [page.say(f"{one.endpoint.port}/{one.endpoint.protocol}{at_address(one)}") for one in observations]
        width = max(map(text.cells, labels))
        for label, observation in zip(labels, observations, strict=True):
            yield from page.flow([text.pad(label, width), *_port_words(observation, page)], "   ", "     ")


def _target_words(name: str, target: Target | None, observations: list[Observation], page: Page) -> list[str]:
    hosts = dict.fromkeys(page.say(observation.endpoint.host) for observation in observations)
    addresses = dict.fromkeys(page.say(one.address) for one in observations if one.address is not None)
    where = [word for word in hosts | addresses if word != page.say(name)]
    if target is None:
        return [page.name(name), *where]
    role = f"{target.role} ({target.role_from})"
    release = f"{page.say(target.release)} ({target.release_from})" if target.release is not None else "release unknown"
    return [page.name(name), role, release, *where]


def _port_words(observation: Observation, page: Page) -> list[str]:
    asked = marks.strongest(observation)
    versions = dict.fromkeys(sight.tls.version for sight in observation.sights if sight.tls is not None)
    return [
        text.pad(observation.status, 7),
        "/".join(page.say(version) for version in versions),
        f"client cert {asked}" if asked is not None else "",
        *port_remarks(observation, page),
    ]


def port_remarks(observation: Observation, page: Page) -> list[str]:
    """What a port showed beside its certificate: refusals, CAs, names, its banner, why it gave less than asked."""
    endpoint = observation.endpoint
    return [
        *_refusals(observation.sights, page),
        _accepted(observation, page),
        f"server name {page.say(endpoint.server_name)}" if endpoint.server_name else "",
        f"forwarded from {endpoint.profile_port}" if endpoint.profile_port not in (None, endpoint.port) else "",
        page.say(observation.banner.raw) if observation.banner is not None else "",
        failure_words(observation, page),
    ]


def _refusals(sights: tuple[Sight, ...], page: Page) -> Iterator[str]:
    refusals = (sight.client_certificate.refused_by for sight in sights if sight.presented_as is None)
    yield from (f"refused without one by {by}" for by in dict.fromkeys(refusals) if by is not None)
    alerts = dict.fromkeys(
        f"alert {alert.number} {page.say(alert.name)} {alert.direction}{_on_which(sight, sights[0], page)}"
        for sight in sights
        for alert in sight.alerts
    )
    yield from alerts


def _on_which(sight: Sight, first: Sight, page: Page) -> str:
    """What was special about a handshake that was not the endpoint's first one."""
    if sight.presented_as is not None:
        return f' (to certificate "{page.say(sight.presented_as)}")'
    views = packaged().views
    said, usual = (views[one.offer].says if one.offer in views else one.offer for one in (sight, first))
    return f" ({page.say(said)})" if said != usual else ""


def _accepted(observation: Observation, page: Page) -> str:
    """The CAs that a peer lists, the first ones by name with what is known of each."""
    given = (name for sight in observation.sights for name in sight.client_certificate.ca_names)
    known = {ca.name: ca for ca in observation.accepts}
    names = list(dict.fromkeys(_ca_words(name, known.get(name), page) for name in given))
    if not names:
        return ""
    more = "; ..." if len(names) > _CA_NAMES_SHOWN else ""
    counted = text.counted(len(names), "CA") + (" and more" if observation.ca_names_cut else "")
    return f"accepts {counted}: {'; '.join(names[:_CA_NAMES_SHOWN])}{more}"


def _ca_words(name: str, ca: AcceptedCa | None, page: Page) -> str:
    shown = page.say(marks.common_name(name))
    if ca is None:
        return shown
    ended = ", no clientAuth" if ca.issues_client_auth == "no" else ""
    return f"{shown} ({marks.CLASSES[ca.class_]}{ended})"


# --- chains ---------------------------------------------------------------------------------------------------


def _chains(run: Run, page: Page) -> Iterator[str]:
    where = shown_at(run, page)
    for id_, chain in run.chains.items():
        yield from page.flow([f"chain {id_[:_SHORT_ID]}", *where.get(id_, [])], " ", "   ")
        for place, sha256 in enumerate(chain.presented, 1):
            yield from page.flow(_certificate_words(place, sha256, run.certificates.get(sha256), page), "   ", "     ")
        yield from _path_lines(chain, run, page)
        yield from page.flow(hierarchy_words(chain, page), "   ", "     ")
        for words in (*chain.hierarchy.evidence, *(f"flaw: {flaw}" for flaw in chain.flaws)):
            yield from page.wrap(words, "   - ", "     ")


def shown_at(run: Run, page: Page) -> dict[str, list[str]]:
    """Where each chain was seen: ports, and slots that were filled without one."""
    where: dict[str, dict[str, list[str]]] = {}
    for observation in run.observations:
        name = page.name(observation.endpoint.target)
        for id_ in dict.fromkeys(sight.chain for sight in observation.sights if sight.chain is not None):
            where.setdefault(id_, {}).setdefault(name, []).append(port_name(observation))
    places = {id_: [f"{name}:{','.join(ports)}" for name, ports in boxes.items()] for id_, boxes in where.items()}
    for target in run.targets:
        for slot in target.slots:
            if slot.chain is not None and slot.from_ not in ("port", "same-slot"):
                place = f"{page.name(target.id)} {page.say(slot.slot)} ({slot.from_})"
                places.setdefault(slot.chain, []).append(place)
    return places


def _certificate_words(place: int, sha256: str, certificate: Certificate | None, page: Page) -> list[str]:
    if certificate is None:
        return [f"{place}  {sha256[:_SHORT_ID]}  unreadable"]
    end = "end unreadable" if certificate.not_after is None else f"ends {text.day(certificate.not_after)}"
    flaws = [f"flaw: {page.say(flaw)}" for flaw in certificate.flaws]
    names = [*certificate.eku.names, *(["malformed"] if certificate.eku.state == "malformed" else [])]
    eku = ", ".join(page.say(name) for name in names) or f"EKU {certificate.eku.state}"
    return [f"{place}  {page.say(certificate.subject)}", eku, end, page.say(certificate.key), *flaws]


def _path_lines(chain: Chain, run: Run, page: Page) -> Iterator[str]:
    for path in chain.paths:
        known = (run.certificates.get(sha256) for sha256 in path)
        names = [page.say(marks.common_name(one.subject)) if one is not None else "?" for one in known]
        pieces = ["path", *(name + " <" for name in names[:-1]), *names[-1:]]
        yield from text.flow(pieces, page.width, "   ", "     ", gap=" ")


def hierarchy_words(chain: Chain, page: Page) -> list[str]:
    hierarchy = chain.hierarchy
    chrome = f"Chrome: {hierarchy.chrome.state}"
    if hierarchy.chrome.sct_not_after is not None:
        chrome += f", SCTs until {text.day(hierarchy.chrome.sct_not_after)}"
    if hierarchy.chrome.leaf_in_time is not None:
        chrome += ", this one in time" if hierarchy.chrome.leaf_in_time else ", this one too late"
    root = f"root {page.say(hierarchy.root)}" if hierarchy.root else ""
    owner = f"owner {page.say(hierarchy.owner)}" if hierarchy.owner else ""
    return [hierarchy.class_, f"({hierarchy.certainty})", root, owner, chrome]


# --- stacks, verdicts -----------------------------------------------------------------------------------------


def _stacks(run: Run, page: Page) -> Iterator[str]:
    for id_, chain in run.chains.items():
        views: dict[Purpose, list[str]] = {}
        for stack, purpose in chain.effective_eku.items():
            views.setdefault(purpose, []).append(stack)
        if len({(view.server_auth, view.client_auth) for view in views}) < 2:
            continue
        words = [_view(purpose, stacks, run, page) for purpose, stacks in views.items()]
        yield from page.flow([f"chain {id_[:_SHORT_ID]}", *words], " ", "   ")


def _view(purpose: Purpose, stacks: list[str], run: Run, page: Page) -> str:
    blocker = run.certificates.get(purpose.blocked_by) if purpose.blocked_by is not None else None
    by = f" (blocked by {page.say(marks.common_name(blocker.subject))})" if blocker is not None else ""
    return f"{marks.purpose_mark(purpose)} {', '.join(stacks)}{by}"


def _fine(run: Run, page: Page) -> Iterator[str]:
    for verdict in run.verdicts:
        if verdict.outcome == "ok" and not is_whole(verdict):
            yield from page.flow(verdict_words(page, verdict), " ", "   ")
            if verdict.text:
                yield from page.wrap(verdict.text, "   ", "   ")
