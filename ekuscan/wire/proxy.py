"""Talking a proxy into a connection: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC 1929).

Names are the proxy's to resolve. What a person gave as user and password stands in nothing but the bytes sent.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import unquote

from ekuscan.model import Stage
from ekuscan.record import record
from ekuscan.targets.address import AddressError, is_ip, label, parse_host, parse_port
from ekuscan.wire.dialogue import Dialogue
from ekuscan.wire.exchange import Exchange, words

Scheme = Literal["http", "socks5"]

# What curl takes for every proxy whose URL has no port (curl's manual, --proxy).
DEFAULT_PORT: Final = 1080

_SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType({"http": "http", "socks5": "socks5", "socks5h": "socks5"})
_MAX_CREDENTIAL: Final = 255


@record
class Proxy:
    """``host`` is a name or an address without brackets; ``user`` and ``password`` are "" where there are none."""

    scheme: Scheme
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def parse_proxy(text: str) -> Proxy:
    """Reads ``http://[user[:password]@]host[:port]``, or the same with socks5 or socks5h, which mean one thing here.

    User and password may be percent-encoded.

    Raises:
        ValueError: the text is no proxy. The sentence repeats nothing of it, since it may hold a password.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise ValueError("write a proxy as http://host:port or socks5://host:port")
    credentials, _, place = rest.removesuffix("/").rpartition("@")
    user, password = (unquote(part, errors="replace") for part in _halves(credentials))
    if max(len(part.encode()) for part in (user, password)) > _MAX_CREDENTIAL:
        raise ValueError(f"a proxy's user and password have at most {_MAX_CREDENTIAL} bytes each")
    if password and not user:
        raise ValueError("a proxy's password needs a user before it: user:password@host")
    if _SCHEMES[scheme.lower()] == "http" and ":" in user:
        raise ValueError("the user of an HTTP proxy cannot have a colon in it")
    return Proxy(_SCHEMES[scheme.lower()], *_place(place), user, password)


def proxy_dialogue(proxy: Proxy, host: str, port: int) -> Dialogue:
    """What makes this proxy connect to a name (253 characters at most) or an address, and a port."""
    return Connect(proxy, host, port) if proxy.scheme == "http" else Socks(proxy, host, port)


def _halves(credentials: str) -> tuple[str, str]:
    user, _, password = credentials.partition(":")
    return user, password


def _place(text: str) -> tuple[str, int]:
    host, bracket, rest = text.partition("]") if text.startswith("[") else ("", "", text)
    name, colon, port = rest.partition(":")
    try:
        if bracket and name:
            raise AddressError("nothing but a port stands after an address in brackets")
        return parse_host(host + bracket or name), parse_port(port) if colon else DEFAULT_PORT
    except AddressError:
        raise ValueError("after a proxy's :// stands host, host:port or [IPv6 address]:port") from None


class _ProxyTalk(Exchange):
    """What follows the go-ahead comes from the peer behind the proxy, and is handed over as ``rest``."""

    __slots__ = ("_host", "_port", "_proxy")

    stage: Stage = "proxy"

    def __init__(self, name: str, begins: re.Pattern[bytes], proxy: Proxy, host: str, port: int) -> None:
        super().__init__(name, begins)
        self._proxy = proxy
        self._host = host
        self._port = port

    def _after_ready(self, data: bytes) -> None:
        self.rest += data


# --- HTTP -----------------------------------------------------------------------------------------------------

_HTTP_BEGINS: Final = re.compile(rb"H(?:\Z|T(?:\Z|T(?:\Z|P(?:\Z|/))))")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: [^\r\n]*)?")
_OK: Final = range(200, 300)
_INTERIM: Final = range(100, 200)
# 407 is what a proxy has to say; Tinyproxy answers wrong credentials with 401.
_WANTS_CREDENTIALS: Final = (401, 407)
_SERVER_ERROR: Final = 500


class Connect(_ProxyTalk):
    """A `Dialogue` with an HTTP proxy. Only the head of its answer is read, and of that the status."""

    __slots__ = ("_status",)

    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__("HTTP", _HTTP_BEGINS, proxy, host, port)
        self._status: int | None = None

    def start(self) -> bytes:
        place = f"{label(self._host)}:{self._port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", "User-Agent: ekuscan"]
        if self._proxy.user:
            # RFC 7617 §2.
            pair = b64encode(f"{self._proxy.user}:{self._proxy.password}".encode()).decode("ascii")
            lines.append(f"Proxy-Authorization: Basic {pair}")
        return "\r\n".join((*lines, "", "")).encode("ascii", "replace")

    def _take(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        if self._status is None:
            self._begin(line)
        elif not line:
            self.ready = self._status in _OK
            self._status = None
        return b""

    def _begin(self, line: bytes) -> None:
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            self._not_the_protocol(line)
            return
        self._status = int(match[1])
        if self._status in _OK or self._status in _INTERIM:
            return
        says = words(line.partition(b" ")[2])
        if self._status in _WANTS_CREDENTIALS:
            self._fail("proxy-auth", error=says)
        else:
            self._fail("proxy-failed" if self._status >= _SERVER_ERROR else "proxy-refused", error=says)


# --- SOCKS ----------------------------------------------------------------------------------------------------

# Reply codes of RFC 1928 §6, and the failure reason that each is.
SOCKS_REPLIES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        1: ("proxy-failed", "general failure"),
        2: ("proxy-refused", "connection not allowed by its rules"),
        3: ("unreachable", "the proxy says network unreachable"),
        4: ("unreachable", "the proxy says host unreachable"),
        5: ("refused", "connection refused"),
        6: ("proxy-failed", "TTL expired"),
        7: ("proxy-refused", "command not supported"),
        8: ("proxy-refused", "address type not supported"),
    }
)

_SOCKS_BEGINS: Final = re.compile(rb"\x05")
_NO_LOGIN: Final = 0
_LOGIN: Final = 2
_CONNECT: Final = b"\x05\x01\x00"
_IPV4: Final = 1
_NAME: Final = 3
_IPV6: Final = 4
_ADDRESS_SIZES: Final = {_IPV4: 4, _IPV6: 16}


class Socks(_ProxyTalk):
    """A `Dialogue` with a SOCKS5 proxy."""

    __slots__ = ("_next",)

    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__("SOCKS5", _SOCKS_BEGINS, proxy, host, port)
        self._next = self._take_method

    def start(self) -> bytes:
        """The ways to log in that we offer: none, and user and password where we have them."""
        return b"\x05\x02\x00\x02" if self._proxy.user else b"\x05\x01\x00"

    def _take(self) -> bytes | None:
        return self._next()

    def _take_method(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        method = self._buffer[1]
        del self._buffer[:2]
        if method == _NO_LOGIN:
            self._next = self._take_reply
            return self._request()
        if method == _LOGIN and self._proxy.user:
            self._next = self._take_login
            return b"\x01" + _counted(self._proxy.user) + _counted(self._proxy.password)
        self._fail("proxy-auth", error="it takes no way to log in that we offer")
        return b""

    def _take_login(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        refused = self._buffer[1] != 0
        del self._buffer[:2]
        if refused:
            self._fail("proxy-auth", error="user or password refused")
            return b""
        self._next = self._take_reply
        return self._request()

    def _request(self) -> bytes:
        if is_ip(self._host):
            address = ip_address(self._host)
            place = bytes((_IPV6 if isinstance(address, IPv6Address) else _IPV4,)) + address.packed
        else:
            place = bytes((_NAME,)) + _counted(self._host)
        return _CONNECT + place + self._port.to_bytes(2, "big")

    def _take_reply(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        version, code = self._buffer[:2]
        if version != _CONNECT[0]:
            self._not_the_protocol(bytes(self._buffer[:2]))
            return b""
        if code:
            reason, says = SOCKS_REPLIES.get(code, ("proxy-failed", "a reply without a name"))
            self._fail(reason, error=f"{code} {says}")
            return b""
        size = self._reply_size()
        if size is None or len(self._buffer) < size:
            return None
        del self._buffer[:size]
        self.ready = True
        return b""

    def _reply_size(self) -> int | None:
        """Bytes of the whole reply, as soon as they can be told."""
        if len(self._buffer) < 5:
            return None
        kind = self._buffer[3]
        size = 1 + self._buffer[4] if kind == _NAME else _ADDRESS_SIZES.get(kind)
        if size is None:
            self._not_the_protocol(bytes(self._buffer[:5]))
            return None
        return 4 + size + 2


def _counted(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data
