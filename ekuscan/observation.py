"""Observations put together: what an endpoint showed, or why it showed nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.model import Banner, ClientCertificate, Endpoint, EndpointStatus, Failure, Observation, Sight
from ekuscan.wire.trace import Trace

# Reasons that say "nothing for us here": on an optional port they are an answer, not a failure of the sweep.
_BEST: tuple[EndpointStatus, ...] = ("seen", "partial", "failed")
ANSWERED: tuple[EndpointStatus, ...] = ("seen", "partial")
"""What endpoints have that showed something."""
CLOSED_REASONS = frozenset({"refused", "filtered", "unreachable", "no-answer", "no-answer-dtls"})


def sight(
    trace: Trace, judged: ClientCertificate, failure: Failure | None, started: datetime, seconds: float
) -> tuple[Sight, Mapping[str, tuple[bytes, ...]]]:
    """A sight and the chain that it refers to."""
    chain = chain_id(map(sha256_hex, trace.chain)) if trace.chain else None
    seen = Sight(trace.offer, started, seconds, trace.tls, chain, judged, trace.alerts, failure, trace.identity)
    return seen, {chain: trace.chain} if chain else {}


def observed(
    endpoint: Endpoint,
    address: str | None,
    sights: tuple[Sight, ...],
    presented: Mapping[str, tuple[bytes, ...]],
    ca_names: Mapping[str, bytes],
    banner: Banner | None,
    *,
    ca_names_cut: bool = False,
) -> Observation:
    """The observation of an endpoint that took our connection, as good as the best of its sights."""
    status, failure = _status(sights[0]) if len(sights) == 1 else _best(sights)
    return Observation(
        endpoint, address, status, failure, sights, banner, presented, ca_names, ca_names_cut=ca_names_cut
    )


def _best(sights: tuple[Sight, ...]) -> tuple[EndpointStatus, Failure | None]:
    """Of sights that are equally good the first counts, which made the ordinary offer; a limit of ours is told anyway.

    What a certificate of ours brought about says nothing of what the endpoint shows to everybody.
    """
    found = [_status(sight) for sight in sights if sight.presented_as is None]
    ours = [one for one in found if one[1] is not None and one[1].reason == "our-limit"]
    return min(ours[-1:] + found, key=lambda one: _BEST.index(one[0]))


def unseen(endpoint: Endpoint, failure: Failure, address: str | None = None) -> Observation:
    """The observation of an endpoint that did not get as far as a handshake."""
    closed = endpoint.optional and failure.reason in CLOSED_REASONS
    return Observation(endpoint, address, "closed" if closed else "failed", failure, ())


def skipped(endpoint: Endpoint, failure: Failure) -> Observation:
    """The observation of an endpoint that was not tried, as after an interruption; ``failure`` says so."""
    return Observation(endpoint, None, "skipped", failure, ())


def _status(seen: Sight) -> tuple[EndpointStatus, Failure | None]:
    """``seen``: chain and request known, a refusal included; ``partial``: the chain only; else ``failed``."""
    if seen.chain is None:
        return "failed", seen.failure
    chain_is_cut = seen.failure is not None and (seen.failure.stage, seen.failure.reason) == ("certificate", "too-much")
    if seen.client_certificate.request == "unknown" or chain_is_cut:
        return "partial", seen.failure
    return "seen", None
