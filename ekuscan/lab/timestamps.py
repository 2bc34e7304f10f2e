"""Signed certificate timestamps of logs that do not exist: their times can be read, their signatures mean nothing."""

from __future__ import annotations

import hashlib
import struct
from datetime import datetime
from typing import Final

from ekuscan.lab.der_writer import OCTET_STRING, tagged

_LOGS: Final = (b"ekuscan lab log 1", b"ekuscan lab log 2")
_VERSION_1: Final = 0
_SHA256_ECDSA: Final = b"\x04\x03"
_SIGNATURE: Final = bytes.fromhex("3006020101020101")


def sct_list(logged: datetime) -> bytes:
    """The value of the extension (RFC 6962 §3.3): a DER octet string around a list with one timestamp per log."""
    entries = b"".join(_with_length(_timestamp(log, logged)) for log in _LOGS)
    return tagged(OCTET_STRING, _with_length(entries))


def _timestamp(log: bytes, logged: datetime) -> bytes:
    milliseconds = int(logged.timestamp()) * 1000
    head = struct.pack(">B32sQ", _VERSION_1, hashlib.sha256(log).digest(), milliseconds)
    return head + _with_length(b"") + _SHA256_ECDSA + _with_length(_SIGNATURE)


def _with_length(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
