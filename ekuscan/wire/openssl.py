"""What a handshake offers, as an OpenSSL context, and what OpenSSL tells of it: steps, alerts, errors, what came.

The log of a `Watched` connection is a list to which steps and alerts are appended in their order, and where it is
asked for the peer's Certificate message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from OpenSSL import SSL, crypto

# pyOpenSSL's public API sets one group only (Context.set_tmp_ecdh) and shows no messages, and its callbacks are slow;
# OpenSSL's own calls sit here.
from OpenSSL._util import ffi as _ffi
from OpenSSL._util import lib as _binding

from ekuscan.model import Alert, TlsParameters
from ekuscan.record import record
from ekuscan.wire.alerts import CLOSE_NOTIFY, USER_CANCELED, alert_name
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import Offer

# OpenSSL's names of the steps, the same in 3.0 to 4.0. A name is noted once its step is complete.
HELLO_VERIFY: Final = b"DTLS1 read hello verify request"
SERVER_HELLO: Final = b"SSLv3/TLS read server hello"
CERTIFICATE_REQUEST: Final = b"SSLv3/TLS read server certificate request"
SERVER_DONE: Final = b"SSLv3/TLS read server done"
OWN_CERTIFICATE: Final = b"SSLv3/TLS write client certificate"
# OpenSSL signs only where it has found our certificate fit for what the peer takes; else it sends an empty message.
OWN_SIGNATURE: Final = b"SSLv3/TLS write certificate verify"
SESSION_TICKET: Final = b"SSLv3/TLS read server session ticket"
_STEPS: Final = frozenset(
    {HELLO_VERIFY, SERVER_HELLO, CERTIFICATE_REQUEST, SERVER_DONE, OWN_CERTIFICATE, OWN_SIGNATURE, SESSION_TICKET}
)

MAX_CERTIFICATES: Final = 64
MAX_CA_NAMES: Final = 512

# Warnings are noted as long as so much is in the log: between other messages a peer can send any number of them.
_MAX_LOG: Final = 128

# To peers without RFC 5746, which old appliances are, OpenSSL 3 refuses to connect unless told otherwise.
_OP_LEGACY_SERVER_CONNECT: Final = 0x4

# AlertLevel of RFC 8446 §6.
_FATAL: Final = 2

# ContentType and HandshakeType of RFC 8446 §5.1 and §4.
_HANDSHAKE: Final = 22
_CERTIFICATE: Final = b"\x0b"


@record
class CertificateMessage:
    """The peer's Certificate message, whole and with its head."""

    data: bytes


def offering(method: int, versions: tuple[int, int], offer: Offer, identity: Identity | None) -> SSL.Context:
    """A client context of this method, oldest and newest version, which verifies nothing and notes what it does.

    Of the offer it takes what all versions share: ciphers, groups, signatures.
    """
    context = SSL.Context(method)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(versions[0])
    context.set_max_proto_version(versions[1])
    context.set_cipher_list(offer.ciphers.encode("ascii"))
    context.set_options(_OP_LEGACY_SERVER_CONNECT)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    _binding.SSL_CTX_set_info_callback(context._context, _note)
    _binding.SSL_CTX_set1_curves_list(context._context, offer.groups.encode("ascii"))
    if offer.signatures is not None:
        _binding.SSL_CTX_set1_sigalgs_list(context._context, offer.signatures.encode("ascii"))
    if offer.raw:
        _binding.SSL_CTX_set_msg_callback(context._context, _keep_certificate_message)
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


# The log of each watched connection, by OpenSSL's object. pyOpenSSL's own callbacks look a connection up in a weak
# mapping and go through a wrapper, for each of some twenty steps: that is a sixteenth of a whole handshake.
_LOGS: Final[dict[Any, list[Any]]] = {}
# The names of steps are constants of OpenSSL's: each address is read once.
_NAMES: Final[dict[Any, bytes]] = {}
_state: Final = _binding.SSL_state_string_long
_LOOP: Final = SSL.SSL_CB_LOOP
_ALERT: Final = SSL.SSL_CB_ALERT


class Watched(SSL.Connection):
    """A connection on memory BIOs whose steps and alerts are appended to ``log`` as long as it lives."""

    def __init__(self, context: SSL.Context, log: list[Any]) -> None:
        super().__init__(context, None)
        _LOGS[self._ssl] = log

    def __del__(self) -> None:
        # Another one may get its place in memory. Where OpenSSL made none, pyOpenSSL would look for this name forever.
        _LOGS.pop(self.__dict__.get("_ssl"), None)


@_ffi.callback("void (*)(const SSL *, int, int)")  # type: ignore[untyped-decorator]
def _note(ssl: Any, where: int, code: int) -> None:
    """The info callback of every context. It only appends: an exception in it would go to standard error."""
    if where & _LOOP:
        step = _NAMES.get(_state(ssl)) or _name(ssl)
        if step in _STEPS and ssl in _LOGS:
            _LOGS[ssl].append(step)
    elif where & _ALERT and ssl in _LOGS:
        log = _LOGS[ssl]
        if len(log) < _MAX_LOG or code >> 8 == _FATAL:
            # A step is noted when the next message begins; an alert is none, so the step before it is noted here.
            log.extend((_name(ssl), (where, code)))


def _name(ssl: Any) -> bytes:
    address = _state(ssl)
    if address not in _NAMES:
        _NAMES[address] = _ffi.string(address)
    return _NAMES[address]


@_ffi.callback("void(int, int, int, const void *, size_t, SSL *, void *)")  # type: ignore[untyped-decorator]
def _keep_certificate_message(
    ours: int, version: int, content: int, data: Any, size: int, ssl: Any, argument: Any
) -> None:
    """OpenSSL shows each message before it reads it. At its own limit for them, 100 KB, it refuses to take one in."""
    if ours or content != _HANDSHAKE or not size or _ffi.buffer(data, 1)[:] != _CERTIFICATE:
        return
    log = _LOGS.get(ssl)
    if log is not None and certificate_message(log) is None:
        log.append(CertificateMessage(_ffi.buffer(data, size)[:]))


def certificate_message(log: Sequence[Any]) -> bytes | None:
    """The peer's Certificate message, where it was asked for and has come."""
    return next((entry.data for entry in log if isinstance(entry, CertificateMessage)), None)


def alerts(log: Sequence[Any], *, modern: bool = False) -> tuple[Alert, ...]:
    """Alerts in order. close_notify is left out: it is the end of a session, not a complaint.

    ``modern``: they are of TLS 1.3, where all but user_canceled are fatal, whatever level they give (RFC 8446 §6).
    """
    return tuple(
        Alert(
            "received" if where & SSL.SSL_CB_READ else "sent",
            "fatal" if code >> 8 == _FATAL or (modern and code & 0xFF != USER_CANCELED) else "warning",
            code & 0xFF,
            alert_name(code & 0xFF),
        )
        for where, code in (entry for entry in log if isinstance(entry, tuple))
        if code & 0xFF != CLOSE_NOTIFY
    )


def reasons(error: SSL.Error) -> str:
    """OpenSSL's words for an error; they come from its own tables, never from the peer."""
    rows = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(dict.fromkeys(row[2] for row in rows if len(row) > 2 and row[2])) or "TLS error"


def ders(certificates: Sequence[crypto.X509] | None) -> tuple[bytes, ...]:
    """The first ``MAX_CERTIFICATES`` of what `get_peer_cert_chain` gives, in the order sent."""
    shown = (certificates or ())[:MAX_CERTIFICATES]
    return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in shown)


def ca_names(connection: SSL.Connection) -> tuple[bytes, ...]:
    """The first ``MAX_CA_NAMES`` CA names of the peer's request, DER."""
    return tuple(name.der() for name in connection.get_client_ca_list()[:MAX_CA_NAMES])


def parameters(connection: SSL.Connection, *, opened: bool) -> TlsParameters:
    """Version, cipher and, once the handshake is complete, the group."""
    try:
        # Before the handshake is complete OpenSSL's call reads through a null pointer.
        group = connection.get_group_name() if opened else None
    except NotImplementedError:
        # So pyOpenSSL says that the TLS library which cryptography was built against cannot tell.
        group = None
    return TlsParameters(connection.get_protocol_version_name(), connection.get_cipher_name() or "", group)
