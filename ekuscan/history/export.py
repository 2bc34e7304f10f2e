"""A history, or one run of it, as portable lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select

from ekuscan.history import contents
from ekuscan.history.contents import Kept
from ekuscan.history.difference import covers
from ekuscan.history.fetch import AT_ONCE, stream
from ekuscan.history.portable import certificate_line, head_line, run_line, text_line, thing_line
from ekuscan.history.reader import all_runs
from ekuscan.history.runs import StoredRun, stored_run
from ekuscan.history.schema import CERTIFICATES, CONTENTS, ENDPOINT, RUNS, SPANS, TEXTS, VERDICT
from ekuscan.history.store import Store


def export(store: Store, run: StoredRun | None = None) -> Iterator[bytes]:
    """The lines of everything, or of one run and what it names. Raises `HistoryError` while it goes on."""
    with store.reading() as connection:
        runs = [run] if run is not None else list(_runs(connection))
        yield head_line()
        yield from map(run_line, runs)
        yield from _texts(connection, runs)
        if run is not None:
            yield from _things_of(connection, run)
        else:
            yield from _certificates(connection)
            yield from _things(connection, runs)


def _runs(connection: Connection) -> Iterator[StoredRun]:
    return map(stored_run, connection.execute(all_runs().order_by(RUNS.c.list, RUNS.c.place)))


def _texts(connection: Connection, runs: Sequence[StoredRun]) -> Iterator[bytes]:
    names = {name for run in runs for name in (run.asked, run.inventory, *(rules for _, rules in run.judging.rules))}
    for name in sorted(names):
        data = connection.execute(select(TEXTS.c.data).where(TEXTS.c.sha256 == name)).scalar_one()
        yield text_line(name, contents.unpacked(data))


def _certificates(connection: Connection) -> Iterator[bytes]:
    with stream(connection, select(CERTIFICATES).order_by(CERTIFICATES.c.sha256)) as rows:
        for row in rows:
            yield certificate_line(row.sha256, bytes(row.der))


def _things(connection: Connection, runs: Sequence[StoredRun]) -> Iterator[bytes]:
    ids = {(run.list, run.place): run.id for run in runs}
    wanted = _kept().order_by(SPANS.c.list, SPANS.c.kind, SPANS.c.name, SPANS.c.first)
    with stream(connection, wanted) as rows:
        for row in rows:
            yield thing_line(ids[row.list, row.first], ids[row.list, row.last], _thing(row))


def _things_of(connection: Connection, run: StoredRun) -> Iterator[bytes]:
    told: set[str] = set()
    for kind in (ENDPOINT, VERDICT):
        wanted = _kept().where(covers(SPANS, run, kind)).order_by(SPANS.c.name)
        with stream(connection, wanted) as rows:
            for row in rows:
                one = _thing(row)
                if row.last != run.place:
                    one = replace(one, times=contents.at_the_start(one.times, run.info.started))
                names = set(contents.certificates_of(one.data)) - told if kind == ENDPOINT else set()
                told |= names
                yield from _some(connection, sorted(names))
                yield thing_line(run.id, run.id, one)


def _some(connection: Connection, names: Sequence[str]) -> Iterator[bytes]:
    for start in range(0, len(names), AT_ONCE):
        part = CERTIFICATES.c.sha256.in_(names[start : start + AT_ONCE])
        for row in connection.execute(select(CERTIFICATES).where(part)):
            yield certificate_line(row.sha256, bytes(row.der))


def _kept() -> Select[Any]:
    return select(SPANS, CONTENTS.c.data).outerjoin(CONTENTS, CONTENTS.c.digest == SPANS.c.digest)


def _thing(row: Any) -> Kept:
    return Kept(row.kind, row.name, contents.unpacked(row.data), bytes(row.digest), row.times)
