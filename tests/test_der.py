from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given
from hypothesis import strategies as st

from ekuscan import tlv
from ekuscan.certificates import parse
from ekuscan.der import MAX_BYTES, DerError, read_certificate, read_request
from ekuscan.extensions import (
    ANY_EKU,
    CLIENT_AUTH,
    DIGITAL_SIGNATURE,
    KEY_CERT_SIGN,
    KEY_ENCIPHERMENT,
    NS_SSL_CLIENT,
    NS_SSL_SERVER,
    SERVER_AUTH,
    Extensions,
)
from ekuscan.model import Eku
from ekuscan.names import general_names, name_text
from ekuscan.trust import TrustStore
from tests import pki

LEAF = pki.issue(
    "leaf",
    pki.root(),
    eku=pki.BOTH,
    key_usage=("digital_signature", "key_encipherment"),
    ns_cert_type=0xC0,
    scts=(datetime(2026, 5, 1, 12, 0, 0, 123000, tzinfo=UTC),),
    policies=(pki.BASELINE_POLICY,),
    names=(x509.DNSName("leaf.example.com"),),
).der


def eku_of(value: bytes | None, **more: object) -> Eku:
    return read_certificate(pki.issue("leaf", eku=value, **more).der).extensions.eku  # type: ignore[arg-type]


def replaced(der: bytes, old: bytes, new: bytes) -> bytes:
    """A certificate with one part exchanged for another of the same length."""
    assert len(old) == len(new)
    assert der.count(old) >= 1
    return der.replace(old, new, 1)


# --- extended key usage -----------------------------------------------------------------------------------------


def test_an_eku_that_is_not_there_is_absent() -> None:
    assert eku_of(None) == Eku("absent")


def test_a_listed_eku_keeps_its_order_and_has_names() -> None:
    eku = eku_of(pki.eku_value(CLIENT_AUTH, SERVER_AUTH, ANY_EKU, "1.2.3.4"))
    assert eku.state == "listed"
    assert eku.oids == (CLIENT_AUTH, SERVER_AUTH, ANY_EKU, "1.2.3.4")
    assert eku.names == ("clientAuth", "serverAuth", "anyExtendedKeyUsage", "1.2.3.4")


def test_an_empty_eku_is_malformed_and_not_absent() -> None:
    assert eku_of(pki.eku_value()) == Eku("malformed", "empty")


@pytest.mark.parametrize(
    ("value", "readable"),
    [
        (b"", ()),
        (b"\x04\x00", ()),
        (pki.tlv(0x30, b"\x06"), ()),
        (pki.tlv(0x30, pki.oid(SERVER_AUTH), b"\x06\x05\x2b"), (SERVER_AUTH,)),
        (pki.tlv(0x30, pki.oid(SERVER_AUTH), b"\x02\x01\x05", pki.oid(CLIENT_AUTH)), (SERVER_AUTH, CLIENT_AUTH)),
        (pki.tlv(0x30, b"\x06\x00", pki.oid(CLIENT_AUTH)), (CLIENT_AUTH,)),
        (pki.eku_value(SERVER_AUTH) + b"\0\0", ()),
    ],
)
def test_an_undecodable_eku_keeps_what_could_be_read(value: bytes, readable: tuple[str, ...]) -> None:
    eku = eku_of(value)
    assert (eku.state, eku.flaw, eku.oids) == ("malformed", "undecodable", readable)


def test_an_eku_that_is_there_twice_is_a_duplicate_with_all_that_was_read() -> None:
    der = pki.issue("leaf", eku=(SERVER_AUTH,), more=((pki.STAND_IN, pki.eku_value(CLIENT_AUTH)),)).der
    certificate = read_certificate(pki.twice(der))
    assert certificate.extensions.eku.flaw == "duplicate"
    assert set(certificate.extensions.eku.oids) == {SERVER_AUTH, CLIENT_AUTH}
    assert "extended key usage is there twice" in certificate.flaws


def test_an_eku_of_very_many_purposes_is_read_up_to_a_bound() -> None:
    eku = eku_of(pki.eku_value(*(f"1.2.3.{number}" for number in range(500))))
    assert (eku.state, len(eku.oids)) == ("malformed", 64)


@pytest.mark.parametrize(
    ("broken", "flaw"),
    [
        ("2.5.29.15", "key usage cannot be decoded"),
        ("2.5.29.17", "subject alternative name cannot be decoded"),
        ("2.5.29.19", "basic constraints cannot be decoded"),
        ("2.5.29.14", "subject key identifier cannot be decoded"),
        ("2.5.29.35", "authority key identifier cannot be decoded"),
        ("2.5.29.32", "certificate policies cannot be decoded"),
        (pki.NS_CERT_TYPE, "Netscape certificate type cannot be decoded"),
        (pki.SCT_LIST, "signed certificate timestamps cannot be decoded"),
    ],
)
def test_the_eku_is_read_beside_another_broken_extension(broken: str, flaw: str) -> None:
    der = pki.issue("leaf", ca=None, key_ids=False, eku=pki.BOTH, more=((broken, b"\x0c\x03bad"),)).der
    certificate = read_certificate(der)
    assert certificate.extensions.eku.oids == pki.BOTH
    assert certificate.flaws == (flaw,)


def test_the_eku_is_read_beside_a_broken_date() -> None:
    certificate = read_certificate(replaced(LEAF, b"260601000000Z", b"261301000000Z"))
    assert certificate.not_before is None
    assert certificate.not_after == pki.END
    assert certificate.flaws == ("its notBefore cannot be read",)
    assert certificate.extensions.eku.oids == pki.BOTH


def test_the_eku_is_read_beside_a_broken_name() -> None:
    certificate = read_certificate(replaced(LEAF, b"\x0c\x04leaf", b"\x0c\x7fleaf"))
    assert certificate.extensions.eku.oids == pki.BOTH
    assert name_text(certificate.subject) == "unreadable name"


def test_an_eku_hidden_behind_a_broken_frame_is_not_taken_for_absent() -> None:
    der = pki.issue("leaf", key_ids=False, more=((pki.STAND_IN, b"\x05\x00"),)).der
    frame = pki.tlv(0x30, pki.oid(pki.STAND_IN), b"\x04\x02\x05\x00")
    certificate = read_certificate(replaced(der, frame, b"\x30\x7f" + frame[2:]))
    assert certificate.extensions.eku == Eku("malformed", "undecodable")
    assert certificate.extensions.ca is False
    assert "its extensions cannot all be decoded" in certificate.flaws


# --- the other fields --------------------------------------------------------------------------------------------


def test_the_fields_of_an_ordinary_certificate() -> None:
    certificate = read_certificate(LEAF)
    strict = x509.load_der_x509_certificate(LEAF)
    extensions = certificate.extensions
    assert certificate.flaws == ()
    assert certificate.tbs == strict.tbs_certificate_bytes
    assert certificate.signature == strict.signature
    assert certificate.signature_algorithm == "1.2.840.10045.4.3.2"
    assert certificate.subject == strict.subject.public_bytes()
    assert certificate.issuer == strict.issuer.public_bytes()
    assert certificate.spki == pki.public_key_bytes(pki.ec_key(pki.name("leaf").rfc4514_string()))
    assert certificate.key == "EC P-256"
    assert int(certificate.serial, 16) == strict.serial_number
    assert (certificate.not_before, certificate.not_after) == (pki.START, pki.END)
    assert extensions.key_usage == DIGITAL_SIGNATURE | KEY_ENCIPHERMENT
    assert extensions.ns_cert_type == NS_SSL_CLIENT | NS_SSL_SERVER
    assert extensions.ca is False
    assert extensions.policies == (pki.BASELINE_POLICY,)
    assert extensions.scts == (datetime(2026, 5, 1, 12, 0, 0, 123000, tzinfo=UTC),)
    assert general_names(extensions.san or b"") == ("DNS:leaf.example.com",)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_every_packed_certificate_reads_as_a_strict_parser_reads_it() -> None:
    with TrustStore.open() as store:
        ders = [entry.der for entry in store.entries()]
    assert len(ders) > 3000
    for der in ders:
        certificate, strict = read_certificate(der), x509.load_der_x509_certificate(der)
        assert certificate.tbs == strict.tbs_certificate_bytes
        assert certificate.not_before == strict.not_valid_before_utc
        assert certificate.not_after == strict.not_valid_after_utc
        assert certificate.signature_algorithm == strict.signature_algorithm_oid.dotted_string
        try:
            extensions = {extension.oid.dotted_string: extension.value for extension in strict.extensions}
        except ValueError:
            continue  # the four whose extensions a strict parser refuses: reading them is what our reader is for
        assert _read(certificate.extensions) == _expected(extensions)


def _read(extensions: Extensions) -> dict[str, object]:
    return {
        "ca": extensions.ca,
        "subject_key_id": extensions.subject_key_id,
        "authority_key_id": extensions.authority_key_id,
        "policies": extensions.policies,
        "eku": (extensions.eku.state, extensions.eku.oids),
        "certsign": bool((extensions.key_usage or 0) & KEY_CERT_SIGN),
    }


def _expected(extensions: dict[str, x509.ExtensionType]) -> dict[str, object]:
    def of(kind: type[x509.ExtensionType]) -> object:
        return extensions.get(kind.oid.dotted_string)

    basic, usage, eku = of(x509.BasicConstraints), of(x509.KeyUsage), of(x509.ExtendedKeyUsage)
    subject, authority = of(x509.SubjectKeyIdentifier), of(x509.AuthorityKeyIdentifier)
    policies = of(x509.CertificatePolicies)
    return {
        "ca": basic.ca if isinstance(basic, x509.BasicConstraints) else None,
        "subject_key_id": subject.digest if isinstance(subject, x509.SubjectKeyIdentifier) else None,
        "authority_key_id": authority.key_identifier if isinstance(authority, x509.AuthorityKeyIdentifier) else None,
        "policies": tuple(one.policy_identifier.dotted_string for one in policies)
        if isinstance(policies, x509.CertificatePolicies)
        else (),
        "eku": ("listed", tuple(one.dotted_string for one in eku))
        if isinstance(eku, x509.ExtendedKeyUsage)
        else ("absent", ()),
        "certsign": isinstance(usage, x509.KeyUsage) and usage.key_cert_sign,
    }


def test_a_date_outside_1950_to_9999_is_none() -> None:
    assert tlv.time(0x18, b"00010101000000Z") is None
    assert tlv.time(0x18, b"19491231235959Z") is None
    assert tlv.time(0x18, b"99991231235959-0100") is None
    assert tlv.time(0x18, b"99991231235959Z") == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x17, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, b"2606011200Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (0x17, b"260601120000+0200", datetime(2026, 6, 1, 10, tzinfo=UTC)),
        (0x18, b"20260601120000.5Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (0x17, b"260230000000Z", None),
        (0x17, b"26060112000aZ", None),
        (0x18, b"2026", None),
        (0x17, b"", None),
    ],
)
def test_dates_in_unusual_forms(tag: int, text: bytes, moment: datetime | None) -> None:
    assert tlv.time(tag, text) == moment


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"not a certificate at all",
        pki.tlv(0x30, pki.tlv(0x30, b"\x02\x01\x01")),
        b"\x30\x84\x00\x10\x00\x00" + bytes(1 << 20),
    ],
)
def test_bytes_without_the_frame_of_a_certificate_raise_der_error(data: bytes) -> None:
    with pytest.raises(DerError):
        read_certificate(data)


def test_a_certificate_longer_than_the_bound_is_refused() -> None:
    with pytest.raises(DerError, match="longer than"):
        read_certificate(pki.issue("leaf", more=(("1.2.3.4", bytes(MAX_BYTES)),)).der)


def test_bytes_after_the_end_are_a_flaw() -> None:
    certificate = read_certificate(LEAF + b"\0\0")
    assert certificate.flaws == ("there are bytes after its end",)
    assert certificate.extensions.eku.oids == pki.BOTH


def test_two_different_signature_algorithms_are_a_flaw_and_verify_nothing() -> None:
    at = LEAF.rindex(pki.oid("1.2.840.10045.4.3.2"))
    certificate = read_certificate(LEAF[:at] + pki.oid("1.2.840.10045.4.3.3") + LEAF[at + 10 :])
    assert certificate.signature_algorithm is None
    assert certificate.flaws == ("it names two different signature algorithms",)


@pytest.mark.parametrize(
    ("key", "text"), [(pki.rsa_key("a"), "RSA 2048"), (pki.ec_key("a"), "EC P-256")], ids=["rsa", "ec"]
)
def test_a_key_is_named_by_kind_and_size(key: pki.PrivateKey, text: str) -> None:
    assert read_certificate(pki.issue("leaf", key=key).der).key == text


def test_a_request_is_not_a_certificate_and_the_other_way_round() -> None:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(pki.name("asked"))
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(SERVER_AUTH)]), False)
        .sign(pki.ec_key("asked"), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    assert read_request(request).extensions.eku.oids == (SERVER_AUTH,)
    with pytest.raises(DerError):
        read_certificate(request)
    with pytest.raises(DerError):
        read_request(LEAF)


# --- hostile bytes -----------------------------------------------------------------------------------------------


def read_all(data: bytes) -> None:
    """Everything that may look at a certificate from the wire: a result or `DerError`, and `parse` never raises."""
    parse(data).record  # noqa: B018
    try:
        certificate = read_certificate(data)
    except DerError:
        return
    name_text(certificate.subject)
    certificate.extensions.eku.names  # noqa: B018


@given(st.binary(max_size=200))
@example(b"\x30\x03\x30\x01\x00")
def test_any_bytes_give_a_result_or_der_error(data: bytes) -> None:
    read_all(data)


@given(
    st.lists(st.tuples(st.integers(0, len(LEAF) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, len(LEAF)),
    st.binary(max_size=3),
)
def test_any_corruption_gives_a_result_or_der_error(changes: list[tuple[int, int]], cut: int, more: bytes) -> None:
    data = bytearray(LEAF)
    for at, octet in changes:
        data[at] = octet
    read_all(bytes(data))
    read_all(bytes(data[:cut]) + more + bytes(data[cut:]))
    read_all(bytes(data[:cut]))


@given(st.binary(max_size=120))
def test_any_extension_values_leave_the_eku_readable(value: bytes) -> None:
    others = ("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.14", "2.5.29.35", "2.5.29.32", pki.SCT_LIST)
    der = pki.issue("leaf", ca=None, key_ids=False, eku=pki.BOTH, more=[(kind, value) for kind in others]).der
    assert read_certificate(der).extensions.eku.oids == pki.BOTH
    read_all(der)


@given(st.binary(max_size=80))
def test_any_eku_value_has_one_of_three_states(value: bytes) -> None:
    eku = eku_of(value)
    assert eku.state in ("listed", "malformed")
    assert (eku.flaw is None) == (eku.state == "listed")
    assert len(eku.oids) == len(eku.names)


@given(st.binary(max_size=60))
def test_any_object_identifier_is_text_or_der_error(octets: bytes) -> None:
    try:
        text = tlv.oid_text(octets)
    except DerError:
        return
    assert pki.oid(text)[2:] == octets


@given(st.lists(st.integers(0, 1 << 70), min_size=0, max_size=6), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers_read_as_they_were_written(arcs: list[int], first: int, second: int) -> None:
    text = ".".join(map(str, (first, second, *arcs)))
    content = pki.oid(text)[2:]
    assert len(content) > 64 or tlv.oid_text(content) == text
