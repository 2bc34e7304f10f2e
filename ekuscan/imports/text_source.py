"""The text of a source, whatever a terminal or a Windows program saved it as."""

from __future__ import annotations

import codecs
from typing import Final

from ekuscan.imports.source import UnusableSource
from ekuscan.targets.text_file import Unreadable, decode

MAX_TEXT: Final = 16 * 1024 * 1024

_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def text_of(data: bytes) -> str:
    """A source as text with plain line ends, from UTF-8 or UTF-16, with a byte order mark or without.

    Raises:
        UnusableSource: it is no text, of another encoding, or larger than MAX_TEXT bytes.
    """
    if len(data) > MAX_TEXT:
        raise UnusableSource(f"has more than {MAX_TEXT >> 20} MiB; a configuration has a few hundred KiB")
    encoding = utf16_of(data)
    try:
        if encoding is None:
            return decode(data)
        text = data.decode(encoding).removeprefix("\ufeff")
    except Unreadable as error:
        raise UnusableSource(str(error)) from None
    except UnicodeDecodeError:
        raise UnusableSource("begins as UTF-16 and is not; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def head_of(data: bytes) -> str:
    """The beginning of a source, to tell what it is; what is no text comes out as something that nothing looks for."""
    head = data[: 256 * 1024]
    return head.decode(utf16_of(head) or "utf-8", "replace")


def utf16_of(data: bytes) -> str | None:
    """The form of UTF-16 as which bytes begin, with a byte order mark or without; None for anything else."""
    marked = next((name for mark, name in _UTF16.items() if data.startswith(mark)), None)
    if marked is not None or len(data) < 4:
        return marked
    # Without a mark every other byte of text in Latin letters is zero.
    sample = data[:512]
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if odd > len(sample) * 0.4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(sample) * 0.4 and not odd else None
