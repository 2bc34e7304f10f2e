"""Where the rest of a run goes when its history fails on the way: a file that ``ekuscan history import`` takes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ekuscan.cli.history_place import state_directory
from ekuscan.history.contents import Kept
from ekuscan.history.place import Place
from ekuscan.history.portable import certificate_line, head_line, run_line, text_line, thing_line
from ekuscan.history.runs import StoredRun
from ekuscan.model import RunInfo, Summary
from ekuscan.record import record


@record
class Begun:
    """A run, and the texts that it names by SHA-256."""

    run: StoredRun
    texts: tuple[tuple[str, bytes], ...]


class Spill:
    """Writes into the first directory that takes it: beside the history, the user's state, the temporary one. Where one
    is full on the way, the rest goes into the next, as a file of its own that begins with the run."""

    def __init__(self, place: Place, begun: Begun, things: Sequence[Kept]) -> None:
        """``things`` are what the history did not take. ``paths`` are the files, each of them whole; ``lost``: no
        directory took the rest."""
        self.paths: list[Path] = []
        self.lost = False
        self._file: BinaryIO | None = None
        self._size = 0
        self._run = begun.run.id
        self._told: set[str] = set()
        self._head = [head_line(), run_line(begun.run), *(text_line(name, data) for name, data in begun.texts)]
        self._left = _directories(place)
        self._go_on()
        self.add(things)

    def add(self, things: Iterable[Kept]) -> None:
        for one in things:
            while self._file is not None and not self._written(self._lines(one)):
                self._go_on()

    def _go_on(self) -> None:
        """Begin a file in the next directory that takes one."""
        while self._file is None:
            if not self._left:
                self.lost = True
                return
            if self._opened(self._left.pop(0)):
                self._written(self._head)

    def end(self, run: StoredRun, info: RunInfo, summary: Summary) -> None:
        """How the run ended, which is the last that is written."""
        self._head = [*self._head, run_line(replace(run, info=info, summary=summary))]
        if self._file is not None and not self._written(self._head[-1:]):
            self._go_on()
        self._close()

    def _opened(self, directory: Path) -> bool:
        try:
            number, name = tempfile.mkstemp(".history.jsonl", f"ekuscan-{self._run[:8]}-", directory)
        except OSError:
            return False
        self._file, self._size, self._told = os.fdopen(number, "wb", buffering=0), 0, set()
        self.paths.append(Path(name))
        return True

    def _written(self, lines: Sequence[bytes]) -> bool:
        """All of the lines, or none of them and the file is closed: one that is cut off could not be imported."""
        assert self._file is not None
        try:
            _whole(self._file, b"".join(lines))
            self._size += sum(map(len, lines))
        except OSError:
            self._cut_back()
            return False
        return True

    def _cut_back(self) -> None:
        assert self._file is not None
        with suppress(OSError):
            self._file.truncate(self._size)
        self._close()
        if self._size == 0:
            with suppress(OSError):
                self.paths.pop().unlink()

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def _lines(self, one: Kept) -> list[bytes]:
        found = []
        for name, der in one.certificates:
            if name not in self._told:
                self._told.add(name)
                found.append(certificate_line(name, der))
        return [*found, thing_line(self._run, self._run, one)]


def _whole(file: BinaryIO, data: bytes) -> None:
    """All of it: a file without a buffer may take a part."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _directories(place: Place) -> list[Path]:
    beside = [place.path.parent] if place.path is not None else []
    return [*beside, state_directory(), Path(tempfile.gettempdir())]
