"""Proxies with something wrong about them, by name: what `ekuscan.lab.faults` is for endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from ekuscan.lab.fault_deeds import FATAL, Deed, alert, close, forever, reset, stay
from ekuscan.lab.openings import Opening, Turn, hold
from ekuscan.lab.server import Handler
from ekuscan.lab.wire import Wire
from ekuscan.model import Stage
from ekuscan.record import record

ProxyScheme = Literal["http", "socks5"]

_HANDSHAKE_FAILURE: Final = 40
_CONNECT: Final = rb"CONNECT [^\r\n]+\r\n(?:[^\r\n]+\r\n)*\r\n"
_METHODS: Final = rb"\x05[\x01\x02]\x00\x02?"
_NO_LOGIN: Final = Turn(_METHODS, b"\x05\x00")
_REQUEST: Final = rb"\x05\x01\x00[\x01\x03\x04]"


@record
class ProxyFault:
    """``failure`` is the stage and reason that an observer has to report of whatever it wanted to reach."""

    says: str
    failure: tuple[Stage, str]
    scheme: ProxyScheme
    opening: Opening = ()
    deed: Deed = stay

    def handler(self) -> Handler:
        """The conversation of the proxy's port."""

        async def handler(wire: Wire) -> None:
            await hold(wire, self.opening)
            await self.deed(wire)

        return handler


async def _headers_forever(wire: Wire) -> None:
    await forever(wire.send, b"X-And-So-On: 1\r\n" * 1000)


def _http(says: str, reason: str, status: bytes) -> ProxyFault:
    answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    return ProxyFault(says, ("proxy", reason), "http", (Turn(_CONNECT, answer),))


def _socks(says: str, reason: str, code: int) -> ProxyFault:
    reply = Turn(_REQUEST, bytes((5, code, 0, 1)) + bytes(6))
    return ProxyFault(says, ("proxy", reason), "socks5", (_NO_LOGIN, reply))


PROXY_FAULTS: Final[Mapping[str, ProxyFault]] = MappingProxyType(
    {
        "http-proxy-silent": ProxyFault("never answers CONNECT", ("proxy", "stalled"), "http"),
        "http-proxy-closes": ProxyFault(
            "closes on CONNECT", ("proxy", "closed"), "http", (Turn(_CONNECT, b""),), close
        ),
        "http-proxy-endless": ProxyFault(
            "answers CONNECT with headers without end",
            ("proxy", "too-much"),
            "http",
            (Turn(_CONNECT, b"HTTP/1.1 200 OK\r\n"),),
            _headers_forever,
        ),
        "http-proxy-is-ssh": ProxyFault(
            "greets as an SSH server", ("proxy", "not-the-protocol"), "http", (Turn(b"", b"SSH-2.0-Lab_1.0\r\n"),)
        ),
        "http-proxy-is-tls": ProxyFault(
            "speaks TLS at once", ("proxy", "tls-at-once"), "http", (Turn(_CONNECT, alert(FATAL, _HANDSHAKE_FAILURE)),)
        ),
        "http-proxy-407": _http("wants credentials", "proxy-auth", b"407 Proxy Authentication Required"),
        "http-proxy-403": _http("does not allow the port", "proxy-refused", b"403 Forbidden"),
        "http-proxy-502": _http("does not get through", "proxy-failed", b"502 Bad Gateway"),
        "socks-silent": ProxyFault("says nothing after the method", ("proxy", "stalled"), "socks5", (_NO_LOGIN,)),
        "socks-resets": ProxyFault("resets on the request", ("proxy", "reset"), "socks5", (_NO_LOGIN,), reset),
        "socks-garbage": ProxyFault(
            "answers in plain HTTP",
            ("proxy", "not-the-protocol"),
            "socks5",
            (Turn(_METHODS, b"HTTP/1.1 400 Bad Request\r\n\r\n"),),
        ),
        "socks-no-method": ProxyFault(
            "takes no way to log in", ("proxy", "proxy-auth"), "socks5", (Turn(_METHODS, b"\x05\xff"),)
        ),
        "socks-failure": _socks("fails without saying why", "proxy-failed", 1),
        "socks-not-allowed": _socks("does not allow the connection", "proxy-refused", 2),
        "socks-network-unreachable": _socks("has no network there", "unreachable", 3),
        "socks-host-unreachable": _socks("does not reach the host", "unreachable", 4),
        "socks-refused": _socks("finds the port closed", "refused", 5),
    }
)
