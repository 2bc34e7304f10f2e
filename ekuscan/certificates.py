"""Certificates, parsed once: the lenient reading, what a strict parser refuses beside it, and who signed them.

The one door to `cryptography` for certificates that were presented. Facts come from `ekuscan.der`, which also reads
what a strict parser refuses as a whole; `cryptography` says what it refuses, loads keys and checks signatures.
"""

from __future__ import annotations

import binascii
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ekuscan.der import DerCertificate, DerError, read_certificate
from ekuscan.extensions import KEY_CERT_SIGN, UNREADABLE_EKU, Extensions
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Certificate
from ekuscan.names import general_names, name_is_sound, name_text

_UNREADABLE = DerCertificate(
    tbs=b"",
    serial="",
    issuer=b"",
    subject=b"",
    not_before=None,
    not_after=None,
    spki=b"",
    key="unreadable",
    extensions=Extensions(UNREADABLE_EKU),
    signature_algorithm=None,
    signature=b"",
    flaws=("it is not a certificate",),
)

# What one check of a signature may cost: with these bounds at most a few milliseconds.
_MAX_RSA_BITS = 16384
_MAX_EXPONENT_BITS = 64

# Signature algorithms by OID (RFC 8017 §A.2.4, RFC 5758, RFC 3279 §2.2): the kind of key and the digest. SHA-1 and MD5
# stand here because old public roots and Cisco's device CAs are signed with them: who signed is asked, not how well.
_SIGNATURES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "1.2.840.113549.1.1.4": ("rsa", hashes.MD5()),  # noqa: S303
    "1.2.840.113549.1.1.5": ("rsa", hashes.SHA1()),  # noqa: S303
    "1.3.14.3.2.29": ("rsa", hashes.SHA1()),  # noqa: S303
    "1.2.840.113549.1.1.14": ("rsa", hashes.SHA224()),
    "1.2.840.113549.1.1.11": ("rsa", hashes.SHA256()),
    "1.2.840.113549.1.1.12": ("rsa", hashes.SHA384()),
    "1.2.840.113549.1.1.13": ("rsa", hashes.SHA512()),
    "1.2.840.10045.4.1": ("ec", hashes.SHA1()),  # noqa: S303
    "1.2.840.10045.4.3.1": ("ec", hashes.SHA224()),
    "1.2.840.10045.4.3.2": ("ec", hashes.SHA256()),
    "1.2.840.10045.4.3.3": ("ec", hashes.SHA384()),
    "1.2.840.10045.4.3.4": ("ec", hashes.SHA512()),
    "1.2.840.10040.4.3": ("dsa", hashes.SHA1()),  # noqa: S303
    "2.16.840.1.101.3.4.3.1": ("dsa", hashes.SHA224()),
    "2.16.840.1.101.3.4.3.2": ("dsa", hashes.SHA256()),
}
_RSA_PSS = "1.2.840.113549.1.1.10"
_PKCS1 = padding.PKCS1v15()


@dataclass(frozen=True, eq=False)
class ParsedCertificate:
    """One certificate and what follows from it alone. What is rarely needed is worked out when asked for."""

    der: bytes
    sha256: str
    reading: DerCertificate

    @property
    def extensions(self) -> Extensions:
        return self.reading.extensions

    @cached_property
    def record(self) -> Certificate:
        """The certificate as it is published."""
        reading = self.reading
        san, flaws = _alternative_names(reading)
        return Certificate(
            subject=name_text(reading.subject),
            issuer=name_text(reading.issuer),
            serial=reading.serial,
            not_before=reading.not_before,
            not_after=reading.not_after,
            key=reading.key,
            san=san,
            eku=reading.extensions.eku,
            scts=reading.extensions.scts,
            flaws=(*reading.flaws, *flaws, *_refusals(self, san)),
            pem=_pem(self.der),
        )

    @cached_property
    def public_key(self) -> PublicKeyTypes | None:
        """The public key, or None where it cannot be loaded or would make a signature check too costly."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old kinds of keys are asked about, not recommended
            try:
                key = load_der_public_key(self.reading.spki)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                return None
        if isinstance(key, rsa.RSAPublicKey) and (
            key.key_size > _MAX_RSA_BITS or key.public_numbers().e.bit_length() > _MAX_EXPONENT_BITS
        ):
            return None
        return key

    @cached_property
    def self_signed(self) -> bool:
        """Whether it names itself as its issuer and its own key signed it."""
        return self.issued_by(self)

    @cached_property
    def can_issue(self) -> bool:
        """Whether verifiers would take it for a CA: as OpenSSL's ``check_ca`` (crypto/x509/v3_purp.c) decides it."""
        usage = self.extensions.key_usage
        if usage is not None and not usage & KEY_CERT_SIGN:
            return False
        if self.extensions.ca is not None:
            return self.extensions.ca
        return usage is not None or self.reading.subject == self.reading.issuer

    def names_as_issuer(self, issuer: ParsedCertificate) -> bool:
        """Whether the name of its issuer, and the key identifiers where both have one, are those of ``issuer``."""
        if not self.reading.issuer or self.reading.issuer != issuer.reading.subject:
            return False
        wanted, found = self.extensions.authority_key_id, issuer.extensions.subject_key_id
        return wanted is None or found is None or wanted == found

    def signed_by(self, issuer: ParsedCertificate) -> bool:
        """Whether the key of ``issuer`` made its signature; False also where that cannot be checked."""
        key = issuer.public_key
        if key is None or self.reading.signature_algorithm is None:
            return False
        try:
            return _verify(key, self)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False

    def issued_by(self, issuer: ParsedCertificate) -> bool:
        """Whether ``issuer`` is named as its issuer and made its signature. SHA-1 and MD5 signatures count."""
        return self.names_as_issuer(issuer) and self.signed_by(issuer)


def parse(der: bytes, sha256: str | None = None) -> ParsedCertificate:
    """Read any bytes as a certificate. Never raises: what is none has no names and ``flaws`` that say so.

    ``sha256`` is its fingerprint, if the caller has it already.
    """
    try:
        reading = read_certificate(der)
    except DerError:
        reading = _UNREADABLE
    return ParsedCertificate(der, sha256 or sha256_hex(der), reading)


def _verify(key: PublicKeyTypes, certificate: ParsedCertificate) -> bool:
    signature, signed = certificate.reading.signature, certificate.reading.tbs
    algorithm = certificate.reading.signature_algorithm or ""
    kind, digest = _SIGNATURES.get(algorithm, ("", None))
    if isinstance(key, rsa.RSAPublicKey):
        if algorithm == _RSA_PSS:
            _verify_pss(key, certificate)
        elif kind == "rsa" and digest is not None:
            key.verify(signature, signed, _PKCS1, digest)
        else:
            return False
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ec" and digest is not None:
        key.verify(signature, signed, ec.ECDSA(digest))
    elif isinstance(key, dsa.DSAPublicKey) and kind == "dsa" and digest is not None:
        key.verify(signature, signed, digest)
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, signed)
    else:
        return False
    return True


def _verify_pss(key: rsa.RSAPublicKey, certificate: ParsedCertificate) -> None:
    """RSASSA-PSS keeps digest, mask and salt length in its parameters, which `cryptography` reads."""
    strict = x509.load_der_x509_certificate(certificate.der)
    parameters, digest = strict.signature_algorithm_parameters, strict.signature_hash_algorithm
    if not isinstance(parameters, padding.PSS) or digest is None:
        raise ValueError("parameters of another kind")
    key.verify(certificate.reading.signature, certificate.reading.tbs, parameters, digest)


def _alternative_names(reading: DerCertificate) -> tuple[tuple[str, ...], list[str]]:
    """The alternative names, and the flaws of all names."""
    names = (("subject", reading.subject), ("issuer", reading.issuer))
    flaws = [f"its {kind} cannot be decoded" for kind, name in names if not name_is_sound(name)]
    if reading.extensions.san is None:
        return (), flaws
    try:
        return general_names(reading.extensions.san), flaws
    except DerError:
        return (), [*flaws, "subject alternative name cannot be decoded"]


def _pem(der: bytes) -> str:
    text = binascii.b2a_base64(der, newline=False).decode("ascii")
    lines = "\n".join([text[at : at + 64] for at in range(0, len(text), 64)])
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def _refusals(certificate: ParsedCertificate, san: tuple[str, ...]) -> list[str]:
    """What `cryptography` refuses of it, in plain words. Names and dates are among our own flaws already.

    The certificates of one CA have most extensions in common, and decoding them strictly is the costliest step here:
    what was accepted once is not decoded again, unless this certificate's own part is out of the ordinary.
    """
    reading = certificate.reading
    common = reading.extensions.common
    ordinary = not reading.flaws and all(map(_PLAIN_NAME.fullmatch, san))
    if ordinary and common in _accepted_extensions:
        return _strictly(certificate.der, _PUBLIC_KEY)
    refused = _strictly(certificate.der, _PUBLIC_KEY, _EXTENSIONS)
    if ordinary and not refused:
        if len(_accepted_extensions) >= _MAX_ACCEPTED:
            _accepted_extensions.clear()
        _accepted_extensions.add(common)
    return refused


_PLAIN_NAME = re.compile(r"(?:DNS|IP):[A-Za-z0-9*_:.-]{1,253}")
_MAX_ACCEPTED = 4096
_accepted_extensions: set[int] = set()

_Part = tuple[str, Callable[[x509.Certificate], object]]
_PUBLIC_KEY: _Part = ("public key", lambda certificate: certificate.public_key())
_EXTENSIONS: _Part = ("extensions", lambda certificate: certificate.extensions)


def _strictly(der: bytes, *parts: _Part) -> list[str]:
    refused = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it only warns of today is among our own flaws
        try:
            certificate = x509.load_der_x509_certificate(der)
        except Exception:  # whatever it raises for hostile bytes is its refusal
            return ["strict parsers refuse the whole certificate"]
        for part, read in parts:
            try:
                read(certificate)
            except UnsupportedAlgorithm:
                continue  # a kind of key that this library does not know is not a fault of the certificate
            except Exception:  # whatever it raises for hostile bytes is its refusal
                refused.append(f"strict parsers refuse its {part}")
    return refused
