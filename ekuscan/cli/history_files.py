"""``ekuscan history export`` and ``import``: runs in files."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ekuscan.cli.history import opened
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.whole_file import replace_file
from ekuscan.history.admit import admit
from ekuscan.history.errors import HistoryError
from ekuscan.history.export import export as exported
from ekuscan.history.portable import LONGEST
from ekuscan.history.reader import Reader
from ekuscan.history.selectors import find_run
from ekuscan.names import printable
from ekuscan.report.text import counted

_GZIP = b"\x1f\x8b"
# zlib's largest window, with the head and the end of gzip around the data.
_IN_GZIP = 16 + zlib.MAX_WBITS


def export(words: str | None, output: Path | None, option: str | None) -> int:
    """Write all runs, or one."""
    try:
        with opened(option) as store:
            run = find_run(Reader(store), words) if words is not None else None
            lines = exported(store, run)
            if output is None:
                for line in lines:
                    sys.stdout.buffer.write(line)
                sys.stdout.flush()
            else:
                _write(output, lines)
    except (HistoryError, UsageError) as error:
        return refuse(error)
    return 0


def _write(path: Path, lines: Iterator[bytes]) -> None:
    """A whole file or none, which its owner alone may read: it names the machines of a site."""
    try:
        replace_file(path, _packed(lines) if path.suffix.lower() == ".gz" else lines, private=True)
    except OSError as error:
        raise UsageError(f"-o {path}: cannot be written: {error.strerror or error}") from None


def _packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=_IN_GZIP)
    for line in lines:
        yield packer.compress(line)
    yield packer.flush()


def import_(file: Path, option: str | None) -> int:
    """Take in a file, and say what was new in it."""
    shown = printable(str(file), 300)
    try:
        with opened(option, create=True) as store, _opened(file) as content:
            found = admit(store, _lines(content))
    except HistoryError as error:
        return refuse(UsageError(f"{shown}: {error}"))
    except (OSError, EOFError, zlib.error) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        return refuse(UsageError(f"{shown}: cannot be read: {printable(str(why), 200)}"))
    print(f"{counted(found.new, 'run')} new, {found.longer} added to, {found.known} known already")
    return 0


def _opened(file: Path) -> IO[bytes]:
    content: IO[bytes] = file.open("rb")
    if content.read(2) == _GZIP:
        content.close()
        return gzip.open(file, "rb")  # type: ignore[return-value]
    content.seek(0)
    return content


def _lines(content: IO[bytes]) -> Iterator[bytes]:
    while line := content.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise HistoryError("a line is longer than any of a history")
        yield line
