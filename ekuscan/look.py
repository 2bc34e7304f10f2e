"""All connections to one TCP endpoint, one after the other, to one Observation."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ekuscan import observation
from ekuscan.attempt import Account, Attempt, NoHandshake
from ekuscan.deadline import Deadline
from ekuscan.limits import NO_VIEWS, ProbeLimits
from ekuscan.model import Banner, ClientCertificate, Endpoint, Failure, Observation, Sight
from ekuscan.resolve import Address, literal
from ekuscan.session import Clock, Session
from ekuscan.turns import Turns
from ekuscan.views import View, first_view, next_view
from ekuscan.wire import banner
from ekuscan.wire.alerts import PROTOCOL_VERSION
from ekuscan.wire.dialogue import Dialogue, preamble
from ekuscan.wire.greeting import GREETINGS
from ekuscan.wire.offer import OLD_OFFER, Offer
from ekuscan.wire.openssl import MAX_CA_NAMES
from ekuscan.wire.reasons import failure
from ekuscan.wire.request import client_certificate, handshake_failure

if TYPE_CHECKING:
    # What few scans need is loaded by those that do.
    from ekuscan.trials import Trials
    from ekuscan.wire.proxy import Proxy

# RFC 6120 §4.9.3.6: the server does not serve the domain in the stream header.
_HOST_UNKNOWN: Final = "host-unknown"

Talk = Callable[[tuple[str, int]], Dialogue]


class Look:
    """What was seen of an endpoint so far; `observe` makes the connections.

    ``addresses`` are the endpoint's, or those of the proxy that leads to it; ``name`` is for SNI, None for none.
    """

    __slots__ = (
        "_addresses",
        "_asked_by",
        "_banner",
        "_ca_names",
        "_clock",
        "_cut",
        "_domain",
        "_endpoint",
        "_limits",
        "_name",
        "_ordinary",
        "_place",
        "_presented",
        "_said_no",
        "_sights",
        "_trials",
        "_turns",
        "address",
        "deadline",
    )

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
        self.deadline = Deadline(limits.deadline)
        self._sights: list[Sight] = []
        self._presented: dict[str, tuple[bytes, ...]] = {}
        self._ca_names: dict[str, bytes] = {}
        self._cut = False
        self._banner: Banner | None = None
        self._asked_by: Offer | None = None
        self._trials: Trials | None = None
        self._said_no: NoHandshake | None = None
        self._place: str | None = None
        self._ordinary = limits.views == NO_VIEWS and not limits.identities
        # Whom XMPP asks for. It is the name of a service, which often is the part of the host's name behind its own.
        self._domain = name or endpoint.host

    async def observe(self) -> Observation:
        """The banner of a port without TLS; else the ordinary handshake and every further one that there is a reason
        and time for."""
        view = None if self._endpoint.protocol in GREETINGS else first_view(self._limits)
        again = True
        while again:
            session = self._session(view)
            try:
                session.begin()
                outcome = await session.outcome
            except BaseException:
                session.abandon()
                raise
            again, view = self._after(view, outcome)
            if again:
                await self.deadline.without(self._wait_in_line())
        if self._sights or isinstance(outcome, Account):
            return self._seen()
        return self._heard(self._said_no or outcome)

    async def _wait_in_line(self) -> None:
        """Before a further connection: the pace of the sweep, and our turn, so that none waits in line open."""
        # The sweep has waited before the first connection only.
        await self._turns.start()
        self._place = self._endpoint.host if self._limits.proxy is not None else self._addresses[0].text
        await self._turns.wait(self._place)

    def _after(self, view: View | None, outcome: Account | NoHandshake) -> tuple[bool, View | None]:
        """Whether there is to be another connection, and for which view."""
        if isinstance(outcome, NoHandshake):
            self._addresses = (outcome.address,)
            if not self._sights or view is None or outcome.failure is None:
                return self._another_domain(outcome), view
            self._sights.append(self._untried(view, outcome.failure))
            following = self._next()
            return following is not None, following
        if view is None:
            return False, None
        self._take(view, outcome)
        following = self._next()
        return following is not None, following

    def _another_domain(self, said: NoHandshake) -> bool:
        """Whether an XMPP server that does not know the host's name is to be asked for the domain above it."""
        why = said.failure
        _, _, above = self._domain.partition(".")
        if why is None or why.reason != "preamble-refused" or _HOST_UNKNOWN not in why.detail or "." not in above:
            return False
        if self._said_no is not None or literal(self._domain) is not None:
            return False
        self._said_no, self._domain = said, above
        return True

    def _seen(self) -> Observation:
        found = observation.observed(
            self._endpoint,
            self._seen_at(self.address),
            tuple(self._sights),
            self._presented,
            self._ca_names,
            self._banner,
            ca_names_cut=self._cut,
        )
        if self._trials is None:
            return found
        from ekuscan.experiment import conclude

        return replace(found, enforcement=conclude(self._sights, self._trials, self._endpoint.protocol))

    def _session(self, view: View | None) -> Session:
        proxy, endpoint = self._limits.proxy, self._endpoint
        attempt = Attempt(
            endpoint=endpoint,
            addresses=self._addresses,
            port=endpoint.port if proxy is None else proxy.port,
            view=view,
            server_name=self._name if view is not None and view.offer.server_name else None,
            dialogues=self._talks(proxy),
            host=None if proxy is None else endpoint.host,
            has_turn=self._place is not None,
        )
        return Session(attempt, self._limits, self._clock, self._turns, self.deadline)

    def _talks(self, proxy: Proxy | None) -> tuple[Talk, ...]:
        """What comes before TLS, or in its place."""
        endpoint = self._endpoint
        before = preamble(endpoint.protocol, self._domain)
        if proxy is None and before is None and endpoint.protocol not in GREETINGS:
            return ()
        talks: list[Talk] = []
        if proxy is not None:
            from ekuscan.wire.proxy import proxy_dialogue

            talks.append(lambda _: proxy_dialogue(proxy, endpoint.host, endpoint.port))
        if before is not None:
            talks.append(lambda _: before)
        elif endpoint.protocol in GREETINGS:
            talks.append(partial(GREETINGS[endpoint.protocol], endpoint, token=secrets.token_hex(8)))
        return tuple(talks)

    def _heard(self, outcome: NoHandshake) -> Observation:
        """The observation of a connection on which there was no handshake."""
        address = self._seen_at(outcome.address)
        if outcome.failure is not None:
            return observation.unseen(self._endpoint, self._blamed(outcome.failure), address)
        found = banner.identify(outcome.agent) if outcome.agent else None
        return Observation(self._endpoint, address, "seen", None, (), found)

    def _blamed(self, why: Failure) -> Failure:
        """A proxy that cannot be reached says nothing about the endpoint."""
        if self._limits.proxy is None or why.stage != "connect":
            return why
        return failure("proxy-unreachable", error=why.detail)

    def _seen_at(self, address: Address | None) -> str | None:
        """Where the endpoint is; behind a proxy only the proxy knows."""
        return address.text if address is not None and self._limits.proxy is None else None

    def _take(self, view: View, account: Account) -> None:
        # The further handshakes go where the first one went.
        self.address, self._addresses = account.address, (account.address,)
        trace = account.trace
        judged = client_certificate(trace, account.refused_by)
        why = handshake_failure(trace, judged, account.plain)
        if why is not None:
            why = self._explained(view, why, account)
        seen, presented = observation.sight(trace, judged, why, account.started, account.seconds)
        self._sights.append(seen)
        self._presented.update(presented)
        if trace.asked and self._asked_by is None:
            self._asked_by = view.offer
        if trace.ca_names:
            self._cut = self._cut or len(trace.ca_names) == MAX_CA_NAMES
            self._ca_names.update(zip(judged.ca_names, trace.ca_names, strict=True))
        self._banner = self._banner or account.banner

    def _explained(self, view: View, why: Failure, account: Account) -> Failure:
        """A failure in the light of the handshakes before it."""
        if why.reason == "stalled" and account.cut and self._sights:
            return failure("deadline")
        if view.offer is OLD_OFFER and why.alert == PROTOCOL_VERSION and self._only_older():
            return failure("our-limit", alert=PROTOCOL_VERSION)
        return why

    def _only_older(self) -> bool:
        """Whether the peer has refused the versions of today before."""
        return any(sight.failure is not None and sight.failure.reason == "old-version" for sight in self._sights)

    def _next(self) -> View | None:
        # One handshake is the rule, and a sweep has very many of them.
        if self._ordinary and len(self._sights) == 1 and self._sights[0].chain is not None:
            return None
        view = self._following()
        if view is None or not self.deadline.passed:
            return view
        while view is not None and self._presented:
            # What was asked for and not done is told.
            self._sights.append(self._untried(view, failure("deadline")))
            view = self._following()
        return None

    def _following(self) -> View | None:
        leaf = next((chain[0] for chain in self._presented.values()), None)
        return next_view(self._limits.views, self._name is not None, self._sights, leaf) or self._next_trial()

    def _untried(self, view: View, why: Failure) -> Sight:
        presented = view.identity.name if view.identity is not None else None
        return Sight(view.offer.name, self._clock(), 0.0, None, None, ClientCertificate("unknown"), (), why, presented)

    def _next_trial(self) -> View | None:
        """The next client certificate to present, once all else is seen; by then the peer has listed its CAs."""
        limits = self._limits
        if limits.controls is None or not limits.identities:
            return None
        from ekuscan.trial_course import next_trial
        from ekuscan.trials import arrange

        if self._trials is None:
            listed = tuple(self._ca_names.values())
            self._trials = arrange(limits.identities, limits.controls, self._clock(), listed)
        identity = next_trial(self._trials, self._sights)
        return View(self._asked_by or limits.offer, identity) if identity is not None else None
