"""The file for what a history does not take: it fills up too, and what there was room for can be imported."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from ekuscan.cli import spill
from ekuscan.cli.spill import Begun, Spill
from ekuscan.history.admit import admit
from ekuscan.history.contents import inventory_text, kept_observation
from ekuscan.history.place import parse_place
from ekuscan.history.reader import Reader
from ekuscan.history.store import Store, open_store
from tests.histories import SUMMARY, a_run, estate, seen

ESTATE = estate(40)
RUN = a_run(0, ESTATE)
BEGUN = Begun(RUN, ((RUN.inventory, inventory_text(ESTATE)),))
THINGS = [kept_observation(seen(one, one.id.encode(), RUN.info.started)) for one in ESTATE.endpoints]


@pytest.fixture
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Beside the history, the state directory, the temporary one."""
    found = [tmp_path / name for name in ("beside", "state", "temporary")]
    for one in found:
        one.mkdir()
    monkeypatch.setattr(spill, "_directories", lambda _: list(found))
    return found


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many bytes there are left for files, by the name of the directory."""
    left: dict[str, int] = {}

    def whole(file: BinaryIO, data: bytes) -> None:
        name = Path(f"/proc/self/fd/{file.fileno()}").readlink().parent.name
        part = data[: left.get(name, len(data))]
        file.write(part)
        if name in left:
            left[name] -= len(part)
        if len(part) < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spill, "_whole", whole)
    return left


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(parse_place(str(tmp_path / "history.sqlite"), secret=False), create=True)
    yield opened
    opened.close()


def spilled(store: Store) -> Spill:
    """A run that is put into files, five things at a time."""
    found = Spill(store.place, BEGUN, THINGS[:5])
    for start in range(5, len(THINGS), 5):
        found.add(THINGS[start : start + 5])
    found.end(RUN, RUN.info, SUMMARY)
    return found


def imported(store: Store, found: Spill) -> int:
    for path in found.paths:
        with path.open("rb") as lines:
            admit(store, lines)
    return sum(1 for _ in Reader(store).observations(Reader(store).run(RUN.id)))


@pytest.mark.parametrize("first", [0, 10, 18_000, 40_000, 50_000, 62_500])
def test_where_a_directory_is_full_the_rest_goes_into_the_next_and_all_of_it_is_imported(
    store: Store, directories: list[Path], room: dict[str, int], first: int
) -> None:
    room["beside"], room["state"] = first, 0
    found = spilled(store)
    assert not found.lost
    assert sorted(found.paths) == sorted(path for one in directories for path in one.iterdir())
    assert {path.parent for path in found.paths} <= {directories[0], directories[2]}
    assert imported(store, found) == len(THINGS)
    assert Reader(store).run(RUN.id).summary == SUMMARY


def test_the_directories_of_these_tests_are_filled_before_the_run_ends(
    store: Store, directories: list[Path], room: dict[str, int]
) -> None:
    room["beside"] = 40_000
    assert [path.parent for path in spilled(store).paths] == directories[:2]


def test_where_all_are_full_what_there_was_room_for_is_kept_in_whole_lines_and_the_loss_is_known(
    store: Store, directories: list[Path], room: dict[str, int]
) -> None:
    room.update(beside=40_000, state=0, temporary=100)
    found = spilled(store)
    assert (found.lost, [path.parent for path in found.paths]) == (True, directories[:1])
    assert 0 < imported(store, found) < len(THINGS)
    assert Reader(store).run(RUN.id).summary is None


def test_where_there_is_no_room_at_all_no_file_is_left(
    store: Store, directories: list[Path], room: dict[str, int]
) -> None:
    room.update(beside=0, state=50, temporary=0)
    found = spilled(store)
    assert (found.lost, found.paths) == (True, [])
    assert [path for one in directories for path in one.iterdir()] == []
