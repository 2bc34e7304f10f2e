"""Records under stand-in words to records under a box's own words: the parts that name no box are shared, not copied.

What has to be filled in is found once for each template, every text and every part that stands in it twice only once,
so that a copy costs little more than its own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Words = Mapping[Any, Any]
"""A box's own word for every stand-in, and its own instant for every instant that stands in for one."""
_Step = Callable[[Words, list[Any]], Any]


def respeller(template: T, stand_ins: Iterable[str | datetime]) -> Callable[[Words], T]:
    """What makes a box's own records of a template: dataclasses, tuples, mappings, text, and instants within them.

    A stand-in word is replaced wherever it stands in a text, an instant where it is the whole value.
    """
    plan = _Plan(stand_ins)
    last = plan.place(template)
    if last is None:
        return lambda words: template

    def own(words: Words) -> T:
        made: list[Any] = []
        for step in plan.steps:
            made.append(step(words, made))
        found: T = made[last]
        return found

    return own


class _Plan:
    """The steps that make a copy; each may use what the ones before it made."""

    def __init__(self, stand_ins: Iterable[str | datetime]) -> None:
        self.steps: list[_Step] = []
        self._known = frozenset(stand_ins)
        words = "|".join(re.escape(word) for word in self._known if isinstance(word, str))
        self._words = re.compile(f"({words})")
        self._texts: dict[str, int | None] = {}
        self._parts: dict[int, tuple[Any, int | None]] = {}
        self._wholes: dict[tuple[Any, ...], int] = {}

    def place(self, value: Any) -> int | None:
        """The number of the step that makes a value; None where it is the same for every box."""
        if isinstance(value, str):
            if value not in self._texts:
                self._texts[value] = self._text(value)
            return self._texts[value]
        kept = self._parts.get(id(value))
        if kept is None or kept[0] is not value:
            kept = self._parts[id(value)] = (value, self._part(value))
        return kept[1]

    def _add(self, step: _Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def _text(self, value: str) -> int | None:
        pieces = self._words.split(value)
        if len(pieces) == 1:
            return None
        return self._add(lambda words, made: "".join([words.get(piece, piece) for piece in pieces]))

    def _part(self, value: Any) -> int | None:
        if isinstance(value, datetime):
            return self._add(lambda words, made: words[value]) if value in self._known else None
        if isinstance(value, tuple):
            return self._whole(tuple, value, tuple)
        if isinstance(value, Mapping):
            size = len(value)
            parts = (*value, *value.values())
            return self._whole(dict, parts, lambda own: dict(zip(own[:size], own[size:], strict=True)))
        if is_dataclass(value):
            kind: Any = type(value)
            parts = tuple(getattr(value, field.name) for field in fields(value))
            return self._whole(kind, parts, lambda own: kind(*own))
        return None

    def _whole(self, kind: type, parts: tuple[Any, ...], make: Callable[[list[Any]], Any]) -> int | None:
        """A value of several parts. One like it that is made already serves again."""
        steps = [(place, step) for place, part in enumerate(parts) if (step := self.place(part)) is not None]
        if not steps:
            return None
        numbers = dict(steps)
        same = (kind, *(numbers.get(place, _Constant(id(part))) for place, part in enumerate(parts)))
        if same not in self._wholes:
            self._wholes[same] = self._add(_filling(parts, steps, make))
        return self._wholes[same]


class _Constant(NamedTuple):
    """A part that is the same for every box, by its identity: the template keeps it."""

    identity: int


def _filling(
    parts: tuple[Any, ...], steps: list[tuple[int, int]], make: Callable[[list[Any]], Any]
) -> Callable[[Words, list[Any]], Any]:
    def filled(words: Words, made: list[Any]) -> Any:
        found = list(parts)
        for place, step in steps:
            found[place] = made[step]
        return make(found)

    return filled
