"""How long, how much and how many: the limits of a probe and of a sweep."""

from __future__ import annotations

from dataclasses import dataclass

from ekuscan.wire.offer import DEFAULT_OFFER, Offer


@dataclass(frozen=True, slots=True)
class Views:
    """Which handshakes are made with an endpoint beside the ordinary one, in case they show another certificate.

    ``key_types``: RSA and ECDSA certificates each alone; ``versions``: the TLS version that was not negotiated, alone;
    ``without_sni``: without a server name; ``post_quantum``: with the large ClientHello of browsers. ``late`` is no
    handshake of its own: an HTTPS server that did not ask for a certificate gets one GET, after which it may ask.
    """

    key_types: bool = False
    versions: bool = False
    without_sni: bool = False
    post_quantum: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Limits for one endpoint; times in seconds.

    ``resolve`` and ``connect`` bound the look-up and the TCP connection, which is tried again ``retries`` times, each
    ``retry_after`` its failure. ``handshake`` bounds what comes before TLS, and then the time from the ClientHello to
    the end of the handshake. ``quiet`` is how long we only listen after a TLS 1.3 handshake in which a certificate was
    asked for, ``answer`` how long we wait for a SIP or HTTP answer. ``deadline`` bounds all of it together; waiting for
    another handshake with the same host does not count. After ``patience`` without a byte from the peer, the next
    handshake with that host may begin. ``received`` is in bytes. ``options`` False sends no SIP OPTIONS.
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
    retries: int = 0
    retry_after: float = 1.0
    views: Views = Views()


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """``concurrency`` is how many endpoints are looked at at once, over all hosts together."""

    concurrency: int = 200
    probe: ProbeLimits = ProbeLimits()
