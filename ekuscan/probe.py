"""One endpoint to one Observation: a name, an address, connections and handshakes, and what the protocol adds.

Failures are values: whatever the network or the peer does, an Observation comes back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ekuscan import observation
from ekuscan.dial import one_per_family
from ekuscan.limits import ProbeLimits
from ekuscan.look import Look
from ekuscan.model import Endpoint, Failure, Observation
from ekuscan.protocols import transport_of
from ekuscan.resolve import Address, Names, literal
from ekuscan.session import Clock
from ekuscan.turns import Turns
from ekuscan.wire.reasons import REASONS, failure

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
    proxy = limits.proxy
    over_udp = transport_of(endpoint.protocol) == "udp"
    if proxy is not None and over_udp:
        return observation.skipped(endpoint, failure("proxy-udp"))
    addresses = await names.look_up((endpoint.address or endpoint.host) if proxy is None else proxy.host)
    if isinstance(addresses, Failure):
        why = addresses if proxy is None else failure("proxy-unreachable", error=addresses.detail)
        return observation.unseen(endpoint, why)
    turns = turns or Turns()
    if over_udp:
        return await _over_udp(endpoint, addresses[0], limits, clock, turns)
    look = Look(endpoint, one_per_family(addresses), server_name(endpoint), limits, clock, turns)
    found = await look.observe()
    if endpoint.service == "uds" and found.presented and look.address is not None and proxy is None:
        return await _with_release(found, look.address, min(limits.answer, look.deadline.left), turns)
    return found


async def _over_udp(
    endpoint: Endpoint, address: Address, limits: ProbeLimits, clock: Clock, turns: Turns
) -> Observation:
    # What speaks UDP is loaded for endpoints that do.
    from ekuscan import probe_dtls, probe_udp

    if endpoint.protocol == "sip-udp":
        return await probe_udp.observe(endpoint, address, min(limits.answer, limits.deadline))
    return await probe_dtls.observe(endpoint, address, limits, clock, server_name(endpoint), turns)


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


async def _with_release(found: Observation, address: Address, seconds: float, turns: Turns) -> Observation:
    """Adds the release that Unified CM tells without credentials. It is another connection: it keeps the pace, and
    waits its turn."""
    if seconds <= 0:
        return found
    # httpx is heavy, and only endpoints that serve UDS need it.
    from ekuscan import uds

    await turns.start()
    await turns.wait(address.text)
    try:
        release = await uds.release(address.text, found.endpoint.port, server_name(found.endpoint), seconds)
    finally:
        turns.give_back(address.text)
    return replace(found, banner=release) if release is not None else found
