"""The statements of an xConfiguration text, however it was copied.

Several on one line, prompts and log prefixes between them, lines wrapped in the middle of a word, any letter case: what
counts is what stands between one "xConfiguration" and the next.
"""

from __future__ import annotations

import re
from typing import Final

from ekuscan.record import record

MAX_STATEMENTS: Final = 200_000
_MAX_KEY: Final = 300
_MAX_VALUE: Final = 2048

_BEGIN: Final = re.compile(r"(?:\*c\s+)?\bxConfiguration\s+", re.IGNORECASE)
_STATEMENT: Final = re.compile(
    rf'([A-Za-z][^":*]{{0,{_MAX_KEY}}}):[ \t\n]*'
    rf'(?:"((?:[^"\\]|\\.){{0,{_MAX_VALUE}}})"|([^"\s][^\n]{{0,{_MAX_VALUE}}})|(?=\n|$))'
)
_SPACE: Final = re.compile(r"\s+")


@record
class Statements:
    """``values`` by key without spaces, in lower case; the last of several. ``damaged``: so many could not be read."""

    values: dict[str, str]
    damaged: int = 0


def squeezed(key: str) -> str:
    """A key as it is compared: copying puts spaces and line ends into it, and letter case differs."""
    return _SPACE.sub("", key).lower()


def statements(text: str) -> Statements:
    """The statements of a text; none where it has none. At most MAX_STATEMENTS are read."""
    values: dict[str, str] = {}
    damaged = 0
    starts = []
    for begun in _BEGIN.finditer(text):
        starts.append((begun.start(), begun.end()))
        if len(starts) >= MAX_STATEMENTS:
            break
    for index, (_, begin) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
        match = _STATEMENT.match(text[begin : min(end, begin + _MAX_KEY + _MAX_VALUE + 16)])
        if match is None:
            damaged += not text[begin:end].isspace() and begin < end  # the command itself, at a prompt, is none
            continue
        quoted, bare = match[2], match[3]
        value = re.sub(r"\s*\n\s*", "", quoted) if quoted is not None else (bare or "")
        values[squeezed(match[1])] = re.sub(r"\\(.)", r"\1", value).strip()
    return Statements(values, damaged)
