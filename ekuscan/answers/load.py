"""Answers, alerts and terms as dataclasses, read as strictly as the policy tables: `TableError` names file and row.

Ids of rules, use cases and remedies are not looked up here: the rules are downstream, and a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ekuscan.model import Confidence, Stack
from ekuscan.policy.days import filled
from ekuscan.policy.load import Policy
from ekuscan.policy.load import packaged as packaged_policy
from ekuscan.record import record
from ekuscan.sources import sources
from ekuscan.table_rows import TableError, build, known, only_keys, read_table, rows_of, unique

Situation = Literal[
    "without-client-auth",
    "no-certificate-tls12",
    "no-certificate-tls13",
    "untrusted",
    "untrusted-without-client-auth",
]

_ANSWER_FILES = ("questions.toml", "tables.toml", "ambiguities.toml", "unified_cm.toml")


@record
class Answer:
    """One question, table, list, branch or ambiguity of the Cisco document, or a question about a sibling notice.

    ``answer`` is the document's, ``now`` what changed since, ``consequence`` what the verdicts say or decide. The texts
    are paragraphs and "- " items on one line each, apart by line breaks; an empty line stands between paragraphs.
    """

    id: str
    question: str
    answer: str
    now: str
    consequence: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    rules: tuple[str, ...] = ()
    use_cases: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


@record
class Sighting:
    """A server that was seen to send an alert, and in which situation."""

    server: str
    stack: Stack
    situation: str
    note: str | None


@record
class AlertRow:
    """A TLS alert: what it means, what it proves and does not, and who was seen to send it when."""

    number: int
    name: str
    meaning: str
    proves: str
    not_proves: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    aliases: tuple[str, ...] = ()
    seen: tuple[Sighting, ...] = ()


@record
class Cell:
    """What a server does in a situation: it sends ``alert``, or does ``instead``."""

    situation: Situation
    alert: int | None = None
    instead: str | None = None
    note: str | None = None


@record
class VerifyingServer:
    """A TLS server that verifies client certificates, what it answers, and what its log says."""

    id: str
    name: str
    stack: Stack
    cells: tuple[Cell, ...]
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    logs: tuple[str, ...] = ()


@record
class Term:
    """A term and its other spellings; ``see`` are ids of answers."""

    id: str
    meaning: str
    source: tuple[str, ...]
    also: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


@record
class Answers:
    """All tables of this package, in the order of their files; ``situations`` are titles by `Situation`."""

    answers: Mapping[str, Answer]
    alerts: Mapping[int, AlertRow]
    servers: tuple[VerifyingServer, ...]
    situations: Mapping[str, str]
    terms: tuple[Term, ...]


@lru_cache(maxsize=1)
def packaged() -> Answers:
    """The tables that come with the package."""
    return load(Path(__file__).resolve().parent, packaged_policy())


def answer(answer_id: str) -> Answer | None:
    """The answer of an id such as "F23", in any letter case; None where there is none."""
    return packaged().answers.get(answer_id.strip().upper())


def alert(number_or_name: int | str) -> AlertRow | None:
    """A TLS alert by number (43, "43") or by a name as RFCs or libraries write it; None where there is none."""
    if isinstance(number_or_name, int):
        return packaged().alerts.get(number_or_name)
    wanted = _plain(number_or_name)
    for row in packaged().alerts.values():
        if wanted in {str(row.number), _plain(row.name), *map(_plain, row.aliases)}:
            return row
    return None


def term(name: str) -> Term | None:
    """A term by its name or another spelling of it, in any letter case; None where there is none."""
    wanted = _plain(name)
    return next((row for row in packaged().terms if wanted in map(_plain, (row.id, *row.also))), None)


def load(folder: Path, policy: Policy) -> Answers:
    """The tables of a folder; texts take the days they name from ``policy``. Raises `TableError`."""
    answers = [row for name in _ANSWER_FILES for row in _answers(folder / name, policy)]
    unique("answers", (row.id for row in answers))
    by_id = {row.id: row for row in answers}
    for row in answers:
        known(f"{row.id}: see", row.see, by_id)
    alerts, servers, situations = _alerts(folder / "alerts.toml")
    terms = _terms(folder / "glossary.toml", policy, by_id)
    return Answers(by_id, alerts, servers, situations, terms)


def _answers(path: Path, policy: Policy) -> list[Answer]:
    table = read_table(path)
    only_keys(path.name, table, ["answer"])
    return [_told(path.name, build(Answer, path.name, row), policy) for row in rows_of(path.name, table, "answer")]


def _told(file: str, row: Answer, policy: Policy) -> Answer:
    where = f"{file}: {row.id}"
    _sourced(where, row.source)
    known(f"{where}: dates", row.dates, policy.dates)
    if not (row.answer.strip() and row.now.strip() and row.consequence.strip()):
        raise TableError(f"{where}: answer, now and consequence may not be empty")

    def told(text: str) -> str:
        return flowing(filled(where, text, policy.dates))

    return replace(row, answer=told(row.answer), now=told(row.now), consequence=told(row.consequence))


def _alerts(path: Path) -> tuple[Mapping[int, AlertRow], tuple[VerifyingServer, ...], Mapping[str, str]]:
    table = read_table(path)
    only_keys(path.name, table, ["situation", "server", "alert"])
    servers = tuple(build(VerifyingServer, path.name, row) for row in rows_of(path.name, table, "server"))
    rows = [build(AlertRow, path.name, row, f"alert {row.get('number')}") for row in rows_of(path.name, table, "alert")]
    situations = table.get("situation", {})
    unique(path.name, (str(row.number) for row in rows))
    unique(path.name, (server.id for server in servers))
    for server in servers:
        _check_server(path.name, server, situations, {row.number for row in rows})
    for row in rows:
        _sourced(f"{path.name}: alert {row.number}", row.source)
    return {row.number: replace(row, seen=_seen(row.number, servers, situations)) for row in rows}, servers, situations


def _check_server(file: str, server: VerifyingServer, situations: Mapping[str, str], alerts: Iterable[int]) -> None:
    where = f"{file}: {server.id}"
    _sourced(where, server.source)
    unique(where, (cell.situation for cell in server.cells))
    known(where, (cell.situation for cell in server.cells), situations)
    for cell in server.cells:
        if (cell.alert is None) == (cell.instead is None):
            raise TableError(f"{where}: {cell.situation} needs either alert or instead")
    known(where, (str(cell.alert) for cell in server.cells if cell.alert is not None), map(str, alerts))


def _seen(number: int, servers: Iterable[VerifyingServer], situations: Mapping[str, str]) -> tuple[Sighting, ...]:
    return tuple(
        Sighting(server.name, server.stack, situations[cell.situation], cell.note)
        for server in servers
        for cell in server.cells
        if cell.alert == number
    )


def _terms(path: Path, policy: Policy, answers: Iterable[str]) -> tuple[Term, ...]:
    table = read_table(path)
    only_keys(path.name, table, ["term"])
    terms = [build(Term, path.name, row) for row in rows_of(path.name, table, "term")]
    unique(path.name, (_plain(name) for row in terms for name in (row.id, *row.also)))
    for row in terms:
        _sourced(f"{path.name}: {row.id}", row.source)
        known(f"{path.name}: {row.id}: see", row.see, answers)
    return tuple(replace(row, meaning=filled(f"{path.name}: {row.id}", row.meaning, policy.dates)) for row in terms)


def _sourced(where: str, codes: tuple[str, ...]) -> None:
    known(f"{where}: source", codes, sources())
    if not codes:
        raise TableError(f"{where}: source is empty")


def flowing(text: str) -> str:
    """Text as it is wrapped in a table, with the line breaks inside paragraphs and items taken out."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(_flowing_lines(paragraph) for paragraph in paragraphs)


def _flowing_lines(paragraph: str) -> str:
    lines: list[str] = []
    for line in paragraph.splitlines():
        if lines and not line.startswith("- ") and line.strip() != "-":
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return "\n".join(lines)


def _plain(name: str) -> str:
    """A name without letter case, and with one kind of separator."""
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())
