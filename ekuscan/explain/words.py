"""What ekuscan knows about a word: a rule, a use case, a question of the Cisco document, an alert, a date, a remedy...

Pure: words in, paragraphs out. Every statement comes from a table, with its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ekuscan.answers import far_ends as peers
from ekuscan.answers import load as answers
from ekuscan.explain.answers import alerts, dates, questions, terms
from ekuscan.explain.far_ends import far_ends
from ekuscan.explain.paragraph import Paragraph, sources
from ekuscan.explain.rules import rows, rules
from ekuscan.explain.vocabulary import BLANK, composites, needs, noticed, remedies, settings, use_cases
from ekuscan.notices import table as notices
from ekuscan.policy import load as policy
from ekuscan.rules.tables import Tables
from ekuscan.wire.reasons import REASONS

_ALERT = re.compile(r"alert\s*(?=\d+$)", re.IGNORECASE)


def explain(subject: str, tables: Tables) -> list[Paragraph]:
    """Everything that is known under a word; empty where nothing is."""
    word = _ALERT.sub("", subject.strip())
    found: list[Paragraph] = []
    for section in (
        rules,
        composites,
        rows,
        use_cases,
        questions,
        alerts,
        dates,
        remedies,
        settings,
        noticed,
        far_ends,
        needs,
        terms,
        _reasons,
        _sources,
    ):
        found += section(word, tables)
    return found


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
        "far ends": ["far-ends", *(row.id for row in peers.packaged())],
        "TLS stacks": list(tables.stacks),
        "terms": [term.id for term in answers.packaged().terms],
        "failure reasons": list(REASONS),
        "sources": list(tables.sources),
    }


def _reasons(word: str, tables: Tables) -> Iterator[Paragraph]:
    reason = REASONS.get(word.lower())
    if reason is not None:
        yield Paragraph("", f"Failure reason {word.lower()}: {BLANK.sub('...', reason.text)}")
        yield Paragraph("stage", ", ".join(reason.stages))


def _sources(word: str, tables: Tables) -> Iterator[Paragraph]:
    if word.upper() in tables.sources:
        yield from sources(tables, (word.upper(),))
