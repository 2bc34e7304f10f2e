"""YAML text as nodes with their places, quickly where thousands of lines have one shape.

The YAML library takes a third of a millisecond for a line, and an estate of thousands of boxes is as many lines like
``  name: {host: ..., role: ...}``. Of consecutive lines of this shape with one indent the library is shown the first
alone. If it takes that one for an entry of a block collection, those below are its siblings: whatever stands before and
behind them, the library is in the same state after each. Their nodes are made here and put behind the first one, and
all places below are moved. Where anything is otherwise, the library reads the whole text, and its errors are its own.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ekuscan.record import record

_FEWEST = 8  # lines of one shape below which it is not worth while

_WORD, _NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}", r"[A-Za-z][A-Za-z0-9._-]{0,199}"
_SCALAR = r'(?:[A-Za-z0-9][A-Za-z0-9._-]*|"[ !#-\[\]-~]*")'
_LIST = rf"\[(?:{_SCALAR}(?:, {_SCALAR})*)?\]"
_INNER = rf"\{{{_WORD}: {_SCALAR}(?:, {_WORD}: {_SCALAR})*\}}"
_VALUE = rf"(?:{_SCALAR}|{_LIST}|{_INNER})"
_LINE = re.compile(
    rf"(?P<indent> {{0,12}})(?:(?P<key>{_NAME}): |- )(?P<flow>\{{{_WORD}: {_VALUE}(?:, {_WORD}: {_VALUE})*\}})"
    r"(?: +#[ -~]*)?\n"
)
_TOKEN = re.compile(rf"{_SCALAR}|[\[\]{{}}]")


@record
class Mark:
    """A place in a text: the number of characters before it, and its line and column from 0."""

    index: int
    line: int
    column: int


@record
class _Run:
    """Lines of one shape below a first one: from ``start`` to ``stop`` in the text, ``first`` is where that one's entry
    begins."""

    first: int
    start: int
    stop: int
    line: int
    lines: tuple[re.Match[str], ...]


class _OtherwiseError(Exception):
    """The first line of a run is no entry of a block collection."""


def compose(text: str) -> Node | None:
    """The node of a YAML document, None of an empty one. Raises what the library raises."""
    runs = list(_runs(text)) if not text.startswith(("%", "\ufeff")) else []
    if not runs:
        return _whole(text)
    try:
        return _grafted(text, runs)
    except (YAMLError, _OtherwiseError):
        return _whole(text)


def _whole(text: str) -> Node | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Node | None = YAML(typ="safe", pure=True).compose(text)
    return found


def _runs(text: str) -> Iterator[_Run]:
    at = line = 0
    while at < len(text):
        found = _LINE.match(text, at)
        if found is None:
            at = text.find("\n", at) + 1
            line += 1
            if not at:
                return
            continue
        first, lines, at = found, list[re.Match[str]](), found.end()
        while (below := _LINE.match(text, at)) is not None and _alike(below, first):
            lines.append(below)
            at = below.end()
        if len(lines) >= _FEWEST:
            yield _Run(_entry(first), first.end(), at, line + 1, tuple(lines))
        line += 1 + len(lines)


def _alike(one: re.Match[str], other: re.Match[str]) -> bool:
    return one["indent"] == other["indent"] and (one["key"] is None) == (other["key"] is None)


def _entry(line: re.Match[str]) -> int:
    """Where the node stands by which an entry is found: its key, in a list its value."""
    return line.start("flow") if line["key"] is None else line.start("key")


def _grafted(text: str, runs: Sequence[_Run]) -> Node | None:
    """The document with the lines of all runs put behind their first ones."""
    kept, at = [], 0
    for run in runs:
        kept.append(text[at : run.start])
        at = run.stop
    root = _whole("".join([*kept, text[at:]]))
    if root is None:
        raise _OtherwiseError
    gone = list(accumulate((run.stop - run.start for run in runs), initial=0))
    lines = list(accumulate((len(run.lines) for run in runs), initial=0))
    starts = [run.start - less for run, less in zip(runs, gone, strict=False)]
    nodes = _all_nodes(root)
    wanted = {run.first - less: run for run, less in zip(runs, gone, strict=False)}
    for node in nodes:
        for name in ("start_mark", "end_mark"):
            mark = getattr(node, name)
            before = bisect_right(starts, mark.index)
            setattr(node, name, Mark(mark.index + gone[before], mark.line + lines[before], mark.column))
    moved = {run.first: run for run in wanted.values()}
    for node in nodes:
        if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
            node.value = list(_with_runs(node, moved))
    if moved:
        raise _OtherwiseError
    return root


def _all_nodes(root: Node) -> list[Node]:
    found: dict[int, Node] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found[id(node)] = node
        if isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value
    return list(found.values())


def _with_runs(node: MappingNode | SequenceNode, runs: dict[int, _Run]) -> Iterator[Any]:
    """The parts of a block collection, with the runs that begin among them; those are taken out of ``runs``."""
    in_list = isinstance(node, SequenceNode)
    for part in node.value:
        yield part
        run = runs.get(int((part if in_list else part[0]).start_mark.index))
        if run is None or (run.lines[0]["key"] is None) != in_list:
            continue
        del runs[run.first]
        for number, line in enumerate(run.lines, run.line):
            value = _flow(line, number)
            yield value if in_list else (_key(line, number), value)


def _key(line: re.Match[str], number: int) -> ScalarNode:
    return _scalar(line["key"], Mark(line.start("key"), number, line.start("key") - line.start()))


def _scalar(text: str, start: Mark) -> ScalarNode:
    quoted = text.startswith('"')
    value = text[1:-1] if quoted else text
    end = Mark(start.index + len(text), start.line, start.column + len(text))
    return ScalarNode(_tag(value, quoted), value, start, end, style='"' if quoted else None)


def _flow(line: re.Match[str], number: int) -> MappingNode:
    """The flow mapping of a line; what is open is a stack of collections, the parts of mappings flat until they end."""
    shift, open_ = line.start(), list[tuple[str, Mark, list[Any]]]()
    for token in _TOKEN.finditer(line.string, line.start("flow"), line.end("flow")):
        word, index = token[0], token.start()
        place = Mark(index, number, index - shift)
        if word in ("{", "["):
            open_.append((word, place, []))
            continue
        if word not in ("}", "]"):
            open_[-1][2].append(_scalar(word, place))
            continue
        sign, start, parts = open_.pop()
        end = Mark(index + 1, number, index + 1 - shift)
        if sign == "[":
            open_[-1][2].append(SequenceNode(_LIST_TAG, parts, start, end, flow_style=True))
            continue
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        made = MappingNode(_MAPPING_TAG, pairs, start, end, flow_style=True)
        if not open_:
            return made
        open_[-1][2].append(made)
    raise AssertionError(line[0])


_RESOLVER = YAML(typ="safe", pure=True).resolver
_MAPPING_TAG = _RESOLVER.resolve(MappingNode, None, True)
_LIST_TAG = _RESOLVER.resolve(SequenceNode, None, True)


@lru_cache(maxsize=4096)
def _tag(value: str, quoted: bool) -> Any:
    return _RESOLVER.resolve(ScalarNode, value, (not quoted, quoted))
