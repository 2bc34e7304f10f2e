"""Ports without TLS, of which the banner is all there is to read: the talk that brings it out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from ekuscan.model import Endpoint
from ekuscan.wire.dialogue import Dialogue


class Greeting(Protocol):
    """Makes the talk for an endpoint from our own address and a token that is unique."""

    def __call__(self, endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue: ...


def _sip(endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue:
    from ekuscan.wire.sip_greeting import SipGreeting

    return SipGreeting(endpoint.host, endpoint.port, own, token)


def _ssh(endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue:
    from ekuscan.wire.ssh import SshGreeting

    return SshGreeting()


GREETINGS: Final[Mapping[str, Greeting]] = MappingProxyType({"sip-tcp": _sip, "ssh": _ssh})
