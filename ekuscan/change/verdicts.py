"""Verdicts that have another answer than before, rule by rule and, where a rule gave way to another, use case by use
case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ekuscan.advice import is_fine
from ekuscan.change.compared import Compared, Pair
from ekuscan.change.endpoints import Absent
from ekuscan.differences import effect_of
from ekuscan.foresight import Effect
from ekuscan.model import Answer, Remedy, Verdict, Waiver
from ekuscan.news import WaiverChange
from ekuscan.record import record
from ekuscan.verdict.clusters import is_whole
from ekuscan.verdict.evaluate import GRAVITY

_NO_NEWS: tuple[Effect, ...] = ("same", "stays-broken", "stays-open")
_OPEN: tuple[Answer, ...] = ("unknown", "depends")


@record
class Changed:
    """A verdict before and after, and what became of it.

    ``no_longer`` are remedies whose last day has passed. ``remembered``: before is what a run before the earlier one
    had, whose facts cannot be judged again.
    """

    before: Verdict | None
    after: Verdict | None
    effect: Effect
    no_longer: tuple[Remedy, ...] = ()
    remembered: bool = False

    @property
    def shown(self) -> Verdict:
        """The later verdict; the earlier one where there is no later."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def waiver(self) -> tuple[WaiverChange, Waiver] | None:
        """The waiver that began to accept the verdict, or ended, and did nothing else."""
        if self.effect != "same" or self.before is None or self.after is None:
            return None
        was, is_ = self.before.waived, self.after.waived
        if was is None and is_ is not None:
            return "began", is_
        return ("ended", was) if was is not None and is_ is None else None


def ends_of(verdict: Verdict) -> frozenset[str]:
    """The targets that a verdict is about."""
    ends = (verdict.target, verdict.dials, verdict.answers, verdict.verifies)
    return frozenset(one for one in ends if one is not None)


def changed_verdicts(compared: Compared, absent: Absent) -> list[Changed]:
    """What has another answer, by id. Answers that are open because an absence is not confirmed are left out."""
    found: dict[str, Changed] = {}
    alone: dict[str, tuple[list[Verdict], list[Verdict]]] = {}
    for before, after in _pairs(compared, absent):
        if before is not None and after is not None:
            found |= {one.shown.id: one for one in _changed(before, after, absent, compared)}
            continue
        one = before or after
        assert one is not None
        sides = alone.setdefault(one.id.rpartition("/")[0], ([], []))
        sides[before is None].append(one)
    for were, are in alone.values():
        for before, after in _matched(were, are):
            found |= {one.shown.id: one for one in _changed(before, after, absent, compared)}
    return [found[id_] for id_ in sorted(found)]


def _pairs(compared: Compared, absent: Absent) -> Iterator[Pair[Verdict]]:
    """The pairs to look at. At a target whose absence was never told, the run before the absence is the earlier one."""
    away = frozenset(absent.past)
    for pair in compared.verdicts:
        if _looked_at(pair, compared) and not any(ends_of(one) & away for one in pair if one is not None):
            yield pair
    told: set[str] = set()
    for name in sorted(absent.past):
        for pair in absent.past[name].verdicts:
            ids = {one.id for one in pair if one is not None}
            if _looked_at(pair, compared) and not ids & told:
                told |= ids
                yield pair


def _looked_at(pair: Pair[Verdict], compared: Compared) -> bool:
    before, after = pair
    if (before is None and not compared.before.complete) or (after is None and not compared.after.complete):
        return False
    one = before or after
    return one is not None and not is_whole(one)


def _matched(were: Iterable[Verdict], are: Iterable[Verdict]) -> Iterator[Pair[Verdict]]:
    """Where rules gave way to others, the gravest answers of both sides are compared."""
    befores, afters = sorted(were, key=_gravity), sorted(are, key=_gravity)
    if befores and afters:
        yield befores[-1], afters[-1]
        return
    for one in befores:
        yield one, None
    for one in afters:
        yield None, one


def _gravity(verdict: Verdict) -> tuple[int, int, str]:
    return GRAVITY[verdict.now], GRAVITY[verdict.next], verdict.id


def _changed(before: Verdict | None, after: Verdict | None, absent: Absent, compared: Compared) -> Iterator[Changed]:
    effect = effect_of(before, after)
    away = not absent.past.keys().isdisjoint(end for one in (before, after) if one is not None for end in ends_of(one))
    if effect in _NO_NEWS:
        lost = tuple(_no_longer(before, after, compared))
        if lost or _waived_otherwise(before, after):
            yield Changed(before, after, "same", lost)
        return
    one = Changed(before, after, effect, remembered=away)
    doubtful = not ends_of(one.shown).isdisjoint(absent.doubtful)
    if not (doubtful and (after is None or after.now in _OPEN)):
        yield one


def _waived_otherwise(before: Verdict | None, after: Verdict | None) -> bool:
    """Whether a waiver came or went of something that is to be mended as before."""
    if before is None or after is None or is_fine(before) or is_fine(after):
        return False
    return (before.waived is None) != (after.waived is None)


def _no_longer(before: Verdict | None, after: Verdict | None, compared: Compared) -> Iterator[Remedy]:
    """What was possible until a day that has passed since, and is not any more."""
    if before is None or after is None:
        return
    left = {one.id for one in after.remedies}
    for one in before.remedies:
        if one.until is not None and compared.before.as_of < one.until <= compared.after.as_of and one.id not in left:
            yield one
