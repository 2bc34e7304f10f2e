"""A history that is open: its transactions, and what its database complains of in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ekuscan.history.errors import BusyError, HistoryError
from ekuscan.history.place import Place
from ekuscan.history.schema import STEPS, check_known, migrate, version_of
from ekuscan.names import printable

# Seconds to wait for another process that writes: a sweep tries again later, and goes on meanwhile.
_PATIENCE: Final = 2
# A server that is gone without a word must not hold up a sweep for long.
_POSTGRESQL: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "ekuscan",
    "options": "-c statement_timeout=120000 -c lock_timeout=10000 -c client_encoding=UTF8",
}
# Any numbers will do, as long as no other program takes them: two processes must not create the tables at once, and
# nobody may write while somebody takes out what nothing names.
_CREATING: Final = 0x656B7573
_WRITING: Final = 0x656B7574


class Store:
    """An open history. Every method may raise `HistoryError`."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place = place
        self.engine = engine

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """One transaction that writes: all of it is kept when the block ends, nothing if it fails.

        ``alone``: no other process writes meanwhile, nor has begun to. SQLite never lets two.
        """
        with told(self.place), self._connection(immediate=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
                connection.execute(text(f"SELECT {how}(:number)"), {"number": _WRITING})
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads: it sees one state of the history, whatever is written meanwhile."""
        with told(self.place), self._connection(immediate=False) as connection, connection.begin():
            yield connection

    def _connection(self, *, immediate: bool) -> Connection:
        return self.engine.connect().execution_options(immediate=immediate)

    def close(self) -> None:
        self.engine.dispose()


def open_store(place: Place, *, create: bool) -> Store:
    """Open a history, its tables brought to the version of this code.

    Without ``create`` there must be one. A file that holds anything else is left as it is. Raises `HistoryError`.
    """
    if place.path is not None:
        _ready(place.path, place.shown, create=create)
    store = Store(place, _engine(place))
    try:
        with store.reading() as connection:
            version = version_of(connection)
            check_known(version)
        if version == 0 and not create:
            raise HistoryError(f"{place.shown}: there is no history yet; `ekuscan scan` begins one")
        if version < len(STEPS):
            with store.writing() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATING})
                migrate(connection)
    except BaseException:
        store.close()
        raise
    return store


def _ready(path: Path, shown: str, *, create: bool) -> None:
    """A file to open, with rights for its owner alone where it is new: it names a site's machines."""
    try:
        if path.exists():
            if not path.is_file():
                raise HistoryError(f"{shown}: is no file; name a file for the history")
            return
        if not create:
            raise HistoryError(f"{shown}: there is no history yet; `ekuscan scan` begins one")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise HistoryError(f"{shown}: cannot be opened or written: {why or error}") from None


def _engine(place: Place) -> Engine:
    if place.path is None:
        assert place.url is not None
        try:
            return create_engine(place.url, connect_args=_POSTGRESQL, pool_size=2)
        except ImportError:
            raise HistoryError("PostgreSQL needs a package more; install ekuscan[postgresql]") from None
    url = URL.create("sqlite", database=str(place.path))
    engine = create_engine(url, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:
    """Transactions are begun here, and end on the disk: what was stored is there after a power loss too."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    """One that will write says so at once: it could not wait for another writer once it has read."""
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


_BUSY: Final = ("database is locked", "lock timeout", "deadlock detected")
# What SQLite says, in the words of a person.
_SAID: Final = (
    ("not a database", "is damaged or no history: it was left as it is; move it away, or name another"),
    ("malformed", "is damaged: it was left as it is; move it away, and the next scan begins a new one"),
    ("disk is full", "cannot be written: no space left"),
    ("disk i/o error", "cannot be written or read: the disk reports an error, or is full"),
    ("readonly", "cannot be written: it is read-only"),
    ("read-only", "cannot be written: it is read-only"),
    ("unable to open", "cannot be opened or written"),
)


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Whatever the database complains of becomes a `HistoryError` that names the history."""
    try:
        yield
    except HistoryError as error:
        raise type(error)(_named(place, str(error))) from None
    except SQLAlchemyError as error:
        cause = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
        if any(words in cause for words in _BUSY):
            raise BusyError(_named(place, "another program holds it; try again when that has ended")) from None
        raise HistoryError(_named(place, _plainly(cause))) from None
    except OSError as error:
        raise HistoryError(_named(place, f"cannot be used: {error.strerror or error}")) from None


def _named(place: Place, sentence: str) -> str:
    return sentence if sentence.startswith(place.shown) else f"{place.shown}: {sentence}"


def _plainly(cause: str) -> str:
    lower = cause.lower()
    for words, plain in _SAID:
        if words in lower:
            return plain
    lines = [line.strip() for line in cause.splitlines() if line.strip()]
    return f"the database says: {printable(lines[0] if lines else 'nothing', 200)}"
