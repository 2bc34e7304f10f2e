"""One TLS client handshake on OpenSSL's memory BIOs, without a socket and without a clock.

Certificates are captured, not verified. A certificate of ours is sent only where one is given. A chain is there as soon
as the peer has shown it, also where the handshake then fails. What it all means is for `ekuscan.wire.request` to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from OpenSSL import SSL, crypto

# pyOpenSSL's public API sets one group only (Context.set_tmp_ecdh); OpenSSL's own call for a list sits here.
from OpenSSL._util import lib as _binding

from ekuscan.model import Alert, TlsParameters
from ekuscan.wire.alerts import CLOSE_NOTIFY, alert_name
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import Offer, Version
from ekuscan.wire.trace import Ending, Trace

MAX_CERTIFICATES: Final = 64
MAX_CA_NAMES: Final = 512

_VERSIONS: Final[dict[Version, int]] = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}

# OpenSSL's names of the steps, the same in 3.0 to 4.0. A name is noted once its step is complete.
SERVER_HELLO: Final = b"SSLv3/TLS read server hello"
CERTIFICATE_REQUEST: Final = b"SSLv3/TLS read server certificate request"
SERVER_DONE: Final = b"SSLv3/TLS read server done"
OWN_CERTIFICATE: Final = b"SSLv3/TLS write client certificate"
# OpenSSL signs only where it has found our certificate fit for what the peer takes; else it sends an empty message.
OWN_SIGNATURE: Final = b"SSLv3/TLS write certificate verify"
SESSION_TICKET: Final = b"SSLv3/TLS read server session ticket"
_STEPS: Final = frozenset(
    {SERVER_HELLO, CERTIFICATE_REQUEST, SERVER_DONE, OWN_CERTIFICATE, OWN_SIGNATURE, SESSION_TICKET}
)

# To peers without RFC 5746, which old appliances are, OpenSSL 3 refuses to connect unless told otherwise.
_OP_LEGACY_SERVER_CONNECT: Final = 0x4

_TLS_CONTENT_TYPES: Final = b"\x14\x15\x16\x17"
_TLS_MAJOR_VERSION: Final = 3
_PLAIN_PREFIX: Final = 8
_CHUNK: Final = 65536
# AlertLevel of RFC 8446 §6.
_FATAL: Final = 2


def _note(connection: SSL.Connection, where: int, code: int) -> None:
    """Info callback of every context. It only appends, because an exception in it would vanish."""
    if where & SSL.SSL_CB_LOOP:
        step = connection.get_state_string()
        if step in _STEPS:
            connection.get_app_data().append(step)
    elif where & SSL.SSL_CB_ALERT:
        # A step is noted when the next message begins; an alert is none, so the step before it is noted here.
        connection.get_app_data().extend((connection.get_state_string(), (where, code)))


@cache
def _context(offer: Offer, identity: Identity | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(_VERSIONS[offer.minimum])
    context.set_max_proto_version(_VERSIONS[offer.maximum])
    context.set_cipher_list(offer.ciphers.encode("ascii"))
    context.set_tls13_ciphersuites(offer.suites.encode("ascii"))
    context.set_options(_OP_LEGACY_SERVER_CONNECT | (0 if offer.late else SSL.OP_NO_RENEGOTIATION))
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_info_callback(_note)
    _binding.SSL_CTX_set1_curves_list(context._context, offer.groups.encode("ascii"))
    if offer.signatures is not None:
        _binding.SSL_CTX_set1_sigalgs_list(context._context, offer.signatures.encode("ascii"))
    if offer.late:
        _binding.SSL_CTX_set_post_handshake_auth(context._context, 1)
    if identity is not None:
        _present(context, identity)
    return context


def _present(context: SSL.Context, identity: Identity) -> None:
    # pyOpenSSL is leaving its own classes: it takes cryptography's and warns of these.
    end_entity, *issuers = (
        crypto.load_certificate(crypto.FILETYPE_ASN1, der).to_cryptography() for der in identity.chain
    )
    context.use_certificate(end_entity)
    for issuer in issuers:
        context.add_extra_chain_cert(issuer)
    key: Any = crypto.load_privatekey(crypto.FILETYPE_ASN1, identity.key).to_cryptography_key()
    context.use_privatekey(key)


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
        self._connection = SSL.Connection(_context(self.offer, self.identity), None)
        self._connection.set_app_data(self._log)
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
        if self.asked and not self._asked_at_first:
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
            self._end("garbled", _reasons(error))
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
        version = self._connection.get_protocol_version()
        chain = self._chain()
        modern = version >= SSL.TLS1_3_VERSION
        asked = CERTIFICATE_REQUEST in steps
        own_certificate = asked and OWN_CERTIFICATE in steps
        return Trace(
            offer=self.offer.name,
            hello=hello,
            tls=self._parameters() if hello else None,
            chain=chain,
            asked=asked,
            past_request=self.opened or (bool(chain) if modern else SERVER_DONE in steps),
            own_certificate=own_certificate,
            ca_names=self._ca_names() if asked else (),
            opened=self.opened,
            accepted=self.accepted,
            spoke=self._spoke,
            alerts=_alerts(self._log),
            ending=self.ending,
            detail=self._detail,
            received=self.received,
            late=asked and self.opened and not self._asked_at_first,
            identity=self.identity.name if self.identity is not None else None,
            presented=own_certificate and self.identity is not None and OWN_SIGNATURE in steps,
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
                self._asked_at_first = self.asked
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
            fatal = any(alert.direction == "received" and alert.level == "fatal" for alert in _alerts(self._log))
            self._end("alert" if fatal else "garbled", _reasons(error))
        return self._outgoing()

    def _drain(self) -> None:
        while True:
            self.answer += self._connection.recv(_CHUNK)

    def _outgoing(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""

    def _chain(self) -> tuple[bytes, ...]:
        chain = self._certificates
        if chain is None:
            chain = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, x) for x in chain[:MAX_CERTIFICATES])

    def _parameters(self) -> TlsParameters:
        connection = self._connection
        try:
            # Before the handshake is complete OpenSSL's call reads through a null pointer.
            group = connection.get_group_name() if self.opened else None
        except NotImplementedError:
            # So pyOpenSSL says that the TLS library which cryptography was built against cannot tell.
            group = None
        return TlsParameters(connection.get_protocol_version_name(), connection.get_cipher_name() or "", group)

    def _ca_names(self) -> tuple[bytes, ...]:
        return tuple(name.der() for name in self._connection.get_client_ca_list()[:MAX_CA_NAMES])


def _like_tls(data: bytes) -> bool:
    """Whether these first bytes can be the start of a TLS record (RFC 8446 §5.1)."""
    return data[0] in _TLS_CONTENT_TYPES and (len(data) == 1 or data[1] == _TLS_MAJOR_VERSION)


def _alerts(log: list[Any]) -> tuple[Alert, ...]:
    """Alerts in order. close_notify is left out: it is the end of a session, not a complaint."""
    return tuple(
        Alert(
            "received" if where & SSL.SSL_CB_READ else "sent",
            "fatal" if code >> 8 == _FATAL else "warning",
            code & 0xFF,
            alert_name(code & 0xFF),
        )
        for where, code in (entry for entry in log if isinstance(entry, tuple))
        if code & 0xFF != CLOSE_NOTIFY
    )


def _reasons(error: SSL.Error) -> str:
    """OpenSSL's words for an error; they come from its own tables, never from the peer."""
    rows = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(row[2] for row in rows if len(row) > 2 and row[2]) or "TLS error"
