"""Files written whole or not at all: what else is there stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ekuscan.cli.refusal import UsageError
from ekuscan.cli.save import save


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    for before in (b"", b"old", b"old and mine", b"newer"):
        file.write_bytes(b"old, and theirs")
        with pytest.raises(UsageError, match="was changed by someone else meanwhile; import again"):
            save(file, b"new", before)
        assert file.read_bytes() == b"old, and theirs"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_gone_meanwhile_is_not_brought_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="was changed"):
        save(tmp_path / "targets.yaml", b"new", b"old")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("held", [None, b"elsewhere"])
def test_a_link_is_replaced_and_what_it_leads_to_stays(held: bytes | None, tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "exp-c1-server.pem"
    if held is not None:
        elsewhere.write_bytes(held)
    link.symlink_to(elsewhere)
    save(link, b"new", held or b"")
    assert (link.is_symlink(), link.read_bytes()) == (False, b"new")
    assert (elsewhere.read_bytes() if elsewhere.exists() else None) == held


def test_a_temporary_file_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_bytes(b"old")
    theirs = tmp_path / f".targets.yaml.{os.getpid()}.tmp"
    theirs.write_bytes(b"theirs")
    with pytest.raises(UsageError, match=r"\.tmp: is in the way; take it away and try again"):
        save(file, b"new", b"old")
    assert (file.read_bytes(), theirs.read_bytes()) == (b"old", b"theirs")
