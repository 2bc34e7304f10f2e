"""Problems of members of one cluster that differ in nothing but the member's name: told once, for all of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ekuscan.model import Problem, Remedy, Verdict

Told = tuple[str | bool | datetime | None, ...]
"""A verdict without the names of the members that it is about."""


def told(verdict: Verdict, verifier: str, own: str, members: Collection[str]) -> Told:
    """What a verdict says of the member ``own`` as it would say it of any other of ``members``."""
    texts = (verdict.text, verifier, *(remedy.text for remedy in verdict.remedies), *_asked(verdict))
    return (
        verdict.rule,
        verdict.use_case,
        verdict.outcome,
        verdict.when,
        verdict.if_used,
        verdict.confidence,
        *(remedy.id for remedy in verdict.remedies),
        *(_nameless(text, own, members) for text in texts),
    )


def _asked(verdict: Verdict) -> Iterator[str]:
    """The questions that a verdict leaves open, with what each answer gives."""
    for fork in verdict.forks:
        yield fork.fact
        yield fork.question
        for value, branch in fork.values.items():
            yield f"{value}: {branch.now}, {branch.next}"


def _nameless(text: str, own: str, members: Collection[str]) -> str:
    """The text with a stand-in for the member's name, and one for every other's."""
    if not any(name in text for name in members):
        return text
    names = "|".join(re.escape(name) for name in sorted(members, key=len, reverse=True))
    return re.sub(rf"(?<![\w.-])(?:{names})(?![\w-])", lambda found: "\0" if found[0] == own else "\1", text)


def together(problems: Sequence[Problem]) -> Problem:
    """One problem for those of several members, in the words of the first; the others are named."""
    first, *others = problems
    if not others:
        return first
    names = tuple(one.target for one in others)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    peers = {one.peer for one in problems}
    # "Step 2 covers it" covers all of them.
    also = "" if {one.action for one in others} == {first.action} else f" Do the same for {listed}."
    ways = [_of_all(way, [same for one in others for same in one.ways]) for way in first.ways]
    remedies = [one.remedy for one in others if one.remedy is not None]
    return replace(
        first,
        peer=first.peer if len(peers) == 1 else "each other",
        text=f"{first.text} The same holds for {listed}.".strip(),
        action=f"{first.action}{also}",
        verdicts=tuple(name for one in problems for name in one.verdicts),
        remedy=_of_all(first.remedy, remedies) if first.remedy is not None else None,
        ways=tuple(ways),
        members=(first.target, *names),
    )


def _of_all(first: Remedy, others: Sequence[Remedy]) -> Remedy:
    """A remedy with what the same one clears for the others."""
    same = [one for one in others if one.id == first.id]
    return replace(first, clears=(*first.clears, *(name for one in same for name in one.clears)))
