"""Reading the answers of a Meeting Server's API, without an XML parser, so that no entity can expand."""

from __future__ import annotations

import re
from typing import Final

_SOFTWARE: Final = re.compile(rb"<softwareVersion>\s*(\d{1,3}(?:\.\d{1,4}){1,4})[^<>&]{0,64}</softwareVersion>")


def read_release(body: bytes) -> str | None:
    """The release ("3.9") out of ``softwareVersion``; what follows it, as in "2.0(RC)", is left out."""
    match = _SOFTWARE.search(body)
    return match[1].decode("ascii") if match is not None else None
