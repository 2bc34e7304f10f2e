"""Talks of lines before TLS (SMTP, IMAP), played by the rows of ``starttls.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ekuscan import toml
from ekuscan.record import record
from ekuscan.wire.exchange import Exchange, words

STAY: Final = "stay"
NEXT: Final = "next"


@record
class LineRow:
    """What a line that is ``like`` this means: ``then`` is "stay", "next" or a failure reason."""

    like: re.Pattern[bytes]
    then: str


@record
class StepRow:
    """What is sent, and the reply to it. ``offers`` is like a line that offers TLS; None where none has to come."""

    send: bytes
    lines: tuple[LineRow, ...]
    offers: re.Pattern[bytes] | None


@record
class LineProtocol:
    """A protocol of the table. ``begins`` matches what the peer's first bytes can be, or the first few of them."""

    id: str
    name: str
    begins: re.Pattern[bytes]
    source: str
    steps: tuple[StepRow, ...]


@cache
def line_protocols() -> Mapping[str, LineProtocol]:
    """The rows of the table by the protocol of an endpoint."""
    table = toml.loads(Path(__file__).with_name("starttls.toml").read_text(encoding="utf-8"))
    rows = (
        LineProtocol(
            id=row["id"],
            name=row["name"],
            begins=_pattern(row["begins"]),
            source=row["source"],
            steps=tuple(map(_step, row["step"])),
        )
        for row in table["protocol"]
    )
    return MappingProxyType({row.id: row for row in rows})


class LineTalk(Exchange):
    """A `Dialogue` in which both sides speak in lines. A bare line feed ends a line too."""

    __slots__ = ("_offered", "_protocol", "_step_number")
    peer_begins = True

    def __init__(self, protocol: LineProtocol) -> None:
        super().__init__(protocol.name, protocol.begins)
        self._protocol = protocol
        self._step_number = 0
        self._offered = False

    def start(self) -> bytes:
        return self._protocol.steps[0].send

    def _take(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return self._answer(line)

    def _answer(self, line: bytes) -> bytes:
        step = self._protocol.steps[self._step_number]
        if step.offers is not None and step.offers.match(line):
            self._offered = True
        then = next((row.then for row in step.lines if row.like.match(line)), None)
        if then is None:
            self._not_the_protocol(line)
        elif then == NEXT:
            return self._next(step)
        elif then != STAY:
            self._fail(then, protocol=self._name, error=words(line))
        return b""

    def _next(self, step: StepRow) -> bytes:
        if step.offers is not None and not self._offered:
            self._fail("no-starttls", protocol=self._name)
            return b""
        self._step_number += 1
        if self._step_number == len(self._protocol.steps):
            self.ready = True
            return b""
        return self._protocol.steps[self._step_number].send


def _step(row: Mapping[str, Any]) -> StepRow:
    offers = row.get("offers")
    return StepRow(
        send=row["send"].encode("ascii"),
        lines=tuple(LineRow(_pattern(line["like"]), line["then"]) for line in row["line"]),
        offers=_pattern(offers) if offers else None,
    )


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode("ascii"), re.IGNORECASE)
