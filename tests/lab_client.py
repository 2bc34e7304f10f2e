"""A TLS client for the lab's own tests: OpenSSL itself, and nothing of what the lab is there to test."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL, crypto

from ekuscan.lab.authority import Credential
from ekuscan.lab.laboratory import LabEndpoint

PATIENCE = 10
_REQUEST = b"SSLv3/TLS read server certificate request"
_VERSIONS = {"TLSv1": SSL.TLS1_VERSION, "TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


@dataclass
class Seen:
    """What the client saw. ``asked``: the server asked for a certificate; ``finished``: our side of the handshake is
    done; ``alerts`` are the numbers of those received; ``data`` is application data."""

    chain: tuple[bytes, ...] = ()
    asked: bool = False
    names: int = 0
    finished: bool = False
    version: str = ""
    alerts: list[int] = field(default_factory=list)
    data: bytes = b""
    error: str = ""


def dial(
    endpoint: LabEndpoint,
    *,
    credential: Credential | None = None,
    version: str | None = None,
    name: str = "client.lab.example",
    say: bytes = b"",
    wait: bool = False,
    patience: float = PATIENCE,
) -> Seen:
    """One connection: handshake, then say something and read the answer; ``wait``: read until the server closes."""
    seen = Seen()
    with socket.create_connection((endpoint.host, endpoint.port), timeout=patience) as plain:
        plain.settimeout(None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            plain.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(patience), int(patience % 1 * 1e6)))
        connection = SSL.Connection(_context(seen, credential, version), plain)
        connection.set_tlsext_host_name(name.encode())
        connection.set_connect_state()
        try:
            connection.do_handshake()
            seen.finished = True
            seen.version = connection.get_protocol_version_name()
            if say:
                connection.sendall(say)
            if say or wait:
                seen.data = _read(connection, one=not wait)
        except (SSL.Error, OSError) as error:
            seen.error = repr(error)
        chain = connection.get_peer_cert_chain() or []
        seen.chain = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain)
        seen.names = len(connection.get_client_ca_list())
    return seen


def _context(seen: Seen, credential: Credential | None, version: str | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(_VERSIONS[version or "TLSv1"])
    if version:
        context.set_max_proto_version(_VERSIONS[version])
    if credential is not None:
        context.use_certificate(credential.chain[0])
        context.use_privatekey(credential.key)
        for issuer in credential.chain[1:]:
            context.add_extra_chain_cert(issuer)

    def note(connection: SSL.Connection, where: int, code: int) -> None:
        if where & SSL.SSL_CB_ALERT and where & SSL.SSL_CB_READ:
            seen.alerts.append(code & 0xFF)
        elif where & SSL.SSL_CB_LOOP and connection.get_state_string() == _REQUEST:
            seen.asked = True

    context.set_info_callback(note)
    return context


def _read(connection: SSL.Connection, *, one: bool) -> bytes:
    data = b""
    while True:
        try:
            part: Any = connection.recv(65536)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return data
        data += part
        if one or len(data) > 1 << 20:
            return data
