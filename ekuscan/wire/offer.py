"""What a handshake offers. Offers are data: another view of an endpoint is another row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Version = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a handshake offers, in OpenSSL's notation. ``groups`` come in order; a key share is sent for the first."""

    name: str
    minimum: Version
    maximum: Version
    ciphers: str
    suites: str
    groups: str


# SECLEVEL=0 because weak keys and SHA-1 signatures are to be seen, not refused. One classical key share keeps the
# ClientHello within one segment (old appliances drop a longer one); SHA-256 suites first cost the least.
DEFAULT_OFFER: Final = Offer(
    name="tls1.2-1.3",
    minimum="TLSv1.2",
    maximum="TLSv1.3",
    ciphers="DEFAULT:!PSK:!SRP:@SECLEVEL=0",
    suites="TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    groups="X25519:P-256:P-384:P-521",
)
