"""Bounded reading of text that people hand in."""

from __future__ import annotations

import codecs
from pathlib import Path

TEXT_LIMIT = 2 * 1024 * 1024
CERTIFICATE_LIMIT = 4 * 1024 * 1024


class Unreadable(Exception):  # noqa: N818  (the name says what happened to the caller)
    """A file cannot be used; the message says why, and what would be right."""


class Absent(Unreadable):
    """There is no file of that name."""


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a file.

    Raises:
        Absent: there is none.
        Unreadable: it is no file, not to be read, or larger than ``limit`` bytes.
    """
    try:
        if path.is_dir():
            raise Unreadable("is a folder; name a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise Absent("does not exist") from None
    except PermissionError:
        raise Unreadable("may not be read by this user") from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(data) > limit:
        raise Unreadable(f"has more than {limit // 1024} KiB")
    return data


def decode(data: bytes) -> str:
    """Text from UTF-8 with or without a byte order mark, line ends of any system made "\\n".

    Raises:
        Unreadable: it is not UTF-8, or not text.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"is not UTF-8: line {line} has the byte 0x{data[error.start]:02x}; save it as UTF-8"
        ) from None
    if "\0" in text:
        raise Unreadable("is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path) -> str:
    """A text file of at most TEXT_LIMIT bytes; raises Unreadable as `read_bytes` and `decode` do."""
    return decode(read_bytes(path, TEXT_LIMIT))
