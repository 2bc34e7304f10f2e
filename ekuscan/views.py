"""Which handshake comes next with an endpoint: one is enough for most, and more are made only for a reason.

A peer that breaks off before it shows a certificate gets another ClientHello: a smaller one, an older one, or one
without the name that it does not know. One whose certificates could not be read gets the same once more, to take them
raw. Where another certificate may be behind another offer, each offer that was
asked for is made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ekuscan import der
from ekuscan.limits import ProbeLimits, Views
from ekuscan.model import Failure, Sight
from ekuscan.record import record
from ekuscan.wire.alerts import PROTOCOL_VERSION, UNRECOGNIZED_NAME
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import (
    DEFAULT_OFFER,
    ECDSA_OFFER,
    NAMELESS_OFFER,
    OLD_OFFER,
    POST_QUANTUM_OFFER,
    RAW_OFFER,
    RSA_OFFER,
    SMALL_OFFER,
    TLS12_OFFER,
    TLS13_OFFER,
    Offer,
)

# Endings that a ClientHello which is too large or too new for the peer can bring about.
_WORDLESS: Final = frozenset({"closed", "reset", "stalled"})
_CHOKED: Final = _WORDLESS | {"garbled", "alert", "old-version"}


@record
class View:
    """One handshake: what it offers, and the certificate that it presents if asked.

    ``banner``: the peer is also asked what it is, once the handshake is over.
    """

    offer: Offer
    identity: Identity | None = None
    banner: bool = False


_ORDINARY: Final = View(DEFAULT_OFFER, banner=True)


def first_view(limits: ProbeLimits) -> View:
    """The handshake that every endpoint gets."""
    if limits.offer is DEFAULT_OFFER and not limits.views.late:
        return _ORDINARY
    return View(replace(limits.offer, late=limits.views.late), banner=True)


def next_view(views: Views, named: bool, sights: Sequence[Sight], leaf: bytes | None) -> View | None:
    """The view that is to follow ``sights``; None at the end. ``named``: a server name was sent.

    ``leaf`` is the end-entity certificate (DER) that the first sight with a chain showed, None where none did.
    """
    if leaf is None:
        return _other_hello(sights, named)
    if _to_be_confirmed(sights):
        return View(DEFAULT_OFFER)
    done = {sight.offer for sight in sights if sight.presented_as is None}
    shown = next(sight for sight in sights if sight.chain is not None)
    return next((View(offer) for offer in _wanted(views, named, shown, leaf) if offer.name not in done), None)


def _to_be_confirmed(sights: Sequence[Sight]) -> bool:
    """Whether the ordinary offer is made once more, after another one was answered.

    A peer that breaks off without a word may have had a hiccup: only one that does so twice is called intolerant.
    """
    first = sights[0]
    hiccup = first.chain is None and first.failure is not None and first.failure.reason in _WORDLESS
    return hiccup and [sight.offer for sight in sights].count(first.offer) == 1


def _other_hello(sights: Sequence[Sight], named: bool) -> View | None:
    failure = sights[-1].failure
    if failure is None or failure.stage not in ("hello", "certificate") or failure.reason not in _CHOKED:
        return None
    done = {sight.offer for sight in sights}
    return next((View(offer, banner=True) for offer in _fallbacks(failure, named) if offer.name not in done), None)


def _fallbacks(failure: Failure, named: bool) -> tuple[Offer, ...]:
    if failure.reason == "old-version":
        return (OLD_OFFER,)
    if failure.alert == UNRECOGNIZED_NAME:
        return (NAMELESS_OFFER,) if named else ()
    if failure.alert == PROTOCOL_VERSION:
        # It refuses an offer that ends at TLS 1.2.
        return (TLS13_OFFER,)
    if failure.reason == "garbled" and failure.stage == "certificate":
        return (RAW_OFFER, SMALL_OFFER, OLD_OFFER)
    # Old versions do not make a silent peer speak, and each try costs its whole time.
    return (SMALL_OFFER,) if failure.reason == "stalled" else (SMALL_OFFER, OLD_OFFER)


def _wanted(views: Views, named: bool, shown: Sight, leaf: bytes) -> Iterator[Offer]:
    if views.key_types:
        yield from _other_key_types(leaf)
    if views.versions and shown.tls is not None:
        yield TLS12_OFFER if shown.tls.version == "TLSv1.3" else TLS13_OFFER
    if views.without_sni and named:
        yield NAMELESS_OFFER
    if views.post_quantum:
        yield POST_QUANTUM_OFFER


def _other_key_types(leaf: bytes) -> tuple[Offer, ...]:
    """The offers that a peer with certificates of both kinds answers with the one that was not seen yet."""
    try:
        kind = der.read_certificate(leaf).key
    except der.DerError:
        return RSA_OFFER, ECDSA_OFFER
    return (ECDSA_OFFER,) if kind.startswith("RSA") else (RSA_OFFER,)
