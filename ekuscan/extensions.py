"""The extensions of a certificate that decide what it may be used for and who issued it, each read by itself.

A broken extension becomes a flaw in plain words and leaves the others readable. Extensions that hold many names are
kept as raw DER (``san``) and read by `names` when a person wants to see them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from typing import TypeVar

from ekuscan.model import Eku
from ekuscan.record import record
from ekuscan.tlv import (
    BIT_STRING,
    BOOLEAN,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    bits,
    elements,
    header,
    inside,
    oid_text,
)

_T = TypeVar("_T")

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
ANY_EKU = "2.5.29.37.0"
MICROSOFT_SGC = "1.3.6.1.4.1.311.10.3.3"
NETSCAPE_SGC = "2.16.840.1.113730.4.1"
VERISIGN_SGC = "2.16.840.1.113733.1.8.1"

# Named bits of keyUsage (RFC 5280 §4.2.1.3) and of Netscape's certificate type, bit n as 1 << n.
DIGITAL_SIGNATURE = 1 << 0
KEY_ENCIPHERMENT = 1 << 2
KEY_AGREEMENT = 1 << 4
KEY_CERT_SIGN = 1 << 5
NS_SSL_CLIENT = 1 << 0
NS_SSL_SERVER = 1 << 1

_EKU_NAMES = {
    SERVER_AUTH: "serverAuth",
    CLIENT_AUTH: "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.3.17": "ipsecIKE",
    "1.3.6.1.5.5.7.3.20": "sipDomain",
    "1.3.6.1.5.2.3.4": "pkinitClient",
    "1.3.6.1.5.2.3.5": "pkinitKdc",
    "1.3.6.1.4.1.311.20.2.2": "msSmartcardLogin",
    ANY_EKU: "anyExtendedKeyUsage",
    MICROSOFT_SGC: "msSGC",
    NETSCAPE_SGC: "nsSGC",
    VERISIGN_SGC: "verisignSGC",
}

FRAME_FLAW = "its extensions cannot all be decoded"

_EKU = b"\x55\x1d\x25"
_MAX_EXTENSIONS = 200
_MAX_PURPOSES = 64
_MAX_POLICIES = 64
_MAX_SCTS = 64
_CACHED_BYTES = 512
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@record
class Extensions:
    """What the extensions say; None means that the extension is absent.

    ``key_usage`` and ``ns_cert_type`` are bit masks (0 where the extension is there and cannot be read), ``ca`` is the
    flag of basicConstraints (False where that cannot be read), ``san`` the raw GeneralNames, ``scts`` the times of the
    embedded signed certificate timestamps. ``common`` is a hash of the values that the certificates of one CA have in
    common, which is all but alternative names, key identifier and timestamps: it is good for this process only.
    """

    eku: Eku
    key_usage: int | None = None
    ca: bool | None = None
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    ns_cert_type: int | None = None
    policies: tuple[str, ...] = ()
    san: bytes | None = None
    scts: tuple[datetime, ...] = ()
    common: int = 0
    flaws: tuple[str, ...] = ()


ABSENT_EKU = Eku("absent")
NO_EXTENSIONS = Extensions(ABSENT_EKU)
UNREADABLE_EKU = Eku("malformed", "undecodable")


def _cached(read: Callable[[bytes], _T]) -> Callable[[bytes], _T]:
    """Remember what common short values read as: one CA's certificates differ in few of their extensions."""
    remembered = lru_cache(maxsize=256)(read)
    return wraps(read)(lambda value: remembered(value) if len(value) <= _CACHED_BYTES else read(value))


def eku_names(oids: tuple[str, ...]) -> tuple[str, ...]:
    """The usual name of each purpose, or its dotted OID."""
    return tuple(_EKU_NAMES.get(oid, oid) for oid in oids)


def read_extensions(data: bytes, start: int, stop: int) -> Extensions:
    """Read the Extensions (a SEQUENCE OF Extension) that lie between ``start`` and ``stop`` of ``data``."""
    values, flaws, complete = _split(data, start, stop)
    fields: dict[str, object] = {}
    for oid, found in values.items():
        if len(found) > 1:
            flaws.append(f"two extensions of one kind: {_words(oid)}")
        reader = _READERS.get(oid)
        if reader is None:
            continue
        field, words, read, otherwise = reader
        try:
            fields[field] = read(found[0])
        except DerError:
            fields[field] = otherwise
            flaws.append(f"{words} cannot be decoded")
    eku = _eku(values.get(_EKU, []), complete)
    if eku.state == "malformed":
        flaws.append(f"extended key usage is {_EKU_FLAWS[eku.flaw or 'undecodable']}")
    common = hash(tuple([(oid, *found) for oid, found in values.items() if oid not in _OF_ONE]))
    return Extensions(eku=eku, common=common, flaws=tuple(flaws), **fields)  # type: ignore[arg-type]


def _split(data: bytes, start: int, stop: int) -> tuple[dict[bytes, list[bytes]], list[str], bool]:
    """The values by kind of extension, the flaws of the frame, and whether the frame could be read to its end."""
    values: dict[bytes, list[bytes]] = {}
    flaws: list[str] = []
    complete = True
    try:
        tag, at, end = header(data, start, stop)
        complete = tag == SEQUENCE and end == stop
        for _ in range(_MAX_EXTENSIONS):
            if at >= end:
                break
            _, inner, following = header(data, at, end)
            try:
                oid, value = _extension(data, inner, following)
            except DerError:
                complete = False
            else:
                values.setdefault(oid, []).append(value)
            at = following
        else:
            complete = False
    except DerError:
        complete = False
    if not complete:
        flaws.append(FRAME_FLAW)
    return values, flaws, complete


def _extension(data: bytes, at: int, end: int) -> tuple[bytes, bytes]:
    tag, start, stop = header(data, at, end)
    if tag != OBJECT_IDENTIFIER:
        raise DerError("an extension without a kind")
    oid = data[start:stop]
    try:
        tag, start, stop = header(data, stop, end)
        if tag == BOOLEAN:
            tag, start, stop = header(data, stop, end)
        if tag != OCTET_STRING:
            return oid, b""
    except DerError:
        return oid, b""  # its kind is known, its value is not: each reader refuses an empty value
    return oid, data[start:stop]


def _words(oid: bytes) -> str:
    if oid == _EKU:
        return "extended key usage"
    reader = _READERS.get(oid)
    if reader is not None:
        return reader[1]
    try:
        return oid_text(oid)
    except DerError:
        return "unreadable kind"


_EKU_FLAWS = {"empty": "empty", "duplicate": "there twice", "undecodable": "not decodable"}


def _eku(values: list[bytes], complete: bool) -> Eku:
    if not values:
        # A block that breaks off may have held one: what was not seen is not absent.
        return ABSENT_EKU if complete else UNREADABLE_EKU
    if len(values) == 1:
        return _read_eku(values[0])
    oids = tuple(dict.fromkeys(oid for value in values[:_MAX_PURPOSES] for oid in _read_eku(value).oids))
    return Eku("malformed", "duplicate", oids[:_MAX_PURPOSES], eku_names(oids[:_MAX_PURPOSES]))


@_cached
def _read_eku(value: bytes) -> Eku:
    try:
        start, stop = inside(value, SEQUENCE)
        found, sound = elements(value, start, stop, _MAX_PURPOSES)
    except DerError:
        return UNREADABLE_EKU
    oids = []
    for element in found:
        try:
            if element.tag != OBJECT_IDENTIFIER:
                raise DerError("not an object identifier")
            oids.append(oid_text(value[element.start : element.stop]))
        except DerError:
            sound = False
    names = eku_names(tuple(oids))
    if not sound:
        return Eku("malformed", "undecodable", tuple(oids), names)
    return Eku("listed", None, tuple(oids), names) if oids else Eku("malformed", "empty")


@_cached
def _bit_string(value: bytes) -> int:
    start, stop = inside(value, BIT_STRING)
    return bits(value[start:stop])


def _is_ca(value: bytes) -> bool:
    start, stop = inside(value, SEQUENCE)
    if start == stop:
        return False
    tag, first, last = header(value, start, stop)
    return tag == BOOLEAN and any(value[first:last])


def _key_id(value: bytes) -> bytes:
    start, stop = inside(value, OCTET_STRING)
    return value[start:stop]


@_cached
def _authority_key_id(value: bytes) -> bytes | None:
    start, stop = inside(value, SEQUENCE)
    found, _ = elements(value, start, stop, 3)
    return next((value[element.start : element.stop] for element in found if element.tag == 0x80), None)


@_cached
def _policies(value: bytes) -> tuple[str, ...]:
    start, stop = inside(value, SEQUENCE)
    oids = []
    for element in elements(value, start, stop, _MAX_POLICIES)[0]:
        tag, first, last = header(value, element.start, element.stop)
        if tag != OBJECT_IDENTIFIER:
            raise DerError("a policy without identifier")
        oids.append(oid_text(value[first:last]))
    return tuple(oids)


def _scts(value: bytes) -> tuple[datetime, ...]:
    """Times out of a SignedCertificateTimestampList: 2 bytes of length each, then version, log id (32), time in ms."""
    start, stop = inside(value, OCTET_STRING)
    at = start + 2
    times: list[datetime] = []
    while at + 2 <= stop and len(times) < _MAX_SCTS:
        size = int.from_bytes(value[at : at + 2], "big")
        if size < 41 or at + 2 + size > stop:
            raise DerError("a signed certificate timestamp that cannot be read")
        milliseconds = int.from_bytes(value[at + 35 : at + 43], "big")
        try:
            times.append(_EPOCH + timedelta(milliseconds=milliseconds))
        except OverflowError:
            raise DerError("a signed certificate timestamp out of time") from None
        at += 2 + size
    if not times:
        raise DerError("an empty list of timestamps")
    return tuple(times)


def _raw(value: bytes) -> bytes:
    inside(value, SEQUENCE)
    return value


_Reader = tuple[str, str, Callable[[bytes], object], object]
_READERS: dict[bytes, _Reader] = {
    b"\x55\x1d\x0e": ("subject_key_id", "subject key identifier", _key_id, None),
    b"\x55\x1d\x0f": ("key_usage", "key usage", _bit_string, 0),
    b"\x55\x1d\x11": ("san", "subject alternative name", _raw, None),
    b"\x55\x1d\x13": ("ca", "basic constraints", _is_ca, False),
    b"\x55\x1d\x20": ("policies", "certificate policies", _policies, ()),
    b"\x55\x1d\x23": ("authority_key_id", "authority key identifier", _authority_key_id, None),
    b"\x60\x86\x48\x01\x86\xf8\x42\x01\x01": ("ns_cert_type", "Netscape certificate type", _bit_string, 0),
    b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02": ("scts", "signed certificate timestamps", _scts, ()),
}
_OF_ONE = frozenset(oid for oid, reader in _READERS.items() if reader[0] in ("subject_key_id", "san", "scts"))
