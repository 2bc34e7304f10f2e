"""Questions of the documents, alerts, dates and terms, in paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.answers import load as answers
from ekuscan.answers.load import AlertRow, Answer, Term
from ekuscan.explain.paragraph import Paragraph, sources
from ekuscan.explain.wording import same
from ekuscan.policy import load as policy
from ekuscan.policy.days import spoken
from ekuscan.policy.load import DateRow
from ekuscan.rules.tables import Tables

# Questions about the siblings of the Cisco document are answered from their own notices.
_ANSWERED_BY = {"U": "notice"}


def questions(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The question of this number, with its answer."""
    row = answers.answer(word.upper())
    if row is not None:
        yield from _answer(row, tables)


def _answer(row: Answer, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{row.id}: {row.question}")
    yield Paragraph(_ANSWERED_BY.get(row.id[0], "document"), row.answer)
    yield Paragraph("now", row.now)
    yield Paragraph("ekuscan", row.consequence)
    if row.rules:
        yield Paragraph("rules", ", ".join(row.rules))
    for name in row.remedies:
        yield Paragraph("remedy", f"{tables.remedies[name].title} ({name})")
    for name in row.dates:
        moved = policy.packaged().dates[name]
        yield Paragraph("date", f"{spoken(moved.day, moved.precision)} ({name}): {moved.text}")
    if row.see:
        yield Paragraph("see", ", ".join(row.see))
    yield from sources(tables, row.source, row.confidence, row.checked.isoformat())


def alerts(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The TLS alert of this number or name."""
    row = answers.alert(int(word) if word.isdecimal() and len(word) < 4 else word)
    if row is not None:
        yield from _alert(row, tables)


def _alert(row: AlertRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Alert {row.number} {row.name}")
    yield Paragraph("means", row.meaning)
    yield Paragraph("proves", row.proves)
    yield Paragraph("does not", row.not_proves)
    for sighting in row.seen:
        note = f" ({sighting.note})" if sighting.note else ""
        yield Paragraph("seen", f"{sighting.server}: {sighting.situation}{note}")
    yield from sources(tables, row.source, row.confidence, row.checked.isoformat())


def dates(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The dates of this id, or on this day."""
    for row in policy.packaged().dates.values():
        if same(word, row.id) or word == row.day.isoformat():
            yield from _date(row, tables)


def _date(row: DateRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{spoken(row.day, row.precision)} ({row.id})")
    yield Paragraph("", row.text)
    if row.superseded_by:
        later = policy.packaged().dates[row.superseded_by]
        yield Paragraph("moved", f"to {spoken(later.day, later.precision)} ({later.id}). {row.change or ''}")
    for older in policy.packaged().dates.values():
        if older.superseded_by == row.id:
            yield Paragraph("replaces", f"{spoken(older.day, older.precision)} ({older.id}). {older.change or ''}")
    if row.conflict:
        yield Paragraph("conflict", row.conflict)
    if row.document:
        yield Paragraph("document", ", ".join(row.document))
    yield from sources(tables, row.source, row.confidence, row.checked.isoformat())


def terms(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The term of this name."""
    term = answers.term(word)
    if term is not None:
        yield from _term(term, tables)


def _term(row: Term, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{row.id}: {row.meaning}")
    if row.see:
        yield Paragraph("see", ", ".join(row.see))
    yield from sources(tables, row.source)
