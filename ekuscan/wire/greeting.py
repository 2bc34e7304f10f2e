"""Ports without TLS, of which the banner is all there is to read: the talk that brings it out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from ekuscan.model import Endpoint
from ekuscan.wire import sip
from ekuscan.wire.dialogue import Dialogue
from ekuscan.wire.exchange import Exchange
from ekuscan.wire.ssh import SshGreeting

# A response, or a request of the peer's own; RFC 5626 §3.5.1 lets line ends come before either.
_BEGINS: Final = re.compile(rb"[\r\n]*(?:\Z|S(?:\Z|I(?:\Z|P(?:\Z|/)))|[A-Z]{1,16}(?:\Z| ))")


class SipGreeting(Exchange):
    """One OPTIONS over plain TCP; ``ready`` with the final answer to it."""

    __slots__ = ("_request",)

    def __init__(self, request: bytes) -> None:
        super().__init__("SIP", _BEGINS)
        self._request = request

    def start(self) -> bytes:
        """The request."""
        return self._request

    def _take(self) -> bytes | None:
        data = bytes(self._buffer)
        if sip.decisive(data) is None:
            return None
        self.agent = next((message.agent for message in sip.messages(data) if message.agent), None)
        self._buffer.clear()
        self.ready = True
        return b""

    def _after_ready(self, data: bytes) -> None:
        """There is nothing more to learn."""


class Greeting(Protocol):
    """Makes the talk for an endpoint from our own address and a token that is unique."""

    def __call__(self, endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue: ...


def _sip(endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue:
    return SipGreeting(sip.options(endpoint.host, endpoint.port, "TCP", own, token))


def _ssh(endpoint: Endpoint, own: tuple[str, int], *, token: str) -> Dialogue:
    return SshGreeting()


GREETINGS: Final[Mapping[str, Greeting]] = MappingProxyType({"sip-tcp": _sip, "ssh": _ssh})
