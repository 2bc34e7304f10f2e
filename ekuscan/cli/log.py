"""What ekuscan says beside a result, on standard error: a sentence a line, or an object of JSON a line.

Sentences begin with ``ekuscan: ``. Objects have ``time`` (RFC 3339, UTC), ``level`` and ``message``, and whatever
facts a message is about under names of their own; they are for journals that are searched by field.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Literal

Level = Literal["info", "warning", "error"]
LOG_FORMATS = ("text", "json")

_chosen = ["text"]


def choose_log(format_: str) -> None:
    """Choose how messages are written from here on, as one of `LOG_FORMATS`."""
    _chosen[0] = format_


def tell(message: str, level: Level = "warning", **facts: str | int | bool | None) -> None:
    """Say something. ``facts`` are only in the objects, as the sentence has said them in words."""
    if _chosen[0] == "text":
        print(f"ekuscan: {message}", file=sys.stderr)
    else:
        _write(message, level, facts)


def mark(message: str, **facts: str | int | bool | None) -> None:
    """Say how far a command has come: for a journal, as a person at a terminal sees it move."""
    if _chosen[0] == "json":
        _write(message, "info", facts)


def _write(message: str, level: Level, facts: dict[str, str | int | bool | None]) -> None:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    print(json.dumps({"time": moment, "level": level, "message": message, **facts}), file=sys.stderr)
