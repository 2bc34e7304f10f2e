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
    """What is called weak: a version or a signature's OID by its ``value``, a cipher by a part of its name.

    ``refused`` says who does not take a certificate with it, "" where that is not known.
    """

    id: str
    of: Literal["version", "cipher", "signature", "key"]
    values: tuple[str, ...]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    refused: str = ""


@record
class WeakTable:
    """``short_key`` is the row on RSA keys; those with fewer than ``rsa_bits`` are weak."""

    rows: tuple[WeakRow, ...]
    short_key: WeakRow
    rsa_bits: int


@lru_cache(maxsize=1)
def packaged() -> WeakTable:
    """The table that comes with the package."""
    return load(FILE)


def load(path: Path) -> WeakTable:
    """A table from a file of the same form. Raises `TableError`."""
    file, table = path.name, read_table(path)
    only_keys(file, table, ["weak"])
    rows = tuple(build(WeakRow, file, row) for row in rows_of(file, table, "weak"))
    unique(file, (row.id for row in rows))
    for row in rows:
        cited(f"{file}: {row.id}", row.source)
    keys = [row for row in rows if row.of == "key"]
    bits = [int(value) for row in keys for value in row.values if value.isdecimal()]
    if len(keys) != 1 or len(bits) != 1:
        raise TableError(f"{file}: write one row of keys, with one value: the fewest bits of an RSA key")
    return WeakTable(rows, keys[0], bits[0])
