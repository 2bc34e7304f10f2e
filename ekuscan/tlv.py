"""Tag, length, value: the primitives of DER (X.690), read leniently and never past the bytes they were given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

SEQUENCE = 0x30
OBJECT_IDENTIFIER = 0x06
OCTET_STRING = 0x04
BIT_STRING = 0x03
INTEGER = 0x02
BOOLEAN = 0x01
UTC_TIME = 0x17

_TIME = re.compile(rb"([0-9]{10,14})(?:[.,][0-9]+)?(?:Z|([+-])([0-9]{2})([0-9]{2}))?")
_MAX_OID = 64


class DerError(ValueError):
    """The bytes are not what they were read as. The message says what is wrong, in plain words."""


class Element(NamedTuple):
    """One element of DER: its identifier octet, where it begins, and where its content starts and stops."""

    tag: int
    at: int
    start: int
    stop: int


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Identifier octet, start and stop of the content of the element at ``at``, which must stop by ``end``."""
    start = at + 2
    if start > end:
        raise DerError("cut off")
    tag = data[at]
    length = data[at + 1]
    if length >= 0x80:
        size = length & 0x7F
        if not 0 < size <= 4 or start + size > end:
            raise DerError("a length that cannot be read")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if tag & 0x1F == 0x1F:
        raise DerError("a tag number above 30")
    stop = start + length
    if stop > end:
        raise DerError("cut off")
    return tag, start, stop


def elements(data: bytes, at: int, end: int, limit: int = 1000) -> tuple[list[Element], bool]:
    """The elements from ``at`` to ``end``, and whether they could be read to the end (``limit`` elements at most)."""
    found: list[Element] = []
    while at < end:
        if len(found) == limit:
            return found, False
        try:
            tag, start, stop = header(data, at, end)
        except DerError:
            return found, False
        found.append(Element(tag, at, start, stop))
        at = stop
    return found, True


def inside(data: bytes, tag: int) -> tuple[int, int]:
    """Start and stop of the content of ``data``, which must be exactly one element with this identifier octet."""
    found, start, stop = header(data, 0, len(data))
    if found != tag:
        raise DerError("another type than expected")
    if stop != len(data):
        raise DerError("bytes after its end")
    return start, stop


@lru_cache(maxsize=1024)
def oid_text(octets: bytes) -> str:
    """The dotted form of an object identifier's content octets (X.690 §8.19)."""
    if not octets or len(octets) > _MAX_OID or octets[-1] & 0x80:
        raise DerError("an object identifier that cannot be read")
    arcs: list[int] = []
    arc = 0
    for octet in octets:
        if octet == 0x80 and arc == 0:
            raise DerError("an object identifier that cannot be read")
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def bits(content: bytes) -> int:
    """The first 16 named bits of a BIT STRING's content octets: bit n of the result is named bit n."""
    if not content or content[0] > 7:
        raise DerError("a bit string that cannot be read")
    return sum(1 << n for n in range(min(16, 8 * (len(content) - 1))) if content[1 + n // 8] & 0x80 >> n % 8)


def time(tag: int, content: bytes) -> datetime | None:
    """A UTCTime or GeneralizedTime in UTC, or None where it cannot be read or lies outside the years 1950 to 9999."""
    if tag == UTC_TIME and len(content) == 13 and content[12] == 0x5A and content[:12].isdigit():
        text = content.decode("ascii")  # the form that RFC 5280 §4.1.2.5.1 asks for: YYMMDDHHMMSSZ
        try:
            return datetime.fromisoformat(f"{'19' if text >= '5' else '20'}{text[:6]}T{text[6:]}")
        except ValueError:
            return None
    return _unusual_time(tag, content)


def _unusual_time(tag: int, content: bytes) -> datetime | None:
    """Times with another number of digits, with fractions, or with an offset from UTC."""
    match = _TIME.fullmatch(content)
    if match is None:
        return None
    digits = match[1]
    if tag == UTC_TIME:
        digits = (b"19" if digits[:2] >= b"50" else b"20") + digits
    if len(digits) not in (10, 12, 14):
        return None
    try:
        month, day, hour, minute, second = (int(digits[at : at + 2] or b"0") for at in range(4, 14, 2))
        moment = datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
        if match[2]:
            offset = timedelta(hours=int(match[3]), minutes=int(match[4]))
            moment = moment - offset if match[2] == b"+" else moment + offset
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= 1950 else None
