"""Where each row stands in the documentation, and ids in texts turned into links to there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from ekuscan.answers import load as answers
from ekuscan.explain.pages import rule_page, use_case_page
from ekuscan.policy import load as policy
from ekuscan.record import record
from ekuscan.rules.tables import Tables

Kind = Literal["row", "use case", "remedy", "setting", "date", "answer", "source"]

RULES, USE_CASES, VERIFIERS, SLOTS = "rules/README.md", "use-cases/README.md", "verifiers.md", "slots.md"
SETTINGS, REMEDIES, POLICY, QUESTIONS = "settings.md", "remedies.md", "policy.md", "questions.md"
SOURCES, ALERTS, GLOSSARY, PORTS = "sources.md", "alerts.md", "glossary.md", "ports.md"
NOTICES, FAR_ENDS, STEPS = "notices.md", "far-ends.md", "steps.md"

# What Markdown would take for a tag, a link or emphasis; inside a code span nothing is.
_SPECIAL = re.compile(r"(?P<code>`[^`\n]+`)|[\\`*<\[\]]")
_ID = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<row>\b(?:(?:X|[A-Z]{2})\d\d[SP]?|V-[A-Z]+|S-[A-Z]+(?:-[A-Z]+)*)\b(?!\.\d))"
    r"|(?P<answer>\b[FTLDAU]\d{1,2}\b)"
    r"|\((?P<named>[a-z][a-z0-9.-]*)\)"
    r"|(?:\b(?:presents|verifies|link|pair)\.)?(?P<setting>\b[a-z]+(?:_[a-z]+)*\b)"
)
# X14 and X15 are ids of rules and releases at once: in these paragraphs they are rules.
_LABELS_WITH_ROWS = frozenset({"note", "rules", "for"})


@record
class Places:
    """For every kind of row the page and anchor of each id, pages as paths below the documentation's folder."""

    of: Mapping[Kind, Mapping[str, str]]

    def link(self, kind: Kind, id_: str, page: str, text: str | None = None) -> str:
        """A link to a row from a page, the plain text where that row has no place."""
        shown = escaped(text or id_)
        place = self.of[kind].get(id_)
        return shown if place is None else f"[{shown}]({relative(place, page)})"


def places(tables: Tables) -> Places:
    """The places of every row."""
    rows: dict[str, str] = {}
    kinds: list[tuple[str, Iterable[str]]] = [
        *((rule_page(rule.id), (rule.id,)) for rule in tables.rules),
        *((VERIFIERS, (verifier.id,)) for verifier in tables.verifiers),
        *((SLOTS, (row.id,)) for row in tables.slot_rows),
        *((rule_page(rule.id), rule.also) for rule in tables.rules),
        *((VERIFIERS, verifier.also) for verifier in tables.verifiers),
        *((use_case_page(row.name), row.also) for row in tables.use_cases.values()),
    ]
    for page, ids in kinds:
        for id_ in ids:
            rows.setdefault(id_, f"{page}#{anchor(id_)}")
    return Places(
        {
            "row": rows,
            "use case": {name: f"{use_case_page(name)}#{anchor(name)}" for name in tables.use_cases},
            "remedy": _all(REMEDIES, tables.remedies),
            "setting": _all(SETTINGS, tables.settings),
            "date": _all(POLICY, policy.packaged().dates),
            "answer": _all(QUESTIONS, answers.packaged().answers),
            "source": _all(SOURCES, tables.sources),
        }
    )


def _all(page: str, ids: Iterable[str]) -> dict[str, str]:
    return {id_: f"{page}#{anchor(id_)}" for id_ in ids}


def anchor(id_: str) -> str:
    """The anchor of an id, as GitHub would make it from a heading: lower case, a hyphen for a blank or dot."""
    return re.sub(r"[^\w-]+", "-", id_.strip().lower())


def mark(*ids: str) -> str:
    """Anchors for a heading that follows on the next line."""
    return "".join(f'<a id="{anchor(id_)}"></a>' for id_ in ids)


def relative(place: str, page: str) -> str:
    """The place as a link on ``page``; within the page only its anchor."""
    path, _, fragment = place.partition("#")
    if path == page:
        return f"#{fragment}"
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + (f"#{fragment}" if fragment else "")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(lambda match: match["code"] or f"\\{match[0]}", text)


def linked(text: str, label: str, page: str, where: Places) -> str:
    """A text of a paragraph with this label, escaped, with the ids in it as links."""

    def link(match: re.Match[str]) -> str:
        whole = match[0]
        if match["code"]:
            return whole
        if id_ := match["row"]:
            return where.link("row", id_, page) if label in _LABELS_WITH_ROWS else whole
        if id_ := match["answer"]:
            return where.link("answer", id_, page)
        if id_ := match["named"]:
            kinds: tuple[Kind, ...] = ("remedy",) if label == "remedy" else ("use case", "date", "setting")
            kind = next((kind for kind in kinds if id_ in where.of[kind]), None)
            return whole if kind is None else f"({where.link(kind, id_, page)})"
        id_ = match["setting"]
        if id_ not in where.of["setting"] or (whole == id_ and "_" not in id_):
            return whole
        return where.link("setting", id_, page, whole)

    return _ID.sub(link, escaped(text))
