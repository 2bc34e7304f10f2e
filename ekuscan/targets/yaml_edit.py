"""Additions to a YAML text that leave every other character of it as it is.

A YAML library that reads and writes loses some of how a person wrote: widths, spaces in brackets, columns of comments.
So the text is only asked where its nodes stand, additions are put in there, and the result is read again: it must hold
what it held, and what was added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ekuscan.record import record
from ekuscan.targets.errors import Problems
from ekuscan.targets.yaml_nodes import compose
from ekuscan.targets.yaml_value import plain_of, read_yaml
from ekuscan.targets.yaml_words import Written, flow

LINE_WIDTH = 120
ITEM_WIDTH = 160

Path = tuple[str | int, ...]


class Uneditable(Exception):  # noqa: N818  (the name says what happened to the caller)
    """An addition has no place in the text as it is written; ``line`` is where it would belong."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line} is written in a way to which nothing can be added without rewriting it")


@record
class Addition:
    """A value to be added: under ``key`` to a mapping, without one to a list.

    ``comment`` goes behind it, and is left out where a line cannot take one. ``lines`` are how it stands in block
    style, for a value that is laid out by its maker; without them it is laid out here.
    """

    value: Written
    key: str | None = None
    comment: str = ""
    lines: tuple[str, ...] = field(default=(), compare=False)


class YamlText:
    """A text that `read_yaml` has read without a problem, its top a mapping. Paths are keys and indexes from there."""

    def __init__(self, text: str) -> None:
        self._text = text
        root = compose(text)
        assert root is not None
        self._root: Node = root
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._json = _is_flow(self._root)
        self._shared = _shared(self._root)
        self._additions: dict[Path, list[Addition]] = {}
        self._words: dict[Path, str] = {}
        self._by_key: dict[int, dict[str, tuple[Node, Node]]] = {}

    def add(self, path: Path, addition: Addition) -> None:
        """Adds behind what is at a path: a mapping, a list, or a key that is left empty. Raises `Uneditable`."""
        self._check(path)
        self._additions.setdefault(path, []).append(addition)

    def set_text(self, path: Path, text: str) -> None:
        """Puts another word in the place of a scalar. Raises `Uneditable`."""
        self._check(path)
        node = self._node(path)
        if not isinstance(node, ScalarNode) or str(node.style) in "|>":
            raise Uneditable(_line(node))
        self._words[path] = text

    def result(self) -> str:
        """The text with everything that was added. Raises `Uneditable` where it would not be read as meant."""
        edits = [edit for path, added in self._additions.items() for edit in self._edits(path, added)]
        for path, word in self._words.items():
            node = self._node(path)
            edits.append((node.start_mark.index, node.end_mark.index, self._flow(word)))
        if not edits:
            return self._text
        text = self._text if self._json or self._text.endswith("\n") else self._text + self._newline
        made, at = [], 0
        for start, stop, new in sorted(edits, key=lambda edit: edit[0]):
            made += [text[at:start], new]
            at = max(at, stop)
        whole = "".join([*made, text[at:]])
        if _plain(whole) != self._expected():
            raise Uneditable(1)
        return whole

    def _expected(self) -> Any:
        """What the result has to hold."""
        tree = plain_of(self._root)
        for path, word in self._words.items():
            _at(tree, path[:-1])[path[-1]] = str(word)
        for path, added in self._additions.items():
            found = _at(tree, path)
            if not found:
                found = [] if added[0].key is None else {}
                _at(tree, path[:-1])[path[-1]] = found
            for one in added:
                if isinstance(found, list):
                    found.append(_bare(one.value))
                else:
                    found[one.key] = _bare(one.value)
        return tree

    def _edits(self, path: Path, added: Sequence[Addition]) -> Iterator[tuple[int, int, str]]:
        """Pieces of the text to be replaced: start, end, and what comes there."""
        node = self._node(path)
        empty = isinstance(node, ScalarNode) or not node.value
        start, stop = self._span(path)
        if self._json or (_is_flow(node) and not empty):
            yield self._into_flow(node, ", ".join(self._one_line(one) for one in added))
            return
        if empty:
            parent = self._node(path[:-1])
            if _is_flow(parent):
                brackets = "[{}]" if added[0].key is None else "{{{}}}"
                inner = ", ".join(self._one_line(one) for one in added)
                yield start, stop, " " * (start == stop) + brackets.format(inner)
                return
            column = int(parent.value[0][0].start_mark.column) + 2
            yield start, stop, ""
            at = self._next_line(stop)
        else:
            first = node.value[0][0] if isinstance(node, MappingNode) else node
            column = int(first.start_mark.column)
            at = self._line_after(self._end(node), column)
        lines = [line for one in added for line in one.lines or laid_out(one, column)]
        yield at, at, "".join(line + self._newline for line in lines)

    def _into_flow(self, node: Node, text: str) -> tuple[int, int, str]:
        if not node.value:
            at = node.end_mark.index - 1
            return at, at, text
        last = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
        at = self._end(last)
        if not node.start_mark.index < at < node.end_mark.index:
            raise Uneditable(_line(node))
        return at, at, f", {text}"

    def _one_line(self, addition: Addition) -> str:
        value = self._flow(addition.value)
        return value if addition.key is None else f"{self._flow(addition.key)}: {value}"

    def _flow(self, value: Written) -> str:
        return flow(value, strict_json=self._json)

    def _check(self, path: Path) -> None:
        """An addition to what several aliases show would be one to all of them."""
        for length in range(len(path) + 1):
            node = self._node(path[:length])
            if id(node) in self._shared:
                raise Uneditable(_line(node))

    def _node(self, path: Path) -> Node:
        node = self._root
        for part in path:
            node = node.value[part] if isinstance(part, int) else self._pairs(node)[part][1]
        return node

    def _pairs(self, node: Node) -> Mapping[str, tuple[Node, Node]]:
        """Keys and values of a mapping, by key: a section with thousands of entries is searched once for each."""
        if id(node) not in self._by_key:
            self._by_key[id(node)] = {key.value: (key, value) for key, value in node.value}
        return self._by_key[id(node)]

    def _span(self, path: Path) -> tuple[int, int]:
        """Where a value stands in the text: behind its key's colon where nothing was written."""
        node = self._node(path)
        start, stop = int(node.start_mark.index), int(node.end_mark.index)
        if start < stop or not path:
            return start, stop
        key = self._pairs(self._node(path[:-1]))[str(path[-1])][0]
        behind = self._text.index(":", key.end_mark.index) + 1
        return behind, behind

    def _line_after(self, index: int, column: int) -> int:
        """Where the next line begins, past comments that stand deeper than ``column``: they belong to what is above."""
        at = self._next_line(index)
        while True:
            line = self._text[at : self._next_line(at)]
            inner = line.lstrip(" ")
            if not inner.startswith("#") or len(line) - len(inner) <= column:
                return at
            at = self._next_line(at)

    def _next_line(self, index: int) -> int:
        at = self._text.find("\n", index)
        missing = 0 if self._text.endswith("\n") else len(self._newline)
        return len(self._text) + missing if at < 0 else at + 1

    def _end(self, node: Node) -> int:
        """Where what a person wrote of a node ends, before any comment. Raises `Uneditable` behind an alias."""
        if isinstance(node, ScalarNode) or _is_flow(node) or not node.value:
            at = int(node.end_mark.index)
            while at > node.start_mark.index and self._text[at - 1] in "\r\n ":
                at -= 1
            return at
        if isinstance(node, SequenceNode):
            if node.value[-1].start_mark.index < node.start_mark.index:
                raise Uneditable(_line(node))
            return self._end(node.value[-1])
        key, value = node.value[-1]
        alias = value.start_mark.index < key.start_mark.index
        nothing = value.start_mark.index == value.end_mark.index
        return int(key.end_mark.index) if alias or nothing else self._end(value)


def laid_out(addition: Addition, column: int) -> list[str]:
    """An addition in block style: on one line where it fits, else a mapping's keys below its own."""
    indent, comment = " " * column, f"  # {addition.comment}" if addition.comment else ""
    begin = f"{indent}- " if addition.key is None else f"{indent}{flow(addition.key)}: "
    line = f"{begin}{flow(addition.value)}{comment}"
    if len(line) <= (ITEM_WIDTH if addition.key is None else LINE_WIDTH) or not isinstance(addition.value, Mapping):
        return [line]
    inner = [f"{indent}  {flow(name)}: {flow(value)}" for name, value in addition.value.items()]
    if addition.key is None:
        return [f"{begin}{inner[0].lstrip()}{comment}", *inner[1:]]
    return [f"{begin.rstrip()}{comment}", *inner]


def _is_flow(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _shared(root: Node) -> frozenset[int]:
    """The nodes that stand at several places, by their identity."""
    seen: set[int] = set()
    twice: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            twice.add(id(node))
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value
    return frozenset(twice)


def _plain(text: str) -> Any:
    """What a text holds; None for one that cannot be read without a problem."""
    problems = Problems()
    value = read_yaml(text, "", problems)
    return None if problems or value is None else value.plain()


def _at(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _bare(value: Written) -> Any:
    """A value in Python's own types."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {key: _bare(part) for key, part in value.items()}
    return [_bare(part) for part in value]
