"""Certificate authorities of the lab, and the certificates that they issue.

In the spirit of trustme (an issuer one can guess), with what trustme does not let one choose: the extended key usage,
also a broken one, the dates, and the marks of a public certificate.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ekuscan.fingerprint import sha256_hex
from ekuscan.lab.der_writer import BIT_STRING, SEQUENCE, tagged
from ekuscan.lab.timestamps import sct_list
from ekuscan.record import record

EkuChoice = Literal["both", "server", "client", "any", "absent", "empty", "duplicate", "undecodable"]
KeyChoice = Literal["ec", "rsa"]
EllipticCurve = ec.EllipticCurve
CertificateObject = x509.Certificate
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# CA/Browser Forum Baseline Requirements 7.1.6.1: organization-validated.
ORGANIZATION_VALIDATED: Final = ObjectIdentifier("2.23.140.1.2.2")
_SCT_LIST: Final = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_EKU: Final = ObjectIdentifier("2.5.29.37")
_STAND_IN: Final = ObjectIdentifier("2.5.29.127")
_EKU_DER: Final = bytes.fromhex("0603551d25")
_STAND_IN_DER: Final = bytes.fromhex("0603551d7f")

_LISTED: Final[dict[EkuChoice, tuple[ObjectIdentifier, ...]]] = {
    "both": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    "server": (ExtendedKeyUsageOID.SERVER_AUTH,),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "any": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,),
}

# RFC 5280 4.2.1.12: a sequence of one or more object identifiers. "duplicate" is the whole extension, there twice.
_BROKEN: Final[dict[EkuChoice, bytes]] = {
    "empty": bytes.fromhex("3000"),
    "undecodable": bytes.fromhex("300a06082b060105050703"),
}

P384: Final = ec.SECP384R1()
"""A curve for which clients rarely send a key share at once."""

ORGANIZATION: Final = "ekuscan lab"
_CA_AGE: Final = timedelta(days=5 * 365)
_CA_REST: Final = timedelta(days=10 * 365)


@record
class Leaf:
    """What to ask a CA for. ``sans`` are DNS names or IP addresses; the dates are aware and in UTC."""

    common_name: str
    not_before: datetime
    not_after: datetime
    eku: EkuChoice = "both"
    sans: tuple[str, ...] = ()
    key: KeyChoice = "ec"


@record
class Credential:
    """A private key and the chain to present with it: the end-entity certificate first, as it goes over the wire."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def ders(self) -> tuple[bytes, ...]:
        return tuple(certificate.public_bytes(serialization.Encoding.DER) for certificate in self.chain)

    @property
    def sha256(self) -> str:
        """Fingerprint of the end-entity certificate."""
        return sha256_hex(self.ders[0])

    @property
    def pem(self) -> bytes:
        return pem(*self.chain)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@record
class Authority:
    """A CA. ``above`` are its issuers up to the root; ``public``: its certificates carry the marks of a public CA."""

    key: PrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()
    public: bool = False

    @property
    def root(self) -> x509.Certificate:
        return (self.certificate, *self.above)[-1]


def pem(*certificates: x509.Certificate) -> bytes:
    """The certificates as PEM, one after the other."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def der(certificate: x509.Certificate) -> bytes:
    """The certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def new_root(
    common_name: str,
    today: datetime,
    *,
    public: bool = False,
    eku: EkuChoice = "absent",
    organization: str = ORGANIZATION,
) -> Authority:
    """A self-signed CA, five years old on ``today``, with ten years to go."""
    key = _new_key("ec")
    name = _name(common_name, organization)
    builder = _ca_builder(key, name, today, eku)
    builder = builder.issuer_name(name).add_extension(_key_id(key), critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()), public=public)


def new_subordinate(
    parent: Authority,
    common_name: str,
    today: datetime,
    *,
    eku: EkuChoice = "both",
    key: PrivateKey | None = None,
    organization: str = ORGANIZATION,
) -> Authority:
    """A CA under another one. With the ``key`` of an existing CA and its name this is a cross-sign."""
    own = key or _new_key("ec")
    builder = _ca_builder(own, _name(common_name, organization), today, eku)
    builder = builder.issuer_name(parent.certificate.subject).add_extension(_key_id(own), critical=False)
    builder = builder.add_extension(_issuer_key_id(parent), critical=False)
    certificate = builder.sign(parent.key, hashes.SHA256())
    return Authority(own, certificate, (parent.certificate, *parent.above), parent.public)


def issue(authority: Authority, leaf: Leaf) -> Credential:
    """A new key with a certificate, and the chain that a well-kept server presents: all issuers but the root."""
    key = _new_key(leaf.key)
    builder = _leaf_builder(leaf, key, authority.certificate.subject)
    builder = builder.add_extension(_issuer_key_id(authority), critical=False)
    if authority.public:
        builder = _with_public_marks(builder, leaf.not_before)
    certificate = builder.sign(authority.key, hashes.SHA256())
    if leaf.eku == "duplicate":
        certificate = _with_second_eku(certificate, authority.key)
    issuers = (authority.certificate, *authority.above)
    return Credential(key, (certificate, *issuers[:-1]))


def sign_again(certificate: x509.Certificate, signed: bytes, signer: PrivateKey) -> bytes:
    """The certificate as DER with another signed part, and a signature of the same kind over it."""
    if isinstance(signer, rsa.RSAPrivateKey):
        signature = signer.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = signer.sign(signed, ec.ECDSA(hashes.SHA256()))
    whole = der(certificate)
    algorithm = whole[whole.index(certificate.tbs_certificate_bytes) + len(certificate.tbs_certificate_bytes) :]
    algorithm = algorithm[: 2 + algorithm[1]]
    return tagged(SEQUENCE, signed, algorithm, tagged(BIT_STRING, b"\0", signature))


def self_signed(leaf: Leaf) -> Credential:
    """A new key with a certificate that it has signed itself."""
    key = _new_key(leaf.key)
    builder = _leaf_builder(leaf, key, _name(leaf.common_name))
    return Credential(key, (builder.sign(key, hashes.SHA256()),))


def _leaf_builder(leaf: Leaf, key: PrivateKey, issuer: x509.Name) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=_name(leaf.common_name),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=leaf.not_before,
        not_valid_after=leaf.not_after,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_leaf_key_usage(leaf.key), critical=True)
    builder = _with_eku(builder, leaf.eku)
    if leaf.sans:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in leaf.sans]), critical=False
        )
    return builder.add_extension(_key_id(key), critical=False)


def _with_public_marks(builder: x509.CertificateBuilder, logged: datetime) -> x509.CertificateBuilder:
    policy = x509.PolicyInformation(ORGANIZATION_VALIDATED, None)
    builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    return builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, sct_list(logged)), critical=False)


def _with_eku(builder: x509.CertificateBuilder, eku: EkuChoice) -> x509.CertificateBuilder:
    if eku == "absent":
        return builder
    if eku in _LISTED:
        return builder.add_extension(x509.ExtendedKeyUsage(_LISTED[eku]), critical=False)
    if eku == "duplicate":
        value = x509.ExtendedKeyUsage(_LISTED["both"])
        stand_in = x509.UnrecognizedExtension(_STAND_IN, value.public_bytes())
        return builder.add_extension(value, critical=False).add_extension(stand_in, critical=False)
    return builder.add_extension(x509.UnrecognizedExtension(_EKU, _BROKEN[eku]), critical=False)


def _with_second_eku(certificate: x509.Certificate, signer: PrivateKey) -> x509.Certificate:
    """The builder refuses a second extension of a kind, so a stand-in is renamed and the whole signed again."""
    signed = certificate.tbs_certificate_bytes.replace(_STAND_IN_DER, _EKU_DER)
    return x509.load_der_x509_certificate(sign_again(certificate, signed, signer))


def _ca_builder(key: PrivateKey, subject: x509.Name, today: datetime, eku: EkuChoice) -> x509.CertificateBuilder:
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    builder = x509.CertificateBuilder(
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=midnight - _CA_AGE,
        not_valid_after=midnight + _CA_REST,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return _with_eku(builder, eku)


def _new_key(choice: KeyChoice) -> PrivateKey:
    if choice == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str, organization: str = ORGANIZATION) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _leaf_key_usage(key: KeyChoice) -> x509.KeyUsage:
    return _key_usage(digital_signature=True, key_encipherment=key == "rsa")


def _key_usage(**bits: bool) -> x509.KeyUsage:
    names = (
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
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


def _key_id(key: PrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _issuer_key_id(authority: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
