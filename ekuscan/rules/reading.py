"""Rows of the rule tables, read strictly: every key is taken once, and each fault names file, row and key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from ekuscan.rules import releases
from ekuscan.rules.tables import Condition
from ekuscan.table_rows import TableError

_BOUND = {"<": "high", ">=": "low"}

T = TypeVar("T")


class Row:
    """One row while it is read: every key is taken once, and what is left over is an error."""

    def __init__(self, file: str, name: str, values: Mapping[str, Any]) -> None:
        self.where = f"{file}: {name}"
        self._values = dict(values)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        if key not in self._values:
            if default is None:
                raise TableError(f"{self.where}: {key} is missing")
            return default
        value = self._values.pop(key)
        if not isinstance(value, kind):
            raise TableError(f"{self.where}: {key} is {value!r}, not a {kind.__name__}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return self.take(key, kind) if key in self._values else None

    def words(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        if key not in self._values and default is not None:
            return default
        value = self._values.pop(key, None)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        raise TableError(f"{self.where}: {key} is {value!r}, not text or a list of texts")

    def one_of(self, key: str, allowed: Any, default: str | None = None) -> Any:
        value = self.take(key, str, default)
        if value not in get_args(allowed):
            raise TableError(f"{self.where}: {key} is {value!r}, not one of {', '.join(get_args(allowed))}")
        return value

    def done(self) -> None:
        if self._values:
            raise TableError(f"{self.where}: unknown key {', '.join(sorted(self._values))}")


def flatten(values: Mapping[str, Any], depth: int = 8) -> dict[str, Any]:
    """Dotted keys of TOML as they were written: {"verifies": {"release": "x"}} -> {"verifies.release": "x"}."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and depth:
            flat.update({f"{key}.{inner}": found for inner, found in flatten(value, depth - 1).items()})
        else:
            flat[key] = value
    return flat


def conditions(where: str, values: Mapping[str, Any], role: str, verifies: str | None = None) -> tuple[Condition, ...]:
    """The conditions of a ``when`` or ``applies``; a key that ends in "release" takes bounds like ">=X15.4 <X15.5".

    Releases are those of ``role``, of the verifying end those of ``verifies`` where that is a product of its own.
    """
    ends = {"verifies": verifies or role}
    facts = flatten(values).items()
    return tuple(_condition(where, fact, value, ends.get(fact.partition(".")[0], role)) for fact, value in facts)


def _condition(where: str, fact: str, value: Any, role: str) -> Condition:
    if fact.rsplit(".", 1)[-1] == "release":
        return _release_condition(where, fact, value, role)
    values = (value,) if isinstance(value, str) else value
    if not (isinstance(values, tuple | list) and values and all(isinstance(word, str) for word in values)):
        raise TableError(f"{where}: {fact} is {value!r}, not text or a list of texts")
    return Condition(fact, tuple(values), text=" or ".join(values))


def _release_condition(where: str, fact: str, value: Any, role: str) -> Condition:
    bounds: dict[str, releases.Point] = {}
    for part in str(value).split():
        sign = next((sign for sign in _BOUND if part.startswith(sign)), None)
        if sign is None:
            raise TableError(f'{where}: {fact} is {value!r}; write bounds like ">=X15.4 <X15.5"')
        try:
            bounds[_BOUND[sign]] = releases.parse(role, part.removeprefix(sign)).low
        except releases.ReleaseError as error:
            raise TableError(f"{where}: {fact} is {value!r}: {error}") from None
    return Condition(fact, low=bounds.get("low"), high=bounds.get("high"), text=str(value))
