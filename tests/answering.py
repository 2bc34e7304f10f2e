"""Peers of experiments in words: what a stack says to each certificate, as the sights that a scan would have of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ekuscan.experiment import conclude
from ekuscan.model import ClientCertificate, Enforcement, Sight
from ekuscan.trial_course import next_trial
from ekuscan.trials import Trials
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity
from ekuscan.wire.reasons import failure
from tests.loopback import NOW

CONTROLS = untrusted(NOW)

# As the reader of answers leaves them: of some it doubts by themselves that they are consent.
MAY_REFUSE = ("HTTP 400", "HTTP 403", "SMTP 554")
TAKEN = ("HTTP 200", "SMTP 250", "SIP 403")
STATUSES = (*MAY_REFUSE, *TAKEN, "HTTP 404", "HTTP 503")

Peer = Callable[[Identity, int], Sight]


def base(request: str = "required") -> Sight:
    refused = failure("certificate-required", error="x") if request == "required" else None
    if request == "unknown":
        refused = failure("request-undecided")
    return Sight("o", NOW, 0.1, None, None, ClientCertificate(request), (), refused)


def said(one: Identity, what: str | int | None) -> Sight:
    """``what``: None for taken, an alert, how it was refused otherwise, a status, or the reason of a failure."""
    certificate, reason = ClientCertificate("unknown"), None
    if isinstance(what, int):
        certificate = ClientCertificate("unknown", "alert")
        reason = failure("certificate-refused", alert=what, error="x")
    elif what in STATUSES:
        certificate = ClientCertificate("unknown", answered=what)
        reason = failure("acceptance-undecided") if what in MAY_REFUSE else None
    elif what in ("close", "http", "sip", "smtp"):
        certificate, reason = ClientCertificate("unknown", what), failure("certificate-refused", error="x")
    elif what == "not-asked":
        certificate = ClientCertificate("none")
    elif what is not None:
        reason = failure(what, error="x", received=0)
    return Sight("o", NOW, 0.1, None, None, certificate, (), reason, presented_as=one.name)


@dataclass(frozen=True)
class Stack:
    """What a stack answers: to a trusted certificate without clientAuth, to an untrusted one with, and without."""

    purpose: str | int
    trust: str | int
    neither: str | int


# The rows of the table of alerts.
STACKS = {
    "openssl": Stack(43, 48, 48),
    "go": Stack(42, 48, 48),
    "java": Stack(46, 46, 46),
    "rustls": Stack(43, 48, 43),
    "nss": Stack(46, 48, 46),
    "erlang": Stack(40, 48, 48),
    "grpc": Stack("close", "close", "close"),
    "nginx": Stack("http", "http", "http"),
    "gnutls": Stack(42, 49, 49),
}


def drive(peer: Peer, trials: Trials, *sights: Sight, protocol: str = "https") -> tuple[Enforcement, list[str]]:
    """Presents what is asked for until nothing is: the conclusion, and the names in the order of the connections."""
    seen, names = list(sights), []
    while (one := next_trial(trials, seen)) is not None:
        seen.append(peer(one, names.count(one.name)))
        names.append(one.name)
        assert len(names) <= 12
    return conclude(seen, trials, protocol), names
