"""The one plan for the estate, where it says more than the problems do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ekuscan.model import Plan, PlanStep, RemedyWork, Run
from ekuscan.report import text
from ekuscan.report.page import Page

_INDENT = "    "
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plan(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """The steps, each with how much it settles; with ``verbose`` what comes before each and what it costs."""
    if run.plan is not None and run.plan.steps and (verbose or says_more(run)):
        yield from plan_lines("ONE PLAN", run.plan, run.remedy_work, page, verbose=verbose)


def plan_lines(word: str, found: Plan, works: Mapping[str, RemedyWork], page: Page, *, verbose: bool) -> Iterator[str]:
    """A plan under a heading; ``works`` is what each remedy takes, by its id."""
    cleared, all_ = len(found.clears), len(found.clears) + len(found.leaves)
    much = f"all {all_:,}" if cleared == all_ else f"{cleared:,} of {all_:,}"
    one = len(found.steps) == 1
    meaning = f"({text.counted(len(found.steps), 'step')} {'clears' if one else 'clear'} {much} together)"
    yield page.heading(word, meaning)
    for place, step in enumerate(found.steps):
        yield from _step(place, step, works.get(step.remedy), page, verbose=verbose)
    yield ""


def says_more(run: Run) -> bool:
    """Whether fewer steps than the problems have do as much, or as many do more.

    A problem that several members of a cluster have is a step on each of them, and counts as many.
    """
    if run.plan is None:
        return False
    mended = [problem for problem in run.problems if problem.remedy is not None]
    cleared = {id_ for problem in mended if problem.remedy is not None for id_ in problem.remedy.clears}
    if not set(run.plan.clears) >= cleared & {*run.plan.clears, *run.plan.leaves}:
        return False
    steps = sum(max(len(problem.members), 1) for problem in mended)
    return len(run.plan.steps) < steps or (len(run.plan.steps) == steps and not cleared >= set(run.plan.clears))


def _step(place: int, step: PlanStep, work: RemedyWork | None, page: Page, *, verbose: bool) -> Iterator[str]:
    letter = _LETTERS[place] if place < len(_LETTERS) else "+"
    weakens = " It lowers security." if work is not None and work.weakens else ""
    yield from page.wrap(f"{step.text}{weakens} Clears {len(step.clears):,}.", f" {letter}  ", _INDENT)
    if verbose and work is not None:
        yield from work_lines(work, page)


def work_lines(work: RemedyWork, page: Page) -> Iterator[str]:
    """What comes before a remedy, what to type, and what it costs."""
    for step in work.before:
        yield from page.wrap(step, f"{_INDENT}before: ", _INDENT * 2)
    if work.command is not None:
        yield from page.wrap(work.command, f"{_INDENT}type: ", _INDENT * 2)
    yield from page.wrap(work.costs, f"{_INDENT}costs: ", _INDENT * 2)
