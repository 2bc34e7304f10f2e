"""Outputs that nobody reads any more (``| head``) or that take no more (a full disk), and a command that goes on.

Otherwise the first write after it would end a scan half way, and with it the other outputs; typer would make exit code
1 of it, which says that something breaks. What a reader that went away would have read is dropped without a word. What
could not be written is dropped too, and `loss` says why.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any, TextIO


class _Lasting(io.FileIO):
    """A file descriptor that takes what nobody reads any more, and what cannot be written; ``lost`` is why."""

    lost: str | None = None

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.lost = error.strerror or str(error)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """Make standard output and standard error outlive those who read them."""
    sys.stdout = _lasting(sys.stdout)
    sys.stderr = _lasting(sys.stderr)


def lasting_file(path: Path) -> TextIO:
    """A file of text to be written, which lasts in the same way. Raises `OSError` if it cannot be opened."""
    return io.TextIOWrapper(io.BufferedWriter(_Lasting(path, "w")), encoding="utf-8", newline="\n")


def loss(stream: TextIO | None) -> str | None:
    """Why something written to a stream was lost, None where all of it is out or its reader went away."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    try:
        if stream is not None:
            stream.flush()
    except OSError as error:
        return error.strerror or str(error)
    return raw.lost if isinstance(raw, _Lasting) else None


def _lasting(stream: TextIO) -> TextIO:
    """The same stream over a descriptor that lasts; a stream without a descriptor (a test's, a console's) as it is."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not (isinstance(stream, io.TextIOWrapper) and isinstance(raw, io.FileIO)):
        return stream
    lasting = _Lasting(raw.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        # With PYTHONUNBUFFERED there is nothing between the text and the descriptor.
        lasting if buffer is raw else io.BufferedWriter(lasting),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
