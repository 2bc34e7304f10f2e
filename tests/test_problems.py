"""Problems: what a person acts on, put together from verdicts, in the order in which to read them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ekuscan.advice import is_fine, with_remedies
from ekuscan.findings import SECTIONS, Finding, finding, section_of
from ekuscan.left_open import open_role
from ekuscan.model import Endpoint, Problem, Target
from ekuscan.problems import problems
from ekuscan.rules.load import packaged
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.judge import WIRE_CHECKS, judge
from ekuscan.verdict.links import assumed_connections
from tests.judging import AS_OF, ENDS, Facts, Policy, Shown

BOTH, SERVER, PRIVATE = Shown("both"), Shown("server"), Shown("both", "private")


def judged(facts: Facts, far_ends: bool) -> list[Finding]:
    estate = Estate(facts.seen(far_ends), packaged(), Policy())
    return [finding(item) for item in with_remedies(judge(estate, 45, WIRE_CHECKS), estate)]


def found(facts: Facts, *, far_ends: bool = False) -> tuple[Problem, ...]:
    return problems(judged(facts, far_ends), packaged())


def pair(c: dict[str, Shown], e: dict[str, Shown], release: str = "X15.4") -> Facts:
    facts = Facts().box("exp-c1", "expressway-c", release, slots=c).box("exp-e1", "expressway-e", release, slots=e)
    return facts.link("mra", "exp-c1", "exp-e1")


def site() -> Facts:
    """Something for every section: an Expressway-C that is broken, an edge that breaks later, and open questions."""
    facts = pair({"server": SERVER}, {"server": BOTH})
    facts.box("cucm1", "cucm", slots={"CallManager": PRIVATE}).link("neighbor-zone", "exp-c1", "cucm1")
    facts.box("cube1", "cube", "17.12.4", slots={"trustpoint": PRIVATE}).link(
        "neighbor-zone", "exp-c1", "cube1", tls_verify="on"
    )
    return facts


# --- grouping -----------------------------------------------------------------------------------------------------


def test_every_verdict_that_is_not_fine_is_in_exactly_one_problem() -> None:
    facts = site()
    open_ = [item.verdict.id for item in judged(facts, True) if not is_fine(item.verdict)]
    told = [name for problem in found(facts, far_ends=True) for name in problem.verdicts]
    assert sorted(told) == sorted(open_)


def test_one_slot_is_one_problem_with_everything_that_it_hits_the_gravest_first() -> None:
    first = found(site())[0]
    assert (first.section, first.target, first.slot) == ("broken-now", "exp-c1", "server")
    assert first.title == "UC traversal zone: MRA is down"
    assert first.verdicts[0] == "exp-c1>exp-e1/uc-traversal/X11"
    assert set(first.rules) == {"X11", "X14", "MRA"}
    assert "Same certificate: SSH tunnels 2222 is at risk." in first.text


def test_the_step_mends_what_the_title_names_and_the_rest_gets_its_own() -> None:
    """A new certificate clears more than a name in a zone does, but MRA stays down without the name."""
    facts = Facts().box("exp-c1", "expressway-c", "X15.5", slots={"server": PRIVATE, "client": SERVER})
    facts.box("exp-e1", "expressway-e", "X15.5", slots={"server": SERVER, "client": PRIVATE}, sip_eku_check="off")
    facts.box("cucm1", "cucm", slots={"CallManager": PRIVATE})
    facts.link("uc-traversal", "exp-c1", "exp-e1", verify_name="exp-c.example.com")
    facts.link("neighbor-zone", "exp-c1", "cucm1", tls_verify="on")
    first = found(facts)[0]
    assert first.verdicts[0] == "exp-c1>exp-e1/uc-traversal/XN05"
    assert first.remedy is not None
    assert first.verdicts[0] in first.remedy.clears
    assert first.action == (
        "Change the TLS verify subject name in exp-e1's zone to a name that exp-c1's certificate has. Clears 1 of 3. "
        "For the other 2: Back up certificate and private key first. Put a certificate with clientAuth into exp-c1's "
        "client slot; a private CA that its peers trust will do."
    )


def test_who_issued_a_certificate_is_asked_once_for_what_it_mends_and_what_it_breaks() -> None:
    """The same page must not tell as a fact what it asks: whether browsers trust the CA hangs on the same question."""
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", slots={"server": Shown("both", "undecided")})
    facts.box("partner", "outside", client_eku="checked").link("sip-b2b", "exp-e1", "partner", mtls="on")
    (question,) = (one for one in found(facts) if "exp-e1/browser-trust/X39" in one.verdicts)
    assert question.section == "decide"
    assert "exp-e1>partner/sip-b2b/X04" in question.verdicts
    assert "public: broken at renewal  private: at risk" in question.title


def test_two_boxes_with_the_same_trouble_are_two_problems() -> None:
    facts = pair({"server": SERVER}, {"server": BOTH})
    facts.box("exp-c2", "expressway-c", "X15.4", slots={"server": SERVER}).link("mra", "exp-c2", "exp-e1")
    broken = [problem.target for problem in found(facts) if problem.section == "broken-now"]
    assert broken == ["exp-c1", "exp-c2"]


def test_two_slots_of_one_box_are_two_problems() -> None:
    expired = Shown("both", ends=AS_OF - timedelta(days=3))
    facts = pair({"server": expired, "client": SERVER}, {"server": BOTH, "client": PRIVATE}, "X15.5")
    broken = [problem for problem in found(facts) if problem.section == "broken-now"]
    assert {(problem.target, problem.slot) for problem in broken} == {("exp-c1", "client"), ("exp-c1", "server")}
    assert not any("Step" in problem.action for problem in broken)


def test_several_far_ends_are_counted_and_one_is_named() -> None:
    facts = pair({"server": SERVER}, {"server": BOTH})
    assert found(facts)[0].peer == "exp-e1"
    facts.box("cucm1", "cucm", slots={"CallManager": PRIVATE})
    facts.link("neighbor-zone", "exp-c1", "cucm1", tls_verify="on")
    assert found(facts)[0].peer == "2 ends"


def test_what_nobody_declared_is_marked_if_used() -> None:
    edge = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": BOTH})
    titles = [problem.title for problem in found(edge, far_ends=True) if problem.section == "at-renewal"]
    assert titles == ["B2B SIP calls, SIP IM federation (if used)"]


# --- sections -----------------------------------------------------------------------------------------------------


def test_sections_come_in_order_and_each_verdict_stands_in_its_own() -> None:
    order = [SECTIONS.index(problem.section) for problem in found(site(), far_ends=True)]
    assert order == sorted(order)
    assert {SECTIONS[place] for place in order} >= {"broken-now", "at-renewal", "at-risk", "decide"}


@pytest.mark.parametrize(
    ("certificate", "section"),
    [(Shown("server"), "broken-now"), (Shown("both"), "at-renewal"), (Shown("both", "private"), None)],
)
def test_the_answer_now_and_next_decides_the_section(certificate: Shown, section: str | None) -> None:
    verdicts = pair({"server": certificate}, {"server": BOTH}).verdicts()
    assert section_of(verdicts["exp-c1>exp-e1/uc-traversal/X11"]) == section


def test_a_far_ends_own_habit_is_a_risk_and_not_a_question_to_the_reader() -> None:
    edge = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": SERVER})
    (b2b,) = (problem for problem in found(edge, far_ends=True) if "exp-e1/sip-b2b/X04" in problem.verdicts)
    assert b2b.section == "at-risk"
    assert "client_eku" not in b2b.action


def test_what_breaks_first_comes_first_within_a_section() -> None:
    facts = Facts()
    for name, days in (("exp-c1", 200), ("exp-c2", 50), ("exp-c3", 120)):
        certificate = Shown("both", ends=AS_OF + timedelta(days=days))
        facts.box(name, "expressway-c", "X15.4", {"server": certificate}).link("mra", name, "exp-e1")
    facts.box("exp-e1", "expressway-e", "X15.4", {"server": PRIVATE})
    late = [problem.target for problem in found(facts) if problem.section == "at-renewal"]
    assert late == ["exp-c2", "exp-c3", "exp-c1"]


def test_a_problem_says_when_it_begins() -> None:
    first = found(pair({"server": BOTH}, {"server": PRIVATE}))[0]
    assert (first.section, first.when) == ("at-renewal", ENDS)
    assert found(pair({"server": SERVER}, {"server": PRIVATE}))[0].when is None


# --- steps --------------------------------------------------------------------------------------------------------


def test_what_an_earlier_step_settles_names_that_step() -> None:
    told = found(pair({"server": BOTH}, {"server": PRIVATE}))
    tunnels = next(problem for problem in told if "exp-c1>exp-e1/ssh-tunnels/X14" in problem.verdicts)
    assert told[0].remedy is not None
    assert set(tunnels.verdicts) <= set(told[0].remedy.clears)
    assert (tunnels.action, tunnels.remedy) == ("Step 1 covers it.", None)


def test_every_step_that_is_named_is_an_earlier_one_with_a_remedy_that_clears_it_all() -> None:
    told = found(site(), far_ends=True)
    named = 0
    for place, problem in enumerate(told, 1):
        for number in map(int, re.findall(r"Step (\d+)", problem.action)):
            named += 1
            remedy = told[number - 1].remedy
            assert number < place
            assert remedy is not None
            assert set(problem.verdicts) <= set(remedy.clears)
    assert named >= 2


def test_a_question_that_a_step_settles_can_still_be_answered_in_the_file() -> None:
    question = next(problem for problem in found(site()) if problem.section == "decide" and problem.peer == "cube1")
    assert question.title.startswith("match eku client-auth?  on: broken now  off: fine")
    assert question.action == "Step 1 settles it either way; else set match_eku on cube1 in the targets file."


def test_a_release_that_decides_is_written_as_its_product_writes_it() -> None:
    facts = Facts().box("exp-c1", "expressway-c", "X15.4", {"server": SERVER})
    facts.box("cube1", "cube", slots={"trustpoint": PRIVATE}).link("neighbor-zone", "exp-c1", "cube1", tls_verify="on")
    (question,) = (problem for problem in found(facts) if problem.section == "decide")
    assert question.title.startswith("Which release does cube1 run?  <26.1.1: ")
    edge = pair({"server": SERVER, "client": SERVER}, {"server": SERVER, "client": SERVER}, "X15")
    questions = [problem.title for problem in found(edge) if "Which release" in problem.title]
    assert questions
    assert all("X15." in title for title in questions)


def test_a_zones_question_says_on_which_connection_to_answer_it() -> None:
    question = next(problem for problem in found(site()) if problem.section == "decide" and problem.peer == "cucm1")
    assert "set tls_verify on the connection exp-c1 > cucm1 (neighbor-zone) in the targets file" in question.action


def test_a_question_whose_every_answer_is_fine_is_no_problem() -> None:
    facts = Facts().box("cucm1", "cucm", "14SU4", {"CallManager": PRIVATE, "tomcat": PRIVATE})
    facts.box("imp1", "imp", "14SU4", {"cup": PRIVATE, "tomcat": PRIVATE}).link("sip-trunk", "cucm1", "imp1")
    # Port 5062 of IM and Presence asks for a certificate as long as nobody has changed that.
    facts.requests["imp1", "sip-mtls"] = "none"
    (trunk,) = (item.verdict for item in judged(facts, False) if item.verdict.rule == "CM02")
    assert (trunk.now, {branch.now for branch in trunk.forks[0].values.values()}) == (
        "depends",
        {"ok", "not-applicable"},
    )
    assert is_fine(trunk)
    assert found(facts) == ()
    facts.box("cucm1", "cucm", "14SU4", {"CallManager": SERVER, "tomcat": PRIVATE})
    assert [problem.title for problem in found(facts)] == [
        "Is the connection mutual TLS?  on: at risk  off: not-applicable"
    ]


def test_a_trunk_to_im_and_presence_is_assumed_and_its_one_way_port_asks_no_question() -> None:
    facts = Facts().box("cucm1", "cucm", "14SU4", {"CallManager": SERVER, "tomcat": PRIVATE})
    facts.box("imp1", "imp", "14SU4", {"cup": SERVER, "tomcat": PRIVATE})
    facts.requests |= {("imp1", "sip-tls"): "none", ("imp1", "sip-mtls"): "required", ("cucm1", "sip-tls"): "required"}
    facts.connections += assumed_connections(facts.targets, (), packaged())
    trunks = {item.verdict.rule: item.verdict for item in judged(facts, False) if item.verdict.use_case == "sip-trunk"}
    assert {rule: verdict.now for rule, verdict in trunks.items()} == {
        **dict.fromkeys(("CM02", "IM02"), "at-risk"),
        **dict.fromkeys(("CM03", "IM03"), "ok"),
    }
    assert not any(verdict.forks for verdict in trunks.values())


# --- what was not seen --------------------------------------------------------------------------------------------


def test_an_unseen_client_slot_is_asked_for_once_per_box_before_anything_else_unknown() -> None:
    told = found(pair({"server": SERVER}, {"server": SERVER}, "X15.5"), far_ends=True)
    asked = [problem for problem in told if problem.title == "Which certificate is in the client slot?"]
    assert [problem.target for problem in asked] == ["exp-e1", "exp-c1"]
    for problem in asked:
        assert problem.slot == "client"
        assert problem.action.endswith(f"Then add --slot {problem.target}:client=FILE.")
    unknown = [problem for problem in told if problem.section == "unknown"]
    assert unknown[: len(asked)] == asked


def test_client_slots_that_may_be_none_are_asked_for_once_per_box_with_how_to_say_so() -> None:
    facts = Facts().box("cucm1", "cucm", "15SU5", {"CallManager": PRIVATE, "tomcat": PRIVATE})
    facts.box("dir", "generic", None, {"certificate": PRIVATE}, client_eku="checked")
    for use_case in ("sip-trunk", "ldaps"):
        facts.link(use_case, "cucm1", "dir")
    (asked,) = found(facts)
    assert asked.title == "Which certificates are in the CallManager-client and tomcat-client slots?"
    assert "--slot cucm1:CallManager-client=FILE" in asked.action
    assert asked.action.endswith(
        'Where it has none of its own, set own_client_certificate: "no" on it in the targets file.'
    )
    named = Facts().box(
        "cucm1", "cucm", "15SU5", {"CallManager": PRIVATE, "tomcat": PRIVATE}, own_client_certificate="no"
    )
    named.box("dir", "generic", None, {"certificate": PRIVATE}, client_eku="checked").link("sip-trunk", "cucm1", "dir")
    assert found(named) == ()


def test_another_unseen_slot_is_to_be_scanned_from_elsewhere_or_given_as_a_file() -> None:
    told = found(pair({}, {"server": BOTH}))
    asked = next(problem for problem in told if problem.target == "exp-c1")
    assert (asked.section, asked.slot) == ("unknown", "server")
    assert asked.title == "Which certificate is in the server slot?"
    assert "from where its ports can be reached" in asked.action
    assert "--slot exp-c1:server=FILE" in asked.action


def test_an_end_that_is_in_no_inventory_is_one_problem_for_all_that_hangs_on_it() -> None:
    edge = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": PRIVATE})
    strangers = [problem for problem in found(edge, far_ends=True) if problem.title == "Not looked at"]
    assert [problem.target for problem in strangers] == ["Expressway-C"]
    assert strangers[0].action == "Add the Expressway-C to the targets."
    assert strangers[0].peer is strangers[0].slot is None
    assert len(strangers[0].verdicts) > 1


def test_a_target_without_a_role_says_what_it_showed_and_how_to_name_its_role() -> None:
    target = Target("10.0.0.1", "generic", "default", None, "default")
    problem = open_role(target, ("banner X", "443 open"))
    assert problem.section == "unknown"
    assert problem.text == "Without its role no use case can be judged. What it showed: banner X; 443 open."
    assert "ekuscan scan '10.0.0.1 role=expressway-e'" in problem.action
    assert open_role(target, ()).text == "Without its role no use case can be judged."


def named(target: str, port: int, protocol: str, *, optional: bool = False) -> Endpoint:
    return Endpoint(f"{target}:{port}/{protocol}", target, target.strip("[]"), port, protocol, None, optional)


def test_a_target_without_a_role_is_to_be_scanned_again_as_it_was_named() -> None:
    target = Target("[2001:db8::25]", "generic", "default", None, "default")
    once = open_role(target, (), [named(target.id, 587, "smtp")])
    assert "ekuscan scan 'smtp://[2001:db8::25]:587 role=expressway-e'. " in once.action
    twice = open_role(target, (), [named(target.id, 25, "smtp"), named(target.id, 389, "ldap")])
    assert "ekuscan scan 'smtp://[2001:db8::25]:25 role=expressway-e' ldap://[2001:db8::25]:389. " in twice.action
    host = [named(target.id, port, "sips", optional=True) for port in (5061, 5062)]
    assert "ekuscan scan '[2001:db8::25] role=expressway-e'. " in open_role(target, (), host).action
    both = open_role(target, (), [*host, named(target.id, 8080, "tls")])
    assert "ekuscan scan '[2001:db8::25] role=expressway-e' tls://[2001:db8::25]:8080. " in both.action


def test_a_target_without_a_role_that_is_no_product_of_the_tables_has_a_role_too() -> None:
    unnamed = Target("192.0.2.1", "generic", "default", None, "default")
    assert open_role(unnamed, ()).action.endswith(" For any other product the role is generic.")


def test_a_target_of_a_file_without_a_role_gets_it_there() -> None:
    listed = Target("192.0.2.1", "generic", "default", None, "default", line=7)
    told = open_role(listed, (), [named("192.0.2.1", 25, "smtp")])
    assert told.action.startswith("Write its role in line 7 of the targets, for example expressway-e. ")


def test_targets_without_a_role_stand_at_the_end_of_their_section_and_steps_keep_their_numbers() -> None:
    unnamed = open_role(Target("10.0.0.1", "generic", "default", None, "default"), ())
    without = found(site(), far_ends=True)
    told = problems(judged(site(), True), packaged(), [unnamed])
    order = [SECTIONS.index(problem.section) for problem in told]
    assert order == sorted(order)
    assert tuple(problem for problem in told if problem is not unnamed) == without
    assert problems([], packaged(), [unnamed]) == (unnamed,)


def test_nothing_to_do_is_no_problem() -> None:
    slots = {"server": SERVER, "client": PRIVATE}
    assert found(pair(slots, slots, "X15.5")) == ()
    assert problems([], packaged()) == ()
