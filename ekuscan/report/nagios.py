"""The result as a check of Nagios, Icinga and their like reads it: one line with performance data, details after it.

What their plugin guidelines ask for: the state's word first, "|" before the performance data, each
'label'=value;warn;crit;min;max; the exit code is the state, 0 to 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from ekuscan.exit_code import BUG, FOUND
from ekuscan.model import Run
from ekuscan.report import text
from ekuscan.report.page import SECTIONS
from ekuscan.report.rendering import Rendering, said

State = Literal[0, 1, 2, 3]
OK: State = 0
WARNING: State = 1
CRITICAL: State = 2
UNKNOWN: State = 3
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
# The performance data of each section of the report, in its order.
_LABELS = (
    ("broken_now", "broken-now"),
    ("breaks_at_renewal", "at-renewal"),
    ("at_risk", "at-risk"),
    ("depends", "decide"),
    ("unknown", "unknown"),
)
# Agents cut what is longer than 4 KB.
_LINES, _LINE = 15, 200


def state(run: Run) -> State:
    """The state that a run is in.

    CRITICAL: something breaks now. WARNING: a break at renewal is near, or something is at or above --fail-on. UNKNOWN:
    nothing of that, but a port stayed unseen, a declared connection undecided, or the run has no end. Else OK. What is
    waived does not count.
    """
    if run.summary.exit == BUG:
        return UNKNOWN
    severities = {verdict.severity for verdict in run.verdicts if verdict.waived is None}
    if "critical" in severities:
        return CRITICAL
    if "high" in severities or run.summary.exit == FOUND:
        return WARNING
    return OK if run.summary.exit == 0 else UNKNOWN


def render(given: Rendering) -> Iterator[str]:
    """The lines, with their ends."""
    run = given.run
    yield f"EKUSCAN {_WORDS[state(run)]}: {_answer(run)} | {' '.join(_performance(given))}\n"
    for number, problem in enumerate(run.problems[:_LINES], 1):
        ends = f"{problem.target} > {problem.peer}" if problem.peer else problem.target
        yield _line(f"{number} {ends}: {problem.title} [{', '.join(problem.rules)}]")
    if len(run.problems) > _LINES:
        yield f"and {len(run.problems) - _LINES} more\n"


def refusal(reason: str) -> str:
    """The line of a check that could not be made."""
    return _line(f"EKUSCAN UNKNOWN: {reason}")


def _line(words: str) -> str:
    """A line that fits, without the sign that begins performance data."""
    return text.cut(said(words).replace("|", "/"), _LINE) + "\n"


def _answer(run: Run) -> str:
    counts = _problems(run)
    told = [f"{counts[section.name]} {section.count}" for section in SECTIONS if counts[section.name]]
    unseen = run.summary.endpoints.failed + run.summary.endpoints.skipped
    told += [text.counted(unseen, "port") + " unseen"] if unseen else []
    told += [f"{run.summary.undecided} left open"] if run.summary.undecided else []
    told += ["interrupted"] if not run.run.complete else []
    waived = [f"{run.summary.waived} waived"] if run.summary.waived else []
    return ", ".join([*(told or ["nothing breaks"]), *waived, f"{run.summary.outcomes.get('ok', 0)} fine"])


def _problems(run: Run) -> Counter[str]:
    """How many problems each section has: what the line says and what the data say are the same."""
    return Counter(one.section for one in run.problems)


def _performance(given: Rendering) -> Iterator[str]:
    run, endpoints = given.run, given.run.summary.endpoints
    counts = _problems(run)
    for label, section in _LABELS:
        yield f"{label}={counts[section]};;{0 if section == 'broken-now' else ''};0"
    yield f"ok={run.summary.outcomes.get('ok', 0)};;;0"
    yield f"waived={run.summary.waived};;;0"
    tried = endpoints.seen + endpoints.partial + endpoints.failed + endpoints.skipped
    yield f"ports_seen={endpoints.seen + endpoints.partial};;;0;{tried}"
    yield f"ports_unseen={endpoints.failed + endpoints.skipped};;;0;{tried}"
    held = {content.sha256 for target in run.targets for content in target.slots if content.sha256}
    ends = [run.certificates[one].not_after for one in held if one in run.certificates]
    first = min((one for one in ends if one is not None), default=None)
    if first is not None:
        yield f"days_to_first_end={(first - given.now) // timedelta(days=1)}"
    if run.run.finished is not None:
        yield f"time={(run.run.finished - run.run.started).total_seconds():.3f}s;;;0"
