"""One SIP OPTIONS over UDP, for the banner. There is no TLS and no chain: an answer is all there is to see."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from ekuscan import datagrams, observation
from ekuscan.model import Endpoint, Failure, Observation
from ekuscan.resolve import Address
from ekuscan.wire import banner, sip
from ekuscan.wire.reasons import failure

_MAX_DATAGRAMS: Final = 16


async def observe(endpoint: Endpoint, address: Address, seconds: float) -> Observation:
    """Sends one OPTIONS and waits ``seconds`` for a SIP message. ``seen`` means: something answered in SIP."""
    try:
        async with datagrams.connected(address, endpoint.port) as line:
            await line.send(sip.options(endpoint.host, endpoint.port, "UDP", line.own_address, secrets.token_hex(8)))
            answer = await _answer(line, seconds)
    except OSError as error:
        answer = datagrams.failed(error, seconds)
    if isinstance(answer, Failure):
        return observation.unseen(endpoint, answer, address.text)
    found = banner.identify(answer.agent) if answer.agent else None
    return Observation(endpoint, address.text, "seen", None, (), found)


async def _answer(line: datagrams.Datagrams, seconds: float) -> sip.SipMessage | Failure:
    """The best SIP message that comes: one that names its agent, else any. Raises OSError for a refused port."""
    until = asyncio.get_running_loop().time() + seconds
    best: sip.SipMessage | None = None
    heard = False
    for _ in range(_MAX_DATAGRAMS):
        datagram = await line.receive(until)
        if datagram is None:
            break
        heard = True
        for message in sip.messages(datagram):
            if message.agent or message.final:
                return message
            best = best or message
    return best or (failure("not-sip") if heard else failure("no-answer", seconds=seconds))
