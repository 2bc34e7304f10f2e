"""``ekuscan explain``: paragraphs of `ekuscan.explain`, wrapped for the terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ekuscan.cli.knowledge import read_saved, tables
from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.explain.paragraph import Paragraph
from ekuscan.explain.words import explain as explained
from ekuscan.explain.words import subjects
from ekuscan.explain_verdict import explain_verdict
from ekuscan.model import Run, Verdict
from ekuscan.names import printable
from ekuscan.report.text import wrap
from ekuscan.targets.errors import InvalidInput

_LABEL = 10


_LISTED = 20


def explain(
    subject: str | None, rules: tuple[Path, ...] = (), result: Path | None = None, *, everything: bool = False
) -> int:
    """Print what is known about a subject, what led to a verdict, or what can be explained; returns the exit code."""
    width = max(60, min(shutil.get_terminal_size((80, 24)).columns, 100))
    try:
        known_tables = tables(rules)
        if result is not None:
            found = read_saved(result)
            if subject is None:
                _list(found)
            else:
                verdict = _meant(subject.strip(), {one.id: one for one in found.verdicts}, result)
                _print_all(explain_verdict(verdict, found, known_tables), width)
            return 0
        if subject is not None and "/" in subject:
            raise UsageError(_without_result(subject))
    except (UsageError, InvalidInput) as error:
        return refuse(error)
    known = subjects(known_tables)
    if subject is None or everything:
        for kind, words in known.items():
            print(kind[:1].upper() + kind[1:])
            print("\n".join(wrap(", ".join(words), width, "  ", "  ")))
        return 0
    paragraphs = explained(subject, known_tables)
    if not paragraphs:
        words = [word for group in known.values() for word in group]
        hint = _hint(subject, words)
        return refuse(ValueError(f"nothing to explain under {subject!r}{hint}; `ekuscan explain --list` lists all"))
    _print_all(paragraphs, width)
    return 0


def _hint(subject: str, words: Sequence[str]) -> str:
    """The nearest words; one that differs in case, or in zeros before a number, is the nearest alone."""
    same = [word for word in words if _plain(word) == _plain(subject)]
    if same:
        return f"; did you mean {same[0]}?"
    return nearest(subject, words) or nearest(subject.upper(), words)


def _plain(word: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", word.lower())


def _without_result(subject: str) -> str:
    return (
        f"{printable(subject, 120)} is the id of a verdict, which a result holds: save one with `ekuscan scan ... -o "
        "run.json`, then add --result run.json"
    )


def _list(result: Run) -> None:
    for verdict in result.verdicts:
        print(f"{verdict.outcome:<19}{printable(verdict.id, 400)}")
    if not result.verdicts:
        print("There is no verdict in it.")


def _meant(word: str, verdicts: Mapping[str, Verdict], path: Path) -> Verdict:
    """The one verdict that an id, or a part of it, means. Raises `UsageError`."""
    if word in verdicts:
        return verdicts[word]
    found = [id_ for id_ in verdicts if word.lower() in id_.lower()]
    # The rule at the end of an id is what a report names.
    ending = [id_ for id_ in found if id_.lower().endswith("/" + word.lower())]
    found = ending or found
    if len(found) == 1:
        return verdicts[found[0]]
    if found:
        more = f", and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = "".join(f"\n  {printable(id_, 200)}" for id_ in found[:_LISTED])
        raise UsageError(
            f"{printable(word, 120)!r} is in {len(found)} verdicts of {path}; name one of them:{listed}{more}"
        )
    raise UsageError(
        f"no verdict of {path} has {printable(word, 120)!r} in its id{nearest(word, verdicts)}; "
        "without an id all are listed"
    )


def _print_all(found: list[Paragraph], width: int) -> None:
    for place, paragraph in enumerate(found):
        if place and not paragraph.label and found[place - 1].label:
            print()
        _print(paragraph, width)


def _print(paragraph: Paragraph, width: int) -> None:
    label = paragraph.label
    if paragraph.text.startswith("https://"):
        # A URL that is broken over two lines can be neither clicked nor copied.
        print(f"{label:<{_LABEL}}{printable(paragraph.text, 2000)}")
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
