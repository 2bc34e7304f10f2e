"""The server's end of TLS, in real OpenSSL over memory BIOs: what it asks of a client, and how it judges the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal

from OpenSSL import SSL, crypto

# pyOpenSSL's public API does not choose signature algorithms.
from OpenSSL._util import lib as _binding

from ekuscan.lab.authority import Authority, Credential, EllipticCurve
from ekuscan.lab.wire import PeerGoneError, Wire
from ekuscan.record import record

ServerContext = SSL.Context
Version = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
RequestChoice = Literal["none", "optional", "required"]

_VERSIONS: Final[dict[Version, int]] = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}
_MODES: Final[dict[RequestChoice, int]] = {
    "none": SSL.VERIFY_NONE,
    "optional": SSL.VERIFY_PEER,
    "required": SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}
# openssl/ssl.h and openssl/x509_vfy.h; pyOpenSSL has no names for these two.
_MODE_NO_AUTO_CHAIN: Final = 0x8
_INVALID_PURPOSE: Final = 26
_CHUNK: Final = 65536

# Versions before TLS 1.2 sign with SHA-1, which OpenSSL's default security level refuses.
_OLD_CIPHERS: Final = b"DEFAULT:@SECLEVEL=0"


class HandshakeError(Exception):
    """The handshake failed; an alert of ours is on its way unless it was held back."""


@record
class Terms:
    """How a port speaks TLS.

    ``checks_eku``: a client certificate without clientAuth is refused, as OpenSSL does by itself; else that one fault
    is overlooked. ``names`` are the CAs named in the request, ``curve`` is the only one taken, ``signatures`` are the
    algorithms taken from clients and used (OpenSSL's notation, None for its own list). ``presented`` are certificates
    in DER that go out in the place of those of the first credential, whatever OpenSSL lets pass. ``nameless`` is how
    many CAs without a name stand in the request. What a client shows is judged as of ``today``.
    """

    credentials: tuple[Credential, ...]
    today: datetime
    request: RequestChoice = "none"
    checks_eku: bool = True
    trusted: tuple[Authority, ...] = ()
    names: tuple[Authority, ...] = ()
    oldest: Version = "TLSv1.2"
    newest: Version = "TLSv1.3"
    curve: EllipticCurve | None = None
    signatures: str | None = None
    presented: tuple[bytes, ...] = ()
    nameless: int = 0


@record
class OldSecrets:
    """What the keys of a TLS 1.2 connection are made of (RFC 5246 §6.3)."""

    master: bytes
    client_random: bytes
    server_random: bytes


def server_context(terms: Terms, *, secrets: bool = False) -> ServerContext:
    """An OpenSSL context for these terms. Several credentials must differ in their kind of key.

    ``secrets``: connections keep theirs, for `TlsEnd.secrets`; in TLS 1.3 they speak TLS_AES_128_GCM_SHA256 alone.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(_VERSIONS[terms.oldest])
    context.set_max_proto_version(_VERSIONS[terms.newest])
    if terms.oldest in ("TLSv1", "TLSv1.1"):
        context.set_cipher_list(_OLD_CIPHERS)
    if secrets:
        context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        context.set_keylog_callback(_keep_secret)
    furnish(context, terms)
    return context


def _keep_secret(connection: SSL.Connection, line: bytes) -> None:
    label, _, secret = line.split(b" ")
    connection.get_app_data()[label.decode("ascii")] = bytes.fromhex(secret.decode("ascii"))


def furnish(context: SSL.Context, terms: Terms) -> None:
    """Gives a context what these terms say of certificates, of TLS and DTLS alike."""
    if terms.curve is not None:
        context.set_tmp_ecdh(terms.curve)
    if terms.signatures is not None:
        _binding.SSL_CTX_set1_sigalgs_list(context._context, terms.signatures.encode("ascii"))
    # Only what was given is presented: without this OpenSSL completes a chain from what it trusts.
    context.set_mode(_MODE_NO_AUTO_CHAIN)
    context.set_session_id(b"ekuscan lab")
    for credential in terms.credentials:
        context.use_certificate(credential.chain[0])
        context.use_privatekey(credential.key)
    if terms.presented:
        _present(context, terms.presented)
    else:
        for issuer in terms.credentials[0].chain[1:]:
            context.add_extra_chain_cert(issuer)
    _ask(context, terms)


def _present(context: SSL.Context, ders: tuple[bytes, ...]) -> None:
    """What cryptography would not load goes to OpenSSL by its own calls. The key stays the one that was set."""
    end_entity, *issuers = (crypto.load_certificate(crypto.FILETYPE_ASN1, der)._x509 for der in ders)
    if _binding.SSL_CTX_use_certificate(context._context, end_entity) != 1:
        raise RuntimeError("OpenSSL does not take the certificate")
    for issuer in issuers:
        _binding.SSL_CTX_add_extra_chain_cert(context._context, _binding.X509_dup(issuer))


def _ask(context: SSL.Context, terms: Terms) -> None:
    context.set_verify(_MODES[terms.request], None if terms.checks_eku else _overlook_purpose)
    if terms.request == "none":
        return
    if terms.nameless:
        _list_nameless(context, terms.nameless)
    for name in terms.names:
        context.add_client_ca(name.certificate)
    store = context.get_cert_store()
    if store is None:
        raise RuntimeError("the context has no certificate store")
    for authority in terms.trusted:
        store.add_cert(crypto.X509.from_cryptography(authority.certificate))
    store.set_time(terms.today)


def _list_nameless(context: SSL.Context, number: int) -> None:
    """A name with anything in it is too long for ten thousand of them: the list has at most 65,535 bytes."""
    names = _binding.sk_X509_NAME_new_null()
    blank = _binding.X509_new()
    for _ in range(number):
        _binding.sk_X509_NAME_push(names, _binding.X509_NAME_dup(_binding.X509_get_subject_name(blank)))
    _binding.X509_free(blank)
    _binding.SSL_CTX_set_client_CA_list(context._context, names)


def _overlook_purpose(
    connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, accepted: int
) -> bool:
    return bool(accepted) or error == _INVALID_PURPOSE


class TlsEnd:
    """One TLS connection over a `Wire`.

    ``held_back``: what our side writes stays unsent, alerts included, for peers that go silent or just hang up; once
    it is False again, all of that goes out with what comes next.
    ``mangle`` changes what goes out, which is all that OpenSSL had to say at once. ``sent`` counts its bytes.
    ``secrets`` are those of the connection by their names in a key log, where the context keeps them.
    """

    def __init__(self, context: ServerContext, wire: Wire, *, mangle: Callable[[bytes], bytes] | None = None) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()
        self.secrets: dict[str, bytes] = {}
        self._connection.set_app_data(self.secrets)
        self._wire = wire
        self._mangle = mangle
        self.held_back = False
        self.sent = 0
        self._kept = b""

    @property
    def server_name(self) -> str | None:
        name = self._connection.get_servername()
        return name.decode("ascii", "replace") if name else None

    @property
    def old_secrets(self) -> OldSecrets:
        """Those of a TLS 1.2 handshake that is complete. RuntimeError before."""
        own = self._connection
        master, client, server = own.master_key(), own.client_random(), own.server_random()
        if master is None or client is None or server is None:
            raise RuntimeError("no handshake yet")
        return OldSecrets(master, client, server)

    @property
    def shown(self) -> bool:
        """Whether the client has shown a certificate."""
        return self._connection.get_peer_certificate(as_cryptography=True) is not None

    async def handshake(self) -> None:
        """Run the handshake to its end. Raises `HandshakeError`, or `PeerGoneError` where the client left."""
        while not await self.advance():
            await self.take()

    async def first_flight(self) -> None:
        """Run the handshake until our side has spoken: up to its ServerHello, certificate and so on."""
        while not self.sent:
            await self.take()
            await self.advance()

    async def advance(self) -> bool:
        """One step with what has come so far; True once the handshake is complete. Raises `HandshakeError`."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            await self._flush()
            return False
        except SSL.Error as error:
            await self._flush()
            raise HandshakeError(str(error)) from error
        await self._flush()
        return True

    async def take(self) -> None:
        """Wait for more from the client. Raises `PeerGoneError` at its end."""
        data = await self._wire.receive()
        if not data:
            raise PeerGoneError
        self._connection.bio_write(data)

    async def receive(self) -> bytes:
        """Application data; b"" once the client has closed or broken off."""
        while True:
            try:
                return self._connection.recv(_CHUNK)
            except SSL.WantReadError:
                await self._flush()
            except SSL.Error:
                return b""
            try:
                await self.take()
            except PeerGoneError:
                return b""

    async def send(self, data: bytes) -> None:
        """Write application data. Raises `PeerGoneError`."""
        try:
            self._connection.sendall(data)
        except SSL.Error as error:
            raise PeerGoneError from error
        await self._flush()

    async def close(self) -> None:
        """Say close_notify and hang up."""
        with suppress(SSL.Error):
            self._connection.shutdown()
        await self._flush()
        self._wire.close()

    async def _flush(self) -> None:
        outgoing = self._kept + b"".join(iter(self._pending, b""))
        self._kept = outgoing if self.held_back else b""
        if outgoing and not self.held_back:
            self.sent += len(outgoing)
            await self._wire.send(self._mangle(outgoing) if self._mangle else outgoing)

    def _pending(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""
