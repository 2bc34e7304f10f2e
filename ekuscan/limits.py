"""How long, how much and how many: the limits of a probe and of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final

from ekuscan.record import record
from ekuscan.wire.offer import DEFAULT_OFFER, Offer

if TYPE_CHECKING:
    # Few scans have a proxy or client certificates; the others do not load what they are.
    from ekuscan.trials import Controls
    from ekuscan.wire.identity import Identity
    from ekuscan.wire.proxy import Proxy


@record
class Views:
    """The further looks at an endpoint that are asked for, each at the price of more handshakes.

    ``key_types``: with RSA and with ECDSA certificates alone. ``versions``: with TLS 1.2 and with TLS 1.3 alone.
    ``without_sni``: without a server name. ``post_quantum``: with a large ClientHello, as browsers send it. ``late``:
    on an https port that asked for no certificate, one GET to see whether it asks later.
    """

    key_types: bool = False
    versions: bool = False
    without_sni: bool = False
    post_quantum: bool = False
    late: bool = False


NO_VIEWS: Final = Views()


@record
class ProbeLimits:
    """Limits for one endpoint; times in seconds.

    ``resolve`` and ``connect`` bound the look-up and the TCP connection, ``handshake`` what comes before TLS and then
    the time from the ClientHello to the end of the handshake. ``quiet`` is how long we only listen after a TLS 1.3
    handshake in which a certificate was asked for, ``answer`` how long we wait for a SIP or HTTP answer. ``deadline``
    bounds all of it together; waiting for another handshake with the same host does not count. After ``patience``
    without a byte from the peer, the next handshake with that host may begin. ``received`` is in bytes. ``options``
    False sends no SIP OPTIONS.

    ``retries`` is how often a connection that could not be opened is tried again, each time ``retry_after`` seconds
    later; a handshake is never repeated for its failure. ``identities`` are the client certificates to present, each in
    handshakes of its own, as far as they tell something; ``controls`` go with them (see `ekuscan.experiment`).
    ``proxy`` is what every TCP connection goes through; it resolves the names.
    """

    resolve: float = 5.0
    connect: float = 3.0
    handshake: float = 8.0
    quiet: float = 1.0
    answer: float = 3.0
    deadline: float = 15.0
    patience: float = 2.0
    received: int = 262_144
    options: bool = True
    offer: Offer = DEFAULT_OFFER
    views: Views = NO_VIEWS
    retries: int = 0
    retry_after: float = 1.0
    identities: tuple[Identity, ...] = ()
    controls: Controls | None = None
    proxy: Proxy | None = None


@record
class SweepLimits:
    """``concurrency`` is how many endpoints are looked at at once, over all hosts together.

    ``rate`` is how many connections may be begun per second, None for no limit; ``jitter`` the most seconds that each
    waits beyond that, at random; ``pause`` the seconds between two handshakes with one host. ``own`` holds the limits
    of the targets that have others than ``probe``, by target.
    """

    concurrency: int = 200
    probe: ProbeLimits = ProbeLimits()
    rate: float | None = None
    jitter: float = 0.0
    pause: float = 0.0
    own: Mapping[str, ProbeLimits] = field(default_factory=dict)

    def of(self, target: str) -> ProbeLimits:
        """The limits within which a target's endpoints are looked at."""
        return self.own.get(target, self.probe)
