"""Client certificates of a CA made up on the spot, which no peer can trust: the control of every experiment.

All keys live in memory only, and the CA's key not longer than it takes to sign the two certificates.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ekuscan.trials import RESERVED, Controls
from ekuscan.wire.identity import Identity

UNTRUSTED: Final = f"{RESERVED}untrusted"
UNTRUSTED_SERVER_ONLY: Final = f"{RESERVED}untrusted-server-only"

# Clocks of old appliances are off by hours, and a refusal for the date would spoil the control.
_BEFORE: Final = timedelta(days=2)
_AFTER: Final = timedelta(days=5)
_BOTH: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def untrusted(now: datetime) -> Controls:
    """The two controls, valid from two days before ``now`` (aware) until five days after it.

    Subject and issuer say what they are, for the peer's log. The CA is not presented, as an unknown root never is.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    return Controls(
        _identity(UNTRUSTED, "ekuscan untrusted control", _BOTH, ca_key, now),
        _identity(UNTRUSTED_SERVER_ONLY, "ekuscan untrusted serverAuth-only control", _BOTH[:1], ca_key, now),
    )


def _identity(
    name: str,
    common_name: str,
    purposes: tuple[ObjectIdentifier, ...],
    ca_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    builder = x509.CertificateBuilder(
        issuer_name=_name("ekuscan untrusted CA"),
        subject_name=_name(common_name),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _BEFORE,
        not_valid_after=now + _AFTER,
    )
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Identity(name, (certificate.public_bytes(Encoding.DER),), der)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
