from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.certificate_files import (
    MAX_FILE,
    CertificateFileError,
    end_entity_first,
    read_certificates,
    read_file,
)
from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH
from tests import pki

ROOT = pki.root()
MIDDLE = pki.intermediate("Middle", ROOT)
LEAF = pki.issue("leaf", MIDDLE, eku=pki.BOTH)
CHAIN = (LEAF.der, MIDDLE.der, ROOT.der)
KEY = pki.ec_key(pki.name("leaf").rfc4514_string())


def loaded(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def private_key(encoding: Encoding, form: PrivateFormat, password: bytes | None = None) -> bytes:
    return KEY.private_bytes(encoding, form, BestAvailableEncryption(password) if password else NoEncryption())


def pkcs12_file(password: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"name", KEY, loaded(LEAF.der), [loaded(ROOT.der), loaded(MIDDLE.der)], encryption
    )


def pkcs7_file(encoding: Encoding) -> bytes:
    return pkcs7.serialize_certificates([loaded(der) for der in (ROOT.der, LEAF.der, MIDDLE.der)], encoding)


def request(encoding: Encoding) -> bytes:
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(pki.name("asked"))
        .add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier(SERVER_AUTH), x509.ObjectIdentifier(CLIENT_AUTH)]), False
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("asked.example.com")]), False)
        .sign(KEY, hashes.SHA256())
        .public_bytes(encoding)
    )


def revocation_list(encoding: Encoding) -> bytes:
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ROOT.name)
        .last_update(pki.START)
        .next_update(pki.START + timedelta(days=1))
        .sign(ROOT.key, hashes.SHA256())
        .public_bytes(encoding)
    )


# --- certificates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pki.pem(*CHAIN),
        pki.pem(*CHAIN).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + pki.pem(*CHAIN),
        pki.pem(*CHAIN).decode().encode("utf-16"),
        b"subject=/CN=leaf\nissuer=...\n"
        + pki.pem(LEAF.der)
        + b"\nBag Attributes\n"
        + pki.pem(*CHAIN[1:])
        + b"trailing",
        private_key(Encoding.PEM, PrivateFormat.PKCS8) + pki.pem(*CHAIN),
        pki.pem(*CHAIN, label="X509 CERTIFICATE"),
    ],
    ids=["lf", "crlf", "bom", "utf-16", "text", "key", "x509"],
)
def test_pem_is_read_in_the_order_of_the_file_whatever_stands_around(data: bytes) -> None:
    assert read_certificates(data, "chain.pem") == CHAIN
    assert read_file(data, "chain.pem").form == "PEM"


def test_openssl_trusted_certificates_lose_their_trust_settings() -> None:
    settings = pki.tlv(0x30, pki.tlv(0x30, pki.oid(CLIENT_AUTH)))
    assert read_certificates(pki.pem(LEAF.der + settings, label="TRUSTED CERTIFICATE"), "x") == (LEAF.der,)


def test_der_and_bare_base64_are_read() -> None:
    assert read_certificates(LEAF.der, "leaf.cer") == (LEAF.der,)
    assert read_certificates(base64.encodebytes(LEAF.der), "leaf.txt") == (LEAF.der,)


def test_a_certificate_that_a_strict_parser_refuses_is_read() -> None:
    broken = pki.issue("leaf", eku=pki.eku_value()).der
    assert read_certificates(pki.pem(broken), "x") == read_certificates(broken, "x") == (broken,)


@pytest.mark.parametrize(
    "data",
    [
        pkcs7_file(Encoding.DER),
        pkcs7_file(Encoding.PEM),
        pki.pem(pkcs7_file(Encoding.DER)),
        pki.pem(pkcs7_file(Encoding.DER), label="CMS"),
    ],
    ids=["der", "pem", "labelled as certificate", "cms"],
)
def test_pkcs7_is_read_with_the_end_entity_first(data: bytes) -> None:
    found = read_certificates(data, "chain.p7b")
    assert found[0] == LEAF.der
    assert set(found) == set(CHAIN)
    assert "PKCS #7" in read_file(data, "chain.p7b").form


@pytest.mark.parametrize("password", [None, b"secret"])
def test_pkcs12_is_read_with_the_end_entity_first(password: bytes | None) -> None:
    found = read_certificates(pkcs12_file(password), "slot.p12", password)
    assert found[0] == LEAF.der
    assert set(found) == set(CHAIN)


def test_a_pkcs12_file_without_a_key_is_read() -> None:
    data = pkcs12.serialize_key_and_certificates(None, None, None, [loaded(ROOT.der)], NoEncryption())
    assert read_certificates(data, "trust.p12") == (ROOT.der,)


def test_the_end_entity_is_found_among_others_where_it_is_the_only_one() -> None:
    assert end_entity_first((ROOT.der, MIDDLE.der, LEAF.der)) == (LEAF.der, ROOT.der, MIDDLE.der)
    assert end_entity_first(CHAIN) == CHAIN
    assert end_entity_first((MIDDLE.der, ROOT.der)) == (MIDDLE.der, ROOT.der)
    two = (ROOT.der, LEAF.der, pki.issue("leaf two", MIDDLE).der)
    assert end_entity_first(two) == two
    assert end_entity_first((ROOT.der,)) == (ROOT.der,)


# --- signing requests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_signing_request_shows_what_it_asks_for(encoding: Encoding) -> None:
    contents = read_file(request(encoding), "new.csr")
    (asked,) = contents.requests
    assert contents.certificates == ()
    assert (asked.subject, asked.key, asked.flaws) == ("CN=asked,O=Test", "EC P-256", ())
    assert asked.san == ("DNS:asked.example.com",)
    assert asked.eku.names == ("serverAuth", "clientAuth")


def test_a_signing_request_without_extensions_asks_for_no_eku() -> None:
    plain = x509.CertificateSigningRequestBuilder().subject_name(pki.name("x")).sign(KEY, hashes.SHA256())
    (asked,) = read_file(plain.public_bytes(Encoding.DER), "new.csr").requests
    assert (asked.eku.state, asked.san) == ("absent", ())


def test_a_signing_request_where_certificates_are_wanted_is_an_error() -> None:
    with pytest.raises(CertificateFileError, match=r"^new\.csr: a certificate signing request, and no certificate;"):
        read_certificates(request(Encoding.PEM), "new.csr")


# --- what is none ------------------------------------------------------------------------------------------------

WANTED = "a PEM, DER, PKCS #7 or PKCS #12 file with certificates was expected"
NO_CERTIFICATE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", f"the file is empty; {WANTED}"),
    "blank": (lambda: b" \r\n", f"the file is empty; {WANTED}"),
    "html": (
        lambda: b"\n<!DOCTYPE html><html>",
        "an HTML or XML page, not a certificate: the download may have been a login page",
    ),
    "zip": (lambda: b"PK\x03\x04....", "a ZIP archive: unpack it and name the certificate file in it"),
    "keystore": (
        lambda: b"\xfe\xed\xfe\xed\0\0\0\2",
        "a Java keystore: export the certificates from it as PEM or PKCS #12",
    ),
    "ssh": (lambda: b"ssh-rsa AAAA", "an SSH public key, not a certificate"),
    "text": (lambda: b"hello, world", f"neither PEM nor DER; {WANTED}"),
    "pem key": (
        lambda: private_key(Encoding.PEM, PrivateFormat.PKCS8),
        f"a private key, and no certificate; {WANTED}",
    ),
    "pem old key": (
        lambda: private_key(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, b"x"),
        f"a private key, and no certificate; {WANTED}",
    ),
    "der key": (
        lambda: private_key(Encoding.DER, PrivateFormat.PKCS8),
        f"a private key, and no certificate; {WANTED}",
    ),
    "der old key": (
        lambda: private_key(Encoding.DER, PrivateFormat.TraditionalOpenSSL),
        f"a private key, and no certificate; {WANTED}",
    ),
    "der encrypted key": (
        lambda: private_key(Encoding.DER, PrivateFormat.PKCS8, b"x"),
        f"a private key, and no certificate; {WANTED}",
    ),
    "rsa key": (
        lambda: pki.rsa_key("any").private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        f"a private key, and no certificate; {WANTED}",
    ),
    "pem public key": (
        lambda: KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        f"a public key, and no certificate; {WANTED}",
    ),
    "der public key": (
        lambda: KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        f"a public key, and no certificate; {WANTED}",
    ),
    "pem crl": (
        lambda: revocation_list(Encoding.PEM),
        f"a certificate revocation list, and no certificate; {WANTED}",
    ),
    "der crl": (
        lambda: revocation_list(Encoding.DER),
        f"a certificate revocation list, and no certificate; {WANTED}",
    ),
    "other pem": (
        lambda: pki.pem(b"x", label="DH PARAMETERS"),
        f"a PEM block of another kind (DH PARAMETERS), and no certificate; {WANTED}",
    ),
    "cut pem": (
        lambda: pki.pem(LEAF.der)[:-30],
        "a PEM block that begins with BEGIN CERTIFICATE has no END: the file is cut off",
    ),
    "bad base64": (
        lambda: pki.pem(LEAF.der).replace(b"MII", b"M!I"),
        "PEM block 1 is not valid base64: a part may be missing",
    ),
    "pem of something": (lambda: pki.pem(b"\x30\x03\x02\x01\x05"), f"DER, but not a certificate; {WANTED}"),
    "cut der": (lambda: LEAF.der[:-10], f"damaged DER (cut off); {WANTED}"),
    "locked pkcs12": (
        lambda: pkcs12_file(b"secret"),
        "a PKCS #12 file that needs its password, or is damaged: give the password, or the certificates as PEM",
    ),
    "broken pkcs7": (
        lambda: pki.tlv(0x30, pki.oid("1.2.840.113549.1.7.2"), b"\xa0\x00"),
        f"PKCS #7 or CMS that cannot be read as such; {WANTED}",
    ),
    "indefinite length": (
        lambda: b"\x30\x80\x06\x09" + bytes(20),
        f"PKCS #7 or CMS that cannot be read as such; {WANTED}",
    ),
}


@pytest.mark.parametrize("case", NO_CERTIFICATE)
def test_one_sentence_says_what_was_found_and_what_would_be_right(case: str) -> None:
    make, sentence = NO_CERTIFICATE[case]
    with pytest.raises(CertificateFileError) as caught:
        read_file(make(), "dir/file.bin")
    assert str(caught.value) == f"dir/file.bin: {sentence}"


def test_a_wrong_password_is_told_from_a_missing_one() -> None:
    with pytest.raises(CertificateFileError, match="the password does not open this PKCS #12 file"):
        read_file(pkcs12_file(b"secret"), "slot.p12", b"wrong")


def test_a_huge_file_is_not_looked_at() -> None:
    with pytest.raises(CertificateFileError, match=f"{MAX_FILE + 1} bytes, more than the {MAX_FILE} that are read"):
        read_file(b"-" * (MAX_FILE + 1), "huge")


def test_a_file_of_nothing_but_beginnings_is_refused_at_once() -> None:
    with pytest.raises(CertificateFileError, match="has no END"):
        read_file(b"-----BEGIN CERTIFICATE-----\n" * 200_000, "huge")


def test_a_hostile_file_name_is_shown_harmlessly() -> None:
    with pytest.raises(CertificateFileError, match=r"^a\\x1b\[2Jb: "):
        read_file(b"", "a\x1b[2Jb")


def test_no_key_appears_in_what_was_read() -> None:
    contents = read_file(private_key(Encoding.PEM, PrivateFormat.PKCS8) + pki.pem(LEAF.der), "both.pem")
    assert contents.certificates == (LEAF.der,)
    assert "PRIVATE" not in repr(contents)


@given(
    st.sampled_from([pki.pem(*CHAIN), pkcs7_file(Encoding.DER), pkcs12_file(None), request(Encoding.DER), LEAF.der]),
    st.integers(0, 5000),
    st.binary(max_size=4),
)
def test_any_damage_gives_certificates_or_one_sentence(data: bytes, at: int, octets: bytes) -> None:
    assert_one_sentence_or_contents(data[:at] + octets + data[at + len(octets) :])


@given(st.binary(max_size=300))
def test_any_bytes_give_certificates_or_one_sentence(data: bytes) -> None:
    for form in (data, b"\x30" + data, pki.tlv(0x30, data), pki.pem(data), pki.pem(data, label="PKCS7")):
        assert_one_sentence_or_contents(form)


def assert_one_sentence_or_contents(data: bytes) -> None:
    sentence = None
    try:
        contents = read_file(data, "file")
    except CertificateFileError as error:
        sentence = str(error)
    if sentence is None:
        assert contents.certificates or contents.requests
    else:
        assert sentence.startswith("file: ")
        assert sentence.isprintable()
