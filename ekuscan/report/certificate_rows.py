"""The rows of the section CERTIFICATES: one per certificate that a target holds, with what there is to say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ekuscan.model import Certificate, Chain, Observation, Purpose, Run, SlotContent, Target, Verdict
from ekuscan.named_sights import named_sights
from ekuscan.record import record
from ekuscan.report import marks, text
from ekuscan.report.page import Page

_USES_SHOWN = 6


@record
class Row:
    """One content of one or more slots of a target. ``sha256`` and ``chain`` are None where none was seen."""

    label: str
    mark: str
    issuer: str
    kind: str
    ends: str
    asks: list[str]
    notes: list[str]
    sha256: str | None = None
    chain: str | None = None


@record
class _Apart:
    """Slots with several certificates, which their ports tell apart, and those of which one port showed several."""

    by_port: set[str]
    by_key: set[str]


@record
class Evidence:
    """What rows are made of, looked up by id."""

    certificates: Mapping[str, Certificate]
    chains: Mapping[str, Chain]
    observations: Mapping[str, Observation]
    uses: Mapping[tuple[str, str], list[Verdict]]
    banners: Mapping[str, list[Observation]]
    shown: Mapping[str, list[Observation]]


def evidence_of(run: Run) -> Evidence:
    """What the rows of ``run`` stand on."""
    uses: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in run.verdicts:
        if verdict.sha256 is not None and verdict.outcome != "not-applicable":
            uses.setdefault((verdict.target, verdict.sha256), []).append(verdict)
    observations = {observation.endpoint.id: observation for observation in run.observations}
    banners: dict[str, list[Observation]] = {}
    shown: dict[str, list[Observation]] = {}
    for observation in run.observations:
        shown.setdefault(observation.endpoint.target, []).append(observation)
        if observation.banner is not None:
            banners.setdefault(observation.endpoint.target, []).append(observation)
    return Evidence(run.certificates, run.chains, observations, uses, banners, shown)


def rows_of(target: Target, evidence: Evidence, page: Page, *, verbose: bool) -> list[Row]:
    """One row per distinct certificate, with the slots that hold it; one for all slots that nobody has seen.

    What only a port without a slot showed stands under the port's number.
    """
    held: dict[str, list[SlotContent]] = {}
    unseen: list[str] = []
    everything = (*target.slots, *_without_slot(target, evidence))
    for content in everything:
        if content.sha256 is None:
            unseen.append(content.slot)
        else:
            held.setdefault(content.sha256, []).append(content)
    apart = _Apart(
        {one.slot for one in target.slots if _contents(target, one.slot) > 1},
        {one.slot for one in everything if any(_share_a_port(one, other) for other in everything)},
    )
    rows = [_row(target, sha256, contents, apart, evidence, page, verbose) for sha256, contents in held.items()]
    if unseen or not rows:
        label = ", ".join(page.say(slot) for slot in dict.fromkeys(unseen))
        notes = [] if rows else list(_banners(evidence.banners.get(target.id, []), page))
        rows.append(Row(label, "??", "unseen", "", "", [], notes))
    return rows


def _without_slot(target: Target, evidence: Evidence) -> Iterator[SlotContent]:
    """What ports showed of which no source says which slot it is: a web interface that may be one or another."""
    held = {content.sha256 for content in target.slots}
    for observation in evidence.shown.get(target.id, ()):
        chains = dict.fromkeys(sight.chain for sight in named_sights(observation) if sight.chain is not None)
        for id_ in chains:
            chain = evidence.chains.get(id_)
            sha256 = _end_entity(chain) if chain is not None else None
            if sha256 is not None and sha256 not in held:
                place = f"port {observation.endpoint.profile_port or observation.endpoint.port}"
                yield SlotContent(place, sha256, id_, "port", (observation.endpoint.id,))


def _end_entity(chain: Chain) -> str | None:
    return next((one for group in (*chain.paths[:1], chain.presented) for one in group), None)


def _banners(told: list[Observation], page: Page) -> Iterator[str]:
    """What a target without any certificate said that it is, each banner with the ports that gave it."""
    ports: dict[str, list[str]] = {}
    for observation in told:
        if observation.banner is not None:
            place = f"{observation.endpoint.port}/{page.say(observation.endpoint.protocol)}"
            ports.setdefault(page.say(observation.banner.raw), []).append(place)
    for raw, places in ports.items():
        yield f"banner: {raw} ({', '.join(places)})"


def _contents(target: Target, slot: str) -> int:
    return len({content.sha256 for content in target.slots if content.slot == slot})


def _share_a_port(one: SlotContent, other: SlotContent) -> bool:
    """Whether one port showed both, which are different: an RSA and an ECDSA certificate, as a rule."""
    return one.slot == other.slot and one.sha256 != other.sha256 and not set(one.endpoints).isdisjoint(other.endpoints)


def _row(
    target: Target,
    sha256: str,
    contents: list[SlotContent],
    apart: _Apart,
    evidence: Evidence,
    page: Page,
    verbose: bool,
) -> Row:
    certificate = evidence.certificates.get(sha256)
    chains = (evidence.chains.get(content.chain) for content in contents if content.chain is not None)
    chain = next((one for one in chains if one is not None), None)
    ids = dict.fromkeys(id_ for content in contents for id_ in content.endpoints)
    seen = [evidence.observations[id_] for id_ in ids if id_ in evidence.observations]
    mark = marks.eku_mark(certificate.eku) if certificate is not None else "??"
    return Row(
        label=_label(contents, apart, certificate, seen, page),
        mark=mark,
        issuer=page.say(marks.issuer(certificate, chain)) or "unknown",
        kind=marks.CLASSES[chain.hierarchy.class_] if chain is not None else "",
        ends=_ends(certificate, page),
        asks=_asks(seen, contents),
        notes=[
            *_eku_notes(certificate, chain, mark, evidence, page),
            *_inventory(certificate, chain, mark, page),
            *_used(evidence.uses.get((target.id, sha256), []), chain, mark, page, verbose),
        ],
        sha256=sha256,
        chain=next((content.chain for content in contents if content.chain is not None), None),
    )


def _label(
    contents: list[SlotContent],
    apart: _Apart,
    certificate: Certificate | None,
    seen: list[Observation],
    page: Page,
) -> str:
    """The slots, and what tells this certificate from others in them: its kind of key where one port showed several."""
    slots = dict.fromkeys(content.slot for content in contents)
    key = certificate.key.partition(" ")[0] if certificate is not None and apart.by_key.intersection(slots) else ""
    ports = sorted({observation.endpoint.port for observation in seen}) if apart.by_port.intersection(slots) else []
    words = [", ".join(page.say(slot) for slot in slots), page.say(key), ",".join(str(port) for port in ports)]
    return " ".join(word for word in words if word)


def _ends(certificate: Certificate | None, page: Page) -> str:
    """The last day and what is left of it, in at most 17 cells."""
    if certificate is None or certificate.not_after is None:
        return "unreadable"
    day = text.day(certificate.not_after)
    if certificate.not_after < page.now:
        return f"ended {day}"
    days = text.days_until(certificate.not_after, page.now)
    return f"{day:>11} {f'{days}d':>4}" if days < 10_000 else f"{day:>11}"


def _asks(seen: list[Observation], contents: list[SlotContent]) -> list[str]:
    """Ports that ask for a client certificate; without any, what the ports did instead."""
    requests = marks.requests(seen)
    asking = [f"{port} {asked}" for port, asked in requests if asked in ("optional", "required")]
    if asking:
        return asking
    if requests:
        return ["unknown" if requests[0][1] == "unknown" else "not asked"]
    origins = {content.from_ for content in contents}
    if "file" in origins:
        return ["from file"]
    return ["from API"] if "imported" in origins else []


# --- notes below a row ----------------------------------------------------------------------------------------


def _eku_notes(
    certificate: Certificate | None, chain: Chain | None, mark: str, evidence: Evidence, page: Page
) -> Iterator[str]:
    if certificate is not None and certificate.eku.state == "malformed":
        yield f"EKU unreadable: {certificate.eku.flaw or 'undecodable'}"
    elif certificate is not None and certificate.eku.state == "absent":
        yield "no EKU extension: fit for any use"
    if certificate is not None and certificate.not_before is not None and certificate.not_before > page.now:
        yield f"not valid before {text.day(certificate.not_before)}"
    if chain is not None and "C" in mark and chain.effective_eku:
        purposes = chain.effective_eku.values()
        if not any(purpose.client_auth for purpose in purposes):
            yield "its chain takes clientAuth away" + _blocker(purposes, evidence, page)
            return
    # The mark is the certificate's own word; verdicts go by what the verifying stack makes of the chain.
    strict = chain.effective_eku.get("openssl") if chain is not None else None
    if strict is not None and mark != "??" and marks.purpose_mark(strict) != mark:
        yield f"as OpenSSL reads its chain: {marks.purpose_mark(strict)}" + _blocker([strict], evidence, page)


def _blocker(purposes: Iterable[Purpose], evidence: Evidence, page: Page) -> str:
    blocked_by = next((purpose.blocked_by for purpose in purposes if purpose.blocked_by is not None), None)
    certificate = evidence.certificates.get(blocked_by) if blocked_by is not None else None
    return f": {page.say(marks.common_name(certificate.subject))}" if certificate is not None else ""


def _inventory(certificate: Certificate | None, chain: Chain | None, mark: str, page: Page) -> Iterator[str]:
    if certificate is None or chain is None or "C" not in mark or not marks.is_public(chain):
        return
    root = f"; root: {page.say(chain.hierarchy.root)}" if chain.hierarchy.root else ""
    yield f"CA: {page.say(marks.common_name(certificate.issuer))}{root}"


def _used(verdicts: list[Verdict], chain: Chain | None, mark: str, page: Page, verbose: bool) -> Iterator[str]:
    """Use cases that stand on this certificate: all with -v, else those that dial with a public CA's clientAuth."""
    if not verbose:
        at_stake = "C" in mark and marks.is_public(chain)
        verdicts = [verdict for verdict in verdicts if at_stake and verdict.dials == verdict.target]
    # A composite of one use case alone, in its two directions, is no other use.
    parts: dict[str, set[str]] = {}
    for verdict in verdicts:
        parts.setdefault(verdict.part_of or "", set()).add(verdict.use_case)
    verdicts = [verdict for verdict in verdicts if len(parts.get(verdict.use_case, ())) != 1]
    if not verdicts:
        return
    sure = dict.fromkeys(page.title(verdict.use_case) for verdict in verdicts if not verdict.if_used)
    maybe = dict.fromkeys(page.title(one.use_case) for one in verdicts if one.if_used)
    names = [*sure, *(title for title in maybe if title not in sure)]
    shown = names if verbose else names[:_USES_SHOWN]
    more = f", {len(names) - len(shown)} more (-v)" if len(shown) < len(names) else ""
    groups = ((shown[: len(sure)], ""), (shown[len(sure) :], " (if used)"))
    yield (
        ("for " if verbose else "mutual TLS for ")
        + "; ".join(", ".join(titles) + mark for titles, mark in groups if titles)
        + more
    )
