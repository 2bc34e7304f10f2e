"""Faulty endpoints that send without end what costs little: alerts, empty records, messages after a handshake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from ekuscan.lab import fault_talks as talks
from ekuscan.lab.fault import Fault
from ekuscan.lab.fault_deeds import HELLO_REQUEST, UNRECOGNIZED_NAME, WARNING, alert, forever, on_hello
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.sealed import ALERT, APPLICATION_DATA, HANDSHAKE, OldSealer, Sealer
from ekuscan.lab.server import Handler
from ekuscan.lab.tls import HandshakeError, TlsEnd, server_context
from ekuscan.lab.wire import Wire

_WARNING: Final = alert(WARNING, UNRECOGNIZED_NAME)
_EMPTY: Final = b"\x16\x03\x03\x00\x00"
_CERTIFICATE_REQUIRED: Final = 116
# More than anybody takes in who is bounded at all, in records of some 27 bytes.
_SEALED: Final = 12_000
_AT_ONCE: Final = 400
# NewSessionTicket (RFC 8446 §4.6.1): an hour, no age added, no nonce, a ticket of one byte, no extensions.
_TICKET: Final = b"\x04\x00\x00\x0e" + (3600).to_bytes(4, "big") + bytes(4) + b"\0" + b"\0\1t" + b"\0\0"

# A HelloRequest (RFC 5246 §7.4.1.1), by which a server asks for another handshake in the same connection.
_ASK_AGAIN: Final = bytes(4)

Flood = Callable[[Sealer], Iterator[bytes]]
OldFlood = Callable[[OldSealer], Iterator[bytes]]


async def warn_forever(wire: Wire) -> None:
    await forever(wire.send, _WARNING * 1000)


async def warn_and_ask_forever(wire: Wire) -> None:
    """Warnings that are not in a row, which is what OpenSSL counts."""
    await forever(wire.send, (_WARNING + HELLO_REQUEST) * 1000)


async def send_nothing_forever(wire: Wire) -> None:
    await forever(wire.send, _EMPTY * 1000)


def sealed(flood: Flood) -> Callable[[FaultKit], Handler]:
    """A complete handshake, TLS 1.3 and with a request for a certificate; then this flood."""

    def make(kit: FaultKit) -> Handler:
        context = server_context(replace(kit.terms, request="optional", oldest="TLSv1.3"), secrets=True)

        async def handler(wire: Wire) -> None:
            tls = TlsEnd(context, wire)
            await tls.first_flight()
            tls.held_back = True
            with suppress(HandshakeError):
                await tls.handshake()
            await _pour(wire, flood(Sealer(tls.secrets["SERVER_TRAFFIC_SECRET_0"])))

        return handler

    return make


def sealed_old(flood: OldFlood) -> Callable[[FaultKit], Handler]:
    """A complete handshake in TLS 1.2; then this flood."""

    def make(kit: FaultKit) -> Handler:
        context = kit.plain
        context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")

        async def handler(wire: Wire) -> None:
            tls = TlsEnd(context, wire)
            with suppress(HandshakeError):
                await tls.handshake()
                await _pour(wire, flood(OldSealer(tls.old_secrets)))

        return handler

    return make


async def _pour(wire: Wire, flood: Iterator[bytes]) -> None:
    records = islice(flood, _SEALED)
    while some := b"".join(islice(records, _AT_ONCE)):
        await wire.send(some)
    await wire.until_gone()


def empty_data_old(sealer: OldSealer) -> Iterator[bytes]:
    while True:
        yield sealer.seal(APPLICATION_DATA, b"")


def data_and_nothing(sealer: OldSealer) -> Iterator[bytes]:
    """Empty records that are not in a row, which is what OpenSSL counts."""
    while True:
        yield sealer.seal(APPLICATION_DATA, b"") + sealer.seal(APPLICATION_DATA, b".")


def requests_again(sealer: OldSealer) -> Iterator[bytes]:
    while True:
        yield sealer.seal(HANDSHAKE, _ASK_AGAIN)


def key_updates(sealer: Sealer) -> Iterator[bytes]:
    while True:
        yield sealer.key_update(answer=False)


def key_updates_to_answer(sealer: Sealer) -> Iterator[bytes]:
    while True:
        yield sealer.key_update(answer=True)


def tickets(sealer: Sealer) -> Iterator[bytes]:
    while True:
        yield sealer.seal(HANDSHAKE, _TICKET)


def empty_data(sealer: Sealer) -> Iterator[bytes]:
    while True:
        yield sealer.seal(APPLICATION_DATA, b"")


def warnings(sealer: Sealer) -> Iterator[bytes]:
    while True:
        yield sealer.seal(ALERT, bytes((WARNING, UNRECOGNIZED_NAME)))


def refusal(sealer: Sealer) -> Iterator[bytes]:
    yield sealer.seal(ALERT, bytes((WARNING, _CERTIFICATE_REQUIRED)))


FLOODS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "alert-flood": Fault(
            "sends warning alerts without end", ("hello", "garbled"), lambda kit: on_hello(warn_forever)
        ),
        "alert-flood-between": Fault(
            "sends warning alerts without end, each followed by something else",
            ("hello", "too-much"),
            lambda kit: on_hello(warn_and_ask_forever),
        ),
        "empty-records": Fault(
            "sends records with nothing in them without end",
            ("hello", "garbled"),
            lambda kit: on_hello(send_nothing_forever),
        ),
        "alert-flood-after-server-hello": Fault(
            "sends warning alerts without end after its ServerHello",
            ("certificate", "garbled"),
            talks.server_hello_then(warn_forever),
        ),
        "alert-flood-after-certificate": Fault(
            "sends warning alerts without end after its certificate, each followed by something else",
            ("finish", "too-much"),
            talks.certificate_then(warn_and_ask_forever),
        ),
        "empty-records-after-certificate": Fault(
            "sends records with nothing in them after its certificate",
            ("finish", "garbled"),
            talks.certificate_then(send_nothing_forever),
        ),
        "key-updates": Fault(
            "changes its keys without end, TLS 1.3", ("after", "request-undecided"), sealed(key_updates)
        ),
        "key-updates-to-answer": Fault(
            "has keys changed without end, TLS 1.3", ("after", "request-undecided"), sealed(key_updates_to_answer)
        ),
        "tickets": Fault("sends session tickets without end, TLS 1.3", None, sealed(tickets)),
        "empty-data": Fault(
            "sends application data with nothing in it, TLS 1.3", ("after", "garbled"), sealed(empty_data)
        ),
        "empty-data-1.2": Fault("sends application data with nothing in it, TLS 1.2", None, sealed_old(empty_data_old)),
        "empty-data-between-1.2": Fault(
            "sends application data with nothing in it, TLS 1.2, each followed by some",
            None,
            sealed_old(data_and_nothing),
        ),
        "asks-again": Fault("asks for another handshake without end, TLS 1.2", None, sealed_old(requests_again)),
        "alert-flood-after": Fault(
            "sends warning alerts without end after the handshake, TLS 1.3",
            ("after", "request-undecided"),
            sealed(warnings),
        ),
        "requires-by-warning": Fault(
            "demands a client certificate, TLS 1.3: alert 116, and calls it a warning",
            ("finish", "certificate-required"),
            sealed(refusal),
        ),
    }
)
