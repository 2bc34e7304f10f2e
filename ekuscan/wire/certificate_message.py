"""The Certificate message of TLS, for where OpenSSL refuses it: one certificate that it cannot parse is enough.

RFC 5246 §7.4.2 and RFC 8446 §4.4.2.
"""

from __future__ import annotations

from typing import Final

_HEAD: Final = 4
_LENGTH: Final = 3


def certificates(message: bytes, limit: int, *, modern: bool) -> tuple[bytes, ...]:
    """The first ``limit`` certificates of a whole message, as they came: whatever stands where a certificate belongs.

    ``modern``: it is of TLS 1.3, in which a context comes before the list and extensions after each certificate. The
    length of the list is not looked at, because that is what may be wrong; reading ends where an entry does not fit.
    """
    at = _HEAD
    if modern:
        at += 1 + int.from_bytes(message[at : at + 1], "big")
    at += _LENGTH
    found: list[bytes] = []
    while at < len(message) and len(found) < limit:
        start = at + _LENGTH
        at = start + int.from_bytes(message[at:start], "big")
        if at > len(message) or at == start:
            break
        found.append(message[start:at])
        if modern:
            at += 2 + int.from_bytes(message[at : at + 2], "big")
    return tuple(found)
