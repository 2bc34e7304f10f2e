"""Where a history is: the path of a SQLite file, or the URL of a PostgreSQL database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ekuscan.history.errors import HistoryError
from ekuscan.names import printable
from ekuscan.record import record

_SCHEMES: Final = ("postgresql", "postgres")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,39}")
# One letter before the colon is a drive of Windows.
_NEARLY_URL: Final = re.compile(r"postgres\w*(\+\w+)?(:|//)|[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


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
        return _file(text)
    if scheme not in _SCHEMES:
        said = f"{scheme}://" if _SCHEME.fullmatch(scheme) else "the history"
        raise HistoryError(f"{said}: write a file or postgresql://USER@HOST/DATABASE")
    return _database(text, secret=secret)


def _file(text: str) -> Place:
    if _NEARLY_URL.match(text):
        # Nothing of it is shown, nor becomes a folder's name: a password may stand in it.
        raise HistoryError("the URL of the history lacks its //; write postgresql://USER@HOST/DATABASE")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise HistoryError(f"{printable(text, 300)}: there is no such user; write the whole path") from None
    return Place(path, None, printable(str(path), 300))


def _database(text: str, *, secret: bool) -> Place:
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise HistoryError("the URL of the history cannot be read; write postgresql://USER@HOST/DATABASE") from None
    if url.host is not None and "@" in url.host:
        raise HistoryError("the password in the URL of the history has an @ in it; write %40 for that")
    if not url.database:
        raise HistoryError("the URL of the history names no database; write postgresql://USER@HOST/DATABASE")
    if (url.password is not None or any("password" in key.lower() for key in url.query)) and not secret:
        raise HistoryError(
            "leave the password out of the command line, which every user of this machine sees: PGPASSWORD, ~/.pgpass "
            "or EKUSCAN_HISTORY may hold it"
        )
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    driver = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return Place(None, driver, printable(bare.render_as_string(), 300))
