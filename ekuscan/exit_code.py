"""The exit code of a run, and the summary that repeats the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import get_args

from ekuscan.advice import is_fine
from ekuscan.model import Connection, EndpointCounts, Observation, Outcome, Summary, Verdict
from ekuscan.record import record
from ekuscan.verdict.clusters import is_whole

FINE, FOUND, UNUSABLE, INCOMPLETE, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 130

_OUR_FAULT = "internal-error"

# From grave to harmless: --fail-on takes one of them and everything before it.
_GRAVITY: tuple[Outcome, ...] = ("breaks-now", "breaks-at-renewal", "depends", "at-risk", "unknown")


class FailOnError(ValueError):
    """A --fail-on that cannot be read; the message says what would be right."""


@record
class FailOn:
    """From which outcome on a run fails. ``days``: a break at renewal counts only within so many days."""

    outcome: Outcome = "breaks-now"
    days: int | None = None


def parse_fail_on(text: str) -> FailOn:
    """Read OUTCOME[:DAYS]. Raises `FailOnError`."""
    word, colon, days = text.partition(":")
    for outcome in get_args(Outcome):
        if word == outcome and outcome in _GRAVITY:
            if not colon:
                return FailOn(outcome)
            if days.isdecimal() and len(days) < 6:
                return FailOn(outcome, int(days))
            raise FailOnError(
                f"--fail-on: found {days!r} as the number of days; write for example breaks-at-renewal:45"
            )
    raise FailOnError(
        f"--fail-on: found {word!r}; write one of {', '.join(_GRAVITY)}, if wanted with days: {_GRAVITY[1]}:45"
    )


def summarize(
    verdicts: Sequence[Verdict],
    observations: Iterable[Observation],
    connections: Iterable[Connection],
    others_open: int,
    fail_on: FailOn,
    as_of: datetime,
    *,
    complete: bool = True,
    faults: int = 0,
) -> Summary:
    """Counts and exit code.

    A declared connection without an answer is undecided, and so is what else stayed open (``others_open`` counts it):
    targets of a role that nobody told and nothing settled, roles of which nobody can say who talks to whom, and
    declared connections of which no rule speaks. An unseen endpoint is not fine. A fault of our own comes before what
    was found, which may be wrong then (``faults`` counts those of the judgement); a run that is not ``complete`` was
    interrupted. The verdict of a whole connection of clusters is that of one of its pairs, and those are counted. What
    is waived is counted as that, and gives no exit code.
    """
    seen = list(observations)
    states = Counter(observation.status for observation in seen)
    declared = {connection.id for connection in connections if connection.origin != "assumed"}
    standing = [verdict for verdict in verdicts if verdict.waived is None]
    undecided = (v for v in standing if v.outcome in ("unknown", "depends") and not is_fine(v))
    open_ = {v.connection for v in undecided if v.connection in declared}
    counts = EndpointCounts(
        seen=states["seen"],
        partial=states["partial"],
        closed=states["closed"],
        failed=states["failed"],
        skipped=states["skipped"],
    )
    outcomes = Counter(verdict.outcome for verdict in standing if not is_whole(verdict))
    waived = sum(verdict.waived is not None and not is_whole(verdict) for verdict in verdicts)
    code = FINE
    if not complete:
        code = INTERRUPTED
    elif faults or any(one.failure is not None and one.failure.reason == _OUR_FAULT for one in seen):
        code = BUG
    elif any(counts_as_failure(verdict, fail_on, as_of) for verdict in standing):
        code = FOUND
    elif counts.failed or counts.skipped or open_ or others_open:
        code = INCOMPLETE
    ordered = {outcome: outcomes[outcome] for outcome in get_args(Outcome) if outcomes[outcome]}
    return Summary(ordered, counts, len(open_) + others_open, code, waived)


def counts_as_failure(verdict: Verdict, fail_on: FailOn, as_of: datetime) -> bool:
    """Whether a verdict is at or above the threshold."""
    if verdict.outcome not in _GRAVITY or _GRAVITY.index(verdict.outcome) > _GRAVITY.index(fail_on.outcome):
        return False
    if fail_on.days is None or verdict.outcome == "breaks-now":
        return True
    return verdict.when is None or verdict.when <= as_of + timedelta(days=fail_on.days)
