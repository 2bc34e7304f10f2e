"""UDP ports with something wrong about their DTLS, by name: what `ekuscan.lab.faults` is for TCP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final, cast

from ekuscan.lab.dtls import DtlsPort, Flight, Outlet, Source, dtls_context, dtls_talk, everything
from ekuscan.lab.fault_deeds import FATAL, GARBAGE
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import DatagramTalk
from ekuscan.lab.wire import Counters
from ekuscan.model import Stage
from ekuscan.record import record

Reply = Callable[[bytes], bytes]

_ALERT: Final = 21
_HANDSHAKE: Final = 22
_HELLO_VERIFY: Final = 3
_DTLS_1_0: Final = b"\xfe\xff"
_HANDSHAKE_FAILURE: Final = 40
_NEXT_EPOCH: Final = b"\0\1" + bytes(6)
# Where a ClientHello of one record has its record number and its message number (RFC 6347 §4.1, §4.2.2).
_RECORD_NUMBER: Final = slice(3, 11)
_MESSAGE_NUMBER: Final = slice(17, 19)
# A binding error response, 400 (RFC 8489 §5, §14.8): what a TURN server says to what is no request.
_STUN_ERROR: Final = bytes.fromhex("011100082112a442") + bytes(12) + bytes.fromhex("0009000400000400")
# Enough to be without end for whoever is bounded, in bursts that a socket's buffer can hold.
_BURSTS: Final = 400
_BURST: Final = 20
_BETWEEN: Final = 0.001


@record
class DtlsFault:
    """``failure`` is the stage and reason that an observer has to report, None where the port can be seen in full;
    ``talk`` makes the conversation, None where nothing listens."""

    says: str
    failure: tuple[Stage, str] | None
    talk: Callable[[FaultKit], DatagramTalk] | None


def _record(content: int, body: bytes, number: bytes = bytes(8)) -> bytes:
    return bytes((content,)) + _DTLS_1_0 + number + len(body).to_bytes(2, "big") + body


def _verify(hello: bytes) -> bytes:
    """A HelloVerifyRequest (RFC 6347 §4.2.1) that never takes the cookie which comes back."""
    body = _DTLS_1_0 + b"\x08" + hello[-8:]
    size = len(body).to_bytes(3, "big")
    message = bytes((_HELLO_VERIFY,)) + size + hello[_MESSAGE_NUMBER] + bytes(3) + size + body
    return _record(_HANDSHAKE, message, hello[_RECORD_NUMBER])


def _replying(reply: Reply) -> Callable[[FaultKit], DatagramTalk]:
    return lambda kit: partial(_Replying, reply)


def _saying(answer: bytes) -> Callable[[FaultKit], DatagramTalk]:
    return _replying(lambda datagram: answer)


def _serving(outlet: Outlet) -> Callable[[FaultKit], DatagramTalk]:
    return lambda kit: dtls_talk(dtls_context(kit.terms, cookies=False), outlet)


def _first_datagram(number: int, flight: Flight) -> Flight:
    return flight[:1] if number == 0 else ()


def _first_flight(number: int, flight: Flight) -> Flight:
    return flight if number == 0 else ()


def _nothing(number: int, flight: Flight) -> Flight:
    return ()


def _requires(kit: FaultKit) -> DatagramTalk:
    return dtls_talk(dtls_context(replace(kit.terms, request="required")))


def _asks(kit: FaultKit) -> DatagramTalk:
    return dtls_talk(dtls_context(replace(kit.terms, request="optional")))


def _floods(kit: FaultKit) -> DatagramTalk:
    # Of an epoch that has not begun yet: nothing can be said against it.
    return lambda counters: _Flooding(_record(_HANDSHAKE, bytes(1000), _NEXT_EPOCH))


def _from_elsewhere(kit: FaultKit) -> DatagramTalk:
    return partial(_FromElsewhere, dtls_context(kit.terms, cookies=False), everything)


class _Replying(asyncio.DatagramProtocol):
    def __init__(self, reply: Reply, counters: Counters) -> None:
        self._reply = reply
        self._counters = counters

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Source) -> None:
        self._counters.asked(data)
        self._transport.sendto(self._reply(data), addr)


class _Flooding(asyncio.DatagramProtocol):
    def __init__(self, datagram: bytes) -> None:
        self._datagram = datagram

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Source) -> None:
        self._burst(addr, _BURSTS)

    def _burst(self, addr: Source, left: int) -> None:
        if left == 0 or self._transport.is_closing():
            return
        for _ in range(_BURST):
            self._transport.sendto(self._datagram, addr)
        asyncio.get_running_loop().call_later(_BETWEEN, self._burst, addr, left - 1)


class _FromElsewhere(DtlsPort):
    """Answers as it should, but from another port."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        host = transport.get_extra_info("sockname")[0]
        self._other = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._other.bind((host, 0))

    def connection_lost(self, exc: Exception | None) -> None:
        self._other.close()

    def send(self, datagram: bytes, addr: Source) -> None:
        self._other.sendto(datagram, addr)


DTLS_FAULTS: Final[Mapping[str, DtlsFault]] = MappingProxyType(
    {
        "dtls-closed": DtlsFault("has no UDP port", ("connect", "refused"), None),
        "dtls-silent": DtlsFault("swallows DTLS", ("connect", "no-answer-dtls"), _serving(_nothing)),
        "dtls-from-elsewhere": DtlsFault("answers from another port", ("connect", "no-answer-dtls"), _from_elsewhere),
        "dtls-garbage": DtlsFault("answers with bytes without meaning", ("hello", "not-dtls"), _saying(GARBAGE)),
        "dtls-stun": DtlsFault("answers in STUN", ("hello", "not-dtls"), _saying(_STUN_ERROR)),
        "dtls-echo": DtlsFault("sends back what it gets", ("hello", "garbled"), _replying(bytes)),
        "dtls-garbled": DtlsFault(
            "answers with a message that is none", ("hello", "garbled"), _saying(_record(_HANDSHAKE, b"\xff" * 12))
        ),
        "dtls-empty-records": DtlsFault(
            "answers with records that have nothing in them", ("hello", "stalled"), _saying(_record(_HANDSHAKE, b""))
        ),
        "dtls-refuses": DtlsFault(
            "refuses every ClientHello, alert 40",
            ("hello", "alert"),
            _saying(_record(_ALERT, bytes((FATAL, _HANDSHAKE_FAILURE)))),
        ),
        "dtls-cookie-loop": DtlsFault("takes no cookie", ("hello", "cookie-loop"), _replying(_verify)),
        "dtls-flood": DtlsFault(
            "sends without end what could be the end of a handshake", ("hello", "too-much"), _floods
        ),
        "dtls-stalls-after-server-hello": DtlsFault(
            "goes silent after its ServerHello", ("certificate", "stalled"), _serving(_first_datagram)
        ),
        "dtls-stalls-after-certificate": DtlsFault(
            "never finishes the handshake", ("finish", "stalled"), _serving(_first_flight)
        ),
        "dtls-requires-certificate": DtlsFault(
            "demands a client certificate, alert 40", ("finish", "certificate-required"), _requires
        ),
        "dtls-asks": DtlsFault("asks for a client certificate, and takes none", None, _asks),
    }
)
