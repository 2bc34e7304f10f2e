"""Verdicts before and after a change, side by side: what breaks, what gets better, what stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ekuscan.foresight import Answered, Difference, Effect
from ekuscan.model import Answer, Fork, Verdict
from ekuscan.verdict.clusters import is_whole

_Answers = tuple[Answer, Answer]
"""Now, and after the renewal."""

_OPEN: tuple[Answer, ...] = ("depends", "unknown")
_UNSURE: tuple[Answer, ...] = ("at-risk", *_OPEN)


def differences(before: Sequence[Verdict], after: Sequence[Verdict], touched: Collection[str]) -> Iterator[Difference]:
    """One per verdict id, in the order of ``after``; what is there before alone stands at the end.

    A connection of clusters is compared pair by pair; its whole is no verdict besides. A part that breaks beside
    another part in the same direction that is broken before and after breaks nothing that works.
    """
    were = {verdict.id: verdict for verdict in before if not is_whole(verdict)}
    broken = _broken(before) & _broken(after)
    for verdict in after:
        if is_whole(verdict):
            continue
        found = _difference(were.pop(verdict.id, None), verdict, touched)
        idle = found.effect == "breaks" and _part(verdict) in broken
        yield replace(found, effect="stays-broken") if idle else found
    for verdict in were.values():
        yield _difference(verdict, None, touched)


def _broken(verdicts: Iterable[Verdict]) -> set[tuple[str | None, str | None, str | None]]:
    """The use cases a part of which is broken, each with who dials whom in it: the other way may still work."""
    return {_part(one) for one in verdicts if one.now == "breaks" and one.part_of is not None}


def _part(verdict: Verdict) -> tuple[str | None, str | None, str | None]:
    return verdict.part_of, verdict.dials, verdict.answers


def effect_of(before: Verdict | None, after: Verdict | None) -> Effect:
    """What a change does to one verdict. One that does not exist is as good as one that does not apply.

    It holds whatever the facts are that an answer hangs on: what is "better" is worse for no value of any of them, what
    is "worse" better for none. What is better for one value and worse for another is "open".
    """
    was, is_ = _answers(before), _answers(after)
    if is_[0] == "breaks":
        return "stays-broken" if was[0] == "breaks" else "breaks"
    if was[0] == is_[0]:
        if is_[0] == "unknown" or (is_[0] == "depends" and _hangs_on(before, 1) == _hangs_on(after, 1)):
            return "stays-open"  # of what was not seen nothing can be compared
        if was == is_ and is_[0] != "depends" and _hangs_on(before, 2) == _hangs_on(after, 2):
            return "same"
    # The values of each fact are all that can be the case; of several facts the one that says most is taken.
    by_fact = (_together(_of_values(fact, before, after), is_) for fact in _facts(before, after))
    return next((effect for effect in by_fact if effect != "open"), _of_answers(was, is_))


def _facts(before: Verdict | None, after: Verdict | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fork.fact for one in (after, before) if one is not None for fork in one.forks))


def _of_values(fact: str, before: Verdict | None, after: Verdict | None) -> set[Effect]:
    """What a change does for each value of a fact that decides before it, after it, or both times."""
    were, are = _branches(fact, before), _branches(fact, after)
    values = dict.fromkeys((*were, *are))
    return {_of_answers(were.get(one, _answers(before)), are.get(one, _answers(after))) for one in values}


def _branches(fact: str, verdict: Verdict | None) -> dict[str, _Answers]:
    found = (fork for fork in (verdict.forks if verdict is not None else ()) if fork.fact == fact)
    return {value: _applying(branch.now, branch.next) for fork in found for value, branch in fork.values.items()}


def _together(effects: set[Effect], is_: _Answers) -> Effect:
    """What a change does that does this and that for different values of a fact."""
    up = bool(effects & {"better", "still-open"})
    if effects & {"open", "breaks"} or ("worse" in effects and (up or is_[0] in _OPEN)):
        return "open"
    if "worse" in effects:
        return "worse"
    if up:
        return "better" if effects <= {"better", "same"} else "still-open"
    return "stays-open" if is_[0] in _OPEN else "same"


def _of_answers(was: _Answers, is_: _Answers) -> Effect:
    """What a change does, by two answers alone: an open one may be anything from fine to broken."""
    if is_[0] == "breaks":
        return "stays-broken" if was[0] == "breaks" else "breaks"
    if is_[0] in _OPEN and was[0] != "breaks":
        return "stays-open" if was[0] == is_[0] == "unknown" else "open"
    if was[0] == "breaks" and is_[0] in _UNSURE:
        return "still-open"
    if was[0] in _OPEN and (is_[0] != "ok" or _of_renewal(was[1], is_[1]) not in ("better", "same", "still-open")):
        return "open"
    if was[0] == is_[0] or is_[0] == "at-risk":
        return _of_renewal(was[1], is_[1]) if was[0] == is_[0] else "worse"
    return "still-open" if was[1] == "breaks" and is_[1] in _UNSURE else "better"


def _of_renewal(was: Answer, is_: Answer) -> Effect:
    """The same where nothing is different before the renewal. What stays unseen cannot be compared."""
    if was == is_ != "depends":
        return "same"
    if was == "breaks":
        return "still-open" if is_ in _UNSURE else "better"
    if is_ == "breaks" or was == "ok":
        return "worse"
    return "better" if is_ == "ok" else "open"


def _answers(verdict: Verdict | None) -> _Answers:
    return _applying(verdict.now, verdict.next) if verdict is not None else ("ok", "ok")


def _applying(now: Answer, next_: Answer) -> _Answers:
    # Not to apply is no better than to work.
    return "ok" if now == "not-applicable" else now, "ok" if next_ == "not-applicable" else next_


def _hangs_on(verdict: Verdict | None, answers: int) -> tuple[object, ...]:
    """What an open answer hangs on, and what each value of it gives: now (1), or after the renewal as well (2)."""
    if verdict is None:
        return ()
    forks = (
        (fork.fact, tuple((value, (branch.now, branch.next)[:answers]) for value, branch in fork.values.items()))
        for fork in verdict.forks
    )
    return (tuple(forks), verdict.missing)


def _difference(before: Verdict | None, after: Verdict | None, touched: Collection[str]) -> Difference:
    shown = after or before
    assert shown is not None
    ends = {shown.target, shown.dials, shown.answers, shown.verifies}
    effect = effect_of(before, after)
    return Difference(
        id=shown.id,
        rule=shown.rule,
        use_case=shown.use_case,
        part_of=shown.part_of,
        target=shown.target,
        dials=shown.dials,
        answers=shown.answers,
        effect=effect,
        touched=not ends.isdisjoint(touched),
        if_used=shown.if_used,
        before=answered(before),
        after=answered(after),
        text=shown.text,
        forks=(*shown.forks, *(_no_longer_open(before, after) if effect == "open" else ())),
        missing=shown.missing,
        way_out=shown.remedies[0].text if shown.remedies else None,
    )


def _no_longer_open(before: Verdict | None, after: Verdict | None) -> Iterator[Fork]:
    """The facts that no longer decide after a change: what it does still hangs on them."""
    asked = _facts(None, after)
    yield from (fork for fork in (before.forks if before is not None else ()) if fork.fact not in asked)


def answered(verdict: Verdict | None) -> Answered | None:
    """The answer of a verdict alone."""
    return Answered(verdict.outcome, verdict.now, verdict.next, verdict.when) if verdict is not None else None
