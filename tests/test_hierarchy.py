from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from ekuscan.certificates import ParsedCertificate, parse
from ekuscan.chain import PathFinder
from ekuscan.hierarchy import classify
from ekuscan.model import ChromeState, Hierarchy, TrustVersion
from ekuscan.trust import TrustEntry, TrustStore, VendorName
from ekuscan.trust_pack import write_store
from tests import pki

CUT_OFF = datetime(2026, 9, 14, 23, 59, 59, tzinfo=UTC)
BEFORE, AFTER = CUT_OFF - timedelta(days=30), CUT_OFF + timedelta(days=30)

CHROME = pki.root("Chrome Root")
PHASED = pki.root("Phased Root")
OTHER = pki.root("Other Root")
FORMER = pki.root("Former Root")
DISCLOSED = pki.root("Disclosed Root")
TWIN = pki.issue("Twin Root", ca=True, key=PHASED.key)
VENDOR = pki.issue(pki.name("Cisco Root CA M2", "Cisco"), ca=True)
CORP = pki.root("Corp Root")
MIDDLE = pki.intermediate("Middle", CHROME)

ENTRIES = [
    TrustEntry(CHROME.der, "chrome-root", "Owner A", "Chrome Root", "included", ("chrome", "mozilla_tls")),
    TrustEntry(PHASED.der, "chrome-root", "Owner B", "Phased Root", "included", ("chrome",), CUT_OFF),
    TrustEntry(OTHER.der, "other-root", "Owner C", "Other Root", "included", ("apple", "microsoft")),
    TrustEntry(FORMER.der, "other-root", "Owner D", "Former Root", "former_chrome", (), None, "23"),
    TrustEntry(DISCLOSED.der, "other-root", "Owner E", "Disclosed Root", "ccadb_only"),
    TrustEntry(TWIN.der, "other-root", "Owner B", "Twin Root", "ccadb_only", (), CUT_OFF, None, "ab" * 32),
    TrustEntry(VENDOR.der, "vendor", "Cisco", "Cisco Root CA M2"),
    TrustEntry(MIDDLE.der, "intermediate"),
]
NAMES = [VendorName("Cisco Manufacturing CA III", "Cisco", "Cisco", "phone MIC issuer")]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustStore]:
    path = tmp_path_factory.mktemp("trust") / "trust.sqlite"
    write_store(path, ENTRIES, TrustVersion("2026-11-23", "39"), NAMES)
    with TrustStore.open(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def packed() -> Iterator[TrustStore]:
    with TrustStore.open() as opened:
        yield opened


def judge(store: TrustStore, *sent: pki.Issued, site: Sequence[pki.Issued] = ()) -> Hierarchy:
    finder = PathFinder(store, [parse(one.der) for one in site], parse)
    return classify(finder.find([parse(one.der) for one in sent]), store)


# --- public --------------------------------------------------------------------------------------------------------


def test_a_chain_below_a_chrome_root_is_public_chrome_though_the_root_was_not_sent(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", MIDDLE), MIDDLE)
    assert found == Hierarchy(
        "public-chrome",
        "Chrome Root",
        "Owner A",
        ChromeState("trusted"),
        "observed",
        ("signed below Chrome Root, a root of Owner A in the Chrome Root Store 39",),
    )
    assert judge(store, pki.issue("leaf", MIDDLE)).class_ == "public-chrome"
    assert judge(store, pki.issue("leaf", MIDDLE), MIDDLE, CHROME).class_ == "public-chrome"


@pytest.mark.parametrize(
    ("scts", "start", "in_time"),
    [
        ((BEFORE,), AFTER, True),
        ((AFTER,), BEFORE, False),
        ((AFTER, BEFORE), BEFORE, True),
        ((CUT_OFF,), BEFORE, True),
        ((), BEFORE, True),
        ((), AFTER, False),
    ],
)
def test_the_leafs_timestamps_or_else_its_start_are_held_against_chromes_cut_off(
    store: TrustStore, scts: tuple[datetime, ...], start: datetime, in_time: bool
) -> None:
    found = judge(store, pki.issue("leaf", PHASED, scts=scts, start=start))
    assert found.class_ == "public-chrome"
    assert found.chrome == ChromeState("phase-out", CUT_OFF, in_time)
    assert "Chrome accepts below it only what was logged until 2026-09-14" in found.evidence[1]


def test_a_root_with_the_key_of_a_chrome_root_counts_as_that_root(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", TWIN, start=BEFORE))
    assert (found.class_, found.root, found.owner) == ("public-chrome", "Twin Root", "Owner B")
    assert found.chrome == ChromeState("phase-out", CUT_OFF, True)
    assert "whose key is that of a root in the Chrome Root Store" in found.evidence[0]


def test_of_several_chrome_roots_the_one_without_a_cut_off_decides(store: TrustStore) -> None:
    cross = pki.issue("Phased Root", CHROME, ca=True, key=PHASED.key)
    found = judge(store, pki.issue("leaf", PHASED), cross)
    assert (found.root, found.chrome) == ("Chrome Root", ChromeState("trusted"))


def test_a_chain_below_a_root_of_other_stores_is_public_other(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", OTHER))
    assert (found.class_, found.root, found.owner) == ("public-other", "Other Root", "Owner C")
    assert (found.chrome, found.certainty) == (ChromeState("absent"), "observed")
    assert "stores: apple, microsoft" in found.evidence[0]


def test_a_root_that_chrome_removed_is_public_other_and_says_since_when(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", FORMER))
    assert found.class_ == "public-other"
    assert found.evidence[1] == "the Chrome Root Store had that root until version 23 or later"


def test_a_path_to_chrome_outweighs_a_path_to_another_root(store: TrustStore) -> None:
    cross = pki.issue("Other Root", CHROME, ca=True, key=OTHER.key)
    assert judge(store, pki.issue("leaf", OTHER), cross).class_ == "public-chrome"


def test_a_root_that_is_disclosed_but_in_no_store_leaves_it_undecided_with_an_owner(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", DISCLOSED))
    assert (found.class_, found.root, found.owner) == ("undecided", "Disclosed Root", "Owner E")
    assert found.certainty == "inferred"


# --- vendor --------------------------------------------------------------------------------------------------------


def test_a_chain_below_a_vendors_ca_is_vendor(store: TrustStore) -> None:
    found = judge(store, pki.issue("SEP001122334455", VENDOR))
    assert (found.class_, found.root, found.owner) == ("vendor", "Cisco Root CA M2", "Cisco")
    assert found.certainty == "observed"


def test_a_vendors_ca_known_by_name_only_is_inferred(store: TrustStore) -> None:
    issuing = pki.issue(pki.name("Cisco Manufacturing CA III", "Cisco"), ca=True)
    phone = pki.issue("SEP001122334455", issuing)
    for sent in ([phone], [phone, issuing]):
        found = judge(store, *sent)
        assert (found.class_, found.owner, found.certainty) == ("vendor", "Cisco", "inferred")
        assert "known by name only" in found.evidence[0]


def test_the_name_of_a_vendors_ca_with_another_organisation_is_not_vendor(store: TrustStore) -> None:
    issuing = pki.issue(pki.name("Cisco Manufacturing CA III", "Somebody"), ca=True)
    assert judge(store, pki.issue("phone", issuing), issuing).class_ == "private"


# --- private, self-signed, undecided ---------------------------------------------------------------------------------


def test_an_unknown_ca_is_private_by_inference_and_asks_for_confirmation(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", CORP))
    assert (found.class_, found.root, found.owner) == ("private", None, "Test")
    assert (found.certainty, found.chrome) == ("inferred", ChromeState("absent"))
    assert found.evidence == (
        "its issuer CN=Corp Root,O=Test is not in the trust data",
        'it bears no mark of a public certificate: confirm it by naming its root under "trust:" in the targets file',
    )
    assert judge(store, pki.issue("leaf", CORP), CORP).root == "Corp Root"


def test_a_root_that_the_site_names_makes_it_certain(store: TrustStore) -> None:
    marked = pki.issue("leaf", CORP, scts=(BEFORE,), policies=(pki.BASELINE_POLICY,))
    for leaf in (pki.issue("leaf", CORP), marked):
        found = judge(store, leaf, site=[CORP])
        assert (found.class_, found.root, found.certainty) == ("private", "Corp Root", "declared")


def test_a_public_root_stays_public_when_the_site_names_it(store: TrustStore) -> None:
    found = judge(store, pki.issue("leaf", MIDDLE), MIDDLE, site=[CHROME])
    assert (found.class_, found.certainty) == ("public-chrome", "observed")


def test_a_certificate_signed_with_its_own_key_is_self_signed(store: TrustStore) -> None:
    alone = pki.issue("self", scts=(BEFORE,))
    for site in ([], [alone]):
        found = judge(store, alone, site=site)
        assert (found.class_, found.root, found.certainty) == ("self-signed", None, "observed")


def test_its_own_name_without_its_own_signature_is_not_self_signed(store: TrustStore) -> None:
    signer = pki.issue("self", ca=True, key=pki.ec_key("signer"))
    assert judge(store, pki.issue("self", signer, key=pki.ec_key("another"))).class_ == "private"


@pytest.mark.parametrize(
    ("marks", "word"),
    [({"scts": (BEFORE,)}, "timestamps"), ({"policies": (pki.BASELINE_POLICY,)}, "policy 2.23.140.1.2.2")],
)
def test_the_marks_of_a_public_certificate_under_an_unknown_ca_leave_it_undecided(
    store: TrustStore, marks: dict[str, object], word: str
) -> None:
    found = judge(store, pki.issue("leaf", CORP, **marks))  # type: ignore[arg-type]
    assert (found.class_, found.owner, found.certainty) == ("undecided", "Test", "inferred")
    assert any(word in sentence for sentence in found.evidence)


def test_a_leaf_whose_marks_cannot_be_read_is_undecided_and_not_private(store: TrustStore) -> None:
    for kind in (pki.SCT_LIST, "2.5.29.32"):
        found = judge(store, pki.issue("leaf", CORP, more=((kind, b"\x05\x00"),)))
        assert found.class_ == "undecided"
        assert any("not all of its extensions can be read" in sentence for sentence in found.evidence)
    assert judge(store, pki.issue("leaf", CORP, eku=pki.eku_value())).class_ == "private"


def test_the_same_leaf_is_public_under_a_known_ca_and_undecided_under_an_unknown_one(store: TrustStore) -> None:
    assert judge(store, pki.issue("leaf", MIDDLE, scts=(BEFORE,))).class_ == "public-chrome"
    assert judge(store, pki.issue("leaf", CORP, scts=(BEFORE,))).class_ == "undecided"


# --- copied names ----------------------------------------------------------------------------------------------------


def copied(scts: tuple[datetime, ...] = (), key_ids: bool = True) -> list[pki.Issued]:
    """A chain with the names of a public one and other keys."""
    root = pki.root("Chrome Root", key=pki.ec_key("fake root"), key_ids=key_ids)
    middle = pki.issue("Middle", root, ca=True, key=pki.ec_key("fake middle"), key_ids=key_ids)
    return [pki.issue("leaf", middle, scts=scts, key_ids=key_ids), middle, root]


@pytest.mark.parametrize("sent", [1, 2, 3])
@pytest.mark.parametrize("key_ids", [True, False])
@pytest.mark.parametrize(("scts", "class_"), [((), "private"), ((BEFORE,), "undecided")])
def test_a_chain_that_copies_the_names_of_a_public_ca_is_not_public(
    store: TrustStore, sent: int, key_ids: bool, scts: tuple[datetime, ...], class_: str
) -> None:
    found = judge(store, *copied(scts, key_ids)[:sent])
    assert (found.class_, found.chrome) == (class_, ChromeState("absent"))
    assert "it names Middle as an issuer, but the key of the known CA of that name did not sign it" in found.evidence


def test_a_certificate_issued_by_a_public_end_entity_is_not_public(store: TrustStore) -> None:
    end_entity = pki.issue("bought", MIDDLE)
    assert judge(store, pki.issue("leaf", end_entity), end_entity, MIDDLE).class_ == "private"


def test_a_hostile_issuer_name_is_harmless_in_the_evidence(store: TrustStore) -> None:
    hostile = pki.root("a\x1b[2J\u202eb")
    found = judge(store, pki.issue("leaf", hostile))
    assert all(sentence.isprintable() for sentence in found.evidence)


# --- the packed trust data ------------------------------------------------------------------------------------------


@cache
def known() -> tuple[tuple[TrustEntry, ParsedCertificate], ...]:
    with TrustStore.open() as store:
        return tuple((entry, parse(entry.der)) for entry in store.entries())


def judge_packed(store: TrustStore, certificate: ParsedCertificate) -> Hierarchy:
    return classify(PathFinder(store, (), parse).find([certificate]), store)


def test_each_chrome_root_gives_its_class_to_what_it_issued_when_it_is_not_sent_itself(packed: TrustStore) -> None:
    by_issuer: dict[bytes, list[ParsedCertificate]] = {}
    for _, certificate in known():
        if not certificate.self_signed:
            by_issuer.setdefault(certificate.reading.issuer, []).append(certificate)
    roots = [(entry, certificate) for entry, certificate in known() if entry.kind == "chrome-root"]
    assert len(roots) == 100
    with_issued = 0
    for entry, root in roots:
        issued = (one for one in by_issuer.get(root.reading.subject, ()) if one.issued_by(root))
        child = next(issued, None)
        with_issued += child is not None
        found = judge_packed(packed, child or root)
        assert (found.class_, found.certainty) == ("public-chrome", "observed"), entry.display_name
        if child is None:
            assert (found.root, found.owner) == (entry.display_name, entry.owner)
            assert found.chrome.sct_not_after == entry.sct_not_after
    assert with_issued > 80


def test_sampled_public_intermediates_get_their_class_when_their_roots_are_not_sent(packed: TrustStore) -> None:
    text = Path(__file__).with_name("public_intermediates.txt").read_text(encoding="ascii")
    sample = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert len(sample) == 200
    certificates = {certificate.sha256[:16]: certificate for _, certificate in known()}
    roots = {entry.display_name: set[str]() for entry, _ in known()}
    for entry, certificate in known():
        roots[entry.display_name].add(certificate.sha256[:16])
    for fingerprint, class_, *above in sample:
        found = judge_packed(packed, certificates[fingerprint])
        assert (found.class_, found.certainty) == (class_, "observed"), fingerprint
        assert roots[found.root or ""] & set(above), fingerprint


@pytest.mark.parametrize(
    ("common_name", "organisation", "class_", "root", "owner", "state"),
    [
        ("R13", "Let's Encrypt", "public-chrome", "ISRG Root X1", "Internet Security Research Group", "trusted"),
        ("YR1", "Let's Encrypt", "public-chrome", "ISRG Root X1", "Internet Security Research Group", "trusted"),
        ("DigiCert Assured ID TLS CA G2", "DigiCert Inc", "public-chrome", None, "DigiCert", "phase-out"),
        ("Amazon RSA 2048 M01", "Amazon", "public-chrome", "Amazon Root CA 1", "Amazon Trust Services", "trusted"),
        ("WR1", "Google Trust Services", "public-chrome", "GTS Root R1", "Google Trust Services LLC", "trusted"),
        ("ACT2 SUDI CA", "Cisco", "vendor", "Cisco Root CA 2048", "Cisco", "absent"),
    ],
)
def test_issuers_that_everyone_meets(
    packed: TrustStore, common_name: str, organisation: str, class_: str, root: str | None, owner: str, state: str
) -> None:
    wanted = f"CN={common_name},O={organisation}"
    found = [
        judge_packed(packed, certificate) for _, certificate in known() if certificate.record.subject.startswith(wanted)
    ]
    assert found
    for one in found:
        assert (one.class_, one.owner, one.chrome.state) == (class_, owner, state)
        assert root in (None, one.root)


def test_identrusts_public_sector_root_is_public_outside_chrome(packed: TrustStore) -> None:
    wanted = "CN=IdenTrust Public Sector Server CA 1,"
    (issuing,) = [one for _, one in known() if one.record.subject.startswith(wanted)]
    found = judge_packed(packed, issuing)
    assert (found.class_, found.root) == ("public-other", "IdenTrust Public Sector Root CA 1")
    assert "until version" in found.evidence[1]
