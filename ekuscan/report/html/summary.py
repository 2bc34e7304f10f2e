"""What a person reads who reads nothing else: one sentence, the counts, the next days, the first steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from ekuscan.model import Run
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.days import Day
from ekuscan.report.html.signs import OUTCOMES, SECTION_SIGNS, Sign
from ekuscan.report.page import SECTIONS, SectionName

_OWN_DAYS, _POLICY_DAYS = 3, 2
_FIRST = 3


@record
class Count:
    """A number, what it counts, and the list that holds it."""

    number: int
    label: str
    sign: Sign
    target: str


@record
class Summary:
    """``cautions`` say what the answer leaves out; ``first`` are the next steps, the gravest problem's first."""

    sentence: str
    sign: Sign
    cautions: tuple[str, ...]
    counts: tuple[Count, ...]
    days: tuple[Day, ...]
    first: tuple[str, ...]


def summary(run: Run, days: Sequence[Day], steps: Sequence[str], now: datetime) -> Summary:
    """The top of the page. ``days`` are those that matter, by day; ``steps`` what is to be done, in order."""
    found = Counter(problem.section for problem in run.problems)
    fine = run.summary.outcomes.get("ok", 0)
    counts = [
        Count(found[section.name], section.count, SECTION_SIGNS[section.name], "problems") for section in SECTIONS
    ]
    counts.append(Count(fine, "fine", OUTCOMES["ok"], "verdicts"))
    sentence, sign = _sentence(run, found, fine, now)
    next_days = tuple(_next([day for day in days if day.day >= now.date()]))
    return Summary(sentence, sign, tuple(_cautions(run)), tuple(counts), next_days, tuple(steps[:_FIRST]))


def _next(ahead: Sequence[Day]) -> list[Day]:
    """The next days of its own certificates, and fewer of the policies."""
    own = [day for day in ahead if day.kind != "policy"][:_OWN_DAYS]
    policies = [day for day in ahead if day.kind == "policy"][:_POLICY_DAYS]
    return [day for day in ahead if day in own or day in policies]


def _sentence(run: Run, found: Counter[SectionName], fine: int, now: datetime) -> tuple[str, Sign]:
    broken, later, risk = found["broken-now"], found["at-renewal"], found["at-risk"]
    open_ = found["decide"] + found["unknown"]
    first = min((one.when for one in run.problems if one.section == "at-renewal" and one.when), default=None)
    word = "on" if later == 1 else "the first on"
    when = f", {word} {text.day(first)} ({_left(first, now)})" if first is not None else ""
    if broken:
        more = f"; {later:,} more {_break(later)} when certificates are renewed{when}" if later else ""
        return f"{text.counted(broken, 'problem')} {_break(broken)} connections now{more}.", OUTCOMES["breaks-now"]
    if later:
        return (
            f"Nothing is broken now, but {text.counted(later, 'problem')} {_break(later)} connections when "
            f"certificates are renewed{when}.",
            OUTCOMES["breaks-at-renewal"],
        )
    if risk or open_:
        words = [f"{text.counted(risk, 'problem')} at risk"] if risk else []
        words += [f"{text.counted(open_, 'question')} open"] if open_ else []
        verb = "is" if risk + open_ == 1 else "are"
        sign = OUTCOMES["at-risk"] if risk else OUTCOMES["depends"]
        return f"Nothing is known to break; {' and '.join(words)} {verb} left.", sign
    if not fine:
        return "Nothing was judged.", OUTCOMES["unknown"]
    seen = _unseen(run) == 0 and run.run.complete
    cases = text.counted(fine, "use case")
    breaks = "Nothing else breaks" if run.summary.waived else "Nothing breaks"
    return (f"{breaks}: {cases} judged fine." if seen else f"{breaks} in what was seen: {cases} fine."), (
        OUTCOMES["ok"] if seen else OUTCOMES["unknown"]
    )


def _break(number: int) -> str:
    return "breaks" if number == 1 else "break"


def _left(when: date | datetime, now: datetime) -> str:
    days = (_day(when) - now.date()).days
    return "today" if days == 0 else f"in {text.counted(days, 'day')}" if days > 0 else f"{-days:,} days ago"


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _unseen(run: Run) -> int:
    return run.summary.endpoints.failed + run.summary.endpoints.skipped


def _cautions(run: Run) -> Iterator[str]:
    if not run.run.complete:
        yield "The scan was interrupted: this is a partial result."
    unseen = _unseen(run)
    if unseen:
        ports = text.counted(unseen, "port")
        yield f"{ports} gave no certificate; what hangs on {_it(unseen)} is not part of the answer."
    if run.summary.undecided:
        yield f"{run.summary.undecided:,} left open: declared connections or boxes of which nothing could be said."
    if run.summary.waived:
        yield f"{text.counted(run.summary.waived, 'finding')} waived, and not counted."
    assumed = sum(one.origin == "assumed" for one in run.connections)
    if assumed:
        yield f"{text.counted(assumed, 'connection')} {'was' if assumed == 1 else 'were'} assumed, not declared."


def _it(number: int) -> str:
    return "it" if number == 1 else "them"
