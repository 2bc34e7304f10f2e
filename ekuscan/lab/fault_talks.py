"""Faulty endpoints that never complete a handshake. Each function makes a handler from a `FaultKit`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ekuscan.lab.fault_deeds import (
    FATAL,
    GARBAGE,
    HOSTILE_AGENT,
    Deed,
    alert,
    ask_forever,
    babble,
    close,
    first_record,
    forever,
    on_hello,
    reset,
    saying,
    stay,
)
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import Handler
from ekuscan.lab.talk import Manners, sip_answer
from ekuscan.lab.tls import TlsEnd
from ekuscan.lab.wire import Wire

_CHUNK: Final = 16_384
_RECORD_HEAD: Final = 5


def silent(kit: FaultKit) -> Handler:
    return stay


def closes_at_once(kit: FaultKit) -> Handler:
    return close


def resets_at_once(kit: FaultKit) -> Handler:
    async def handler(wire: Wire) -> None:
        # Without the pause some clients would see the reset as a failed connection attempt, and some as this.
        await asyncio.sleep(kit.pace / 10)
        wire.reset()

    return handler


def closes_after_hello(kit: FaultKit) -> Handler:
    return on_hello(close)


def resets_after_hello(kit: FaultKit) -> Handler:
    return on_hello(reset)


def plain_http(kit: FaultKit) -> Handler:
    body = b"<h1>400 Bad Request</h1>"
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    return on_hello(saying(head + body))


def plain_sip(kit: FaultKit) -> Handler:
    return on_hello(saying(b"SIP/2.0 400 Bad Request\r\nServer: Lab-Fault/1\r\nContent-Length: 0\r\n\r\n"))


def greets_as_ssh(kit: FaultKit) -> Handler:
    return saying(b"SSH-2.0-Lab_1.0\r\n")


def greets_as_mail_server(kit: FaultKit) -> Handler:
    return saying(b"220 fault.lab.example ESMTP\r\n")


def garbage(kit: FaultKit) -> Handler:
    return on_hello(babble)


def refuses_with(number: int) -> Callable[[FaultKit], Handler]:
    """A fatal alert in answer to the ClientHello."""
    return lambda kit: on_hello(saying(alert(FATAL, number)))


def asks_on_hello(kit: FaultKit) -> Handler:
    return on_hello(ask_forever)


def echo(kit: FaultKit) -> Handler:
    async def handler(wire: Wire) -> None:
        while data := await wire.receive():
            await wire.send(data)

    return handler


def drips(kit: FaultKit) -> Handler:
    return _dripping(kit, lambda flight: 0)


def _dripping(kit: FaultKit, at_once: Callable[[bytes], int]) -> Handler:
    """The first flight byte by byte, but for so many bytes at its beginning."""
    context = kit.plain

    async def handler(wire: Wire) -> None:
        flight: list[bytes] = []

        def keep(data: bytes) -> bytes:
            flight.append(data)
            return b""

        await TlsEnd(context, wire, mangle=keep).first_flight()
        whole = b"".join(flight)
        begun = at_once(whole)
        await wire.send(whole[:begun])
        for byte in whole[begun:]:
            await wire.send(bytes((byte,)))
            await asyncio.sleep(kit.pace)

    return handler


def half_hello_then(deed: Deed) -> Callable[[FaultKit], Handler]:
    """``deed`` once half of the ServerHello is out."""
    return lambda kit: _flight_then(kit, lambda data: data[: len(first_record(data)) // 2], deed)


def drips_after_hello(kit: FaultKit) -> Handler:
    return _dripping(kit, lambda flight: len(first_record(flight)))


def server_hello_then(deed: Deed) -> Callable[[FaultKit], Handler]:
    """``deed`` once the ServerHello is out, and nothing after it."""
    return lambda kit: _flight_then(kit, first_record, deed)


def certificate_then(deed: Deed) -> Callable[[FaultKit], Handler]:
    """``deed`` instead of the end of the handshake, once the client has answered our certificate."""

    async def on_answer(wire: Wire) -> None:
        if await wire.receive():
            await deed(wire)

    return lambda kit: _flight_then(kit, bytes, on_answer)


def garbled_certificate(kit: FaultKit) -> Handler:
    def mangle(data: bytes) -> bytes:
        start = len(first_record(data)) + _RECORD_HEAD
        # Past the message's type and length: the list's length no longer fits, as after a fault in transmission.
        return data[: start + 4] + b"\xff\xff\xff" + data[start + 7 :]

    return _flight_then(kit, mangle, stay)


def endless_certificate(kit: FaultKit) -> Handler:
    fragment = b"\x16\x03\x03" + _CHUNK.to_bytes(2, "big")

    async def pour(wire: Wire) -> None:
        await wire.send(fragment + b"\x0b\xff\xff\xff" + bytes(_CHUNK - 4))
        await forever(wire.send, fragment + bytes(_CHUNK))

    return _flight_then(kit, first_record, pour)


def swallow(datagram: bytes) -> bytes | None:
    return None


def hostile_sip(datagram: bytes) -> bytes | None:
    return sip_answer(datagram, Manners(agent=HOSTILE_AGENT))


def babble_back(datagram: bytes) -> bytes | None:
    return GARBAGE


def _flight_then(kit: FaultKit, mangle: Callable[[bytes], bytes], deed: Deed) -> Handler:
    context = kit.plain

    async def handler(wire: Wire) -> None:
        await TlsEnd(context, wire, mangle=mangle).first_flight()
        await deed(wire)

    return handler
