"""One DTLS 1.2 client handshake (RFC 6347) on OpenSSL's memory BIOs, without a socket.

Datagrams in, datagrams out. As in `ekuscan.wire.tls`, certificates are captured, not verified, a certificate of ours is
sent only where one is given, and a chain is there as soon as the peer has shown it. Lost datagrams are for OpenSSL to
send again: it keeps a timer by its own clock, `Handshake.timeout` says when that is due, `Handshake.retransmit` lets it
act.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from OpenSSL import SSL

from ekuscan.wire import openssl
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import DTLS_OFFER, Offer, Version
from ekuscan.wire.openssl import MAX_CERTIFICATES
from ekuscan.wire.trace import Ending, Trace

# Above what fills the default ``limit`` with datagrams of the 576 bytes that every IPv4 host takes (RFC 1122 §3.3.2).
MAX_DATAGRAMS: Final = 1024
# After so many datagrams and no DTLS among them, none is expected; a single one may be a late answer to others.
MAX_STRAYS: Final = 16
# One cookie is usual; another one where the server changed its secret meanwhile (RFC 6347 §4.2.1).
MAX_COOKIES: Final = 3

# Bytes of UDP payload that pass a link of 1,280 bytes, the smallest for IPv6 (RFC 8200 §5), below IPv6 and UDP heads.
MTU: Final = 1200

# DTLS 1.0 is TLS 1.1 over datagrams, DTLS 1.2 is TLS 1.2 (RFC 6347 §1); pyOpenSSL has no names for the numbers.
_DTLS_1_0: Final = 0xFEFF
_DTLS_1_2: Final = 0xFEFD
_VERSIONS: Final[dict[Version, int]] = {
    "TLSv1": _DTLS_1_0,
    "TLSv1.1": _DTLS_1_0,
    "TLSv1.2": _DTLS_1_2,
    "TLSv1.3": _DTLS_1_2,
}

# Content type, version, epoch, sequence number, length (RFC 6347 §4.1).
_RECORD_HEAD: Final = 13
_CONTENT_TYPES: Final = b"\x14\x15\x16\x17"
_WIRE_VERSIONS: Final = (b"\xfe\xff", b"\xfe\xfd")
_PLAIN_PREFIX: Final = 8
_CHUNK: Final = 65536


def records(flight: bytes) -> tuple[bytes, ...]:
    """The records of a flight, each to be sent as a datagram of its own: a memory BIO does not keep them apart.

    What does not add up to a whole record at the end comes as one last piece.
    """
    found = []
    at = 0
    while at < len(flight):
        end = at + _RECORD_HEAD + int.from_bytes(flight[at + _RECORD_HEAD - 2 : at + _RECORD_HEAD], "big")
        found.append(flight[at:end])
        at = end
    return tuple(found)


def is_dtls(datagram: bytes) -> bool:
    """Whether a datagram can begin with a DTLS record: it is no STUN, TURN, RTP (RFC 7983 §7) or garbage."""
    return len(datagram) >= _RECORD_HEAD and datagram[0] in _CONTENT_TYPES and datagram[1:3] in _WIRE_VERSIONS


@cache
def _context(offer: Offer, identity: Identity | None) -> SSL.Context:
    versions = _VERSIONS[offer.minimum], _VERSIONS[offer.maximum]
    context = openssl.offering(SSL.DTLS_CLIENT_METHOD, versions, offer, identity)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_QUERY_MTU)
    return context


@dataclass(slots=True)
class Handshake:
    """The life of one handshake: feed it each datagram that came, send each that it returns.

    ``server_name`` goes out as SNI (RFC 6066: a DNS name, never an address), None sends none. ``limit`` bounds what is
    taken in and ``received`` counts it, in bytes. ``identity`` is presented if the peer asks. ``strays`` counts the
    ``datagrams`` that were no DTLS, ``plain`` is how the first of them began; OpenSSL never sees them. ``cookie_loop``:
    it ended because the peer wanted our address proved again and again. No method raises for anything that a peer may
    send.
    """

    server_name: str | None
    limit: int = 262_144
    identity: Identity | None = None
    offer: Offer = DTLS_OFFER
    opened: bool = False
    ending: Ending | None = None
    received: int = 0
    datagrams: int = 0
    strays: int = 0
    cookie_loop: bool = False
    plain: bytes = b""
    _connection: SSL.Connection = field(init=False)
    _log: list[Any] = field(default_factory=list)
    _detail: str = ""

    def __post_init__(self) -> None:
        self._connection = openssl.Watched(_context(self.offer, self.identity), self._log)
        self._connection.set_ciphertext_mtu(MTU)
        if self.server_name:
            self._connection.set_tlsext_host_name(self.server_name.encode("ascii"))
        self._connection.set_connect_state()

    def start(self) -> tuple[bytes, ...]:
        """The ClientHello."""
        return self._advance()

    def receive(self, datagram: bytes) -> tuple[bytes, ...]:
        """Takes in one datagram and returns those to be sent. After an ending it does nothing."""
        if self.ending is not None:
            return ()
        self.received += len(datagram)
        self.datagrams += 1
        if self.received > self.limit:
            self._end("too-much", f"over {self.limit} bytes")
        elif self.datagrams > MAX_DATAGRAMS:
            self._end("too-much", f"over {MAX_DATAGRAMS} datagrams")
        elif not is_dtls(datagram):
            self._stray(datagram)
        else:
            self._connection.bio_write(datagram)
            return self._advance()
        return ()

    def timeout(self) -> float | None:
        """Seconds until OpenSSL wants to send its last flight again; None where it waits for nothing."""
        if self.opened or self.ending is not None:
            return None
        return self._connection.DTLSv1_get_timeout()

    def retransmit(self) -> tuple[bytes, ...]:
        """The last flight once more, if its time has come."""
        if self.opened or self.ending is not None:
            return ()
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.WantReadError:
            pass
        except SSL.Error:
            # OpenSSL has tried often enough in its own opinion.
            self.give_up()
        return self._outgoing()

    def close(self) -> tuple[bytes, ...]:
        """Our close_notify, where there is a session to close."""
        if not self.opened or self.ending is not None:
            return ()
        try:
            self._connection.shutdown()
        except SSL.Error:
            return ()
        return self._outgoing()

    def peer_left(self) -> None:
        """The system reports that nothing listens there any more."""
        self._end("reset", "")

    def give_up(self) -> None:
        """Nothing more will be waited for."""
        self._end("plain" if self.strays and self.strays == self.datagrams else "stalled", "")

    def trace(self) -> Trace:
        """What was seen until now. To be taken before `close`, whose alert is no part of it."""
        steps = [*self._log, self._connection.get_state_string()]
        hello = openssl.SERVER_HELLO in steps
        asked = openssl.CERTIFICATE_REQUEST in steps
        own_certificate = asked and openssl.OWN_CERTIFICATE in steps
        return Trace(
            offer=self.offer.name,
            hello=hello,
            tls=openssl.parameters(self._connection, opened=self.opened) if hello else None,
            chain=openssl.ders(self._connection.get_peer_cert_chain()),
            asked=asked,
            past_request=self.opened or openssl.SERVER_DONE in steps,
            own_certificate=own_certificate,
            ca_names=openssl.ca_names(self._connection) if asked else (),
            opened=self.opened,
            # Up to version 1.2 our side is done only after the peer's Finished.
            accepted=self.opened,
            spoke=False,
            alerts=openssl.alerts(self._log),
            ending=self.ending,
            detail=self._detail,
            received=self.received,
            identity=self.identity.name if self.identity is not None else None,
            presented=own_certificate and self.identity is not None and openssl.OWN_SIGNATURE in steps,
        )

    def _end(self, ending: Ending, detail: str) -> None:
        if self.ending is None:
            self.ending = ending
            self._detail = detail

    def _stray(self, datagram: bytes) -> None:
        self.strays += 1
        self.plain = self.plain or datagram[:_PLAIN_PREFIX]
        if self.strays == MAX_STRAYS == self.datagrams:
            self._end("plain", "")

    def _advance(self) -> tuple[bytes, ...]:
        try:
            if not self.opened:
                self._connection.do_handshake()
                self.opened = True
                if len(self._connection.get_peer_cert_chain() or []) > MAX_CERTIFICATES:
                    self._end("too-many", f"over {MAX_CERTIFICATES} certificates")
        except SSL.WantReadError:
            self._count_cookies()
        except SSL.ZeroReturnError:
            self._end("closed", "")
        except SSL.Error as error:
            fatal = any(one.direction == "received" and one.level == "fatal" for one in openssl.alerts(self._log))
            self._end("alert" if fatal else "garbled", openssl.reasons(error))
        return self._outgoing()

    def _count_cookies(self) -> None:
        if self._log.count(openssl.HELLO_VERIFY) > MAX_COOKIES:
            self.cookie_loop = True
            self._end("too-much", f"over {MAX_COOKIES} of them")

    def _outgoing(self) -> tuple[bytes, ...]:
        return records(b"".join(iter(self._pending, b"")))

    def _pending(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""
