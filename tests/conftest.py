"""Fixtures of several modules."""

from __future__ import annotations

import pytest

from tests import real_servers


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A directory for one module's servers, with what they want on disk."""
    return real_servers.written(tmp_path_factory.mktemp("servers"))
