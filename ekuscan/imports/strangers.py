"""Files that people hand in and that are no description of an estate: what they are, so that a sentence can say it."""

from __future__ import annotations

import re
from typing import Final

_LOOKED_AT: Final = 64 * 1024
_IOS: Final = "is the running-config of an IOS router, not the xConfiguration of an Expressway"
_CUCM: Final = "is output of the command line of Unified CM or its like, not the xConfiguration of an Expressway"

# What all has to be found in the beginning of a file, and what it is then.
_STRANGERS: Final[tuple[tuple[tuple[bytes, ...], str], ...]] = (
    ((rb"\A\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), "is an old Excel or Word file: save it as CSV"),
    ((rb"\APK\x03\x04", rb"\[Content_Types\]\.xml|xl/"), "is an Excel file: save it as CSV"),
    ((rb"\A%PDF-",), "is a PDF file: take the text that the appliance itself gives"),
    ((rb"\A\s*(?:<!doctype html|<html)",), "is a web page: the download may have been a log-in page"),
    ((rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",), "holds a private key, which is not wanted here"),
    ((rb"-----BEGIN CERTIFICATE-----",), "is a certificate: name it under slots: of its target"),
    ((rb"^(?:Building configuration|Current configuration\s*:|! Last configuration change)",), _IOS),
    ((rb"^version 1\d\.\d", rb"^hostname "), _IOS),
    ((rb"^(?:crypto pki trustpoint|voice service voip|dial-peer voice )",), _IOS),
    (
        (rb"^(?:# Nmap \d|Starting Nmap \d|Nmap scan report for )",),
        "is what nmap writes for people: use its -oX FILE",
    ),
    ((rb"^admin:\s*(?:show|utils|set|file|run)\b",), _CUCM),
    ((rb"^Active Master Version:|^VMware Installation",), _CUCM),
    ((rb"\A\s*<(?:\?xml|[A-Za-z])",), "is XML of another kind"),
    ((rb"\A\s*[\[{]",), "is JSON of another kind"),
)
_PATTERNS: Final = tuple(
    (tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns), what)
    for patterns, what in _STRANGERS
)


def stranger(data: bytes) -> str | None:
    """What a file is that cannot be imported, as the end of a sentence with its name; None where nothing tells."""
    head = data[:_LOOKED_AT]
    return next((what for patterns, what in _PATTERNS if all(pattern.search(head) for pattern in patterns)), None)
