"""One endpoint that speaks DTLS over UDP, to one Observation: a handshake, and nothing after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from ekuscan import datagrams, observation
from ekuscan.datagrams import Datagrams
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Enforcement, Observation, Request
from ekuscan.resolve import Address
from ekuscan.turns import Turns
from ekuscan.wire.dtls import Handshake
from ekuscan.wire.dtls_failure import handshake_failure
from ekuscan.wire.openssl import MAX_CA_NAMES
from ekuscan.wire.reasons import failure
from ekuscan.wire.request import client_certificate


async def observe(
    endpoint: Endpoint,
    address: Address,
    limits: ProbeLimits,
    clock: Callable[[], datetime],
    server_name: str | None,
    turns: Turns,
) -> Observation:
    """Looks at one endpoint, once its host's turn has come. ``clock`` gives the current time, aware, in UTC.

    No client certificate is presented. A port that is silent for ``limits.patience`` seconds holds nobody up any more.
    ``limits.handshake`` bounds the handshake. A port that has sent nothing after ``limits.connect`` seconds is given up
    earlier. Until then what was sent goes out again by OpenSSL's timer: after 1 s, then each time after twice as long.
    """
    await turns.wait(address.text)
    handshake = Handshake(server_name, limits.received)
    turn = _Turn(turns, address.text)
    timer = asyncio.get_running_loop().call_later(
        limits.patience, lambda: turn.give_back() if not handshake.datagrams else None
    )
    try:
        return await _look(endpoint, address, limits, clock, handshake)
    finally:
        timer.cancel()
        turn.give_back()


class _Turn:
    """A turn that is given back once, by whoever is first."""

    def __init__(self, turns: Turns, host: str) -> None:
        self._turns: Turns | None = turns
        self._host = host

    def give_back(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.give_back(self._host)


async def _look(
    endpoint: Endpoint, address: Address, limits: ProbeLimits, clock: Callable[[], datetime], handshake: Handshake
) -> Observation:
    loop = asyncio.get_running_loop()
    started, begun = clock(), loop.time()
    silence = min(limits.connect, limits.handshake, limits.deadline)
    try:
        async with datagrams.connected(address, endpoint.port) as line:
            await _shake(handshake, line, begun + silence, begun + min(limits.handshake, limits.deadline))
            trace = handshake.trace()
            await _send(line, handshake.close())
    except OSError as error:
        if not handshake.datagrams:
            return observation.unseen(endpoint, datagrams.failed(error, silence), address.text)
        handshake.peer_left()
        trace = handshake.trace()
    if not handshake.datagrams:
        return observation.unseen(endpoint, failure("no-answer-dtls", seconds=silence), address.text)
    judged = client_certificate(trace)
    why = handshake_failure(handshake, trace, judged)
    seconds = round(loop.time() - begun, 6)
    seen, presented = observation.sight(trace, judged, why, started, seconds)
    cut = len(trace.ca_names) == MAX_CA_NAMES
    names = dict(zip(judged.ca_names, trace.ca_names, strict=True)) if trace.ca_names else {}
    found = observation.observed(endpoint, address.text, (seen,), presented, names, None, ca_names_cut=cut)
    return replace(found, enforcement=_untried(judged.request)) if limits.identities else found


def _untried(request: Request) -> Enforcement:
    """What is said where certificates were to be presented."""
    why = "it asks for none" if request == "none" else "over DTLS ekuscan presents none"
    return Enforcement("undecided", "inferred", (why,))


async def _shake(handshake: Handshake, line: Datagrams, hello_until: float, until: float) -> None:
    """Runs the handshake to its end. Raises OSError where the system reports that nothing listens (any more)."""
    loop = asyncio.get_running_loop()
    await _send(line, handshake.start())
    while handshake.ending is None and not handshake.opened:
        end = until if handshake.datagrams else hello_until
        due = handshake.timeout()
        datagram = await line.receive(end if due is None else min(end, loop.time() + due))
        if datagram is not None:
            await _send(line, handshake.receive(datagram))
        elif loop.time() >= end:
            handshake.give_up()
        else:
            await _send(line, handshake.retransmit())


async def _send(line: Datagrams, flight: Iterable[bytes]) -> None:
    for datagram in flight:
        await line.send(datagram)
