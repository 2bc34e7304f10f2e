"""The talks that come before TLS, as bytes in and bytes out: what a proxy wants to hear, and protocols that start TLS
inside themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from ekuscan.model import Failure, Stage


class Dialogue(Protocol):
    """One talk: send what `start` returns, feed `receive` what the peer sends, send what it returns.

    ``stage`` is "proxy" or "preamble". ``ready``: the peer has said go, and TLS (or the next dialogue) begins now.
    ``received``: how many bytes have come. ``agent``: what the peer calls itself, where its protocol says that; it may
    be any text. ``failure``: the peer said no, or speaks something else; final. ``rest``: what came after a proxy's
    go-ahead, the first bytes of the peer behind it. Bytes after a preamble's go-ahead are a failure: they may be
    injected.
    """

    stage: Stage
    ready: bool
    failure: Failure | None
    rest: bytes
    received: int
    agent: str | None

    def start(self) -> bytes:
        """What we send first; nothing where the peer speaks first."""

    def receive(self, data: bytes) -> bytes:
        """Takes in what the peer sent and returns what is to be sent. Never raises; takes in at most 16 KiB."""

    def peer_left(self, *, reset: bool) -> None:
        """The stream ended, by a FIN or by a reset."""

    def give_up(self) -> None:
        """Nothing more will be waited for."""


def _lines(protocol: str, _host: str) -> Dialogue:
    from ekuscan.wire.starttls import LineTalk, line_protocols

    return LineTalk(line_protocols()[protocol])


def _xmpp(protocol: str, host: str) -> Dialogue:
    from ekuscan.wire.xmpp import XmppTalk

    return XmppTalk("client" if protocol == "xmpp-client" else "server", host)


def _ldap(_protocol: str, _host: str) -> Dialogue:
    from ekuscan.wire.ldap import LdapTalk

    return LdapTalk()


def _postgresql(_protocol: str, _host: str) -> Dialogue:
    from ekuscan.wire.postgresql import PostgresqlTalk

    return PostgresqlTalk()


# What few endpoints speak is loaded when one does.
_PREAMBLES: Final[Mapping[str, Callable[[str, str], Dialogue]]] = MappingProxyType(
    {
        "smtp": _lines,
        "imap": _lines,
        "xmpp-client": _xmpp,
        "xmpp-server": _xmpp,
        "ldap": _ldap,
        "postgresql": _postgresql,
    }
)


def preamble(protocol: str, host: str) -> Dialogue | None:
    """What comes before TLS on an endpoint of this protocol; None where TLS comes first, or none at all.

    ``host`` is the name that the endpoint is asked for, which XMPP sends as the domain.
    """
    make = _PREAMBLES.get(protocol)
    return make(protocol, host) if make is not None else None
