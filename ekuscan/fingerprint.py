"""Fingerprints: the names under which certificates and presented chains are known everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def sha256_hex(der: bytes) -> str:
    """SHA-256 of a DER certificate, lower-case hexadecimal. A box shows the same ones on all of its ports."""
    return hashlib.sha256(der).hexdigest()


def chain_id(fingerprints: Iterable[str]) -> str:
    """SHA-256 over the fingerprints' bytes in the order the certificates were presented, lower-case hexadecimal."""
    digest = hashlib.sha256()
    for fingerprint in fingerprints:
        digest.update(bytes.fromhex(fingerprint))
    return digest.hexdigest()
