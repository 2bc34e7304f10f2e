"""The single things that faulty endpoints do with a connection."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Final

from ekuscan.lab.server import Handler
from ekuscan.lab.wire import Wire

Deed = Callable[[Wire], Awaitable[None]]

GARBAGE: Final = random.Random(5246).randbytes(400).replace(b"\x16", b"\x99")
# Colour, the window's title, a bell, a line over this one, C1 controls, and more than anybody shows.
HOSTILE_AGENT: Final = "\x1b[31mred\x1b]0;owned\x07\rBROKEN NOW\x9b2J\x85" + "A" * 5000
WARNING: Final = 1
FATAL: Final = 2
UNRECOGNIZED_NAME: Final = 112

_INTERNAL_ERROR: Final = 80
_ALERT_HEAD: Final = b"\x15\x03\x03\x00\x02"
_RECORD_HEAD: Final = 5
# RFC 5246 §7.4.1.1: may be sent at any time, and a client in a handshake has to ignore it.
HELLO_REQUEST: Final = b"\x16\x03\x03\x00\x04" + bytes(4)
# Enough to be without end for whoever is bounded; still an end, so that the lab is bounded too.
_ENDLESS: Final = 64 << 20


async def stay(wire: Wire) -> None:
    await wire.until_gone()


async def close(wire: Wire) -> None:
    await wire.end()


async def reset(wire: Wire) -> None:
    wire.reset()


async def break_off(wire: Wire) -> None:
    await wire.send(alert(FATAL, _INTERNAL_ERROR))


async def babble(wire: Wire) -> None:
    await wire.send(GARBAGE)
    await wire.until_gone()


async def ask_forever(wire: Wire) -> None:
    await forever(wire.send, HELLO_REQUEST * 1000)


async def forever(send: Callable[[bytes], Awaitable[None]], data: bytes) -> None:
    """Send the same again and again, until the client leaves or 64 MB are sent."""
    for _ in range(_ENDLESS // len(data)):
        await send(data)


def alert(level: int, number: int) -> bytes:
    """A TLS alert record (RFC 5246 §7.2)."""
    return _ALERT_HEAD + bytes((level, number))


def first_record(data: bytes) -> bytes:
    """The first TLS record of what a server sends: its ServerHello."""
    return data[: _RECORD_HEAD + int.from_bytes(data[3:_RECORD_HEAD], "big")]


def saying(data: bytes) -> Deed:
    """Say this and then nothing more."""

    async def say(wire: Wire) -> None:
        await wire.send(data)
        await wire.until_gone()

    return say


def on_hello(deed: Deed) -> Handler:
    """The deed once the client has said something."""

    async def handler(wire: Wire) -> None:
        if await wire.receive():
            await deed(wire)

    return handler
