"""One accepted TCP connection, and what is counted of it."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_CHUNK: Final = 65536
_LINGER: Final = "hh" if sys.platform == "win32" else "ii"


class PeerGoneError(Exception):
    """The client has closed or reset the connection."""


@dataclass(slots=True)
class Counters:
    """What happened at one endpoint so far. Written by the lab's own thread only; reading needs no lock.

    ``hellos`` are connections on which the client said anything, ``handshakes`` those whose TLS handshake our side
    completed, ``failed`` those that broke off in it, ``requests`` SIP and HTTP requests (UDP included), ``at_once``
    the most connections that were open at the same time.
    """

    connections: int = 0
    hellos: int = 0
    handshakes: int = 0
    failed: int = 0
    requests: int = 0
    open: int = 0
    at_once: int = 0
    server_name: str | None = None
    last_request: bytes = b""

    def opened(self) -> None:
        self.connections += 1
        self.open += 1
        self.at_once = max(self.at_once, self.open)

    def closed(self) -> None:
        self.open -= 1

    def asked(self, request: bytes) -> None:
        self.requests += 1
        self.last_request = request


class Wire:
    """A connection as bytes in and bytes out. All its ways to end are quiet: a client may leave at any moment."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counters: Counters) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = False
        self.counters = counters

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" once it has closed or reset."""
        try:
            data = await self._reader.read(_CHUNK)
        except OSError:
            return b""
        if data and not self._heard:
            self._heard = True
            self.counters.hellos += 1
        return data

    async def send(self, data: bytes) -> None:
        """Write, and wait while the client does not read. Raises `PeerGoneError`."""
        if self._writer.transport.is_closing():
            raise PeerGoneError
        self._writer.write(data)
        try:
            await self._writer.drain()
        except OSError as error:
            raise PeerGoneError from error

    async def until_gone(self) -> None:
        """Swallow whatever comes until the client leaves."""
        while await self.receive():
            pass

    def close(self) -> None:
        """Hang up in order: what was written is still delivered."""
        self._writer.close()

    async def end(self) -> None:
        """Hang up in order and read on until the client does the same: what it sends meanwhile causes no reset."""
        try:
            self._writer.write_eof()
        except OSError:
            return
        await self.until_gone()

    def reset(self) -> None:
        """Hang up with a TCP reset."""
        connection = self._writer.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        self._writer.transport.abort()

    def abort(self) -> None:
        """Hang up at once and drop what was not delivered."""
        self._writer.transport.abort()

    async def until_closed(self) -> None:
        """Wait until what was written is delivered and the connection is gone."""
        with suppress(OSError):
            await self._writer.wait_closed()
