"""Every reason for which an endpoint can give less than asked: stable identifiers, where they occur, their sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.model import Failure, Stage
from ekuscan.record import record


@record
class Reason:
    """``text`` is the sentence with its blanks in braces; ``{where}`` is filled from the stage."""

    stages: tuple[Stage, ...]
    text: str


_TALK: Final[tuple[Stage, ...]] = ("proxy", "preamble")
_HANDSHAKE: Final[tuple[Stage, ...]] = ("hello", "certificate", "finish")

_WHERE: Final[Mapping[Stage, str]] = {
    "proxy": "before the proxy had connected us",
    "preamble": "during the plain-text opening",
    "hello": "before it answered our ClientHello",
    "certificate": "after its ServerHello, before its certificate",
    "finish": "after its certificate, before the handshake was complete",
    "after": "after the handshake",
}

REASONS: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        "name-unknown": Reason(("resolve",), "the name does not resolve"),
        "name-lookup-failed": Reason(("resolve",), "the name could not be looked up: {error}"),
        "name-lookup-timeout": Reason(("resolve",), "no answer to the name look-up within {seconds:g} s"),
        "refused": Reason(("connect", "proxy"), "nothing listens on this port"),
        "filtered": Reason(("connect",), "no answer to the connection attempt within {seconds:g} s"),
        "unreachable": Reason(("connect", "proxy"), "reported unreachable by a router or firewall: {error}"),
        "no-route": Reason(("connect",), "this machine has no route to the address: {error}"),
        "connect-failed": Reason(("connect",), "the connection could not be opened: {error}"),
        "no-answer": Reason(("connect",), "no answer to a SIP OPTIONS over UDP within {seconds:g} s"),
        "proxy-unreachable": Reason(("proxy",), "the proxy itself could not be reached: {error}"),
        "proxy-udp": Reason(("proxy",), "not tried: this is UDP, which the proxy does not carry"),
        "proxy-auth": Reason(("proxy",), "the proxy wants credentials, or others than these: {error}"),
        "proxy-refused": Reason(("proxy",), "the proxy refused to connect us: {error}"),
        "proxy-failed": Reason(("proxy",), "the proxy could not connect us: {error}"),
        "not-the-protocol": Reason(_TALK, "answers with something that is not {protocol}: {error}"),
        "tls-at-once": Reason(_TALK, "speaks TLS at once, where {protocol} was to come first"),
        "no-greeting": Reason(
            ("preamble",), "waits for us to begin, where {protocol} greets: perhaps TLS comes at once (tls://)"
        ),
        "preamble-refused": Reason(("preamble",), "turned us away before TLS could begin: {error}"),
        "no-starttls": Reason(("preamble",), "speaks {protocol} and offers no TLS in it"),
        "starttls-refused": Reason(("preamble",), "refused to start TLS: {error}"),
        "injected": Reason(
            ("preamble",), "sent more in plain text after its go-ahead for TLS, which may be an injection"
        ),
        "not-sip": Reason(("hello",), "answers over UDP with something that is not SIP"),
        "no-answer-dtls": Reason(("connect",), "no answer to a DTLS ClientHello over UDP within {seconds:g} s"),
        "not-dtls": Reason(("hello",), "answers over UDP with something that is not DTLS: {error}"),
        "cookie-loop": Reason(("hello",), "answers every ClientHello with another cookie to be sent back, {error}"),
        "plain-http": Reason(("hello",), "answers in plain HTTP: no TLS on this port"),
        "plain-sip": Reason(("hello",), "answers in plain SIP: no TLS on this port"),
        "not-tls": Reason(("hello",), "answers with something that is not TLS: {error}"),
        "old-version": Reason(
            ("hello",), "shares no TLS version with this offer: it speaks only versions before TLS 1.2"
        ),
        "our-limit": Reason(
            ("hello",), "shares no version with us from TLS 1.0 to 1.3, and our TLS library speaks no other"
        ),
        "stalled": Reason((*_TALK, *_HANDSHAKE), "went silent {where} ({received} bytes received)"),
        "closed": Reason((*_TALK, *_HANDSHAKE), "closed the connection {where}"),
        "reset": Reason((*_TALK, *_HANDSHAKE), "reset the connection {where}"),
        "deadline": Reason(("hello",), "not waited for: our time for this endpoint was over"),
        "alert": Reason(_HANDSHAKE, "ended the handshake {where} with {error}"),
        "garbled": Reason((*_HANDSHAKE, "after"), "sent what TLS does not allow {where}: {error}"),
        "too-much": Reason((*_TALK, *_HANDSHAKE), "sent more than this scan takes in {where}: {error}"),
        "certificate-required": Reason(("finish",), "refused us because we sent no certificate: {error}"),
        "certificate-refused": Reason(("finish",), "refused the certificate that we presented: {error}"),
        "certificate-unsuitable": Reason(
            ("finish",), "takes no certificate with the key or signature that ours has: nothing was presented"
        ),
        "acceptance-undecided": Reason(("after",), "whether it takes the certificate that we presented did not show"),
        "request-undecided": Reason(("after",), "asked for a client certificate; whether it demands one did not show"),
        "internal-error": Reason(("after",), "a fault of ekuscan itself: {error}"),
    }
)


def failure(reason: str, *, stage: Stage | None = None, alert: int | None = None, **blanks: object) -> Failure:
    """A Failure with its sentence. ``stage`` may be left out where the reason occurs at one stage only."""
    row = REASONS[reason]
    where = stage or row.stages[0]
    return Failure(where, reason, row.text.format(where=_WHERE.get(where, ""), **blanks), alert)
