"""In-memory handshakes: ekuscan's client end against OpenSSL's server end, with the bytes in between in our hands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from OpenSSL import SSL, crypto
from OpenSSL._util import lib

from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import DEFAULT_OFFER, Offer
from ekuscan.wire.tls import Handshake
from tests.pki import BOTH, Issued, intermediate, issue, root

NONE = SSL.VERIFY_NONE
OPTIONAL = SSL.VERIFY_PEER
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT

VERSIONS = {"1.0": SSL.TLS1_VERSION, "1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


@cache
def chain() -> tuple[Issued, ...]:
    """Leaf, issuing CA, root."""
    top = root("Pair Root")
    middle = intermediate("Pair Issuing", top)
    return issue("pair.example", middle, eku=BOTH), middle, top


@dataclass(frozen=True, slots=True)
class Terms:
    """How the server end speaks.

    ``names`` are the CA names in its request, ``presented`` what it presents. It takes any client certificate unless
    ``trusted`` names the one CA of its clients. ``signatures`` are the algorithms that it offers to verify,
    ``second`` is a certificate with another type of key.
    """

    version: str = "1.3"
    request: int = NONE
    names: tuple[x509.Name, ...] = ()
    presented: tuple[Issued, ...] | None = None
    ciphers: bytes = b"DEFAULT:@SECLEVEL=0"
    trusted: Issued | None = None
    signatures: bytes = b""
    second: Issued | None = None


def certificate(issued: Issued) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.der)


@cache
def server_context(terms: Terms) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(VERSIONS[terms.version])
    context.set_max_proto_version(VERSIONS[terms.version])
    context.set_cipher_list(terms.ciphers)
    context.set_session_id(b"pairs")
    context.set_verify(terms.request, None if terms.trusted else lambda *_: True)
    if terms.trusted:
        context.get_cert_store().add_cert(crypto.X509.from_cryptography(certificate(terms.trusted)))
    if terms.signatures:
        assert lib.SSL_CTX_set1_sigalgs_list(context._context, terms.signatures) == 1
    for name in terms.names:
        context.add_client_ca(_named(name))
    leaf, *issuers = terms.presented or chain()[:2]
    context.use_certificate(certificate(leaf))
    context.use_privatekey(leaf.key)
    if terms.second:
        context.use_certificate(certificate(terms.second))
        context.use_privatekey(terms.second.key)
    for issuer in issuers:
        context.add_extra_chain_cert(certificate(issuer))
    return context


def _named(name: x509.Name) -> x509.Certificate:
    return certificate(issue(name, ca=True))


class ServerEnd:
    """OpenSSL's server: takes bytes, gives bytes, answers the first application data with ``reply``."""

    def __init__(self, terms: Terms, reply: bytes = b"") -> None:
        self.connection = SSL.Connection(server_context(terms), None)
        self.connection.set_accept_state()
        self.reply = reply
        self.heard = b""
        self.shaken = False
        self.failed = False

    def take(self, data: bytes) -> bytes:
        if data:
            self.connection.bio_write(data)
        try:
            if not self.shaken:
                self.connection.do_handshake()
                self.shaken = True
            while True:
                self.heard += self.connection.recv(65536)
                if self.reply:
                    self.connection.send(self.reply)
                    self.reply = b""
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.failed = True
        return drained(self.connection)


def drained(connection: SSL.Connection) -> bytes:
    try:
        return connection.bio_read(1 << 20)
    except SSL.WantReadError:
        return b""


def whole(data: bytes) -> Iterable[bytes]:
    return [data]


def converse(
    terms: Terms,
    *,
    cut: Callable[[bytes], Iterable[bytes]] = whole,
    say: bytes = b"",
    reply: bytes = b"",
    server_name: str | None = None,
    offer: Offer = DEFAULT_OFFER,
    limit: int = 262_144,
    identity: Identity | None = None,
) -> tuple[Handshake, ServerEnd]:
    """A conversation until nobody has anything to say. ``cut`` chops, or changes, what the server sends.

    ``say`` is written once the handshake is over. A server that has failed closes, after its last bytes.
    """
    client, server = Handshake(offer, server_name, limit, identity), ServerEnd(terms, reply)
    to_server = client.start()
    said = not say
    for _ in range(12):
        to_client = server.take(to_server)
        to_server = b"".join(client.receive(piece) for piece in cut(to_client)) if to_client else b""
        if client.opened and client.ending is None and not said and (client.accepted or not client.asked):
            said = True
            to_server += client.write(say)
        if server.failed and not to_client:
            client.peer_left(reset=False)
        if not to_server and not to_client:
            break
    return client, server


def ders(presented: Sequence[Issued]) -> tuple[bytes, ...]:
    return tuple(one.der for one in presented)
