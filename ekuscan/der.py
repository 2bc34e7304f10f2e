"""A small, lenient reader of certificates and certificate requests in DER (RFC 5280 §4.1, RFC 2986 §4).

A strict parser refuses a whole certificate for one broken extension, name or date, and with it the extended key usage
that everything here is about. So this module reads field by field: what is readable is returned, what is not is named
in ``flaws``. Bytes that have not even the frame of a certificate raise `DerError`, and nothing else is ever raised.
The work is bounded by the length of the input, and the input by `MAX_BYTES`.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from ekuscan.extensions import NO_EXTENSIONS, Extensions, read_extensions
from ekuscan.record import record
from ekuscan.tlv import (
    BIT_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    DerError,
    Element,
    elements,
    header,
    oid_text,
    time,
)

__all__ = ["MAX_BYTES", "DerCertificate", "DerError", "DerRequest", "read_certificate", "read_request"]

MAX_BYTES = 1 << 18
"""The longest certificate that is looked at, in bytes. Real ones are shorter than 2^14."""

_MAX_SERIAL = 64
_MAX_ALGORITHM = 2048
_VERSION = 0xA0
_ATTRIBUTES = 0xA0
_EXTENSIONS = 0xA3
_SET = 0x31
_CERTIFICATE_FRAME = [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]
_REQUEST_FRAME = [INTEGER, SEQUENCE, SEQUENCE]
_EXTENSION_REQUESTS = ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")  # PKCS #9, and Microsoft's own

_EC = "1.2.840.10045.2.1"
_DSA = "1.2.840.10040.4.1"
_KEY_NAMES = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
_CURVE_NAMES = {
    "1.2.840.10045.3.1.1": "P-192",
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.33": "P-224",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}


@record
class DerCertificate:
    """What could be read of a certificate.

    ``tbs``, ``issuer``, ``subject`` and ``spki`` are raw DER with their headers. ``serial`` is lower-case hexadecimal
    without leading zeros. A date is None where it cannot be read or lies outside the years 1950 to 9999. ``key`` is
    text such as "RSA 2048". ``signature_algorithm`` is the dotted OID beside the signature, None where it cannot be
    read or differs from the one inside the signed part (RFC 5280 §4.1.1.2 wants them equal).
    """

    tbs: bytes
    serial: str
    issuer: bytes
    subject: bytes
    not_before: datetime | None
    not_after: datetime | None
    spki: bytes
    key: str
    extensions: Extensions
    signature_algorithm: str | None
    signature: bytes
    flaws: tuple[str, ...]


@record
class DerRequest:
    """What could be read of a PKCS #10 certificate signing request; ``extensions`` are the requested ones.

    ``spki`` is the raw DER of its public key with its header.
    """

    subject: bytes
    key: str
    extensions: Extensions
    flaws: tuple[str, ...]
    spki: bytes


def read_certificate(data: bytes) -> DerCertificate:
    """Read one certificate as far as it can be read. `DerError` if the bytes have not the frame of one."""
    flaws: list[str] = []
    tbs, signed_with = _signed(data, flaws)
    fields, complete = elements(data, tbs.start, tbs.stop, 20)
    if fields and fields[0].tag == _VERSION:
        fields = fields[1:]
    if [field.tag for field in fields[:6]] != _CERTIFICATE_FRAME:
        raise DerError("not the frame of a certificate")
    serial, inner_algorithm, issuer, validity, subject, spki = fields[:6]
    if not complete:
        flaws.append("its fields cannot all be decoded")
    not_before, not_after = _validity(data, validity, flaws)
    extensions = _certificate_extensions(data, fields[6:], complete)
    algorithm, signature = _signature(data, signed_with, inner_algorithm, flaws)
    return DerCertificate(
        tbs=data[tbs.at : tbs.stop],
        serial=_serial(data[serial.start : serial.stop], flaws),
        issuer=data[issuer.at : issuer.stop],
        subject=data[subject.at : subject.stop],
        not_before=not_before,
        not_after=not_after,
        spki=data[spki.at : spki.stop],
        key=_key(data, spki),
        extensions=extensions,
        signature_algorithm=algorithm,
        signature=signature,
        flaws=(*flaws, *extensions.flaws),
    )


def read_request(data: bytes) -> DerRequest:
    """Read one PKCS #10 request as far as it can be read. `DerError` if the bytes have not the frame of one."""
    flaws: list[str] = []
    info, _ = _signed(data, flaws)
    fields, _ = elements(data, info.start, info.stop, 20)
    if [field.tag for field in fields[:3]] != _REQUEST_FRAME or len(fields) > 4:
        raise DerError("not the frame of a certificate signing request")
    _, subject, spki = fields[:3]
    if not _is_key(data, spki):
        raise DerError("not the frame of a certificate signing request")
    extensions = NO_EXTENSIONS
    if len(fields) == 4 and fields[3].tag == _ATTRIBUTES:
        extensions = _requested_extensions(data, fields[3])
    return DerRequest(
        subject=data[subject.at : subject.stop],
        key=_key(data, spki),
        extensions=extensions,
        flaws=(*flaws, *extensions.flaws),
        spki=data[spki.at : spki.stop],
    )


def _signed(data: bytes, flaws: list[str]) -> tuple[Element, list[Element]]:
    """The signed part, and what follows it: algorithm and signature."""
    if len(data) > MAX_BYTES:
        raise DerError(f"longer than {MAX_BYTES} bytes")
    tag, start, stop = header(data, 0, len(data))
    if tag != SEQUENCE:
        raise DerError("not a sequence")
    if stop != len(data):
        flaws.append("there are bytes after its end")
    outer, _ = elements(data, start, stop, 4)
    if not outer or outer[0].tag != SEQUENCE:
        raise DerError("nothing signed in it")
    return outer[0], outer[1:]


def _serial(content: bytes, flaws: list[str]) -> str:
    number = int.from_bytes(content[:_MAX_SERIAL], "big", signed=True)
    if number <= 0:
        flaws.append("its serial number is not positive")
    if len(content) > 20:
        flaws.append("its serial number is longer than 20 bytes")
    return f"{number:x}" + ("..." if len(content) > _MAX_SERIAL else "")


def _validity(data: bytes, validity: Element, flaws: list[str]) -> tuple[datetime | None, datetime | None]:
    found, _ = elements(data, validity.start, validity.stop, 2)
    dates = [time(date.tag, data[date.start : date.stop]) for date in found]
    dates += [None] * (2 - len(dates))
    for date, name in zip(dates, ("notBefore", "notAfter"), strict=True):
        if date is None:
            flaws.append(f"its {name} cannot be read")
    return dates[0], dates[1]


def _certificate_extensions(data: bytes, rest: list[Element], complete: bool) -> Extensions:
    for field in rest:
        if field.tag == _EXTENSIONS:
            return read_extensions(data, field.start, field.stop)
    # Where the fields break off, extensions may have stood: reading nothing finds nothing absent.
    return NO_EXTENSIONS if complete else read_extensions(data, 0, 0)


def _requested_extensions(data: bytes, attributes: Element) -> Extensions:
    for attribute in elements(data, attributes.start, attributes.stop, 50)[0]:
        parts, _ = elements(data, attribute.start, attribute.stop, 2)
        if len(parts) == 2 and parts[1].tag == _SET and _oid(data, parts[0]) in _EXTENSION_REQUESTS:
            return read_extensions(data, parts[1].start, parts[1].stop)
    return NO_EXTENSIONS


def _signature(data: bytes, found: list[Element], inner: Element, flaws: list[str]) -> tuple[str | None, bytes]:
    if [element.tag for element in found] != [SEQUENCE, BIT_STRING]:
        flaws.append("its signature cannot be decoded")
        return None, b""
    outer, signature = found
    algorithm = _first_oid(data, outer)
    if data[outer.at : outer.stop] != data[inner.at : inner.stop]:
        flaws.append("it names two different signature algorithms")
        algorithm = None
    return algorithm, data[signature.start + 1 : signature.stop]


def _oid(data: bytes, element: Element) -> str | None:
    if element.tag != OBJECT_IDENTIFIER:
        return None
    try:
        return oid_text(data[element.start : element.stop])
    except DerError:
        return None


def _first_oid(data: bytes, sequence: Element) -> str | None:
    found, _ = elements(data, sequence.start, sequence.stop, 1)
    return _oid(data, found[0]) if found else None


def _is_key(data: bytes, spki: Element) -> bool:
    return [part.tag for part in elements(data, spki.start, spki.stop, 3)[0]] == [SEQUENCE, BIT_STRING]


def _key(data: bytes, spki: Element) -> str:
    """The public key in words: its kind and its size or curve; "unknown (OID)" for another kind."""
    try:
        _, start, stop = header(data, spki.start, spki.stop)
        name = _algorithm(data[start:stop]) if stop - start <= _MAX_ALGORITHM else "unreadable"
        if name not in ("RSA", "RSA-PSS"):
            return name
        _, start, stop = header(data, stop, spki.stop)
        _, start, stop = header(data, start + 1, stop)  # past the count of unused bits
        return f"{name} {_integer_bits(data, start, stop)}"
    except DerError:
        return "unreadable"


@lru_cache(maxsize=64)
def _algorithm(identifier: bytes) -> str:
    """The kind of key that the content of an AlgorithmIdentifier names, with the curve or size that it gives."""
    parts, _ = elements(identifier, 0, len(identifier), 2)
    kind = _oid(identifier, parts[0]) if parts else None
    if kind is None:
        raise DerError("a key of no kind")
    if kind == _EC:
        curve = _oid(identifier, parts[1]) if len(parts) > 1 else None
        return f"EC {_CURVE_NAMES.get(curve, curve)}" if curve else "EC with a curve of its own"
    if kind == _DSA and len(parts) > 1:
        return f"DSA {_integer_bits(identifier, parts[1].start, parts[1].stop)}"
    return _KEY_NAMES.get(kind, f"unknown ({kind})")


def _integer_bits(data: bytes, at: int, end: int) -> int:
    """The size in bits of the INTEGER at ``at``: an RSA modulus, or the prime of DSA parameters."""
    tag, start, stop = header(data, at, end)
    if tag != INTEGER:
        raise DerError("not a number")
    return int.from_bytes(data[start:stop], "big").bit_length()
