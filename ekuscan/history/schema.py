"""The tables of a history, and the steps that lead from each version of them to the next.

A *list* is what is swept again and again: a targets file, or the targets of a command line. Its runs are numbered by
their ``place``. A *span* says that a thing of a list (an endpoint, a verdict) was the same from one place to another;
what it was is a *content*, kept once under the SHA-256 of its text. So a run in which nothing changed adds one row, and
makes the spans of the run before it longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)

from ekuscan.history.errors import HistoryError

METADATA: Final = MetaData()

VERSION: Final = Table("ekuscan_version", METADATA, Column("version", Integer, nullable=False))

LISTS: Final = Table(
    "ekuscan_lists",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

# Times are text in UTC with microseconds, so that they sort: what databases make of a time zone differs.
RUNS: Final = Table(
    "ekuscan_runs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("list", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("started", String(32), nullable=False, index=True),
    Column("finished", String(32)),
    Column("complete", Boolean, nullable=False),
    # What `RunInfo` says, how was judged, and the counts at the end, as JSON.
    Column("info", Text, nullable=False),
    Column("judging", Text, nullable=False),
    Column("summary", Text),
    # The inventory as it was read, and as it was swept, in `TEXTS`.
    Column("asked", String(64), nullable=False),
    Column("inventory", String(64), nullable=False),
    Column("endpoints", Integer, nullable=False),
    # Who sweeps, or did last.
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("since", String(32), nullable=False),
    Index("ekuscan_runs_by_place", "list", "place", unique=True),
)

SPANS: Final = Table(
    "ekuscan_spans",
    METADATA,
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(1), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    # When it was seen last, as JSON: what varies from one sighting to the next and is no news.
    Column("times", Text, nullable=False),
    Index("ekuscan_spans_by_last", "list", "kind", "last", "first"),
)

CONTENTS: Final = Table(
    "ekuscan_contents",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

CERTIFICATES: Final = Table(
    "ekuscan_certificates",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("der", LargeBinary, nullable=False),
)

TEXTS: Final = Table(
    "ekuscan_texts",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

ENDPOINT: Final = "e"
VERDICT: Final = "v"


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(insert(VERSION).values(version=0))


# The step at place N leads from version N to N + 1; none is changed once it was released.
STEPS: tuple[Callable[[Connection], None], ...] = (_first,)


def version_of(connection: Connection) -> int:
    """The version of the tables that are there, 0 where there are none. Raises `HistoryError` for others' tables."""
    names = inspect(connection).get_table_names()
    if VERSION.name in names:
        return int(connection.execute(select(VERSION.c.version)).scalar_one())
    if names and connection.dialect.name == "sqlite":
        raise HistoryError("is a database of something else; name another file")
    return 0


def migrate(connection: Connection) -> None:
    """Bring the tables to the version of this code, within the transaction of ``connection``.

    Raises `HistoryError` where they are newer.
    """
    found = version_of(connection)
    check_known(found)
    for step in STEPS[found:]:
        step(connection)
    if found < len(STEPS):
        connection.execute(update(VERSION).values(version=len(STEPS)))


def check_known(version: int) -> None:
    """Raise `HistoryError` for a version that only a later ekuscan reads."""
    if version > len(STEPS):
        raise HistoryError(
            f"was written by a later ekuscan (version {version}, this one reads {len(STEPS)}); install that one, or "
            "name another history"
        )
