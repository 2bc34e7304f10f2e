"""What a handshake offers. Offers are data: another view of an endpoint is another row."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from ekuscan.record import record

Version = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


@record
class Offer:
    """What a handshake offers, in OpenSSL's notation.

    ``groups`` come in order; a key share is sent for the first. ``signatures`` are the algorithms that the peer's
    certificate may have and sign with, None for OpenSSL's own list. ``late``: the peer may still ask for a certificate
    after the handshake, by renegotiation or by post-handshake authentication (RFC 8446 §4.6.2). ``server_name`` False
    leaves SNI out. ``raw``: the Certificate message is kept as it came, for peers whose own OpenSSL cannot read.
    """

    name: str
    minimum: Version
    maximum: Version
    ciphers: str
    suites: str
    groups: str
    signatures: str | None = None
    late: bool = False
    server_name: bool = True
    raw: bool = False


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

# What is tried where a peer breaks off at the first offer: a ClientHello as it was before TLS 1.3, shorter than the 256
# bytes that some middleboxes choke on (RFC 7685 §1), and versions that are no longer offered by default.
SMALL_OFFER: Final = replace(
    DEFAULT_OFFER,
    name="tls1.2-small",
    maximum="TLSv1.2",
    ciphers="ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:AES128-SHA:AES256-SHA"
    ":@SECLEVEL=0",
    groups="P-256",
)
OLD_OFFER: Final = replace(
    DEFAULT_OFFER,
    name="tls1.0-1.2-all",
    minimum="TLSv1",
    maximum="TLSv1.2",
    ciphers="ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0",
)

# The first offer once more, where it ended at the Certificate message.
RAW_OFFER: Final = replace(DEFAULT_OFFER, name="raw", raw=True)

# The views of one endpoint that may show another certificate than the first offer.
TLS12_OFFER: Final = replace(DEFAULT_OFFER, name="tls1.2", maximum="TLSv1.2")
TLS13_OFFER: Final = replace(
    DEFAULT_OFFER,
    name="tls1.3",
    minimum="TLSv1.3",
    groups=f"{DEFAULT_OFFER.groups}:X448:ffdhe2048:ffdhe3072:ffdhe4096",
)
RSA_OFFER: Final = replace(
    DEFAULT_OFFER,
    name="rsa",
    ciphers="aRSA:!PSK:!SRP:@SECLEVEL=0",
    signatures="rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384"
    ":rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
)
ECDSA_OFFER: Final = replace(
    DEFAULT_OFFER,
    name="ecdsa",
    ciphers="aECDSA:!PSK:!SRP:@SECLEVEL=0",
    signatures="ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA1",
)
NAMELESS_OFFER: Final = replace(DEFAULT_OFFER, name="no-sni", server_name=False)
# As browsers do since 2024: X25519 with ML-KEM-768 (codepoint 0x11ec), a key share of 1,216 bytes.
POST_QUANTUM_OFFER: Final = replace(DEFAULT_OFFER, name="post-quantum", groups=f"X25519MLKEM768:{DEFAULT_OFFER.groups}")

# Over UDP: DTLS 1.0 is TLS 1.1 over datagrams, and DTLS 1.2 is TLS 1.2 (RFC 6347 §1). OpenSSL knows no DTLS 1.3.
DTLS_OFFER: Final = replace(DEFAULT_OFFER, name="dtls1.0-1.2", minimum="TLSv1.1", maximum="TLSv1.2")
