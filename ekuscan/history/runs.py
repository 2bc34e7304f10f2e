"""A run as a history keeps it: when, of which list, how it was judged, what came of it."""

from __future__ import annotations

import json
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from ekuscan.exit_code import FailOn
from ekuscan.history.decode import decoded
from ekuscan.history.errors import HistoryError
from ekuscan.model import RunInfo, Summary
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.report import encode


@record
class SweptList:
    """What is swept again and again. ``key`` is its identity, ``name`` what a person calls it."""

    key: str
    name: str


@record
class Holder:
    """Who sweeps a list: a process of a machine, and since when."""

    host: str
    pid: int
    since: datetime


@record
class Told:
    """Who was told what changed in a run: standard output (``lines``), channels (``alerts``), and at how many ``days``
    before the end of a certificate."""

    lines: bool = False
    alerts: bool = False
    days: tuple[int, ...] = ()

    def covers(self, other: Told) -> bool:
        """Whether everybody whom ``other`` names is named here too."""
        return self.lines >= other.lines and self.alerts >= other.alerts


@record
class Judging:
    """How a run looked and how its verdicts were judged, beside the day that `RunInfo` has; and who was told of it.

    ``rules`` are a site's own rule tables: the name of each and the SHA-256 of its text, which is kept. ``looked`` are
    the options that change what is seen. ``looked`` and ``told`` are None in runs that an earlier ekuscan kept.
    """

    warn_days: int = 45
    assume: bool = True
    fail_on: FailOn = field(default_factory=FailOn)
    rules: tuple[tuple[str, str], ...] = ()
    looked: tuple[str, ...] | None = None
    told: Told | None = None


@record
class StoredRun:
    """One run. ``list`` and ``place`` say which one of which list it is in the store.

    ``asked`` and ``inventory`` are the SHA-256 of the inventory's text as it was read, and as it was swept: they differ
    where APIs added to it. ``endpoints`` is how many the inventory has. ``summary`` is None until it ended.
    """

    info: RunInfo
    swept: SweptList
    list: int
    place: int
    judging: Judging
    asked: str
    inventory: str
    endpoints: int
    holder: Holder
    summary: Summary | None = None

    @property
    def id(self) -> str:
        return self.info.id


def stamp(moment: datetime) -> str:
    """A time as it is stored: UTC with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def columns(run: StoredRun) -> dict[str, Any]:
    """The row of a run."""
    return {
        "id": run.info.id,
        "list": run.list,
        "place": run.place,
        "started": stamp(run.info.started),
        "finished": stamp(run.info.finished) if run.info.finished is not None else None,
        "complete": run.info.complete,
        "info": encode.plain(run.info).decode(),
        "judging": encode.plain(run.judging).decode(),
        "summary": encode.plain(run.summary).decode() if run.summary is not None else None,
        "asked": run.asked,
        "inventory": run.inventory,
        "endpoints": run.endpoints,
        "host": run.holder.host,
        "pid": run.holder.pid,
        "since": stamp(run.holder.since),
    }


def stored_run(row: Row[Any]) -> StoredRun:
    """The run of a row of `RUNS` joined with its list. Raises `HistoryError`."""
    try:
        return _stored_run(row)
    except (TypeError, ValueError, RecursionError):
        raise HistoryError(f"is damaged: what it says of run {printable(str(row.id), 32)} cannot be read") from None


def _stored_run(row: Row[Any]) -> StoredRun:
    info = decoded(RunInfo, json.loads(row.info))
    finished = datetime.fromisoformat(row.finished) if row.finished is not None else None
    return StoredRun(
        replace(info, finished=finished, complete=row.complete),
        SweptList(row.key, row.name),
        row.list,
        row.place,
        decoded(Judging, json.loads(row.judging)),
        row.asked,
        row.inventory,
        row.endpoints,
        Holder(row.host, row.pid, datetime.fromisoformat(row.since)),
        decoded(Summary, json.loads(row.summary)) if row.summary is not None else None,
    )
