"""Policy: dates, CA timelines and validity. Expectations are those of the reference notes, not of the tables."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan import policy, sources
from ekuscan.model import Certificate, Chain, ChromeState, Eku, Hierarchy, HierarchyClass
from ekuscan.policy import TableError, load
from ekuscan.policy.organization import organization_of

TODAY = date(2026, 11, 23)
CHROME_LEAF = date(2027, 3, 15)

# Owners as the trust data spells them, with the O of one of their issuing CAs.
DIGICERT = ("DigiCert", "DigiCert Inc", "DigiCert Global Root G2")
LETS_ENCRYPT = ("Internet Security Research Group", "Let's Encrypt", "ISRG Root X1")
SECTIGO = ("Sectigo", "Sectigo Limited", "USERTrust RSA Certification Authority")
SSL_COM = ("SSL.com", "SSL Corporation", "SSL.com TLS RSA Root CA 2022")
GOOGLE = ("Google Trust Services LLC", "Google Trust Services", "GTS Root R1")
GODADDY = ("GoDaddy", "GoDaddy.com, Inc.", "Go Daddy Root Certificate Authority - G2")
CERTUM = ("Asseco Data Systems S.A. (previously Unizeto Certum)", "Asseco Data Systems S.A.", "Certum Trusted Root CA")
IDENTRUST = ("IdenTrust Services, LLC", "IdenTrust", "IdenTrust Commercial Root CA 1")
AMAZON = ("Amazon Trust Services", "Amazon", "Amazon Root CA 1")
GLOBALSIGN = ("GlobalSign nv-sa", "GlobalSign nv-sa", "GlobalSign")
SWISSSIGN = ("SwissSign AG", "SwissSign AG", "SwissSign RSA TLS Root CA 2022 - 1")
MICROSOFT = ("Microsoft Corporation", "Microsoft Corporation", "Microsoft RSA Root Certificate Authority 2017")
ENTRUST = ("Sectigo", "Entrust, Inc.", "Entrust Root Certification Authority - G2")
ZEROSSL = ("Sectigo", "ZeroSSL", "USERTrust RSA Certification Authority")
UNKNOWN = ("A new CA", "A new CA Ltd.", "A new CA Root 1")

PUBLIC_SECTOR = ("IdenTrust Services, LLC", "IdenTrust", "IdenTrust Public Sector Root CA 1")
ASSURED_G2 = ("DigiCert", "DigiCert Inc", "DigiCert Assured ID Root G2")

Ca = tuple[str | None, str | None, str | None]
CAS: tuple[Ca, ...] = (
    DIGICERT,
    LETS_ENCRYPT,
    SECTIGO,
    SSL_COM,
    GOOGLE,
    GODADDY,
    CERTUM,
    IDENTRUST,
    AMAZON,
    UNKNOWN,
    ASSURED_G2,
    GLOBALSIGN,
    SWISSSIGN,
    MICROSOFT,
    ENTRUST,
    ZEROSSL,
    (None, None, None),
)
days = st.dates(min_value=date(2024, 1, 1), max_value=date(2031, 1, 1))


def asked(ca: Ca, at: date, hierarchy_class: HierarchyClass = "public-chrome") -> policy.Issuance:
    return policy.issues_next(*ca, hierarchy_class, at)


# --- dates ------------------------------------------------------------------------------------------------------


# Every date of the notes: policy.md sections 1, 2 and 2.1, cisco.md section 1.4, and the watch list.
IN_FORCE = {
    "chrome-dedicated-applicants": date(2022, 9, 1),
    "chrome-policy-1.6": date(2025, 2, 15),
    "chrome-applicant-subca": date(2025, 6, 15),
    "chrome-policy-1.8": date(2026, 2, 5),
    "chrome-subca": date(2026, 6, 15),
    "chrome-leaf": date(2027, 3, 15),
    "chrome-two-roots": date(2027, 9, 15),
    "chrome-keys-2007": date(2026, 4, 15),
    "chrome-keys-2009": date(2027, 4, 15),
    "chrome-keys-2011": date(2028, 4, 15),
    "chrome-keys-2014": date(2029, 4, 15),
    "mozilla-plan": date(2026, 4, 15),
    "mozilla-3.1": date(2026, 7, 1),
    "mozilla-split": date(2028, 12, 31),
    "microsoft-separate": date(2026, 7, 1),
    "microsoft-mixed": date(2027, 1, 1),
    "ccadb-cross-eku": date(2025, 6, 15),
    "ccadb-subca-eku": date(2025, 9, 15),
    "validity-200": date(2026, 3, 15),
    "validity-100": date(2027, 3, 15),
    "validity-47": date(2029, 3, 15),
    "cas-default": date(2025, 10, 1),
    "cas-end": date(2026, 5, 1),
    "le-classic": date(2026, 2, 11),
    "le-gen-y": date(2026, 5, 28),
    "le-tlsclient": date(2026, 7, 8),
    "le-last-classic": date(2026, 5, 11),
    "le-last-combined": date(2026, 10, 5),
    "le-45-tlsserver": date(2026, 5, 13),
    "le-64-classic": date(2027, 2, 10),
    "le-45-classic": date(2028, 2, 16),
    "digicert-default": date(2025, 10, 1),
    "digicert-end": date(2027, 3, 1),
    "digicert-g1": date(2026, 4, 15),
    "digicert-ica-revoked": date(2026, 5, 15),
    "digicert-assured": date(2026, 9, 14),
    "sectigo-qwac": date(2025, 4, 7),
    "sectigo-default": date(2025, 10, 7),
    "sectigo-end": date(2026, 5, 15),
    "sectigo-trustico": date(2026, 10, 31),
    "sectigo-end-resellers": date(2027, 2, 10),
    "zerossl-seen": date(2025, 10, 15),
    "sslcom-default": date(2025, 9, 15),
    "google-default": date(2025, 11, 10),
    "google-end": date(2026, 4, 13),
    "godaddy-end": date(2026, 6, 15),
    "certum-end": date(2026, 5, 15),
    "amazon-seen": date(2026, 1, 1),
    "azure-managed": date(2026, 1, 15),
    "entrust-chrome": date(2024, 11, 11),
    "entrust-closed": date(2025, 3, 15),
    "x15.4": date(2026, 2, 1),
    "x15.5": date(2026, 4, 1),
    "ucm-15su5": date(2026, 12, 31),
    "cc-15su2": date(2026, 12, 31),
    "genesys-byoc": date(2026, 3, 9),
    "twilio-sip": date(2026, 8, 1),
    "webex-di-cas": date(2027, 2, 1),
}


def test_the_dates_in_force_are_those_of_the_sources() -> None:
    rows = policy.packaged().dates.values()
    assert {row.id: row.day for row in rows if row.superseded_by is None} == IN_FORCE


@pytest.mark.parametrize(
    ("old", "day", "new", "word"),
    [
        ("chrome-leaf-june-2026", date(2026, 6, 15), "chrome-leaf", "stay trusted until they expire"),
        ("le-tlsclient-may", date(2026, 5, 13), "le-tlsclient", "extended from 13 May 2026 to 8 Jul 2026"),
        ("digicert-end-may", date(2026, 5, 1), "digicert-end", "from 1 May 2026 to 1 Mar 2027"),
        ("digicert-assured-july", date(2026, 7, 1), "digicert-assured", "later cut-off"),
        ("sectigo-default-announced", date(2025, 9, 15), "sectigo-default", "applied"),
        ("swisssign-q2", date(2026, 6, 30), "chrome-leaf", "withdrew"),
        ("x15.5-may", date(2026, 5, 1), "x15.5", "shipped"),
    ],
)
def test_a_moved_date_stays_and_says_what_changed(old: str, day: date, new: str, word: str) -> None:
    row = policy.packaged().dates[old]
    assert (row.day, row.superseded_by) == (day, new)
    assert row.change is not None
    assert word in row.change


def test_every_date_of_the_document_has_a_row() -> None:
    named = {document for row in policy.packaged().dates.values() for document in row.document}
    assert {"F06", "F09", "F10", "F12", "F25", "F26", "F27", "D4", "D6", "T3"} <= named


def test_a_sentence_names_no_date_that_the_tables_do_not_have() -> None:
    for row in policy.packaged().dates.values():
        assert "{" not in row.text + (row.change or "") + (row.conflict or "")


def test_no_day_and_no_release_stands_in_code() -> None:
    package = Path(load.__file__).parents[1]
    for path in (*(package / "policy").glob("*.py"), *(package / "answers").glob("*.py")):
        code = re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(19|20)\d\d\b|\bX1[45]\b", code), path


# --- what a CA issues next --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ca", "at", "default", "on_request", "until"),
    [
        (DIGICERT, date(2025, 9, 30), "both", False, None),
        (DIGICERT, date(2025, 10, 1), "server", True, date(2027, 3, 1)),
        (DIGICERT, TODAY, "server", True, date(2027, 3, 1)),
        (DIGICERT, date(2027, 2, 28), "server", True, date(2027, 3, 1)),
        (DIGICERT, date(2027, 3, 1), "server", False, None),
        (LETS_ENCRYPT, date(2026, 2, 10), "both", False, None),
        (LETS_ENCRYPT, date(2026, 2, 11), "server", True, date(2026, 7, 8)),
        (LETS_ENCRYPT, date(2026, 7, 8), "server", False, None),
        (LETS_ENCRYPT, TODAY, "server", False, None),
        (SECTIGO, TODAY, "server", True, date(2027, 2, 10)),
        (SECTIGO, date(2027, 2, 10), "server", False, None),
        (SSL_COM, date(2025, 9, 15), "server", False, None),
        (GOOGLE, date(2026, 4, 12), "server", True, date(2026, 4, 13)),
        (GOOGLE, date(2026, 4, 13), "server", False, None),
        (GODADDY, date(2026, 6, 15), "server", False, None),
        (CERTUM, date(2026, 5, 14), "server", True, date(2026, 5, 15)),
        (CERTUM, date(2026, 5, 15), "server", False, None),
        (IDENTRUST, TODAY, "server", False, None),
        (IDENTRUST, date(2025, 9, 30), "both", False, None),
        (AMAZON, date(2025, 12, 31), "both", False, None),
        (AMAZON, TODAY, "server", False, None),
        (SSL_COM, date(2025, 9, 14), "both", False, None),
        (GOOGLE, date(2025, 11, 9), "both", False, None),
        (GOOGLE, date(2025, 11, 10), "server", True, date(2026, 4, 13)),
        (SECTIGO, date(2025, 10, 6), "both", False, None),
        (SECTIGO, date(2025, 10, 7), "server", True, date(2027, 2, 10)),
        (MICROSOFT, date(2026, 1, 14), "both", False, None),
        (MICROSOFT, date(2026, 1, 15), "server", False, None),
        (ENTRUST, date(2025, 3, 14), "both", False, None),
        (ENTRUST, date(2025, 3, 15), "server", False, None),
        (ZEROSSL, date(2025, 10, 14), "both", False, None),
        (ZEROSSL, date(2025, 10, 15), "server", False, None),
        (SWISSSIGN, TODAY, "server", True, CHROME_LEAF),
        (GLOBALSIGN, TODAY, "server", False, None),
        (GLOBALSIGN, date(2026, 4, 30), "both", False, None),
        (ASSURED_G2, date(2027, 2, 28), "both", False, None),
        (ASSURED_G2, date(2027, 3, 1), "server", False, None),
        (UNKNOWN, date(2025, 10, 1), "server", True, date(2026, 5, 1)),
        (UNKNOWN, date(2025, 9, 30), "both", False, None),
        (UNKNOWN, TODAY, "server", False, None),
        ((None, None, None), TODAY, "server", False, None),
    ],
)
def test_a_ca_issues_what_its_timeline_says(
    ca: Ca, at: date, default: str, on_request: bool, until: date | None
) -> None:
    issuance = asked(ca, at)
    assert (issuance.default, issuance.on_request, issuance.on_request_until) == (default, on_request, until)


def test_the_alternate_roots_that_cisco_names_issue_both() -> None:
    assert asked(PUBLIC_SECTOR, TODAY, "public-other").default == "both"
    assert asked(PUBLIC_SECTOR, date(2030, 1, 1), "public-other").default == "both"
    assert asked(ASSURED_G2, TODAY).default == "both"


def test_two_sources_that_disagree_are_both_told() -> None:
    sectigo = asked(SECTIGO, TODAY)
    assert sectigo.confidence == "L"
    assert sectigo.conflict is not None
    assert "15 May 2026" in sectigo.conflict
    assert "10 Feb 2027" in sectigo.conflict
    assured = asked(ASSURED_G2, TODAY)
    assert assured.conflict is not None
    assert "1 Mar 2027" in assured.conflict


def test_what_prolongs_a_request_is_named_with_its_conflict() -> None:
    early = asked(SECTIGO, date(2026, 1, 1))
    assert early.on_request_until == date(2027, 2, 10)
    assert early.conflict is not None


@pytest.mark.parametrize("hierarchy_class", ["private", "self-signed", "vendor"])
def test_policy_does_not_touch_a_private_ca_whatever_it_calls_itself(hierarchy_class: HierarchyClass) -> None:
    for ca in CAS:
        issuance = asked(ca, TODAY, hierarchy_class)
        assert (issuance.default, issuance.last_combined_day, issuance.confidence) == ("keep", None, "H")


def test_a_public_client_root_goes_on_issuing_what_it_issues() -> None:
    ca = ("DigiCert", "DigiCert, Inc.", "DigiCert Client RSA4096 Root G5")
    assert asked(ca, date(2028, 1, 1), "public-other").default == "keep"


def test_digicerts_x9_root_is_not_bound_by_digicerts_date() -> None:
    assert asked(("DigiCert", "DigiCert Inc", "DigiCert X9 Root"), date(2028, 1, 1), "public-other").default == "both"


def test_the_issuing_ca_counts_before_the_owner_of_its_root() -> None:
    azure = asked(("DigiCert", "Microsoft Corporation", "DigiCert Global Root G2"), TODAY)
    assert azure.authority == "Microsoft"
    assert not azure.on_request


def test_the_owner_counts_where_the_issuing_ca_is_a_resellers() -> None:
    assert asked(("Sectigo", "GoGetSSL", "USERTrust RSA Certification Authority"), TODAY).authority == "Sectigo"


def test_letter_case_and_spaces_of_a_name_do_not_matter() -> None:
    assert asked((" digicert ", None, None), TODAY).on_request
    assert asked((None, "LET'S ENCRYPT", None), TODAY).authority == "Let's Encrypt"


def test_a_chain_that_reaches_no_known_ca_is_believed_less() -> None:
    issuance = asked((None, "Let's Encrypt", None), TODAY, "undecided")
    assert (issuance.default, issuance.on_request, issuance.confidence) == ("server", False, "M")


def test_an_unknown_root_outside_chrome_is_taken_to_follow_most_cas_with_little_confidence() -> None:
    early = asked(UNKNOWN, date(2026, 4, 30), "public-other")
    assert (early.default, early.on_request, early.on_request_until) == ("server", True, date(2026, 5, 1))
    for at in (TODAY, CHROME_LEAF):
        issuance = asked(UNKNOWN, at, "public-other")
        assert (issuance.default, issuance.on_request, issuance.confidence) == ("server", False, "L")


@given(owner=st.none() | st.text(max_size=30), organization=st.none() | st.text(max_size=30), at=days)
def test_any_name_gets_an_answer(owner: str | None, organization: str | None, at: date) -> None:
    assert asked((owner, organization, None), at).rows


@given(ca=st.sampled_from(CAS), after=st.integers(0, 2000))
def test_from_chromes_date_on_no_ca_under_its_roots_issues_client_auth(ca: Ca, after: int) -> None:
    issuance = asked(ca, CHROME_LEAF + timedelta(days=after))
    assert not issuance.combined
    assert issuance.default == "server"


@given(after=st.integers(0, 5000), owner=st.sampled_from(["Internet Security Research Group", "ISRG", None]))
def test_lets_encrypt_never_issues_client_auth_again(after: int, owner: str | None) -> None:
    assert not asked((owner, "Let's Encrypt", None), date(2026, 7, 8) + timedelta(days=after)).combined


@given(ca=st.sampled_from(CAS), first=days, second=days)
def test_what_a_ca_has_stopped_issuing_does_not_come_back(ca: Ca, first: date, second: date) -> None:
    earlier, later = asked(ca, min(first, second)), asked(ca, max(first, second))
    assert earlier.combined >= later.combined
    assert (earlier.default == "both") >= (later.default == "both")


@given(ca=st.sampled_from(CAS), at=days)
def test_the_last_day_for_both_is_the_day_before_the_end(ca: Ca, at: date) -> None:
    last = asked(ca, at).last_combined_day
    assert last is not None
    assert asked(ca, last).combined
    assert not asked(ca, last + timedelta(days=1)).combined
    assert asked(ca, at).combined == (at <= last)


@given(ca=st.sampled_from(CAS), at=days)
def test_on_request_until_is_the_first_day_without(ca: Ca, at: date) -> None:
    issuance = asked(ca, at)
    assert (issuance.on_request_until is not None) == issuance.on_request
    if issuance.on_request_until is not None:
        assert issuance.on_request_until > at
        assert not asked(ca, issuance.on_request_until).on_request


def test_every_public_authority_under_chrome_has_ended_by_chromes_date() -> None:
    tables = policy.packaged()
    for authority in tables.authorities:
        row = next(row for row in reversed(tables.timeline(authority)) if tables.day(row.from_) <= CHROME_LEAF)
        assert authority.outside_chrome or not row.combined, authority.id


# --- validity ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "longest"),
    [
        (date(2026, 3, 14), 398),
        (date(2026, 3, 15), 200),
        (date(2027, 3, 14), 200),
        (date(2027, 3, 15), 100),
        (date(2029, 3, 14), 100),
        (date(2029, 3, 15), 47),
    ],
)
def test_the_longest_validity_falls_on_its_days(at: date, longest: int) -> None:
    assert policy.longest_validity(at) == longest


def test_the_horizon_is_that_of_the_reference_notes() -> None:
    assert policy.latest_end(date(2026, 3, 14)) == date(2027, 4, 16)  # the last certificate of 398 days
    assert policy.latest_end(date(2027, 2, 28)) == date(2027, 9, 16)  # the last of DigiCert's with both EKUs
    assert policy.latest_end(CHROME_LEAF - timedelta(days=1)) == date(2027, 9, 30)  # the last one Chrome allows


def test_cas_stay_a_day_below_the_limit() -> None:
    assert policy.lasts_until(date(2027, 2, 19)) == date(2027, 9, 6)


@given(at=days, later=st.integers(0, 1000))
def test_the_longest_validity_only_falls(at: date, later: int) -> None:
    assert policy.longest_validity(at) >= policy.longest_validity(at + timedelta(days=later))


@given(first=days, span=st.integers(0, 400))
def test_no_day_in_between_lasts_longer_than_the_best_one(first: date, span: int) -> None:
    last = first + timedelta(days=span)
    best = policy.best_issue_day(first, last)
    assert first <= best <= last
    candidates = (first + timedelta(days=step) for step in range(span + 1))
    assert policy.lasts_until(best) == max(map(policy.lasts_until, candidates))


# --- the calendar -----------------------------------------------------------------------------------------------


def test_the_calendar_has_the_dates_in_force_in_order_and_both_ends() -> None:
    events = policy.events(date(2027, 3, 1), CHROME_LEAF)
    assert [event.id for event in events] == ["digicert-end", "chrome-leaf", "validity-100"]
    assert [event.when for event in events] == ["1 Mar 2027", "15 Mar 2027", "15 Mar 2027"]
    assert "15 Jun 2026" in events[1].replaces[0]


def test_the_calendar_leaves_out_what_was_superseded() -> None:
    shown = {event.id for event in policy.events(date.min, date.max)}
    moved = {row.id for row in policy.packaged().dates.values() if row.superseded_by is not None}
    assert moved
    assert shown.isdisjoint(moved)
    assert shown | moved == set(policy.packaged().dates)


def test_no_event_between_days_that_are_the_wrong_way_round() -> None:
    assert policy.events(CHROME_LEAF, TODAY) == ()


@pytest.mark.parametrize(
    ("day", "precision", "text"),
    [
        (date(2027, 3, 1), "day", "1 Mar 2027"),
        (date(2026, 4, 13), "week", "week of 13 Apr 2026"),
        (date(2026, 5, 1), "month", "May 2026"),
        (date(2026, 6, 30), "quarter", "Q2 2026"),
        (date(2026, 12, 31), "quarter", "Q4 2026"),
        (date(2025, 10, 15), "about", "about 15 Oct 2025"),
    ],
)
def test_a_day_is_spoken_no_more_exactly_than_it_is_known(day: date, precision: str, text: str) -> None:
    assert policy.spoken(day, precision) == text  # type: ignore[arg-type]


# --- the days of a certificate ----------------------------------------------------------------------------------


def leaf(ends: date | None, issuer: str = "CN=Issuing CA,O=DigiCert Inc,C=US") -> Certificate:
    after = datetime.combine(ends, time(23, 59, 59), UTC) if ends else None
    eku = Eku("listed", None, ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), ("serverAuth", "clientAuth"))
    return Certificate("CN=exp-e1.example.com", issuer, "01", None, after, "RSA 2048", (), eku, (), (), "")


def chain(ca: Ca, hierarchy_class: HierarchyClass = "public-chrome") -> Chain:
    owner, _, root = ca
    hierarchy = Hierarchy(hierarchy_class, root, owner, ChromeState("trusted"), "inferred", ())
    return Chain((), (), (), hierarchy, {})


def test_a_certificate_that_ends_before_its_cas_date_is_renewed_before_it_ends() -> None:
    found = policy.certificate_days(leaf(date(2027, 2, 20)), chain(DIGICERT), TODAY)
    assert found.last_day_valid == date(2027, 2, 20)
    assert found.client_auth == "until"
    assert found.last_day_to_renew == found.renew_on == date(2027, 2, 19)
    assert found.lasts_to == date(2027, 9, 6)


def test_a_certificate_that_outlives_its_cas_date_is_renewed_before_that_date() -> None:
    found = policy.certificate_days(leaf(date(2027, 5, 28)), chain(DIGICERT), TODAY)
    assert found.last_day_to_renew == found.renew_on == date(2027, 2, 28)
    assert found.lasts_to == date(2027, 9, 15)


def test_lets_encrypts_day_has_passed() -> None:
    issuer = "CN=YR1,O=Let's Encrypt,C=US"
    found = policy.certificate_days(leaf(date(2026, 12, 20), issuer), chain(LETS_ENCRYPT), TODAY)
    assert (found.client_auth, found.last_day_to_renew) == ("passed", date(2026, 7, 7))
    assert (found.renew_on, found.lasts_to) == (None, None)


def test_a_private_certificate_is_not_affected() -> None:
    found = policy.certificate_days(leaf(date(2028, 6, 30), "O=Corp"), chain((None, None, None), "private"), TODAY)
    assert (found.client_auth, found.last_day_to_renew, found.lasts_to) == ("not-affected", None, None)
    assert found.last_day_valid == date(2028, 6, 30)


def test_an_alternate_root_without_an_end_is_best_renewed_before_validity_falls() -> None:
    certificate, known = leaf(date(2027, 6, 1), "O=IdenTrust"), chain(PUBLIC_SECTOR, "public-other")
    found = policy.certificate_days(certificate, known, TODAY)
    assert (found.client_auth, found.last_day_to_renew) == ("open", date(2027, 5, 31))
    assert (found.renew_on, found.lasts_to) == (date(2027, 3, 14), date(2027, 9, 29))


def test_an_expired_certificate_can_still_be_renewed_until_its_cas_date() -> None:
    found = policy.certificate_days(leaf(date(2026, 11, 1)), chain(DIGICERT), TODAY)
    assert found.last_day_to_renew == date(2027, 2, 28)


def test_a_certificate_that_ends_today_is_renewed_today() -> None:
    found = policy.certificate_days(leaf(TODAY), chain(DIGICERT), TODAY)
    assert found.last_day_to_renew == found.renew_on == TODAY


def test_a_certificate_without_a_readable_end_has_no_last_day_of_its_own() -> None:
    found = policy.certificate_days(leaf(None), chain(DIGICERT), TODAY)
    assert (found.last_day_valid, found.last_day_to_renew) == (None, date(2027, 2, 28))
    open_end = policy.certificate_days(leaf(None, "O=IdenTrust"), chain(PUBLIC_SECTOR, "public-other"), TODAY)
    assert (open_end.last_day_to_renew, open_end.renew_on) == (None, TODAY)


@given(ca=st.sampled_from(CAS), ends=st.none() | days, today=days)
def test_the_days_of_a_certificate_are_in_order(ca: Ca, ends: date | None, today: date) -> None:
    found = policy.certificate_days(leaf(ends, f"O={ca[1] or 'x'}"), chain(ca), today)
    if found.renew_on is not None and found.lasts_to is not None:
        assert today <= found.renew_on < found.lasts_to
        assert found.last_day_to_renew is None or found.renew_on <= found.last_day_to_renew
        assert asked((ca[0], organization_of(f"O={ca[1] or 'x'}"), ca[2]), found.renew_on).combined


@pytest.mark.parametrize(
    ("name", "organization"),
    [
        ("CN=R11,O=Let's Encrypt,C=US", "Let's Encrypt"),
        (r"CN=DigiCert TLS RSA4096 Root G5,O=DigiCert\, Inc.,C=US", "DigiCert, Inc."),
        ("CN=a+O=b,C=US", "b"),
        (r"CN=O\=not this,O=this", "this"),
        (r"O=Firma \c3\84rger,C=DE", "Firma Ärger"),
        ("2.5.4.10=By number,C=US", "By number"),
        ("CN=none", None),
        ("", None),
        ("OU=unit only", None),
    ],
)
def test_the_organisation_of_a_name_is_read_with_its_escapes(name: str, organization: str | None) -> None:
    assert organization_of(name) == organization


@given(st.text())
def test_any_text_can_be_asked_for_its_organisation(text: str) -> None:
    organization_of(text)


# --- strict tables ----------------------------------------------------------------------------------------------

CHROME_ROW = 'id = "chrome-leaf"'


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "told"),
    [
        ("dates.toml", replaced(CHROME_ROW, f"{CHROME_ROW}\nweekday = 1"), "chrome-leaf: unknown key weekday"),
        ("dates.toml", replaced("day = 2027-09-15", 'day = "soon"'), "chrome-two-roots: day is 'soon', not a date"),
        ("dates.toml", replaced("day = 2027-09-15", "day = 2027-09-15T00:00:00Z"), "chrome-two-roots: day is"),
        ("dates.toml", replaced("day = 2027-09-15", "day = 2027-02-30"), "dates.toml: "),
        ("dates.toml", replaced("day = 2027-09-15\n", ""), "chrome-two-roots: day is missing"),
        ("dates.toml", replaced('id = "chrome-two-roots"', CHROME_ROW), "chrome-leaf stands twice"),
        ("dates.toml", replaced('confidence = "H"', 'confidence = "X"'), "confidence is 'X', not one of H, M, L"),
        ("dates.toml", replaced('source = ["CHROME"]', 'source = ["GOSSIP"]'), "GOSSIP is not in the tables"),
        ("dates.toml", replaced('source = ["CHROME"]', "source = []"), "source is empty"),
        ("dates.toml", replaced('source = ["CHROME"]', 'source = "CHROME"'), "source is 'CHROME', not a list"),
        ("dates.toml", replaced('superseded_by = "chrome-leaf"\n', ""), "superseded_by and change go together"),
        ("dates.toml", replaced('superseded_by = "chrome-leaf"', 'superseded_by = "never"'), "never is not in"),
        ("dates.toml", replaced("{chrome-leaf}", "{some-day}"), "{some-day} is no date"),
        ("dates.toml", replaced("[[date]]", "[[day]]"), "unknown key day"),
        ("authorities.toml", replaced("on_request = true", 'on_request = "yes"'), "on_request is 'yes', not true"),
        ("authorities.toml", replaced('from = "digicert-default"', 'from = "digicert-end-may"'), "superseded"),
        ("authorities.toml", replaced('from = "le-tlsclient"', 'from = "le-classic"'), "is not later than"),
        (
            "authorities.toml",
            replaced('from = "le-tlsclient"\ndefault = "server"', 'from = "le-tlsclient"\ndefault = "both"'),
            "letsencrypt-end gives back what letsencrypt-classic had taken away",
        ),
        ("authorities.toml", replaced('"Sectigo Limited"', '"DigiCert Inc"'), "digicert inc stands twice"),
        ("validity.toml", replaced('from = "validity-200"\n', ""), "the first row, and only it, has no day"),
        ("validity.toml", replaced("days = 200", "days = 200.5"), "200: days is 200.5, not a whole number"),
        ("validity.toml", replaced("[practice]", "[habit]"), "unknown key habit"),
        ("validity.toml", replaced("[practice]", "[practice"), "validity.toml: "),
    ],
)
def test_a_table_that_breaks_its_schema_is_refused_with_file_and_row(
    tmp_path: Path, file: str, edit: Callable[[str], str], told: str
) -> None:
    for name in ("dates.toml", "authorities.toml", "validity.toml"):
        shutil.copy(Path(load.__file__).with_name(name), tmp_path / name)
    path = tmp_path / file
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(TableError, match=re.escape(told)):
        load.load(tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"dates\.toml"):
        load.load(tmp_path)


# --- sources ----------------------------------------------------------------------------------------------------

CISCO_CODES = {
    "S",
    "S-EN",
    "N155",
    "FN-EXP",
    "FN-UCM",
    "FN-CUBE",
    "FN-CC",
    "CERT155",
    "DIAG",
    "ZN",
    "CMD",
    "P15",
    "ATS",
    "CLUS",
    "XMPPX",
    "IMPF",
    "HYB",
    "EDGE",
    "UCP",
    "OAUTH",
    "SEC125",
    "IMPP",
    "CVD",
    "CUBE26",
    "CMSAPI",
    "CMSR",
    "CMSW",
    "CMSWP",
    "AURUS",
    "REST",
    "PYEXP",
    "OVAS-SSH",
    "JAB",
    "GOSRV",
    "CH",
    "SEC",
    "CADDY",
    "ZOWE",
}


def test_every_source_of_the_notes_has_a_row() -> None:
    assert set(sources.sources()) >= CISCO_CODES


def test_every_source_says_what_it_is_and_when_it_was_read() -> None:
    for code, row in sources.sources().items():
        assert row.title, code
        assert row.url == "" or row.url.startswith("https://"), code
        assert date(2026, 1, 1) <= row.read, code


def test_every_source_that_policy_stands_on_can_be_published() -> None:
    tables = policy.packaged()
    codes = {code for row in tables.dates.values() for code in row.source}
    assert sources.source("FN-EXP").url.endswith("fn74362.html")
    assert {sources.source(code).code for code in codes} == codes


def test_sources_are_read_as_strictly(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text('[source.A]\ntitle = "a"\nurl = ""\nread = 2026-11-23\nby = "b"\n', encoding="utf-8")
    with pytest.raises(TableError, match=r"sources\.toml: A: unknown key by"):
        sources.load(path)
    path.write_text('source = "x"\n', encoding="utf-8")
    with pytest.raises(TableError, match=r"\[source.CODE\] is missing"):
        sources.load(path)
