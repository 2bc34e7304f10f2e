"""A STUN Binding request, and a bounded, total reader of the response: the banner of a TURN server (RFC 8489)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from ekuscan.names import printable
from ekuscan.record import record

TRANSACTION: Final = 12
MAX_MESSAGE: Final = 4096

_HEADER: Final = struct.Struct("!HHI12s")
_ATTRIBUTE: Final = struct.Struct("!HH")
_COOKIE: Final = 0x2112A442
_BINDING: Final = 0x0001
_SUCCESS: Final = 0x0101
_ERROR: Final = 0x0111
_ERROR_CODE: Final = 0x0009
_SOFTWARE: Final = 0x8022
# RFC 8489 §14.14: fewer than 128 characters.
_MAX_SOFTWARE: Final = 128
_OURS: Final = b"ekuscan"


@record
class StunAnswer:
    """``error`` is the code of an error response (300 to 699), None for a success; ``software`` is printable."""

    error: int | None
    software: str | None


def binding_request(transaction: bytes) -> bytes:
    """One Binding request that names us as SOFTWARE. ``transaction`` are 12 random bytes."""
    attribute = _ATTRIBUTE.pack(_SOFTWARE, len(_OURS)) + _padded(_OURS)
    return _HEADER.pack(_BINDING, len(attribute), _COOKIE, transaction) + attribute


def answer(data: bytes, transaction: bytes) -> StunAnswer | None:
    """The response at the start of ``data`` (a datagram, or a stream as far as it is there).

    None while it is not whole, and where it is none: of another protocol, to another request, or over 4096 bytes.
    """
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, echoed = _HEADER.unpack_from(data)
    end = _HEADER.size + length
    if (cookie, echoed) != (_COOKIE, transaction) or kind not in (_SUCCESS, _ERROR):
        return None
    if end > min(len(data), MAX_MESSAGE):
        return None
    # RFC 8489 §14: where an attribute stands twice, the first counts.
    found = dict(reversed(list(_attributes(data[_HEADER.size : end]))))
    software = found.get(_SOFTWARE)
    return StunAnswer(
        error=_code(found.get(_ERROR_CODE, b"")) if kind == _ERROR else None,
        software=printable(software.decode("utf-8", "backslashreplace"), _MAX_SOFTWARE) if software else None,
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Types and values, as far as they can be read."""
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if at + length > len(data):
            return
        yield kind, data[at : at + length]
        at += length + -length % 4


def _code(value: bytes) -> int:
    """RFC 8489 §14.8: the hundreds in three bits, then the rest. 0 where it cannot be read."""
    return (value[2] & 7) * 100 + value[3] if len(value) >= 4 and value[3] < 100 else 0


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)
