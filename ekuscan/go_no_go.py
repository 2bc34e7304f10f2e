"""Go or no-go: what stands against a change, and what leaves the answer open."""

from __future__ import annotations

from dataclasses import field

from ekuscan.exit_code import BUG, FINE, FOUND, INCOMPLETE
from ekuscan.foresight import Candidate, Difference, Effect, GoNoGo, Tally
from ekuscan.mixed_releases import Mixed
from ekuscan.names import printable
from ekuscan.record import record

_ANSWERS: dict[int, GoNoGo] = {FINE: "go", FOUND: "no-go", INCOMPLETE: "undecided"}


def answer(code: int) -> GoNoGo:
    """The word for an exit code."""
    return _ANSWERS.get(code, "incomplete")


@record
class Weighed:
    """What an answer is made of.

    ``undecided`` are sentences on what could not be changed because a fact is not known, ``unseen`` counts the ports of
    changed targets that were not seen, ``mixed`` are boxes that the changes leave on several releases.
    """

    found: tuple[Difference, ...]
    candidates: tuple[Candidate, ...]
    undecided: tuple[str, ...]
    unseen: int
    mixed: Mixed = field(default_factory=Mixed)

    def tally(self, *, over: bool, faulty: bool) -> Tally:
        """The counts and the exit code. ``over``: something is at or above a threshold that was asked for; ``faulty``:
        a fault of our own left a part unjudged."""
        blocked = sum(check.result == "blocks" for one in self.candidates for check in one.checks)
        code = FINE
        if faulty:
            code = BUG
        elif self._count("breaks") or blocked or over or self.mixed.says:
            code = FOUND
        elif self.decides():
            code = INCOMPLETE
        return Tally(
            breaks=self._count("breaks"),
            worse=self._count("worse"),
            open=self._count("open"),
            better=self._count("better"),
            still_open=self._count("still-open"),
            stays_broken=self._count("stays-broken"),
            stays_open=self._count("stays-open"),
            same=self._count("same"),
            blocked=blocked,
            unseen=self.unseen,
            exit=code,
        )

    def decides(self) -> tuple[str, ...]:
        """What the answer hangs on, each fact once."""
        told: dict[str, None] = {}
        for one in filter(_decisive, self.found):
            if one.id not in self.mixed.verdicts:
                told |= dict.fromkeys(_open_facts(one))
        told |= dict.fromkeys(self._open_checks())
        told |= dict.fromkeys(self.undecided)
        if self.unseen:
            told[f"{self.unseen} port{'s' if self.unseen > 1 else ''} of what is changed could not be looked at."] = (
                None
            )
        return tuple(told)

    def _count(self, effect: Effect) -> int:
        return sum(one.effect == effect for one in self.found)

    def _open_checks(self) -> list[str]:
        """What is open of the certificates; of one out of a file with the slot that it is for."""
        return [
            check.text if one.path is None else f"{one.target}:{one.slot}: {check.text}"
            for one in self.candidates
            for check in one.checks
            if check.result == "open"
        ]


def _decisive(one: Difference) -> bool:
    """Whether a verdict keeps the question open.

    So does one of which it hangs on a fact what the change does, one that is newly at risk in a use case that surely
    exists (be it instead of broken: the change may have been meant to mend it), and what was not seen where something
    is changed. A fork that gives after what it gave before says nothing against the change, nor does what is fine until
    the renewal, or broke at it alone.
    """
    now = one.after.now if one.after is not None else None
    if one.effect == "open" and now in ("ok", "not-applicable", None):
        return False
    if one.effect == "still-open" and one.before is not None and one.before.now != "breaks":
        return False
    if one.effect in ("worse", "still-open") and now == "at-risk":
        return not one.if_used
    return one.effect in ("open", "still-open") or (one.effect == "stays-open" and one.touched and now == "unknown")


def _open_facts(one: Difference) -> list[str]:
    """Why a verdict keeps the question open, never without a sentence."""
    forks = [fork for fork in one.forks if len({branch.now for branch in fork.values.values()}) > 1]
    asked = {fork.fact for fork in one.forks}
    told = [
        f"{printable(fork.fact, 120)}: {fork.question} ({' or '.join(printable(value, 60) for value in fork.values)})"
        for fork in forks
    ]
    told += [f"{printable(name, 120)} was not seen." for name in one.missing if name not in asked]
    return told if told and one.effect != "worse" else [*told, one.text]
