"""Paragraphs, in which everything that is known of a word is told, and the sources under it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ekuscan.record import record
from ekuscan.rules.tables import Tables

_CONFIDENCE = {"H": "primary text or own test", "M": "one indirect source or inference", "L": "weak"}


@record
class Paragraph:
    """One paragraph: ``label`` in the margin, "" for none; ``text`` may hold list items, lines that begin with "- "."""

    label: str
    text: str


def sources(
    tables: Tables, codes: Iterable[str], confidence: str = "", checked: str | date = ""
) -> Iterator[Paragraph]:
    """The sources of a statement, and how sure it is."""
    for code in codes:
        row = tables.sources[code]
        yield Paragraph("source", f"{row.code}: {row.title}")
        if row.url:
            yield Paragraph(" ", row.url)
    if confidence:
        yield Paragraph("certain", f"{confidence} ({_CONFIDENCE[confidence]}), checked {checked}")
