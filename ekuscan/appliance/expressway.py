"""Reading the answers of an Expressway's API, leniently: their exact forms differ between releases and are not public.

Bytes in, facts out. None says that the bytes are not such an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from ekuscan import names
from ekuscan.appliance.requests import RequestRow
from ekuscan.certificate_files import CertificateFileError, read_certificates
from ekuscan.imports.zone import Zone

MAX_ZONES: Final = 1000
MAX_PEERS: Final = 32
MAX_CERTIFICATES: Final = 64
_MAX_DEPTH: Final = 8

_RELEASE: Final = re.compile(r"\s*([Xx]\d{1,3}(?:\.\d{1,4}){1,4})(?![\d.])")
_VERSION_ELEMENT: Final = re.compile(r"<version\b[^<>]{0,200}>([^<>]{1,100})<", re.IGNORECASE)
_PEER_KEY: Final = re.compile(r"peer\d?(?:address(?:es)?)?")
_PEM: Final = b"-----BEGIN CERTIFICATE-----"


def read_release(body: bytes) -> str | None:
    """The release ("X15.4") out of JSON or of ``status.xml``, which is read without an XML parser."""
    text = body.decode("utf-8", "replace")
    told = _VERSION_ELEMENT.findall(text) if text.lstrip().startswith("<") else _versions(_json(body), 0)
    for value in told:
        match = _RELEASE.match(value)
        if match is not None:
            return match[1].upper()
    return None


def read_zones(body: bytes, row: RequestRow) -> tuple[Zone, ...] | None:
    """The zones that speak SIP, out of a JSON list of objects, or one object; None for anything else."""
    content = _json(body)
    if isinstance(content, dict):
        inner = content.get("records")
        content = inner if isinstance(inner, list) else [content] if content else []
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        return None
    read = (_zone(_by_plain_key(item), row) for item in content[:MAX_ZONES])
    return tuple(zone for zone in read if zone is not None)


def read_chain(body: bytes) -> tuple[bytes, ...] | None:
    """The certificates of a PEM text, DER in its order, at most MAX_CERTIFICATES; None where it is none."""
    if _PEM not in body:
        return None
    try:
        return tuple(read_certificates(body, "answer"))[:MAX_CERTIFICATES]
    except CertificateFileError:
        return None


def _json(body: bytes) -> Any:
    """JSON, or None. A number too long for Python to read is a ValueError, as is a wrong character."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _versions(value: Any, depth: int) -> Iterator[str]:
    """Texts under keys that speak of a version, outermost first."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and "version" in key.lower():
                yield item
        for item in value.values():
            yield from _versions(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _versions(item, depth + 1)


def _by_plain_key(zone: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in lower case without anything between the letters: the spelling differs between the API's parts."""
    return {re.sub(r"[^a-z0-9]", "", key.lower()): value for key, value in zone.items()}


def _zone(zone: Mapping[str, Any], row: RequestRow) -> Zone | None:
    if _switch(zone, "sipmode", "sipprotocol") == "off":
        return None
    transport = _word(zone, "siptransport", "transport")
    return Zone(
        name=names.printable(_word(zone, "name") or "", 128),
        use_case=row.use_case,
        dialled_by=row.dialled_by,
        peers=tuple(dict.fromkeys(_peers(zone, row)))[:MAX_PEERS],
        transport=names.printable(transport.lower(), 16) if transport is not None else None,
        tls_verify=_switch(zone, "siptlsverifymode", "tlsverifymode"),
    )


def _peers(zone: Mapping[str, Any], row: RequestRow) -> Iterator[str]:
    if row.dialled_by == "peer":
        expected = _word(zone, "siptlsverifysubjectname", "tlsverifysubjectname")
        if expected:
            yield names.printable(expected.strip(), 256)
        return
    for key, value in zone.items():
        if _PEER_KEY.fullmatch(key):
            yield from (names.printable(text.strip(), 256) for text in _texts(value) if text.strip())


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return (text for key, text in value.items() if "address" in key.lower() and isinstance(text, str))
    if isinstance(value, list):
        return (text for item in value[:MAX_PEERS] if not isinstance(item, list) for text in _texts(item))
    return ()


def _word(zone: Mapping[str, Any], *keys: str) -> str | None:
    return next((zone[key] for key in keys if isinstance(zone.get(key), str)), None)


def _switch(zone: Mapping[str, Any], *keys: str) -> Literal["on", "off"] | None:
    word = (_word(zone, *keys) or "").strip().lower()
    return "on" if word == "on" else "off" if word == "off" else None
