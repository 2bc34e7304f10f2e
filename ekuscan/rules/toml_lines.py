"""Where rows and their keys stand in a TOML text: tomli gives values without lines, so the text is read once more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ekuscan import toml

# Strings, comments and brackets, so that what looks like a header inside a string is none.
_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|#[^\n]*|[\[\]{}]|\n|[^\s\"'#\[\]{}]+",
    re.DOTALL,
)
_KEY = re.compile(r"\s*(?:\"(?P<basic>[^\"\n]*)\"|'(?P<literal>[^'\n]*)'|(?P<bare>[A-Za-z0-9_-]+))\s*[.=]")


@dataclass(slots=True)
class RowLines:
    """A row's first line, and the line of each of its own keys."""

    line: int
    keys: dict[str, int] = field(default_factory=dict)

    def of(self, key: str) -> int:
        """The line of a key, that of the row where the key stands nowhere."""
        return self.keys.get(key, self.line)


def row_lines(text: str) -> Mapping[tuple[str, str], RowLines]:
    """By kind and name (``[setting.NAME]``) or number from 0 (``[[rule]]``) the lines of rows that have a header.

    ``text`` is one that tomli has read. A row that is written in one line, as a value of the top, has no lines here.
    """
    found: dict[tuple[str, str], RowLines] = {}
    numbers: dict[str, int] = {}
    row: RowLines | None = None
    for line, statement in _statements(text):
        if not statement.startswith("["):
            match = _KEY.match(statement)
            if row is not None and match is not None:
                row.keys.setdefault(match["basic"] or match["literal"] or match["bare"] or "", line)
            continue
        path, listed = _path(statement)
        if listed and len(path) == 1:
            numbers[path[0]] = numbers.get(path[0], -1) + 1
            row = found[path[0], str(numbers[path[0]])] = RowLines(line)
        elif path and path[0] in numbers:
            row = found[path[0], str(numbers[path[0]])]
            row.keys.setdefault(path[1], line)
        elif len(path) > 1:
            row = found.setdefault((path[0], path[1]), RowLines(line))
            if len(path) > 2:
                row.keys.setdefault(path[2], line)
        else:
            row = None
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every line on which a header or a key begins: its number from 1, and its text from there."""
    line, depth, fresh = 1, 0, True
    for match in _PIECE.finditer(text):
        piece = match[0]
        if fresh and depth == 0 and piece != "\n" and not piece.startswith("#"):
            end = text.find("\n", match.start())
            yield line, text[match.start() : end if end >= 0 else len(text)]
            fresh = False
        if piece in ("[", "{"):
            depth += 1
        elif piece in ("]", "}"):
            depth -= 1
        if piece == "\n":
            fresh = True
        line += piece.count("\n")


def _path(header: str) -> tuple[tuple[str, ...], bool]:
    """The names of a header and whether it begins a row of a list; a comment may follow it."""
    try:
        node: Any = toml.loads(header)
    except toml.TOMLDecodeError:
        return (), False
    path: list[str] = []
    while isinstance(node, dict) and node:
        name, node = next(iter(node.items()))
        path.append(name)
    return tuple(path), isinstance(node, list)
