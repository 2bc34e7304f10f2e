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
    """Writes into the first directory that takes it: beside the history, the user's state, the temporary one."""

    def __init__(self, place: Place, begun: Begun, things: Sequence[Kept]) -> None:
        """``things`` are what the history did not take. ``path`` is None where no directory takes it."""
        self.path: Path | None = None
        self._file: BinaryIO | None = None
        self._run = begun.run.id
        self._told: set[str] = set()
        first = [head_line(), run_line(begun.run), *(text_line(name, data) for name, data in begun.texts)]
        lines = b"".join([*first, *self._lines(things)])
        for directory in _directories(place):
            if self._opened(directory, lines):
                return

    def add(self, things: Iterable[Kept]) -> None:
        self._write(b"".join(self._lines(things)))

    def end(self, run: StoredRun, info: RunInfo, summary: Summary) -> None:
        """How the run ended, which is the last that is written."""
        self._write(run_line(replace(run, info=info, summary=summary)))
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _opened(self, directory: Path, lines: bytes) -> bool:
        name = None
        try:
            number, name = tempfile.mkstemp(".history.jsonl", f"ekuscan-{self._run[:8]}-", directory)
            file = os.fdopen(number, "wb", buffering=0)
            _whole(file, lines)
        except OSError:
            if name is not None:
                with suppress(OSError):
                    Path(name).unlink()
            return False
        self._file, self.path = file, Path(name)
        return True

    def _write(self, lines: bytes) -> None:
        if self._file is None:
            return
        try:
            _whole(self._file, lines)
        except OSError:
            self._file, self.path = None, None

    def _lines(self, things: Iterable[Kept]) -> list[bytes]:
        found = []
        for one in things:
            for name, der in one.certificates:
                if name not in self._told:
                    self._told.add(name)
                    found.append(certificate_line(name, der))
            found.append(thing_line(self._run, self._run, one))
        return found


def _whole(file: BinaryIO, data: bytes) -> None:
    """All of it: a file without a buffer may take a part."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _directories(place: Place) -> list[Path]:
    beside = [place.path.parent] if place.path is not None else []
    return [*beside, state_directory(), Path(tempfile.gettempdir())]
