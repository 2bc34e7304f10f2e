"""Sound proxies on loopback that pass bytes on: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC 1929)."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from ipaddress import ip_address
from typing import Final

from ekuscan.lab.server import Handler
from ekuscan.lab.wire import PeerGoneError, Wire
from ekuscan.record import record

Place = tuple[str, int]

_CHUNK: Final = 65_536
_MAX_HEAD: Final = 16_384
_HEAD_END: Final = b"\r\n\r\n"
_CONNECT: Final = re.compile(rb"CONNECT (\S+):(\d{1,5}) HTTP/1\.1\r\n")
_IPV4: Final = 1
_NAME: Final = 3
_IPV6: Final = 4
_SIZES: Final = {_IPV4: 4, _IPV6: 16}


@record
class Gate:
    """Where a proxy lets clients through to: ``places`` maps what is asked for, as it is spelt, to where it is served.

    What it does not map is refused. ``login`` is the user and password that are wanted, None where none are. ``asked``
    collects what was asked for.
    """

    places: Mapping[Place, Place]
    login: tuple[str, str] | None = None
    asked: list[Place] = field(default_factory=list)

    def place(self, host: str, port: int) -> Place | None:
        self.asked.append((host, port))
        return self.places.get((host, port))


def http_proxy(gate: Gate) -> Handler:
    """The handler of an HTTP proxy that knows CONNECT only."""

    async def handler(wire: Wire) -> None:
        head = await _until(wire, _HEAD_END)
        if gate.login is not None:
            wanted = b"Proxy-Authorization: Basic " + b64encode(":".join(gate.login).encode())
            if wanted not in head.split(b"\r\n"):
                await wire.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
        asked = _CONNECT.match(head)
        place = gate.place(asked[1].decode("ascii", "replace").strip("[]"), int(asked[2])) if asked else None
        if place is None:
            await wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        await _pass_on(wire, place, b"HTTP/1.1 200 Connection established\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

    return handler


def socks_proxy(gate: Gate) -> Handler:
    """The handler of a SOCKS5 proxy that knows CONNECT only."""

    async def handler(wire: Wire) -> None:
        reader = _Exactly(wire)
        _, count = await reader.take(2)
        methods = await reader.take(count)
        method = 0 if gate.login is None else 2
        if method not in methods:
            await wire.send(b"\x05\xff")
            return
        await wire.send(bytes((5, method)))
        if gate.login is not None and not await _logged_in(wire, reader, gate.login):
            return
        place = gate.place(*await _asked_for(reader))
        if place is None:
            await wire.send(b"\x05\x02\x00\x01" + bytes(6))
            return
        await _pass_on(wire, place, b"\x05\x00\x00\x01" + bytes(6), b"\x05\x05\x00\x01" + bytes(6))

    return handler


class _Exactly:
    """Takes exactly so many bytes from a wire. Raises `PeerGoneError` where the client leaves before."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._kept = bytearray()

    async def take(self, size: int) -> bytes:
        while len(self._kept) < size:
            data = await self._wire.receive()
            if not data:
                raise PeerGoneError
            self._kept += data
        taken = bytes(self._kept[:size])
        del self._kept[:size]
        return taken

    async def counted(self) -> str:
        return (await self.take((await self.take(1))[0])).decode("utf-8", "replace")


async def _until(wire: Wire, end: bytes) -> bytes:
    data = b""
    while end not in data:
        more = await wire.receive()
        if not more or len(data) > _MAX_HEAD:
            raise PeerGoneError
        data += more
    return data


async def _logged_in(wire: Wire, reader: _Exactly, login: tuple[str, str]) -> bool:
    await reader.take(1)
    right = (await reader.counted(), await reader.counted()) == login
    await wire.send(b"\x01\x00" if right else b"\x01\x01")
    return right


async def _asked_for(reader: _Exactly) -> Place:
    kind = (await reader.take(4))[3]
    if kind not in (_IPV4, _NAME, _IPV6):
        raise PeerGoneError
    host = await reader.counted() if kind == _NAME else str(ip_address(await reader.take(_SIZES[kind])))
    return host, int.from_bytes(await reader.take(2), "big")


async def _pass_on(wire: Wire, place: Place, yes: bytes, no: bytes) -> None:
    try:
        reader, writer = await asyncio.open_connection(*place)
    except OSError:
        await wire.send(no)
        return
    try:
        await wire.send(yes)
        back = asyncio.ensure_future(_to_client(reader, wire))
        try:
            while data := await wire.receive():
                writer.write(data)
                await writer.drain()
        finally:
            back.cancel()
    except OSError:
        pass
    finally:
        writer.close()


async def _to_client(reader: asyncio.StreamReader, wire: Wire) -> None:
    with suppress(OSError, PeerGoneError):
        while data := await reader.read(_CHUNK):
            await wire.send(data)
        wire.close()
