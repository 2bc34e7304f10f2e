"""The sections of problems: what fails, why, and the one next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ekuscan.model import Problem, RemedyWork, Run, Verdict
from ekuscan.report import text
from ekuscan.report.page import SECTIONS, Page

_NAMES = 18
_INDENT = "    "
_MEMBERS = 2


def sections(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """Every section that has a problem, each followed by an empty line.

    A problem's number is its place in ``run.problems``: "step 2" in another problem's text means that one.
    """
    verdicts = {verdict.id: verdict for verdict in run.verdicts}
    numbered = list(enumerate(run.problems, 1))
    for section in SECTIONS:
        inside = [(number, problem) for number, problem in numbered if problem.section == section.name]
        if not inside:
            continue
        yield page.heading(section.word, section.meaning, section.color)
        for number, problem in inside:
            yield from _problem(page, number, problem, verdicts, run.remedy_work, verbose=verbose)
        yield ""


def _problem(
    page: Page,
    number: int,
    problem: Problem,
    verdicts: Mapping[str, Verdict],
    works: Mapping[str, RemedyWork],
    *,
    verbose: bool,
) -> Iterator[str]:
    known = [verdicts[id_] for id_ in problem.verdicts if id_ in verdicts]
    yield from _head(page, number, problem)
    if problem.text:
        yield from page.wrap(problem.text, _INDENT, _INDENT)
    if problem.action:
        yield from page.wrap(problem.action, "  > ", _INDENT)
    if verbose:
        for verdict in known:
            yield from page.flow([verdict.outcome, *verdict_words(page, verdict)], _INDENT, _INDENT + "  ")
        yield from _ways(page, problem, works)


def _ways(page: Page, problem: Problem, works: Mapping[str, RemedyWork]) -> Iterator[str]:
    """The other remedies that are possible, those of least effort first, with what each costs."""
    for way in problem.ways:
        work = works.get(way.id)
        if work is None or (
            problem.remedy is not None and (way.id, way.text) == (problem.remedy.id, problem.remedy.text)
        ):
            continue
        weakens = " It lowers security." if work.weakens else ""
        told = f"{way.text} Clears {len(way.clears)} of {len(problem.verdicts)}. Costs: {work.costs}{weakens}"
        yield from page.wrap(told, "  or ", _INDENT + " ")


def _head(page: Page, number: int, problem: Problem) -> Iterator[str]:
    """Number, ends, title, date and rules in one line; the title below where that is too much.

    Two blanks in a title part what may go on separate lines, as a question and its answers.
    """
    names = " > ".join([_whose(page, problem), *([page.name(problem.peer)] if problem.peer is not None else [])])
    start = f"{number:>2}  {names}"
    title = [page.say(piece.strip()) for piece in problem.title.split("  ")]
    for stamp in _stamps(page, problem):
        pieces = (text.pad(start, len(_INDENT) + _NAMES), *title, stamp)
        fitting = text.sides("  ".join(piece for piece in pieces if piece), _rules(problem), page.width)
        if fitting is not None:
            yield fitting
            return
    room = min(22, page.width - text.cells(start) - 2)
    yield text.sides(start, _rules(problem, room), page.width) or start
    yield from page.flow([*title, _stamps(page, problem)[0]], _INDENT, _INDENT)


def _whose(page: Page, problem: Problem) -> str:
    """The target, or the members of a cluster: all of them where they are few, else the first and how many more."""
    if len(problem.members) <= _MEMBERS:
        return ", ".join(page.name(name) for name in problem.members or (problem.target,))
    return f"{page.name(problem.target)} and {len(problem.members) - 1} more"


def _stamps(page: Page, problem: Problem) -> list[str]:
    """When it happens, the fuller form first."""
    if problem.when is None:
        return [""]
    day = text.day(problem.when)
    left = text.days_until(problem.when, page.now)
    return [f"{day}, {left} d", day] if left >= 0 else [day]


def _rules(problem: Problem, room: int = 22) -> str:
    """Rule ids in at most ``room`` cells; those that do not fit are counted."""
    rules = [text.safe(rule, unicode=False) for rule in problem.rules]
    for shown in range(len(rules), 0, -1):
        more = f" +{len(rules) - shown}" if shown < len(rules) else ""
        line = ", ".join(rules[:shown]) + more
        if len(line) <= room:
            return line
    return text.cut(rules[0], room) if rules else ""


def verdict_words(page: Page, verdict: Verdict) -> list[str]:
    """One verdict as a row without its outcome: the ends, the use case, the day, the rule, the certainty."""
    ends = " > ".join(page.name(end) for end in (verdict.dials, verdict.answers) if end is not None)
    used = " (if used)" if verdict.if_used else ""
    when = text.day(verdict.when) if verdict.when is not None else ""
    title = page.title(verdict.use_case) + used
    return [ends or page.name(verdict.target), title, when, page.say(verdict.rule), verdict.certainty]
