"""Where results go: standard output in one format, files in the format of their suffix."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from ekuscan.cli.departure import lasting_file, loss
from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.cli.whole_file import check_writable, is_special, replace_file
from ekuscan.foresight import Foresight
from ekuscan.model import Record, Run
from ekuscan.record import record
from ekuscan.report import jsonl
from ekuscan.report.formats import FORMATS, Format, by_suffix
from ekuscan.report.records import in_order
from ekuscan.report.rendering import Manner, Rendering
from ekuscan.rules.tables import Tables

_ALL = tuple(FORMATS)
_COLORS = ("auto", "always", "never")
_WIDTH, _NARROWEST = 80, 60
_NAGIOS = "nagios"


@record
class Look:
    """How a result looks: whether with the fine parts, whether in colour (auto, always, never), whether without names.

    ``redact`` is for the bundle alone.
    """

    verbose: bool
    color: str
    redact: bool = False


@record
class _File:
    """A file to write: open where it is written while the run lasts, or cannot be replaced; else None."""

    path: Path
    format: Format
    sink: TextIO | None


class Outputs:
    """All places to which one result goes. Lines of JSON are written while the run lasts, the others at its end."""

    def __init__(
        self,
        format_: str | None,
        files: Sequence[Path],
        look: Look,
        *,
        formats: Sequence[str] = _ALL,
        live: bool = True,
        otherwise: str | None = None,
    ) -> None:
        """Makes sure that the files can be written. ``formats`` are those that this result has.

        ``format_`` is that of standard output, None for nothing there; ``otherwise`` that of files whose ending says
        none. Unless ``live`` nothing is written before the end.

        Raises `UsageError` for an unknown format or a file that cannot be written.
        """
        option = "--format" if live else "--to"
        for named in (format_, otherwise):
            if named is not None and named not in formats:
                raise UsageError(f"{option}: found {named!r}; write one of {', '.join(formats)}")
        if look.color not in _COLORS:
            raise UsageError(f"--color: found {look.color!r}; write one of {', '.join(_COLORS)}")
        if format_ is not None and FORMATS[format_].binary and sys.stdout.isatty():
            usual = FORMATS[format_].suffixes[0]
            raise UsageError(f"{option} {format_}: is no text for a terminal; write it to a file: -o NAME{usual}")
        self._look = look
        self._live = live
        self._stdout = FORMATS[format_] if format_ is not None else None
        self._stack = ExitStack()
        self._lost: list[str] = []
        self._state: int | None = None
        meant = [meaning(path, formats, otherwise) for path in files]
        _refuse_twice([path for path, _ in meant])
        self._files = [_File(path, one, self._opened(path, one)) for path, one in meant]
        self._live_sinks = [sys.stdout] if self._streams(self._stdout) else []
        self._live_sinks += [one.sink for one in self._files if one.sink is not None and self._streams(one.format)]

    def _streams(self, format_: Format | None) -> bool:
        return self._live and format_ is not None and format_.streams

    def _opened(self, path: Path, format_: Format) -> TextIO | None:
        try:
            if self._streams(format_) or is_special(path):
                return self._stack.enter_context(lasting_file(path))
            check_writable(path)
        except OSError as error:
            raise UsageError(f"-o {path}: cannot be written: {error.strerror or error}") from None
        return None

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of the formats that are written, standard output's first."""
        stdout = (self._stdout.name,) if self._stdout is not None else ()
        return (*stdout, *(one.format.name for one in self._files))

    @property
    def streams(self) -> bool:
        return bool(self._live_sinks)

    @property
    def only_streams(self) -> bool:
        """Whether nobody wants the whole result at the end."""
        return self._streams(self._stdout) and all(one.format.streams for one in self._files)

    def close(self) -> None:
        """Close the files. Raises `UsageError` for those that could not be written to their end."""
        for one in self._files:
            why = loss(one.sink) if one.sink is not None else None
            if why is not None:
                self._lost.append(f"-o {one.path}: cannot be written: {why}")
        self._stack.close()
        if self._lost:
            raise UsageError("\n".join(self._lost))

    def exit_code(self, usual: int) -> int:
        """The exit code of a result that is written: monitoring's own where standard output is for monitoring."""
        return usual if self._state is None else self._state

    def stream(self, found: Iterable[Record]) -> None:
        """Write records to every JSON-lines sink, and flush, so that an interrupted file ends with a whole line."""
        if not self._live_sinks:
            return
        lines = b"".join(map(jsonl.line, found))
        for sink in self._live_sinks:
            _write_bytes(sink, lines)

    def finish(self, run: Run, tables: Tables, now: datetime) -> None:
        """Write the whole result to the other places, in the order in which it is saved."""
        run = in_order(run)

        def pieces(format_: Format, sink: TextIO | None) -> Iterator[str | bytes]:
            return iter(format_.render(Rendering(run, tables, now, self._manner(sink), self._look.redact)))

        if self._stdout is not None and not self._streams(self._stdout):
            _write(sys.stdout, pieces(self._stdout, sys.stdout), plain=self._stdout.plain)
        for one in self._files:
            if one.sink is None:
                self._replace(one.path, map(_encoded, pieces(one.format, None)))
            elif one.sink not in self._live_sinks:
                _write(one.sink, pieces(one.format, one.sink), plain=one.format.plain)
        if _NAGIOS in self.formats[:1]:
            from ekuscan.report import nagios

            self._state = nagios.state(run)

    def _replace(self, path: Path, pieces: Iterable[bytes]) -> None:
        try:
            replace_file(path, pieces)
        except OSError as error:
            self._lost.append(f"-o {path}: cannot be written: {error.strerror or error}")

    def foretell(self, found: Foresight, tables: Tables, now: datetime) -> None:
        """Write what a change would do to every place."""
        from ekuscan.report import preflight_document, preflight_page

        def pieces(format_: Format, sink: TextIO | None) -> Iterator[str]:
            if format_.name == "json":
                return preflight_document.render(found)
            return preflight_page.render(found, **self._manners(sink, tables, now), verbose=self._look.verbose)

        if self._stdout is not None:
            _write(sys.stdout, pieces(self._stdout, sys.stdout), plain=True)
        for one in self._files:
            if one.sink is None:
                self._replace(one.path, map(_encoded, pieces(one.format, None)))
            else:
                _write(one.sink, pieces(one.format, one.sink), plain=True)

    def _manner(self, sink: TextIO | None) -> Manner:
        """How a text report is written to a sink, None for a file that is written whole."""
        unicode = sink is None or (sink.encoding or "").lower().replace("-", "") == "utf8"
        return Manner(_width(sink), _colored(self._look.color, sink), unicode, self._look.verbose)

    def _manners(self, sink: TextIO | None, tables: Tables, now: datetime) -> dict[str, Any]:
        manner = self._manner(sink)
        return {
            "width": manner.width,
            "color": manner.color,
            "unicode": manner.unicode,
            "titles": {name: row.title for name, row in tables.use_cases.items()},
            "now": now,
        }


def _refuse_twice(paths: Sequence[Path]) -> None:
    """Raises `UsageError` for a file that would be written twice, by what it really is."""
    seen: set[str] = set()
    for path in paths:
        place = os.path.realpath(path)
        if place in seen and not is_special(path):
            raise UsageError(f"-o {path}: is named twice, and the last would win; write each format to its own file")
        seen.add(place)


def meaning(path: Path, formats: Sequence[str] = _ALL, otherwise: str | None = None) -> tuple[Path, Format]:
    """The file that ``-o`` names, and its format: by the word before a colon, else by its ending, else ``otherwise``.

    Raises `UsageError`.
    """
    word, colon, rest = str(path).partition(":")
    found = FORMATS.get(word) if colon and rest else None
    if found is not None:
        path = Path(rest)
    else:
        found = by_suffix(path.name) or FORMATS.get(otherwise or "")
    if found is None:
        usual = ", ".join(FORMATS[name].suffixes[0] for name in formats if FORMATS[name].suffixes)
        told = f"the format follows from the suffix; write one of {usual}, or FORMAT:FILE"
        raise UsageError(f"-o {path}: {told}{nearest(word, formats) if colon else ''}")
    if found.name not in formats:
        usual = " or ".join(FORMATS[name].suffixes[0] for name in formats)
        raise UsageError(f"-o {path}: this command writes no {found.name}; write {usual}")
    return path, found


def refused(error: Exception, format_: str) -> int:
    """`refuse`, in monitoring's own way where the result was to be for monitoring."""
    code = refuse(error)
    if format_ != _NAGIOS:
        return code
    from ekuscan.report import nagios

    sys.stdout.write(nagios.refusal(str(error).partition("\n")[0]))
    return nagios.UNKNOWN


def _write(sink: TextIO, pieces: Iterable[str | bytes], *, plain: bool) -> None:
    """What is plain text goes out in the sink's own encoding; every other format has one of its own."""
    for piece in pieces:
        if plain and isinstance(piece, str):
            sink.write(piece)
        else:
            _write_bytes(sink, _encoded(piece))
    sink.flush()


def _encoded(piece: str | bytes) -> bytes:
    return piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace")


def _write_bytes(sink: TextIO, data: bytes) -> None:
    """Lines that are UTF-8 already go past the text layer, where there is one to go past."""
    raw = getattr(sink, "buffer", None)
    if raw is None:
        sink.write(data.decode())
        sink.flush()
    else:
        sink.flush()
        raw.write(data)
        raw.flush()


def _width(sink: TextIO | None) -> int:
    """COLUMNS, else the terminal's width, else 80; files always get 80."""
    if sink is None or sink is not sys.stdout:
        return _WIDTH
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return max(int(told), _NARROWEST)
    columns = shutil.get_terminal_size((_WIDTH, 24)).columns if sink.isatty() else _WIDTH
    return max(min(columns, 120), _NARROWEST)


def _colored(color: str, sink: TextIO | None) -> bool:
    """Never into a file or where NO_COLOR asks for none; FORCE_COLOR and --color always ask for it."""
    if sink is None or sink is not sys.stdout or color == "never":
        return False
    if color == "always":
        return True
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sink.isatty() or bool(os.environ.get("FORCE_COLOR"))


def write_stdout(pieces: Iterable[str], *, plain: bool) -> None:
    """Write to standard output: plain text in its own encoding, everything else as UTF-8."""
    _write(sys.stdout, pieces, plain=plain)


def stdout_manners(color: str) -> dict[str, Any]:
    """How text is written to standard output: its width, whether in colour and in Unicode. Raises `UsageError`."""
    if color not in _COLORS:
        raise UsageError(f"--color: found {color!r}; write one of {', '.join(_COLORS)}")
    return {
        "width": _width(sys.stdout),
        "color": _colored(color, sys.stdout),
        "unicode": (sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
    }
