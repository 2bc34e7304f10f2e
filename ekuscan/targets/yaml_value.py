"""YAML 1.2 text as a tree of values that remember their line and how they were written.

The scalars are told apart here and not by the YAML library: `on`, `yes` and `true` are taken for booleans alike,
because half of all editors and tools still read YAML 1.1, and numbers keep their text (`15.10` is not 15.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ekuscan.record import record
from ekuscan.targets.errors import Place, Problems, shown
from ekuscan.targets.yaml_nodes import compose

VALUE_LIMIT = 200_000
DEPTH_LIMIT = 12

Kind = Literal["text", "number", "boolean", "nothing", "list", "mapping"]

KIND_NAMES: dict[Kind, str] = {
    "text": "text",
    "number": "a number",
    "boolean": "a boolean",
    "nothing": "nothing",
    "list": "a list",
    "mapping": "a mapping",
}

_NUMBER = re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0[xo][0-9a-fA-F]+")
_BOOLEAN = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE)
_NOTHING = re.compile(r"|~|null", re.IGNORECASE)
_TEXT_TAG = "tag:yaml.org,2002:str"
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
)


@record
class Entry:
    """A key of a mapping, as text, with its line and value."""

    key: str
    line: int
    value: Value


@record
class Value:
    """A value: ``text`` as written for scalars; ``items`` of a list; ``entries`` of a mapping, keys unique."""

    kind: Kind
    line: int
    text: str = ""
    items: tuple[Value, ...] = ()
    entries: tuple[Entry, ...] = ()

    def plain(self) -> Any:
        """The value in Python's own types. A number that is no port number is some float: only its type matters."""
        match self.kind:
            case "list":
                return [item.plain() for item in self.items]
            case "mapping":
                return {entry.key: entry.value.plain() for entry in self.entries}
            case "number":
                return int(self.text) if re.fullmatch("[0-9]{1,9}", self.text) else 0.5
            case "boolean":
                return True
            case "nothing":
                return None
        return self.text

    def by_key(self) -> Mapping[str, Entry]:
        """The entries of a mapping by their key."""
        return {entry.key: entry for entry in self.entries}


def read_yaml(text: str, where: str, problems: Problems) -> Value | None:
    """The top value of a YAML document; None, with the problem noted, where it is none or empty."""
    try:
        node = compose(text)
        if node is None:
            problems.add(Place(where, 1), 'is empty; write "schema: ekuscan.targets/1" and targets:')
            return None
        return _Reader(where, problems).value(node, "", 0)
    except MarkedYAMLError as error:
        problems.add(*_marked_problem(error, where))
    except YAMLError as error:
        problems.add(*_character_problem(text, error, where))
    except (RecursionError, _TooMuch):
        problems.add(Place(where), f"is nested deeper than {DEPTH_LIMIT} levels or has more than {VALUE_LIMIT} values")
    return None


def plain_of(node: Node) -> Any:
    """What a node of a text that `read_yaml` has read without a problem holds, in Python's own types."""
    return _Reader("", Problems()).value(node, "", 0).plain()


class _TooMuch(Exception):  # noqa: N818
    """Aliases, depth or sheer number make the document larger than anything a person writes."""


class _Reader:
    """Turns nodes into values, aliases expanded, within limits."""

    def __init__(self, where: str, problems: Problems) -> None:
        self._where = where
        self._problems = problems
        self._count = 0

    def value(self, node: Node, path: str, depth: int) -> Value:
        self._count += 1
        if self._count > VALUE_LIMIT or depth > DEPTH_LIMIT:
            raise _TooMuch
        line = node.start_mark.line + 1
        if str(node.tag) not in _TAGS:
            self._problems.add(Place(self._where, line, path), f"found the tag {shown(str(node.tag))}; leave it out")
        if isinstance(node, SequenceNode):
            items = (self.value(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(node.value, start=1))
            return Value("list", line, items=tuple(items))
        if isinstance(node, MappingNode):
            return Value("mapping", line, entries=self._entries(node, path, depth))
        return _scalar(node.value, str(node.tag), getattr(node, "style", None) is not None, line)

    def _entries(self, node: MappingNode, path: str, depth: int) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._problems.add(Place(self._where, line, path), "found a list or mapping as a key; write a name")
                continue
            key = key_node.value
            place = Place(self._where, line, path).at(key)
            if key in entries:
                self._problems.add(place, f"found twice; line {entries[key].line} has it already")
                continue
            entries[key] = Entry(key, line, self.value(value_node, place.key, depth + 1))
        return tuple(entries.values())


def _scalar(text: str, tag: str, quoted: bool, line: int) -> Value:
    if quoted:
        return Value("text", line, text)
    if _BOOLEAN.fullmatch(text):
        return Value("boolean", line, text)
    if tag != _TEXT_TAG:
        if _NOTHING.fullmatch(text):
            return Value("nothing", line, text)
        if _NUMBER.fullmatch(text):
            return Value("number", line, text)
    return Value("text", line, text)


def _marked_problem(error: MarkedYAMLError, where: str) -> tuple[Place, str]:
    problem, context = str(error.problem or error), str(error.context)
    here, start = _line(error.problem_mark), _line(error.context_mark)
    if "quoted scalar" in context:
        return Place(where, start or here), "found a quote that is not closed"
    if "flow " in context:
        return Place(where, start or here), "found a bracket that is not closed, or no comma between two entries"
    if "expected <block end>" in problem:
        return Place(where, here), "found a wrong indent; the keys of a mapping start in one column"
    return Place(where, here or start), _syntax(problem, context)


def _syntax(problem: str, context: str) -> str:
    if problem.startswith("found character '\\t'"):
        return "found a tab; indent with spaces"
    if "mapping values are not allowed" in problem:
        return 'found a second colon or a wrong indent; quote text that has ": " in it'
    if "expected a single document" in context:
        return "found a second document; one file is one document, without --- in between"
    if "undefined alias" in problem:
        return f"{shown(problem)}; quote text that begins with *"
    return f"is not YAML: {shown(problem, 120)}"


def _line(mark: StreamMark | None) -> int | None:
    return None if mark is None else mark.line + 1


def _character_problem(text: str, error: YAMLError, where: str) -> tuple[Place, str]:
    position = getattr(error, "position", None)
    if not isinstance(position, int) or not 0 <= position < len(text):
        return Place(where), "is not YAML"
    place = Place(where, text.count("\n", 0, position) + 1)
    return place, f"found the character U+{ord(text[position]):04X}, which YAML does not allow; take it out"
