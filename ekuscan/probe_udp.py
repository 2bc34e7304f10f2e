"""One SIP OPTIONS over UDP, for the banner. There is no TLS and no chain: an answer is all there is to see."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

import asyncio_dgram

from ekuscan import dial, observation
from ekuscan.model import Endpoint, Failure, Observation
from ekuscan.resolve import Address
from ekuscan.wire import banner, sip
from ekuscan.wire.reasons import failure

_SLICE: Final = 0.1
_MAX_DATAGRAMS: Final = 16


async def observe(endpoint: Endpoint, address: Address, seconds: float) -> Observation:
    """Sends one OPTIONS and waits ``seconds`` for a SIP message. ``seen`` means: something answered in SIP."""
    try:
        # It takes a host and a port, for IPv6 too; a zone stands in the host.
        stream = await asyncio_dgram.connect((address.text, endpoint.port))
    except OSError as error:
        return observation.unseen(endpoint, _failed(error, seconds), address.text)
    try:
        request = sip.options(endpoint.host, endpoint.port, "UDP", stream.sockname[:2], secrets.token_hex(8))
        await stream.send(request)
        answer = await _answer(stream, seconds)
    except OSError as error:
        answer = _failed(error, seconds)
    except asyncio_dgram.TransportClosed:
        answer = failure("connect-failed", error="the socket was closed")
    finally:
        stream.close()
    if isinstance(answer, Failure):
        return observation.unseen(endpoint, answer, address.text)
    found = banner.identify(answer.agent) if answer.agent else None
    return Observation(endpoint, address.text, "seen", None, (), found)


async def _answer(stream: asyncio_dgram.DatagramClient, seconds: float) -> sip.SipMessage | Failure:
    """The best SIP message that comes: one that names its agent, else any. Raises OSError for a refused port."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    best: sip.SipMessage | None = None
    heard = False
    for _ in range(_MAX_DATAGRAMS):
        datagram = await _receive(stream, until)
        if datagram is None:
            break
        heard = True
        for message in sip.messages(datagram):
            if message.agent or message.final:
                return message
            best = best or message
    return best or (failure("not-sip") if heard else failure("no-answer", seconds=seconds))


async def _receive(stream: asyncio_dgram.DatagramClient, until: float) -> bytes | None:
    """The next datagram, None once the time is over.

    In slices, because the library keeps a "port unreachable" that arrives while it waits until it is asked for it.
    """
    loop = asyncio.get_running_loop()
    pending = asyncio.ensure_future(stream.recv())
    try:
        while not pending.done() and (left := until - loop.time()) > 0:
            await asyncio.wait((pending,), timeout=min(_SLICE, left))
            _ = stream.exception
        return bytes(pending.result()[0]) if pending.done() else None
    finally:
        pending.cancel()
        if pending.done() and not pending.cancelled():
            pending.exception()


def _failed(error: OSError, seconds: float) -> Failure:
    # Windows tells a refused datagram as a reset connection.
    refused = isinstance(error, ConnectionRefusedError | ConnectionResetError)
    reason = "refused" if refused else dial.reason_of(error.errno or 0)
    return failure(reason, seconds=seconds, error=dial.words(error))
