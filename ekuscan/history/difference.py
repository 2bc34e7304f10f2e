"""What two runs have differently, as one question to the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, select, union_all

from ekuscan.history.runs import StoredRun
from ekuscan.history.schema import CONTENTS, SPANS


def covers(spans: Any, run: StoredRun, kind: str) -> ColumnElement[bool]:
    """Whether a span of ``spans`` (the table or an alias of it) is of this run."""
    return and_(spans.c.list == run.list, spans.c.kind == kind, spans.c.last >= run.place, spans.c.first <= run.place)


def difference(before: StoredRun, after: StoredRun, kind: str) -> Select[Any]:
    """The things of one kind whose digest differs, with the contents of both, by name.

    Rows have ``name``, and ``last``, ``times`` and ``data`` with ``before_`` and ``after_`` in front, which are NULL
    where a run has no such thing.
    """
    old, new = SPANS.alias("old"), SPANS.alias("new")
    was_here, is_here = _sides(old, new, before, after, kind)
    was_looked_up, is_looked_up = _by_name(old, before, kind), _by_name(new, after, kind)
    gone_or_other = (
        _columns(old, old, new)
        .select_from(old.outerjoin(new, and_(new.c.name == old.c.name, is_looked_up)))
        .where(was_here, new.c.digest.is_(None) | (new.c.digest != old.c.digest))
    )
    come = (
        _columns(new, old, new)
        .select_from(new.outerjoin(old, and_(old.c.name == new.c.name, was_looked_up)))
        .where(is_here, old.c.digest.is_(None))
    )
    either = union_all(gone_or_other, come).subquery("either")
    was, is_ = CONTENTS.alias("was"), CONTENTS.alias("is_now")
    return (
        select(either, was.c.data.label("before_data"), is_.c.data.label("after_data"))
        .outerjoin(was, was.c.digest == either.c.before_digest)
        .outerjoin(is_, is_.c.digest == either.c.after_digest)
        .order_by(either.c.name)
    )


def _sides(
    old: FromClause, new: FromClause, before: StoredRun, after: StoredRun, kind: str
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    was_here, is_here = covers(old, before, kind), covers(new, after, kind)
    if before.list != after.list or before.place == after.place:
        return was_here, is_here
    # A span over both runs is the same in both, and most are: the index passes over them.
    if before.place < after.place:
        return and_(was_here, old.c.last < after.place), and_(is_here, new.c.first > before.place)
    return and_(was_here, old.c.first > after.place), and_(is_here, new.c.last < before.place)


def _by_name(spans: FromClause, run: StoredRun, kind: str) -> ColumnElement[bool]:
    """As `covers`, for one name: the sum keeps the database from going through all spans of the run for each name."""
    last, first = spans.c.last + 0, spans.c.first + 0
    return and_(spans.c.list == run.list, spans.c.kind == kind, last >= run.place, first <= run.place)


def _columns(named: FromClause, old: FromClause, new: FromClause) -> Select[Any]:
    return select(
        named.c.name.label("name"),
        old.c.last.label("before_last"),
        old.c.times.label("before_times"),
        old.c.digest.label("before_digest"),
        new.c.last.label("after_last"),
        new.c.times.label("after_times"),
        new.c.digest.label("after_digest"),
    )
