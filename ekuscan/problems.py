"""Problems: verdicts put together as a person acts on them, one certificate slot and one next step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ekuscan.findings import Finding
from ekuscan.model import Problem
from ekuscan.problem_groups import Group, grouped, with_twins
from ekuscan.problem_remedy import all_ways, best_remedy
from ekuscan.problem_words import action_of, of_rows, text_of, title_of
from ekuscan.rules.tables import Tables
from ekuscan.twins import together
from ekuscan.verdict.culprits import culprits, sentences


class _Steps:
    """The problems found so far, by number, and which of them settle a verdict."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._settling: dict[str, list[int]] = {}

    def add(self, problem: Problem) -> None:
        self.found.append(problem)
        for name in problem.remedy.clears if problem.remedy is not None else ():
            self._settling.setdefault(name, []).append(len(self.found))

    def covering(self, group: Group) -> int | None:
        """The number of the first step whose remedy settles every verdict of a group."""
        settling = [self._settling.get(item.verdict.id, ()) for item in group.items]
        return min(set(settling[0]).intersection(*settling[1:]), default=None)


def problems(findings: Sequence[Finding], tables: Tables, unknown: Sequence[Problem] = ()) -> tuple[Problem, ...]:
    """The problems of a run, gravest section first. What an earlier step settles says so and names the step.

    ``unknown`` are those of targets that could not be judged at all; they stand at the end of their section. What is
    waived is no problem.
    """
    steps = _Steps()
    waiting = list(unknown)
    standing = [item for item in findings if item.verdict.waived is None]
    alone = culprits(item.spread for item in standing if item.spread is not None)
    for twins in with_twins(grouped(standing, tables)):
        if twins[0].section == "decide":
            for problem in waiting:
                steps.add(problem)
            waiting.clear()
        steps.add(together([_problem(twin, tables, steps.covering(twin), alone) for twin in twins]))
    return (*steps.found, *waiting)


def _problem(
    group: Group, tables: Tables, step: int | None, alone: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Problem:
    items = sorted(group.items, key=_gravity)
    first = items[0]
    stranger = group.stranger
    remedy = best_remedy(items) if step is None else None
    verdicts = tuple(item.verdict for item in items)
    cause = sentences([verdict.id for verdict in verdicts], alone)
    return Problem(
        section=group.section,
        target=stranger or first.presents,
        peer=None if stranger else _peer(items),
        slot=None if stranger else first.verdict.slot,
        title="Not looked at" if stranger else title_of(group.section, items, tables),
        text=" ".join([part for part in (text_of(group.section, items, tables), *cause) if part]),
        action=f"Add the {stranger} to the targets."
        if stranger
        else action_of(group.section, items, remedy, step, tables),
        when=min((v.when for v in verdicts if v.when), default=None),
        rules=tuple(dict.fromkeys(item.verdict.rule for item in of_rows(items))),
        verdicts=tuple(verdict.id for verdict in verdicts),
        remedy=remedy,
        ways=() if stranger else all_ways(items, tables),
    )


def _gravity(item: Finding) -> tuple[int, int, int, int]:
    """Breaking before at risk, single use cases before composites, certain ones before "if used"."""
    outcomes = ("breaks-now", "breaks-at-renewal", "depends", "unknown", "at-risk", "ok", "not-applicable")
    verdict = item.verdict
    return (
        outcomes.index(verdict.outcome),
        int(item.composite),
        int(verdict.if_used),
        "HML".index(verdict.confidence),
    )


def _peer(items: Sequence[Finding]) -> str | None:
    names = dict.fromkeys(item.verifier for item in items if item.verdict.verifies)
    singles = list(names)
    if not singles:
        return None
    return singles[0] if len(singles) == 1 else f"{len(singles)} ends"
