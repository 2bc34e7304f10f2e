"""A reader that goes away (``| head``): what it would have read is dropped, and the command goes on to its own end.

Otherwise the first write after it would end a scan half way, and typer would make exit code 1 of it, which says that
something breaks.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


class _Lasting(io.FileIO):
    """A file descriptor that takes what nobody reads any more."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """Make standard output and standard error outlive those who read them."""
    sys.stdout = _lasting(sys.stdout)
    sys.stderr = _lasting(sys.stderr)


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
