"""The sources that every table names by code. Their one file stands beside the rules: ``rules/sources.toml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from ekuscan.model import Source
from ekuscan.record import record
from ekuscan.table_rows import TableError, build, known, only_keys, read_table

FILE = Path(__file__).with_name("rules") / "sources.toml"


@record
class SourceRow:
    """A document. ``url`` is "" where it has no address, ``read`` the day on which it was last looked at."""

    title: str
    url: str
    read: date
    revision: str | None = None


@lru_cache(maxsize=1)
def sources() -> Mapping[str, SourceRow]:
    """All sources by code. Raises `TableError`."""
    return load(FILE)


def load(path: Path) -> Mapping[str, SourceRow]:
    """Sources from a file of the same form. Raises `TableError`."""
    return source_rows(path.name, read_table(path))


def source_rows(file: str, table: Mapping[str, Any]) -> Mapping[str, SourceRow]:
    """Sources from the contents of such a file. Raises `TableError`."""
    only_keys(file, table, ["source"])
    rows = table.get("source")
    if not isinstance(rows, Mapping):
        raise TableError(f"{file}: [source.CODE] is missing")
    return {code: build(SourceRow, file, row, code) for code, row in rows.items()}


def cited(where: str, codes: Collection[str]) -> None:
    """Raises `TableError` unless a row cites a packaged source, and no other; ``where`` names the row."""
    known(f"{where}: source", codes, sources())
    if not codes:
        raise TableError(f"{where}: source is empty")


def published(code: str, row: SourceRow) -> Source:
    """The published form of a source."""
    return Source(code, row.title, row.url, row.read.isoformat())


def source(code: str) -> Source:
    """The published form of a packaged source. Raises KeyError for a code that is in no table."""
    return published(code, sources()[code])
