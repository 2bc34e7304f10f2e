"""The lines of a history in a file: ``ekuscan.history/1``, JSON Lines.

First a line that names the schema, then runs, texts, certificates and things, each before what names it. A thing is
what an endpoint or a verdict was from one run to another of its list (``first`` and ``last`` are ids of runs). A run
may come again: the later line says how it ended.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from ekuscan.history.contents import Kept
from ekuscan.history.runs import StoredRun
from ekuscan.report import encode

SCHEMA: Final = "ekuscan.history/1"
LONGEST: Final = 128 * 1024 * 1024


def head_line() -> bytes:
    return _line({"type": "history", "schema": SCHEMA})


def run_line(run: StoredRun) -> bytes:
    return _line(
        {
            "type": "run",
            "info": run.info,
            "swept": run.swept,
            "judging": run.judging,
            "asked": run.asked,
            "inventory": run.inventory,
            "endpoints": run.endpoints,
            "holder": run.holder,
            "summary": run.summary,
        }
    )


def text_line(name: str, data: bytes) -> bytes:
    return _line({"type": "text", "sha256": name, "data": b64encode(data).decode()})


def certificate_line(name: str, der: bytes) -> bytes:
    return _line({"type": "certificate", "sha256": name, "der": b64encode(der).decode()})


def thing_line(first: str, last: str, one: Kept) -> bytes:
    return _line(
        {
            "type": "thing",
            "kind": one.kind,
            "name": one.name,
            "first": first,
            "last": last,
            "times": one.times,
            "data": one.data.decode(),
        }
    )


def _line(value: dict[str, Any]) -> bytes:
    return encode.plain(value) + b"\n"
