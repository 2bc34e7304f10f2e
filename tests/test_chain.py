from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan import chain
from ekuscan.certificates import ParsedCertificate, parse
from ekuscan.chain import MAX_LENGTH, MAX_PATHS, MAX_SENT, PathFinder, Paths
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import TrustVersion
from ekuscan.trust import TrustEntry, TrustStore
from ekuscan.trust_pack import write_store
from tests import pki

ROOT = pki.root("Public Root")
OTHER_ROOT = pki.root("Other Public Root")
MIDDLE = pki.intermediate("Public Middle", ROOT)
LEAF = pki.issue("leaf", MIDDLE, eku=pki.BOTH)
CORP = pki.root("Corp Root")
CORP_MIDDLE = pki.intermediate("Corp Middle", CORP)
CORP_LEAF = pki.issue("corp leaf", CORP_MIDDLE)

# A CA that is a root of its own and cross-signed by a public root, as Let's Encrypt's are.
YOUNG_ROOT = pki.root("Young Root")
CROSS = pki.issue("Young Root", ROOT, ca=True, key=YOUNG_ROOT.key)
YOUNG_MIDDLE = pki.intermediate("Young Middle", YOUNG_ROOT)
YOUNG_LEAF = pki.issue("young leaf", YOUNG_MIDDLE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustStore]:
    path = tmp_path_factory.mktemp("trust") / "trust.sqlite"
    entries = [
        TrustEntry(ROOT.der, "chrome-root", display_name="Public Root"),
        TrustEntry(OTHER_ROOT.der, "other-root", display_name="Other Public Root", tier="included"),
        TrustEntry(YOUNG_ROOT.der, "other-root", display_name="Young Root", tier="ccadb_only"),
        TrustEntry(MIDDLE.der, "intermediate"),
        TrustEntry(CROSS.der, "intermediate"),
    ]
    write_store(path, entries, TrustVersion("2026-11-23", "39"))
    with TrustStore.open(path) as opened:
        yield opened


def find(store: TrustStore, *sent: pki.Issued | bytes, site: Sequence[pki.Issued] = ()) -> Paths:
    finder = PathFinder(store, [parse(one.der) for one in site], parse)
    return finder.find([parse(one if isinstance(one, bytes) else one.der) for one in sent])


def lines(paths: Paths) -> list[list[str]]:
    """The fingerprints of each path."""
    return [[link.certificate.sha256 for link in path] for path in paths.paths]


def line(*certificates: pki.Issued) -> list[str]:
    return [sha256_hex(certificate.der) for certificate in certificates]


# --- how a chain was sent ----------------------------------------------------------------------------------------


def test_a_chain_sent_as_it_should_be_has_no_flaws(store: TrustStore) -> None:
    found = find(store, LEAF, MIDDLE)
    assert lines(found) == [line(LEAF, MIDDLE, ROOT)]
    assert found.flaws == ()
    assert [link.sent for link in found.paths[0]] == [True, True, False]


def test_certificates_out_of_order_are_followed_and_named(store: TrustStore) -> None:
    low = pki.intermediate("Low", CORP_MIDDLE)
    leaf = pki.issue("deep leaf", low)
    found = find(store, leaf, CORP_MIDDLE, low)
    assert lines(found) == [line(leaf, low, CORP_MIDDLE)]
    assert found.flaws == (chain.OUT_OF_ORDER,)


def test_a_certificate_sent_twice_is_named(store: TrustStore) -> None:
    assert find(store, LEAF, MIDDLE, MIDDLE).flaws == (chain.DUPLICATE,)
    assert find(store, LEAF, LEAF, MIDDLE).flaws == (chain.DUPLICATE,)


def test_a_root_that_was_sent_is_named_and_used(store: TrustStore) -> None:
    found = find(store, LEAF, MIDDLE, ROOT)
    assert lines(found) == [line(LEAF, MIDDLE, ROOT)]
    assert found.flaws == (chain.ROOT_INCLUDED,)
    assert find(store, CORP_LEAF, CORP_MIDDLE, CORP).flaws == (chain.ROOT_INCLUDED,)


def test_a_missing_intermediate_is_completed_from_the_trust_data_and_named(store: TrustStore) -> None:
    found = find(store, LEAF)
    assert lines(found) == [line(LEAF, MIDDLE, ROOT)]
    assert found.flaws == (chain.ISSUER_NOT_SENT,)


def test_an_unknown_issuer_that_was_not_sent_is_named(store: TrustStore) -> None:
    found = find(store, CORP_LEAF)
    assert lines(found) == [line(CORP_LEAF)]
    assert found.flaws == (chain.ISSUER_NOT_SENT,)


def test_a_private_root_that_was_not_sent_is_no_flaw(store: TrustStore) -> None:
    assert find(store, CORP_LEAF, CORP_MIDDLE).flaws == ()


def test_unrelated_certificates_are_named(store: TrustStore) -> None:
    found = find(store, LEAF, MIDDLE, CORP_MIDDLE)
    assert lines(found) == [line(LEAF, MIDDLE, ROOT)]
    assert found.flaws == (chain.UNRELATED,)


def test_an_issuer_that_did_not_sign_is_named(store: TrustStore) -> None:
    impostor = pki.issue("Corp Middle", CORP, ca=True, key=pki.ec_key("impostor"), key_ids=False)
    leaf = pki.issue("leaf", CORP_MIDDLE, key_ids=False)
    found = find(store, leaf, impostor)
    assert lines(found) == [line(leaf)]
    assert found.flaws == (chain.ISSUER_NOT_SENT, chain.BAD_SIGNATURE, chain.UNRELATED)


def test_an_issuer_that_is_no_ca_is_not_followed(store: TrustStore) -> None:
    end_entity = pki.issue("end entity", MIDDLE)
    leaf = pki.issue("leaf", end_entity)
    found = find(store, leaf, end_entity, MIDDLE)
    assert lines(found) == [line(leaf)]
    assert chain.ISSUER_NOT_CA in found.flaws


def test_bytes_that_are_no_certificate_are_named_and_harmless(store: TrustStore) -> None:
    assert find(store, LEAF, MIDDLE, b"junk").flaws == (chain.UNREADABLE, chain.UNRELATED)
    alone = find(store, b"junk")
    assert [len(path) for path in alone.paths] == [1]
    assert alone.flaws == (chain.UNREADABLE, chain.ISSUER_NOT_SENT)
    assert len(find(store, b"junk", b"other junk").paths[0]) == 1


def test_a_self_signed_certificate_alone_has_no_flaws(store: TrustStore) -> None:
    alone = pki.issue("self")
    found = find(store, alone)
    assert lines(found) == [line(alone)]
    assert found.flaws == ()


def test_a_known_root_alone_is_its_own_path(store: TrustStore) -> None:
    found = find(store, ROOT)
    assert lines(found) == [line(ROOT)]
    assert found.flaws == ()
    assert found.anchored


def test_nothing_hangs_on_the_order_in_which_chains_are_seen(store: TrustStore) -> None:
    chains = [
        [LEAF, MIDDLE],
        [pki.issue("two", MIDDLE), MIDDLE],
        [CORP_LEAF, MIDDLE],
        [pki.issue("three", CORP_MIDDLE), MIDDLE],
        [MIDDLE, MIDDLE],
        [CORP_LEAF, CORP_MIDDLE, CORP],
        [LEAF],
    ]
    parsed = [[parse(one.der) for one in sent] for sent in chains]

    def answers(order: Sequence[list[ParsedCertificate]]) -> dict[tuple[str, ...], object]:
        finder = PathFinder(store, (), parse)
        results = [(tuple(one.sha256 for one in sent), finder.find(sent)) for sent in order]
        return {key: (lines(found), found.flaws) for key, found in results}

    assert answers(parsed) == answers(parsed[::-1])


# --- every path is followed --------------------------------------------------------------------------------------


def test_a_cross_signed_ca_gives_a_path_to_each_of_its_roots_the_anchor_first(store: TrustStore) -> None:
    found = find(store, YOUNG_LEAF, YOUNG_MIDDLE)
    assert lines(found) == [line(YOUNG_LEAF, YOUNG_MIDDLE, CROSS, ROOT), line(YOUNG_LEAF, YOUNG_MIDDLE, YOUNG_ROOT)]
    assert len(found.anchored) == 1
    assert found.flaws == (chain.ISSUER_NOT_SENT,)


def test_the_longer_chain_of_a_cross_signed_ca_has_no_flaws(store: TrustStore) -> None:
    found = find(store, YOUNG_LEAF, YOUNG_MIDDLE, CROSS)
    assert lines(found)[0] == line(YOUNG_LEAF, YOUNG_MIDDLE, CROSS, ROOT)
    assert found.flaws == ()


def test_the_shorter_of_two_paths_to_anchors_comes_first(store: TrustStore) -> None:
    twin = pki.issue("Other Public Root", ROOT, ca=True, key=OTHER_ROOT.key)
    leaf = pki.issue("leaf", OTHER_ROOT)
    found = find(store, leaf, twin)
    assert lines(found) == [line(leaf, OTHER_ROOT), line(leaf, twin, ROOT)]
    assert found.flaws == ()


def test_a_presented_intermediate_is_followed_like_an_end_entity(store: TrustStore) -> None:
    found = find(store, MIDDLE)
    assert lines(found) == [line(MIDDLE, ROOT)]
    assert found.paths[0][0].entry is not None
    assert found.flaws == ()


def test_a_site_anchor_ends_a_path_and_what_is_above_it_is_followed_too(store: TrustStore) -> None:
    found = find(store, LEAF, MIDDLE, site=[MIDDLE])
    assert lines(found) == [line(LEAF, MIDDLE), line(LEAF, MIDDLE, ROOT)]
    assert all(path[1].site for path in found.paths)
    private = find(store, CORP_LEAF, CORP_MIDDLE, site=[CORP])
    assert lines(private) == [line(CORP_LEAF, CORP_MIDDLE, CORP)]
    assert private.flaws == ()
    assert private.anchored
    assert find(store, CORP_LEAF, site=[CORP, CORP_MIDDLE]).flaws == ()


def test_key_identifiers_decide_between_cas_of_one_name_before_the_signature(store: TrustStore) -> None:
    old = pki.issue("Renewed CA", CORP, ca=True, key=pki.ec_key("old"))
    new = pki.issue("Renewed CA", CORP, ca=True, key=pki.ec_key("new"))
    leaf = pki.issue("leaf", new)
    assert lines(find(store, leaf, old, new)) == [line(leaf, new)]


def test_a_known_ca_whose_name_was_copied_is_remembered_as_a_namesake(store: TrustStore) -> None:
    fake_root = pki.root("Public Root", key=pki.ec_key("fake"))
    fake = pki.issue("Public Middle", fake_root, ca=True, key=pki.ec_key("fake middle"))
    leaf = pki.issue("leaf", fake)
    found = find(store, leaf, fake, fake_root)
    assert lines(found) == [line(leaf, fake, fake_root)]
    assert not found.anchored
    assert [link.certificate.der for link in found.namesakes] == [MIDDLE.der, ROOT.der]


# --- loops and fans ----------------------------------------------------------------------------------------------


def loop(size: int) -> list[pki.Issued]:
    """CAs that issued each other in a ring, and none of them itself."""
    start = pki.root("Loop 0")
    ring = [start]
    for number in range(1, size):
        ring.append(pki.intermediate(f"Loop {number}", ring[-1]))
    ring[0] = pki.issue("Loop 0", ring[-1], ca=True, key=start.key)
    return ring


def test_a_loop_of_cas_ends(store: TrustStore) -> None:
    ring = loop(3)
    leaf = pki.issue("leaf", ring[0])
    found = find(store, leaf, *ring)
    assert lines(found) == [line(leaf, ring[0], ring[2], ring[1])]


def test_a_ca_that_is_presented_as_end_entity_does_not_stand_above_itself(store: TrustStore) -> None:
    ring = loop(3)
    found = find(store, *ring)
    for path in lines(found):
        assert len(set(path)) == len(path)


def test_a_fan_of_cas_with_one_name_and_key_is_bounded(store: TrustStore) -> None:
    """Every level may be passed in three ways, so the number of paths triples with each."""
    sent: list[pki.Issued] = []
    level = [pki.root("Fan 0")]
    for number in range(1, 8):
        key = pki.ec_key(f"fan {number}")
        level = [pki.issue(f"Fan {number}", level[0], ca=True, key=key) for _ in range(3)]
        sent += level
    leaf = pki.issue("leaf", level[0])
    found = find(store, leaf, *reversed(sent))
    assert 1 <= len(found.paths) <= MAX_PATHS


def test_more_certificates_than_are_followed_are_named(store: TrustStore) -> None:
    many = [pki.root(f"Many {number}") for number in range(MAX_SENT + 5)]
    found = find(store, LEAF, MIDDLE, *many)
    assert chain.NOT_ALL_FOLLOWED in found.flaws
    assert lines(found) == [line(LEAF, MIDDLE, ROOT)]


def test_signature_checks_are_bounded(store: TrustStore, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = []
    real = ParsedCertificate.signed_by

    def counted(self: ParsedCertificate, issuer: ParsedCertificate) -> bool:
        checks.append(issuer)
        return real(self, issuer)

    monkeypatch.setattr(ParsedCertificate, "signed_by", counted)
    # Everyone names everyone as issuer, and every key is another.
    many = [pki.issue("Same", ca=True, key=pki.ec_key(f"same {n}"), key_ids=False) for n in range(MAX_SENT - 1)]
    crossed = [pki.issue("Same", many[n - 1], ca=True, key=many[n].key, key_ids=False) for n in range(len(many))]
    find(store, pki.issue("leaf", many[0], key_ids=False), *crossed)
    assert len(checks) < 200


def test_a_long_line_of_cas_is_cut(store: TrustStore) -> None:
    cas = [pki.root("Long 0")]
    for number in range(1, MAX_LENGTH + 5):
        cas.append(pki.intermediate(f"Long {number}", cas[-1]))
    found = find(store, pki.issue("leaf", cas[-1]), *reversed(cas))
    assert max(len(path) for path in found.paths) <= MAX_LENGTH + 1


PARTS = [LEAF, MIDDLE, ROOT, CROSS, YOUNG_MIDDLE, YOUNG_LEAF, YOUNG_ROOT, CORP, CORP_MIDDLE, CORP_LEAF, *loop(2)]


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from([part.der for part in PARTS]), st.binary(max_size=20)), min_size=1, max_size=8)
)
def test_any_mixture_gives_paths_that_are_signed_all_the_way(store: TrustStore, sent: list[bytes]) -> None:
    found = find(store, *sent, site=[CORP])
    assert 1 <= len(found.paths) <= MAX_PATHS
    assert len(set(found.flaws)) == len(found.flaws)
    for path in found.paths:
        assert path[0].certificate.der == sent[0]
        assert len({link.certificate.sha256 for link in path}) == len(path)
        for lower, upper in pairwise(path):
            assert lower.certificate.issued_by(upper.certificate)
            assert upper.certificate.can_issue


def test_the_names_of_flaws_stay_as_they_are() -> None:
    """They are published: a reader of results may look for them."""
    assert [
        chain.UNREADABLE,
        chain.DUPLICATE,
        chain.OUT_OF_ORDER,
        chain.ISSUER_NOT_SENT,
        chain.BAD_SIGNATURE,
        chain.ISSUER_NOT_CA,
        chain.UNRELATED,
        chain.ROOT_INCLUDED,
        chain.NOT_ALL_FOLLOWED,
    ] == [
        "not a certificate",
        "duplicate certificate",
        "out of order",
        "issuing certificate not sent",
        "signature does not verify with the issuer sent",
        "issuer sent is not a CA certificate",
        "unrelated certificate sent",
        "root included",
        "more certificates sent than are followed",
    ]
