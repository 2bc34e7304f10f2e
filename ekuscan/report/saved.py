"""A saved result read back: ``ekuscan.run/1`` as a document or as JSON Lines, into the run that it was made from.

Keys that are not known are passed over, as later versions add some; a key that is not there has the model's default.
"""

from __future__ import annotations

import binascii
import json
import types
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ekuscan.exit_code import FailOn, summarize
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Certificate, Chain, Endpoint, Observation, Run, RunInfo
from ekuscan.names import printable
from ekuscan.report.jsonl import SCHEMA

_KEYS = {"certificate": "sha256", "chain": "id"}
_LISTS = {
    "target": "targets",
    "connection": "connections",
    "endpoint": "endpoints",
    "verdict": "verdicts",
    "notice": "notices",
}
_MAPS = {"certificate": "certificates", "chain": "chains"}
_NAMED_OTHERWISE = {"observations": "endpoints"}
_EMPTY: Mapping[str, Any] = {
    "targets": [],
    "connections": [],
    "certificates": {},
    "chains": {},
    "endpoints": [],
    "verdicts": [],
    "notices": [],
    "problems": [],
}


class SavedResultError(ValueError):
    """What was read is no result of this kind; the message says where it differs."""


def read_result(data: bytes) -> Run:
    """The run in a file's content. Raises `SavedResultError`.

    JSON Lines hold neither problems nor a plan, and without their last line no summary: then it counts what is there,
    and the run was interrupted. `in_lines` tells such a file.
    """
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
    return _run(document, lines=in_lines(data))


def in_lines(data: bytes) -> bool:
    """Whether a result is in the form of JSON Lines."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    return bool(rest.strip()) and first.startswith(b'{"type"')


def _run(document: Mapping[str, Any], *, lines: bool) -> Run:
    holder, hints = {**_EMPTY, **document}, _hints(Run)
    found = {one.name: _value(hints[one.name], holder, _key(one.name)) for one in _present(holder)}
    info: RunInfo = found["run"]
    if "summary" not in found:
        found["run"] = replace(info, complete=False)
        seen = found["verdicts"], found["observations"], found["connections"]
        found["summary"] = summarize(*seen, 0, FailOn(), info.as_of, complete=False)
    elif lines:
        # The line of the run is the first one, and says nothing of its end.
        found["run"] = replace(info, complete=True, finished=info.finished or _end(info, found["observations"]))
    chains, certificates = found["chains"], found["certificates"]
    ders = {id_: ders for id_, chain in chains.items() if (ders := _ders(chain, certificates)) is not None}
    found["observations"] = tuple(_with_chains(one, ders) for one in found["observations"])
    return Run(**found)


def _key(name: str) -> str:
    return _NAMED_OTHERWISE.get(name, name)


def _present(holder: Mapping[str, Any]) -> Iterable[Any]:
    return (one for one in fields(Run) if _key(one.name) in holder or one.name == "run")


def _end(info: RunInfo, observations: Iterable[Observation]) -> datetime:
    sights = (sight for observation in observations for sight in observation.sights)
    return max((sight.started + timedelta(seconds=sight.seconds) for sight in sights), default=info.started)


def _ders(chain: Chain, certificates: Mapping[str, Certificate]) -> tuple[bytes, ...] | None:
    """The certificates of a chain as they were presented; None where one is missing, or is not what its name says."""
    ders = [der_of(certificates[one].pem) if one in certificates else b"" for one in chain.presented]
    return tuple(ders) if [sha256_hex(der) for der in ders] == list(chain.presented) else None


def der_of(pem: str) -> bytes:
    """The DER of a certificate's PEM, b"" where there is none."""
    body = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    try:
        return binascii.a2b_base64(body.encode(), strict_mode=True)
    except ValueError:
        return b""


def _with_chains(observation: Observation, ders: Mapping[str, tuple[bytes, ...]]) -> Observation:
    shown = dict.fromkeys(sight.chain for sight in observation.sights)
    return replace(observation, presented={id_: ders[id_] for id_ in shown if id_ is not None and id_ in ders})


def _document(data: bytes) -> Any:
    """The document; one that is put together where the result is in lines."""
    if not in_lines(data):
        return json.loads(data)
    found: dict[str, Any] = {key: type(value)() for key, value in _EMPTY.items()}
    for line in data.splitlines():
        if not line.strip():
            continue
        one = json.loads(line)
        kind = one.pop("type", None) if isinstance(one, dict) else None
        if kind == "run":
            found |= {"schema": one.pop("schema", ""), "run": one}
        elif kind == "summary":
            found["summary"] = one
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
    if hint is date:
        return _day(value, where)
    if hint is Observation:
        return _observation(value, where)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, value, where)
    kinds = (int, float) if hint is float else hint
    return _checked(isinstance(value, kinds) and (hint is bool or not isinstance(value, bool)), value, where)


def _record(kind: Any, value: Any, where: str, beside: Mapping[str, Any] | None = None) -> Any:
    """A record from an object; ``beside`` are fields that it does not hold."""
    _checked(isinstance(value, dict), value, where)
    hints, found = _hints(kind), dict(beside or {})
    for one in fields(kind):
        key = one.name.removesuffix("_")
        if one.name in found:
            continue
        if key in value:
            found[one.name] = _read(hints[one.name], value[key], f"{where}.{key}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise SavedResultError(f"{printable(where, 120)}.{key} is missing")
    return kind(**found)


def _observation(value: Any, where: str) -> Any:
    """An endpoint and what it showed stand in one object; ``address`` there is the one that was reached."""
    endpoint = _record(Endpoint, value, where, {"address": None})
    return _record(Observation, value, where, {"endpoint": endpoint, "presented": {}, "ca_names": {}})


def _instant(value: Any, where: str) -> datetime:
    _checked(isinstance(value, str), value, where)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    _checked(found is not None and found.tzinfo is not None, value, where)
    assert found is not None
    return found


def _day(value: Any, where: str) -> date:
    _checked(isinstance(value, str), value, where)
    try:
        return date.fromisoformat(value)
    except ValueError:
        _checked(False, value, where)
        raise


def _checked(right: bool, value: Any, where: str) -> Any:
    if not right:
        raise SavedResultError(f"{printable(where, 120)} is {printable(repr(value), 60)}, which no result has there")
    return value
