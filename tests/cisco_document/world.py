"""The certificates of all situations, made once per test run: public-like CAs with their owners, and private ones.

A file's name says who issued it and what it may do. Days are UTC midnights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ekuscan.model import TrustVersion
from ekuscan.trust import TrustEntry
from ekuscan.trust_pack import write_store

SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)
BOTH = (*SERVER, *CLIENT)
ANY = (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)
Usages = tuple[x509.ObjectIdentifier, ...]

# An end-entity that says it was issued under the CA/Browser Forum's rules (organization validated).
BASELINE_POLICY = x509.ObjectIdentifier("2.23.140.1.2.2")


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate. ``store`` is how Chrome's store has its root: "trusted", "phase-out", or "absent";
    None for a private CA, which no store has. ``cutoff`` is the phase-out's last day for new leaves."""

    common_name: str
    organization: str
    issuer: str | None = None
    owner: str | None = None
    store: str | None = None
    cutoff: str | None = None
    usages: Usages | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """An end-entity certificate; ``issuer`` None is self-signed, ``usages`` None is no EKU extension. ``hosts`` are its
    names, of which the first is the common one; without any its file's name is a host of example.com."""

    issuer: str | None
    usages: Usages | None
    starts: str
    ends: str
    baseline: bool = False
    hosts: tuple[str, ...] = ()


AUTHORITIES: Mapping[str, Authority] = {
    "digicert-root": Authority("DigiCert Global Root G2", "DigiCert Inc", None, "DigiCert", "trusted"),
    "digicert": Authority("DigiCert Global G2 TLS RSA SHA256 2020 CA1", "DigiCert Inc", "digicert-root", "DigiCert"),
    "assured-root": Authority(
        "DigiCert Assured ID Root G2", "DigiCert Inc", None, "DigiCert", "phase-out", "2026-09-14"
    ),
    "assured": Authority("DigiCert Assured ID CA G2", "DigiCert Inc", "assured-root", "DigiCert"),
    "letsencrypt-root": Authority(
        "ISRG Root X1", "Internet Security Research Group", None, "Internet Security Research Group", "trusted"
    ),
    "letsencrypt": Authority("R12", "Let's Encrypt", "letsencrypt-root", "Internet Security Research Group"),
    "identrust-root": Authority(
        "IdenTrust Public Sector Root CA 1", "IdenTrust", None, "IdenTrust Services, LLC", "absent"
    ),
    "identrust": Authority(
        "IdenTrust Public Sector Server CA 1", "IdenTrust", "identrust-root", "IdenTrust Services, LLC"
    ),
    "identrust-clients": Authority(
        "TrustID RSA ClientAuth CA 2", "IdenTrust", "identrust-root", "IdenTrust Services, LLC"
    ),
    "corp-root": Authority("Corp Root CA", "Corp"),
    "corp": Authority("Corp Issuing CA", "Corp", "corp-root"),
    "corp-narrow": Authority("Corp Web Servers CA", "Corp", "corp-root", usages=SERVER),
    "stranger-root": Authority("Stranger Root", "Stranger"),
    "stranger": Authority("Stranger TLS CA", "Stranger", "stranger-root"),
}

_LONG = ("2026-01-05", "2028-06-30")
LEAVES: Mapping[str, Leaf] = {
    # what the CAs issue today
    "digicert-both": Leaf("digicert", BOTH, "2026-08-05", "2027-02-20"),
    "digicert-server": Leaf("digicert", SERVER, "2026-11-01", "2027-05-19"),
    "letsencrypt-server": Leaf("letsencrypt", SERVER, "2026-10-20", "2027-01-18"),
    "identrust-both": Leaf("identrust", BOTH, "2026-09-01", "2027-03-18"),
    "identrust-client": Leaf("identrust-clients", CLIENT, "2026-09-01", "2027-03-18"),
    "assured-both": Leaf("assured", BOTH, "2026-10-01", "2027-02-25"),
    # what they issued earlier
    "digicert-both-2024": Leaf("digicert", BOTH, "2024-08-20", "2025-09-20"),
    "digicert-both-2025": Leaf("digicert", BOTH, "2025-09-15", "2026-10-10"),
    "letsencrypt-both-2025": Leaf("letsencrypt", BOTH, "2025-12-20", "2026-03-20"),
    # private CAs
    "corp-both": Leaf("corp", BOTH, *_LONG),
    "corp-server": Leaf("corp", SERVER, *_LONG),
    "corp-client": Leaf("corp", CLIENT, *_LONG),
    "corp-any": Leaf("corp", ANY, *_LONG),
    "corp-no-eku": Leaf("corp", None, *_LONG),
    "corp-both-under-server-ca": Leaf("corp-narrow", BOTH, *_LONG),
    "corp-both-ended": Leaf("corp", BOTH, "2025-11-01", "2026-11-01"),
    "corp-both-not-yet": Leaf("corp", BOTH, "2026-12-01", "2028-06-30"),
    "self-signed-both": Leaf(None, BOTH, *_LONG),
    "self-signed-server": Leaf(None, SERVER, *_LONG),
    # a CA that nobody knows, whose certificates say that they are public
    "stranger-both": Leaf("stranger", BOTH, "2026-09-01", "2027-03-18", baseline=True),
}


@dataclass(frozen=True, slots=True)
class World:
    """A folder with ``NAME.pem`` for every leaf (its issuing CA below it) and every CA, and the trust data."""

    folder: Path
    trust_data: Path


def day(text: str) -> datetime:
    """A day as the midnight in UTC with which it begins."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_world(folder: Path, leaves: Mapping[str, Leaf] = LEAVES) -> World:
    """Make every certificate and write the PEM files."""
    issued: dict[str, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]] = {}
    for name, authority in AUTHORITIES.items():
        issued[name] = _make_authority(authority, issued)
        (folder / f"{name}.pem").write_bytes(issued[name][0].public_bytes(Encoding.PEM))
    for name, leaf in leaves.items():
        pem = _make_leaf(name, leaf, issued).public_bytes(Encoding.PEM)
        if leaf.issuer is not None:
            pem += issued[leaf.issuer][0].public_bytes(Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)
    known = {name: made[0].public_bytes(Encoding.DER) for name, made in issued.items()}
    trust_data = folder / "trust.sqlite"
    entries = [_entry(AUTHORITIES[name], der) for name, der in known.items() if AUTHORITIES[name].owner is not None]
    write_store(trust_data, entries, TrustVersion("2026-11-20", "39"))
    return World(folder, trust_data)


def _entry(authority: Authority, der: bytes) -> TrustEntry:
    if authority.issuer is not None:
        return TrustEntry(der, "intermediate")
    return TrustEntry(
        der,
        "other-root" if authority.store == "absent" else "chrome-root",
        owner=authority.owner or "",
        display_name=authority.common_name,
        tier="included",
        stores=("mozilla_tls",) if authority.store == "absent" else ("chrome", "mozilla_tls"),
        sct_not_after=day(authority.cutoff) if authority.cutoff is not None else None,
    )


def _name(common_name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _make_authority(
    authority: Authority, issued: Mapping[str, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(authority.common_name, authority.organization)
    issuer, signer = subject, key
    if authority.issuer is not None:
        certificate, signer = issued[authority.issuer]
        issuer = certificate.subject
    builder = _builder(subject, issuer, key, signer, day("2020-01-01"), day("2038-01-01"))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(ca=True), critical=True)
    if authority.usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(authority.usages), critical=False)
    return builder.sign(signer, hashes.SHA256()), key


def _make_leaf(
    name: str, leaf: Leaf, issued: Mapping[str, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]]
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = leaf.hosts or (f"{name}.example.com",)
    subject = _name(hosts[0], "Example")
    issuer, signer = subject, key
    if leaf.issuer is not None:
        certificate, signer = issued[leaf.issuer]
        issuer = certificate.subject
    builder = _builder(subject, issuer, key, signer, day(leaf.starts), day(leaf.ends))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(ca=False), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    if leaf.usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(leaf.usages), critical=False)
    if leaf.baseline:
        policy = x509.PolicyInformation(BASELINE_POLICY, None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    starts: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
