"""Use cases, remedies, settings, notices and needs, in paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ekuscan.explain.pages import use_case_page
from ekuscan.explain.paragraph import Paragraph, sources
from ekuscan.explain.wording import conditions_text, ends_text, needs_text, same, the
from ekuscan.notices import table as notices
from ekuscan.notices.table import KindRow
from ekuscan.profiles.load import ROLES
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import Need, RemedyRow, Setting, Tables, UseCase

BLANK = re.compile(r"\{([^{}]*)\}")


def composites(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The use cases with parts that answer this number of the document."""
    for row in tables.use_cases.values():
        if row.parts and same(word, *row.also):
            yield from _use_case(row, tables)


def use_cases(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The use case of this name."""
    row = tables.use_cases.get(word.lower())
    if row is not None:
        yield from _use_case(row, tables)


def _use_case(row: UseCase, tables: Tables) -> Iterator[Paragraph]:
    ids = f" (also {', '.join(row.also)})" if row.also else ""
    yield Paragraph("", f"Use case {row.name}{ids}: {row.title}")
    if row.from_:
        ways = "either end may dial" if row.both_ways else "dials"
        yield Paragraph("who", f"{the(row.from_)} {ways}: {the(row.to)} at the other end")
    if row.parts:
        parts = ", ".join(f"{tables.use_cases[part].title} ({part})" for part in row.parts)
        yield Paragraph("parts", f"{parts}; the gravest part is the answer, and is named")
    if row.rides_on:
        yield Paragraph("exists", f"wherever there is a connection of {row.rides_on}")
    rules = tables.rules_of(row.name)
    for rule in rules:
        yield Paragraph(rule.id, f"{ends_text(rule)}{f' Needs {needed}.' if (needed := needs_text(rule)) else ''}")
    if row.same_as:
        yield Paragraph("same as", tables.use_cases[row.same_as].title)
    if row.note:
        yield Paragraph("note", row.note)
    yield from sources(tables, row.source)
    if row.name in packaged().use_cases:
        yield Paragraph("page", f"docs/{use_case_page(row.name)}")


def remedies(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The remedy of this name."""
    row = tables.remedies.get(word.lower())
    if row is not None:
        yield from _remedy(row, tables)


def _remedy(row: RemedyRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Remedy {row.id}: {row.title}")
    for step in (*_backups(row, tables), *row.before):
        yield Paragraph("before", step)
    if row.when:
        yield Paragraph("possible", conditions_text(row.when))
    if row.command:
        yield Paragraph("command", row.command)
    yield Paragraph("costs", row.costs + (" It lowers security." if row.weakens else ""))
    if row.unchanged:
        yield Paragraph("unchanged", row.unchanged)
    if row.until:
        yield Paragraph("until", "as long as the CA issues clientAuth on request (see the calendar)")
    rules = [rule.id for rule in tables.rules if row.id in rule.remedies]
    if rules:
        yield Paragraph("for", ", ".join(rules))
    if row.document:
        yield Paragraph("document", ", ".join(row.document))
    yield from sources(tables, row.source)


def _backups(row: RemedyRow, tables: Tables) -> Iterator[str]:
    """How the boxes that a remedy is for are backed up first, with the roles where they do not all do it one way."""
    named = [role for condition in row.when if condition.fact == "presents.role" for role in condition.values]
    by_text: dict[str, list[str]] = {}
    for role in (named or ROLES) if row.replaces_certificate else ():
        by_text.setdefault(tables.backup(role), []).append(role)
    for text, roles in by_text.items():
        yield text if len(by_text) == 1 else f"{', '.join(roles)}: {text}"


def settings(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The setting of this name."""
    row = tables.settings.get(word.lower())
    if row is not None:
        yield from _setting(row, tables)


def _setting(row: Setting, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Setting {row.name}: {row.question}")
    values = ", ".join(row.values) or "any text"
    yield Paragraph("values", values + (f"; default {row.default}" if row.default else ""))
    yield Paragraph("of", f"a {row.of}" + ("" if "*" in row.roles else f": {the(row.roles)}"))
    yield Paragraph("read at", row.read_at)
    if row.releases:
        yield Paragraph("releases", conditions_text(row.releases))
    if row.note:
        yield Paragraph("note", row.note)
    yield from sources(tables, row.source, checked=row.checked)


def noticed(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The kind of notice of this name."""
    row = notices.packaged().kinds.get(word.lower())
    if row is not None:
        yield from _kind(row, tables)


def _kind(row: KindRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Notice {row.id}: {row.title}")
    for case in row.case:
        yield Paragraph("says", BLANK.sub(lambda match: match[1].upper(), case.text))
    yield Paragraph("why", row.why)
    yield Paragraph("do", row.do)
    yield from sources(tables, row.source, row.confidence, row.checked)


def needs(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The need of this name."""
    for need in tables.needs.values():
        if same(word, need.id):
            yield from _need(need, tables)


def _need(need: Need, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Need {need.id}: {need.says}")
    yield Paragraph("lacking", need.lacking)
    if need.note:
        yield Paragraph("note", need.note)
    yield from sources(tables, need.source, need.confidence, need.checked)
