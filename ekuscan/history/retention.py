"""Old runs taken out of a history, with what only they showed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, select, true, update

from ekuscan.history import contents
from ekuscan.history.fetch import AT_ONCE, stream
from ekuscan.history.reader import all_runs
from ekuscan.history.runs import stamp, stored_run
from ekuscan.history.schema import CERTIFICATES, CONTENTS, ENDPOINT, LISTS, RUNS, SPANS, TEXTS
from ekuscan.history.store import Store, told


def prune(store: Store, before: datetime) -> int:
    """Take out the runs that began before a time; returns how many.

    Of each list the last run that ended stays however old it is, and so does what came after it: there is something to
    compare with. Raises `HistoryError`.
    """
    with store.writing(alone=True) as connection:
        count = sum(_prune_list(connection, number, stamp(before)) for number in _lists(connection))
        if count:
            _sweep_out(connection)
    if count:
        _give_back(store)
    return count


def _lists(connection: Connection) -> list[int]:
    return list(connection.execute(select(LISTS.c.number)).scalars())


def _prune_list(connection: Connection, number: int, before: str) -> int:
    """What goes is decided by time: places rise with it but for what was imported later."""
    here = RUNS.c.list == number
    ended = select(func.max(RUNS.c.started)).where(here, RUNS.c.complete)
    latest = select(func.max(RUNS.c.started)).where(here)
    last = connection.execute(ended).scalar() or connection.execute(latest).scalar()
    kept_since = min(before, last) if last is not None else before
    gone = connection.execute(delete(RUNS).where(here, RUNS.c.started < kept_since)).rowcount
    if gone:
        _shorten(connection, number)
    return int(gone)


def _shorten(connection: Connection, number: int) -> None:
    """Let every span of a list begin and end at a run that is there, and take out those of none."""
    rows = connection.execute(
        select(RUNS.c.place, RUNS.c.started).where(RUNS.c.list == number).order_by(RUNS.c.place)
    ).all()
    here, first, last = SPANS.c.list == number, SPANS.c.first, SPANS.c.last
    for before, after in pairwise((None, *rows, None)):
        if before is not None and after is not None and after.place == before.place + 1:
            continue
        comes_after = first > before.place if before is not None else true()
        comes_before = last < after.place if after is not None else true()
        connection.execute(delete(SPANS).where(here, comes_after, comes_before))
        if after is not None:
            begins = (here, comes_after, first < after.place)
            connection.execute(update(SPANS).where(*begins).values(first=after.place))
        if before is not None:
            _end_at(connection, select(SPANS).where(here, last > before.place, comes_before), before)


def _end_at(connection: Connection, spans: Select[Any], run: Any) -> None:
    """Let spans end at a run. When things were seen is known of the last run of a span alone."""
    started = datetime.fromisoformat(run.started)
    for row in connection.execute(spans).all():
        one = (SPANS.c.list == row.list, SPANS.c.kind == row.kind, SPANS.c.name == row.name, SPANS.c.first == row.first)
        times = contents.at_the_start(row.times, started)
        connection.execute(update(SPANS).where(*one).values(last=run.place, times=times))


def _sweep_out(connection: Connection) -> None:
    """Contents, certificates and texts that nothing names any more."""
    used = exists(select(SPANS.c.digest).where(SPANS.c.digest == CONTENTS.c.digest))
    if connection.dialect.name == "sqlite":
        # There is no index by digest, which every span would pay for: one list of all is made instead.
        connection.execute(delete(CONTENTS).where(CONTENTS.c.digest.not_in(select(SPANS.c.digest))))
    else:
        connection.execute(delete(CONTENTS).where(~used))
    named = set(_named(connection))
    _delete_others(connection, CERTIFICATES, named)
    _delete_others(connection, TEXTS, set(_texts(connection)))


def _named(connection: Connection) -> Iterator[str]:
    """The certificates that are still named; only endpoints name any."""
    endpoints = select(SPANS.c.digest).where(SPANS.c.kind == ENDPOINT)
    wanted = select(CONTENTS.c.data).where(CONTENTS.c.digest.in_(endpoints))
    with stream(connection, wanted) as rows:
        for row in rows:
            yield from contents.certificates_of(contents.unpacked(row.data))


def _texts(connection: Connection) -> Iterator[str]:
    for run in map(stored_run, connection.execute(all_runs())):
        yield from (run.asked, run.inventory)
        yield from (name for _, name in run.judging.rules)


def _delete_others(connection: Connection, table: Any, kept: set[str]) -> None:
    names = connection.execute(select(table.c.sha256)).scalars().all()
    gone = [name for name in names if name not in kept]
    for start in range(0, len(gone), AT_ONCE):
        connection.execute(delete(table).where(table.c.sha256.in_(gone[start : start + AT_ONCE])))


def _give_back(store: Store) -> None:
    """The room to the disk: SQLite keeps it for itself otherwise. PostgreSQL sees to it in its own time."""
    if store.place.path is None:
        return
    with told(store.place), store.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("VACUUM")
        raw.close()
