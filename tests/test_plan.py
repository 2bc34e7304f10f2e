"""The plan of the estate: few steps that together settle most, each combination judged and none of it added up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan import plan as planning
from ekuscan.advice import anchor, wants_remedy, ways, with_remedies
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Plan, PlanStep, Remedy
from ekuscan.plan import choose, plan_of
from ekuscan.report.table_plan import says_more
from ekuscan.rules.load import packaged
from ekuscan.verdict.again import FINE, Change, judged_after
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.judge import Judged, judge
from tests import report_samples
from tests.command import TODAY, scan, too_wide
from tests.judging import Facts, Policy, Shown

BOTH, SERVER, PRIVATE = Shown("both"), Shown("server"), Shown("both", "private")


def planned(facts: Facts, *, far_ends: bool = False) -> tuple[Plan | None, list[Judged]]:
    over = Estate(facts.seen(far_ends), packaged(), Policy())
    advised = with_remedies(judge(over, 45), over)
    return plan_of([choose(advised, over)], packaged()), advised


def steps(plan: Plan | None) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.remedy, step.targets) for step in plan.steps] if plan is not None else []


def pairs(count: int, c: Shown, release: str = "X15.4") -> Facts:
    """Pairs of Expressways, of which each Expressway-C has this certificate and each Expressway-E a good one."""
    facts = Facts()
    for number in range(1, count + 1):
        own = {"client": c} if release == "X15.5" else {}
        facts.box(f"exp-c{number}", "expressway-c", release, slots={"server": c, **own})
        facts.box(f"exp-e{number}", "expressway-e", release, slots={"server": SERVER})
        facts.link("mra", f"exp-c{number}", f"exp-e{number}")
    return facts


def test_the_same_remedy_on_several_boxes_is_one_step_that_names_them_all() -> None:
    plan, judged = planned(pairs(3, SERVER))
    assert plan is not None
    assert steps(plan) == [("private-ca-c", ("exp-c1", "exp-c2", "exp-c3"))]
    assert plan.steps[0].text == "Give exp-c1, exp-c2 and exp-c3 a private-CA certificate with both EKUs."
    failing = {item.verdict.id for item in judged if item.verdict.outcome != "ok" and len(item.legs) == 1}
    assert set(plan.clears) == failing
    assert plan.leaves == ()


def test_owners_are_named_each_with_its_own_mark() -> None:
    plan, _ = planned(pairs(2, SERVER, "X15.5"))
    assert plan is not None
    assert plan.steps[0].text.startswith("Put a certificate with clientAuth into exp-c1's and exp-c2's client slot;")


def test_many_boxes_are_counted_behind_the_first() -> None:
    plan, _ = planned(pairs(7, SERVER))
    assert plan is not None
    assert plan.steps[0].text.startswith("Give exp-c1, exp-c2, exp-c3, exp-c4 and 3 more a private-CA certificate")
    assert len(plan.steps[0].targets) == 7


def test_what_the_plan_settles_is_fine_when_its_certificates_are_really_there() -> None:
    plan, _ = planned(pairs(2, SERVER))
    assert plan is not None
    after = pairs(2, PRIVATE).verdicts()
    assert plan.clears
    assert {after[id_].outcome for id_ in plan.clears} == {"ok"}


def test_no_step_breaks_what_is_fine() -> None:
    """An alternate root settles as much, but browsers do not trust it, and today they trust this box."""
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", slots={"server": BOTH})
    plan, judged = planned(facts, far_ends=True)
    assert any("alternate-root" in [one.id for one in item.verdict.remedies] for item in judged)
    assert {item.verdict.outcome for item in judged if item.verdict.use_case == "browser-trust"} == {"ok"}
    assert plan is not None
    assert "alternate-root" not in [step.remedy for step in plan.steps]
    assert plan.clears


def test_what_lowers_security_comes_last_and_only_where_nothing_else_helps() -> None:
    facts = pairs(1, SERVER).box("cucm1", "cucm", slots={"CallManager": PRIVATE})
    plan, judged = planned(facts.link("neighbor-zone", "exp-c1", "cucm1", tls_verify="on"))
    weakening = {name for name, row in packaged().remedies.items() if row.weakens}
    assert weakening & {one.id for item in judged for one in item.verdict.remedies}
    assert plan is not None
    assert not weakening & {step.remedy for step in plan.steps}
    assert not plan.leaves


def test_an_estate_without_anything_to_mend_has_no_plan() -> None:
    assert planned(pairs(2, PRIVATE))[0] is None


def test_what_nobody_can_settle_is_left_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "ways", lambda item, over: iter(()))
    plan, judged = planned(pairs(1, SERVER))
    assert plan is not None
    assert (plan.steps, plan.clears) == ((), ())
    assert set(plan.leaves) <= {item.verdict.id for item in judged}
    assert plan.leaves


def test_an_estate_of_too_many_problems_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST", 3)
    assert planned(pairs(2, SERVER))[0] is None


def test_the_bound_is_over_all_parts_of_an_estate() -> None:
    facts = pairs(1, SERVER)
    over = Estate(facts.seen(False), packaged(), Policy())
    advised = with_remedies(judge(over, 45), over)
    picks = choose(advised, over)
    assert picks.asking > 2
    assert choose(advised, over, picks.asking).whole
    assert not choose(advised, over, picks.asking - 1).whole
    assert plan_of([picks, choose(advised, over, picks.asking - 1)], packaged()) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["both", "server", "client", "neither"]), min_size=4, max_size=4),
    st.sampled_from(["X14.3.7", "X15.4", "X15.5"]),
    st.permutations(range(4)),
    st.booleans(),
)
def test_the_parts_of_a_plan_fit_together_whatever_the_order_of_the_targets(
    ekus: Sequence[str], release: str, order: Sequence[int], public: bool
) -> None:
    found = [_estate_plan(ekus, release, sequence, public=public) for sequence in (range(4), order)]
    for plan, judged in found:
        if plan is None:
            continue
        ids = {item.verdict.id for item in judged if len(item.legs) == 1}
        each = [id_ for step in plan.steps for id_ in step.clears]
        assert sorted(each) == sorted(plan.clears)
        assert len(set(each)) == len(each)
        assert not set(each) & set(plan.leaves)
        assert {*each, *plan.leaves} <= ids
        assert all(step.clears for step in plan.steps)
    first, second = found[0][0], found[1][0]
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert sorted(first.clears) == sorted(second.clears)
        assert sorted(first.leaves) == sorted(second.leaves)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Shown,
            st.sampled_from(["both", "server", "client", "neither"]),
            st.sampled_from(["public-chrome", "public-other", "private", "undecided"]),
        ),
        min_size=4,
        max_size=4,
    ),
    st.sampled_from(["X14.3.7", "X15.4", "X15.5"]),
    st.sampled_from(["checked", "ignored"]),
)
def test_the_steps_of_a_plan_do_the_same_in_any_order_and_make_nothing_worse(
    shown: Sequence[Shown], release: str, partner: str
) -> None:
    """Two steps that want opposite things of one certificate would leave what the last one wants."""
    facts = Facts()
    for name, role, one, other in (("c", "expressway-c", *shown[:2]), ("e", "expressway-e", *shown[2:])):
        slots = {"server": one, **({"client": other} if release == "X15.5" else {})}
        facts.box(name, role, release, slots=slots)  # type: ignore[arg-type]
    facts.box("partner", "outside", client_eku=partner)
    facts.link("uc-traversal", "c", "e").link("sip-b2b", "e", "partner", mtls="on")
    over = facts.estate()
    advised = with_remedies(judge(over, 45), over)
    effects: dict[tuple[str, str, str], list[Change]] = {}
    for item in advised:
        leg = anchor(item)
        for row, change in ways(item, over) if wants_remedy(item.verdict) else ():
            if change is not None:
                effects.setdefault((row.id, leg.presents.name, leg.verifier_name), []).append(change)
    chosen = [effects[pick.remedy, pick.target, pick.verifies] for pick in choose(advised, over).picks]
    # Where one sentence has several effects, which of them was chosen is not told.
    changes = [found[0] for found in chosen if len({one.key for one in found}) == 1]
    for item in advised:
        after = judged_after(item, changes)
        back = judged_after(item, changes[::-1])
        assert (after.now, after.next) == (back.now, back.next), item.verdict.id
        for was, is_ in ((item.completed.now, after.now), (item.completed.next, after.next)):
            assert was not in FINE or is_ in FINE or len(changes) < len(chosen), item.verdict.id


def test_one_slot_never_gets_a_root_that_browsers_know_and_one_that_they_do_not() -> None:
    """Its certificate serves the browsers and dials the far ends; only a slot of its own lets it do both."""
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", slots={"server": Shown("server", "private")})
    facts.box("partner", "outside", client_eku="checked").link("sip-b2b", "exp-e1", "partner", mtls="on")
    plan, _ = planned(facts, far_ends=True)
    assert sorted(steps(plan)) == [("browser-trusted-server", ("exp-e1",)), ("upgrade-x15.5", ("exp-e1",))]
    assert plan is not None
    assert plan.leaves == ()


def _estate_plan(
    ekus: Sequence[str], release: str, order: Sequence[int], *, public: bool
) -> tuple[Plan | None, list[Judged]]:
    facts = Facts()
    for place in order:
        name, role = [("exp-c1", "c"), ("exp-e1", "e"), ("exp-c2", "c"), ("exp-e2", "e")][place]
        shown = Shown(ekus[place], "public-chrome" if public else "private")
        slots = {"server": shown, **({"client": shown} if release == "X15.5" else {})}
        facts.box(name, "expressway-c" if role == "c" else "expressway-e", release, slots=slots)
    facts.link("mra", "exp-c1", "exp-e1").link("mra", "exp-c2", "exp-e2")
    return planned(facts, far_ends=True)


# --- what a person sees -------------------------------------------------------------------------------------------


def test_the_report_has_a_plan_only_where_it_says_more_than_the_problems(tmp_path: Path) -> None:
    for name, shown in (("before", True), ("demo", False)):
        with open_lab(estate(name), tmp_path / name, TODAY) as lab:
            done, long = scan(lab), scan(lab, "-v")
        assert ("ONE PLAN" in done.out) == shown
        assert "ONE PLAN" in long.out
        assert not too_wide(done.out)
        assert not too_wide(long.out)
    lines = done.out, long.out
    assert "before: Back up certificate and private key first." in lines[1]
    assert "costs: A CA to run; its root goes to every peer." in lines[1]


@pytest.mark.parametrize(("members", "shown"), [(("e1", "e2"), True), ((), False)])
def test_a_plan_that_does_more_is_shown_with_a_step_for_each_member_that_has_the_problem(
    members: tuple[str, ...], shown: bool
) -> None:
    remedy = Remedy("eku-check-off", "Set it to off.", None, ("one",))
    steps = tuple(PlanStep(remedy.id, (name,), f"Set it to off on {name}.", None, (name,)) for name in ("one", "two"))
    whole = report_samples.estate()
    mended = replace(whole.problems[0], remedy=remedy, members=members)
    assert says_more(replace(whole, problems=(mended,), plan=Plan(steps, ("one", "two"), ()))) == shown


def test_the_document_has_the_plan_and_what_each_remedy_takes(tmp_path: Path) -> None:
    with open_lab(estate("before"), tmp_path / "before", TODAY) as lab:
        done = scan(lab, "--format", "json")
        lines = scan(lab, "--format", "jsonl")
    document = done.document
    plan = document["plan"]
    assert [step["targets"] for step in plan["steps"][:2]] == [["exp-c1", "exp-c2"], ["exp-e1", "exp-e2"]]
    assert sum(len(step["clears"]) for step in plan["steps"]) == len(plan["clears"]) > 30
    assert plan["leaves"] == []
    verdicts = {one["id"]: one for one in document["verdicts"]}
    assert {verdicts[id_]["outcome"] for id_ in plan["clears"]} <= {"breaks-at-renewal", "at-risk", "depends"}
    named = {remedy["id"] for verdict in document["verdicts"] for remedy in verdict["remedies"]}
    assert set(document["remedy_work"]) == named
    assert document["remedy_work"]["private-ca-c"]["before"][0] == "Back up certificate and private key first."
    assert '"plan"' not in lines.out
    for problem in document["problems"]:
        efforts = [
            (work["weakens"], work["effort"])
            for work in (document["remedy_work"][way["id"]] for way in problem["ways"])
        ]
        assert efforts == sorted(efforts)
        assert all(set(way["clears"]) <= set(problem["verdicts"]) for way in problem["ways"])
    assert any(len(problem["ways"]) > 2 for problem in document["problems"])
    assert json.dumps(plan)
