"""Rows of the rule tables, read strictly: every key is taken once, and all faults of a row are named together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeVar, get_args

from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.tables import Condition
from ekuscan.table_rows import TableError
from ekuscan.targets.errors import suggestion

_BOUND = {"<": "high", ">=": "low"}
_SPOKEN = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}

T = TypeVar("T")


@record
class RowFault:
    """One thing that is wrong with a row. ``key`` is the row's own key under which it stands."""

    key: str
    text: str


class RowError(TableError):
    """A row that does not hold to its schema; the message has a line for each of its ``faults``."""

    def __init__(self, where: str, faults: list[RowFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{where}: {fault.text}" for fault in faults))


class Row:
    """One row while it is read: every key is taken once, and what is left over is a fault.

    A fault is noted and reading goes on with an empty value, so that a person gets all of them: `done` raises them.
    """

    def __init__(
        self, file: str, name: str, values: Mapping[str, Any], outer: Row | None = None, key: str = ""
    ) -> None:
        self.where = f"{file}: {name}"
        self._values = dict(values)
        self._asked: list[str] = []
        self._outer = outer
        self._key = key
        self._faults: list[RowFault] = outer._faults if outer is not None else []

    def fault(self, key: str, text: str) -> None:
        """Note what is wrong with a key."""
        self._faults.append(RowFault(self._key or key, f"{self._key}: {text}" if self._key else text))

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        self._asked.append(key)
        if key not in self._values:
            if default is None:
                self.fault(key, f"{key} is missing")
                return kind()
            return default
        value = self._values.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, f"{key} is {shown(value)}, not {_SPOKEN.get(kind, kind.__name__)}")
            return kind()
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        self._asked.append(key)
        return self.take(key, kind) if key in self._values else None

    def words(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        self._asked.append(key)
        if key not in self._values and default is not None:
            return default
        if key not in self._values:
            self.fault(key, f"{key} is missing")
            return ()
        value = self._values.pop(key)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        self.fault(key, f"{key} is {shown(value)}, not text or a list of texts")
        return ()

    def some(self, key: str) -> tuple[str, ...]:
        """Words of which there has to be one."""
        found = self.words(key)
        if not found and not any(fault.key == key for fault in self._faults):
            self.fault(key, f"{key} is empty")
        return found or ("",)

    def one_of(self, key: str, allowed: Any, default: str | None = None) -> Any:
        value = self.take(key, str, default)
        if value in get_args(allowed):
            return value
        if not any(fault.key == (self._key or key) for fault in self._faults):
            self.fault(key, f"{key} is {shown(value)}, not one of {', '.join(get_args(allowed))}")
        return get_args(allowed)[0]

    def day(self, key: str) -> str:
        value = self.take(key, object)
        if isinstance(value, str) and _is_day(value):
            return value
        if type(value) is not object:
            self.fault(key, f'{key} is {shown(value)}; write a day in quotes, like "2026-11-23"')
        return ""

    def conditions(
        self, key: str, role: str, default: Mapping[str, Any] | None = None, verifies: str | None = None
    ) -> tuple[Condition, ...]:
        """The conditions of a ``when`` or ``applies``; a key that ends in "release" takes bounds like ">=X15.4".

        Releases are those of ``role``, of the verifying end those of ``verifies`` where that is a product of its own.
        """
        values = self.take(key, dict, None if default is None else dict(default))
        return tuple(self._conditions(key, values, role, verifies or role))

    def bounds(self, key: str, role: str, *, needed: bool = False) -> tuple[Condition, ...]:
        """Bounds on the release, where there are any."""
        text = self.take(key, str) if needed else self.maybe(key, str)
        return tuple(self._conditions(key, {"release": text}, role, role)) if text else ()

    def _conditions(self, key: str, values: Mapping[str, Any], role: str, verifies: str) -> Iterator[Condition]:
        for fact, value in flatten(values).items():
            try:
                yield _condition(fact, value, verifies if fact.startswith("verifies.") else role)
            except ValueError as error:
                self.fault(key, str(error))

    def inner(self, key: str) -> Row:
        """The table under a key as a row, whose faults are this row's."""
        return Row(self.where, key, self.take(key, dict), self, key)

    def rows(self, key: str) -> Iterator[Row]:
        """The tables of the list under a key as rows, whose faults are this row's."""
        for values in self.take(key, list):
            if isinstance(values, Mapping):
                yield Row(self.where, key, values, self, key)
            else:
                self.fault(key, f"{key} has {shown(values)} in it, not a table")

    def has(self, key: str) -> bool:
        return key in self._values

    def done(self) -> None:
        """Nothing else may be in the row. Raises `RowError` with all faults; those of an inner row the outer raises."""
        for key in sorted(self._values):
            self.fault(key, f"unknown key {printable(key, 60)}; {suggestion(key, list(dict.fromkeys(self._asked)))}")
        if self._faults and self._outer is None:
            raise RowError(self.where, self._faults)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def shown(value: object) -> str:
    """A value as a message shows it."""
    return printable(repr(value), 80)


def flatten(values: Mapping[str, Any], depth: int = 8) -> dict[str, Any]:
    """Dotted keys of TOML as they were written: {"verifies": {"release": "x"}} -> {"verifies.release": "x"}."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and depth:
            flat.update({f"{key}.{inner}": found for inner, found in flatten(value, depth - 1).items()})
        else:
            flat[key] = value
    return flat


def _condition(fact: str, value: Any, role: str) -> Condition:
    if fact.rsplit(".", 1)[-1] == "release":
        return _release_condition(fact, value, role)
    values = (value,) if isinstance(value, str) else value
    if not (isinstance(values, tuple | list) and values and all(isinstance(word, str) for word in values)):
        raise ValueError(f"{printable(fact, 60)} is {shown(value)}, not text or a list of texts")
    return Condition(fact, tuple(values), text=" or ".join(values))


def _release_condition(fact: str, value: Any, role: str) -> Condition:
    bounds: dict[str, releases.Point] = {}
    for part in str(value).split() or [""]:
        sign = next((sign for sign in _BOUND if part.startswith(sign)), None)
        if sign is None:
            raise ValueError(f'{fact} is {shown(value)}; write bounds like ">=X15.4 <X15.5"')
        try:
            bounds[_BOUND[sign]] = releases.parse(role, part.removeprefix(sign)).low
        except releases.ReleaseError as error:
            raise ValueError(f"{fact} is {shown(value)}: {error}") from None
    return Condition(fact, low=bounds.get("low"), high=bounds.get("high"), text=str(value))
