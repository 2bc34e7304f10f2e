"""What changed between two runs as one JSON document, ``ekuscan.diff/1``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ekuscan.news import SCHEMA, News
from ekuscan.report import encode


def render(news: News) -> Iterator[str]:
    """The whole document, in pieces; every object of a list has a line of its own."""
    yield '{"schema":' + encode.string(SCHEMA).decode()
    for field in fields(news):
        value = getattr(news, field.name)
        yield f',\n"{field.name}":'
        if not isinstance(value, tuple):
            yield encode.plain(value).decode()
            continue
        yield "[" + "".join(f"{',' if place else ''}\n{encode.plain(one).decode()}" for place, one in enumerate(value))
        yield "\n]" if value else "]"
    yield "}\n"
