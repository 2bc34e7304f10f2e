"""Verdicts before and after a change, side by side: what breaks, what gets better, what stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ekuscan.foresight import Answered, Difference, Effect
from ekuscan.model import Answer, Verdict
from ekuscan.verdict.clusters import is_whole
from ekuscan.verdict.evaluate import GRAVITY

_OPEN: tuple[Answer, ...] = ("depends", "unknown")
_UNSURE: tuple[Answer, ...] = ("at-risk", *_OPEN)


def differences(before: Sequence[Verdict], after: Sequence[Verdict], touched: Collection[str]) -> Iterator[Difference]:
    """One per verdict id, in the order of ``after``; what is there before alone stands at the end.

    A connection of clusters is compared pair by pair; its whole is no verdict besides.
    """
    were = {verdict.id: verdict for verdict in before if not is_whole(verdict)}
    for verdict in after:
        if is_whole(verdict):
            continue
        yield _difference(were.pop(verdict.id, None), verdict, touched)
    for verdict in were.values():
        yield _difference(verdict, None, touched)


def effect_of(before: Verdict | None, after: Verdict | None) -> Effect:
    """What a change does to one verdict. One that does not exist is as good as one that does not apply."""
    was, is_ = _answers(before), _answers(after)
    if is_[0] == "breaks":
        return "stays-broken" if was[0] == "breaks" else "breaks"
    if was[0] == "breaks" and is_[0] in _UNSURE:
        return "still-open"
    if is_[0] in _OPEN:
        # Of what was not seen nothing can be compared; where a fact decides, each of its values can.
        as_before = was[0] == is_[0] and (is_[0] == "unknown" or _hangs_on(before) == _hangs_on(after))
        return "stays-open" if as_before else "open"
    graver = _gravity(is_), _gravity(was)
    if graver[0] == graver[1]:
        return "same"
    if graver[0] > graver[1]:
        return "worse"
    return "still-open" if was[1] == "breaks" and is_[1] in _UNSURE else "better"


def _answers(verdict: Verdict | None) -> tuple[Answer, Answer]:
    return (verdict.now, verdict.next) if verdict is not None else ("not-applicable", "not-applicable")


def _gravity(answers: tuple[Answer, Answer]) -> tuple[int, int]:
    # Not to apply is no better than to work.
    least = GRAVITY["ok"]
    return max(GRAVITY[answers[0]], least), max(GRAVITY[answers[1]], least)


def _hangs_on(verdict: Verdict | None) -> tuple[object, ...]:
    """What an open answer hangs on, and what each value of it gives now."""
    if verdict is None:
        return ()
    forks = ((fork.fact, tuple((value, branch.now) for value, branch in fork.values.items())) for fork in verdict.forks)
    return (tuple(forks), verdict.missing)


def _difference(before: Verdict | None, after: Verdict | None, touched: Collection[str]) -> Difference:
    shown = after or before
    assert shown is not None
    ends = {shown.target, shown.dials, shown.answers, shown.verifies}
    return Difference(
        id=shown.id,
        rule=shown.rule,
        use_case=shown.use_case,
        part_of=shown.part_of,
        target=shown.target,
        dials=shown.dials,
        answers=shown.answers,
        effect=effect_of(before, after),
        touched=not ends.isdisjoint(touched),
        if_used=shown.if_used,
        before=_answered(before),
        after=_answered(after),
        text=shown.text,
        forks=shown.forks,
        missing=shown.missing,
        way_out=shown.remedies[0].text if shown.remedies else None,
    )


def _answered(verdict: Verdict | None) -> Answered | None:
    return Answered(verdict.outcome, verdict.now, verdict.next, verdict.when) if verdict is not None else None
