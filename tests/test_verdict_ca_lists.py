"""Whether the end that answers lists a CA of the certificate that dials it, as a verdict of the connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ekuscan.model import Connection, Fact, Run, Verdict
from ekuscan.report import table
from ekuscan.rules.load import packaged
from ekuscan.verdict.evaluate import GRAVITY
from tests import pki
from tests.noticing import AS_OF, BOTH, SERVER, box, corp, digicert, finished, leaf, lets_encrypt, port, shows
from tests.pki import Issued

EXP_C, CUCM, CUCM2 = box("exp-c1", "expressway-c", "X15.4"), box("cucm1", "cucm"), box("cucm2", "cucm")
ZONE = Connection("zone", "neighbor-zone", "exp-c1", "cucm1", {"tls_verify": Fact("on", "declared")})
XT01 = "exp-c1>cucm1/neighbor-zone/XT01"


def _zone(*listed: Issued, cut: bool = False, client: tuple[bytes, ...] | None = None) -> Run:
    """Expressway-C with a certificate of Test Public CA, and a Unified CM that lists these CAs on its SIP port."""
    asks = shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required", listed)
    seen = [replace(asks, ca_names_cut=cut)]
    if client != ():
        seen.append(shows(port(EXP_C, 443), client or leaf(digicert(), BOTH)))
    return finished([EXP_C, CUCM], seen, [ZONE])


def _rows(run: Run) -> dict[str, Verdict]:
    return {one.id: one for one in run.verdicts if one.rule == "XT01"}


def test_a_certificate_of_a_ca_that_the_peer_does_not_list_is_at_risk() -> None:
    (found,) = _rows(_zone(corp()[1], lets_encrypt()[0])).values()
    assert (found.id, found.outcome, found.severity, found.certainty) == (XT01, "at-risk", "low", "observed")
    assert (found.dials, found.answers, found.verifies, found.slot) == ("exp-c1", "cucm1", "cucm1", "server")
    assert found.connection == "zone"
    assert [(one.fact, one.value) for one in found.because][1:] == [("cucm1 lists", "Corp Root and Test Other CA")]
    assert [one.id for one in found.remedies] == ["peer-lists-ca"]
    assert found.remedies[0].clears == (XT01,)


@pytest.mark.parametrize("listed", [digicert()[0], digicert()[1]], ids=["issuing", "root"])
def test_of_a_listed_issuer_or_root_nothing_is_said(listed: Issued) -> None:
    assert _rows(_zone(corp()[1], listed)) == {}


def test_nothing_is_said_of_a_list_that_is_empty_or_was_cut_or_of_a_certificate_that_nobody_saw() -> None:
    assert _rows(_zone()) == {}
    assert _rows(_zone(lets_encrypt()[0], cut=True)) == {}
    assert _rows(_zone(corp()[1], client=())) == {}


def test_a_list_makes_no_other_answer_better_and_no_composite_either() -> None:
    without, with_ = _zone(), [_zone(corp()[1]), _zone(digicert()[1])]
    for run in with_:
        others = {one.id: one for one in run.verdicts if one.rule != "XT01"}
        assert set(others) == {one.id for one in without.verdicts}
        for one in without.verdicts:
            assert GRAVITY[others[one.id].now] >= GRAVITY[one.now]


def _traversal(*listed: Issued) -> dict[str, Verdict]:
    """A traversal zone in which all is well but for the CAs that Expressway-E lists."""
    edge = box("exp-e1", "expressway-e", "X15.4")
    seen = [
        shows(port(EXP_C, 443), leaf(corp(), BOTH, label="c")),
        shows(port(edge, 7001, "sips"), leaf(corp(), BOTH, label="e"), "required", listed),
    ]
    run = finished([EXP_C, edge], seen, [Connection("z", "uc-traversal", "exp-c1", "exp-e1")])
    return {one.id: one for one in run.verdicts}


def test_a_composite_is_as_much_at_risk_as_its_connection() -> None:
    fine, doubtful = _traversal(corp()[1]), _traversal(digicert()[1])
    assert fine["exp-c1>exp-e1/mra/MRA"].now == "ok"
    assert doubtful["exp-c1>exp-e1/mra/MRA"].now == "at-risk"
    assert "(XT01)" in doubtful["exp-c1>exp-e1/mra/MRA"].text
    assert doubtful["exp-c1>exp-e1/uc-traversal/X11"].now == "ok"
    assert doubtful["exp-c1>exp-e1/uc-traversal/XT01"].part_of == "mra"


def test_of_two_certificates_of_a_slot_one_that_is_listed_will_do() -> None:
    asks = shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required", [corp()[1]])
    both = [
        shows(port(EXP_C, 443), leaf(digicert(), BOTH)),
        shows(port(EXP_C, 5061, "sips"), leaf(corp(), BOTH, label="c")),
    ]
    assert _rows(finished([EXP_C, CUCM], [asks, *both], [ZONE])) == {}
    assert list(_rows(finished([EXP_C, CUCM], [asks, both[0]], [ZONE]))) == [XT01]


def test_each_peer_is_held_to_its_own_list_and_a_use_case_without_a_list_gets_no_row() -> None:
    zones = [ZONE, Connection("other", "neighbor-zone", "exp-c1", "cucm2", {"tls_verify": Fact("on", "declared")})]
    seen = [
        shows(port(EXP_C, 443), leaf(digicert(), SERVER)),
        shows(port(CUCM, 5061, "sips"), leaf(corp(), label="cucm"), "required", [corp()[1]]),
        shows(port(CUCM2, 5061, "sips"), leaf(corp(), label="cucm2"), "required"),
    ]
    found = _rows(finished([EXP_C, CUCM, CUCM2], seen, zones))
    assert {name: one.outcome for name, one in found.items()} == {XT01: "at-risk"}


@pytest.mark.parametrize(("mtls", "expected"), [("on", {"at-risk"}), ("off", set())])
def test_a_connection_without_client_certificates_asks_for_no_ca(mtls: str, expected: set[str]) -> None:
    edge, far = box("exp-e1", "expressway-e", "X15.4"), box("sbc", "generic")
    seen = [
        shows(port(edge, 443), leaf(digicert(), BOTH)),
        shows(port(far, 5061, "sips"), leaf(corp(), label="sbc"), "required", [corp()[1]]),
    ]
    call = Connection("call", "sip-b2b", "exp-e1", "sbc", {"mtls": Fact(mtls, "declared")})
    assert {one.outcome for one in _rows(finished([edge, far], seen, [call])).values()} == expected


def test_a_root_that_was_never_seen_counts_by_the_name_below_it() -> None:
    middle, root = pki.intermediate("Middle CA", corp()[1]), corp()[1]
    assert _rows(_zone(root, client=leaf((middle, root), BOTH))) == {}
    assert list(_rows(_zone(digicert()[1], client=leaf((middle, root), BOTH)))) == [XT01]


def _page(run: Run) -> str:
    titles = {name: row.title for name, row in packaged().use_cases.items()}
    return "".join(table.render(run, width=80, verbose=True, color=False, unicode=False, titles=titles, now=AS_OF))


def test_the_report_says_it_once_and_the_notice_is_still_there_for_programs() -> None:
    run = _zone(corp()[1])
    assert [one.kind for one in run.notices if one.kind == "ca-not-listed"] == ["ca-not-listed"]
    shown = _page(run)
    assert "XT01" in shown
    assert "ca-not-listed" not in shown
    unjudged = replace(run, verdicts=tuple(one for one in run.verdicts if one.rule != "XT01"))
    assert "ca-not-listed" in _page(unjudged)


# --- the CAs that a box trusts, as somebody told them ---------------------------------------------------------------


EDGE = box("exp-e1", "expressway-e", "X15.4")
UC = Connection("z", "uc-traversal", "exp-c1", "exp-e1")


def _told(*, c: Sequence[Issued] = (), e: Sequence[Issued] = (), listed: Sequence[Issued] = ()) -> Run:
    """A traversal zone, both certificates of Corp CA, and the CAs that each end trusts."""
    seen = [
        shows(port(EXP_C, 443), leaf(corp(), BOTH, label="c")),
        shows(port(EDGE, 7001, "sips"), leaf(corp(), BOTH, label="e"), "required", listed),
    ]
    told = {name: cas for name, cas in (("exp-c1", c), ("exp-e1", e)) if cas}
    return finished([EXP_C, EDGE], seen, [UC], trusted_cas=told)


def _about_cas(run: Run) -> dict[str, Verdict]:
    return {one.id: one for one in run.verdicts if one.rule.startswith("XT")}


def test_a_box_is_at_risk_where_the_one_that_it_dials_trusts_no_ca_above_its_certificate() -> None:
    run = _told(e=[digicert()[1], lets_encrypt()[1]])
    (found,) = _about_cas(run).values()
    assert (found.id, found.outcome, found.certainty) == ("exp-c1>exp-e1/uc-traversal/XT02", "at-risk", "declared")
    assert ("exp-e1 trusts", "Test Public Root and Test Other Root") in [(one.fact, one.value) for one in found.because]
    assert [one.id for one in found.remedies] == ["peer-lists-ca"]
    assert found.remedies[0].clears == (found.id, "exp-c1>exp-e1/mra/MRA")
    assert {one.id: one.now for one in run.verdicts}["exp-c1>exp-e1/mra/MRA"] == "at-risk"


def test_so_is_a_box_where_the_one_that_dials_it_trusts_no_ca_above_its_certificate() -> None:
    (found,) = _about_cas(_told(c=[digicert()[1]])).values()
    assert (found.id, found.outcome, found.dials) == ("exp-e1>exp-c1/uc-traversal/XT03", "at-risk", "exp-c1")


@pytest.mark.parametrize("trusted", [corp()[0], corp()[1]], ids=["issuing", "root"])
def test_of_a_trusted_issuer_or_root_and_where_nobody_told_a_list_nothing_is_said(trusted: Issued) -> None:
    assert _about_cas(_told(c=[trusted, digicert()[1]], e=[trusted])) == {}
    assert _about_cas(_told()) == {}


def test_a_list_that_was_seen_comes_before_one_that_was_told() -> None:
    assert _about_cas(_told(e=[digicert()[1]], listed=[corp()[1]])) == {}
    assert list(_about_cas(_told(e=[corp()[1]], listed=[digicert()[1]]))) == ["exp-c1>exp-e1/uc-traversal/XT01"]


def test_of_a_certificate_that_looks_public_and_reaches_no_known_ca_a_told_list_says_nothing() -> None:
    middle = pki.intermediate("Unknown CA", pki.root("Unknown Root"))
    public = pki.issue("host.example.com", middle, eku=BOTH, policies=["2.23.140.1.2.2"])
    seen = [
        shows(port(EXP_C, 443), (public.der,)),
        shows(port(EDGE, 7001, "sips"), leaf(corp(), BOTH, label="e"), "required"),
    ]
    run = finished([EXP_C, EDGE], seen, [UC], trusted_cas={"exp-e1": [corp()[1]]})
    assert {one.hierarchy.class_ for one in run.chains.values()} == {"undecided", "private"}
    assert _about_cas(run) == {}


@pytest.mark.parametrize(("verify", "expected"), [("on", ["XT03"]), ("off", []), (None, [])])
def test_a_certificate_of_the_end_that_answers_needs_a_trusted_ca_where_it_is_verified(
    verify: str | None, expected: list[str]
) -> None:
    seen = [
        shows(port(EXP_C, 443), leaf(corp(), BOTH, label="c")),
        shows(port(EDGE, 7001, "sips"), leaf(corp(), BOTH, label="e")),
    ]
    settings = {} if verify is None else {"tls_verify": Fact(verify, "declared")}
    zone = Connection("z", "traversal-zone", "exp-c1", "exp-e1", settings)
    run = finished([EXP_C, EDGE], seen, [zone], trusted_cas={"exp-c1": [digicert()[1]]})
    assert [one.rule for one in _about_cas(run).values()] == expected
