"""Peers of other makers that are hit by the same change, by name: read strictly, `TableError` names file and row."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from ekuscan.model import Confidence
from ekuscan.record import record
from ekuscan.sources import sources
from ekuscan.table_rows import build, known, only_keys, read_table, rows_of, unique

FILE = "far_ends.toml"


@record
class FarEnd:
    """A named peer: what is ``known`` of it, how to ``write`` it in a targets file, and the ``advice``."""

    id: str
    title: str
    known: str
    write: str
    advice: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    also: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def packaged() -> tuple[FarEnd, ...]:
    """The table that comes with the package."""
    return load(Path(__file__).resolve().parent / FILE)


def load(path: Path) -> tuple[FarEnd, ...]:
    """The far ends of a file. Raises `TableError`."""
    table = read_table(path)
    only_keys(path.name, table, ["far_end"])
    rows = tuple(build(FarEnd, path.name, row) for row in rows_of(path.name, table, "far_end"))
    unique(path.name, (name.lower() for row in rows for name in (row.id, *row.also)))
    for row in rows:
        known(f"{path.name}: {row.id}: source", row.source, sources())
    return rows


def far_end(name: str) -> FarEnd | None:
    """The far end of this name or another spelling of it, in any letter case; None where there is none."""
    wanted = " ".join(name.lower().replace("-", " ").split())
    spelled = ((row, one) for row in packaged() for one in (row.id, row.title, *row.also))
    return next((row for row, one in spelled if one.lower().replace("-", " ") == wanted), None)
