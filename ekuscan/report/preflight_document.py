"""What a change would do as one JSON document, ``ekuscan.preflight/1``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from ekuscan.foresight import SCHEMA, Foresight
from ekuscan.model import Record, Verdict
from ekuscan.report import encode

_VERDICTS = ("before", "after", "uploads")


def render(found: Foresight) -> Iterator[str]:
    """The whole document, in pieces; every object of a list has a line of its own, so that `grep` and `diff` work on
    it. Verdicts are those of ``ekuscan.run/1``."""
    yield '{"schema":' + encode.string(SCHEMA).decode()
    for field in fields(found):
        value = getattr(found, field.name)
        yield f',\n"{field.name}":'
        if field.name in _VERDICTS:
            yield from _list([_verdict(one) for one in value])
        elif isinstance(value, tuple):
            yield from _list([encode.plain(one).decode() for one in value])
        else:
            yield encode.plain(value).decode()
    yield "}\n"


def _verdict(verdict: Verdict) -> str:
    return encode.body(Record("verdict", verdict.id, verdict)).decode()


def _list(items: Sequence[Any]) -> Iterator[str]:
    yield "[" + "".join(f"{',' if place else ''}\n{item}" for place, item in enumerate(items))
    yield "\n]" if items else "]"
