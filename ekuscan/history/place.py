"""Where a history is: the path of a SQLite file, or the URL of a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ekuscan.history.errors import HistoryError
from ekuscan.names import printable
from ekuscan.record import record

_SCHEMES: Final = ("postgresql", "postgres")


@record
class Place:
    """``path`` is None for PostgreSQL, ``url`` None for SQLite. ``url`` may hold a password: show `shown`."""

    path: Path | None
    url: str | None
    shown: str


def parse_place(text: str, *, secret: bool) -> Place:
    """Read PATH or URL.

    ``secret``: it comes from where a password may stand, as the environment; a command line is seen by every user of
    the machine. Raises `HistoryError`.
    """
    scheme, mark, _ = text.partition("://")
    if not mark:
        if not text.strip():
            raise HistoryError("the history has no name; write a file or postgresql://USER@HOST/DATABASE")
        path = Path(text).expanduser()
        return Place(path, None, printable(str(path), 300))
    if scheme not in _SCHEMES:
        raise HistoryError(f"{printable(scheme, 40)}://: write a file or postgresql://USER@HOST/DATABASE")
    return _database(text, secret=secret)


def _database(text: str, *, secret: bool) -> Place:
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise HistoryError("the URL of the history cannot be read; write postgresql://USER@HOST/DATABASE") from None
    if not url.database:
        raise HistoryError("the URL of the history names no database; write postgresql://USER@HOST/DATABASE")
    if (url.password is not None or "password" in url.query) and not secret:
        raise HistoryError(
            "leave the password out of the command line, which every user of this machine sees: PGPASSWORD, ~/.pgpass "
            "or EKUSCAN_HISTORY may hold it"
        )
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    driver = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return Place(None, driver, printable(bare.render_as_string(), 300))
