"""The sources that every table names by code. Their one file stands beside the rules: ``rules/sources.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from ekuscan.model import Source
from ekuscan.policy.rows import TableError, build, only_keys, read_table

FILE = Path(__file__).resolve().parent.parent / "rules" / "sources.toml"


@dataclass(frozen=True, slots=True)
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
    table = read_table(path)
    only_keys(path.name, table, ["source"])
    rows = table.get("source")
    if not isinstance(rows, Mapping):
        raise TableError(f"{path.name}: [source.CODE] is missing")
    return {code: build(SourceRow, path.name, row, code) for code, row in rows.items()}


def source(code: str) -> Source:
    """The published form of a source. Raises KeyError for a code that is in no table."""
    row = sources()[code]
    return Source(code, row.title, row.url, row.read.isoformat())
