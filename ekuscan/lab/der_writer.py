"""Writes DER by hand, for what no library will write: certificates that a strict parser refuses."""

from __future__ import annotations

from typing import Final

SEQUENCE: Final = 0x30
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
_LONG_FORM: Final = 0x80


def tagged(tag: int, *contents: bytes) -> bytes:
    """One element with its definite length, in the short form where that is possible."""
    content = b"".join(contents)
    if len(content) < _LONG_FORM:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_FORM | len(length)]) + length + content
