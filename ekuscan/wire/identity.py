"""A client certificate with its key, as a handshake presents it."""

from __future__ import annotations

from dataclasses import field

from ekuscan.record import record


@record
class Identity:
    """``name`` is what the report calls it.

    ``chain`` holds DER certificates, end-entity first; ``key`` is PKCS #8 in DER.

    The key is left out of every text that is made of it.
    """

    name: str
    chain: tuple[bytes, ...]
    key: bytes = field(repr=False)
