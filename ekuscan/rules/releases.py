"""Releases in the order of their products, and releases that are known only in part.

A release as people write it ("X15", "X14.3.7", "14SU3", "17.12.4a") names all releases that begin so: it is read as a
half-open interval of tuples of numbers. The order X14.3.7 < X15.0 < X15.2 < X15.4 < X15.5 < X15.10 is that of tuples.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ekuscan.record import record

Point = tuple[int, ...]

_EXPRESSWAY = re.compile(r"[Xx]?(\d{1,4}(?:\.\d{1,4}){0,4})(?:-[\w.\-]{1,40})?")
_UNIFIED_CM = re.compile(
    r"(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,6}|\(\d{1,3}\)|-\d{1,6}){0,4}\s*(?:SU\s*(\d{1,2})([a-z]?))?", re.IGNORECASE
)
_DOTTED = re.compile(r"(?:IOS-)?(\d{1,4}(?:\.\d{1,4}){0,4})([a-z]?)(?:[\w.\-]{0,40})", re.IGNORECASE)

_UNIFIED_CM_ROLES = frozenset({"cucm", "imp", "unity-connection", "cer", "contact-center"})
_EXPRESSWAY_ROLES = frozenset({"expressway-e", "expressway-c"})


@record
class Release:
    """All releases from ``low`` up to, not including, ``high``; ``text`` is how it was written."""

    text: str
    low: Point
    high: Point

    def overlaps(self, low: Point, high: Point | None) -> bool:
        """Whether some release of this interval lies in [low, high); ``high`` None is unbounded."""
        return self.high > low and (high is None or self.low < high)


class ReleaseError(ValueError):
    """A text that is no release of that product; the message says what one looks like."""


@lru_cache(maxsize=4096)
def parse(role: str, text: str) -> Release:
    """Read a release as people write it for a role. Raises `ReleaseError`."""
    stripped = text.strip()
    if role in _EXPRESSWAY_ROLES:
        match = _EXPRESSWAY.fullmatch(stripped)
        point = _numbers(match[1]) if match else None
        example = "X15.4"
    elif role in _UNIFIED_CM_ROLES:
        match = _UNIFIED_CM.fullmatch(stripped)
        point = _unified_cm_point(match) if match else None
        example = "14SU3"
    else:
        match = _DOTTED.fullmatch(stripped)
        point = (*_numbers(match[1]), *_letter(match[2])) if match else None
        example = "3.10" if role == "cms" else "17.12.4"
    if point is None:
        raise ReleaseError(f'write it like "{example}"')
    return Release(stripped, point, _successor(point))


def _numbers(dotted: str) -> Point:
    return tuple(int(part) for part in dotted.split("."))


def _letter(letter: str) -> Point:
    return (ord(letter.lower()) - ord("a") + 1,) if letter else ()


def _unified_cm_point(match: re.Match[str]) -> Point:
    """Neither SIP nor UDS gives the SU: "14.0.1" and "14.0" are the whole of 14.0 (cisco.md section 4.1)."""
    major, minor, update, letter = match.groups()
    if update is None:
        return (int(major),) if minor is None else (int(major), int(minor))
    return (int(major), int(minor or 0), int(update), *_letter(letter))


def _successor(point: Point) -> Point:
    return (*point[:-1], point[-1] + 1)


def spoken(point: Point, role: str) -> str:
    """A point of a product's order as people write it: "X15.4", "15SU3a", "17.12.4"."""
    if family(role) == "unified-cm" and len(point) > 2:
        minor = f".{point[1]}" if point[1] else ""
        letter = chr(ord("a") + point[3] - 1) if len(point) > 3 and point[3] else ""
        return f"{point[0]}{minor}SU{point[2]}{letter}"
    return ("X" if role in _EXPRESSWAY_ROLES else "") + ".".join(map(str, point))


def family(role: str) -> str:
    """The product whose release order a role shares: "expressway", "unified-cm", or the role itself."""
    if role in _EXPRESSWAY_ROLES:
        return "expressway"
    return "unified-cm" if role in _UNIFIED_CM_ROLES else role
