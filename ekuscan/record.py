"""Records: dataclasses that are not changed once made. What most of the nouns are.

`dataclasses.dataclass(frozen=True, slots=True)` writes and compiles six methods for each class, which was a third of
the time that ekuscan takes to start, and its frozen classes take twice as long to make one of: a twentieth of a scan in
all. Here the constructor alone is written for each class. That nothing is assigned to a record is for the type checker
to see, as for a typing.Final.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

_C = TypeVar("_C", bound=type)
_ORDINARY = ("__eq__", "__hash__", "__repr__")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: _C) -> _C:
    """A dataclass with slots, compared, hashed and shown by its fields; `dataclasses.replace` and the like know it.

    A method of these that the class brings itself stays.
    """
    brought = {name: vars(cls)[name] for name in _ORDINARY if vars(cls).get(name) is not None}
    made: Any = dataclass(slots=True, eq=False, repr=False)(cls)
    made._compared = _reader(tuple(one.name for one in fields(made) if one.compare))
    made.__eq__, made.__hash__, made.__repr__ = _equal, _hash, _shown
    for name, method in brought.items():
        setattr(made, name, method)
    same: _C = made
    return same


def _reader(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """What is compared of a record. It is no function, so that a class that has it does not make a method of it."""
    return attrgetter(*names) if names else _NOTHING


class _Nothing:
    def __call__(self, one: object) -> tuple[()]:
        return ()


_NOTHING = _Nothing()


def _equal(self: Any, other: Any) -> Any:
    if self.__class__ is not other.__class__:
        return NotImplemented
    return self is other or self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _shown(self: Any) -> str:
    values = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({values})"
