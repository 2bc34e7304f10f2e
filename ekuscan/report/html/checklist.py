"""What is to be done, as a list to tick off: the steps of the plan, then questions that only a person answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ekuscan.model import Problem, Run
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.signs import SECTION_SIGNS, Sign


@record
class Step:
    """One thing to do. ``before`` comes first, in order; ``problem`` is the number of the problem that it answers."""

    text: str
    gain: str
    until: datetime | None
    before: tuple[str, ...]
    command: str | None
    costs: str
    weakens: bool
    sign: Sign | None = None
    problem: int | None = None


@record
class Checklist:
    """``told`` says how far the steps reach together."""

    steps: tuple[Step, ...]
    questions: tuple[Step, ...]
    told: str


def checklist(run: Run) -> Checklist:
    """The steps and the questions of a run."""
    steps = tuple(_planned(run)) or tuple(_by_problem(run))
    questions = tuple(
        _question(number, problem)
        for number, problem in enumerate(run.problems, 1)
        if problem.section in ("decide", "unknown") and (problem.action or problem.title)
    )
    return Checklist(steps, questions, _told(run))


def _planned(run: Run) -> Iterator[Step]:
    for step in run.plan.steps if run.plan is not None else ():
        yield _step(run, step.remedy, step.text, step.until, len(step.clears))


def _by_problem(run: Run) -> Iterator[Step]:
    """Without a plan, the remedy of each problem, once."""
    seen = set()
    for problem in run.problems:
        remedy = problem.remedy
        if remedy is not None and (remedy.id, remedy.text) not in seen:
            seen.add((remedy.id, remedy.text))
            yield _step(run, remedy.id, remedy.text, remedy.until, len(remedy.clears))


def _step(run: Run, remedy: str, words: str, until: datetime | None, clears: int) -> Step:
    work = run.remedy_work.get(remedy)
    gain = f"Settles {text.counted(clears, 'use case')}."
    if work is None:
        return Step(words, gain, until, (), None, "", weakens=False)
    return Step(words, gain, until, work.before, work.command, work.costs, work.weakens)


def _question(number: int, problem: Problem) -> Step:
    names = " > ".join(name for name in (problem.target, problem.peer) if name is not None)
    question = f"{names}: " + "; ".join(piece.strip() for piece in problem.title.split("  ") if piece.strip())
    return Step(question, problem.action, None, (), None, "", False, SECTION_SIGNS[problem.section], number)


def _told(run: Run) -> str:
    plan = run.plan
    if plan is None or not plan.steps:
        return ""
    cleared, all_ = len(plan.clears), len(plan.clears) + len(plan.leaves)
    much = f"all {all_:,}" if cleared == all_ else f"{cleared:,} of {all_:,}"
    verb = "settles" if len(plan.steps) == 1 else "together settle"
    return f"{text.counted(len(plan.steps), 'step')} {verb} {much} use cases that a remedy can settle."
