"""A DTLS 1.2 server on a UDP port: OpenSSL, with a connection per client address and a cookie asked for first."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from OpenSSL import SSL

from ekuscan.lab.server import DatagramTalk
from ekuscan.lab.tls import ServerContext, Terms, furnish
from ekuscan.lab.wire import Counters
from ekuscan.wire.dtls import MTU, records

Source = tuple[str | object, int]
Flight = tuple[bytes, ...]
# What of a flight goes out: its number among those to this client, from 0, and its datagrams.
Outlet = Callable[[int, Flight], Flight]

_DTLS_1_2: Final = 0xFEFD
# openssl/ssl.h; pyOpenSSL has no name for it.
_OP_COOKIE_EXCHANGE: Final = 0x2000
_SECRET: Final = secrets.token_bytes(16)
_CHUNK: Final = 65536
_MAX_CLIENTS: Final = 256


def dtls_context(terms: Terms, *, cookies: bool = True) -> ServerContext:
    """An OpenSSL context for these terms, of which the TLS versions do not count. ``cookies``: a client has to prove
    its address before anything else (RFC 6347 §4.2.1)."""
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_min_proto_version(_DTLS_1_2)
    context.set_max_proto_version(_DTLS_1_2)
    context.set_options(SSL.OP_NO_QUERY_MTU | (_OP_COOKIE_EXCHANGE if cookies else 0))
    context.set_cookie_generate_callback(_cookie)
    context.set_cookie_verify_callback(lambda connection, cookie: cookie == _cookie(connection))
    furnish(context, terms)
    return context


def _cookie(connection: SSL.Connection) -> bytes:
    return hashlib.sha256(_SECRET + repr(connection.get_app_data()).encode()).digest()


def everything(number: int, flight: Flight) -> Flight:
    return flight


def dtls_talk(context: ServerContext, outlet: Outlet = everything) -> DatagramTalk:
    """The conversation of a UDP port on these terms. It does not send again what gets lost."""
    return partial(DtlsPort, context, outlet)


class DtlsPort(asyncio.DatagramProtocol):
    """The clients of one port, by their addresses; of very many the oldest are forgotten."""

    def __init__(self, context: ServerContext, outlet: Outlet, counters: Counters) -> None:
        self._context = context
        self._outlet = outlet
        self._counters = counters
        self._clients: dict[Source, _Client] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Source) -> None:
        client = self._clients.get(addr)
        if client is None:
            client = self._clients[addr] = _Client(self._context, addr, self._counters)
            if len(self._clients) > _MAX_CLIENTS:
                del self._clients[next(iter(self._clients))]
        flight = client.take(data)
        if flight:
            for datagram in self._outlet(client.flights, flight):
                self.send(datagram, addr)
            client.flights += 1

    def send(self, datagram: bytes, addr: Source) -> None:
        if self._transport is not None:
            self._transport.sendto(datagram, addr)


class _Client:
    """The server's end of one handshake, and how many ``flights`` it has sent."""

    def __init__(self, context: ServerContext, addr: Source, counters: Counters) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(addr)
        self._connection.set_ciphertext_mtu(MTU)
        self._connection.set_accept_state()
        self._counters = counters
        self._over = False
        self.flights = 0
        counters.connections += 1
        counters.hellos += 1

    def take(self, datagram: bytes) -> Flight:
        self._connection.bio_write(datagram)
        if not self._over:
            self._shake()
        return records(b"".join(iter(self._pending, b"")))

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error:
            self._counters.failed += 1
        else:
            self._counters.handshakes += 1
        self._over = True
        name = self._connection.get_servername()
        self._counters.server_name = name.decode("ascii", "replace") if name else None

    def _pending(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""
