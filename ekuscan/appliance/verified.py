"""TLS that a log-in may go through: verified against CAs, or to one pinned certificate.

There is no third kind. `seen_certificate` looks at a certificate without verifying it, and sends nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from functools import lru_cache

from ekuscan.credentials import Login
from ekuscan.fingerprint import sha256_hex


class OtherCertificateError(ssl.SSLError):
    """The server has another certificate than the pinned one; ``seen`` is its SHA-256."""

    def __init__(self, seen: str) -> None:
        super().__init__("another certificate than the pinned one")
        self.seen = seen


def context(login: Login, trust: tuple[bytes, ...]) -> ssl.SSLContext:
    """The context for a log-in. ``trust`` are the site's own CAs, DER."""
    if login.sha256 is not None:
        return _pinned(login.sha256)
    return _verifying((*trust, *login.trust))


def tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS error behind an exception of an HTTP library, None where there is none."""
    at: BaseException | None = error
    while at is not None and not isinstance(at, ssl.SSLError):
        at = at.__cause__ or at.__context__
    return at


async def seen_certificate(address: str, port: int, server_name: str | None, seconds: float) -> str | None:
    """The SHA-256 of the certificate that a server presents, None where it presents none."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(
                address, port, ssl=unverified, server_hostname=server_name or address
            )
            try:
                presented = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            finally:
                writer.transport.abort()
    except (OSError, ValueError):
        return None
    return sha256_hex(presented) if presented else None


# Reading the system's CAs takes longer than a handshake, and a site has few sets of its own.
@lru_cache(maxsize=16)
def _verifying(anchors: tuple[bytes, ...]) -> ssl.SSLContext:
    made = ssl.create_default_context()
    # On by default from Python 3.13 on, it refuses private CAs for what nobody forges a signature with.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # A site may name its issuing CA and not the root.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for anchor in anchors:
        # What OpenSSL cannot read vouches for nobody; the verification then says so.
        with suppress(ssl.SSLError, ValueError):
            made.load_verify_locations(cadata=anchor)
    return made


def _pinned(sha256: str) -> ssl.SSLContext:
    class Pinned(ssl.SSLObject):
        """Before the first byte is written, whoever calls, the certificate is the pinned one."""

        def write(self, data: bytes) -> int:  # type: ignore[override]
            seen = sha256_hex(self.getpeercert(binary_form=True) or b"")
            if seen != sha256:
                raise OtherCertificateError(seen)
            return super().write(data)

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.sslobject_class = Pinned
    return made
