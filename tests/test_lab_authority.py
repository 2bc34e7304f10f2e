from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store

from ekuscan.certificates import parse
from ekuscan.lab.authority import EkuChoice, Leaf, issue, new_root, new_subordinate, self_signed
from ekuscan.lab.worlds import PRIVATE, is_public, make_worlds, write_trust_data
from ekuscan.trust import TrustStore

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
NAME = "exp-e1.lab.example"


def leaf(eku: EkuChoice = "both", key: str = "ec") -> Leaf:
    return Leaf(NAME, TODAY - timedelta(days=10), TODAY + timedelta(days=89), eku, (NAME, "127.0.0.1"), key)  # type: ignore[arg-type]


def public_authority():
    return new_subordinate(new_root("Lab root", TODAY, public=True), "Lab CA", TODAY)


def test_a_leaf_is_one_that_a_strict_verifier_takes():
    authority = public_authority()
    credential = issue(authority, leaf())
    verifier = PolicyBuilder().store(Store([authority.root])).time(TODAY).build_server_verifier(x509.DNSName(NAME))
    assert len(verifier.verify(credential.chain[0], list(credential.chain[1:]))) == 3


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("both", ("serverAuth", "clientAuth")),
        ("server", ("serverAuth",)),
        ("client", ("clientAuth",)),
        ("any", ("anyExtendedKeyUsage",)),
    ],
)
def test_a_leaf_has_the_purposes_that_were_asked_for(choice, names):
    eku = parse(issue(public_authority(), leaf(choice)).ders[0]).record.eku
    assert (eku.state, eku.names) == ("listed", names)


def test_a_leaf_can_lack_the_extension():
    assert parse(issue(public_authority(), leaf("absent")).ders[0]).record.eku.state == "absent"


@pytest.mark.parametrize("choice", ["empty", "duplicate", "undecodable"])
def test_a_leaf_can_have_a_broken_extension(choice):
    eku = parse(issue(public_authority(), leaf(choice)).ders[0]).record.eku
    assert (eku.state, eku.flaw) == ("malformed", choice)


@pytest.mark.parametrize("choice", ["both", "duplicate"])
def test_the_signature_holds_also_where_the_extension_was_doubled(choice):
    authority = public_authority()
    issue(authority, leaf(choice)).chain[0].verify_directly_issued_by(authority.certificate)


def test_a_public_leaf_carries_timestamps_and_the_forum_policy():
    parsed = parse(issue(public_authority(), leaf()).ders[0])
    assert parsed.record.scts == (leaf().not_before,) * 2
    assert parsed.extensions.policies == ("2.23.140.1.2.2",)


def test_a_private_leaf_carries_neither():
    parsed = parse(issue(new_root("Lab private", TODAY), leaf()).ders[0])
    assert (parsed.record.scts, parsed.extensions.policies) == ((), ())


def test_the_dates_are_those_that_were_given():
    record = parse(issue(public_authority(), leaf()).ders[0]).record
    assert (record.not_before, record.not_after) == (leaf().not_before, leaf().not_after)


def test_the_chain_to_present_ends_before_the_root():
    authority = public_authority()
    chain = issue(authority, leaf()).chain
    assert chain[1:] == (authority.certificate,)
    assert authority.root not in chain


def test_keys_are_elliptic_unless_rsa_is_asked_for():
    authority = public_authority()
    assert "256" in parse(issue(authority, leaf()).ders[0]).record.key
    assert "RSA" in parse(issue(authority, leaf(key="rsa")).ders[0]).record.key


def test_a_self_signed_leaf_is_its_own_issuer():
    credential = self_signed(leaf("absent"))
    credential.chain[0].verify_directly_issued_by(credential.chain[0])
    assert len(credential.chain) == 1


def test_the_trust_data_lists_the_public_roots_under_the_owner_they_play(tmp_path):
    worlds = make_worlds(TODAY)
    write_trust_data(worlds, tmp_path / "trust.sqlite", TODAY)
    with TrustStore.open(tmp_path / "trust.sqlite") as store:
        found = {
            name: store.by_subject(parse(world.root.certificate.public_bytes(Encoding.DER)).reading.subject)
            for name, world in worlds.items()
        }
        assert store.version.date == "2026-11-23"
    assert [entry.owner for entry in found["digicert"]] == ["DigiCert"]
    assert found["digicert"][0].kind == "chrome-root"
    assert found["sectigo"][0].sct_not_after == TODAY - timedelta(days=54)
    assert found["godaddy"][0].kind == "other-root"
    assert found[PRIVATE] == found["unlisted"] == ()


def test_a_world_that_is_marked_public_need_not_be_listed():
    assert is_public("unlisted")
    assert is_public("digicert")
    assert not is_public(PRIVATE)
    assert not is_public("self")
