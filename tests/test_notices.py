"""Notices: what each kind is found in, what it is not found in, and that any text survives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Connection, Endpoint, Fact, Notice, Run, SlotFile, Target
from ekuscan.notices import table
from ekuscan.notices.accepted import LONGEST_LIST
from ekuscan.notices.dialled import fits
from ekuscan.notices.table import packaged
from ekuscan.table_rows import TableError
from ekuscan.wire.offer import NAMELESS_OFFER
from ekuscan.wire.tls import MAX_CA_NAMES
from tests import pki
from tests.noticing import (
    BOTH,
    LATER,
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
        ('source = ["ATS"]', 'source = ["NOBODY"]', "tomcat-reuse: source: NOBODY is not in the tables"),
        ('source = ["ATS"]', "source = []", "tomcat-reuse: source is empty"),
        ("[[reuse]]", "[[reuses]]", "unknown key reuses"),
    ],
)
def test_a_faulty_table_names_its_row(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = table.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "notices.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError, match=message):
        table.load(path)


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
    assert (found.id, found.target, found.severity) == ("edge/cluster-differs/server", "edge", "medium")
    assert found.text == (
        "edge, slot server: not all are fit for the same: exp-e1: serverAuth and clientAuth; exp-e2: serverAuth only."
    )
    assert found.endpoints == ("exp-e1:443/https", "exp-e2:443/https")
    assert [because.fact for because in found.because] == ["exp-e1", "exp-e2"]


def test_members_with_certificates_of_different_cas_are_pointed_out() -> None:
    (found,) = noticed(pair(leaf(digicert()), leaf(corp())), "cluster-differs").values()
    assert found.text == (
        "edge, slot server: issued by different CAs: exp-e1: DigiCert (public-chrome); exp-e2: Corp (private)."
    )


def test_members_whose_certificates_end_far_apart_are_pointed_out() -> None:
    (found,) = noticed(pair(leaf(corp(), end=SOON), leaf(corp(), end=LATER)), "cluster-differs").values()
    assert found.text.startswith("edge, slot server: they end far apart: exp-e1: 20 Feb 2027; exp-e2: ")


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
    assert list(noticed(finished([E1, E2], seen), "cluster-differs")) == ["edge/cluster-differs/server/RSA"]


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
    assert (found.id, found.target) == ("exp-e1/cluster-differs/443", "exp-e1")
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


def test_a_list_that_was_cut_off_says_nothing_of_what_is_not_on_it() -> None:
    names = {str(n): name_of(corp()[1]) + bytes([n % 256, n // 256]) for n in range(LONGEST_LIST)}
    asks = replace(shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required"), ca_names=names)
    run = finished([EXP_C, CUCM], [shows(port(EXP_C, 443), leaf(digicert())), asks], ZONE)
    assert noticed(run, "ca-not-listed") == {}


def test_the_longest_list_is_the_one_that_is_read() -> None:
    assert LONGEST_LIST == MAX_CA_NAMES


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


@pytest.mark.parametrize(
    ("name", "protocol", "san", "common", "expected"),
    [
        ("exp.example.com", "https", ["DNS:EXP.example.com"], None, "yes"),
        ("exp.example.com", "https", ["DNS:exp.example.com."], None, "yes"),
        ("exp.example.com", "https", ["DNS:other.example.com"], "exp.example.com", "no"),
        ("exp.example.com", "https", [], "Exp.example.com", "yes"),
        ("exp.example.com", "https", ["IP:192.0.2.1"], "exp.example.com", "yes"),
        ("exp.example.com", "https", ["DNS:*.example.com"], None, "wildcard"),
        ("a.exp.example.com", "https", ["DNS:*.example.com"], None, "no"),
        ("example.com", "https", ["DNS:*.example.com"], None, "no"),
        ("exp.example.com", "https", ["DNS:e*.example.com"], None, "no"),
        ("exp.example.com", "https", ["DNS:*.*.com"], None, "no"),
        ("com", "https", ["DNS:*"], None, "no"),
        ("xn--bcher-kva.example.com", "https", ["DNS:xn--bcher-kva.example.com"], None, "yes"),
        ("192.0.2.1", "https", ["IP:192.0.2.1"], None, "yes"),
        ("192.0.2.1", "https", ["DNS:192.0.2.1"], "192.0.2.1", "no"),
        ("2001:db8::1", "https", ["IP:2001:db8:0:0::1"], None, "yes"),
        ("example.com", "sips", ["URI:sip:example.com"], None, "yes"),
        ("example.com", "sips", ["URI:sip:example.com:5061;transport=tls"], None, "yes"),
        ("example.com", "sips", ["URI:sip:alice@example.com"], None, "no"),
        ("example.com", "sips", ["URI:https:example.com"], None, "no"),
        ("example.com", "https", ["URI:sip:example.com"], None, "no"),
        ("example.com", "sips", ["URI:sip:other.example.com"], "example.com", "no"),
        ("example.com", "xmpp-server", ["SRVName:_xmpp-server.example.com"], None, "yes"),
        ("example.com", "xmpp-client", ["SRVName:_xmpp-server.example.com"], None, "no"),
        ("example.com", "xmpp-client", ["XmppAddr:example.com"], None, "yes"),
        ("example.com", "https", ["XmppAddr:example.com"], None, "no"),
    ],
)
def test_a_name_fits_by_the_rules_of_its_protocol(
    name: str, protocol: str, san: list[str], common: str | None, expected: str
) -> None:
    assert fits(name, protocol, san, common) == expected


@given(st.text(max_size=40), st.sampled_from(["https", "sips", "xmpp-client"]), st.lists(st.text(max_size=40)))
def test_any_names_give_an_answer(name: str, protocol: str, san: list[str]) -> None:
    assert fits(name, protocol, san, name or None) in ("yes", "wildcard", "no")
    assert fits(name, protocol, [f"DNS:{one}" for one in san], None) in ("yes", "wildcard", "no")


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
