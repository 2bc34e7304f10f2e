"""Runs put into a history as they go on: what they saw, what was judged, how they ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ekuscan.history.contents import Kept, packed
from ekuscan.history.runs import Holder, StoredRun, SweptList, Told, columns
from ekuscan.history.schema import CERTIFICATES, CONTENTS, LISTS, RUNS, SPANS, TEXTS, VERDICT
from ekuscan.history.store import Store
from ekuscan.model import RunInfo, Summary
from ekuscan.report import encode

# As many parameters as every database takes in one statement.
_AT_ONCE: Final = 500

_ONE_SPAN: Final = (
    SPANS.c.list == bindparam("b_list", type_=Integer),
    SPANS.c.kind == bindparam("b_kind", type_=String),
    SPANS.c.name == bindparam("b_name", type_=Text),
)
# The sums keep the database from looking a name up by the last run, which has all of them.
_FIRST, _LAST = SPANS.c.first + 0, SPANS.c.last + 0
# The span of the run before, where it was the same then.
_LONGER: Final = (
    update(SPANS)
    .where(
        *_ONE_SPAN,
        bindparam("b_place", type_=Integer) - 1 == _LAST,
        SPANS.c.digest == bindparam("b_digest", type_=LargeBinary),
    )
    .values(last=SPANS.c.last + 1, times=bindparam("b_times", type_=Text))
)
_COVERED: Final = (
    select(literal_column("1"))
    .select_from(SPANS)
    .where(
        *_ONE_SPAN,
        bindparam("b_place", type_=Integer) >= _FIRST,
        bindparam("b_place", type_=Integer) <= _LAST,
    )
    .correlate(None)
    .exists()
)
_NEW: Final = insert(SPANS).from_select(
    ["list", "kind", "name", "first", "last", "digest", "times"],
    select(
        bindparam("b_list", type_=Integer),
        bindparam("b_kind", type_=String),
        bindparam("b_name", type_=Text),
        bindparam("b_place", type_=Integer),
        bindparam("b_place", type_=Integer),
        bindparam("b_digest", type_=LargeBinary),
        bindparam("b_times", type_=Text),
    ).where(~_COVERED),
)


def begin(store: Store, run: StoredRun, texts: Mapping[str, bytes]) -> StoredRun:
    """Store a run that begins; returns it with its place. ``texts`` are what it names by SHA-256, unpacked.

    Raises `HistoryError`.
    """
    with store.writing() as connection:
        number = list_number(connection, run.swept)
        last = connection.execute(select(func.max(RUNS.c.place)).where(RUNS.c.list == number)).scalar()
        placed = replace(run, list=number, place=(last or 0) + 1)
        put_texts(connection, texts)
        connection.execute(insert(RUNS).values(columns(placed)))
    return placed


def go_on(store: Store, run: StoredRun, info: RunInfo, holder: Holder) -> StoredRun:
    """Go on with a run that did not end: its verdicts are judged anew. Raises `HistoryError`."""
    going = replace(run, info=info, holder=holder, summary=None)
    with store.writing() as connection:
        _take_back(connection, run, VERDICT)
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(columns(going)))
    return going


def add(store: Store, run: StoredRun, things: Sequence[Kept]) -> None:
    """Store what a run saw or found. What is there for this run already stays as it is. Raises `HistoryError`."""
    with store.writing() as connection:
        put(connection, run, things)


def end(store: Store, run: StoredRun, info: RunInfo, summary: Summary, things: Sequence[Kept]) -> StoredRun:
    """Store the last of a run, and that it ended; ``info`` says whether it is complete. Raises `HistoryError`."""
    ended = replace(run, info=info, summary=summary)
    with store.writing() as connection:
        put(connection, run, things)
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(columns(ended)))
    return ended


def tell(store: Store, run: StoredRun, told: Told) -> None:
    """Store who was told what changed in a run. Raises `HistoryError`."""
    judging = encode.plain(replace(run.judging, told=told)).decode()
    with store.writing() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(judging=judging))


def text_name(text: bytes) -> str:
    """Under what a text is stored: its SHA-256."""
    return hashlib.sha256(text).hexdigest()


def list_number(connection: Connection, swept: SweptList) -> int:
    found = connection.execute(select(LISTS.c.number).where(LISTS.c.key == swept.key)).scalar()
    if found is not None:
        return int(found)
    made = connection.execute(insert(LISTS).values(key=swept.key, name=swept.name)).inserted_primary_key
    assert made is not None
    return int(made[0])


def put_texts(connection: Connection, texts: Mapping[str, bytes]) -> None:
    insert_missing(connection, TEXTS, [{"sha256": name, "data": packed(text)} for name, text in texts.items()])


def put(connection: Connection, run: StoredRun, things: Sequence[Kept]) -> None:
    for start in range(0, len(things), _AT_ONCE):
        part = things[start : start + _AT_ONCE]
        _add_certificates(connection, part)
        put_contents(connection, part)
        rows = [
            {
                "b_list": run.list,
                "b_kind": one.kind,
                "b_name": one.name,
                "b_place": run.place,
                "b_digest": one.digest,
                "b_times": one.times,
            }
            for one in part
        ]
        connection.execute(_LONGER, rows)
        connection.execute(_NEW, rows)


def _add_certificates(connection: Connection, things: Sequence[Kept]) -> None:
    named = {sha256: der for one in things for sha256, der in one.certificates}
    names = list(named)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        there = set(connection.execute(select(CERTIFICATES.c.sha256).where(CERTIFICATES.c.sha256.in_(part))).scalars())
        rows = [{"sha256": name, "der": named[name]} for name in part if name not in there]
        insert_missing(connection, CERTIFICATES, rows)


def put_contents(connection: Connection, things: Sequence[Kept]) -> None:
    """Packing costs more than looking: only what is new is packed."""
    named = {one.digest: one.data for one in things}
    found = connection.execute(select(CONTENTS.c.digest).where(CONTENTS.c.digest.in_(list(named)))).scalars()
    there = {bytes(digest) for digest in found}
    rows = [{"digest": name, "data": packed(data)} for name, data in named.items() if name not in there]
    insert_missing(connection, CONTENTS, rows)


def insert_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; one that another process was faster with is passed over."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def _take_back(connection: Connection, run: StoredRun, kind: str) -> None:
    """Forget what was stored of one kind for the last run of a list."""
    here = (SPANS.c.list == run.list, SPANS.c.kind == kind, SPANS.c.last == run.place)
    connection.execute(delete(SPANS).where(*here, SPANS.c.first == run.place))
    connection.execute(update(SPANS).where(*here).values(last=run.place - 1))
