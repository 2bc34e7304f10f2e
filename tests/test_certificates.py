from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.certificates import ParsedCertificate, parse
from ekuscan.trust import TrustStore
from tests import pki


def parsed(issued: pki.Issued) -> ParsedCertificate:
    return parse(issued.der)


def test_the_record_of_an_ordinary_certificate() -> None:
    moment = datetime(2026, 5, 31, 23, 0, tzinfo=UTC)
    names = (x509.DNSName("e1.example.com"), x509.IPAddress(ip_address("192.0.2.1")))
    der = pki.issue("e1.example.com", pki.root(), eku=pki.BOTH, names=names, scts=(moment,)).der
    record = parse(der).record
    strict = x509.load_der_x509_certificate(der)
    assert (record.subject, record.issuer) == ("CN=e1.example.com,O=Test", "CN=Test Root,O=Test")
    assert int(record.serial, 16) == strict.serial_number
    assert (record.not_before, record.not_after) == (pki.START, pki.END)
    assert record.key == "EC P-256"
    assert record.san == ("DNS:e1.example.com", "IP:192.0.2.1")
    assert record.eku.names == ("serverAuth", "clientAuth")
    assert record.scts == (moment,)
    assert record.flaws == ()
    assert record.pem == strict.public_bytes(Encoding.PEM).decode()


def test_bytes_that_are_no_certificate_have_a_record_that_says_so() -> None:
    record = parse(b"nonsense").record
    assert record.flaws[0] == "it is not a certificate"
    assert (record.subject, record.key, record.eku.state) == ("unreadable name", "unreadable", "malformed")


def test_what_a_strict_parser_refuses_stands_in_plain_words_beside_the_facts() -> None:
    record = parsed(pki.issue("leaf", eku=pki.eku_value())).record
    assert record.flaws == ("extended key usage is empty", "strict parsers refuse its extensions")
    assert record.subject == "CN=leaf,O=Test"


def test_an_extension_that_only_a_strict_parser_minds_is_a_flaw() -> None:
    broken = ("1.3.6.1.5.5.7.1.1", b"\x30\x03\x02\x01\x05")  # authority information access, which we do not read
    assert parsed(pki.issue("leaf", more=(broken,))).record.flaws == ("strict parsers refuse its extensions",)
    fine = ("2.5.29.54", b"\x02\x01\x05")
    assert parsed(pki.issue("leaf", more=(fine,))).record.flaws == ()
    assert parsed(pki.issue("leaf", more=(broken,))).record.flaws == ("strict parsers refuse its extensions",)


def test_a_name_that_a_strict_parser_minds_is_a_flaw_also_after_a_good_certificate_of_the_same_ca() -> None:
    issuer = pki.root()
    good = pki.issue("leaf", issuer, names=(x509.DNSName("good.example.com"),))
    assert parsed(good).record.flaws == ()
    value = pki.tlv(0x30, pki.tlv(0x82, b"b\xe4d.example.com"))
    bad = pki.issue("leaf", issuer, more=(("2.5.29.17", value),))
    assert parsed(bad).record.flaws == ("strict parsers refuse its extensions",)


def test_a_broken_subject_and_a_broken_date_are_flaws() -> None:
    der = pki.issue("leaf", pki.root()).der
    broken = der.replace(b"\x0c\x04leaf", b"\x0c\x04le\xffa").replace(b"360601000000Z", b"361301000000Z")
    flaws = parse(broken).record.flaws
    assert flaws[:2] == ("its notAfter cannot be read", "its subject cannot be decoded")


def test_a_serial_number_that_is_not_positive_is_a_flaw_and_no_warning() -> None:
    der = pki.issue("leaf", key_ids=False).der
    at = der.index(b"\xa0\x03\x02\x01\x02\x02") + 7
    record = parse(der[:at] + b"\xff" + der[at + 1 :]).record
    assert record.serial.startswith("-")
    assert "its serial number is not positive" in record.flaws


# --- who issued --------------------------------------------------------------------------------------------------


def test_a_certificate_is_issued_by_the_ca_that_signed_it_and_by_no_other() -> None:
    root, other = pki.root(), pki.root("Other Root")
    namesake = pki.root("Test Root", key=pki.ec_key("another"))
    leaf = parsed(pki.issue("leaf", root))
    assert leaf.issued_by(parsed(root))
    assert not leaf.issued_by(parsed(other))
    assert not leaf.issued_by(parsed(namesake))
    assert not leaf.issued_by(leaf)


def test_a_namesake_without_key_identifiers_is_told_apart_by_the_signature() -> None:
    root = pki.root(key_ids=False)
    namesake = pki.root("Test Root", key=pki.ec_key("another"), key_ids=False)
    leaf = parsed(pki.issue("leaf", root, key_ids=False))
    assert leaf.names_as_issuer(parsed(namesake))
    assert leaf.issued_by(parsed(root))
    assert not leaf.issued_by(parsed(namesake))


def test_self_signed_means_its_own_name_and_its_own_key() -> None:
    root = pki.root()
    assert parsed(root).self_signed
    rolled = pki.issue("Test Root", root, key=pki.ec_key("new"), ca=True)
    assert not parsed(rolled).self_signed
    assert not parsed(pki.issue("leaf", root)).self_signed


PRIVATE_KEYS = {
    "rsa": lambda: pki.rsa_key("any"),
    "ec": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "dsa": lambda: dsa.generate_private_key(1024),
}


@pytest.mark.parametrize("kind", PRIVATE_KEYS)
def test_signatures_of_every_kind_of_key_verify(kind: str) -> None:
    key = PRIVATE_KEYS[kind]()
    digest = None if kind.startswith("ed") else hashes.SHA256()
    certificate = parse(self_signed(key, digest))
    assert certificate.self_signed
    assert not certificate.signed_by(parsed(pki.root()))
    assert certificate.record.flaws == ()


def test_an_rsa_pss_signature_verifies() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 20)
    assert parse(self_signed(pki.rsa_key("any"), hashes.SHA384(), rsa_padding=pss)).self_signed


def self_signed(key: object, digest: hashes.HashAlgorithm | None, **more: object) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(pki.name("self"))
        .issuer_name(pki.name("self"))
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(5)
        .not_valid_before(pki.START)
        .not_valid_after(pki.END)
    )
    return builder.sign(key, digest, **more).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def test_old_signatures_with_sha1_and_md5_count() -> None:
    with TrustStore.open() as store:
        roots = [parse(entry.der) for entry in store.entries() if entry.kind in ("other-root", "vendor")]
    sha1 = [one for one in roots if one.reading.signature_algorithm == "1.2.840.113549.1.1.5"]
    md5 = [one for one in roots if one.reading.signature_algorithm == "1.2.840.113549.1.1.4"]
    assert len(sha1) > 100
    assert all(one.self_signed for one in sha1 + md5 if one.reading.subject == one.reading.issuer)


def test_every_packed_root_verifies_itself() -> None:
    with TrustStore.open() as store:
        roots = [parse(entry.der) for entry in store.entries() if entry.kind.endswith("-root")]
    assert len(roots) > 700
    assert all(root.self_signed and root.can_issue for root in roots)


def test_a_key_that_would_make_checking_costly_is_not_used() -> None:
    numbers = pki.rsa_key("any").public_key().public_numbers()
    costly = rsa.RSAPublicNumbers((1 << 400) + 1, numbers.n).public_key()
    assert parsed(pki.root(key=pki.rsa_key("any"))).public_key is not None
    der = pki.issue("leaf", pki.root(), key=_PublicOnly(costly)).der  # type: ignore[arg-type]
    assert parse(der).public_key is None


class _PublicOnly:
    """A key of which only the public half is known: enough to be certified."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public


@pytest.mark.parametrize(
    ("issued", "can"),
    [
        (pki.root(), True),
        (pki.root(key_usage=("digital_signature",)), False),
        (pki.issue("x", pki.root()), False),
        (pki.issue("x", pki.root(), ca=None), False),
        (pki.issue("x", pki.root(), ca=None, key_usage=("key_cert_sign",)), True),
        (pki.issue("x", ca=None), True),
        (pki.issue("x", pki.root(), ca=None, more=(("2.5.29.19", b"\x05\x00"),)), False),
    ],
)
def test_what_verifiers_would_take_for_a_ca(issued: pki.Issued, can: bool) -> None:
    assert parsed(issued).can_issue is can


LEAF = pki.issue("leaf", pki.root(), eku=pki.BOTH, names=(x509.DNSName("a.example.com"),)).der
ROOT = parse(pki.root().der)


@given(st.integers(0, len(LEAF) - 1), st.integers(1, 255))
def test_any_changed_octet_breaks_the_signature_and_nothing_else(at: int, change: int) -> None:
    changed = bytearray(LEAF)
    changed[at] ^= change
    certificate = parse(bytes(changed))
    certificate.record  # noqa: B018
    in_signed_part = certificate.reading.tbs != parse(LEAF).reading.tbs
    assert not (in_signed_part and certificate.issued_by(ROOT))
    assert ROOT.issued_by(certificate) is False
