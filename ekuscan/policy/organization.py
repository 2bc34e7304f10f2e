"""The organisation in a certificate's name, by which a CA is recognised."""

from __future__ import annotations

import re

# An attribute of RFC 4514 text: a type, "=", and a value in which a separator only stands behind a backslash.
_ATTRIBUTE = re.compile(r"(?:^|[,+])\s*([A-Za-z][A-Za-z0-9-]*|[0-9.]+)=((?:\\.|[^\\,+])*)", re.DOTALL)
_ESCAPED = re.compile(r"(?:\\[0-9A-Fa-f]{2})+|\\(.)", re.DOTALL)
_TYPES = ("o", "2.5.4.10")


def organization_of(name: str) -> str | None:
    """The first organisation (O) of a name in RFC 4514 text, unescaped, None where it has none."""
    for kind, value in _ATTRIBUTE.findall(name):
        if kind.lower() in _TYPES:
            return _ESCAPED.sub(_plain, value).strip() or None
    return None


def _plain(escape: re.Match[str]) -> str:
    if escape.group(1) is not None:
        return escape.group(1)
    return bytes.fromhex(escape.group(0).replace("\\", "")).decode("utf-8", "replace")
