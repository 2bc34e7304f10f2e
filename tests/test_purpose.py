"""The table of tested chains: what each TLS stack makes of 34 chains as a client certificate and as a server's.

Every row is built as real certificates. The columns are what the stacks did when they were given such chains: OpenSSL
3.0.19 and 4.0.3, Go 1.27.3, Java 17, rustls, BoringSSL (gRPC 1.85), NSS 3.87, GnuTLS 3.7.9 with a purpose passed,
Erlang OTP 25; "-" was not tried. Mbed TLS is from its source.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.x509 import verification
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.certificates import parse
from ekuscan.chain import Link, Paths
from ekuscan.extensions import (
    ANY_EKU,
    CLIENT_AUTH,
    MICROSOFT_SGC,
    NETSCAPE_SGC,
    NS_SSL_CLIENT,
    NS_SSL_SERVER,
    SERVER_AUTH,
    VERISIGN_SGC,
)
from ekuscan.model import Purpose, Stack
from ekuscan.purpose import STACKS, effective_purposes
from ekuscan.trust import TrustEntry
from tests import pki

CODE, EMAIL, UNKNOWN = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.2.3.4.5"
BOTH = pki.BOTH
S, C, ANY = (SERVER_AUTH,), (CLIENT_AUTH,), (ANY_EKU,)
COLUMNS: tuple[Stack, ...] = ("openssl", "go", "java", "webpki", "boringssl", "nss", "gnutls", "erlang", "mbedtls")


@dataclass(frozen=True)
class Row:
    """A chain (EKU per certificate, None: no extension) and what each stack of `COLUMNS` says: ok, NO or -."""

    title: str
    answers: str
    leaf: Sequence[str] | None = None
    middle: Sequence[str] | None = None
    upper: Sequence[str] | None = None
    root: Sequence[str] | None = None
    key_usage: tuple[str, ...] | None = None
    ns_cert_type: int | None = None


# Netscape's bits stand in the extension from its first bit on: sslClient 0x80, sslServer 0x40.
NS_SERVER, NS_CLIENT = 0x40, 0x80

# fmt: off
AS_CLIENT = [
    #                                                 openssl go java webpki boringssl nss gnutls erlang mbedtls
    Row("no EKU anywhere",                           "ok ok ok ok ok ok ok ok ok"),
    Row("leaf serverAuth",                           "NO NO NO NO NO NO NO NO NO", S),
    Row("leaf clientAuth",                           "ok ok ok ok ok ok ok ok ok", C),
    Row("leaf both",                                 "ok ok ok ok ok ok ok ok ok", BOTH),
    Row("leaf any",                                  "NO ok ok NO NO NO ok NO ok", ANY),
    Row("leaf serverAuth and any",                   "NO ok ok NO NO NO ok NO ok", (*S, *ANY)),
    Row("leaf Microsoft SGC",                        "NO NO NO NO NO NO NO - NO", (MICROSOFT_SGC,)),
    Row("leaf Netscape SGC",                         "NO NO NO NO NO NO NO - NO", (NETSCAPE_SGC,)),
    Row("leaf code signing",                         "NO NO NO NO NO NO NO - NO", (CODE,)),
    Row("leaf email",                                "NO NO NO NO NO NO NO - NO", (EMAIL,)),
    Row("leaf unknown purpose",                      "NO NO NO NO NO NO NO - NO", (UNKNOWN,)),
    Row("both, intermediate serverAuth",             "NO NO ok NO NO ok NO NO ok", BOTH, S),
    Row("no EKU, intermediate serverAuth",           "NO NO ok NO NO ok NO - ok", None, S),
    Row("both, upper intermediate serverAuth",       "NO NO ok NO NO ok NO - ok", BOTH, None, S),
    Row("both, intermediate clientAuth",             "ok ok ok ok ok ok ok - ok", BOTH, C),
    Row("both, intermediate both",                   "ok ok ok ok ok ok ok ok ok", BOTH, BOTH),
    Row("both, intermediate any",                    "NO ok ok NO NO NO NO NO ok", BOTH, ANY),
    Row("both, intermediate email",                  "NO NO ok NO NO NO NO - ok", BOTH, (EMAIL,)),
    Row("both, intermediate Microsoft SGC",          "NO NO ok NO NO NO NO - ok", BOTH, (MICROSOFT_SGC,)),
    Row("both, intermediate Netscape SGC",           "NO NO ok NO NO ok NO - ok", BOTH, (NETSCAPE_SGC,)),
    Row("both, root serverAuth",                     "NO NO ok ok ok ok ok ok ok", BOTH, None, None, S),
    Row("both, root clientAuth",                     "ok ok ok ok ok ok ok ok ok", BOTH, None, None, C),
    Row("both, root email",                          "NO NO ok ok ok ok ok ok ok", BOTH, None, None, (EMAIL,)),
    Row("clientAuth, keyEncipherment only",          "NO ok NO ok NO NO ok ok NO", C, key_usage=("key_encipherment",)),
    Row("clientAuth, keyAgreement only",             "ok ok NO ok NO NO ok - NO", C, key_usage=("key_agreement",)),
    Row("clientAuth, digitalSignature only",         "ok ok ok ok ok ok ok ok ok", C, key_usage=("digital_signature",)),
    Row("no EKU, nsCertType server",                 "NO ok NO ok ok NO ok - ok", ns_cert_type=NS_SERVER),
    Row("clientAuth, nsCertType server",             "NO ok NO ok ok ok ok - ok", C, ns_cert_type=NS_SERVER),
    Row("clientAuth, nsCertType client",             "ok ok ok ok ok ok ok ok ok", C, ns_cert_type=NS_CLIENT),
]
AS_SERVER = [
    #                                                 openssl go java webpki boringssl nss gnutls erlang mbedtls
    Row("no EKU anywhere",                           "ok ok ok ok ok ok ok ok ok"),
    Row("leaf clientAuth",                           "NO NO NO NO NO NO NO NO NO", C),
    Row("leaf serverAuth",                           "ok ok ok ok ok ok ok ok ok", S),
    Row("leaf both",                                 "ok ok ok ok ok ok ok ok ok", BOTH),
    Row("leaf any",                                  "NO ok ok NO NO NO ok NO ok", ANY),
    Row("leaf clientAuth and any",                   "NO ok ok NO NO NO ok NO ok", (*C, *ANY)),
    Row("leaf Microsoft SGC",                        "ok NO ok NO NO NO NO - NO", (MICROSOFT_SGC,)),
    Row("leaf Netscape SGC",                         "ok NO ok NO NO - NO - NO", (NETSCAPE_SGC,)),
    Row("leaf code signing",                         "NO NO NO NO NO NO NO - NO", (CODE,)),
    Row("leaf email",                                "NO NO NO NO NO NO NO - NO", (EMAIL,)),
    Row("leaf unknown purpose",                      "NO NO NO NO NO NO NO - NO", (UNKNOWN,)),
    Row("both, intermediate clientAuth",             "NO NO ok NO NO ok NO NO ok", BOTH, C),
    Row("no EKU, intermediate clientAuth",           "NO NO ok NO NO ok NO - ok", None, C),
    Row("both, upper intermediate clientAuth",       "NO NO ok NO NO ok NO - ok", BOTH, None, C),
    Row("both, intermediate serverAuth",             "ok ok ok ok ok ok ok - ok", BOTH, S),
    Row("both, intermediate any",                    "NO ok ok NO NO NO NO NO ok", BOTH, ANY),
    Row("both, intermediate email",                  "NO NO ok NO NO NO NO - ok", BOTH, (EMAIL,)),
    Row("both, intermediate Microsoft SGC",          "ok NO ok NO NO - NO - ok", BOTH, (MICROSOFT_SGC,)),
    Row("both, intermediate Netscape SGC",           "ok NO ok NO NO ok ok - ok", BOTH, (NETSCAPE_SGC,)),
    Row("both, intermediate Verisign SGC",           "NO NO ok NO NO NO ok - ok", BOTH, (VERISIGN_SGC,)),
    Row("both, root clientAuth",                     "NO NO ok ok ok ok ok ok ok", BOTH, None, None, C),
    Row("serverAuth, keyEncipherment only",          "ok ok ok ok NO - ok ok NO", S, key_usage=("key_encipherment",)),
    Row("serverAuth, keyAgreement only",             "ok ok ok ok NO - ok - NO", S, key_usage=("key_agreement",)),
    Row("serverAuth, keyCertSign only",              "NO ok NO ok NO NO ok - NO", S, key_usage=("key_cert_sign",)),
    Row("no EKU, nsCertType client",                 "NO ok NO ok ok NO ok - ok", ns_cert_type=NS_CLIENT),
    Row("serverAuth, nsCertType client",             "NO ok NO ok ok ok ok - ok", S, ns_cert_type=NS_CLIENT),
]
# fmt: on

ROLES = {"client": AS_CLIENT, "server": AS_SERVER}
CASES = [pytest.param(role, row, id=f"{role}: {row.title}") for role, rows in ROLES.items() for row in rows]


def chain(row: Row) -> list[bytes]:
    """The row's certificates, end-entity first, root last. Names and key usage please the strictest verifier."""
    root = pki.root("Root", eku=row.root)
    upper = pki.intermediate("Upper", root, eku=row.upper)
    middle = pki.intermediate("Middle", upper, eku=row.middle)
    names = (x509.DNSName("leaf.example.com"),)
    leaf = pki.issue("leaf", middle, eku=row.leaf, key_usage=row.key_usage, ns_cert_type=row.ns_cert_type, names=names)
    return [leaf.der, middle.der, upper.der, root.der]


def judged(ders: Sequence[bytes], trusted: bool = True) -> dict[Stack, Purpose]:
    """The purposes of one path, whose last certificate is a root that stores have, or not."""
    links = [Link(parse(der), sent=True) for der in ders]
    if trusted:
        links[-1] = Link(links[-1].certificate, entry=TrustEntry(ders[-1], "chrome-root"))
    return dict(effective_purposes(Paths((tuple(links),), (), ())))


def granted(purpose: Purpose, role: str) -> bool:
    return purpose.client_auth if role == "client" else purpose.server_auth


# --- the table ---------------------------------------------------------------------------------------------------


def test_every_stack_has_its_row_and_its_column() -> None:
    assert COLUMNS == get_args(Stack) == tuple(rules.stack for rules in STACKS)


@pytest.mark.parametrize(("role", "row"), CASES)
def test_the_table_of_tested_chains(role: str, row: Row) -> None:
    purposes = judged(chain(row))
    for stack, answer in zip(COLUMNS, row.answers.split(), strict=True):
        if answer != "-":
            assert granted(purposes[stack], role) == (answer == "ok"), stack


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("role", "row"), CASES)
def test_openssl_judges_as_its_row_says(role: str, row: Row, tmp_path: Path) -> None:
    ders = chain(row)
    (tmp_path / "root.pem").write_bytes(pki.pem(ders[-1]))
    (tmp_path / "untrusted.pem").write_bytes(pki.pem(*ders[1:-1]))
    (tmp_path / "leaf.pem").write_bytes(pki.pem(ders[0]))
    command = ["openssl", "verify", "-purpose", f"ssl{role}", "-attime", str(int(pki.START.timestamp()) + 1000)]
    command += ["-CAfile", "root.pem", "-untrusted", "untrusted.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode == 0) == granted(judged(ders)["openssl"], role), done.stderr
    if done.returncode:
        assert "error 26 at" in done.stderr


# Rows for another reason than the purpose, or where this verifier is alone: it takes any for the purpose in a CA only.
_NOT_FOR_PYCA = ("both, intermediate any",)


@pytest.mark.parametrize(("role", "row"), CASES)
def test_where_all_stacks_agree_a_further_verifier_agrees_with_them(role: str, row: Row) -> None:
    answers = {granted(purpose, role) for purpose in judged(chain(row)).values()}
    if len(answers) == 2 or row.title in _NOT_FOR_PYCA:
        return
    leaf, *others, root = [x509.load_der_x509_certificate(der) for der in chain(row)]
    builder = verification.PolicyBuilder().store(verification.Store([root])).time(pki.START.replace(hour=5))
    verifier: Any = (
        builder.build_client_verifier()
        if role == "client"
        else builder.build_server_verifier(x509.DNSName("leaf.example.com"))
    )
    try:
        verifier.verify(leaf, others)
    except verification.VerificationError:
        assert answers == {False}
    else:
        assert answers == {True}


def test_an_nss_server_needs_key_encipherment_for_an_rsa_key_and_signature_or_agreement_for_ec() -> None:
    root = pki.root()

    def nss(key: pki.PrivateKey, *bits: str) -> bool:
        return judged([pki.issue("leaf", root, eku=S, key=key, key_usage=bits).der, root.der])["nss"].server_auth

    assert nss(pki.rsa_key("any"), "key_encipherment")
    assert not nss(pki.rsa_key("any"), "digital_signature")
    assert nss(pki.ec_key("any"), "digital_signature")
    assert nss(pki.ec_key("any"), "key_agreement")
    assert not nss(pki.ec_key("any"), "key_encipherment")


# --- malformed extensions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [pki.eku_value(), b"\x05\x00", pki.tlv(0x30, pki.oid(CLIENT_AUTH), b"\x05\x00")])
def test_a_malformed_eku_grants_nothing(value: bytes) -> None:
    root = pki.root()
    for purpose in judged([pki.issue("leaf", root, eku=value).der, root.der]).values():
        assert not purpose.client_auth
        assert not purpose.server_auth


def test_a_malformed_eku_in_a_ca_counts_where_the_stack_looks_at_cas() -> None:
    root = pki.root()
    middle = pki.intermediate("Middle", root, eku=pki.eku_value())
    purposes = judged([pki.issue("leaf", middle, eku=BOTH).der, middle.der, root.der])
    assert {stack for stack, purpose in purposes.items() if purpose.client_auth} == {"java", "mbedtls"}


def test_an_unreadable_key_usage_grants_nothing_to_a_stack_that_looks_at_it() -> None:
    root = pki.root()
    leaf = pki.issue("leaf", root, eku=BOTH, more=(("2.5.29.15", b"\x05\x00"),))
    purposes = judged([leaf.der, root.der])
    assert not purposes["openssl"].client_auth
    assert purposes["go"].client_auth


def test_the_netscape_bits_are_read_as_the_extension_has_them() -> None:
    server = parse(pki.issue("leaf", ns_cert_type=NS_SERVER).der)
    client = parse(pki.issue("leaf", ns_cert_type=NS_CLIENT).der)
    assert server.extensions.ns_cert_type == NS_SSL_SERVER
    assert client.extensions.ns_cert_type == NS_SSL_CLIENT


# --- which certificate blocks ------------------------------------------------------------------------------------


def test_the_certificate_that_takes_client_auth_away_is_named() -> None:
    ders = chain(Row("", "", BOTH, None, S))
    purposes = judged(ders)
    assert purposes["openssl"].blocked_by == parse(ders[2]).sha256
    assert purposes["java"].blocked_by is None
    ders = chain(Row("", "", S, S, S))
    assert judged(ders)["openssl"].blocked_by == parse(ders[0]).sha256
    assert judged(ders)["openssl"].server_auth


def test_where_client_auth_is_granted_the_one_that_takes_server_auth_away_is_named() -> None:
    ders = chain(Row("", "", BOTH, C))
    purpose = judged(ders)["go"]
    assert (purpose.server_auth, purpose.client_auth, purpose.blocked_by) == (False, True, parse(ders[1]).sha256)


def test_where_both_are_granted_nothing_blocks() -> None:
    assert judged(chain(Row("", "", BOTH)))["openssl"] == Purpose(True, True, None)


# --- roots and several paths ---------------------------------------------------------------------------------------


def test_a_root_that_was_sent_but_is_not_known_stands_for_the_anchor() -> None:
    ders = chain(Row("", "", BOTH, None, None, S))
    assert judged(ders, trusted=False) == judged(ders)


def test_an_unknown_intermediate_at_the_end_is_no_anchor() -> None:
    ders = chain(Row("", "", BOTH, S))[:2]
    assert not judged(ders, trusted=False)["webpki"].client_auth


def test_a_self_signed_end_entity_is_judged_as_an_end_entity() -> None:
    der = pki.issue("self", eku=S).der
    for trusted in (True, False):
        assert judged([der], trusted)["webpki"] == Purpose(True, False, parse(der).sha256)


def paths(*chains: Sequence[bytes], anchored: Sequence[bool]) -> Paths:
    found = []
    for ders, is_anchored in zip(chains, anchored, strict=True):
        links = [Link(parse(der)) for der in ders]
        if is_anchored:
            links[-1] = Link(links[-1].certificate, entry=TrustEntry(ders[-1], "chrome-root"))
        found.append(tuple(links))
    return Paths(tuple(found), (), ())


def cross_signed() -> tuple[list[bytes], list[bytes]]:
    """One end-entity below a CA that is a root of its own and cross-signed by a root with serverAuth only."""
    own, other = pki.root("Own Root"), pki.root("Other Root", eku=S)
    cross = pki.issue("Own Root", other, ca=True, eku=S, key=own.key)
    leaf = pki.issue("leaf", own, eku=BOTH)
    return [leaf.der, own.der], [leaf.der, cross.der, other.der]


def test_a_role_is_granted_if_one_path_to_an_anchor_grants_it() -> None:
    good, bad = cross_signed()
    for order in ((good, bad), (bad, good)):
        assert effective_purposes(paths(*order, anchored=(True, True)))["openssl"].client_auth


def test_a_path_to_no_anchor_does_not_count_where_another_reaches_one() -> None:
    good, bad = cross_signed()
    purpose = effective_purposes(paths(good, bad, anchored=(False, True)))["openssl"]
    assert not purpose.client_auth
    assert purpose.blocked_by == parse(bad[1]).sha256


EKUS = st.one_of(
    st.none(), st.lists(st.sampled_from([SERVER_AUTH, CLIENT_AUTH, ANY_EKU, NETSCAPE_SGC, CODE]), max_size=3)
)


@given(EKUS, EKUS, EKUS, st.sampled_from([SERVER_AUTH, CLIENT_AUTH]))
def test_granting_more_never_takes_anything_away(
    leaf: list[str] | None, middle: list[str] | None, root: list[str] | None, more: str
) -> None:
    ekus = [leaf or None, middle or None, root or None]
    before = judged(line(ekus))
    for place, eku in enumerate(ekus):
        if eku is not None:
            wider = judged(line([*ekus[:place], [*eku, more], *ekus[place + 1 :]]))
            absent = judged(line([*ekus[:place], None, *ekus[place + 1 :]]))
            for stack in COLUMNS:
                assert_no_less(before[stack], wider[stack])
                assert_no_less(before[stack], absent[stack])


def line(ekus: Sequence[Sequence[str] | None]) -> list[bytes]:
    root = pki.root("Root", eku=ekus[2])
    middle = pki.intermediate("Middle", root, eku=ekus[1])
    return [pki.issue("leaf", middle, eku=ekus[0]).der, middle.der, root.der]


def assert_no_less(before: Purpose, after: Purpose) -> None:
    assert after.server_auth or not before.server_auth
    assert after.client_auth or not before.client_auth
