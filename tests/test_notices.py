"""Notices: what each kind is found in, what it is not found in, and that any text survives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.appliance.facts import ApplianceFacts, api_failure
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import (
    Banner,
    Connection,
    Endpoint,
    Enforcement,
    Enforces,
    Fact,
    Failure,
    Notice,
    Run,
    Sight,
    SlotFile,
    Stage,
    Target,
    TlsParameters,
)
from ekuscan.notices import table, weak_table
from ekuscan.notices.table import packaged
from ekuscan.notices.unread import api_not_read
from ekuscan.table_rows import TableError
from ekuscan.wire import offer
from ekuscan.wire.offer import NAMELESS_OFFER, OLD_OFFER, POST_QUANTUM_OFFER, SMALL_OFFER, Offer
from ekuscan.wire.openssl import MAX_CA_NAMES
from tests import pki
from tests.noticing import (
    BOTH,
    LATER,
    MODERN,
    SERVER,
    SOON,
    box,
    corp,
    digicert,
    finished,
    leaf,
    lets_encrypt,
    name_of,
    noticed,
    port,
    shows,
    sight,
    vendor,
    views,
    with_sha1,
)
from tests.pki import Issued

CUCM = box("cucm1")


# --- the table ------------------------------------------------------------------------------------------------


def test_every_kind_says_why_and_what_to_do() -> None:
    for row in packaged().kinds.values():
        assert row.why.endswith(".")
        assert row.do.endswith(".")
        assert all(case.text.endswith((".", "}")) for case in row.case)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "One', 'caption = "One', "certificate-reuse: unknown key caption"),
        ('severity = "low"', 'severity = "bad"', "severity is 'bad', not one of"),
        ('source = ["ATS"]', 'source = ["NOBODY"]', "views-differ: source: NOBODY is not in the tables"),
        ('source = ["ATS"]', "source = []", "views-differ: source is empty"),
        ("[[reuse]]", "[[reuses]]", "unknown key reuses"),
        ('source = ["RFC7685"]', "source = []", "large-hello: source is empty"),
        ('source = ["RFC7685"]', 'source = ["NOBODY"]', "large-hello: source: NOBODY is not in the tables"),
        ('source = ["RFC7685"]\n', "", "large-hello: source is missing"),
    ],
)
def test_a_faulty_table_names_its_row(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = table.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "notices.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError, match=message):
        table.load(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = ["RFC7465"]', "source = []", "rc4: source is empty"),
        ('source = ["RFC7465"]', 'source = ["NOBODY"]', "rc4: source: NOBODY is not in the tables"),
        ('source = ["RFC7465"]\n', "", "rc4: source is missing"),
        ('of = "cipher"', 'of = "suite"', "of is 'suite', not one of"),
        ('values = ["2048"]', 'values = ["many"]', "the fewest bits of an RSA key"),
    ],
)
def test_a_faulty_table_of_what_is_weak_names_its_row(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = weak_table.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "weak.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError, match=message):
        weak_table.load(path)


def test_a_kind_names_every_source_that_it_is_recognised_by() -> None:
    found = packaged()
    for kind, rows in (("weak-tls", weak_table.packaged().rows), ("intolerance", found.intolerance)):
        assert {code for row in rows for code in row.source} <= set(found.kinds[kind].source)


def test_the_offers_that_the_table_names_are_made() -> None:
    made = {one.name for one in vars(offer).values() if isinstance(one, Offer)}
    found = packaged()
    named = {name for row in found.intolerance for name in (*row.failed, *row.answered)}
    assert named <= made
    assert set(found.views) == made


# --- role-differs, release-differs ----------------------------------------------------------------------------


def says(target: Target, banner: Banner, *numbers: int) -> Run:
    seen = [replace(shows(port(target, number, "sips"), leaf(corp())), banner=banner) for number in numbers]
    return finished([target], seen)


def test_a_banner_of_another_product_than_the_declared_one_is_noticed() -> None:
    run = says(CUCM, Banner("expressway", "X15.0", "TANDBERG/4137 (X15.0)"), 5061, 8443)
    (found,) = noticed(run, "role-differs").values()
    assert found.id == "cucm1/role-differs/Cisco Expressway"
    assert found.text == "cucm1 is declared as cucm, and its banner says Cisco Expressway (TANDBERG/4137 (X15.0))."
    assert found.endpoints == ("cucm1:5061/sips", "cucm1:8443/sips")


def test_a_banner_of_another_release_than_the_declared_one_is_noticed() -> None:
    edge = box("exp-e1", "expressway-e", "X15.4")
    run = says(edge, Banner("expressway", "X14.0.2", "TANDBERG/4137 (X14.0.2)"), 5061)
    (found,) = noticed(run, "release-differs").values()
    assert found.id == "exp-e1/release-differs/X14.0.2"
    assert found.text == "exp-e1 is declared as release X15.4, and its banner says X14.0.2 (TANDBERG/4137 (X14.0.2))."


@pytest.mark.parametrize("release", ["X15.4", "X15.4.1", None])
def test_a_banner_that_agrees_or_names_no_release_is_no_notice(release: str | None) -> None:
    run = says(box("exp-e1", "expressway-e", "X15.4"), Banner("expressway", release, "TANDBERG"), 5061)
    assert run.notices == ()


# --- certificate-reuse ----------------------------------------------------------------------------------------


def test_tomcats_certificate_on_the_sip_port_is_noticed_with_what_hangs_on_it() -> None:
    chain = leaf(digicert())
    run = finished([CUCM], [shows(port(CUCM, 8443), chain), shows(port(CUCM, 5061, "sips"), chain)])
    (found,) = noticed(run, "certificate-reuse").values()
    assert found.id == "cucm1/certificate-reuse/CallManager+tomcat"
    assert found.certificates == (sha256_hex(chain[0]),)
    assert set(found.endpoints) == {"cucm1:8443/https", "cucm1:5061/sips"}
    assert (found.severity, found.certainty) == ("low", "observed")
    assert found.text == (
        "cucm1 holds one certificate in its slots CallManager and tomcat (5061 and 8443): "
        "its renewal reaches SIP trunks too."
    )


def test_slots_that_share_a_certificate_of_each_kind_of_key_are_noticed_once() -> None:
    elliptic, rsa_chain = leaf(corp()), leaf(corp(), key=pki.rsa_key("rsa"))
    looks = [(sight(elliptic), elliptic), (sight(rsa_chain, offer="rsa"), rsa_chain)]
    run = finished([CUCM], [views(port(CUCM, 8443), *looks), views(port(CUCM, 5061, "sips"), *looks)])
    (found,) = noticed(run, "certificate-reuse").values()
    assert found.certificates == (sha256_hex(elliptic[0]), sha256_hex(rsa_chain[0]))


def test_other_slots_with_one_certificate_are_only_named() -> None:
    chain = leaf(digicert())
    run = finished([CUCM], [shows(port(CUCM, 8443), chain), shows(port(CUCM, 2445, "tls"), chain)])
    (found,) = noticed(run, "certificate-reuse").values()
    assert (found.id, found.severity) == ("cucm1/certificate-reuse/TVS+tomcat", "none")


def test_each_slot_with_a_certificate_of_its_own_is_no_notice() -> None:
    seen = [
        shows(port(CUCM, 8443), leaf(digicert())),
        shows(port(CUCM, 443), leaf(digicert())),
        shows(port(CUCM, 5061, "sips"), leaf(corp())),
    ]
    assert noticed(finished([CUCM], seen), "certificate-reuse") == {}


@pytest.mark.parametrize(("release", "expected"), [("X15.4", 0), (None, 0), ("X15.5", 1)])
def test_an_expressway_reuses_its_certificate_only_where_it_has_two_slots(release: str | None, expected: int) -> None:
    chain = leaf(corp(), BOTH)
    files = [SlotFile("exp-c1", slot, chain, "f.pem") for slot in ("server", "client")]
    run = finished([box("exp-c1", "expressway-c", release)], files=files)
    assert len(noticed(run, "certificate-reuse")) == expected


def test_nothing_is_noticed_about_a_file_that_is_yet_to_be_installed() -> None:
    files = [SlotFile("new.pem", slot, leaf(corp()), "new.pem") for slot in ("tomcat", "CallManager")]
    assert finished([box("new.pem")], files=files, candidates=True).notices == ()


# --- cluster-differs ------------------------------------------------------------------------------------------

E1, E2 = (box(f"exp-e{n}", "expressway-e", "X15.4", cluster="edge") for n in (1, 2))


def pair(first: tuple[bytes, ...], second: tuple[bytes, ...]) -> Run:
    return finished([E1, E2], [shows(port(E1, 443), first), shows(port(E2, 443), second)])


def test_a_member_that_serves_the_renewed_certificate_is_pointed_out() -> None:
    run = pair(leaf(digicert(), BOTH), leaf(digicert(), SERVER))
    (found,) = noticed(run, "cluster-differs").values()
    assert (found.id, found.target, found.severity) == ("edge/cluster-differs/expressway-e/server", "edge", "medium")
    assert found.text == (
        "edge, expressway-e server: not all are fit for the same: "
        "exp-e1: serverAuth and clientAuth; exp-e2: serverAuth only."
    )
    assert found.endpoints == ("exp-e1:443/https", "exp-e2:443/https")
    assert [because.fact for because in found.because] == ["exp-e1", "exp-e2"]


def test_members_with_certificates_of_different_cas_are_pointed_out() -> None:
    (found,) = noticed(pair(leaf(digicert()), leaf(corp())), "cluster-differs").values()
    assert found.text == (
        "edge, expressway-e server: issued by different CAs: exp-e1: DigiCert (public-chrome); exp-e2: Corp (private)."
    )


def test_members_whose_certificates_end_far_apart_are_pointed_out() -> None:
    (found,) = noticed(pair(leaf(corp(), end=SOON), leaf(corp(), end=LATER)), "cluster-differs").values()
    assert found.text.startswith("edge, expressway-e server: they end far apart: exp-e1: 20 Feb 2027; exp-e2: ")


def test_a_certificate_of_its_own_for_each_member_is_no_notice() -> None:
    run = pair(leaf(corp(), end=LATER), leaf(corp(), end=LATER - timedelta(days=29)))
    assert noticed(run, "cluster-differs") == {}


def test_certificates_of_two_kinds_of_key_are_compared_kind_by_kind() -> None:
    rsa = pki.rsa_key("rsa")
    plain, renewed = leaf(corp(), BOTH, key=rsa), leaf(corp(), SERVER, key=rsa)
    elliptic = [leaf(corp(), BOTH, label=name) for name in "ab"]
    seen = [
        views(port(E1, 443), (sight(plain), plain), (sight(elliptic[0]), elliptic[0])),
        views(port(E2, 443), (sight(renewed), renewed), (sight(elliptic[1]), elliptic[1])),
    ]
    assert list(noticed(finished([E1, E2], seen), "cluster-differs")) == [
        "edge/cluster-differs/expressway-e/server/RSA"
    ]


def test_members_of_different_roles_are_not_compared_with_each_other() -> None:
    boxes = [box("cucm1", cluster="main"), box("imp1", "imp", cluster="main")]
    seen = [shows(port(boxes[0], 8443), leaf(digicert(), BOTH)), shows(port(boxes[1], 8443), leaf(corp(), SERVER))]
    assert noticed(finished(boxes, seen), "cluster-differs") == {}


def test_targets_of_no_cluster_are_not_compared() -> None:
    apart = [box(name, "expressway-e", "X15.4") for name in ("one", "two")]
    seen = [shows(port(apart[0], 443), leaf(digicert(), BOTH)), shows(port(apart[1], 443), leaf(digicert(), SERVER))]
    assert noticed(finished(apart, seen), "cluster-differs") == {}


def test_addresses_of_one_name_that_differ_are_pointed_out() -> None:
    lone = box("exp-e1", "expressway-e", "X15.4")
    chains = leaf(digicert(), BOTH), leaf(digicert(), SERVER)
    seen = [
        replace(shows(port(lone, 443, id=f"exp-e1:443/https@{address}"), chain), address=address)
        for chain, address in zip(chains, ("192.0.2.1", "192.0.2.2"), strict=True)
    ]
    (found,) = noticed(finished([lone], seen), "cluster-differs").values()
    assert (found.id, found.target) == ("exp-e1/cluster-differs/port/443", "exp-e1")
    assert "192.0.2.2: serverAuth only" in found.text


# --- the CAs that a peer lists --------------------------------------------------------------------------------

EXP_C = box("exp-c1", "expressway-c", "X15.4")
ZONE = (Connection("zone", "neighbor-zone", "exp-c1", "cucm1", {"tls_verify": Fact("on", "declared")}),)


def dialled(client: tuple[bytes, ...], *listed: Issued, assume: bool = False) -> Run:
    """Expressway-C with this certificate, and a CUCM whose SIP port asks for one and lists these CAs."""
    seen = [
        shows(port(EXP_C, 443), client),
        shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required", listed),
    ]
    return finished([EXP_C, CUCM], seen, () if assume else ZONE, assume=assume)


def test_a_ca_that_the_peer_does_not_list_is_named_with_both_ends() -> None:
    run = dialled(leaf(digicert()), corp()[1], lets_encrypt()[0])
    (found,) = noticed(run, "ca-not-listed").values()
    assert (found.id, found.target, found.peer) == ("exp-c1>cucm1/ca-not-listed/5061/sips", "exp-c1", "cucm1")
    assert found.text == (
        "cucm1 (5061) does not list Test Public CA, which issued exp-c1's server certificate, nor a CA above it."
    )
    assert (found.severity, found.certainty) == ("medium", "declared")
    assert found.because[1].value == "Corp Root and Test Other CA"


@pytest.mark.parametrize("listed", [digicert()[0], digicert()[1]], ids=["issuing", "root"])
def test_the_issuing_ca_and_the_root_count_alike(listed: Issued) -> None:
    assert noticed(dialled(leaf(digicert()), corp()[1], listed), "ca-not-listed") == {}


def test_a_root_that_was_never_seen_counts_by_the_name_below_it() -> None:
    middle, root = pki.intermediate("Middle CA", corp()[1]), corp()[1]
    assert noticed(dialled(leaf((middle, root)), root), "ca-not-listed") == {}


def test_a_name_in_another_string_type_is_the_same_name() -> None:
    root = pki.root("Printable Root")
    spelt = x509.Name([x509.NameAttribute(one.oid, one.value, _ASN1Type.PrintableString) for one in root.name])
    run = dialled(leaf((root, root)), replace(root, name=spelt), corp()[1])
    assert spelt.public_bytes() != root.name.public_bytes()
    assert noticed(run, "ca-not-listed") == {}


def test_an_empty_list_means_any_ca() -> None:
    run = dialled(leaf(digicert()))
    assert [one for one in run.notices if one.kind in ("ca-not-listed", "only-ended-cas")] == []


@pytest.mark.parametrize(("cut", "expected"), [(False, {"ca-not-listed", "only-ended-cas"}), (True, set())])
def test_a_list_that_was_cut_off_says_nothing_of_what_is_not_on_it(cut: bool, expected: set[str]) -> None:
    # Many names of a long list may render alike, so the number of those that are kept tells nothing.
    asks = shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required", lets_encrypt())
    seen = [shows(port(EXP_C, 443), leaf(digicert())), replace(asks, ca_names_cut=cut)]
    kinds = {one.kind for one in finished([EXP_C, CUCM], seen, ZONE).notices}
    assert kinds & {"ca-not-listed", "only-ended-cas"} == expected


def test_a_long_list_that_was_read_to_its_end_is_whole() -> None:
    names = {str(n): name_of(corp()[1]) + bytes([n % 256, n // 256]) for n in range(MAX_CA_NAMES)}
    asks = replace(shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required"), ca_names=names)
    run = finished([EXP_C, CUCM], [shows(port(EXP_C, 443), leaf(digicert())), asks], ZONE)
    assert list(noticed(run, "ca-not-listed")) == ["exp-c1>cucm1/ca-not-listed/5061/sips"]


def test_a_connection_that_nobody_declared_is_worth_less() -> None:
    (found,) = noticed(dialled(leaf(digicert()), corp()[1], assume=True), "ca-not-listed").values()
    assert (found.severity, found.certainty) == ("low", "assumed")


def test_a_client_whose_certificate_nobody_saw_is_no_notice() -> None:
    asks = shows(port(CUCM, 5061, "sips"), leaf(corp()), "required", [digicert()[1]])
    assert noticed(finished([EXP_C, CUCM], [asks], ZONE), "ca-not-listed") == {}


def test_each_listed_ca_is_published_with_what_is_known_of_it() -> None:
    unknown, own = pki.root("Nobody's Root"), pki.root("Site Root")
    listed = [digicert()[1], digicert()[0], lets_encrypt()[0], vendor(), unknown, own]
    run = finished([CUCM], [shows(port(CUCM, 5061, "sips"), leaf(corp()), "required", listed)], trust=[own])
    (accepts,) = (one.accepts for one in run.observations)
    assert [(ca.class_, ca.owner, ca.issues_client_auth) for ca in accepts] == [
        ("public-chrome", "DigiCert", "on-request"),
        ("public-chrome", "DigiCert", "on-request"),
        ("public-chrome", "Internet Security Research Group", "no"),
        ("vendor", "Cisco", "yes"),
        ("private", "Test", "yes"),
        ("private", "Test", "yes"),
    ]


def test_a_server_that_accepts_only_cas_without_client_auth_is_pointed_out() -> None:
    run = dialled(leaf(lets_encrypt()), *lets_encrypt())
    (found,) = noticed(run, "only-ended-cas").values()
    assert found.text == (
        "cucm1 (5061) accepts clients only from CAs that no longer issue clientAuth: Test Other CA and Test Other Root."
    )
    assert (found.id, found.severity) == ("cucm1/only-ended-cas", "medium")


def test_one_ca_that_still_issues_it_is_enough() -> None:
    assert noticed(dialled(leaf(lets_encrypt()), *lets_encrypt(), corp()[1]), "only-ended-cas") == {}


# --- name-mismatch --------------------------------------------------------------------------------------------


def dialled_as(endpoint: Endpoint, ders: tuple[bytes, ...], target: Target = CUCM) -> dict[str, Notice]:
    return noticed(finished([target], [shows(endpoint, ders)]), "name-mismatch")


def test_a_name_that_the_certificate_lacks_is_named_with_those_that_it_has() -> None:
    chain = leaf(corp(), names=["a.example.com", "b.example.com"])
    seen = [shows(port(CUCM, number, server_name="cucm1.example.com"), chain) for number in (443, 8443)]
    (found,) = noticed(finished([CUCM], seen), "name-mismatch").values()
    assert found.id == "cucm1/name-mismatch/cucm1.example.com"
    assert found.text == (
        "cucm1 (443 and 8443) was dialled as cucm1.example.com, and its certificate names "
        "a.example.com and b.example.com."
    )
    assert found.endpoints == ("cucm1:443/https", "cucm1:8443/https")


def test_a_name_that_a_connection_states_is_judged_by_a_verdict_and_told_by_no_notice_too() -> None:
    chain, core = leaf(corp(), names=["a.example.com"]), box("exp-c1", "expressway-c", "X15.4")
    seen = [
        shows(port(CUCM, n, one, server_name="cucm1.example.com"), chain) for n, one in ((5061, "sips"), (443, "https"))
    ]
    stated = {"peer_address": Fact("CUCM1.example.com", "declared"), "tls_verify": Fact("on", "declared")}
    zone = Connection("zone", "neighbor-zone", "exp-c1", "cucm1", stated)
    run = finished([CUCM, core], seen, [zone])
    assert {one.rule: one.now for one in run.verdicts if one.rule == "XN01"} == {"XN01": "breaks"}
    (found,) = noticed(run, "name-mismatch").values()
    assert found.endpoints == ("cucm1:443/https",)


def test_a_bare_address_was_dialled_under_no_name() -> None:
    assert dialled_as(port(CUCM, 8443), leaf(corp(), names=["a.example.com"])) == {}


def test_the_host_counts_where_no_server_name_is_told() -> None:
    chain = leaf(corp(), names=["bücher.example.com".encode("idna").decode()])
    assert dialled_as(port(CUCM, 8443, host="Bücher.example.com."), chain) == {}
    assert list(dialled_as(port(CUCM, 8443, host="other.example.com"), chain)) == [
        "cucm1/name-mismatch/other.example.com"
    ]


def test_an_address_as_server_name_must_be_an_address_in_the_certificate() -> None:
    chain = leaf(corp(), names=["192.0.2.7"])
    assert dialled_as(port(CUCM, 8443, server_name="192.0.2.7"), chain) == {}
    assert len(dialled_as(port(CUCM, 8443, server_name="192.0.2.8"), chain)) == 1


def test_a_wildcard_is_no_name_for_sip_nor_for_an_expressway_and_is_one_elsewhere() -> None:
    chain, edge = leaf(corp(), names=["*.example.com"]), box("exp-e1", "expressway-e", "X15.4")
    assert dialled_as(port(CUCM, 8443, server_name="a.example.com"), chain) == {}
    (sip,) = dialled_as(port(CUCM, 5061, "sips", server_name="a.example.com"), chain).values()
    assert sip.id == "cucm1/name-mismatch/a.example.com/sip-wildcard"
    assert sip.text.endswith("only *.example.com fits, and SIP takes no wildcards (RFC 5922).")
    (web,) = dialled_as(port(edge, 443, server_name="a.example.com"), chain, edge).values()
    assert web.id == "exp-e1/name-mismatch/a.example.com/expressway-wildcard"


def test_a_certificate_shown_without_the_name_was_not_shown_to_it() -> None:
    named, nameless = leaf(corp(), names=["a.example.com"]), leaf(corp(), names=["default.example.com"])
    endpoint = port(CUCM, 8443, server_name="a.example.com")
    found = views(endpoint, (sight(named), named), (sight(nameless, offer=NAMELESS_OFFER.name), nameless))
    assert noticed(finished([CUCM], [found]), "name-mismatch") == {}


def test_names_that_could_not_all_be_read_are_not_missed() -> None:
    many = leaf(corp(), names=[f"n{number}.example.com" for number in range(1001)])
    broken = leaf(corp(), more=[("2.5.29.17", b"\x30\x05\x82\x7fab")])
    for chain in (many, broken):
        assert dialled_as(port(CUCM, 8443, server_name="a.example.com"), chain) == {}


def test_names_from_outside_are_printable_and_bounded() -> None:
    hostile = x509.UniformResourceIdentifier("sip:\x1b[2J" + "x" * 2000)
    (found,) = dialled_as(port(CUCM, 8443, server_name="a\x9b.example.com"), leaf(corp(), names=[hostile])).values()
    assert found.text.isprintable()
    assert found.id.isprintable()
    assert len(found.text) < 1000


# --- weak-tls -------------------------------------------------------------------------------------------------


def weak(*chains: tuple[tuple[bytes, ...], TlsParameters]) -> dict[str, Notice]:
    ports = (443, 8443, 5061)
    seen = [
        views(port(CUCM, number), (sight(ders, tls=tls), ders))
        for number, (ders, tls) in zip(ports, chains, strict=False)
    ]
    return noticed(finished([CUCM], seen), "weak-tls")


@pytest.mark.parametrize(
    ("version", "cipher", "expected"),
    [
        ("TLSv1", "AES128-SHA", {"tls1.0"}),
        ("TLSv1.1", "AES128-SHA", {"tls1.1"}),
        ("DTLSv1", "AES128-SHA", {"dtls1.0"}),
        ("TLSv1.2", "ECDHE-RSA-DES-CBC3-SHA", {"des"}),
        ("TLSv1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", {"des"}),
        ("TLSv1.2", "ECDHE-RSA-NULL-SHA", {"null"}),
        ("TLSv1.2", "AECDH-AES128-SHA", {"anonymous"}),
        ("TLSv1", "EXP-RC4-MD5", {"tls1.0", "export", "rc4"}),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", set()),
        ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", set()),
        ("TLSv1.3", "TLS_AES_256_GCM_SHA384", set()),
    ],
)
def test_old_versions_and_weak_ciphers_are_named(version: str, cipher: str, expected: set[str]) -> None:
    found = weak((leaf(corp()), TlsParameters(version, cipher, None)))
    assert set(found) == {f"cucm1/weak-tls/{name}" for name in expected}


def test_a_weakness_is_told_once_with_all_its_ports() -> None:
    old = TlsParameters("TLSv1", "AES128-SHA", None)
    (found,) = weak((leaf(corp()), old), (leaf(corp()), old), (leaf(corp()), MODERN)).values()
    assert found.text == "cucm1 (443 and 8443) speaks TLS 1.0 with us and nothing newer."


def short_key(name: str, issuer: Issued | None = None, *, ca: bool = False) -> Issued:
    return pki.issue(name, issuer, ca=ca, key=rsa.generate_private_key(65537, 1024))


def test_a_short_key_and_a_broken_signature_are_named_with_their_certificate() -> None:
    root = pki.root("RSA Root", key=pki.rsa_key("root"))
    found = weak(((with_sha1(short_key("host", root), root).der, root.der), MODERN))
    assert {one.id: one.text for one in found.values()} == {
        "cucm1/weak-tls/short-key": "cucm1 (443) presents host with the short key RSA 1024.",
        "cucm1/weak-tls/sha1-signature": "cucm1 (443) presents host, signed with SHA-1.",
    }


def test_key_and_signature_of_a_root_that_was_sent_too_are_not_looked_at() -> None:
    root = short_key("Old Root", ca=True)
    assert weak((leaf((with_sha1(root, root), root)), MODERN)) == {}


def test_the_key_of_a_self_signed_server_counts_and_its_signature_does_not() -> None:
    own = short_key("own")
    assert list(weak(((with_sha1(own, own).der,), MODERN))) == ["cucm1/weak-tls/short-key"]


# --- intolerance ----------------------------------------------------------------------------------------------


def broke_off(reason: str, offer_name: str = "tls1.2-1.3", alert: int | None = None, stage: Stage = "hello") -> Sight:
    return sight(None, "unknown", offer=offer_name, failure=Failure(stage, reason, f"{reason} it", alert))


def answered(*sights: Sight, by: Offer, again: Sight | None = None) -> dict[str, Notice]:
    """What is made of sights without an answer, one that ``by`` brought, and perhaps the first offer ``again``."""
    chain = leaf(corp())
    after = [] if again is None else [(again, None)]
    found = views(port(CUCM, 8443), *((one, None) for one in sights), (sight(chain, offer=by.name), chain), *after)
    return noticed(finished([CUCM], [found]), "intolerance")


@pytest.mark.parametrize("reason", ["closed", "reset", "stalled", "garbled"])
def test_a_peer_that_answers_only_a_smaller_hello_each_time_is_intolerant(reason: str) -> None:
    (found,) = answered(broke_off(reason), by=SMALL_OFFER, again=broke_off(reason)).values()
    assert (found.id, found.certainty) == ("cucm1/intolerance/large-hello", "observed")
    assert found.text == "cucm1 (8443) breaks off at a ClientHello of today, and answers a small one of TLS 1.2."
    assert [because.value for because in found.because] == [f"{reason} it"]


def test_what_was_seen_once_may_be_chance() -> None:
    (found,) = answered(broke_off("reset"), by=SMALL_OFFER).values()
    assert found.certainty == "inferred"
    assert found.text == (
        "cucm1 (8443) breaks off at a ClientHello of today, and answers a small one of TLS 1.2 "
        "(seen once, so it may be chance)."
    )


def test_ports_of_which_one_was_seen_once_are_no_more_certain_than_that_one() -> None:
    chain = leaf(corp())
    small, cut = (sight(chain, offer=SMALL_OFFER.name), chain), (broke_off("closed"), None)
    seen = [views(port(CUCM, 443), cut, small, cut), views(port(CUCM, 8443), cut, small)]
    (found,) = noticed(finished([CUCM], seen), "intolerance").values()
    assert (found.endpoints, found.certainty) == (("cucm1:443/https", "cucm1:8443/https"), "inferred")


def test_a_peer_that_answers_the_same_hello_at_another_time_is_not_intolerant() -> None:
    assert answered(broke_off("reset"), by=SMALL_OFFER, again=sight(leaf(corp()))) == {}


def test_a_peer_that_breaks_off_in_order_at_another_time_is_not_intolerant() -> None:
    assert answered(broke_off("reset"), by=SMALL_OFFER, again=broke_off("alert", alert=70)) == {}


def test_our_own_deadline_proves_nothing() -> None:
    assert answered(broke_off("deadline"), by=SMALL_OFFER) == {}
    (found,) = answered(broke_off("reset"), by=SMALL_OFFER, again=broke_off("deadline")).values()
    assert found.certainty == "inferred"


def test_a_peer_that_hangs_up_on_new_versions_is_intolerant() -> None:
    found = answered(broke_off("closed"), broke_off("closed", SMALL_OFFER.name), by=OLD_OFFER)
    assert list(found) == ["cucm1/intolerance/new-versions"]


def test_an_old_peer_that_refuses_in_order_is_only_old() -> None:
    assert answered(broke_off("alert", alert=70), by=OLD_OFFER) == {}
    assert answered(broke_off("old-version"), by=OLD_OFFER) == {}


def test_a_peer_that_refuses_the_server_name_is_named_so() -> None:
    (found,) = answered(broke_off("alert", alert=112), by=NAMELESS_OFFER).values()
    # It says itself what it refuses, so once is enough.
    assert (found.id, found.certainty) == ("cucm1/intolerance/server-name", "observed")
    assert answered(broke_off("closed"), by=NAMELESS_OFFER) == {}


def test_a_peer_that_chokes_on_post_quantum_key_shares_is_named_so() -> None:
    chain = leaf(corp())
    seen = views(port(CUCM, 8443), (sight(chain), chain), (broke_off("stalled", POST_QUANTUM_OFFER.name), None))
    assert list(noticed(finished([CUCM], [seen]), "intolerance")) == ["cucm1/intolerance/post-quantum"]


def test_a_failure_after_the_certificate_is_no_intolerance() -> None:
    assert answered(broke_off("closed", stage="finish"), by=SMALL_OFFER) == {}


def test_an_endpoint_that_showed_nothing_at_all_is_no_intolerance() -> None:
    seen = views(port(CUCM, 8443), (broke_off("closed"), None), (broke_off("closed", SMALL_OFFER.name), None))
    assert noticed(finished([CUCM], [seen]), "intolerance") == {}


# --- views-differ ---------------------------------------------------------------------------------------------


def test_an_rsa_and_an_ecdsa_certificate_on_one_port_are_both_captured() -> None:
    elliptic, rsa_chain = leaf(corp()), leaf(corp(), key=pki.rsa_key("rsa"))
    looks = [(sight(elliptic), elliptic), (sight(rsa_chain, offer="rsa"), rsa_chain)]
    run = finished([CUCM], [views(port(CUCM, 443), *looks), views(port(CUCM, 8443), *looks)])
    (found,) = noticed(run, "views-differ").values()
    assert (found.id, found.severity) == ("cucm1/views-differ/tomcat", "none")
    assert found.text == (
        "cucm1 (443 and 8443) has a certificate for each kind of key, and both were captured: host.example.com "
        "(EC P-256) at first and host.example.com (RSA 2048) where only RSA is offered."
    )
    assert set(found.certificates) == {sha256_hex(elliptic[0]), sha256_hex(rsa_chain[0])}


def test_certificates_of_one_kind_of_key_that_differ_are_worth_a_look() -> None:
    one, other = leaf(corp()), leaf(corp())
    seen = views(port(CUCM, 8443), (sight(one), one), (sight(other, offer="tls1.2"), other))
    (found,) = noticed(finished([CUCM], [seen]), "views-differ").values()
    assert found.severity == "low"
    assert found.text.endswith("host.example.com (EC P-256) at first and host.example.com (EC P-256) in TLS 1.2.")


def test_one_certificate_in_every_view_is_no_notice() -> None:
    chain = leaf(corp())
    seen = views(port(CUCM, 8443), (sight(chain), chain), (sight(chain, offer="tls1.2"), chain))
    assert noticed(finished([CUCM], [seen]), "views-differ") == {}


def test_what_a_certificate_of_ours_brought_about_is_no_view() -> None:
    one, other = leaf(corp()), leaf(corp())
    seen = views(port(CUCM, 8443), (sight(one), one), (sight(other, presented_as="both"), other))
    assert noticed(finished([CUCM], [seen]), "views-differ") == {}


# --- enforces-client-auth -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "severity", "words"),
    [
        ("enforces", "none", "enforces clientAuth (inferred): it looks at A."),
        ("ignores", "none", "does not enforce clientAuth (inferred): it looks at A."),
        ("any-certificate", "low", "takes any client certificate (inferred): it looks at A."),
        ("undecided", "none", "whether it enforces clientAuth stayed open: it looks at A."),
    ],
)
def test_what_a_peer_made_of_our_certificates_is_told(value: Enforces, severity: str, words: str) -> None:
    told = Enforcement(value, "inferred", ("took A", "refused B " + "with a long name" * 20, "it looks at A"))
    seen = shows(port(CUCM, 5061, "sips"), leaf(corp()), "required")
    assert noticed(finished([CUCM], [replace(seen, enforcement=told)]), "enforces-client-auth") == {}
    shown = tuple(replace(sight, presented_as="A") for sight in seen.sights)
    seen = replace(seen, sights=(*seen.sights, *shown), enforcement=told)
    (found,) = noticed(finished([CUCM], [seen]), "enforces-client-auth").values()
    assert (found.id, found.severity, found.certainty) == (
        "cucm1/enforces-client-auth/5061/sips",
        severity,
        "inferred",
    )
    assert found.text.endswith(words)
    assert [(one.value, one.from_) for one in found.because] == [
        ("took A", "observed"),
        (told.evidence[1], "observed"),
        ("it looks at A", "inferred"),
    ]


def test_nothing_is_told_of_a_peer_that_was_shown_no_certificate() -> None:
    assert noticed(finished([CUCM], [shows(port(CUCM, 5061), leaf(corp()))]), "enforces-client-auth") == {}


# --- api-not-read ---------------------------------------------------------------------------------------------


def test_what_an_api_did_not_tell_is_a_notice_of_its_target() -> None:
    refused = api_failure("/api/v1/system/status", "login-refused")
    missing = [api_failure(f"/api/{name}", "absent", error="404") for name in ("a", "b")]
    told = [
        ApplianceFacts("cms1", "cms", failures=(refused,)),
        ApplianceFacts(
            "exp1", "expressway", "exp1:443/https", Banner("expressway", "X12.5", "X12.5"), failures=tuple(missing)
        ),
        ApplianceFacts("exp2", "expressway", "exp2:443/https"),
    ]
    found = list(api_not_read(told))
    assert [(one.id, one.severity, one.endpoints) for one in found] == [
        ("cms1/api-not-read", "low", ()),
        ("exp1/api-not-read", "none", ("exp1:443/https",)),
    ]
    assert found[0].text.startswith("cms1 told nothing through its API: /api/v1/system/status refuses this user and ")
    assert found[1].text == (
        "exp1 did not tell everything through its API: /api/a is not there on this release (404) (and 1 more)."
    )
    assert [one.value for one in found[1].because] == [failure.said for failure in missing]


def test_notices_from_elsewhere_stand_with_their_targets() -> None:
    (told,) = api_not_read([ApplianceFacts("cucm1", "cms", failures=(api_failure(None, "not-allowed"),))])
    seen = shows(port(CUCM, 8443, server_name="b.example.com"), leaf(corp(), names=["a.example.com"]))
    run = finished([CUCM], [seen], beside=[told])
    assert [one.kind for one in run.notices] == ["name-mismatch", "api-not-read"]


# --- all of them ----------------------------------------------------------------------------------------------


def test_notices_change_no_exit_code() -> None:
    old = TlsParameters("TLSv1", "RC4-MD5", None)
    chain = leaf(corp())
    run = finished([CUCM], [views(port(CUCM, 443, server_name="other.example.com"), (sight(chain, tls=old), chain))])
    assert {one.kind for one in run.notices} == {"weak-tls", "name-mismatch"}
    assert run.summary.exit == 0


def test_ids_of_one_run_are_distinct() -> None:
    one, other, third = (leaf(corp(), key=pki.rsa_key(name)) for name in "abc")
    seen = [
        views(port(CUCM, 443), (sight(one), one), (sight(other, offer="tls1.2"), other)),
        views(port(CUCM, 8443), (sight(one), one), (sight(third, offer="tls1.2"), third)),
    ]
    ids = [found.id for found in finished([CUCM], seen).notices]
    assert ids == ["cucm1/views-differ/tomcat", "cucm1/views-differ/8443/https"]


@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_from_outside_is_printable(name: str, text: str) -> None:
    endpoint = port(CUCM, 8443, server_name=name)
    told = Enforcement("undecided", "inferred", (text,))
    seen = replace(shows(endpoint, leaf(corp(), names=["a.example.com"])), enforcement=told)
    for found in finished([CUCM], [seen]).notices:
        assert found.text.isprintable()
        assert found.id.isprintable()
