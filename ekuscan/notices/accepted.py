"""CAs whose certificates a box takes: those that it lists to whoever dials it, and those that it was told to trust.

A peer lists them in its CertificateRequest (RFC 5246 §7.4.4, RFC 8446 §4.2.4); a list may name a root or a subordinate
CA, and an empty one means any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ekuscan.assessment import ChainBook
from ekuscan.der import DerError, read_certificate
from ekuscan.model import (
    AcceptedCa,
    Because,
    Hierarchy,
    HierarchyClass,
    IssuesClientAuth,
    Notice,
    Observation,
    Target,
)
from ekuscan.names import common_name, display_name, name_is_sound, name_text, organisation
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import listed, notice, place, ports
from ekuscan.verdict.completion import complete
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.facts import CaList
from ekuscan.verdict.judge import WIRE_CHECKS
from ekuscan.verdict.legs import Leg, judged_slot, legs_of
from ekuscan.verdict.renewal import IssuancePolicy

_STRENGTH: tuple[HierarchyClass, ...] = (
    "public-chrome",
    "public-other",
    "vendor",
    "private",
    "self-signed",
    "undecided",
)


# --- what is known of each ------------------------------------------------------------------------------------


def with_accepted(observation: Observation, book: ChainBook, policy: IssuancePolicy, day: date) -> Observation:
    """The observation with what is known of the CAs that its peer lists, and what they issue on ``day``."""
    if not observation.ca_names:
        return observation
    found = (_accepted(text, name, book, policy, day) for text, name in observation.ca_names.items())
    return replace(observation, accepts=tuple(found))


def _accepted(text: str, name: bytes, book: ChainBook, policy: IssuancePolicy, day: date) -> AcceptedCa:
    found = min(book.cas_named(name), key=lambda one: _STRENGTH.index(one.class_), default=None)
    vendor = book.vendor_named(name) if found is None else None
    class_: HierarchyClass = found.class_ if found else "vendor" if vendor else "private"
    if class_ == "self-signed":  # the site's own root
        class_ = "private"
    owner = (found.owner if found else vendor.owner if vendor else None) or organisation(name)
    return AcceptedCa(text, class_, owner, _issues(class_, owner, name, found, policy, day))


def _issues(
    class_: HierarchyClass, owner: str | None, name: bytes, found: Hierarchy | None, policy: IssuancePolicy, day: date
) -> IssuesClientAuth:
    if class_ == "undecided":
        return "unknown"
    root = (found.root if found else None) or common_name(name)
    issuance = policy.issues_next(owner, organisation(name), root, class_, day)
    if issuance.default != "server":
        return "yes"
    return "on-request" if issuance.on_request else "no"


# --- what verdicts are told -----------------------------------------------------------------------------------


def ca_lists(
    observations: Iterable[Observation],
    services: Mapping[str, str],
    targets: Mapping[str, Target],
    book: ChainBook,
) -> dict[tuple[str, str], CaList]:
    """By target and service, the CAs that it lists; of several ports that list different ones any of them counts."""
    found: dict[tuple[str, str], list[Observation]] = {}
    for observation in observations:
        service = services.get(observation.endpoint.id)
        if service is not None and _whole(observation):
            found.setdefault((observation.endpoint.target, service), []).append(observation)
    if not found:
        return {}
    chains = _chains(targets)
    return {key: _ca_list(listing, chains, book) for key, listing in found.items()}


def trusted_cas(
    told: Mapping[str, Sequence[bytes]], targets: Mapping[str, Target], book: ChainBook
) -> dict[str, CaList]:
    """By target the CAs that it trusts, ``told`` as DER certificates.

    A list with a certificate that cannot be read says nothing of those that it does not have, and is left out; so is a
    chain of which is not known where it ends.
    """
    if told.keys().isdisjoint(targets):
        return {}
    above = {chain: _above(book, chain) for chain in _chains(targets)}
    found: dict[str, CaList] = {}
    for name in told.keys() & targets.keys():
        try:
            subjects = [read_certificate(der).subject for der in told[name]]
        except DerError:
            continue
        spelt = _spellings(subjects)
        names = dict.fromkeys(display_name(subject) for subject in subjects)
        on_it = {chain: not known.isdisjoint(spelt) for chain, known in above.items()}
        found[name] = CaList(listed(names, 4), {one: has for one, has in on_it.items() if has or _ends(book, one)})
    return found


def _ends(book: ChainBook, chain: str) -> bool:
    """Whether it is known what stands above a chain: of one that looks public and reaches no known CA it is not."""
    return book.chains[chain].hierarchy.class_ != "undecided"


def _chains(targets: Mapping[str, Target]) -> list[str]:
    """The chains in the slots of some targets, each once."""
    held = (one.chain for target in targets.values() for one in target.slots)
    return list(dict.fromkeys(chain for chain in held if chain is not None))


def _ca_list(listing: Sequence[Observation], chains: Iterable[str], book: ChainBook) -> CaList:
    names = dict.fromkeys(display_name(name) for one in listing for name in one.ca_names.values())
    above = {chain: any(_listed(book, chain, one) for one in listing) for chain in chains}
    return CaList(listed(names, 4), above)


# --- notices --------------------------------------------------------------------------------------------------


def only_ended_cas(scene: Scene) -> Iterator[Notice]:
    """``only-ended-cas``: no CA that a target lists issues clientAuth any more."""
    by_target: dict[str, list[Observation]] = {}
    for observation in scene.observations.values():
        if _whole(observation) and all(ca.issues_client_auth == "no" for ca in observation.accepts):
            by_target.setdefault(observation.endpoint.target, []).append(observation)
    for target, found in by_target.items():
        names = dict.fromkeys(display_name(name) for one in found for name in one.ca_names.values())
        yield notice(
            "only-ended-cas",
            "all",
            target,
            {"ports": ports(found), "cas": listed(names, 4)},
            endpoints=[one.endpoint.id for one in found],
            certainty="inferred",
        )


def ca_not_listed(scene: Scene) -> Iterator[Notice]:
    """``ca-not-listed``: a target that asks for certificates lists no CA of the certificate that its client has."""
    listing = _by_service(scene)
    if not listing:
        return
    estate = Estate(scene.seen, scene.tables, scene.policy)
    found: dict[str, Notice] = {}
    for leg in _client_legs(estate):
        for observation in listing.get((leg.verifier_name, leg.asked_on or ""), ()):
            missing = _missing(scene, estate, leg, observation)
            # Of two connections over one port the one that somebody declared says more.
            if missing is not None and (missing.id not in found or missing.certainty != "assumed"):
                found[missing.id] = missing
    yield from found.values()


def _whole(observation: Observation) -> bool:
    """Whether there is a list and all of it was read; of one that was cut nobody knows what else is on it."""
    return bool(observation.ca_names) and not observation.ca_names_cut


def _by_service(scene: Scene) -> dict[tuple[str, str], list[Observation]]:
    found: dict[tuple[str, str], list[Observation]] = {}
    for observation in scene.observations.values():
        service = scene.seen.services.get(observation.endpoint.id)
        if service is not None and _whole(observation):
            found.setdefault((observation.endpoint.target, service), []).append(observation)
    return found


def _client_legs(estate: Estate) -> Iterator[Leg]:
    """Legs on which a target of the inventory shows a certificate to another one that it dials."""
    for use_case in estate.tables.use_cases.values():
        if not use_case.services or use_case.parts:
            continue
        for leg in legs_of(estate, use_case, WIRE_CHECKS):
            both = leg.presents.in_file and leg.verifies is not None and leg.verifies.in_file
            if both and leg.link is not None and leg.rule.presents.as_ == "client" and leg.rule.check == "tls":
                yield leg


def _missing(scene: Scene, estate: Estate, leg: Leg, observation: Observation) -> Notice | None:
    slot, target = judged_slot(estate, leg), leg.presents.target
    contents = [c for c in target.slots if c.slot == slot and c.chain is not None] if target is not None else []
    if not contents or any(_listed(scene.book, content.chain or "", observation) for content in contents):
        return None
    if complete((leg.part,), estate.tables).now == "not-applicable":
        return None
    content = contents[0]
    issuer = scene.book.parsed(scene.seen.chains[content.chain or ""].presented[0]).reading.issuer
    declared = leg.link is not None and leg.link.declared
    names = [display_name(name) for name in observation.ca_names.values()]
    return notice(
        "ca-not-listed",
        "declared" if declared else "assumed",
        leg.presents.name,
        {"slot": content.slot, "ca": display_name(issuer), "ports": ports([observation])},
        peer=leg.verifier_name,
        detail=place(observation.endpoint),
        endpoints=[observation.endpoint.id, *content.endpoints],
        certificates=[content.sha256] if content.sha256 else [],
        certainty="declared" if declared else "assumed",
        because=[
            Because("connection", leg.use_case.title, "declared" if declared else "assumed"),
            Because(f"{leg.verifier_name} lists", listed(names), "observed"),
        ],
    )


def _listed(book: ChainBook, chain: str, observation: Observation) -> bool:
    """Whether a CA above the certificate is on the list, be it the root, a CA between, or one that only issued it."""
    return not _above(book, chain).isdisjoint(_spellings(list(observation.ca_names.values())))


def _above(book: ChainBook, chain: str) -> set[bytes | str]:
    """The names of a chain's certificates and of those who issued them."""
    above: set[bytes | str] = set()
    for sha256 in {sha256 for path in book.chains[chain].paths for sha256 in path}:
        try:
            reading = book.parsed(sha256).reading
        except KeyError:  # one that nobody has yet keeps its issuer
            above.add(book.certificates[sha256].issuer.casefold())
        else:
            above |= _spellings([reading.subject, reading.issuer])
    return above


def _spellings(names: Sequence[bytes]) -> set[bytes | str]:
    """Names byte for byte, and as text where that is sound: the string types of one name may differ between two CAs."""
    texts: set[bytes | str] = {name_text(name).casefold() for name in names if name_is_sound(name)}
    return texts.union(names) - {b"", ""}
