"""JSON back into the records of the model, by the types of their fields. What does not fit is refused."""

from __future__ import annotations

import types
from base64 import b64decode
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ekuscan.history.errors import HistoryError

_T = TypeVar("_T")


def decoded(kind: type[_T], value: Any) -> _T:
    """A record of ``kind`` from what `json.loads` made of it; keys that are not known are passed over.

    A key may stand without the trailing underscore of its field; bytes are base64. Raises `HistoryError`.
    """
    found: _T = _read(kind, value, kind.__name__)
    return found


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return None if value is None else _read(arguments[0], value, where)
    if origin is Literal:
        return _right(isinstance(value, str) and value in arguments, value, where)
    if origin is tuple:
        _right(isinstance(value, list), value, where)
        if arguments[-1] is not Ellipsis:
            _right(len(value) == len(arguments), value, where)
            return tuple(_read(one, part, where) for one, part in zip(arguments, value, strict=True))
        return tuple([_read(arguments[0], part, where) for part in value])
    if origin is Mapping:
        _right(isinstance(value, dict), value, where)
        return {_read(arguments[0], key, where): _read(arguments[1], part, where) for key, part in value.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, value, where)
    return _plain(hint, value, where)


def _record(kind: Any, value: Any, where: str) -> Any:
    _right(isinstance(value, dict), value, where)
    hints, found = _hints(kind), {}
    for one in fields(kind):
        key = one.name if one.name in value else one.name.removesuffix("_")
        if key in value:
            found[one.name] = _read(hints[one.name], value[key], f"{where}.{key}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise HistoryError(f"what is stored cannot be read: {where}.{key} is missing")
    return kind(**found)


def _plain(hint: Any, value: Any, where: str) -> Any:
    try:
        if hint is datetime:
            found = datetime.fromisoformat(value)
            return _right(found.tzinfo is not None, found, where)
        if hint is date:
            return date.fromisoformat(value)
        if hint is bytes:
            return b64decode(value, validate=True)
    except (TypeError, ValueError):
        _right(False, value, where)
    kinds = (int, float) if hint is float else hint
    return _right(isinstance(value, kinds) and (hint is bool or not isinstance(value, bool)), value, where)


def _right(fits: bool, value: Any, where: str) -> Any:
    if not fits:
        raise HistoryError(f"what is stored cannot be read: {where} is {type(value).__name__} of no use there")
    return value
