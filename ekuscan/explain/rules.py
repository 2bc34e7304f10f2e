"""Rules, and the rows of verifiers and slots, in paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.explain.pages import page_of
from ekuscan.explain.paragraph import Paragraph, sources
from ekuscan.explain.wording import (
    case_text,
    conditions_text,
    ends_text,
    needs_text,
    same,
    sureness,
    the,
    verifier_answer,
    verifier_word,
)
from ekuscan.rules.tables import Rule, SlotAlias, SlotRow, Tables, UpgradeChange, UpgradeLimit, Verifier


def rules(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The rules of this id; a number of the document leads to the rules that answer it."""
    for rule in tables.rules:
        if same(word, rule.id) or (same(word, *rule.also) and not _own_row(word, tables)):
            yield from _rule(rule, tables)


def _own_row(word: str, tables: Tables) -> bool:
    return any(same(word, row.id) for row in tables.rules)


def _rule(rule: Rule, tables: Tables) -> Iterator[Paragraph]:
    use_case = tables.use_cases[rule.use_case]
    ids = f" (also {', '.join(rule.also)})" if rule.also else ""
    alike = [other.title for other in tables.use_cases.values() if other.same_as == use_case.name]
    yield Paragraph("", f"Rule {rule.id}{ids}: {', '.join((use_case.title, *alike))}")
    yield Paragraph("who", ends_text(rule))
    if rule.named_by:
        yield Paragraph("needs", f"{needs_text(rule)}: it stands in the connection's {rule.named_by}")
    elif rule.needs:
        usages = all(need in ("serverAuth", "clientAuth") for need in rule.needs)
        yield Paragraph("needs", needs_text(rule) + (" in the certificate's effective EKU" if usages else ""))
    if rule.applies:
        yield Paragraph("only if", conditions_text(rule.applies))
    for case in rule.cases:
        yield Paragraph("when" if case.when else "always", case_text(case) + sureness(case))
    for answer, text in rule.says.items():
        yield Paragraph(answer, _says(rule, text))
    for name in rule.remedies:
        yield Paragraph("remedy", f"{tables.remedies[name].title} ({name})")
    if rule.note:
        yield Paragraph("note", rule.note)
    asks = [example for example in rule.examples if isinstance(example.expect, str)]
    for example in asks[:4]:
        given = ", ".join(f"{fact} {value}" for fact, value in example.given.items())
        yield Paragraph("example", f"{example.id}: {given}: {example.expect}")
    yield from sources(tables, rule.source, rule.confidence, rule.checked)
    yield from page_of(rule)


def _says(rule: Rule, text: str) -> str:
    name = f"what {rule.named_by} says"
    return text.format(presents=the(rule.presents.roles), verifies=verifier_word(rule), name=name)


def rows(word: str, tables: Tables) -> Iterator[Paragraph]:
    """The rows of verifiers and slots of this id."""
    for verifier in tables.verifiers:
        if same(word, verifier.id) or (same(word, *verifier.also) and not _own_row(word, tables)):
            yield from _verifier(verifier, tables)
    for row in tables.slot_rows:
        if same(word, row.id):
            yield from _slot_row(row, tables)


def _verifier(verifier: Verifier, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Verifier {verifier.id}: does {the(verifier.roles)} check clientAuth in those who dial it?")
    for case in verifier.cases:
        when = conditions_text(case.when) or "always"
        yield Paragraph("when", f"{when}: {verifier_answer(case)}{sureness(case)}")
    yield Paragraph("stack", f"EKUs are read as {verifier.stack} reads them")
    if verifier.note:
        yield Paragraph("note", verifier.note)
    yield from sources(tables, verifier.source, verifier.confidence, verifier.checked)


def _slot_row(row: SlotRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{row.id}: {row.says}")
    if isinstance(row, UpgradeChange):
        told = ", ".join(f"{name} {value}" for name, value in row.sets.items())
        yield Paragraph("upgrade", f"{the(row.roles)}, from {row.was.text} to {row.release.text}: then {told}")
        yield from sources(tables, row.source, row.confidence, row.checked)
        return
    if isinstance(row, UpgradeLimit):
        what = "said beside the answer" if row.only_told else "not possible"
        yield Paragraph("upgrade", f"{the(row.roles)}, to {row.release.text}: {what}")
    elif isinstance(row, SlotAlias):
        yield Paragraph("slots", f"{the(row.roles)}: {row.slot} is one with {row.same_as}")
    else:
        effect = "its CA's dated policy gives the next EKU" if row.effect == "policy" else "the EKU stays"
        yield Paragraph("renewal", effect)
    if row.when:
        yield Paragraph("when", conditions_text(row.when))
    yield from sources(tables, row.source, row.confidence, row.checked)
