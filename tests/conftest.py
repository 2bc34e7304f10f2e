"""Fixtures of several modules."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests import real_servers
from tests.histories import postgresql_server

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def files():
    """A directory for one module's servers, with what they want on disk.

    It is not one of pytest's: those are closed to the accounts that servers change to, and too deep for the paths of
    their sockets.
    """
    with TemporaryDirectory(prefix="ekuscan-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield real_servers.written(directory)


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a PostgreSQL server, without a database's name: a test that wants an empty one creates it."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def histories():
    with TemporaryDirectory(prefix="ekuscan-history-") as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def _own_history(histories, monkeypatch):
    """No test touches the history of whoever runs it, nor another test's."""
    monkeypatch.setenv("EKUSCAN_HISTORY", str(histories / f"{next(_NUMBERS)}.sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def history_place(request, tmp_path):
    """Where a history of the test's own can be, of each kind: a path or a URL."""
    if request.param == "sqlite":
        return str(tmp_path / "history.sqlite")
    url = request.getfixturevalue("postgresql")
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{url}/{name}"
