"""A verdict as problems take it: which section it belongs to, and what a problem says beside it."""

from __future__ import annotations

from typing import Literal

from ekuscan.advice import is_fine
from ekuscan.model import Fork, Verdict
from ekuscan.profiles.load import ProfileSlot, profile
from ekuscan.record import record
from ekuscan.verdict.culprits import Spread
from ekuscan.verdict.judge import Judged

Section = Literal["broken-now", "at-renewal", "at-risk", "unknown", "decide"]
SECTIONS: tuple[Section, ...] = ("broken-now", "at-renewal", "at-risk", "unknown", "decide")

# What only the far end's administrator can say is a risk to plan for, not a question to the reader.
_FAR_FACTS = (".client_eku",)


def section_of(verdict: Verdict) -> Section | None:
    """The section of the report that a verdict belongs to, None for those that are fine."""
    if is_fine(verdict):
        return None
    if verdict.outcome == "breaks-now":
        return "broken-now"
    if verdict.outcome == "breaks-at-renewal":
        return "at-renewal"
    if verdict.outcome == "depends" and verdict.now == "ok" and not askable(verdict):
        return "at-renewal"
    if verdict.outcome == "depends":
        return "decide" if askable(verdict) else "at-risk"
    return "unknown" if verdict.outcome == "unknown" else "at-risk"


def askable(verdict: Verdict) -> list[Fork]:
    """The forks that the reader can settle; a far end's own habits are not among them."""
    return [fork for fork in verdict.forks if not fork.fact.endswith(_FAR_FACTS)]


@record
class Finding:
    """A verdict with what a problem says beside it.

    ``presents`` and ``verifier`` are the ends of the leg that decides, ``strangers`` those of all its legs that are not
    in the inventory; ``role`` is that of the end that presents. A ``composite`` has several legs. A ``candidate`` is a
    file that somebody thinks of installing. ``slot`` is what is known of the slot that the verdict is about. A
    ``whole`` is a connection of several pairs, each with a verdict of its own: it is no problem besides theirs.
    ``scanned``: the end that presents has ports to look at. ``cluster`` is that of the end that presents, ``weakest``
    the title of the use case that decides a composite. ``ways``: of a composite of two directions, which one decides
    and what the other one gives, else None. ``spread`` is what affects the whole of a connection of clusters,
    ``issuer`` the kind of CA that issued the certificate, and its owner.
    """

    verdict: Verdict
    presents: str
    role: str
    verifier: str
    strangers: tuple[str, ...]
    composite: bool
    candidate: bool = False
    slot: ProfileSlot | None = None
    whole: bool = False
    scanned: bool = True
    cluster: str | None = None
    weakest: str = ""
    ways: str | None = None
    spread: Spread | None = None
    issuer: tuple[str | None, str | None] = (None, None)


def finding(item: Judged, *, candidate: bool = False, whole: bool = False) -> Finding:
    """What problems are made of."""
    leg = item.legs[item.completed.weakest]
    boxes = [box for one in item.legs for box in (one.presents, one.verifies) if box is not None and not box.in_file]
    strangers = tuple(dict.fromkeys(box.name for box in boxes))
    role = profile(leg.presents.role)
    return Finding(
        item.verdict,
        leg.presents.name,
        leg.presents.role,
        leg.verifier_name,
        strangers,
        len(item.legs) > 1,
        candidate,
        next((slot for slot in role.slots if slot.name == item.verdict.slot), None),
        whole,
        scanned=bool(role.ports),
        cluster=leg.presents.target.cluster if leg.presents.target is not None else None,
        weakest=leg.use_case.title,
        spread=item.spread,
        ways=f"{item.way.text} decides; {item.way.of_the_other}" if item.way is not None else None,
        issuer=(item.view.hierarchy, item.view.owner) if item.view is not None else (None, None),
    )


def slot_key(item: Finding) -> tuple[str, str]:
    """The box and the slot that a person would have to change."""
    return item.presents, item.verdict.slot or ""
