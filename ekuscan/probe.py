"""One endpoint to one Observation: a name, an address, a connection, a handshake, and what the port's protocol adds.

Failures are values: whatever the network or the peer does, an Observation comes back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ekuscan import observation, probe_udp
from ekuscan.dial import one_per_family
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Failure, Observation
from ekuscan.resolve import Address, Names, literal
from ekuscan.session import Account, Clock, NoConnection, Session
from ekuscan.turns import Turns
from ekuscan.wire import banner
from ekuscan.wire.reasons import REASONS
from ekuscan.wire.request import client_certificate, handshake_failure

__all__ = ["REASONS", "Clock", "ProbeLimits", "observe", "server_name"]

# RFC 1035 §2.3.4.
_MAX_NAME: Final = 255


async def observe(
    endpoint: Endpoint,
    limits: ProbeLimits,
    clock: Clock,
    *,
    names: Names | None = None,
    turns: Turns | None = None,
) -> Observation:
    """Looks at one endpoint. ``names`` and ``turns`` are shared by the endpoints of a sweep, else made for this one.

    ``clock`` gives the current time, aware, in UTC. The running event loop must be a selector loop.
    """
    if names is None:
        own = Names(limits.resolve)
        try:
            return await observe(endpoint, limits, clock, names=own, turns=turns)
        finally:
            own.close()
    addresses = await names.look_up(endpoint.host)
    if isinstance(addresses, Failure):
        return observation.unseen(endpoint, addresses)
    if endpoint.protocol == "sip-udp":
        return await probe_udp.observe(endpoint, addresses[0], min(limits.answer, limits.deadline))
    turns = turns or Turns()
    session = Session(endpoint, one_per_family(addresses), server_name(endpoint), limits, clock, turns)
    try:
        session.begin()
        outcome = await session.outcome
    except BaseException:
        session.abandon()
        raise
    if isinstance(outcome, NoConnection):
        return observation.unseen(endpoint, outcome.failure, outcome.address.text)
    found = _observed(endpoint, outcome)
    if endpoint.service == "uds" and found.presented:
        return await _with_release(found, outcome.address, limits, turns)
    return found


def server_name(endpoint: Endpoint) -> str | None:
    """The name for SNI: the endpoint's own, else its host if that is a DNS name. RFC 6066 §3 allows no address."""
    name = (endpoint.server_name or endpoint.host).rstrip(".")
    if not name or literal(name) is not None:
        return None
    try:
        encoded = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return encoded if len(encoded) <= _MAX_NAME else None


def _observed(endpoint: Endpoint, account: Account) -> Observation:
    judged = client_certificate(account.trace, account.refused_by)
    failure = handshake_failure(account.trace, judged, account.plain)
    seen, presented = observation.sight(account.trace, judged, failure, account.started, account.seconds)
    found = banner.identify(account.agent) if account.agent else None
    return observation.observed(endpoint, account.address.text, seen, presented, found)


async def _with_release(found: Observation, address: Address, limits: ProbeLimits, turns: Turns) -> Observation:
    """Adds the release that Unified CM tells without credentials. It is another handshake, so it waits its turn."""
    # httpx is heavy, and only endpoints that serve UDS need it.
    from ekuscan import uds

    await turns.wait(address.text)
    try:
        release = await uds.release(address.text, found.endpoint.port, server_name(found.endpoint), limits.answer)
    finally:
        turns.give_back(address.text)
    return replace(found, banner=release) if release is not None else found
