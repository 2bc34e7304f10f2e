"""Verdicts by completion: what is known decides, what is not known is named, and learning never contradicts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.model import Fact, RoleName, Verdict
from ekuscan.rules.load import packaged
from ekuscan.verdict.evaluate import GRAVITY
from ekuscan.verdict.experiments import Experiment, weighed
from ekuscan.verdict.links import assumed_connections, links_of
from tests.judging import AS_OF, Facts, Shown

EKUS = ("both", "server", "client", "neither")


def _pair(c: Shown | None, e: Shown | None, release: str | None = "X15.4", **settings: str) -> Facts:
    facts = Facts()
    facts.box("exp-c1", "expressway-c", release, {"server": c} if c else {})
    facts.box("exp-e1", "expressway-e", release, {"server": e} if e else {}, **settings)
    return facts.link("uc-traversal", "exp-c1", "exp-e1")


def test_a_server_only_expressway_c_breaks_the_uc_zone_now() -> None:
    verdict = _pair(Shown("server"), Shown("both")).verdicts()["exp-c1>exp-e1/uc-traversal/X11"]
    assert (verdict.outcome, verdict.severity, verdict.certainty) == ("breaks-now", "critical", "declared")
    assert (verdict.dials, verdict.answers, verdict.verifies) == ("exp-c1", "exp-e1", "exp-e1")
    assert "demands it" in verdict.text


def test_a_dual_certificate_of_a_public_ca_breaks_at_its_renewal_and_says_when() -> None:
    verdict = _pair(Shown("both"), Shown("both")).verdicts()["exp-c1>exp-e1/uc-traversal/X11"]
    assert (verdict.now, verdict.next, verdict.outcome) == ("ok", "breaks", "breaks-at-renewal")
    assert verdict.when == Shown().ends
    assert verdict.severity == "medium"


def test_two_connections_of_the_same_two_boxes_are_judged_once_with_the_settings_of_both() -> None:
    facts = Facts().box("c1", "expressway-c", "X15.4", cluster="core").box("e1", "expressway-e", "X15.4")
    facts.link("mra", "core", "e1", tls_verify="on", verify_name="e1.example.com")
    facts.link("uc-traversal", "c1", "e1", tls_verify="off", mtls="on")
    judged = [item for item in facts.judged() if item.link is not None]
    assert {item.link.connection for item in judged if item.link} == {"c1>e1/uc-traversal"}
    assert len({item.verdict.id for item in judged}) == len(judged)
    (link,) = links_of(facts.estate(), packaged().use_cases["uc-traversal"])
    assert {name: fact.value for name, fact in link.settings.items()} == {
        "tls_verify": "off",
        "mtls": "on",
        "verify_name": "e1.example.com",
    }


def test_a_use_case_that_goes_the_other_way_over_a_zone_says_who_dials_the_zone() -> None:
    facts = Facts().box("c1", "expressway-c", "X15.4").box("e1", "expressway-e", "X15.4")
    facts.link("mra-sip-service", "e1", "c1").link("uc-traversal", "c1", "e1")
    (link,) = links_of(facts.estate(), packaged().use_cases["uc-traversal"])
    assert (link.dials, link.answers) == ("c1", "e1")


def test_a_private_ca_keeps_working() -> None:
    verdict = _pair(Shown("both", "private"), Shown("both")).verdicts()["exp-c1>exp-e1/uc-traversal/X11"]
    assert (verdict.now, verdict.next, verdict.when) == ("ok", "ok", None)


def test_an_unknown_issuer_is_a_fork_between_public_and_private() -> None:
    verdict = _pair(Shown("both", "undecided"), Shown("both")).verdicts()["exp-c1>exp-e1/uc-traversal/X11"]
    assert (verdict.now, verdict.next, verdict.outcome) == ("ok", "depends", "depends")
    (fork,) = verdict.forks
    assert {name: branch.next for name, branch in fork.values.items()} == {"public": "breaks", "private": "ok"}


def test_an_unknown_release_is_asked_for_with_the_ranges_that_decide() -> None:
    facts = Facts().box("exp-e1", "expressway-e", None, {"server": Shown("server")})
    facts.box("exp-c1", "expressway-c", None, {"server": Shown("both", "private")})
    verdict = facts.link("uc-traversal", "exp-c1", "exp-e1").verdicts()["exp-e1>exp-c1/mra-sip-service/X17"]
    assert verdict.now == "depends"
    assert {fork.fact: set(fork.values) for fork in verdict.forks} == {
        "exp-e1.release": {"<X15.4", ">=X15.4"},
        "exp-c1.release": {"<X15.4", ">=X15.4"},
    }


def test_an_unseen_client_slot_is_unknown_and_named() -> None:
    facts = _pair(Shown("server"), Shown("server"), "X15.5")
    verdict = facts.verdicts()["exp-c1>exp-e1/ssh-tunnels/X14"]
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("exp-c1's client certificate", "exp-c1.client_certificate")


def test_a_copied_client_certificate_is_the_server_certificate() -> None:
    facts = _pair(Shown("server"), Shown("server"), "X15.5")
    facts.targets["exp-c1"] = replace(
        facts.targets["exp-c1"], settings={"client_certificate": Fact("copied", "declared")}
    )
    verdict = facts.verdicts()["exp-c1>exp-e1/ssh-tunnels/X14"]
    assert (verdict.outcome, verdict.slot) == ("breaks-now", "server")


def test_a_documented_default_is_taken_only_where_it_is_worse_and_is_listed() -> None:
    facts = _pair(Shown("server"), Shown("server"), "X15.5")
    facts.box("exp-c1", "expressway-c", "X15.5", {"client": Shown("server")}, client_certificate="separate")
    verdict = facts.verdicts()["exp-c1>exp-e1/uc-traversal/X11"]
    assert (verdict.outcome, verdict.assumed, verdict.certainty) == (
        "breaks-now",
        ("exp-e1.sip_eku_check = on",),
        "assumed",
    )


def test_a_slot_that_is_taken_for_another_one_by_default_is_judged_by_what_is_in_that_one() -> None:
    facts = Facts().box("cucm1", "cucm", "15SU5", {"CallManager": Shown("server"), "tomcat": Shown("both", "private")})
    facts.box("dir", "generic", None, {"certificate": Shown("both", "private")}, client_eku="checked")
    facts.link("sip-trunk", "cucm1", "dir")
    facts.link("ldaps", "cucm1", "dir")
    found = facts.verdicts()
    trunk, directory = found["cucm1>dir/sip-trunk/CM02"], found["cucm1>dir/ldaps/CM10"]
    assert (trunk.outcome, trunk.slot, trunk.assumed) == (
        "breaks-now",
        "CallManager",
        ("cucm1.own_client_certificate = no",),
    )
    assert (directory.outcome, directory.slot, directory.assumed) == ("unknown", "tomcat-client", ())


def test_mra_is_as_good_as_its_weakest_leg_and_names_it() -> None:
    facts = _pair(Shown("both", "private"), Shown("server"), "X14.3.7")
    verdict = facts.verdicts()["exp-c1>exp-e1/mra/MRA"]
    assert verdict.outcome == "breaks-now"
    assert "Weakest leg: MRA SIP registration (X17)" in verdict.text


def test_the_success_case_of_the_x155_note_is_fine() -> None:
    """C's client slot private with both EKUs, all other certificates public and serverAuth-only (X15)."""
    facts = Facts().box("exp-e1", "expressway-e", "X15.5", {"server": Shown("server"), "client": Shown("server")})
    slots = {"server": Shown("server"), "client": Shown("both", "private")}
    facts.box("exp-c1", "expressway-c", "X15.5", slots, client_certificate="separate")
    verdict = facts.link("uc-traversal", "exp-c1", "exp-e1").verdicts()["exp-c1>exp-e1/mra/MRA"]
    assert (verdict.now, verdict.next) == ("ok", "ok")


def test_an_expired_certificate_breaks_what_uses_it_even_where_the_eku_is_not_checked() -> None:
    late = Shown("both", ends=AS_OF - timedelta(days=1))
    facts = Facts().box("e1", "expressway-e", "X15.4", {"server": late}, cluster="edge", cluster_tls="enforcing")
    facts.box("e2", "expressway-e", "X15.4", {"server": Shown("both")}, cluster="edge", cluster_tls="enforcing")
    verdicts = facts.verdicts()
    assert verdicts["e1>e2/cluster/X26"].outcome == "breaks-now"
    assert verdicts["e2>e1/cluster/X26"].outcome == "ok"
    assert "not valid on that day" in verdicts["e1>e2/cluster/X26"].text


def test_far_ends_that_nobody_named_are_judged_if_used() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("both")})
    verdict = facts.verdicts(far_ends=True)["exp-e1/sip-b2b/X04"]
    assert verdict.if_used
    assert (verdict.now, verdict.next) == ("ok", "depends")
    (fork,) = verdict.forks
    assert {name: branch.next for name, branch in fork.values.items()} == {"checked": "breaks", "ignored": "ok"}


def test_a_request_seen_on_the_port_says_that_the_connection_is_mutual() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.5", {"server": Shown("server")}, sip_eku_check="on")
    facts.box("partner", "outside", None, {"certificate": Shown("server")})
    facts.link("sip-b2b", "partner", "exp-e1")
    facts.requests[("exp-e1", "sip-tls")] = "required"
    verdict = facts.verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert verdict.outcome == "breaks-now"
    assert any(because.from_ == "observed" for because in verdict.because)


def test_one_way_tls_makes_a_mutual_use_case_not_applicable() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("server")})
    facts.box("partner", "outside", None, client_eku="checked").link("sip-b2b", "exp-e1", "partner", mtls="off")
    assert facts.verdicts()["exp-e1>partner/sip-b2b/X04"].outcome == "not-applicable"


def _with_two_contents(first: str, second: str, ports: tuple[int, int] = (443, 5061)) -> Facts:
    """An Expressway-C two ports of which show different certificates, or one port both."""
    facts = Facts().box("c", "expressway-c", "X15.4", {"server": Shown(first, "private")})
    other = Facts().box("d", "expressway-c", "X15.4", {"server": Shown(second, "private")})
    facts.certificates |= other.certificates
    facts.chains |= other.chains
    slots = (*facts.targets["c"].slots, *other.targets["d"].slots)
    contents = tuple(replace(slot, endpoints=(f"c:{port}/tls",)) for slot, port in zip(slots, ports, strict=True))
    facts.targets["c"] = replace(facts.targets["c"], slots=contents)
    return facts.box("e", "expressway-e", "X15.4", {"server": Shown()}).link("uc-traversal", "c", "e")


@pytest.mark.parametrize("ekus", [("both", "server"), ("server", "both")])
def test_ports_that_disagree_are_a_fork_and_never_a_pick(ekus: tuple[str, str]) -> None:
    verdict = _with_two_contents(*ekus).verdicts()["c>e/uc-traversal/X11"]
    assert verdict.now == "depends"
    (fork,) = verdict.forks
    assert fork.fact == "c.server.certificate"
    assert sorted(branch.now for branch in fork.values.values()) == ["breaks", "ok"]


def test_certificates_of_one_port_are_told_apart_by_their_keys() -> None:
    facts = _with_two_contents("both", "server", (443, 443))
    (fork,) = facts.verdicts()["c>e/uc-traversal/X11"].forks
    assert {name: branch.now for name, branch in fork.values.items()} == {
        "its chain c-server": "ok",
        "its chain d-server": "breaks",
    }
    facts.certificates["c-server"] = replace(facts.certificates["c-server"], key="RSA 2048")
    (fork,) = facts.verdicts()["c>e/uc-traversal/X11"].forks
    assert {name: branch.now for name, branch in fork.values.items()} == {
        "its RSA certificate": "ok",
        "its EC certificate": "breaks",
    }
    assert fork.question == "It has several certificates for one port: which one does c use here?"


def test_certificates_of_one_port_that_agree_in_what_counts_need_no_pick() -> None:
    verdict = _with_two_contents("both", "both", (443, 443)).verdicts()["c>e/uc-traversal/X11"]
    assert (verdict.now, verdict.forks) == ("ok", ())


def test_ports_that_agree_in_what_counts_need_no_pick() -> None:
    assert _with_two_contents("server", "neither").verdicts()["c>e/uc-traversal/X11"].now == "breaks"


def test_mutual_tls_that_nobody_stated_is_an_assumption() -> None:
    facts = Facts().box("c", "expressway-c", "X15.4", {"server": Shown("server")}).box("cucm", "cucm", "14SU3")
    verdict = facts.link("neighbor-zone", "c", "cucm", tls_verify="on").verdicts()["c>cucm/neighbor-zone/X19"]
    assert (verdict.now, verdict.certainty) == ("breaks", "assumed")


def test_a_port_that_asked_us_for_nothing_leaves_mutual_tls_open() -> None:
    facts = Facts().box("c", "expressway-c", "X15.4", {"server": Shown("server")}).box("cucm", "cucm", "14SU3")
    facts.link("neighbor-zone", "c", "cucm", tls_verify="on").requests[("cucm", "sip-tls")] = "none"
    verdict = facts.verdicts()["c>cucm/neighbor-zone/X19"]
    assert verdict.now == "depends"
    assert {name: branch.now for name, branch in verdict.forks[0].values.items()} == {
        "on": "breaks",
        "off": "not-applicable",
    }


def test_what_hangs_on_an_unseen_certificate_names_that_one_and_no_other() -> None:
    facts = Facts().box("e", "expressway-e", "X15.4", {"server": Shown("server")})
    judged = {item.verdict.id: item for item in facts.judged(far_ends=True)}["e/mra/MRA"]
    assert judged.verdict.outcome == "unknown"
    assert judged.legs[judged.completed.weakest].presents.name == "Expressway-C"


# --- what experiments showed ----------------------------------------------------------------------------------

REFUSES = Experiment("checked", "observed", "refused a certificate without clientAuth", ("Alert 43 came.",))
TAKES = Experiment("ignored", "observed", "took a certificate without clientAuth", ("It answered 200.",))
DISAGREE = Experiment(None, "observed", "its endpoints disagree: a:1 took it; a:2 refused it")


def _dials_in(release: str | None, experiment: Experiment | None, service: str = "sip-tls", **settings: str) -> Facts:
    """A partner with a serverAuth-only certificate that dials an Expressway-E."""
    facts = Facts().box("exp-e1", "expressway-e", release, {"server": Shown("both", "private")}, **settings)
    facts.box("partner", "outside", None, {"certificate": Shown("server", "private")})
    facts.link("sip-b2b", "partner", "exp-e1", mtls="on")
    if experiment is not None:
        facts.experiments["exp-e1", service] = experiment
    return facts


def _because(verdict: Verdict) -> dict[str, tuple[str, str]]:
    return {because.fact: (because.value, because.from_) for because in verdict.because}


@pytest.mark.parametrize(("experiment", "answer"), [(None, "at-risk"), (TAKES, "ok"), (REFUSES, "breaks")])
def test_an_experiment_settles_what_no_vendor_documents(experiment: Experiment | None, answer: str) -> None:
    verdict = _dials_in("X15.4", experiment).verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert (verdict.now, verdict.next) == (answer, answer)


@pytest.mark.parametrize(
    ("release", "settings", "experiment", "answer", "row_says"),
    [
        ("X14.3.7", {}, TAKES, "ok", "checked"),
        ("X15.5", {"sip_eku_check": "on"}, TAKES, "ok", "checked"),
        ("X15.5", {"sip_eku_check": "off"}, REFUSES, "breaks", "ignored"),
    ],
)
def test_an_experiment_beats_the_table_and_the_verdict_says_so(
    release: str, settings: dict[str, str], experiment: Experiment, answer: str, row_says: str
) -> None:
    verdict = _dials_in(release, experiment, **settings).verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert verdict.now == answer
    assert f"Observed: exp-e1 {experiment.showed}. V-EXP says otherwise; what was observed counts." in verdict.text
    because = _because(verdict)
    told = f"{experiment.client_eku}: {experiment.showed} ({experiment.evidence[0]})"
    assert because["exp-e1.client_eku on sip-tls"] == (told, "observed")
    assert because["V-EXP"] == (f"{row_says}, but what was observed counts", "rule")


@pytest.mark.parametrize(
    ("release", "settings", "experiment"),
    [
        ("X14.3.7", {}, REFUSES),
        ("X15.4", {}, TAKES),
        ("X15.5", {}, TAKES),
        ("X15.5", {"sip_eku_check": "off"}, TAKES),
        (None, {}, REFUSES),
    ],
)
def test_a_row_that_agrees_or_leaves_it_open_is_not_said_to_contradict(
    release: str | None, settings: dict[str, str], experiment: Experiment
) -> None:
    verdict = _dials_in(release, experiment, **settings).verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert "V-EXP" not in verdict.text
    assert "V-EXP" not in _because(verdict)
    assert verdict.now == ("ok" if experiment is TAKES else "breaks")
    assert verdict.forks == ()
    assert verdict.assumed == ()


def test_an_experiment_beats_what_was_declared() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("server", "private")})
    facts.box("far", "generic", None, client_eku="ignored").link("sip-b2b", "exp-e1", "far", mtls="on")
    assert facts.verdicts()["exp-e1>far/sip-b2b/X04"].now == "ok"
    facts.experiments["far", "sip-tls"] = REFUSES
    verdict = facts.verdicts()["exp-e1>far/sip-b2b/X04"]
    assert verdict.now == "breaks"
    assert verdict.text == (
        "exp-e1 dials far with a certificate that has no clientAuth. Observed: far refused a certificate without "
        "clientAuth. The inventory says otherwise; what was observed counts."
    )
    assert _because(verdict)["the inventory"] == ("ignored, but what was observed counts", "rule")


@pytest.mark.parametrize(("release", "answer"), [("X14.3.7", "breaks"), ("X15.4", "at-risk")])
def test_what_seems_to_be_ignored_is_told_and_overrules_nothing(release: str, answer: str) -> None:
    seems = weighed(replace(TAKES, certainty="inferred"))
    verdict = _dials_in(release, seems).verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert verdict.now == answer
    told = "took a certificate without clientAuth, which is not certain and decides nothing (It answered 200.)"
    assert _because(verdict)["exp-e1.client_eku on sip-tls"] == (told, "inferred")


def test_what_seems_to_be_ignored_does_not_overrule_what_was_declared() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("server", "private")})
    facts.box("far", "generic", None, client_eku="checked").link("sip-b2b", "exp-e1", "far", mtls="on")
    facts.experiments["far", "sip-tls"] = weighed(replace(TAKES, certainty="inferred"))
    assert facts.verdicts()["exp-e1>far/sip-b2b/X04"].now == "breaks"


@pytest.mark.parametrize("experiment", [TAKES, REFUSES, replace(REFUSES, certainty="inferred"), DISAGREE])
def test_every_other_experiment_counts_as_it_is(experiment: Experiment) -> None:
    assert weighed(experiment) is experiment


def test_an_experiment_says_nothing_of_another_service_or_of_another_box() -> None:
    bare = _dials_in("X15.4", None).verdicts()
    assert _dials_in("X15.4", TAKES, "uc-traversal").verdicts() == bare
    other = _dials_in("X15.4", None)
    other.experiments["partner", "sip-tls"] = TAKES
    assert other.verdicts()["partner>exp-e1/sip-b2b/X07"] == bare["partner>exp-e1/sip-b2b/X07"]


def test_an_experiment_on_the_traversal_port_counts_for_the_traversal_zone_alone() -> None:
    facts = _pair(Shown("server", "private"), Shown("both"), "X15.5", sip_eku_check="on")
    facts.targets["exp-c1"] = replace(
        facts.targets["exp-c1"], settings={"client_certificate": Fact("copied", "declared")}
    )
    before = facts.verdicts()
    facts.experiments["exp-e1", "uc-traversal"] = TAKES
    after = facts.verdicts()
    changed = {name for name in after if (after[name].now, after[name].next) != (before[name].now, before[name].next)}
    assert changed == {"exp-c1>exp-e1/uc-traversal/X11"}


def test_endpoints_of_a_service_that_disagree_settle_nothing_and_are_named() -> None:
    verdict = _dials_in("X15.4", DISAGREE).verdicts()["partner>exp-e1/sip-b2b/X07"]
    assert verdict.now == "at-risk"
    assert _because(verdict)["exp-e1.client_eku on sip-tls"] == (DISAGREE.showed, "observed")


def test_the_certainty_is_that_of_the_weakest_fact_and_an_experiment_is_observed() -> None:
    facts = _dials_in(None, TAKES)
    slot = replace(facts.targets["partner"].slots[0], from_="observed")  # type: ignore[arg-type]
    facts.targets["partner"] = replace(facts.targets["partner"], slots=(slot,))
    facts.connections.clear()
    facts.link("sip-b2b", "partner", "exp-e1").requests["exp-e1", "sip-tls"] = "required"
    assert facts.verdicts()["partner>exp-e1/sip-b2b/X07"].certainty == "observed"
    facts.experiments["exp-e1", "sip-tls"] = replace(TAKES, certainty="inferred")
    assert facts.verdicts()["partner>exp-e1/sip-b2b/X07"].certainty == "inferred"


def test_a_peer_that_was_seen_to_check_breaks_it_at_the_renewal() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown("both")})
    facts.box("far", "generic").link("sip-b2b", "exp-e1", "far", mtls="on").experiments["far", "sip-tls"] = REFUSES
    verdict = facts.verdicts()["exp-e1>far/sip-b2b/X04"]
    assert (verdict.now, verdict.next) == ("ok", "breaks")
    assert verdict.text.endswith(
        "After the renewal: exp-e1 dials far with a certificate that has no clientAuth. "
        "Observed: far refused a certificate without clientAuth."
    )


@pytest.mark.parametrize(("dials", "answers", "service"), [("e", "w", "sip-tls"), ("w", "e", "sip-mtls")])
def test_edge_audio_is_mutual_where_the_answering_end_was_seen_to_ask(dials: str, answers: str, service: str) -> None:
    facts = Facts().box("e", "expressway-e", "X15.4", {"server": Shown("server")}).box("w", "webex")
    facts.link("edge-audio", dials, answers).requests[answers, service] = "required"
    link = links_of(facts.estate(), packaged().use_cases["edge-audio"])[0]
    assert facts.estate().link_fact(link, "mtls").values == ("on",)
    facts.requests = {(dials, service): "required", (answers, "uc-traversal"): "required"}
    assert facts.estate().link_fact(link, "mtls").values == ("on", "off")


@pytest.mark.parametrize(
    ("use_case", "far"),
    [
        ("edge-audio", "webex"),
        ("sip-b2b", "outside"),
        ("sip-im-federation", "outside"),
        ("neighbor-zone", "cucm"),
        ("neighbor-zone", "generic"),
    ],
)
def test_the_direction_that_nobody_declared_is_assumed_where_a_use_case_always_has_both(
    use_case: str, far: RoleName
) -> None:
    facts = Facts().box("e", "expressway-e", "X15.4", {"server": Shown()}, "edge").box("w", far)
    facts.box("e2", "expressway-e", "X15.4", {"server": Shown()}, "edge").link(use_case, "edge", "w")

    def assumed() -> list[tuple[str, str, str]]:
        found = assumed_connections(facts.targets, facts.connections, packaged())
        return [(one.from_, one.to, one.origin) for one in found if one.use_case == use_case]

    assert assumed() == [("w", "edge", "assumed")]
    facts.link(use_case, "w", "e")
    assert assumed() == [("w", "e2", "assumed")]
    facts.link(use_case, "w", "e2")
    assert assumed() == []


@pytest.mark.parametrize(("tls_verify", "given"), [("on", "breaks"), ("off", "ok")])
def test_a_peer_dials_back_over_the_zone_that_was_declared_with_what_the_zone_verifies(
    tls_verify: str, given: str
) -> None:
    facts = Facts().box("c", "expressway-c", "X15.5", {"server": Shown("both", "private")}, client_certificate="copied")
    facts.box("cucm", "cucm", "14SU3", {"CallManager": Shown("server", "private")})
    facts.link("neighbor-zone", "c", "cucm", tls_verify=tls_verify, mtls="on")
    facts.connections += assumed_connections(facts.targets, facts.connections, packaged())
    verdict = facts.verdicts()["cucm>c/neighbor-zone/X19P"]
    assert (verdict.now, verdict.if_used) == (given, True)
    assert ("cucm>c/neighbor-zone.tls_verify", tls_verify) in {(one.fact, one.value) for one in verdict.because}


def test_what_a_zone_of_two_boxes_says_counts_for_the_way_back_before_what_one_of_their_clusters_says() -> None:
    facts = Facts().box("c1", "expressway-c", "X15.5", {}, "core").box("c2", "expressway-c", "X15.5", {}, "core")
    facts.box("u", "cucm", "14SU3").link("neighbor-zone", "u", "c2", tls_verify="off")
    facts.link("neighbor-zone", "c1", "u", tls_verify="on").link("neighbor-zone", "core", "u", tls_verify="off")
    assumed = assumed_connections(facts.targets, facts.connections, packaged())
    told = {one.id: one.settings["tls_verify"].value for one in assumed if one.use_case == "neighbor-zone"}
    assert told == {"u>c1/neighbor-zone": "on"}
    for there in (facts.connections, facts.connections[::-1]):
        back = assumed_connections(facts.targets, there, packaged())
        assert {one.id for one in back} == {one.id for one in assumed}


def test_a_declared_zone_hides_no_other_box_of_the_same_product() -> None:
    facts = Facts().box("c", "expressway-c", "X15.4").box("a", "cucm", "14SU3").box("b", "cucm", "14SU3")
    facts.link("neighbor-zone", "c", "a", tls_verify="on")
    found = assumed_connections(facts.targets, facts.connections, packaged())
    zones = {(one.from_, one.to) for one in found if one.use_case == "neighbor-zone"}
    assert zones == {("a", "c"), ("c", "b"), ("b", "c")}


def test_an_expressway_has_one_traversal_zone_for_unified_communications() -> None:
    facts = Facts()
    for name in ("a", "b"):
        facts.box(f"{name}-c", "expressway-c", "X15.4").box(f"{name}-e", "expressway-e", "X15.4")
    facts.link("mra", "a-c", "a-e")
    found = assumed_connections(facts.targets, facts.connections, packaged())
    assert {(one.from_, one.to) for one in found if one.use_case == "uc-traversal"} == {("b-c", "b-e")}


def test_among_too_many_ends_what_is_declared_of_one_counts_as_all_of_it() -> None:
    facts = Facts()
    for number in range(9):
        facts.box(f"u{number}", "cucm", "14SU3").box(f"g{number}", "cube", "17.12.4")

    def trunks() -> set[tuple[str, str]]:
        found = assumed_connections(facts.targets, facts.connections, packaged())
        return {(one.from_, one.to) for one in found if one.use_case == "sip-trunk"}

    assert trunks() == set()
    facts.link("sip-trunk", "u1", "g1").link("sip-trunk", "u2", "g2")
    assert trunks() == {("g1", "u1"), ("g2", "u2")} | {
        pair for a in (0, *range(3, 9)) for b in (0, *range(3, 9)) for pair in ((f"u{a}", f"g{b}"), (f"g{b}", f"u{a}"))
    }


def test_a_peer_of_which_nothing_is_declared_is_not_broken_by_what_its_stack_does_by_default() -> None:
    facts = (
        Facts().box("e", "expressway-e", "X15.4", {"server": Shown("server")}).box("mon", "generic", stack="openssl")
    )
    facts.connections += assumed_connections(facts.targets, (), packaged())
    verdict = facts.verdicts()["e>mon/sip-b2b/X04"]
    assert (verdict.outcome, verdict.if_used, verdict.assumed) == ("depends", True, ())
    (fork,) = (one for one in verdict.forks if one.fact == "mon.client_eku")
    assert {value: branch.now for value, branch in fork.values.items()} == {"checked": "breaks", "ignored": "ok"}
    facts.connections.clear()
    facts.link("sip-b2b", "e", "mon", mtls="on")
    verdict = facts.verdicts()["e>mon/sip-b2b/X04"]
    assert (verdict.outcome, verdict.assumed) == ("breaks-now", ("mon.client_eku = checked",))


def test_a_trunk_without_tls_has_none_on_the_way_back_either() -> None:
    facts = Facts().box("u", "cucm", "14SU3").box("cube", "cube", "17.12.4").link("sip-trunk", "u", "cube", mtls="off")
    (back,) = (one for one in assumed_connections(facts.targets, facts.connections, packaged()))
    assert (back.id, back.settings["mtls"].value) == ("cube>u/sip-trunk", "off")


@pytest.mark.parametrize(("seen", "given"), [(REFUSES, "breaks"), (TAKES, "ok")])
def test_what_webex_did_with_a_client_certificate_on_its_own_port_answers_edge_audio(
    seen: Experiment, given: str
) -> None:
    facts = Facts().box("e", "expressway-e", "X15.4", {"server": Shown("server", "private")}).box("w", "webex")
    facts.link("edge-audio", "e", "w").experiments["w", "sip-tls"] = seen
    assert facts.verdicts()["e>w/edge-audio/X25"].now == given


# --- properties -----------------------------------------------------------------------------------------------

_CHOICES = {
    "c_eku": EKUS,
    "e_eku": EKUS,
    "c_hierarchy": ("public-chrome", "private"),
    "c_release": ("X14.0.1", "X14.3.7", "X15.3.2", "X15.4", "X15.5"),
    "e_release": ("X14.3.7", "X15.4", "X15.5"),
    "sip_eku_check": ("on", "off"),
    "client_certificate": ("copied", "separate"),
    "tls_verify": ("on", "off"),
    "match_eku": ("on", "off"),
    "client_eku": ("checked", "ignored"),
}


def _estate(known: dict[str, str]) -> Facts:
    """An estate in which only some of the facts are known."""
    facts = Facts()
    hierarchy = known.get("c_hierarchy", "undecided")
    c_slots = {"server": Shown(known["c_eku"], hierarchy)} if "c_eku" in known else {}  # type: ignore[arg-type]
    c_settings = {k: known[k] for k in ("client_certificate",) if k in known}
    e_settings = {k: known[k] for k in ("sip_eku_check",) if k in known}
    facts.box("c", "expressway-c", known.get("c_release"), c_slots, **c_settings)
    e_slots = {"server": Shown(known["e_eku"])} if "e_eku" in known else {}
    facts.box("e", "expressway-e", known.get("e_release"), e_slots, client_certificate="copied", **e_settings)
    facts.box("cube", "cube", "17.12.4", {}, **{k: known[k] for k in ("match_eku",) if k in known})
    facts.box("far", "outside", None, {}, **{k: known[k] for k in ("client_eku",) if k in known})
    zone = {k: known[k] for k in ("tls_verify",) if k in known}
    return facts.link("uc-traversal", "c", "e").link("neighbor-zone", "c", "cube", **zone).link("sip-b2b", "e", "far")


_WORLDS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in _CHOICES.items()})


def _open(verdict: Verdict, answer: str) -> bool:
    """Whether an answer may still be settled by a fact: it says so itself, or stands on an assumed default."""
    return answer in ("depends", "unknown") or bool(verdict.assumed)


@settings(max_examples=60, deadline=None)
@given(_WORLDS, st.sets(st.sampled_from(sorted(_CHOICES))))
def test_learning_a_fact_settles_and_never_flips(world: dict[str, str], known: set[str]) -> None:
    before = _estate({name: world[name] for name in known}).verdicts()
    after = _estate(world).verdicts()
    assert before.keys() == after.keys()
    for name, verdict in before.items():
        for tense in ("now", "next"):
            answer = getattr(verdict, tense)
            assert _open(verdict, answer) or answer == getattr(after[name], tense), name


_SERVICES = {"e": "uc-traversal", "cube": "sip-tls", "far": "sip-tls"}


@settings(max_examples=60, deadline=None)
@given(
    _WORLDS,
    st.sets(st.sampled_from(sorted(_CHOICES))),
    st.sampled_from(sorted(_SERVICES)),
    st.sampled_from((REFUSES, TAKES)),
)
def test_an_experiment_answers_as_a_declaration_would_and_for_its_own_service_only(
    world: dict[str, str], known: set[str], box: str, experiment: Experiment
) -> None:
    facts = _estate({name: world[name] for name in known})
    bare = facts.verdicts()
    facts.experiments[box, _SERVICES[box]] = experiment
    observed = facts.verdicts()
    facts.experiments.clear()
    target = facts.targets[box]
    told = {**target.settings, "client_eku": Fact(str(experiment.client_eku), "declared")}
    facts.targets[box] = replace(target, settings=told)
    declared = facts.verdicts()
    for name, verdict in observed.items():
        ours = verdict.verifies == box and _service(verdict, facts.targets[box].role) == _SERVICES[box]
        same = declared[name] if ours or verdict.use_case == "mra" else bare[name]
        assert (verdict.now, verdict.next) == (same.now, same.next), name


def _service(verdict: Verdict, role: str) -> str | None:
    return packaged().use_cases[verdict.use_case].service(role)


@settings(max_examples=60, deadline=None)
@given(_WORLDS)
def test_granting_a_certificate_more_never_breaks_anything(world: dict[str, str]) -> None:
    before = _estate(world).verdicts()
    after = _estate({**world, "c_eku": "both", "e_eku": "both"}).verdicts()
    for name, verdict in before.items():
        assert GRAVITY[after[name].now] <= GRAVITY[verdict.now], name


@settings(max_examples=30, deadline=None)
@given(_WORLDS, st.sets(st.sampled_from(sorted(_CHOICES))), st.randoms(use_true_random=False))
def test_the_order_of_targets_and_connections_never_matters(
    world: dict[str, str], known: set[str], shuffle: random.Random
) -> None:
    facts = _estate({name: world[name] for name in known})
    before = facts.verdicts()
    names = list(facts.targets)
    shuffle.shuffle(names)
    facts.targets = {name: facts.targets[name] for name in names}
    shuffle.shuffle(facts.connections)
    assert facts.verdicts() == before


@pytest.mark.parametrize("release", ["X15.4", "X15.5"])
def test_every_fork_is_true_declaring_the_value_gives_the_branch(release: str) -> None:
    facts = _pair(Shown("server"), Shown("server"), release)
    facts.box("cube", "cube", "17.12.4").link("neighbor-zone", "exp-c1", "cube", tls_verify="on")
    verdict = facts.verdicts()["exp-c1>cube/neighbor-zone/X19"]
    for fork in verdict.forks:
        if fork.fact == "cube.match_eku":
            for value, branch in fork.values.items():
                facts.box("cube", "cube", "17.12.4", match_eku=value)
                assert facts.verdicts()["exp-c1>cube/neighbor-zone/X19"].now == branch.now
