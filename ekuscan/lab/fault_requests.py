"""Faulty endpoints that get through a handshake, or refuse for want of a client certificate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ekuscan.lab.appliance import conversation, talk
from ekuscan.lab.authority import P384
from ekuscan.lab.fault_deeds import (
    GARBAGE,
    HOSTILE_AGENT,
    UNRECOGNIZED_NAME,
    WARNING,
    Deed,
    alert,
    forever,
    stay,
)
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import Handler
from ekuscan.lab.talk import Manners, Page
from ekuscan.lab.tls import HandshakeError, ServerContext, Terms, TlsEnd, Version, server_context
from ekuscan.lab.wire import Wire

_MANNERS: Final = Manners(agent="Lab-Fault/1")
# nginx, ngx_http_special_response.c: what it serves where a client certificate is missing.
_NGINX_PAGE: Final = (
    "<html><head><title>400 No required SSL certificate was sent</title></head><body><center><h1>400 Bad Request</h1>"
    "</center><center>No required SSL certificate was sent</center><hr><center>lab</center></body></html>"
)


def only(version: Version) -> Callable[[FaultKit], Handler]:
    return lambda kit: _ordinary(replace(kit.terms, oldest=version, newest=version))


def retries_hello(kit: FaultKit) -> Handler:
    return _ordinary(replace(kit.terms, oldest="TLSv1.3", curve=P384))


def warns_first(kit: FaultKit) -> Handler:
    warned = alert(WARNING, UNRECOGNIZED_NAME)
    context = kit.plain

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire, mangle=lambda data: (b"" if tls.sent > len(data) else warned) + data)
        await tls.handshake()
        await talk(tls, wire, "sips", _MANNERS)

    return handler


def requires(version: Version) -> Callable[[FaultKit], Handler]:
    return lambda kit: _ordinary(replace(kit.terms, request="required", oldest=version, newest=version))


def refuses_by(version: Version, deed: Deed) -> Callable[[FaultKit], Handler]:
    def make(kit: FaultKit) -> Handler:
        context = server_context(replace(kit.terms, request="required", oldest=version, newest=version))
        return _muted(context, deed)

    return make


def refuses_late(kit: FaultKit) -> Handler:
    context = server_context(replace(kit.terms, request="required", oldest="TLSv1.3"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        await tls.first_flight()
        await tls.take()
        await asyncio.sleep(kit.pace / 4)
        with suppress(HandshakeError):
            await tls.handshake()

    return handler


def no_sign(kit: FaultKit) -> Handler:
    return _muted(server_context(replace(kit.terms, request="optional", oldest="TLSv1.3")), stay)


def garbled_after(kit: FaultKit) -> Handler:
    async def record_without_meaning(wire: Wire) -> None:
        await wire.send(b"\x17\x03\x03\x00\x40" + GARBAGE[:64])
        await wire.until_gone()

    return _muted(server_context(replace(kit.terms, request="optional", oldest="TLSv1.3")), record_without_meaning)


def takes_no_certificate(kit: FaultKit) -> Handler:
    return _ordinary(replace(kit.terms, request="optional", trusted=()))


def quiet_when_shown_one(kit: FaultKit) -> Handler:
    context = server_context(replace(kit.terms, request="optional", oldest="TLSv1.3"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        await tls.first_flight()
        tls.held_back = True
        await tls.handshake()
        if tls.shown:
            await stay(wire)
        tls.held_back = False
        await talk(tls, wire, "sips", _MANNERS)

    return handler


def takes_rsa_only(kit: FaultKit) -> Handler:
    own = (kit.issue(key="rsa"),)
    return _ordinary(replace(kit.terms, credentials=own, request="optional", signatures="RSA-PSS+SHA256:RSA+SHA256"))


def quiet_until_asked(kit: FaultKit) -> Handler:
    context = server_context(replace(kit.terms, request="optional", oldest="TLSv1.3"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        await tls.first_flight()
        tls.held_back = True
        await tls.handshake()
        tls.held_back = False
        await talk(tls, wire, "sips", _MANNERS)

    return handler


def sip_silent(kit: FaultKit) -> Handler:
    return conversation(server_context(kit.terms), "sips", Manners(sip_status=None))


def sip_hostile(kit: FaultKit) -> Handler:
    return conversation(server_context(kit.terms), "sips", Manners(agent=HOSTILE_AGENT))


def refuses_by_sip(kit: FaultKit) -> Handler:
    return _answering(
        kit, b"SIP/2.0 403 Client certificate required\r\nServer: Lab-Fault/1\r\nContent-Length: 0\r\n\r\n"
    )


def refuses_by_http(kit: FaultKit) -> Handler:
    terms = replace(kit.terms, request="optional")
    return conversation(server_context(terms), "https", Manners(pages={"/": Page(400, _NGINX_PAGE)}))


def sip_garbage(kit: FaultKit) -> Handler:
    return _answering(kit, GARBAGE)


def endless_after(kit: FaultKit) -> Handler:
    context = server_context(replace(kit.terms, request="optional", oldest="TLSv1.3"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        await tls.handshake()
        await forever(tls.send, bytes(16_384))

    return handler


def sip_drip(kit: FaultKit) -> Handler:
    context = server_context(replace(kit.terms, request="optional"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        with suppress(HandshakeError):
            await tls.handshake()
            if await tls.receive():
                for byte in b"SIP/2.0 200 OK\r\nServer: Lab-Fault/1\r\nContent-Length: 0\r\n\r\n":
                    await tls.send(bytes((byte,)))
                    await asyncio.sleep(kit.pace)

    return handler


def when_asked(deed: Deed) -> Callable[[FaultKit], Handler]:
    """``deed`` once the handshake is complete and the client has asked something."""

    def make(kit: FaultKit) -> Handler:
        context = server_context(kit.terms)

        async def handler(wire: Wire) -> None:
            tls = TlsEnd(context, wire)
            with suppress(HandshakeError):
                await tls.handshake()
                if await tls.receive():
                    await deed(wire)

        return handler

    return make


def endless_sip(kit: FaultKit) -> Handler:
    return _answering(kit, b"SIP/2.0 200 OK\r\n", b"X-Lab: " + b"a" * 1000 + b"\r\n")


def endless_http(kit: FaultKit) -> Handler:
    return _answering(kit, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<br>" * 4000)


def _ordinary(terms: Terms) -> Handler:
    return conversation(server_context(terms), "sips", _MANNERS)


def _muted(context: ServerContext, deed: Deed) -> Handler:
    """A handshake of which the client sees our first flight only; then the deed."""

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        await tls.first_flight()
        tls.held_back = True
        with suppress(HandshakeError):
            await tls.handshake()
        await deed(wire)

    return handler


def _answering(kit: FaultKit, answer: bytes, then: bytes = b"") -> Handler:
    """An answer to the first request, whatever it is; ``then`` follows without end."""
    context = server_context(replace(kit.terms, request="optional"))

    async def handler(wire: Wire) -> None:
        tls = TlsEnd(context, wire)
        with suppress(HandshakeError):
            await tls.handshake()
            if await tls.receive():
                await tls.send(answer)
                if then:
                    await forever(tls.send, then * 16)
                while await tls.receive():
                    pass

    return handler
