"""One TLS client handshake on OpenSSL's memory BIOs, without a socket and without a clock.

Certificates are captured, not verified. A certificate of ours is sent only where one is given. A chain is there as soon
as the peer has shown it, also where the handshake then fails. What it all means is for `ekuscan.wire.request` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from OpenSSL import SSL, crypto
from OpenSSL._util import lib as _binding

from ekuscan.model import Alert
from ekuscan.wire import openssl
from ekuscan.wire.certificate_message import certificates
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import Offer, Version
from ekuscan.wire.openssl import (
    CERTIFICATE_REQUEST,
    MAX_CERTIFICATES,
    OWN_CERTIFICATE,
    OWN_SIGNATURE,
    SERVER_DONE,
    SERVER_HELLO,
    SESSION_TICKET,
)
from ekuscan.wire.trace import Ending, Trace

_VERSIONS: Final[dict[Version, int]] = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}

_TLS_CONTENT_TYPES: Final = b"\x14\x15\x16\x17"
_TLS_MAJOR_VERSION: Final = 3
_PLAIN_PREFIX: Final = 8
_CHUNK: Final = 65536


@cache
def _context(offer: Offer, identity: Identity | None) -> SSL.Context:
    versions = _VERSIONS[offer.minimum], _VERSIONS[offer.maximum]
    context = openssl.offering(SSL.TLS_CLIENT_METHOD, versions, offer, identity)
    context.set_tls13_ciphersuites(offer.suites.encode("ascii"))
    if offer.late:
        _binding.SSL_CTX_set_post_handshake_auth(context._context, 1)
    else:
        context.set_options(SSL.OP_NO_RENEGOTIATION)
    return context


@dataclass(slots=True)
class Handshake:
    """The life of one handshake: feed it what the peer sent, send what it returns.

    ``server_name`` goes out as SNI (RFC 6066: a DNS name, never an address), None sends none. ``limit`` bounds what is
    taken in and ``received`` counts it, in bytes. ``identity`` is presented if the peer asks. ``answer`` collects
    application data after the handshake. No method raises for anything that a peer may send.
    """

    offer: Offer
    server_name: str | None
    limit: int = 262_144
    identity: Identity | None = None
    opened: bool = False
    ending: Ending | None = None
    received: int = 0
    answer: bytearray = field(default_factory=bytearray)
    _connection: SSL.Connection = field(init=False)
    _log: list[Any] = field(default_factory=list)
    _certificates: list[crypto.X509] | None = None
    _asked_at_first: bool = False
    _prefix: bytes | None = b""
    _spoke: bool = False
    _detail: str = ""

    def __post_init__(self) -> None:
        self._connection = openssl.Watched(_context(self.offer, self.identity), self._log)
        if self.server_name:
            self._connection.set_tlsext_host_name(self.server_name.encode("ascii"))
        self._connection.set_connect_state()

    @property
    def asked(self) -> bool:
        """The peer sent a CertificateRequest."""
        return CERTIFICATE_REQUEST in self._log

    @property
    def accepted(self) -> bool:
        """The peer went on after our Certificate message. In TLS 1.3 our side is done before it says so."""
        if not self.opened:
            return False
        if self.offer.late and self.asked and not self._asked_at_first:
            # A server that asks late has our request before it: its answer is what shows the consent.
            return bool(self.answer)
        if self._connection.get_protocol_version() < SSL.TLS1_3_VERSION:
            return True
        return bool(self.answer) or SESSION_TICKET in self._log

    def start(self) -> bytes:
        """The ClientHello."""
        return self._advance()

    def receive(self, data: bytes) -> bytes:
        """Takes in what the peer sent and returns what is to be sent. After an ending it does nothing."""
        if self.ending is not None or not data:
            return b""
        self.received += len(data)
        if self.received > self.limit:
            self._end("too-much", f"over {self.limit} bytes")
            return b""
        if self._prefix is not None:
            data = self._sniff(data)
            if not data:
                return b""
        self._connection.bio_write(data)
        return self._advance()

    def write(self, data: bytes) -> bytes:
        """Application data of ours as bytes to be sent; nothing unless the handshake is complete."""
        if not self.opened or self.ending is not None:
            return b""
        try:
            self._connection.send(data)
        except SSL.Error as error:
            self._end("garbled", openssl.reasons(error))
            return b""
        self._spoke = True
        return self._outgoing()

    def close(self) -> bytes:
        """Our close_notify, where there is a session to close."""
        if not self.opened or self.ending is not None:
            return b""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return b""
        return self._outgoing()

    def peer_left(self, *, reset: bool) -> None:
        """The stream ended, by a FIN or by a reset."""
        self._end(self._plain_or("reset" if reset else "closed"), "")

    def give_up(self) -> None:
        """Nothing more will be waited for."""
        self._end(self._plain_or("stalled"), "")

    @property
    def plain(self) -> bytes:
        """The first bytes of a peer that does not speak TLS, at most eight."""
        return self._prefix or b""

    def trace(self) -> Trace:
        """What was seen until now. To be taken before `close`, whose alert is no part of it."""
        steps = [*self._log, self._connection.get_state_string()]
        hello = SERVER_HELLO in steps
        modern = self._connection.get_protocol_version() >= SSL.TLS1_3_VERSION
        read = self._chain()
        chain = read or self._unread_chain(modern)
        asked = CERTIFICATE_REQUEST in steps
        own_certificate = asked and OWN_CERTIFICATE in steps
        return Trace(
            offer=self.offer.name,
            hello=hello,
            tls=openssl.parameters(self._connection, opened=self.opened) if hello else None,
            chain=chain,
            asked=asked,
            past_request=self.opened or (bool(chain) if modern else SERVER_DONE in steps),
            own_certificate=own_certificate,
            ca_names=openssl.ca_names(self._connection) if asked else (),
            opened=self.opened,
            accepted=self.accepted,
            spoke=self._spoke,
            alerts=self._alerts(steps),
            ending=self.ending,
            detail=self._detail,
            received=self.received,
            late=asked and self.opened and not self._asked_at_first,
            identity=self.identity.name if self.identity is not None else None,
            presented=own_certificate and self.identity is not None and OWN_SIGNATURE in steps,
            unread=bool(chain) and not read,
        )

    def _end(self, ending: Ending, detail: str) -> None:
        if self.ending is None:
            self.ending = ending
            self._detail = detail

    def _plain_or(self, ending: Ending) -> Ending:
        return "plain" if self._prefix and not _like_tls(self._prefix) else ending

    def _sniff(self, data: bytes) -> bytes:
        """Holds the first bytes back until they are TLS or surely are not; returns what OpenSSL may have."""
        data = (self._prefix or b"") + data
        if _like_tls(data):
            self._prefix = data if len(data) == 1 else None
            return b"" if len(data) == 1 else data
        self._prefix = data[:_PLAIN_PREFIX]
        if len(data) >= _PLAIN_PREFIX:
            self._end("plain", "")
        return b""

    def _advance(self) -> bytes:
        try:
            if not self.opened:
                self._connection.do_handshake()
                self.opened = True
                self._asked_at_first = not self.offer.late or self.asked
                self._certificates = self._connection.get_peer_cert_chain() or []
                if len(self._certificates) > MAX_CERTIFICATES:
                    self._end("too-many", f"over {MAX_CERTIFICATES} certificates")
            # Without a request nothing that follows counts, and the first read would cost for nothing.
            if self._spoke or self.asked:
                self._drain()
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._end("closed", "")
        except SSL.Error as error:
            fatal = any(one.direction == "received" and one.level == "fatal" for one in self._alerts(self._log))
            self._end("alert" if fatal else "garbled", openssl.reasons(error))
        return self._outgoing()

    def _drain(self) -> None:
        while True:
            self.answer += self._connection.recv(_CHUNK)

    def _outgoing(self) -> bytes:
        out = self._pending()
        # Only a long chain of ours makes more than one chunk.
        while len(out) and len(out) % _CHUNK == 0 and (more := self._pending()):
            out += more
        return out

    def _pending(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""

    def _chain(self) -> tuple[bytes, ...]:
        kept = self._certificates
        return openssl.ders(self._connection.get_peer_cert_chain() if kept is None else kept)

    def _alerts(self, log: Sequence[Any]) -> tuple[Alert, ...]:
        # Until the ServerHello OpenSSL tells the newest version that was offered.
        modern = SERVER_HELLO in log and self._connection.get_protocol_version() >= SSL.TLS1_3_VERSION
        return openssl.alerts(log, modern=modern)

    def _unread_chain(self, modern: bool) -> tuple[bytes, ...]:
        """What a Certificate message holds that OpenSSL did not take."""
        message = openssl.certificate_message(self._log) if self.offer.raw else None
        return () if message is None else certificates(message, MAX_CERTIFICATES, modern=modern)


def _like_tls(data: bytes) -> bool:
    """Whether these first bytes can be the start of a TLS record (RFC 8446 §5.1)."""
    return data[0] in _TLS_CONTENT_TYPES and (len(data) == 1 or data[1] == _TLS_MAJOR_VERSION)
