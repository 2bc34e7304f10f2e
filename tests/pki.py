"""A certificate authority for tests: any extension, also a broken one, and chains in a line."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

START = datetime(2026, 6, 1, tzinfo=UTC)
END = datetime(2036, 6, 1, tzinfo=UTC)
BOTH = (SERVER_AUTH, CLIENT_AUTH)
EKU = "2.5.29.37"
NS_CERT_TYPE = "2.16.840.1.113730.1.1"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
STAND_IN = "2.5.29.99"
BASELINE_POLICY = "2.23.140.1.2.2"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key and its issuer, so that it can issue others."""

    der: bytes
    key: PrivateKey
    name: x509.Name


def tlv(tag: int, *content: bytes) -> bytes:
    """One DER element."""
    body = b"".join(content)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (first * 40 + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(arc & 0x7F | 0x80)
        content += bytes(reversed(octets))
    return tlv(6, content)


def eku_value(*oids: str) -> bytes:
    return tlv(0x30, *map(oid, oids))


def sct_value(*times: datetime) -> bytes:
    """A list of embedded timestamps with these times, of a log and with a signature that do not exist."""
    entries = b""
    for moment in times:
        milliseconds = int(moment.timestamp() * 1000)
        entry = b"\0" + b"L" * 32 + milliseconds.to_bytes(8, "big") + b"\0\0" + b"\4\3" + b"\0\4" + b"sign"
        entries += len(entry).to_bytes(2, "big") + entry
    return tlv(4, len(entries).to_bytes(2, "big") + entries)


def name(common_name: str, organisation: str | None = "Test", country: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organisation is not None:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if country is not None:
        attributes.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    return x509.Name(attributes)


@cache
def ec_key(label: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of this label, the same for the whole run."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(label: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def issue(
    subject: str | x509.Name,
    issuer: Issued | None = None,
    *,
    ca: bool | None = False,
    eku: Sequence[str] | bytes | None = None,
    key_usage: Iterable[str] | None = None,
    ns_cert_type: int | None = None,
    scts: Sequence[datetime] = (),
    policies: Sequence[str] = (),
    names: Sequence[x509.GeneralName] = (),
    key: PrivateKey | None = None,
    key_ids: bool = True,
    start: datetime = START,
    end: datetime = END,
    more: Sequence[tuple[str, bytes]] = (),
    digest: hashes.HashAlgorithm | None = None,
) -> Issued:
    """A certificate; its own issuer without ``issuer``. ``eku`` is a list of OIDs, or the raw value of the extension.

    ``more`` are further extensions as (OID, raw value).
    """
    whole = name(subject) if isinstance(subject, str) else subject
    key = key or ec_key(whole.rfc4514_string())
    signer, issuer_name = (key, whole) if issuer is None else (issuer.key, issuer.name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(whole)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(ca, key_usage, names, policies, key if key_ids else None, signer):
        builder = builder.add_extension(extension, critical)
    raw = list(more)
    if eku is not None:
        raw.append((EKU, eku if isinstance(eku, bytes) else eku_value(*eku)))
    if ns_cert_type is not None:
        raw.append((NS_CERT_TYPE, tlv(3, bytes([0, ns_cert_type]))))
    if scts:
        raw.append((SCT_LIST, sct_value(*scts)))
    for kind, value in raw:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(kind), value), False)
    certificate = builder.sign(signer, digest or hashes.SHA256())
    return Issued(certificate.public_bytes(Encoding.DER), key, whole)


def _extensions(
    ca: bool | None,
    key_usage: Iterable[str] | None,
    names: Sequence[x509.GeneralName],
    policies: Sequence[str],
    key: PrivateKey | None,
    signer: PrivateKey,
) -> Iterable[tuple[x509.ExtensionType, bool]]:
    if ca is not None:
        yield x509.BasicConstraints(ca, None), True
    if key_usage is None and ca:
        key_usage = ("key_cert_sign", "crl_sign")
    if key_usage is not None:
        yield _key_usage(set(key_usage)), True
    if names:
        yield x509.SubjectAlternativeName(names), False
    if policies:
        found = [x509.PolicyInformation(x509.ObjectIdentifier(policy), None) for policy in policies]
        yield x509.CertificatePolicies(found), False
    if key is not None:
        yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False


def _key_usage(bits: set[str]) -> x509.KeyUsage:
    known = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in bits for bit in known})


def root(common_name: str = "Test Root", **more: object) -> Issued:
    return issue(common_name, ca=True, **more)  # type: ignore[arg-type]


def intermediate(common_name: str, issuer: Issued, **more: object) -> Issued:
    return issue(common_name, issuer, ca=True, **more)  # type: ignore[arg-type]


def pem(*ders: bytes, label: str = "CERTIFICATE") -> bytes:
    blocks = []
    for der in ders:
        text = base64.encodebytes(der).decode().strip()
        blocks.append(f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    return "".join(blocks).encode()


def twice(der: bytes) -> bytes:
    """The certificate with its stand-in extension turned into a second extended key usage; its signature breaks."""
    stand_in, real = oid(STAND_IN), oid(EKU)
    assert der.count(stand_in) == 1
    return der.replace(stand_in, real)


def public_key_bytes(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
