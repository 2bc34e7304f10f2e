"""Fixtures of several modules."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import real_servers


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
