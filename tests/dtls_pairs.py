"""In-memory DTLS handshakes: ekuscan's client end against OpenSSL's server end, with the datagrams in our hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from OpenSSL import SSL, crypto

from ekuscan.wire.dtls import Handshake, records
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import DTLS_OFFER, Offer
from tests.pki import Issued, issue
from tests.tls_pairs import NONE, certificate, chain, drained

DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD
COOKIE = b"a cookie of the lab"
_OP_COOKIE_EXCHANGE = 0x2000

Network = Callable[[Sequence[bytes]], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Terms:
    """How the server end speaks. ``names`` are the CA names in its request, ``cookies``: it asks for one first."""

    version: int = DTLS_1_2
    request: int = NONE
    names: tuple[x509.Name, ...] = ()
    presented: tuple[Issued, ...] | None = None
    cookies: bool = False
    trusted: Issued | None = None
    mtu: int = 1200


@cache
def server_context(terms: Terms) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_min_proto_version(terms.version)
    context.set_max_proto_version(terms.version)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_options(SSL.OP_NO_QUERY_MTU | (_OP_COOKIE_EXCHANGE if terms.cookies else 0))
    context.set_session_id(b"pairs")
    context.set_cookie_generate_callback(lambda connection: COOKIE)
    context.set_cookie_verify_callback(lambda connection, cookie: cookie == COOKIE)
    context.set_verify(terms.request, None if terms.trusted else lambda *_: True)
    if terms.trusted:
        context.get_cert_store().add_cert(crypto.X509.from_cryptography(certificate(terms.trusted)))
    for name in terms.names:
        context.add_client_ca(certificate(issue(name, ca=True)))
    leaf, *issuers = terms.presented or chain()[:2]
    context.use_certificate(certificate(leaf))
    context.use_privatekey(leaf.key)
    for issuer in issuers:
        context.add_extra_chain_cert(certificate(issuer))
    return context


class ServerEnd:
    """OpenSSL's server: takes datagrams, gives datagrams."""

    def __init__(self, terms: Terms) -> None:
        self.connection = SSL.Connection(server_context(terms), None)
        self.connection.set_ciphertext_mtu(terms.mtu)
        self.connection.set_accept_state()
        self.largest = 0
        self.shaken = False
        self.failed = False
        self.left = False

    def take(self, *datagrams: bytes) -> tuple[bytes, ...]:
        answers: list[bytes] = []
        for datagram in datagrams:
            self.largest = max(self.largest, len(datagram))
            self.connection.bio_write(datagram)
            self._step()
            answers += records(drained(self.connection))
        return tuple(answers)

    def _step(self) -> None:
        try:
            if not self.shaken:
                self.connection.do_handshake()
                self.shaken = True
            self.connection.recv(65536)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.left = True
        except SSL.Error:
            self.failed = True


def untouched(datagrams: Sequence[bytes]) -> Sequence[bytes]:
    return datagrams


def converse(
    terms: Terms,
    *,
    network: Network = untouched,
    server_name: str | None = None,
    offer: Offer = DTLS_OFFER,
    limit: int = 262_144,
    identity: Identity | None = None,
) -> tuple[Handshake, ServerEnd]:
    """A conversation until nobody has anything to say. ``network`` stands between the server's datagrams and us."""
    client, server = Handshake(server_name, limit, identity, offer), ServerEnd(terms)
    to_server = client.start()
    while to_server:
        to_client = network(server.take(*to_server))
        to_server = tuple(answer for datagram in to_client for answer in client.receive(datagram))
    return client, server
