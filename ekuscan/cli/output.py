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
from ekuscan.cli.refusal import UsageError
from ekuscan.foresight import Foresight
from ekuscan.model import Record, Run
from ekuscan.record import record
from ekuscan.report import json_document, jsonl, records
from ekuscan.rules.tables import Tables

FORMATS = ("table", "json", "jsonl")
_SUFFIXES = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "table"}
_COLORS = ("auto", "always", "never")
_WIDTH, _NARROWEST = 80, 60


@record
class Look:
    """How a table looks: whether with the fine parts, and whether in colour (auto, always, never)."""

    verbose: bool
    color: str


class Outputs:
    """All places to which one result goes. Lines of JSON are written while the run lasts, the others at its end."""

    def __init__(self, format_: str, files: Sequence[Path], look: Look, *, streams: bool = True) -> None:
        """Opens the files. Without ``streams`` there is no form in lines: the result is a whole.

        Raises `UsageError` for an unknown format or a file that cannot be written.
        """
        known = FORMATS if streams else tuple(one for one in FORMATS if one != "jsonl")
        if format_ not in known:
            raise UsageError(f"--format: found {format_!r}; write one of {', '.join(known)}")
        wrong = next((path for path in files if _format_of(path) not in known), None)
        if wrong is not None:
            raise UsageError(f"-o {wrong}: there is no result in lines; write .txt or .json")
        if look.color not in _COLORS:
            raise UsageError(f"--color: found {look.color!r}; write one of {', '.join(_COLORS)}")
        self._look = look
        self._stack = ExitStack()
        self._files = [(path, self._open(path)) for path in files]
        self._sinks: list[tuple[str, TextIO]] = [(format_, sys.stdout)]
        self._sinks += [(_format_of(path), sink) for path, sink in self._files]

    def _open(self, path: Path) -> TextIO:
        try:
            return self._stack.enter_context(lasting_file(path))
        except OSError as error:
            raise UsageError(f"-o {path}: cannot be written: {error.strerror or error}") from None

    @property
    def streams(self) -> bool:
        return any(format_ == "jsonl" for format_, _ in self._sinks)

    @property
    def only_streams(self) -> bool:
        """Whether nobody wants the whole result at the end."""
        return all(format_ == "jsonl" for format_, _ in self._sinks)

    def close(self) -> None:
        """Close the files. Raises `UsageError` for those that could not be written to their end."""
        lost = [f"-o {path}: cannot be written: {why}" for path, sink in self._files if (why := loss(sink))]
        self._stack.close()
        if lost:
            raise UsageError("\n".join(lost))

    def stream(self, found: Iterable[Record]) -> None:
        """Write records to every JSON-lines sink, and flush, so that an interrupted file ends with a whole line."""
        sinks = [sink for format_, sink in self._sinks if format_ == "jsonl"]
        if not sinks:
            return
        lines = b"".join(map(jsonl.line, found))
        for sink in sinks:
            _write_bytes(sink, lines)

    def finish(self, run: Run, tables: Tables, now: datetime) -> None:
        """Write the whole result to the other sinks and close the files."""
        for format_, sink in self._sinks:
            if format_ == "jsonl":
                continue
            pieces = self._table(run, tables, now, sink) if format_ == "table" else _document(run)
            for piece in pieces:
                sink.write(piece)
            sink.flush()

    def foretell(self, found: Foresight, tables: Tables, now: datetime) -> None:
        """Write what a change would do to every sink."""
        from ekuscan.report import preflight_document, preflight_page

        for format_, sink in self._sinks:
            pieces = (
                preflight_document.render(found)
                if format_ == "json"
                else preflight_page.render(found, **self._manners(sink, tables, now), verbose=self._look.verbose)
            )
            for piece in pieces:
                sink.write(piece)
            sink.flush()

    def _manners(self, sink: TextIO, tables: Tables, now: datetime) -> dict[str, Any]:
        """How a text report is written to a sink."""
        return {
            "width": _width(sink),
            "color": _colored(self._look.color, sink),
            "unicode": (sink.encoding or "").lower().replace("-", "") == "utf8",
            "titles": {name: row.title for name, row in tables.use_cases.items()},
            "now": now,
        }

    def _table(self, run: Run, tables: Tables, now: datetime, sink: TextIO) -> Iterator[str]:
        from ekuscan.report import table

        return table.render(run, verbose=self._look.verbose, **self._manners(sink, tables, now))


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


def _format_of(path: Path) -> str:
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UsageError(f"-o {path}: the format follows from the suffix; write one of {', '.join(_SUFFIXES)}")
    return found


def _document(run: Run) -> Iterator[str]:
    return json_document.render(records.records(run), run.problems, run.plan, run.remedy_work)


def _width(sink: TextIO) -> int:
    """COLUMNS, else the terminal's width, else 80; files always get 80."""
    if sink is not sys.stdout:
        return _WIDTH
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return max(int(told), _NARROWEST)
    columns = shutil.get_terminal_size((_WIDTH, 24)).columns if sink.isatty() else _WIDTH
    return max(min(columns, 120), _NARROWEST)


def _colored(color: str, sink: TextIO) -> bool:
    """Never into a file or where NO_COLOR asks for none; FORCE_COLOR and --color always ask for it."""
    if sink is not sys.stdout or color == "never":
        return False
    if color == "always":
        return True
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sink.isatty() or bool(os.environ.get("FORCE_COLOR"))
