from __future__ import annotations

import os
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from ekuscan.client_pairs import ClientPair, ClientPairError, PasswordNeeded, read_pair
from tests import pki
from tests.loopback import NOW

ROOT = pki.root("Client Root")
MIDDLE = pki.intermediate("Client Issuing", ROOT)
LEAF = pki.issue("client", MIDDLE, eku=pki.BOTH)
CHAIN = (LEAF.der, MIDDLE.der)
OTHER_KEY = pki.ec_key("another")
PASSWORD = b"correct horse"
PKCS8 = LEAF.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def key_file(
    encoding: Encoding = Encoding.PEM,
    form: PrivateFormat = PrivateFormat.PKCS8,
    password: bytes | None = None,
    key: object = LEAF.key,
) -> bytes:
    return key.private_bytes(encoding, form, BestAvailableEncryption(password) if password else NoEncryption())


def pkcs12_file(password: bytes | None = PASSWORD, key: object = LEAF.key) -> bytes:
    leaf, middle = (x509.load_der_x509_certificate(der) for der in CHAIN)
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", key, leaf, [middle], encryption)


def written(directory: Path, name: str, content: bytes, mode: int = 0o600) -> Path:
    path = directory / name
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def read(tmp_path):
    """Reads what is given as the content of the files."""

    def reading(certificate: bytes, key: bytes | None = None, password: bytes | None = None) -> ClientPair:
        first = written(tmp_path, "client.pem", certificate)
        second = written(tmp_path, "client.key", key) if key is not None else None
        return read_pair("CLIENT", first, second, password, NOW)

    return reading


# --- what can be read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certificate", "key", "password"),
    [
        (pki.pem(*CHAIN), key_file(), None),
        (pki.pem(*CHAIN), key_file(form=PrivateFormat.TraditionalOpenSSL), None),
        (pki.pem(*CHAIN), key_file(Encoding.DER), None),
        (pki.pem(*CHAIN), key_file(Encoding.DER, PrivateFormat.TraditionalOpenSSL), None),
        (pki.pem(*CHAIN), key_file(password=PASSWORD), PASSWORD),
        (pki.pem(*CHAIN), key_file(Encoding.DER, password=PASSWORD), PASSWORD),
        (pki.pem(*CHAIN), key_file(form=PrivateFormat.TraditionalOpenSSL, password=PASSWORD), PASSWORD),
        (pki.pem(*CHAIN), pkcs12_file(), PASSWORD),
        (pki.pem(*CHAIN) + key_file(), None, None),
        (key_file() + pki.pem(*CHAIN), None, None),
        (b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key_file(), None, None),
        (pkcs12_file(), None, PASSWORD),
        (pkcs12_file(None), None, None),
        (pkcs12_file(), key_file(), PASSWORD),
        (pki.pem(*reversed(CHAIN)), key_file(), None),
        (pki.pem(*CHAIN, LEAF.der), key_file(), None),
        (pki.pem(*CHAIN), key_file(), b"a password for another file"),
    ],
)
def test_forms_of_a_certificate_with_its_key(read, certificate, key, password):
    if b"CERTIFICATE" not in certificate and certificate[:1] == b"-":
        certificate += pki.pem(*CHAIN)
    found = read(certificate, key, password)
    assert (found.identity.name, found.identity.chain, found.identity.key) == ("CLIENT", CHAIN, PKCS8)
    assert found.warnings == ()


def test_a_single_certificate_in_der_is_a_chain_of_one(read):
    assert read(LEAF.der, key_file()).identity.chain == (LEAF.der,)


@pytest.mark.parametrize("key", [pki.rsa_key("rsa client"), ed25519.Ed25519PrivateKey.generate()])
def test_other_kinds_of_key(read, key):
    issued = pki.issue("client", MIDDLE, eku=pki.BOTH, key=key)
    found = read(pki.pem(issued.der), key_file(key=key))
    assert found.identity.chain == (issued.der,)


def test_openssl_takes_what_was_read(read):
    one = read(pki.pem(*CHAIN), key_file()).identity
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.use_certificate(x509.load_der_x509_certificate(one.chain[0]))
    context.use_privatekey(load_der_private_key(one.key, None))
    context.check_privatekey()


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ({"end": NOW - timedelta(days=1)}, "client.pem: the certificate ended on 2026-11-22"),
        ({"start": NOW + timedelta(days=1)}, "client.pem: the certificate begins on 2026-11-24"),
    ],
)
def test_dates_are_a_warning_and_no_error(read, dates, words):
    issued = pki.issue("client", MIDDLE, eku=pki.BOTH, **dates)
    (warning,) = read(pki.pem(issued.der), key_file()).warnings
    assert words in warning


# --- what is refused --------------------------------------------------------------------------------------------

VERSION_3, VERSION_4 = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"
DSA_KEY = dsa.generate_private_key(1024)


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        (b"", key_file(), "client.pem: the file is empty"),
        (key_file(), None, "client.pem: a private key, and no certificate"),
        (pki.pem(*CHAIN), b"", "client.key: no private key in it"),
        (pki.pem(*CHAIN), None, "client.pem: no private key in it"),
        (pki.pem(*CHAIN), pki.pem(*CHAIN), "client.key: no private key in it"),
        (pki.pem(*CHAIN), LEAF.der, "client.key: no private key in it"),
        (pki.pem(*CHAIN), pkcs12_file(None, key=None), "client.key: no private key in it"),
        (pki.pem(*CHAIN), key_file() + key_file(key=OTHER_KEY), "client.key: 2 private keys"),
        (pki.pem(*CHAIN), pki.pem(b"\x30\x03\x02\x01\x00", label="PRIVATE KEY"), "client.key: the private key cannot"),
        (pki.pem(*CHAIN), key_file(form=PrivateFormat.OpenSSH), "client.key: an OpenSSH private key"),
        (pki.pem(*CHAIN), key_file(key=DSA_KEY), "client.key: a kind of private key"),
        (pki.pem(*CHAIN), key_file(key=x25519.X25519PrivateKey.generate()), "client.key: a kind of private key"),
        (pki.pem(*CHAIN), key_file(key=OTHER_KEY), "client.pem\n"),
        (pki.pem(*CHAIN) + key_file(key=OTHER_KEY), None, "belong to a certificate in this file\n"),
        (
            pki.pem(*CHAIN),
            key_file(key=ec.generate_private_key(ec.SECP384R1())),
            "does not belong to a certificate in ",
        ),
        (pki.pem(*CHAIN, *(pki.root(f"Root {n}").der for n in range(15))), key_file(), "17 certificates"),
        (pki.pem(LEAF.der, MIDDLE.der.replace(VERSION_3, VERSION_4)), key_file(), "strict parsers refuse"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(read, certificate, key, words):
    with pytest.raises(ClientPairError) as caught:
        read(certificate, key)
    text = f"{caught.value}\n"
    assert words in text
    assert text.count("\n") == 1
    assert text[:-1].isprintable()


def test_a_password_that_is_missing_is_an_error_of_its_own(read):
    with pytest.raises(PasswordNeeded, match=r"client\.key: the private key is encrypted"):
        read(pki.pem(*CHAIN), key_file(password=PASSWORD))
    with pytest.raises(PasswordNeeded, match=r"client\.pem: the private key is encrypted"):
        read(pkcs12_file())


@pytest.mark.parametrize("key", [key_file(password=PASSWORD), key_file(Encoding.DER, password=PASSWORD), pkcs12_file()])
def test_a_wrong_password_says_so(read, key):
    with pytest.raises(ClientPairError, match=r"client\.key: the password does not open the private key"):
        read(pki.pem(*CHAIN), key, b"wrong")


@pytest.mark.parametrize("missing", ["client.pem", "client.key"])
def test_a_file_that_is_missing_is_named(tmp_path, missing):
    paths = {"client.pem": pki.pem(*CHAIN), "client.key": key_file()}
    for name, content in paths.items():
        if name != missing:
            written(tmp_path, name, content)
    with pytest.raises(ClientPairError, match=f"{missing}: does not exist"):
        read_pair("CLIENT", tmp_path / "client.pem", tmp_path / "client.key", None, NOW)


@pytest.mark.parametrize("name", ["", "x" * 81, "two\nlines", "control:untrusted"])
def test_a_name_that_a_report_cannot_use_is_refused(tmp_path, name):
    path = written(tmp_path, "client.pem", pki.pem(*CHAIN) + key_file())
    with pytest.raises(ClientPairError, match="name a client certificate") as caught:
        read_pair(name, path, None, None, NOW)
    assert str(caught.value).isprintable()


# --- who may read the key ---------------------------------------------------------------------------------------

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_key_that_others_may_use_is_refused_with_what_to_do(tmp_path, mode):
    certificate = written(tmp_path, "client.pem", pki.pem(*CHAIN), 0o644)
    key = written(tmp_path, "client.key", key_file(), mode)
    with pytest.raises(ClientPairError) as caught:
        read_pair("CLIENT", certificate, key, None, NOW)
    found = f"{key}: the private key may be read or written by others than its owner (mode {mode:04o})"
    assert str(caught.value) == f"{found}; run: chmod 600 {shlex.quote(str(key))}"


@posix_only
@pytest.mark.parametrize("content", [pki.pem(*CHAIN) + key_file(), pkcs12_file()])
def test_a_key_beside_its_certificate_is_no_less_private(tmp_path, content):
    path = written(tmp_path, "client.pem", content, 0o644)
    with pytest.raises(ClientPairError, match="chmod 600"):
        read_pair("CLIENT", path, None, PASSWORD, NOW)


@posix_only
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_key_of_its_owner_alone_and_a_public_certificate_are_read(tmp_path, mode):
    certificate = written(tmp_path, "client.pem", pki.pem(*CHAIN), 0o644)
    key = written(tmp_path, "client.key", key_file(), mode)
    assert read_pair("CLIENT", certificate, key, None, NOW).identity.chain == CHAIN


# --- whatever comes ---------------------------------------------------------------------------------------------


def test_the_key_is_in_no_text(read):
    found = read(pki.pem(*CHAIN), key_file())
    assert repr(PKCS8)[2:-1] not in repr(found)
    assert PKCS8.hex() not in repr(found)


FRAGMENTS = st.sampled_from(
    [pki.pem(*CHAIN), key_file(), key_file(password=PASSWORD), pkcs12_file(), LEAF.der, PKCS8, b"-----BEGIN ", b"\0"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.lists(FRAGMENTS, max_size=3).map(b"".join)),
    st.one_of(st.none(), st.binary(max_size=200), st.lists(FRAGMENTS, max_size=3).map(b"".join)),
    st.sampled_from([None, PASSWORD]),
)
def test_any_files_give_a_pair_or_one_sentence_without_the_key(tmp_path, certificate, key, password):
    first = written(tmp_path, "client.pem", certificate)
    second = written(tmp_path, "client.key", key) if key is not None else None
    found, sentence = None, "read"
    try:
        found = read_pair("CLIENT", first, second, password, NOW)
    except ClientPairError as error:
        sentence = str(error)
    assert sentence.isprintable()
    assert PKCS8.hex() not in sentence
    assert found is None or (found.identity.chain[0], found.identity.key) == (LEAF.der, PKCS8)
