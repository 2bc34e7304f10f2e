"""Peers of other makers, and TLS stacks, in paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.answers import far_ends as peers
from ekuscan.answers.far_ends import FarEnd
from ekuscan.explain.paragraph import Paragraph, sources
from ekuscan.rules.tables import Tables

_STACK_ANSWERS = {
    "checked": "refuse a client certificate without clientAuth",
    "ignored": "take a client certificate without clientAuth",
}


def far_ends(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The peer of this name, all of them under "far-ends", or the TLS stack of this name."""
    row = peers.far_end(word)
    if row is not None:
        yield from _far_end(row, tables)
    if word.lower() == "far-ends":
        yield Paragraph("", "Peers of other makers, by name. What each does with a certificate without clientAuth:")
        for one in peers.packaged():
            yield Paragraph(one.id, f"{one.title}. {one.known}")
    habit = next((habit for name, habit in tables.stacks.items() if name == word.lower()), None)
    if habit is not None:
        yield Paragraph("", f"TLS stack {habit.stack}: servers on it {_STACK_ANSWERS[habit.client_eku]} by default")
        if habit.note:
            yield Paragraph("note", habit.note)
        yield from sources(tables, habit.source, habit.confidence, habit.checked)


def _far_end(row: FarEnd, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Far end {row.id}: {row.title}")
    yield Paragraph("known", row.known)
    yield Paragraph("write", row.write)
    yield Paragraph("do", row.advice)
    yield from sources(tables, row.source, row.confidence, row.checked.isoformat())
