"""A saved result read back: ``ekuscan.run/1`` as a document or as JSON Lines, into the records that it was made from.

Keys that are not known are passed over, as later versions add some; a key that is not there has the model's default.
"""

from __future__ import annotations

import json
import types
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ekuscan.model import Certificate, Chain, Connection, RunInfo, Target, Verdict
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.report.jsonl import SCHEMA

_KEYS = {"certificate": "sha256", "chain": "id"}
_LISTS = {"target": "targets", "connection": "connections", "verdict": "verdicts"}
_MAPS = {"certificate": "certificates", "chain": "chains"}


class SavedResultError(ValueError):
    """What was read is no result of this kind; the message says where it differs."""


@record
class SavedResult:
    """What a result says of a run, without what its endpoints showed."""

    run: RunInfo
    targets: tuple[Target, ...] = ()
    connections: tuple[Connection, ...] = ()
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    chains: Mapping[str, Chain] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


def read_result(data: bytes) -> SavedResult:
    """The result in a file's content. Raises `SavedResultError`."""
    try:
        document = _document(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, SavedResultError):
            raise
        raise SavedResultError("this is no JSON; save a result with scan -o run.json") from None
    if not isinstance(document, dict) or "schema" not in document:
        raise SavedResultError("this is no result; save one with scan -o run.json")
    if document["schema"] != SCHEMA:
        raise SavedResultError(f"schema {printable(str(document['schema']), 60)!r}; this ekuscan reads {SCHEMA}")
    return SavedResult(**{one.name: _value(hint, document, one.name) for one, hint in _readable(document)})


def _readable(document: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    hints = _hints(SavedResult)
    return ((one, hints[one.name]) for one in fields(SavedResult) if one.name in document or one.name == "run")


def _document(data: bytes) -> Any:
    """The document; one that is put together where the result is in lines."""
    first, _, rest = data.partition(b"\n")
    if not rest.strip() or not first.startswith(b'{"type"'):
        return json.loads(data)
    found: dict[str, Any] = {"targets": [], "connections": [], "certificates": {}, "chains": {}, "verdicts": []}
    for line in data.splitlines():
        if not line.strip():
            continue
        one = json.loads(line)
        kind = one.pop("type", None) if isinstance(one, dict) else None
        if kind == "run":
            found |= {"schema": one.pop("schema", ""), "run": one}
        elif kind in _LISTS:
            found[_LISTS[kind]].append(one)
        elif kind in _MAPS:
            found[_MAPS[kind]][str(one.pop(_KEYS[kind], ""))] = one
    return found


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, holder: Mapping[str, Any], key: str) -> Any:
    if key not in holder:
        raise SavedResultError(f"{key} is missing")
    return _read(hint, holder[key], key)


def _read(hint: Any, value: Any, where: str) -> Any:
    """A value of JSON as a hint of the model has it; ``where`` is its path from the top."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return None if value is None else _read(arguments[0], value, where)
    if origin is Literal:
        return _checked(value in arguments if isinstance(value, str) else False, value, where)
    if origin is tuple:
        _checked(isinstance(value, list), value, where)
        return tuple(_read(arguments[0], one, f"{where}[{place}]") for place, one in enumerate(value))
    if origin is Mapping:
        _checked(isinstance(value, dict), value, where)
        return {
            _read(arguments[0], key, where): _read(arguments[1], one, f"{where}.{key}") for key, one in value.items()
        }
    if hint is datetime:
        return _instant(value, where)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, value, where)
    kinds = (int, float) if hint is float else hint
    return _checked(isinstance(value, kinds) and (hint is bool or not isinstance(value, bool)), value, where)


def _record(kind: Any, value: Any, where: str) -> Any:
    _checked(isinstance(value, dict), value, where)
    hints, found = _hints(kind), {}
    for one in fields(kind):
        key = one.name.removesuffix("_")
        if key in value:
            found[one.name] = _read(hints[one.name], value[key], f"{where}.{key}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise SavedResultError(f"{printable(where, 120)}.{key} is missing")
    return kind(**found)


def _instant(value: Any, where: str) -> datetime:
    _checked(isinstance(value, str), value, where)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    _checked(found is not None and found.tzinfo is not None, value, where)
    assert found is not None
    return found


def _checked(right: bool, value: Any, where: str) -> Any:
    if not right:
        raise SavedResultError(f"{printable(where, 120)} is {printable(repr(value), 60)}, which no result has there")
    return value
