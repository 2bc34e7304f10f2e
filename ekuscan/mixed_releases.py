"""Boxes that have to run one release, and would run several after a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ekuscan.foresight import Difference
from ekuscan.model import Target
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.tables import Tables
from ekuscan.what_if.settled import Settled, listed


@record
class Mixed:
    """``verdicts`` are the ids of those that say so, ``says`` a sentence for each group of boxes, with what to do."""

    verdicts: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()


def mixed(found: Iterable[Difference], after: Settled, tables: Tables) -> Mixed:
    """What a change sets apart. Boxes of which a release is not known are left to the verdict's own question."""
    rules = {rule.id for rule in tables.rules if rule.check == "pair"}
    apart = [one for one in found if one.rule in rules and _sets_apart(one)]
    return Mixed(frozenset(one.id for one in apart), tuple(_sentences(apart, after)))


def _sets_apart(one: Difference) -> bool:
    answers = [side.now if side is not None else None for side in (one.before, one.after)]
    return answers[1] == "at-risk" and answers[0] != "at-risk"


def _sentences(apart: list[Difference], after: Settled) -> Iterator[str]:
    """One for all pairs that share a box or a cluster, told as the first of them."""
    left = [(one, _boxes(one, after)) for one in apart]
    while left:
        first, boxes = left.pop(0)
        while more := [pair for pair in left if not boxes.keys().isdisjoint(pair[1])]:
            left = [pair for pair in left if pair not in more]
            for _, others in more:
                boxes |= others
        yield f"{first.text} {_told(boxes.values())}"


def _boxes(one: Difference, after: Settled) -> dict[str, Target]:
    """Both ends with all members of their clusters."""
    ends = [box for name, box in after.targets.items() if name in (one.dials, one.answers)]
    clusters = {end.cluster for end in ends if end.cluster}
    return {box.id: box for box in after.targets.values() if box in ends or box.cluster in clusters}


def _told(boxes: Iterable[Target]) -> str:
    by_release: dict[str, list[str]] = {}
    newest = None
    for box in boxes:
        by_release.setdefault(box.release or "a release that is not known", []).append(box.id)
        if box.release is not None:
            read = releases.parse(box.role, box.release)
            newest = max(newest or (read.low, box), (read.low, box), key=lambda one: one[0])
    told = "; ".join(f"{listed(tuple(names))}: {printable(release, 40)}" for release, names in by_release.items())
    way_out = ""
    if newest is not None and newest[1].release is not None:
        way_out = f" Write --to {releases.family(newest[1].role)}={printable(newest[1].release, 40)}."
    return f"After the change {told}.{way_out}"
