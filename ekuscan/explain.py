"""What ekuscan knows about a word: a rule, a use case, a question of the Cisco document, an alert, a date, a remedy...

Pure: words in, paragraphs out. Every statement comes from a table, with its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from ekuscan.answers import far_ends
from ekuscan.answers import load as answers
from ekuscan.answers.far_ends import FarEnd
from ekuscan.answers.load import AlertRow, Answer, Term
from ekuscan.notices import table as notices
from ekuscan.notices.table import KindRow
from ekuscan.policy import load as policy
from ekuscan.policy.days import spoken
from ekuscan.policy.load import DateRow
from ekuscan.record import record
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import (
    Case,
    Condition,
    Need,
    RemedyRow,
    Rule,
    Setting,
    SlotAlias,
    SlotRow,
    Tables,
    UpgradeChange,
    UpgradeLimit,
    UseCase,
    Verifier,
    VerifierCase,
)
from ekuscan.wire.reasons import REASONS

_EKU_ANSWERS = {"checked": "checks clientAuth", "ignored": "does not check it", "undocumented": "not documented"}
_STACK_ANSWERS = {
    "checked": "refuse a client certificate without clientAuth",
    "ignored": "take a client certificate without clientAuth",
}
_ALERT = re.compile(r"alert\s*(?=\d+$)", re.IGNORECASE)
_BLANK = re.compile(r"\{([^{}]*)\}")
# Questions about the siblings of the Cisco document are answered from their own notices.
_ANSWERED_BY = {"U": "notice"}
_CONFIDENCE = {"H": "primary text or own test", "M": "one indirect source or inference", "L": "weak"}


@record
class Paragraph:
    """One paragraph: ``label`` in the margin, "" for none; ``text`` may hold list items, lines that begin with "- "."""

    label: str
    text: str


def explain(subject: str, tables: Tables) -> list[Paragraph]:
    """Everything that is known under a word; empty where nothing is."""
    word = _ALERT.sub("", subject.strip())
    found: list[Paragraph] = []
    for section in (
        _rules,
        _composites,
        _rows,
        _use_cases,
        _answers,
        _alerts,
        _dates,
        _remedies,
        _settings,
        _noticed,
        _far_ends,
        _rest,
    ):
        found += section(word, tables)
    return found


def rule_page(id_: str) -> str:
    """The page of a packed rule, below the documentation's folder."""
    return f"rules/{id_}.md"


def use_case_page(name: str) -> str:
    """The page of a packed use case, below the documentation's folder."""
    return f"use-cases/{name}.md"


def page_of(rule: Rule) -> Iterator[Paragraph]:
    """Where a rule's page is; a site's own rule has none."""
    if any(one.id == rule.id for one in packaged().rules):
        yield Paragraph("page", f"docs/{rule_page(rule.id)}")


def subjects(tables: Tables) -> dict[str, list[str]]:
    """Every word that can be explained, by kind, in the tables' order."""
    return {
        "rules": list(dict.fromkeys(id_ for rule in tables.rules for id_ in (rule.id, *rule.also))),
        "verifiers and slots": [
            *(verifier.id for verifier in tables.verifiers),
            *(row.id for row in tables.slot_rows),
        ],
        "use cases": list(tables.use_cases),
        "the Cisco document": list(answers.packaged().answers),
        "alerts": [str(number) for number in answers.packaged().alerts],
        "dates": list(policy.packaged().dates),
        "remedies": list(tables.remedies),
        "notices": list(notices.packaged().kinds),
        "settings": list(tables.settings),
        "needs": list(tables.needs),
        "far ends": ["far-ends", *(row.id for row in far_ends.packaged())],
        "TLS stacks": list(tables.stacks),
        "terms": [term.id for term in answers.packaged().terms],
        "failure reasons": list(REASONS),
        "sources": list(tables.sources),
    }


def _same(word: str, *names: str) -> bool:
    return word.lower() in (name.lower() for name in names)


# --- rules ----------------------------------------------------------------------------------------------------


def _rules(word: str, tables: Tables) -> Iterator[Paragraph]:
    for rule in tables.rules:
        if _same(word, rule.id) or (_same(word, *rule.also) and not _own_row(word, tables)):
            yield from _rule(rule, tables)


def _own_row(word: str, tables: Tables) -> bool:
    return any(_same(word, row.id) for row in tables.rules)


def _rule(rule: Rule, tables: Tables) -> Iterator[Paragraph]:
    use_case = tables.use_cases[rule.use_case]
    ids = f" (also {', '.join(rule.also)})" if rule.also else ""
    alike = [other.title for other in tables.use_cases.values() if other.same_as == use_case.name]
    yield Paragraph("", f"Rule {rule.id}{ids}: {', '.join((use_case.title, *alike))}")
    yield Paragraph("who", ends_text(rule))
    if rule.named_by:
        yield Paragraph("needs", f"{', '.join(rule.needs)}: the name stands in the connection's {rule.named_by}")
    elif rule.needs:
        yield Paragraph("needs", ", ".join(rule.needs) + " in the certificate's effective EKU")
    if rule.applies:
        yield Paragraph("only if", conditions_text(rule.applies))
    for case in rule.cases:
        yield Paragraph("when" if case.when else "always", case_text(case) + _sureness(case))
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
    yield from _sources(tables, rule.source, rule.confidence, rule.checked)
    yield from page_of(rule)


def _says(rule: Rule, text: str) -> str:
    name = f"what {rule.named_by} says"
    return text.format(presents=_the(rule.presents.roles), verifies=_verifier_word(rule), name=name)


def ends_text(rule: Rule) -> str:
    """Who shows which certificate, and who checks it."""
    shows = {"client": "dials and shows", "server": "answers and shows", "candidate": "is to be given"}
    slot = f"its {rule.presents.slot} certificate" if rule.presents.slot else "nothing"
    checked = {"browser": "browsers check it", "product": "its upload page checks it"}
    end = checked.get(rule.verifies, f"{_verifier_word(rule)} checks it")
    how = {"ssh": " (SSH, no port shows it)", "message": " (inside a message, no port shows it)"}.get(rule.check, "")
    return f"{_the(rule.presents.roles)} {shows[rule.presents.as_]} {slot}; {end}{how}."


def _the(roles: tuple[str, ...]) -> str:
    return "any box" if "*" in roles else " or ".join(roles)


def _verifier_word(rule: Rule) -> str:
    return {"peer": "the other end", "each-peer": "each cluster peer"}.get(rule.verifies, rule.verifies)


def verifier_answer(case: VerifierCase) -> str:
    """What a case of a verifier's row says that its product does with a certificate without clientAuth."""
    return _EKU_ANSWERS[case.client_eku]


def conditions_text(conditions: Iterable[Condition]) -> str:
    """Conditions as a person reads them, "" for none."""
    return ", ".join(f"{condition.fact} {condition.text}" for condition in conditions)


def case_text(case: Case) -> str:
    """A case of a rule as a sentence."""
    when = f"{conditions_text(case.when)}: " if case.when else ""
    if case.answer is not None:
        return f"{when}{case.answer}"
    if case.unverified:
        return f"{when}the certificate is not verified: ok"
    need = f" ({' and '.join(case.needs)} needed)" if case.needs is not None else ""
    if case.ask_verifier:
        silent = f"; where that is not documented: {case.lacking}" if case.lacking else ""
        return f"{when}a missing usage{need} is judged by the verifying end's own row{silent}"
    return f"{when}a missing usage{need} gives: {case.lacking}"


def _sureness(case: Case | VerifierCase) -> str:
    """The confidence of a case that has one of its own."""
    return f" (confidence {case.confidence})" if case.confidence else ""


def _composites(word: str, tables: Tables) -> Iterator[Paragraph]:
    for row in tables.use_cases.values():
        if row.parts and _same(word, *row.also):
            yield from _use_case(row, tables)


def _rows(word: str, tables: Tables) -> Iterator[Paragraph]:
    for verifier in tables.verifiers:
        if _same(word, verifier.id) or (_same(word, *verifier.also) and not _own_row(word, tables)):
            yield from _verifier(verifier, tables)
    for row in tables.slot_rows:
        if _same(word, row.id):
            yield from _slot_row(row, tables)


def _verifier(verifier: Verifier, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Verifier {verifier.id}: does {_the(verifier.roles)} check clientAuth in those who dial it?")
    for case in verifier.cases:
        when = conditions_text(case.when) or "always"
        yield Paragraph("when", f"{when}: {verifier_answer(case)}{_sureness(case)}")
    yield Paragraph("stack", f"EKUs are read as {verifier.stack} reads them")
    if verifier.note:
        yield Paragraph("note", verifier.note)
    yield from _sources(tables, verifier.source, verifier.confidence, verifier.checked)


def _slot_row(row: SlotRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{row.id}: {row.says}")
    if isinstance(row, UpgradeChange):
        told = ", ".join(f"{name} {value}" for name, value in row.sets.items())
        yield Paragraph("upgrade", f"{_the(row.roles)}, from {row.was.text} to {row.release.text}: then {told}")
        yield from _sources(tables, row.source, row.confidence, row.checked)
        return
    if isinstance(row, UpgradeLimit):
        what = "said beside the answer" if row.only_told else "not possible"
        yield Paragraph("upgrade", f"{_the(row.roles)}, to {row.release.text}: {what}")
    elif isinstance(row, SlotAlias):
        yield Paragraph("slots", f"{_the(row.roles)}: {row.slot} is one with {row.same_as}")
    else:
        effect = "its CA's dated policy gives the next EKU" if row.effect == "policy" else "the EKU stays"
        yield Paragraph("renewal", effect)
    if row.when:
        yield Paragraph("when", conditions_text(row.when))
    yield from _sources(tables, row.source, row.confidence, row.checked)


# --- use cases, remedies, settings ----------------------------------------------------------------------------


def _use_cases(word: str, tables: Tables) -> Iterator[Paragraph]:
    row = tables.use_cases.get(word.lower())
    if row is not None:
        yield from _use_case(row, tables)


def _use_case(row: UseCase, tables: Tables) -> Iterator[Paragraph]:
    ids = f" (also {', '.join(row.also)})" if row.also else ""
    yield Paragraph("", f"Use case {row.name}{ids}: {row.title}")
    if row.from_:
        ways = "either end may dial" if row.both_ways else "dials"
        yield Paragraph("who", f"{_the(row.from_)} {ways}: {_the(row.to)} at the other end")
    if row.parts:
        parts = ", ".join(f"{tables.use_cases[part].title} ({part})" for part in row.parts)
        yield Paragraph("parts", f"{parts}; the gravest part is the answer, and is named")
    if row.rides_on:
        yield Paragraph("exists", f"wherever there is a connection of {row.rides_on}")
    rules = tables.rules_of(row.name)
    for rule in rules:
        yield Paragraph(rule.id, ends_text(rule) + (f" Needs {' and '.join(rule.needs)}." if rule.needs else ""))
    if row.same_as:
        yield Paragraph("same as", tables.use_cases[row.same_as].title)
    if row.note:
        yield Paragraph("note", row.note)
    yield from _sources(tables, row.source)
    if row.name in packaged().use_cases:
        yield Paragraph("page", f"docs/{use_case_page(row.name)}")


def _remedies(word: str, tables: Tables) -> Iterator[Paragraph]:
    row = tables.remedies.get(word.lower())
    if row is not None:
        yield from _remedy(row, tables)


def _remedy(row: RemedyRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Remedy {row.id}: {row.title}")
    steps = [tables.backup] if row.replaces_certificate else []
    for step in (*steps, *row.before):
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
    yield from _sources(tables, row.source)


def _settings(word: str, tables: Tables) -> Iterator[Paragraph]:
    row = tables.settings.get(word.lower())
    if row is not None:
        yield from _setting(row, tables)


def _setting(row: Setting, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Setting {row.name}: {row.question}")
    values = ", ".join(row.values) or "any text"
    yield Paragraph("values", values + (f"; default {row.default}" if row.default else ""))
    yield Paragraph("of", f"a {row.of}" + ("" if "*" in row.roles else f": {_the(row.roles)}"))
    yield Paragraph("read at", row.read_at)
    if row.releases:
        yield Paragraph("releases", conditions_text(row.releases))
    if row.note:
        yield Paragraph("note", row.note)
    yield from _sources(tables, row.source, checked=row.checked)


def _noticed(word: str, tables: Tables) -> Iterator[Paragraph]:
    row = notices.packaged().kinds.get(word.lower())
    if row is not None:
        yield from _kind(row, tables)


def _kind(row: KindRow, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Notice {row.id}: {row.title}")
    for case in row.case:
        yield Paragraph("says", _BLANK.sub(lambda match: match[1].upper(), case.text))
    yield Paragraph("why", row.why)
    yield Paragraph("do", row.do)
    yield from _sources(tables, row.source, row.confidence, row.checked)


# --- answers, alerts, dates -----------------------------------------------------------------------------------


def _answers(word: str, tables: Tables) -> Iterator[Paragraph]:
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
    yield from _sources(tables, row.source, row.confidence, row.checked.isoformat())


def _alerts(word: str, tables: Tables) -> Iterator[Paragraph]:
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
    yield from _sources(tables, row.source, row.confidence, row.checked.isoformat())


def _dates(word: str, tables: Tables) -> Iterator[Paragraph]:
    for row in policy.packaged().dates.values():
        if _same(word, row.id) or word == row.day.isoformat():
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
    yield from _sources(tables, row.source, row.confidence, row.checked.isoformat())


def _far_ends(word: str, tables: Tables) -> Iterator[Paragraph]:
    row = far_ends.far_end(word)
    if row is not None:
        yield from _far_end(row, tables)
    if word.lower() == "far-ends":
        yield Paragraph("", "Peers of other makers, by name. What each does with a certificate without clientAuth:")
        for one in far_ends.packaged():
            yield Paragraph(one.id, f"{one.title}. {one.known}")
    habit = next((habit for name, habit in tables.stacks.items() if name == word.lower()), None)
    if habit is not None:
        yield Paragraph("", f"TLS stack {habit.stack}: servers on it {_STACK_ANSWERS[habit.client_eku]} by default")
        if habit.note:
            yield Paragraph("note", habit.note)
        yield from _sources(tables, habit.source, habit.confidence, habit.checked)


def _far_end(row: FarEnd, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Far end {row.id}: {row.title}")
    yield Paragraph("known", row.known)
    yield Paragraph("write", row.write)
    yield Paragraph("do", row.advice)
    yield from _sources(tables, row.source, row.confidence, row.checked.isoformat())


def _rest(word: str, tables: Tables) -> Iterator[Paragraph]:
    for need in tables.needs.values():
        if _same(word, need.id):
            yield from _need(need, tables)
    term = answers.term(word)
    if term is not None:
        yield from _term(term, tables)
    reason = REASONS.get(word.lower())
    if reason is not None:
        yield Paragraph("", f"Failure reason {word.lower()}: {_BLANK.sub('...', reason.text)}")
        yield Paragraph("stage", ", ".join(reason.stages))
    if word.upper() in tables.sources:
        yield from _sources(tables, (word.upper(),))


def _need(need: Need, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"Need {need.id}: {need.says}")
    yield Paragraph("lacking", need.lacking)
    if need.note:
        yield Paragraph("note", need.note)
    yield from _sources(tables, need.source, need.confidence, need.checked)


def _term(row: Term, tables: Tables) -> Iterator[Paragraph]:
    yield Paragraph("", f"{row.id}: {row.meaning}")
    if row.see:
        yield Paragraph("see", ", ".join(row.see))
    yield from _sources(tables, row.source)


def _sources(
    tables: Tables, codes: Iterable[str], confidence: str = "", checked: str | date = ""
) -> Iterator[Paragraph]:
    for code in codes:
        row = tables.sources[code]
        yield Paragraph("source", f"{row.code}: {row.title}")
        if row.url:
            yield Paragraph(" ", row.url)
    if confidence:
        yield Paragraph("certain", f"{confidence} ({_CONFIDENCE[confidence]}), checked {checked}")
