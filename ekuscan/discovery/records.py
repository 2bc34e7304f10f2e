"""The SRV records that are asked for, by the rows of ``records.toml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from ekuscan.model import Confidence, RoleName
from ekuscan.record import record
from ekuscan.sources import cited
from ekuscan.table_rows import TableError, build, only_keys, read_table, rows_of

_FILE = Path(__file__).with_name("records.toml")


@record
class Apart:
    """A port that belongs to another record, and why it must not stand in this one."""

    port: int
    why: str


@record
class RecordRow:
    """A record by its SRV service and protocol. What each field means stands at the top of the table."""

    name: str
    port: tuple[int, ...]
    public: Literal["must", "may", "never"]
    meaning: str
    source: tuple[str, ...]
    confidence: Confidence
    internal: Literal["must", "may"] = "may"
    below: tuple[str, ...] = ()
    points_to: RoleName | None = None
    settles: bool = False
    tls: bool = True
    if_public: str = ""
    if_missing: str = ""
    apart: Apart | None = None
    note: str | None = None

    def owners(self, domain: str) -> tuple[str, ...]:
        """The names under which the record is looked for in a domain."""
        return tuple(f"{self.name}.{sub}.{domain}" for sub in self.below) or (f"{self.name}.{domain}",)


@record
class RecordTable:
    """The rows, and the day on which they were checked."""

    checked: str
    records: tuple[RecordRow, ...]


@cache
def record_table() -> RecordTable:
    """The table, parsed once. Raises `TableError`."""
    table = read_table(_FILE)
    only_keys(_FILE.name, table, ["checked", "record"])
    records = tuple(build(RecordRow, _FILE.name, row, row.get("name")) for row in rows_of(_FILE.name, table, "record"))
    for row in records:
        _check(row)
    return RecordTable(table["checked"], records)


def _check(row: RecordRow) -> None:
    where = f"{_FILE.name}: {row.name}"
    cited(where, row.source)
    if (row.public == "never") != bool(row.if_public):
        raise TableError(f"{where}: if_public stands where public = never, and only there")
    if ("must" in (row.public, row.internal)) != bool(row.if_missing):
        raise TableError(f"{where}: if_missing stands where the record must be there, and only there")
    if row.settles and row.points_to is None:
        raise TableError(f"{where}: settles which role?")
