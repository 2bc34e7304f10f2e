"""What a handshake says about the peer's request for a client certificate, and why it gave less than asked.

In TLS 1.2 the peer's judgement is part of the handshake. In TLS 1.3 our side is done before the peer has judged
(RFC 8446 §2): its refusal comes afterwards, its consent shows only in a session ticket or in data. Servers such as
nginx accept the handshake and refuse the HTTP request, if so configured in words of the site's own or by hanging up:
where an answer is owed, only one that cannot be a refusal is consent. All of it holds with a certificate of ours as
well as without: without one the refusal means that the peer demands one, with one that it does not take this one.
"""

from __future__ import annotations

from typing import Final

from ekuscan import names
from ekuscan.model import ClientCertificate, Failure, RefusedBy, Request, Stage
from ekuscan.wire.alerts import PROTOCOL_VERSION, refuses_without_certificate
from ekuscan.wire.offer import OLD_OFFER, SMALL_OFFER, TLS12_OFFER, TLS13_OFFER
from ekuscan.wire.reasons import failure
from ekuscan.wire.trace import Trace

_REFUSALS: Final[dict[RefusedBy, str]] = {
    "alert": "an alert",
    "close": "it closed the connection",
    "http": "an HTTP answer that says so",
    "sip": "a SIP answer that says so",
    "smtp": "an SMTP reply that says so",
}
_PARTIAL: Final = frozenset({SMALL_OFFER.name, OLD_OFFER.name, TLS12_OFFER.name, TLS13_OFFER.name})
_PLAIN: Final = {b"HTTP": "plain-http", b"SIP/": "plain-sip"}


def client_certificate(trace: Trace, refused_by_answer: RefusedBy | None = None) -> ClientCertificate:
    """The state of the request. ``refused_by_answer`` is a refusal read from an HTTP or SIP answer.

    Where we presented a certificate, nothing shows whether the peer would have gone on without one.
    """
    if not trace.asked:
        return ClientCertificate("none" if trace.past_request else "unknown")
    listed = tuple(names.name_text(der) for der in trace.ca_names)
    refused_by = refused_by_answer or (None if trace.accepted else _refusal(trace))
    state: Request = "unknown"
    if trace.identity is None and refused_by is not None:
        state = "required"
    elif trace.identity is None and _went_on(trace):
        state = "optional"
    return ClientCertificate(state, refused_by, listed, trace.late, trace.answered)


def handshake_failure(trace: Trace, judged: ClientCertificate, plain: bytes = b"") -> Failure | None:
    """Why the handshake, or the question about the request, gave less than asked; None where nothing is missing."""
    if trace.identity is not None and trace.own_certificate and not trace.presented:
        return failure("certificate-unsuitable")
    if judged.refused_by is not None and (trace.presented or judged.refused_by in ("alert", "close")):
        return _refused(trace, judged.refused_by)
    if trace.ending == "too-many":
        return failure("too-much", stage="certificate", error=trace.detail)
    if trace.opened:
        return _after(trace, judged)
    if trace.ending == "plain":
        return failure(_PLAIN.get(plain[:4], "not-tls"), error=ascii(plain)[1:])
    if trace.ending is None:
        return None
    return _broken(trace)


def _went_on(trace: Trace) -> bool:
    return trace.accepted and trace.consent is not False


def _refusal(trace: Trace) -> RefusedBy | None:
    """By what the peer refused our empty Certificate message; None where the ending may have another cause."""
    if not trace.own_certificate:
        return None
    if trace.ending == "alert":
        number = _fatal_alert(trace)
        return "alert" if number is not None and refuses_without_certificate(number) else None
    # Once we have spoken, an end without an answer may be about what we said.
    if trace.ending in ("closed", "reset") and not trace.spoke:
        return "close"
    return None


def _refused(trace: Trace, by: RefusedBy) -> Failure:
    number = _fatal_alert(trace) if by == "alert" else None
    how = f"alert {number} {_alert_text(trace)}" if number is not None else _REFUSALS[by]
    return failure("certificate-refused" if trace.presented else "certificate-required", alert=number, error=how)


def _after(trace: Trace, judged: ClientCertificate) -> Failure | None:
    if trace.presented:
        return None if _went_on(trace) else _undecided(trace, "acceptance-undecided")
    return _undecided(trace, "request-undecided") if judged.request == "unknown" else None


def _undecided(trace: Trace, reason: str) -> Failure:
    if trace.ending == "garbled":
        return failure("garbled", stage="after", error=trace.detail)
    return failure(reason, alert=_fatal_alert(trace))


def _broken(trace: Trace) -> Failure:
    stage = _stage(trace)
    number = _fatal_alert(trace)
    sent = [alert.number for alert in trace.alerts if alert.direction == "sent"]
    if stage == "hello" and _is_older(trace.offer, number, sent):
        return failure("old-version", alert=PROTOCOL_VERSION)
    if trace.ending == "alert" and number is not None:
        return failure("alert", stage=stage, alert=number, error=f"alert {number} {_alert_text(trace)}")
    return failure(trace.ending or "stalled", stage=stage, error=trace.detail, received=trace.received)


def _is_older(offer: str, received: int | None, sent: list[int]) -> bool:
    """Whether an alert about the version says that the peer speaks older ones only.

    Peers of TLS 1.3 alone refuse an offer that ends at 1.2, peers of 1.2 alone one that begins at 1.3. Where the alert
    is ours, the peer has chosen a version below the offer.
    """
    if PROTOCOL_VERSION in sent:
        return offer != TLS13_OFFER.name
    return received == PROTOCOL_VERSION and offer not in _PARTIAL


def _stage(trace: Trace) -> Stage:
    if trace.opened:
        return "after"
    if trace.chain and not trace.unread:
        return "finish"
    return "certificate" if trace.hello else "hello"


def _fatal_alert(trace: Trace) -> int | None:
    return next((a.number for a in trace.alerts if a.direction == "received" and a.level == "fatal"), None)


def _alert_text(trace: Trace) -> str:
    return next(a.name for a in trace.alerts if a.direction == "received" and a.level == "fatal")
