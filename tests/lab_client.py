"""A TLS client for the lab's own tests: OpenSSL itself, and nothing of what the lab is there to test."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL, crypto

from ekuscan.lab.authority import Credential
from ekuscan.lab.laboratory import LabEndpoint

PATIENCE = 10
_REQUEST = b"SSLv3/TLS read server certificate request"
_VERSIONS = {"TLSv1": SSL.TLS1_VERSION, "TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}
_ENOUGH = 3 << 19


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


class _Pump:
    """A TLS connection over memory BIOs and a socket, with one deadline for all of it."""

    def __init__(self, context: SSL.Context, plain: socket.socket, patience: float) -> None:
        self.tls = SSL.Connection(context, None)
        self.tls.set_connect_state()
        self._plain = plain
        self._end = time.monotonic() + patience
        self._left = 2 * _ENOUGH

    def run(self, step: Callable[[], Any]) -> Any:
        """Do the step as often as it takes. TimeoutError at the deadline, EOFError where the peer closes or floods."""
        while True:
            try:
                return step()
            except SSL.WantReadError:
                self.flush()
                self._plain.settimeout(max(0.001, self._end - time.monotonic()))
                data = self._plain.recv(65536)
                self._left -= len(data)
                if not data or self._left < 0:
                    raise EOFError from None
                self.tls.bio_write(data)
            finally:
                self.flush()

    def flush(self) -> None:
        try:
            while True:
                self._plain.sendall(self.tls.bio_read(65536))
        except SSL.WantReadError:
            pass


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
        pump = _Pump(_context(seen, credential, version), plain, patience)
        pump.tls.set_tlsext_host_name(name.encode())
        try:
            pump.run(pump.tls.do_handshake)
            seen.finished = True
            seen.version = pump.tls.get_protocol_version_name()
            if say:
                pump.tls.sendall(say)
            while say or wait:
                seen.data += pump.run(lambda: pump.tls.recv(65536))
                if not wait or len(seen.data) > _ENOUGH:
                    break
        except (SSL.Error, OSError, EOFError) as error:
            seen.error = repr(error)
        chain = pump.tls.get_peer_cert_chain() or []
        seen.chain = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain)
        seen.names = len(pump.tls.get_client_ca_list())
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
            if code & 0xFF:
                seen.alerts.append(code & 0xFF)
        elif where & SSL.SSL_CB_LOOP and connection.get_state_string() == _REQUEST:
            seen.asked = True

    context.set_info_callback(note)
    return context
