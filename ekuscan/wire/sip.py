"""SIP OPTIONS: the request that asks a peer what it is, and a bounded, total reader of what comes back (RFC 3261)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from ekuscan.record import record

MAX_HEAD: Final = 16_384
MAX_MESSAGES: Final = 8

Transport = Literal["TLS", "TCP", "UDP"]

_RESPONSE: Final = re.compile(rb"SIP/2\.0 (\d{3})(?: ([^\r\n]*))?\r?\Z")
_REQUEST: Final = re.compile(rb"[A-Z]{3,16} \S{1,1024} SIP/2\.0\r?\Z")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_FINAL: Final = 200
_REFUSAL: Final = 400


@record
class SipMessage:
    """``status`` is None for a request. ``agent`` is the Server or User-Agent header, read as Latin-1."""

    status: int | None
    reason: str
    agent: str | None

    @property
    def final(self) -> bool:
        return self.status is not None and self.status >= _FINAL

    @property
    def refused(self) -> bool:
        """A refusal that names the certificate; no other refusal says anything about TLS."""
        return self.status is not None and self.status >= _REFUSAL and "certificate" in self.reason.lower()


def options(host: str, port: int, transport: Transport, local: tuple[str, int], token: str) -> bytes:
    """One OPTIONS outside a dialog. ``host`` and ``local`` may be IPv6 addresses, ``token`` is unique.

    Max-Forwards is 0 so that a proxy answers itself and never passes the request on (RFC 3261 §11, §16.3).
    """
    peer, own = _bracketed(host), _bracketed(local[0])
    uri = f"sip:{peer}:{port}" + ("" if transport == "UDP" else f";transport={transport.lower()}")
    lines = (
        f"OPTIONS {uri} SIP/2.0",
        f"Via: SIP/2.0/{transport} {own}:{local[1]};branch=z9hG4bK{token};rport",
        "Max-Forwards: 0",
        f"From: <sip:ekuscan@{own}>;tag={token}",
        f"To: <sip:{peer}:{port}>",
        f"Call-ID: {token}@{own}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:ekuscan@{own}:{local[1]};transport={transport.lower()}>",
        "Accept: application/sdp",
        "User-Agent: ekuscan",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii", "replace")


def messages(data: bytes) -> Iterator[SipMessage]:
    """The complete messages at the start of ``data``, in order; it stops at the first thing that is not SIP."""
    position = 0
    for _ in range(MAX_MESSAGES):
        # RFC 5626 §3.5.1: keep-alives are bare line ends between messages.
        while data[position : position + 1] in (b"\r", b"\n"):
            position += 1
        head = _HEAD_END.search(data, position, position + MAX_HEAD)
        if head is None:
            return
        message = _message(data[position : head.start()])
        if message is None:
            return
        yield message
        position = head.end() + _body_length(data[position : head.start()])


def decisive(data: bytes) -> SipMessage | None:
    """The message to go by: the first final response, else None while there is none."""
    return next((message for message in messages(data) if message.final), None)


def _message(head: bytes) -> SipMessage | None:
    first = head.split(b"\n", 1)[0]
    response = _RESPONSE.match(first)
    if response is None and _REQUEST.match(first) is None:
        return None
    agent = _header(head, b"server") or _header(head, b"user-agent")
    if response is None:
        return SipMessage(None, "", agent)
    return SipMessage(int(response[1]), (response[2] or b"").decode("latin-1"), agent)


def _header(head: bytes, *names: bytes) -> str | None:
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() in names:
            return value.strip().decode("latin-1")
    return None


def _body_length(head: bytes) -> int:
    value = _header(head, b"content-length", b"l")
    return int(value) if value is not None and re.fullmatch(r"[0-9]{1,6}", value) else 0


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
