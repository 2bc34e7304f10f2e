"""Remedies: which are possible where and until when, what each clears, and what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from ekuscan.advice import FINE, is_fine, with_remedies
from ekuscan.findings import finding
from ekuscan.model import HierarchyClass, RoleName, Verdict
from ekuscan.policy.days import spoken
from ekuscan.problems import problems
from ekuscan.rules.load import packaged
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.experiments import Experiment
from ekuscan.verdict.judge import UPLOAD_CHECKS, WIRE_CHECKS, judge
from tests.judging import AS_OF, ENDS, Facts, Issuance, Policy, Shown

BOTH, SERVER, PRIVATE = Shown("both"), Shown("server"), Shown("both", "private")
REFUSES = Experiment("checked", "observed", "refused a certificate without clientAuth")
X11, X14, MRA = "exp-c1>exp-e1/uc-traversal/X11", "exp-c1>exp-e1/ssh-tunnels/X14", "exp-c1>exp-e1/mra/MRA"


class GivesNothing(Policy):
    """A CA that never adds clientAuth, asked or not."""

    def issues_next(
        self, owner: str | None, organization: str | None, root: str | None, hierarchy_class: str, at: date
    ) -> Issuance:
        return Issuance(on_request=False, on_request_until=None)


def advised(facts: Facts, *, far_ends: bool = False, policy: Policy | None = None) -> dict[str, Verdict]:
    estate = Estate(facts.seen(far_ends), packaged(), policy or Policy())
    return {item.verdict.id: item.verdict for item in with_remedies(judge(estate, 45, WIRE_CHECKS), estate)}


def pair(c: Mapping[str, Shown], e: Mapping[str, Shown], release: str | None = "X15.4", **settings: str) -> Facts:
    facts = Facts().box("exp-c1", "expressway-c", release, slots=c)
    return facts.box("exp-e1", "expressway-e", release, slots=e, **settings).link("mra", "exp-c1", "exp-e1")


def zone(peer: str, role: RoleName, tls_verify: str, **settings: str) -> Facts:
    slot = {"cucm": "CallManager", "cube": "trustpoint", "cms": "callbridge"}[role]
    facts = Facts().box("exp-c1", "expressway-c", "X15.4", slots={"server": SERVER})
    facts.box(peer, role, slots={slot: PRIVATE}, **settings)
    return facts.link("neighbor-zone", "exp-c1", peer, tls_verify=tls_verify)


def names(verdict: Verdict) -> list[str]:
    return [remedy.id for remedy in verdict.remedies]


def clears(verdict: Verdict, remedy: str) -> set[str]:
    return next(set(one.clears) for one in verdict.remedies if one.id == remedy)


# --- what is asked of a CA ----------------------------------------------------------------------------------------


def test_asking_the_ca_is_possible_until_its_day_and_says_how_long_that_lasts() -> None:
    remedy = next(
        one for one in advised(pair({"server": BOTH}, {"server": BOTH}))[X11].remedies if one.id == "ca-on-request"
    )
    assert remedy.until == datetime(2027, 3, 1, tzinfo=UTC)
    # The last whole day of the old certificate, and 199 days from there.
    renewed = ENDS.date() - timedelta(days=1)
    lasts = renewed + timedelta(days=199)
    assert remedy.text == (
        f"Renew exp-c1's certificate by {spoken(renewed)} with clientAuth asked for at Test CA: "
        f"lasts to about {spoken(lasts)}."
    )


def test_a_certificate_that_outlives_the_offer_is_renewed_on_the_last_day_of_the_offer() -> None:
    late = Shown("both", ends=datetime(2027, 6, 1, 12, tzinfo=UTC))
    remedies = advised(pair({"server": late}, {"server": late}))[X11].remedies
    text = next(one.text for one in remedies if one.id == "ca-on-request")
    assert "by 28 Feb 2027" in text


def test_a_ca_that_adds_nothing_on_request_is_not_asked() -> None:
    found = advised(pair({"server": BOTH}, {"server": BOTH}), policy=GivesNothing())[X11]
    assert "ca-on-request" not in names(found)
    assert "private-ca-c" in names(found)


def test_only_what_hangs_on_the_ca_ends_with_its_offer() -> None:
    found = advised(pair({"server": BOTH}, {"server": BOTH}))[X11]
    assert [one.id for one in found.remedies if one.until is not None] == ["ca-on-request"]


# --- what stands in the way of something else ---------------------------------------------------------------------


def edge(hierarchy: HierarchyClass = "public-chrome") -> Facts:
    """An Expressway-E on X15.4 that cannot dial a far end which checks: its only certificate has serverAuth alone."""
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", slots={"server": Shown("server", hierarchy)})
    facts.box("partner", "outside", client_eku="checked")
    return facts.link("sip-b2b", "exp-e1", "partner", mtls="on")


@pytest.mark.parametrize("hierarchy", ["public-chrome", "private"])
def test_what_costs_the_trust_of_browsers_is_not_the_first_way_while_another_is_possible(
    hierarchy: HierarchyClass,
) -> None:
    """Whether they trust it today or not: with a root outside their store they never will."""
    found = advised(edge(hierarchy), policy=GivesNothing())["exp-e1>partner/sip-b2b/X04"]
    assert found.outcome == "breaks-now"
    assert found.remedies[0].id == "upgrade-x15.5"
    assert found.remedies[0].harms == ()
    root = next(one for one in found.remedies if one.id == "alternate-root")
    assert root.harms == ("exp-e1/browser-trust/X39",)
    assert root.text.endswith(" At odds with: Trust of browsers.")


def test_a_certificate_in_the_client_slot_harms_nothing() -> None:
    slots = {"server": SERVER, "client": SERVER}
    facts = Facts().box("exp-e1", "expressway-e", "X15.5", slots=slots, client_certificate="separate")
    facts.box("partner", "outside", client_eku="checked").link("sip-b2b", "exp-e1", "partner", mtls="on")
    (found,) = (one for one in advised(facts).values() if one.rule == "X04")
    assert {one.id: one.harms for one in found.remedies}["alternate-root"] == ()


def test_a_certificate_in_the_bundle_of_one_end_is_known_to_that_end_alone() -> None:
    facts = Facts().box("rec", "cms", slots={"recorder": SERVER})
    for name in ("cms1", "cms2"):
        facts.box(name, "cms", slots={"callbridge": PRIVATE}, sip_verify="whitelist").link("cms-recorder", name, "rec")
    found = {id_: one for id_, one in advised(facts).items() if one.rule == "MS10"}
    assert {one.outcome for one in found.values()} == {"breaks-at-renewal"}
    assert {id_: clears(one, "trust-bundle") for id_, one in found.items()} == {id_: {id_} for id_ in found}
    assert len(found) == 2


# --- what is possible ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "possible", "impossible"),
    [
        ("X14.3.7", {"private-ca-c", "upgrade-x15.5"}, {"client-slot-certificate"}),
        ("X15.4", {"private-ca-c", "upgrade-x15.5"}, {"client-slot-certificate", "upgrade-x15.4"}),
        ("X15.5", {"client-slot-certificate"}, {"private-ca-c", "upgrade-x15.4", "upgrade-x15.5"}),
        ("X15.10", {"client-slot-certificate"}, {"private-ca-c", "upgrade-x15.4", "upgrade-x15.5"}),
        (None, {"private-ca-c", "client-slot-certificate"}, set()),
    ],
)
def test_the_release_decides_which_ways_are_open(release: str | None, possible: set[str], impossible: set[str]) -> None:
    certificates = {"server": SERVER, "client": SERVER}
    found = set(names(advised(pair(certificates, {"server": BOTH, "client": PRIVATE}, release))[X11]))
    assert possible <= found
    assert not impossible & found


def test_a_private_ca_is_for_expressway_c_and_not_for_the_edge() -> None:
    found = advised(pair({"server": BOTH}, {"server": SERVER}, "X14.3.7"))
    service = found["exp-e1>exp-c1/mra-sip-service/X17"]
    assert service.outcome == "breaks-now"
    assert "private-ca-c" not in names(service)
    assert {"ca-on-request", "alternate-root", "upgrade-x15.4"} <= set(names(service))


def test_switching_the_eku_check_off_is_for_x15_5_and_leaves_the_tunnels() -> None:
    certificates = {"server": SERVER, "client": SERVER}
    newer = advised(pair(certificates, {"server": BOTH, "client": PRIVATE}, "X15.5"))
    assert clears(newer[X11], "eku-check-off") == {X11}
    assert "eku-check-off" not in names(newer[X14])
    older = advised(pair({"server": SERVER}, {"server": BOTH}))
    assert "eku-check-off" not in names(older[X11])


@pytest.mark.parametrize("sip_eku_check", [{}, {"sip_eku_check": "on"}])
def test_a_check_that_was_seen_can_still_be_switched_off(sip_eku_check: dict[str, str]) -> None:
    slots = {"server": SERVER, "client": SERVER}
    facts = pair(slots, slots, "X15.5", client_certificate="separate", **sip_eku_check)
    facts.box("exp-c1", "expressway-c", "X15.5", slots, client_certificate="separate")
    facts.experiments["exp-e1", "uc-traversal"] = REFUSES
    assert clears(advised(facts)[X11], "eku-check-off") == {X11}


def test_a_check_that_was_seen_although_it_is_switched_off_is_not_mended_by_switching_it_off() -> None:
    slots = {"server": SERVER, "client": SERVER}
    facts = pair(slots, slots, "X15.5", client_certificate="separate", sip_eku_check="off")
    facts.box("exp-c1", "expressway-c", "X15.5", slots, client_certificate="separate")
    assert X11 not in {name for name, verdict in advised(facts).items() if not is_fine(verdict)}
    facts.experiments["exp-e1", "uc-traversal"] = REFUSES
    assert advised(facts)[X11].now == "breaks"
    assert "eku-check-off" not in names(advised(facts)[X11])


def test_a_far_end_that_was_seen_to_check_can_stop_checking() -> None:
    facts = zone("cube", "cube", "on")
    facts.experiments["cube", "sip-tls"] = REFUSES
    verdict = advised(facts)["exp-c1>cube/neighbor-zone/X19"]
    assert verdict.now == "breaks"
    assert verdict.id in clears(verdict, "peer-ignores-eku")


def test_a_permissive_cluster_is_a_way_out_of_the_clusters_break_alone() -> None:
    facts = Facts()
    for name in ("exp-e1", "exp-e2"):
        facts.box(name, "expressway-e", "X14.3.7", {"server": SERVER}, cluster="edge", cluster_tls="enforcing")
    found = advised(facts)["exp-e1>exp-e2/cluster/X26"]
    assert found.outcome == "breaks-now"
    assert clears(found, "cluster-permissive") == {"exp-e1>exp-e2/cluster/X26"}


# --- what they clear ----------------------------------------------------------------------------------------------


def test_one_certificate_clears_all_that_hangs_on_it() -> None:
    found = advised(pair({"server": SERVER}, {"server": BOTH}))
    assert clears(found[X11], "private-ca-c") == {X11, X14, MRA}
    assert clears(found[MRA], "private-ca-c") == {X11, X14, MRA}


def test_a_certificate_in_one_slot_does_nothing_for_the_other() -> None:
    expired = Shown("both", ends=AS_OF - timedelta(days=3))
    slots = {"server": expired, "client": SERVER}
    found = advised(pair(slots, {"server": BOTH, "client": PRIVATE}, "X15.5"))
    assert found["exp-c1/https/X01"].outcome == found[X11].outcome == "breaks-now"
    assert clears(found["exp-c1/https/X01"], "renew-server") == {"exp-c1/https/X01"}
    for remedy in found[X11].remedies:
        assert "exp-c1/https/X01" not in remedy.clears, remedy.id


def test_before_the_slots_parted_one_certificate_is_all_there_is() -> None:
    expired = Shown("server", ends=AS_OF - timedelta(days=3))
    found = advised(pair({"server": expired}, {"server": BOTH}))
    assert {"exp-c1/https/X01", X11, X14, MRA} <= clears(found[X11], "private-ca-c")
    # Renewed with what it has today, it lacks clientAuth as before.
    assert clears(found["exp-c1/https/X01"], "renew-server") == {"exp-c1/https/X01"}


def test_a_composite_is_mended_where_it_fails() -> None:
    """Renewing the server certificate mends another leg of MRA, not the one that is broken."""
    certificates = {"server": SERVER, "client": SERVER}
    found = advised(pair(certificates, {"server": BOTH, "client": PRIVATE}, "X15.5"))[MRA]
    assert names(found)[0] == "client-slot-certificate"
    assert "renew-server" not in names(found)


def test_a_remedy_on_one_box_does_not_clear_the_others() -> None:
    facts = pair({"server": SERVER}, {"server": BOTH})
    facts.box("exp-c2", "expressway-c", "X15.4", slots={"server": SERVER}).link("mra", "exp-c2", "exp-e1")
    found = advised(facts)
    for verdict_id, verdict in found.items():
        for remedy in verdict.remedies:
            if verdict_id.startswith("exp-c1"):
                assert not [one for one in remedy.clears if one.startswith("exp-c2")]


def test_tls_verify_off_eases_a_zone_to_unified_cm_and_clears_nothing() -> None:
    found = advised(zone("cucm1", "cucm", "on"))["exp-c1>cucm1/neighbor-zone/X19"]
    assert found.outcome == "breaks-now"
    assert clears(found, "zone-tls-verify-off") == set()
    eased = advised(zone("cucm1", "cucm", "off"))["exp-c1>cucm1/neighbor-zone/X19"]
    assert eased.now == "at-risk"


def test_tls_verify_off_is_no_way_where_it_is_off_already() -> None:
    found = advised(zone("cucm1", "cucm", "off"))["exp-c1>cucm1/neighbor-zone/X19"]
    assert "zone-tls-verify-off" not in names(found)


def test_the_alternate_root_costs_the_edge_its_browsers_and_says_so() -> None:
    found = advised(pair({"server": BOTH}, {"server": SERVER}, "X14.3.7"), far_ends=True)
    service = found["exp-e1>exp-c1/mra-sip-service/X17"]
    cleared = clears(service, "alternate-root")
    assert "exp-e1>exp-c1/mra-sip-service/X17" in cleared
    assert "exp-e1/browser-trust/X39" not in cleared
    assert (
        "not for an Expressway-E whose server certificate browsers see" in packaged().remedies["alternate-root"].costs
    )


@pytest.mark.parametrize("far_ends", [False, True])
def test_a_remedy_clears_only_what_it_makes_fine_when_judged_again(far_ends: bool) -> None:
    facts = pair({"server": SERVER}, {"server": BOTH})
    before = advised(facts, far_ends=far_ends)
    cleared = clears(before[X11], "private-ca-c")
    after = advised(pair({"server": PRIVATE}, {"server": BOTH}), far_ends=far_ends)
    assert cleared
    assert all(is_fine(after[one]) for one in cleared)


# --- their order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["X14.3.7", "X15.4", "X15.5"])
def test_what_settles_comes_before_what_eases_and_what_lowers_security_last(release: str) -> None:
    rows = packaged().remedies
    facts = pair({"server": SERVER, "client": SERVER}, {"server": SERVER, "client": SERVER}, release)
    facts.box("cucm1", "cucm", slots={"CallManager": PRIVATE}).link("neighbor-zone", "exp-c1", "cucm1", tls_verify="on")
    for verdict in advised(facts, far_ends=True).values():
        order = [
            (verdict.id not in one.clears, bool(one.harms), rows[one.id].weakens, rows[one.id].effort)
            for one in verdict.remedies
        ]
        assert order == sorted(order), verdict.id


def test_a_new_certificate_begins_with_the_backup_and_a_setting_does_not() -> None:
    renewed = first_action(pair({"server": SERVER}, {"server": BOTH}), WIRE_CHECKS)
    assert renewed.startswith("Back up certificate and private key first. Give exp-c1 a private-CA certificate")
    settings = {"server_eku_upload": "off", "upload_via": "gui"}
    upload = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": SERVER}, **settings)
    assert first_action(upload, UPLOAD_CHECKS).startswith(
        "On exp-e1 type: xConfiguration XCP TLS Certificate CVS EnableServerEkuUpload: On, then upload"
    )


def test_the_command_that_lets_an_upload_through_clears_it_and_is_told_beside_what_clears_more() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("server", "private")})
    checks = WIRE_CHECKS | UPLOAD_CHECKS
    estate = Estate(facts.seen(True), packaged(), Policy())
    judged = with_remedies(judge(estate, 45, checks), estate)
    upload = next(item.verdict for item in judged if item.verdict.rule == "X29")
    assert upload.id in clears(upload, "enable-server-eku-upload")
    told = first_action(facts, checks, far_ends=True)
    assert "For Upload as server certificate alone: On exp-e1 type: xConfiguration XCP TLS Certificate CVS" in told


def first_action(facts: Facts, checks: frozenset[str], far_ends: bool = False) -> str:
    estate = Estate(facts.seen(far_ends), packaged(), Policy())
    found = [finding(item) for item in with_remedies(judge(estate, 45, checks), estate)]
    return problems(found, packaged())[0].action


# --- when there is none -------------------------------------------------------------------------------------------


def test_what_is_fine_or_was_never_seen_gets_no_remedy() -> None:
    facts = pair({"server": PRIVATE}, {"server": BOTH}, "X15.5")
    found = advised(facts)
    assert found[X11].outcome == "unknown"
    assert found[X11].remedies == ()
    for verdict in found.values():
        if verdict.now in FINE and verdict.next in FINE:
            assert verdict.remedies == ()
