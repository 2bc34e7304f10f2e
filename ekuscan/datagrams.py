"""A UDP socket connected to one peer: the system drops what comes from elsewhere, and reports a refused port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncio_dgram

from ekuscan import dial
from ekuscan.model import Failure
from ekuscan.resolve import Address
from ekuscan.wire.reasons import failure

_SLICE: Final = 0.1


class Datagrams:
    """Whole datagrams out and in. Every method raises OSError, also for an error that came in the meantime."""

    __slots__ = ("_stream",)

    def __init__(self, stream: asyncio_dgram.DatagramClient) -> None:
        self._stream = stream

    @property
    def own_address(self) -> tuple[str, int]:
        """Our end: address and port."""
        host, port = self._stream.sockname[:2]
        return str(host), int(port)

    async def send(self, datagram: bytes) -> None:
        try:
            await self._stream.send(datagram)
        except asyncio_dgram.TransportClosed as error:
            raise _closed() from error

    async def receive(self, until: float) -> bytes | None:
        """The next datagram, None once the loop's clock has reached ``until``.

        It waits in slices, because the library keeps a "port unreachable" that arrives meanwhile until it is asked.
        """
        loop = asyncio.get_running_loop()
        pending = asyncio.ensure_future(self._stream.recv())
        try:
            while not pending.done() and (left := until - loop.time()) > 0:
                await asyncio.wait((pending,), timeout=min(_SLICE, left))
                _ = self._stream.exception
            return bytes(pending.result()[0]) if pending.done() else None
        except asyncio_dgram.TransportClosed as error:
            raise _closed() from error
        finally:
            pending.cancel()
            if pending.done() and not pending.cancelled():
                pending.exception()


@asynccontextmanager
async def connected(address: Address, port: int) -> AsyncIterator[Datagrams]:
    """The socket while the block runs. Raises OSError where the system has no way to the address."""
    # It takes a host and a port, for IPv6 too; a zone stands in the host.
    stream = await asyncio_dgram.connect((address.text, port))
    try:
        yield Datagrams(stream)
    finally:
        stream.close()


def failed(error: OSError, seconds: float) -> Failure:
    """What an error of the socket says about the port."""
    # Windows tells a refused datagram as a reset connection.
    refused = isinstance(error, ConnectionRefusedError | ConnectionResetError)
    reason = "refused" if refused else dial.reason_of(error.errno or 0)
    return failure(reason, seconds=seconds, error=dial.words(error))


def _closed() -> OSError:
    return OSError("the socket was closed")
