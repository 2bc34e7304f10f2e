"""Client certificates of one CA for experiments: with both EKUs, with serverAuth alone, and what else is odd."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan.wire.identity import Identity
from tests.pki import Issued


def identity(name: str, issued: Issued, *issuers: Issued) -> Identity:
    key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Identity(name, tuple(one.der for one in (issued, *issuers)), key)
