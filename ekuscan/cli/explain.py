"""``ekuscan explain``: paragraphs of `ekuscan.explain`, wrapped for the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

from ekuscan.cli.knowledge import tables
from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.explain import Paragraph, subjects
from ekuscan.explain import explain as explained
from ekuscan.report.text import wrap
from ekuscan.targets.errors import InvalidInput

_LABEL = 10


def explain(subject: str | None, rules: tuple[Path, ...] = (), *, everything: bool) -> int:
    """Print what is known about a subject, or what can be explained; returns the exit code."""
    try:
        known_tables = tables(rules)
    except (UsageError, InvalidInput) as error:
        return refuse(error)
    width = max(60, min(shutil.get_terminal_size((80, 24)).columns, 100))
    known = subjects(known_tables)
    if subject is None or everything:
        for kind, words in known.items():
            print(kind[:1].upper() + kind[1:])
            print("\n".join(wrap(", ".join(words), width, "  ", "  ")))
        return 0
    found = explained(subject, known_tables)
    if not found:
        words = [word for group in known.values() for word in group]
        hint = nearest(subject, words) or nearest(subject.upper(), words)
        return refuse(ValueError(f"nothing to explain under {subject!r}{hint}; `ekuscan explain --list` lists all"))
    for place, paragraph in enumerate(found):
        if place and not paragraph.label and found[place - 1].label:
            print()
        _print(paragraph, width)
    return 0


def _print(paragraph: Paragraph, width: int) -> None:
    label = paragraph.label
    if paragraph.text.startswith("https://"):
        # A URL that is broken over two lines can be neither clicked nor copied.
        print(f"{label:<{_LABEL}}{paragraph.text}")
        return
    for part in _parts(paragraph.text):
        item = part.startswith("- ")
        first = f"{label:<{_LABEL}}" if label else ""
        rest = " " * (len(first) + (2 if item else 0))
        print("\n".join(wrap(part, width, first, rest)))
        label = " " if label else ""


def _parts(text: str) -> list[str]:
    """Paragraphs and list items of a text: an empty line or "- " begins one, another line break is a space."""
    parts: list[str] = []
    fresh = True
    for line in text.strip().splitlines():
        if not line.strip():
            fresh = True
        elif fresh or line.startswith("- "):
            parts.append(line.strip())
            fresh = False
        else:
            parts[-1] += " " + line.strip()
    return parts or [""]
