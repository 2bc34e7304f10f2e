"""The rows of ``weak.toml``: what the notice ``weak-tls`` calls weak. Read as strictly as every table."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ekuscan.model import Confidence
from ekuscan.record import record
from ekuscan.sources import cited
from ekuscan.table_rows import TableError, build, only_keys, read_table, rows_of, unique

FILE = Path(__file__).with_name("weak.toml")


@record
class WeakRow:
    """What is called weak: a version or a signature's OID by its ``value``, a cipher by a part of its name."""

    id: str
    of: Literal["version", "cipher", "signature"]
    values: tuple[str, ...]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date


@record
class WeakTable:
    """``rsa_bits``: shorter keys are weak."""

    rows: tuple[WeakRow, ...]
    rsa_bits: int


@lru_cache(maxsize=1)
def packaged() -> WeakTable:
    """The table that comes with the package."""
    return load(FILE)


def load(path: Path) -> WeakTable:
    """A table from a file of the same form. Raises `TableError`."""
    file, table = path.name, read_table(path)
    only_keys(file, table, ["weak", "rsa_bits"])
    rows = tuple(build(WeakRow, file, row) for row in rows_of(file, table, "weak"))
    unique(file, (row.id for row in rows))
    for row in rows:
        cited(f"{file}: {row.id}", row.source)
    bits = table.get("rsa_bits")
    if not isinstance(bits, int) or isinstance(bits, bool):
        raise TableError(f"{file}: rsa_bits: found {bits!r}; write a number of bits")
    return WeakTable(rows, bits)
