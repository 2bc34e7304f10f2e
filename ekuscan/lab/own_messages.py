"""Certificate messages put together by hand, for certificates that OpenSSL would neither load nor send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from ekuscan.lab.fault_deeds import first_record
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.sealed import HANDSHAKE, Sealer
from ekuscan.lab.server import Handler
from ekuscan.lab.tls import TlsEnd, server_context
from ekuscan.lab.wire import Wire

Ders = Callable[[FaultKit], tuple[bytes, ...]]

_CERTIFICATE: Final = 11
_NO_EXTENSIONS: Final = b"\0\0"
# EncryptedExtensions (RFC 8446 §4.3.1) with none in it.
_ENCRYPTED_EXTENSIONS: Final = b"\x08\0\0\x02" + _NO_EXTENSIONS
_MAX_RECORD: Final = 16_384


def unread(ders: Ders) -> Callable[[FaultKit], Handler]:
    """These certificates in TLS 1.2, in the place of the server's own, and the rest of its first flight."""

    def make(kit: FaultKit) -> Handler:
        message = _message(_CERTIFICATE, _counted(b"".join(map(_counted, ders(kit)))))
        records = b"".join(
            b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part for part in _parts(message, _MAX_RECORD)
        )
        context = kit.plain

        def mangle(data: bytes) -> bytes:
            hello = first_record(data)
            rest = data[len(hello) :]
            return hello + records + rest[len(first_record(rest)) :]

        async def handler(wire: Wire) -> None:
            await TlsEnd(context, wire, mangle=mangle).first_flight()
            await wire.until_gone()

        return handler

    return make


def unread_sealed(ders: Ders) -> Callable[[FaultKit], Handler]:
    """These certificates in TLS 1.3, behind the server's own ServerHello, and nothing after them."""

    def make(kit: FaultKit) -> Handler:
        entries = b"".join(_counted(der) + _NO_EXTENSIONS for der in ders(kit))
        message = _message(_CERTIFICATE, b"\0" + _counted(entries))
        context = server_context(replace(kit.terms, oldest="TLSv1.3"), secrets=True)

        async def handler(wire: Wire) -> None:
            tls = TlsEnd(context, wire, mangle=first_record)
            await tls.first_flight()
            sealer = Sealer(tls.secrets["SERVER_HANDSHAKE_TRAFFIC_SECRET"])
            for part in _parts(_ENCRYPTED_EXTENSIONS + message, _MAX_RECORD):
                await wire.send(sealer.seal(HANDSHAKE, part))
            await wire.until_gone()

        return handler

    return make


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + _counted(body)


def _counted(data: bytes) -> bytes:
    """Behind its length, in three bytes."""
    return len(data).to_bytes(3, "big") + data


def _parts(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))
