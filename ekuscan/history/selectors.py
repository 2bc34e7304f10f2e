"""How a person names a run: ``last``, ``last-complete``, ``last~1``, a day, or the beginning of its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.names import printable

_COUNTED: Final = re.compile(r"(last|last-complete)(?:~(\d{1,6}))?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID: Final = re.compile(r"[0-9a-f]{4,32}")
HOW: Final = "write last, last-complete, last~1, a day like 2026-11-20, or four or more characters of its id"


class SelectorError(HistoryError):
    """No run, or more than one, goes by these words; the message says what would be right."""


def find_run(reader: Reader, words: str, list_: str | None = None) -> StoredRun:
    """The run that goes by ``words``; with ``list_`` among those of the list with this key.

    ``last~1`` is the run before the last, ``last-complete~1`` the one before among those that ended. A day is one of
    UTC, and means the last run that began on it. Raises `SelectorError`, and `HistoryError` as the reader does.
    """
    counted = _COUNTED.fullmatch(words)
    if counted is not None:
        return _counted(reader, counted[1] == "last-complete", int(counted[2] or 0), words, list_)
    if _DAY.fullmatch(words):
        return _on_day(reader, words, list_)
    if _ID.fullmatch(words):
        return _by_id(reader, words, list_)
    raise SelectorError(f"{printable(words, 60)!r} names no run; {HOW}")


def _counted(reader: Reader, complete: bool, back: int, words: str, list_: str | None) -> StoredRun:
    runs = (run for run in reader.runs(list_) if run.info.complete or not complete)
    found = next(islice(runs, back, None), None)
    if found is None:
        raise SelectorError(f"{words}: the history has no such run; `ekuscan history list` shows those it has")
    return found


def _on_day(reader: Reader, words: str, list_: str | None) -> StoredRun:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise SelectorError(f"{words}: there is no such day; write one like 2026-11-20") from None
    found = next(_begun_on(reader.runs(list_), day), None)
    if found is None:
        raise SelectorError(f"{words}: no run began on that day (UTC); `ekuscan history list` shows those there are")
    return found


def _begun_on(runs: Iterator[StoredRun], day: date) -> Iterator[StoredRun]:
    for run in runs:
        began: datetime = run.info.started
        if began.date() < day - timedelta(days=1):
            return
        if began.date() == day:
            yield run


def _by_id(reader: Reader, words: str, list_: str | None) -> StoredRun:
    found = list(islice((run for run in reader.runs(list_) if run.id.startswith(words)), 2))
    if not found:
        raise SelectorError(f"{words}: no run has this id; `ekuscan history list` shows those there are")
    if len(found) > 1:
        raise SelectorError(f"{words}: more than one run has an id that begins so; write more of it")
    return found[0]
