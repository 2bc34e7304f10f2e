"""Certificates that an import found, as files beside the targets file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

# What a file beside the targets file holds, None where there is none of that name; raises `Unreadable` for one that is
# there and cannot be read.
Beside = Callable[[str], bytes | None]

MAX_CERTIFICATES = 64
MAX_TRUSTED = 4096
"""The most CAs of a list: more than the largest file that is read of one box has."""

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_KEY = re.compile(rb"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")


def certificates_only(data: bytes, most: int = MAX_CERTIFICATES) -> bytes:
    """The PEM certificates of a file, not more than ``most``, and nothing else of it; empty where it has none."""
    found = _CERTIFICATE.findall(data)[:most]
    return b"".join(b"\n".join(line.strip() for line in one.split(b"\n") if line.strip()) + b"\n" for one in found)


def holds_key(data: bytes) -> bool:
    """Whether a file holds a private key."""
    return _KEY.search(data) is not None


def same_certificates(one: bytes, other: bytes) -> bool:
    """Whether two PEM texts hold the same certificates, whatever stands around them."""
    return certificates_only(one, MAX_TRUSTED).split() == certificates_only(other, MAX_TRUSTED).split()


def irreplaceable(there: bytes) -> str | None:
    """What a file holds that no import may replace; None for certificates alone, which are public."""
    if holds_key(there):
        return "a private key"
    if there.strip() and not certificates_only(there):
        return "something else than certificates in PEM"
    return None


def file_names(target: str, slot: str) -> tuple[str, ...]:
    """Where a slot's certificates may go, the best first: NAME-SLOT.pem, and one that is no other target's.

    A name with characters that not every file system takes has the latter alone: what they are replaced by would bring
    different targets to one file.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", target).strip("-.") or "target"
    marked = f"{stem}-{hashlib.sha256(target.encode()).hexdigest()[:8]}-{slot}.pem"
    return (f"{target}-{slot}.pem", marked) if stem == target else (marked,)


def as_one_file(path: str) -> str:
    """What two paths have in common that may be the same file: the last part, for folders may be links, in one case."""
    return re.split(r"[/\\]", path)[-1].casefold()
