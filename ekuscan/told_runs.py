"""Which runs of a list the news of a run is told against: those that somebody was told of, and that are its like."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun, Told

_EVERYBODY = Told(lines=True, alerts=True)


def told_runs(reader: Reader, run: StoredRun, told: Told) -> Sequence[StoredRun]:
    """The runs of the same list before ``run`` that ended, were looked at and judged alike, and were told to all of
    ``told``; else those that were told to anybody. The latest first. Raises `HistoryError`.

    A run that nobody was told of is no measure: what changed in it would never be told.
    """
    like = [one for one in reader.before(run) if _alike(one, run)]
    whole = [one for one in like if _told(one).covers(told)]
    return whole or [one for one in like if _told(one) != Told()]


def _told(run: StoredRun) -> Told:
    """A run that an earlier ekuscan kept is taken for told, as it was compared with then."""
    return _EVERYBODY if run.judging.told is None else run.judging.told


def _alike(before: StoredRun, after: StoredRun) -> bool:
    """Whether what differs between two runs is news: neither what was asked for nor a look ahead made it."""
    was, is_ = before.judging, after.judging
    if was.looked is not None and is_.looked is not None and was.looked != is_.looked:
        return False
    return was.assume == is_.assume and _dated(before) == _dated(after) and before.info.as_of <= after.info.as_of


def _dated(run: StoredRun) -> bool:
    """Whether it was judged for another instant than its own."""
    return run.info.as_of != run.info.started
