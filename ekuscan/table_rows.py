"""Reading rows of data tables strictly, by the annotations of the dataclass that they become.

A key that the dataclass does not have, a missing one, or a value of another type is a `TableError` that names the
file and the row. A trailing underscore of a field is dropped in the table (``from_`` reads ``from``).
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ekuscan import toml

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


class TableError(ValueError):
    """A data table that does not hold to its schema; the message names file, row and key."""


def read_table(path: Path) -> dict[str, Any]:
    """A TOML file. Raises `TableError` naming the file where it cannot be read or parsed."""
    try:
        return parse_table(path.name, path.read_bytes())
    except OSError as error:
        raise TableError(f"{path.name}: {error}") from None


def parse_table(file: str, data: bytes) -> dict[str, Any]:
    """The contents of a TOML file. Raises `TableError` naming the file where they cannot be parsed."""
    try:
        return toml.loads(data.decode())
    except (UnicodeDecodeError, toml.TOMLDecodeError) as error:
        raise TableError(f"{file}: {error}") from None


def rows_of(file: str, table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The ``[[key]]`` rows of a file. Raises `TableError` where there are none."""
    rows = table.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise TableError(f"{file}: [[{key}]] is missing")
    return rows


def only_keys(file: str, table: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """Raises `TableError` for a top-level key of a file that is none of ``allowed``."""
    unknown = sorted(set(table) - set(allowed))
    if unknown:
        raise TableError(f"{file}: unknown key {', '.join(unknown)}")


def build(kind: type[T], file: str, values: Mapping[str, Any], name: str | None = None) -> T:
    """One row as a dataclass. ``name`` says which row it is in errors; by default its ``id``."""
    where = f"{file}: {name or values.get('id', 'a row without id')}"
    hints = _hints(kind)
    known = {field.name.removesuffix("_"): field for field in fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise TableError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(known)}")
    found = {
        field.name: _value(values[key], hints[field.name], file, f"{where}: {key}")
        for key, field in known.items()
        if key in values
    }
    missing = [key for key, field in known.items() if key not in values and _required(field)]
    if missing:
        raise TableError(f"{where}: {', '.join(missing)} is missing")
    return kind(**found)


def unique(file: str, names: Iterable[str]) -> None:
    """Raises `TableError` for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise TableError(f"{file}: {name} stands twice")
        seen.add(name)


def known(where: str, names: Iterable[str], table: Iterable[str]) -> None:
    """Raises `TableError` for a name that ``table`` does not have."""
    allowed = frozenset(table)
    for name in names:
        if name not in allowed:
            raise TableError(f"{where}: {name} is not in the tables")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(value: Any, hint: Any, file: str, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return _value(value, next(one for one in arguments if one is not types.NoneType), file, where)
    if origin is Literal:
        return _choice(value, arguments, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise TableError(f"{where} is {value!r}, not a list")
        return tuple(_value(item, arguments[0], file, where) for item in value)
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise TableError(f"{where} is {value!r}, not a table")
        return build(hint, file, value, value.get("id", where.partition(": ")[2]))
    # A TOML boolean is an int and a date-time is a date for isinstance, but neither may stand for the other here.
    if type(value) is not hint:
        raise TableError(f"{where} is {value!r}, not {_spoken(hint)}")
    return value


def _choice(value: Any, allowed: tuple[Any, ...], where: str) -> Any:
    if value not in allowed:
        raise TableError(f"{where} is {value!r}, not one of {', '.join(map(str, allowed))}")
    return value


def _spoken(hint: Any) -> str:
    names = {str: "text", int: "a whole number", bool: "true or false", date: "a date", datetime: "a date and time"}
    return names.get(hint, getattr(hint, "__name__", str(hint)))
