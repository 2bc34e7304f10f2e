from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ekuscan import assessment, certificates
from ekuscan.assessment import ChainBook
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.model import Chain, Stack, TrustVersion
from ekuscan.trust import TrustEntry, TrustStore
from ekuscan.trust_pack import write_store
from tests import pki

ROOT = pki.root("Public Root")
MIDDLE = pki.intermediate("Public Middle", ROOT, eku=(pki.SERVER_AUTH,))
LEAF = pki.issue("leaf", MIDDLE, eku=pki.BOTH, names=(x509.DNSName("leaf.example.com"),))
CORP = pki.root("Corp Root")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustStore]:
    path = tmp_path_factory.mktemp("trust") / "trust.sqlite"
    entries = [
        TrustEntry(ROOT.der, "chrome-root", "Owner", "Public Root", "included", ("chrome",)),
        TrustEntry(MIDDLE.der, "intermediate"),
    ]
    write_store(path, entries, TrustVersion("2026-11-23", "39"))
    with TrustStore.open(path) as opened:
        yield opened


def test_a_presented_chain_is_recorded_with_all_that_follows_from_it(store: TrustStore) -> None:
    book = ChainBook(store)
    identity = book.add([LEAF.der, MIDDLE.der])
    leaf, middle, root = (sha256_hex(one.der) for one in (LEAF, MIDDLE, ROOT))
    record = book.chains[identity]
    assert identity == chain_id([leaf, middle])
    assert record.presented == (leaf, middle)
    assert record.paths == ((leaf, middle, root),)
    assert record.flaws == ()
    assert (record.hierarchy.class_, record.hierarchy.owner) == ("public-chrome", "Owner")
    assert tuple(record.effective_eku) == get_args(Stack)
    assert record.effective_eku["openssl"].blocked_by == middle
    assert record.effective_eku["java"].client_auth
    assert book.certificates[leaf].san == ("DNS:leaf.example.com",)


def test_every_certificate_that_a_chain_refers_to_is_recorded(store: TrustStore) -> None:
    book = ChainBook(store)
    record = book.chains[book.add([LEAF.der])]
    assert {sha256 for path in record.paths for sha256 in path} <= set(book.certificates)
    assert len(record.paths[0]) == 3


def test_a_certificate_is_known_before_the_chain_that_refers_to_it(store: TrustStore) -> None:
    book = ChainBook(store)
    book.add([LEAF.der])
    assert next(iter(book.certificates)) == sha256_hex(LEAF.der)
    assert book.parsed(sha256_hex(MIDDLE.der)).der == MIDDLE.der


def test_a_certificate_of_the_trust_data_alone_is_in_no_record(store: TrustStore) -> None:
    book = ChainBook(store, [CORP.der])
    book.add([pki.issue("self").der])
    assert len(book.certificates) == 1
    with pytest.raises(KeyError):
        book.parsed(sha256_hex(CORP.der))


def test_each_certificate_is_parsed_once_and_each_chain_judged_once(
    store: TrustStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    real = certificates.parse

    def counted(der: bytes, sha256: str | None = None) -> certificates.ParsedCertificate:
        parsed.append(der)
        return real(der, sha256)

    monkeypatch.setattr(assessment, "parse", counted)
    book = ChainBook(store)
    leaves = [pki.issue(f"leaf {number}", MIDDLE).der for number in range(5)]
    for _ in range(3):
        for leaf in leaves:
            book.add([leaf, MIDDLE.der])
    assert len(parsed) == len(set(parsed)) == len(leaves) + 2
    assert len(book.chains) == len(leaves)


def test_the_order_of_what_was_presented_makes_another_chain(store: TrustStore) -> None:
    book = ChainBook(store)
    assert book.add([LEAF.der, MIDDLE.der]) != book.add([MIDDLE.der, LEAF.der])
    assert book.chains[book.add([MIDDLE.der, LEAF.der])].flaws == ("unrelated certificate sent",)


def test_site_trust_decides_what_the_trust_data_do_not_know(store: TrustStore) -> None:
    leaf = pki.issue("corp leaf", CORP).der
    without, given_root = ChainBook(store), ChainBook(store, [CORP.der])
    assert without.chains[without.add([leaf])].hierarchy.certainty == "inferred"
    assert given_root.chains[given_root.add([leaf])].hierarchy.certainty == "declared"


def test_a_chain_without_certificates_is_an_error_of_the_caller(store: TrustStore) -> None:
    with pytest.raises(ValueError, match="no end-entity"):
        ChainBook(store).add([])


def test_bytes_that_are_no_certificate_are_recorded_as_such(store: TrustStore) -> None:
    book = ChainBook(store)
    record = book.chains[book.add([b"junk"])]
    assert record.flaws == ("not a certificate", "issuing certificate not sent")
    assert not any(purpose.server_auth or purpose.client_auth for purpose in record.effective_eku.values())
    assert (record.hierarchy.class_, record.hierarchy.owner) == ("undecided", None)


def test_chains_of_one_ca_are_judged_alike_however_many_came_before(store: TrustStore) -> None:
    """What is shared between chains must not leak from one into another."""
    leaves = [pki.issue("leaf", MIDDLE, eku=eku) for eku in (pki.BOTH, (pki.SERVER_AUTH,), None)]
    together = ChainBook(store)
    for leaf in leaves:
        identity = together.add([leaf.der, MIDDLE.der])
        alone = ChainBook(store)
        alone.add([leaf.der, MIDDLE.der])
        assert together.chains[identity] == alone.chains[identity]


GOOD = [LEAF.der, MIDDLE.der, ROOT.der, CORP.der, pki.issue("corp leaf", CORP).der]


@given(st.lists(st.one_of(st.sampled_from(GOOD), st.binary(max_size=30)), min_size=1, max_size=5), st.data())
def test_anything_presented_gives_a_whole_record(store: TrustStore, ders: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(ders) - 1))
    octet = data.draw(st.integers(0, max(len(ders[at]) - 1, 0)))
    ders[at] = ders[at][:octet] + bytes([data.draw(st.integers(0, 255))]) + ders[at][octet + 1 :]
    book = ChainBook(store)
    record = book.chains[book.add(ders)]
    assert all(getattr(record, one.name) is not None for one in fields(Chain))
    assert record.presented == tuple(map(sha256_hex, ders))
    assert set(record.presented) <= set(book.certificates)
