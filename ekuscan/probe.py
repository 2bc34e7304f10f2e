"""One endpoint to one Observation: a name, an address, connections and handshakes, and what the protocol adds.

Failures are values: whatever the network or the peer does, an Observation comes back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ekuscan import observation, probe_udp
from ekuscan.dial import one_per_family
from ekuscan.limits import ProbeLimits
from ekuscan.model import Banner, Endpoint, Failure, Observation, Sight
from ekuscan.resolve import Address, Names, literal
from ekuscan.session import Account, Attempt, Clock, Deadline, NoHandshake, Session
from ekuscan.turns import Turns
from ekuscan.views import View, first_view, next_view
from ekuscan.wire import banner
from ekuscan.wire.dialogue import preamble
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
    look = _Look(endpoint, one_per_family(addresses), server_name(endpoint), limits, clock, turns)
    found = await look.all_views()
    if endpoint.service == "uds" and found.presented and look.address is not None:
        return await _with_release(found, look.address, limits, turns)
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


class _Look:
    """The handshakes with one endpoint, one after the other, and what they have shown so far."""

    def __init__(
        self,
        endpoint: Endpoint,
        addresses: tuple[Address, ...],
        name: str | None,
        limits: ProbeLimits,
        clock: Clock,
        turns: Turns,
    ) -> None:
        self.address: Address | None = None
        self._endpoint = endpoint
        self._addresses = addresses
        self._name = name
        self._limits = limits
        self._clock = clock
        self._turns = turns
        self._deadline = Deadline(limits.deadline)
        self._sights: list[Sight] = []
        self._presented: dict[str, tuple[bytes, ...]] = {}
        self._ca_names: dict[str, bytes] = {}
        self._banner: Banner | None = None

    async def all_views(self) -> Observation:
        """Makes the ordinary handshake, and then every further one that there is a reason and time for."""
        view: View | None = first_view(self._limits)
        while view is not None:
            outcome = await self._connect(view)
            if isinstance(outcome, NoHandshake):
                if not self._sights and outcome.failure is not None:
                    return observation.unseen(self._endpoint, outcome.failure, outcome.address.text)
                break
            self._take(outcome)
            view = self._next()
        return observation.observed(
            self._endpoint,
            self.address.text if self.address is not None else None,
            tuple(self._sights),
            self._presented,
            self._ca_names,
            self._banner,
        )

    async def _connect(self, view: View) -> Account | NoHandshake:
        before = preamble(self._endpoint.protocol, self._name or self._endpoint.host)
        attempt = Attempt(
            endpoint=self._endpoint,
            addresses=self._addresses,
            port=self._endpoint.port,
            view=view,
            server_name=self._name if view.offer.server_name else None,
            dialogues=(before,) if before is not None else (),
        )
        session = Session(attempt, self._limits, self._clock, self._turns, self._deadline)
        try:
            session.begin()
            return await session.outcome
        except BaseException:
            session.abandon()
            raise

    def _take(self, account: Account) -> None:
        # The further handshakes go where the first one went.
        self.address, self._addresses = account.address, (account.address,)
        trace = account.trace
        judged = client_certificate(trace, account.refused_by)
        failure = handshake_failure(trace, judged, account.plain)
        seen, presented = observation.sight(trace, judged, failure, account.started, account.seconds)
        self._sights.append(seen)
        self._presented.update(presented)
        if trace.ca_names:
            self._ca_names.update(zip(judged.ca_names, trace.ca_names, strict=True))
        if account.agent:
            self._banner = self._banner or banner.identify(account.agent)

    def _next(self) -> View | None:
        if self._deadline.passed:
            return None
        leaf = next((chain[0] for chain in self._presented.values()), None)
        return next_view(self._limits.views, self._name is not None, self._sights, leaf)


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
