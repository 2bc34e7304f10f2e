"""Files that hold a whole result or what they held before, whatever happens in between."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def is_special(path: Path) -> bool:
    """Whether a path is there and no ordinary file: a device, a pipe, a terminal. Such a one is written to directly."""
    return path.exists() and not path.is_file()


def check_writable(path: Path) -> None:
    """Raise `OSError` where a file could not be replaced: without its folder, or in one that is closed to us."""
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    temporary = _beside(path)
    try:
        with temporary.open("wb"):
            pass
    finally:
        with suppress(OSError):
            temporary.unlink()


def replace_file(path: Path, pieces: Iterable[bytes], *, private: bool = False) -> None:
    """Write a file by way of a temporary one beside it, which takes its place once all of it is on the disk.

    A link stays one: what it points to is replaced. A ``private`` file is for its owner alone, whatever it was.
    Raises `OSError`; the file is then as it was.
    """
    place = Path(os.path.realpath(path))
    temporary = _beside(path)
    try:
        with open(temporary, "wb", opener=_for_the_owner if private else None) as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if place.exists() and not private:
            temporary.chmod(place.stat().st_mode & 0o777)
        temporary.replace(place)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _beside(path: Path) -> Path:
    place = Path(os.path.realpath(path))
    return place.with_name(f".{place.name}.{os.getpid()}.tmp")
