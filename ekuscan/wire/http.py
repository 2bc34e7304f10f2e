"""The one HTTP request that shows whether a server refuses a missing client certificate above TLS, as nginx does."""

from __future__ import annotations

import re
from typing import Final

from ekuscan.names import printable
from ekuscan.record import record

MAX_ANSWER: Final = 32_768

# nginx: 495 SSL Certificate Error and 496 SSL Certificate Required, shown to clients as 400 with this text in the page
# (ngx_http_special_response.c). IIS: 403.7 "Client certificate required". Apache mod_ssl: 403 with a reason.
_CERTIFICATE_STATUSES: Final = frozenset({495, 496})
_MAYBE_STATUSES: Final = frozenset({400, 401, 403})
# What is left of these once no text is known. RFC 9110 §15.5.2: 401 comes with a challenge, for a password.
_DOUBTFUL_STATUSES: Final = frozenset({400, 403})
_CERTIFICATE_TEXT: Final = re.compile(
    rb"no required ssl certificate|ssl certificate (?:error|required)|client[ -]certificate"
    rb"|certificate (?:is )?required|403\.7\b|post-handshake authentication",
    re.IGNORECASE,
)
_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})[ \r\n]")
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
# RFC 7617 §2: the challenge of the Basic scheme names its realm; RFC 9110 §10.2.4: Server names the software.
_REALM: Final = re.compile(
    rb'^www-authenticate:[^\r\n]{0,200}?\bbasic[ \t]{1,8}realm="([^"\r\n]{1,200})"', re.IGNORECASE | re.MULTILINE
)
_SERVER: Final = re.compile(rb"^server:[ \t]{0,8}([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
_MAX_HEAD: Final = 8_192


@record
class HttpAnswer:
    """``refused``: the status and text say that a client certificate is missing."""

    status: int
    refused: bool

    @property
    def doubtful(self) -> bool:
        """Whether it may be a refusal of our certificate in words that are not known: an error page of the site."""
        return self.status in _DOUBTFUL_STATUSES and not self.refused


@record
class HttpNames:
    """What a server calls itself, printable: the realm for which it wants a password, and its software."""

    realm: str | None
    server: str | None


def request(host: str, path: str = "/") -> bytes:
    """A GET without credentials. ``host`` is the Host header: a name, or an address in URL notation.

    Not HEAD, because the text that tells nginx's refusal from any other 400 stands in the body.
    """
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: ekuscan", "Accept: */*", "Connection: close", "", "")
    return "\r\n".join(lines).encode("ascii", "replace")


def answer(data: bytes, *, ended: bool) -> HttpAnswer | None:
    """Reads an answer as far as it is there; None while it cannot be decided yet, or where it is not HTTP.

    ``ended``: no more will come, so what is there decides.
    """
    status_line = _STATUS_LINE.match(data)
    if status_line is None:
        return None
    status = int(status_line[1])
    if status in _CERTIFICATE_STATUSES:
        return HttpAnswer(status, refused=True)
    if status not in _MAYBE_STATUSES:
        return HttpAnswer(status, refused=False)
    if _CERTIFICATE_TEXT.search(data, 0, MAX_ANSWER):
        return HttpAnswer(status, refused=True)
    return HttpAnswer(status, refused=False) if ended or _complete(data) else None


def called(data: bytes) -> HttpNames | None:
    """What the head of an answer, as far as it is there, says of the server; None where it is not HTTP."""
    if _STATUS_LINE.match(data) is None:
        return None
    end = _HEAD_END.search(data, 0, _MAX_HEAD)
    head = data[: end.start() if end else _MAX_HEAD]
    return HttpNames(_header(_REALM, head), _header(_SERVER, head))


def _header(pattern: re.Pattern[bytes], head: bytes) -> str | None:
    found = pattern.search(head)
    return printable(found[1].decode("latin-1").strip()) if found else None


def _complete(data: bytes) -> bool:
    if len(data) >= MAX_ANSWER:
        return True
    head = _HEAD_END.search(data)
    if head is None:
        return False
    length = _LENGTH.search(data, 0, head.start() + 2)
    if length is None:
        return data.endswith(b"\r\n0\r\n\r\n")
    return len(data) - head.end() >= int(length[1])
