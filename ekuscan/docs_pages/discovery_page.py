"""The generated part of the page about discovery."""

from __future__ import annotations

from collections.abc import Iterable

from ekuscan.discovery.records import RecordRow, record_table
from ekuscan.docs_pages.links import SOURCES, anchor, escaped
from ekuscan.docs_pages.sections import code, table

_PUBLIC = {"must": "must be", "may": "may be", "never": "must not be"}


def records() -> str:
    """The table of SRV records."""
    rows = (
        (
            ", ".join(code(f"{row.name}.{below}") for below in row.below) or code(row.name),
            escaped(row.meaning),
            _at(row),
            ", ".join(map(str, row.port)),
            _PUBLIC[row.public],
            f"{_cited(row.source)}; {row.confidence}",
        )
        for row in record_table().records
    )
    return table(("Record", "For", "Leads to", "Usual port", "Public", "Source"), rows)


def _at(row: RecordRow) -> str:
    """A role that the record settles stands there plainly."""
    if not row.tls:
        return "not taken: no TLS, no SIP"
    if row.points_to is None:
        return ""
    return code(row.points_to) if row.settles else f"{code(row.points_to)}, as a rule"


def _cited(codes: Iterable[str]) -> str:
    return ", ".join(f"[{name}]({SOURCES}#{anchor(name)})" for name in codes)
