"""Old runs taken out of a history, with what only they showed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

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
    """Places rise with time but for what was imported later: what goes is always a beginning of them."""
    ended = select(func.max(RUNS.c.place)).where(RUNS.c.list == number, RUNS.c.complete)
    kept = select(func.min(RUNS.c.place)).where(RUNS.c.list == number, RUNS.c.started >= before)
    last = select(func.max(RUNS.c.place)).where(RUNS.c.list == number)
    places = [connection.execute(one).scalar() for one in (ended, kept, last)]
    first = min(place for place in places if place is not None)
    gone = connection.execute(delete(RUNS).where(RUNS.c.list == number, RUNS.c.place < first)).rowcount
    if gone:
        connection.execute(delete(SPANS).where(SPANS.c.list == number, SPANS.c.last < first))
        here = (SPANS.c.list == number, SPANS.c.first < first)
        connection.execute(update(SPANS).where(*here).values(first=first))
    return int(gone)


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
