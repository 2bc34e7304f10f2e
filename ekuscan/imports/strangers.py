"""Files that people hand in and that are no description of an estate: what they are, so that a sentence can say it."""

from __future__ import annotations

import re
from typing import Final

from ekuscan.record import record

_LOOKED_AT: Final = 64 * 1024
_IOS: Final = (
    "is the running-config of an IOS router, not the xConfiguration of an Expressway",
    "write the router into the targets file, with role: cube",
)
_CUCM: Final = (
    "is output of the command line of Unified CM or its like, not the xConfiguration of an Expressway",
    "write the box into the targets file, with its role and release",
)
_EXCEL: Final = "save it as CSV"


@record
class Stranger:
    """What a file is, as the end of a sentence with its name, and what to do; None where nothing is to be done."""

    what: str
    step: str | None


# What all has to be found in the beginning of a file, what it is then, and what to do.
_STRANGERS: Final[tuple[tuple[tuple[bytes, ...], tuple[str, str | None]], ...]] = (
    ((rb"\A\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), ("is an old Excel or Word file", _EXCEL)),
    ((rb"\APK\x03\x04", rb"\[Content_Types\]\.xml|xl/"), ("is an Excel file", _EXCEL)),
    ((rb"\A%PDF-",), ("is a PDF file", "take the text that the appliance itself gives")),
    (
        (rb"\A\s*(?:<!doctype html|<html)",),
        ("is a web page", "the download may have been a log-in page; log in and download it again"),
    ),
    (
        (rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",),
        ("holds a private key, which is not wanted here", "name the certificate alone under slots: of its target"),
    ),
    ((rb"-----BEGIN CERTIFICATE-----",), ("is a certificate", "name it under slots: of its target")),
    ((rb"^(?:Building configuration|Current configuration\s*:|! Last configuration change)",), _IOS),
    ((rb"^version 1\d\.\d", rb"^hostname "), _IOS),
    ((rb"^(?:crypto pki trustpoint|voice service voip|dial-peer voice )",), _IOS),
    (
        (rb"^(?:# Nmap \d|Starting Nmap \d|Nmap scan report for )",),
        ("is what nmap writes for people", "use its -oX FILE"),
    ),
    ((rb"^admin:\s*(?:show|utils|set|file|run)\b",), _CUCM),
    ((rb"^Active Master Version:|^VMware Installation",), _CUCM),
    ((rb"\A\s*<(?:\?xml|[A-Za-z])",), ("is XML of another kind", None)),
    ((rb"\A\s*[\[{]",), ("is JSON of another kind", None)),
)
_PATTERNS: Final = tuple(
    (tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns), Stranger(*said))
    for patterns, said in _STRANGERS
)


def stranger(data: bytes) -> Stranger | None:
    """What a file is that cannot be imported; None where nothing tells."""
    head = data[:_LOOKED_AT]
    return next((said for patterns, said in _PATTERNS if all(pattern.search(head) for pattern in patterns)), None)
