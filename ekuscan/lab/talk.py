"""What appliances say once TLS is up: SIP (RFC 3261) and HTTP, as functions from a request to an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from ekuscan.record import record

MAX_REQUEST: Final = 65_536

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*$", re.IGNORECASE)
_SIP_REQUEST: Final = re.compile(rb"([A-Z]{1,16}) \S{1,2048} SIP/2\.0")
_COPIED: Final = (b"via", b"v", b"from", b"f", b"to", b"t", b"call-id", b"i", b"cseq")
_TO: Final = (b"to", b"t")
_STATUS: Final = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}
_ALLOW: Final = "INVITE, ACK, BYE, CANCEL, OPTIONS"


@record
class Page:
    """An HTTP answer. ``headers`` go out as they stand. A ``guarded`` one is for those who have logged in."""

    status: int
    body: str = ""
    headers: tuple[str, ...] = ()
    kind: str = "text/html"
    guarded: bool = False


@record
class Manners:
    """How an appliance answers. ``agent`` is its SIP Server header, None for one that does not say.

    ``sip_status`` answers an OPTIONS; None keeps silent, as CUBE does towards sources that it does not trust.
    ``pages`` are found by the beginning of the path, the longest first. ``login`` is the Authorization header that
    opens guarded ones, ``realm`` what it is asked for with.
    """

    agent: str | None = None
    sip_status: int | None = 200
    pages: Mapping[str, Page] = field(default_factory=dict)
    login: bytes | None = field(default=None, repr=False)
    realm: str = "Lab"


def next_message(buffer: bytearray) -> bytes | None:
    """Cut the first complete SIP or HTTP message out of ``buffer``; None while there is none.

    Line ends before a message are dropped: in SIP they are keep-alives (RFC 5626 §3.5.1).
    """
    while buffer.startswith((b"\r", b"\n")):
        del buffer[:1]
    end = buffer.find(_HEAD_END)
    if end < 0:
        return None
    lengths = (_LENGTH.match(line) for line in bytes(buffer[:end]).split(b"\r\n"))
    length = next((int(match[1]) for match in lengths if match), 0)
    whole = end + len(_HEAD_END) + length
    if len(buffer) < whole:
        return None
    message = bytes(buffer[:whole])
    del buffer[:whole]
    return message


def sip_answer(request: bytes, manners: Manners) -> bytes | None:
    """The response to one SIP request; None where there is none to give (an ACK, a response, an appliance that keeps
    silent, something that is not SIP)."""
    lines = request.split(_HEAD_END, 1)[0].split(b"\r\n")
    match = _SIP_REQUEST.fullmatch(lines[0])
    if match is None or match[1] == b"ACK" or manners.sip_status is None:
        return None
    status = manners.sip_status if match[1] == b"OPTIONS" else 405
    head = [f"SIP/2.0 {status} {_STATUS.get(status, 'Answer')}".encode("ascii"), *_copied(lines[1:])]
    if manners.agent is not None:
        head.append(f"Server: {manners.agent}".encode("latin-1", "replace"))
    head += [f"Allow: {_ALLOW}".encode("ascii"), b"Content-Length: 0"]
    return b"\r\n".join(head) + _HEAD_END


def http_answer(request: bytes, manners: Manners) -> bytes:
    """The response to one HTTP request; the connection is to be closed after it."""
    words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    path = words[1] if len(words) == 3 else ""
    found = max((prefix for prefix in manners.pages if path.startswith(prefix)), key=len, default=None)
    page = manners.pages[found] if found is not None else Page(404 if path else 400)
    if page.guarded and (manners.login is None or _header(request, b"authorization") != manners.login):
        page = Page(401, headers=(f'WWW-Authenticate: Basic realm="{manners.realm}"',))
    body = page.body.encode("utf-8")
    head = (
        f"HTTP/1.1 {page.status} {_STATUS.get(page.status, 'Answer')}",
        f"Content-Type: {page.kind}; charset=utf-8",
        f"Content-Length: {len(body)}",
        *page.headers,
        "Connection: close",
    )
    return "\r\n".join(head).encode("latin-1", "replace") + _HEAD_END + body


def _header(request: bytes, name: bytes) -> bytes | None:
    """The value of a request's header; ``name`` is in lower case."""
    for line in request.split(_HEAD_END, 1)[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _copied(lines: list[bytes]) -> list[bytes]:
    """Headers that a response repeats (RFC 3261 §8.2.6.2), with the tag that a user agent adds to To."""
    kept = []
    for line in lines:
        name = line.partition(b":")[0].strip().lower()
        if name in _COPIED:
            kept.append(line + b";tag=lab" if name in _TO and b";tag=" not in line else line)
    return kept
