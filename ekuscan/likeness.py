"""Boxes that are alike in every fact that a rule reads are judged once.

In a large estate most boxes that nothing joins to others differ in name and certificate only. One of them is judged
under stand-in words; for the others the words are replaced. The verdicts are the same as if each had been judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ekuscan.model import Certificate, Chain, SlotContent, Target
from ekuscan.verdict.estate import Seen
from ekuscan.verdict.renewal import in_time

_MARK = "\ue000"
STAND_IN = f"{_MARK}box{_MARK}"
# The instants that stand in for notAfter carry microseconds, which no certificate has.
_INSTANT = 654_321


@dataclass(frozen=True, slots=True)
class Likeness:
    """A lone box under stand-in words: ``key`` is equal for boxes that are alike."""

    key: tuple[object, ...]
    seen: Seen
    words: tuple[tuple[str, str], ...]


def likeness(seen: Seen) -> Likeness | None:
    """The likeness of an estate of one box; None where anything joins it to others, or its name cannot stand in."""
    if len(seen.targets) != 1 or seen.connections:
        return None
    (target,) = seen.targets.values()
    if target.cluster is not None or _MARK in target.id:
        return None
    words: list[tuple[str, str]] = [(STAND_IN, target.id)]
    certificates: dict[str, Certificate] = {}
    slots: list[SlotContent] = []
    contents: list[tuple[object, ...]] = []
    for place, slot in enumerate(target.slots):
        if slot.sha256 is None or slot.chain is None:
            slots.append(slot)
            contents.append((slot.slot, slot.from_))
            continue
        stand_in = f"{_MARK}{place}{_MARK}"
        leaf = seen.certificates[slot.sha256]
        if leaf.not_after is None:
            return None
        moment = leaf.not_after.replace(microsecond=_INSTANT + place)
        certificates[stand_in] = replace(leaf, not_after=moment)
        words += [(stand_in, slot.sha256), (_written(moment), _written(leaf.not_after))]
        slots.append(replace(slot, sha256=stand_in))
        services = tuple(sorted({seen.services.get(endpoint, "") for endpoint in slot.endpoints}))
        contents.append((slot.slot, slot.from_, services, _facts(leaf, seen.chains[slot.chain], seen.as_of)))
    key = (
        *(target.role, target.role_from, target.release, target.release_from),
        tuple(sorted((name, fact.value, fact.from_) for name, fact in target.settings.items())),
        tuple(contents),
        tuple(sorted((service, request) for (_, service), request in seen.requests.items())),
    )
    stand_in_box = replace(target, id=STAND_IN, slots=tuple(slots))
    return Likeness(key, _under_stand_ins(seen, stand_in_box, certificates), tuple(words))


def _facts(leaf: Certificate, chain: Chain, as_of: datetime) -> tuple[object, ...]:
    """Everything of a certificate and its chain that a verdict or a remedy can depend on."""
    assert leaf.not_after is not None
    return (
        leaf.issuer,
        in_time(leaf, as_of),
        leaf.not_after.astimezone(UTC).date(),
        chain.hierarchy,
        tuple((stack, p.server_auth, p.client_auth) for stack, p in chain.effective_eku.items()),
    )


def _under_stand_ins(seen: Seen, target: Target, certificates: Mapping[str, Certificate]) -> Seen:
    requests = {(STAND_IN, service): request for (_, service), request in seen.requests.items()}
    return replace(seen, targets={STAND_IN: target}, certificates=certificates, requests=requests)


def _written(moment: datetime) -> str:
    """An instant as JSON has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
