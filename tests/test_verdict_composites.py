"""Composites of two directions: one answer for two ends that dial each other, and the direction that decides it."""

from __future__ import annotations

import pytest

from ekuscan.advice import is_fine, with_remedies
from ekuscan.findings import finding
from ekuscan.model import Problem, Verdict
from ekuscan.problems import problems
from ekuscan.rules.load import packaged
from ekuscan.verdict.clusters import wholes
from ekuscan.verdict.composites import composed
from ekuscan.verdict.judge import WIRE_CHECKS
from tests.judging import Facts, Shown

FINE, LACKING, LOST = Shown("both", "private"), Shown("server", "private"), Shown("both")
B2B, AUDIO = "b2b-both-ways/B2B-BOTH-WAYS", "edge-audio-both-ways/EDGE-AUDIO-BOTH-WAYS"


def _partners(e: Shown, partner: Shown, *ways: str) -> Facts:
    """An Expressway-E and a partner that checks; ``ways`` are "out" and "in"."""
    facts = Facts().box("e", "expressway-e", "X14.3.7", {"server": e})
    facts.box("partner", "outside", None, {"certificate": partner}, client_eku="checked")
    for way in ways:
        facts.link("sip-b2b", *(("e", "partner") if way == "out" else ("partner", "e")), tls_verify="on", mtls="on")
    return facts


def _both(e: Shown, partner: Shown) -> Verdict:
    return _partners(e, partner, "in", "out").verdicts()[f"e>partner/{B2B}"]


@pytest.mark.parametrize(
    ("e", "partner", "outcome", "said"),
    [
        (FINE, FINE, "ok", ""),
        (LACKING, FINE, "breaks-now", "The way out to partner decides (X04); the way in works. "),
        (FINE, LACKING, "breaks-now", "The way in from partner decides (X07); the way out works. "),
        (LACKING, LACKING, "breaks-now", "The way out to partner decides (X04); the way in is broken too. "),
        (LACKING, LOST, "breaks-now", "The way out to partner decides (X04); the way in works until the renewal. "),
        (LOST, FINE, "breaks-at-renewal", "The way out to partner decides (X04); the way in works. "),
    ],
)
def test_the_direction_that_decides_is_named_and_what_the_other_one_does(
    e: Shown, partner: Shown, outcome: str, said: str
) -> None:
    verdict = _both(e, partner)
    assert (verdict.outcome, verdict.part_of) == (outcome, None)
    assert verdict.text.startswith(said)
    assert ("decides" in verdict.text) == bool(said)


def test_it_is_as_grave_as_the_graver_direction_and_never_graver() -> None:
    found = _partners(LACKING, FINE, "in", "out").verdicts()
    directions = {one.now for one in found.values() if one.use_case == "sip-b2b"}
    assert (directions, found[f"e>partner/{B2B}"].now) == ({"ok", "breaks"}, "breaks")


@pytest.mark.parametrize("way", ["in", "out"])
def test_where_there_is_one_direction_there_is_no_composite(way: str) -> None:
    assert not [id_ for id_ in _partners(FINE, FINE, way).verdicts() if id_.endswith(B2B)]


def test_it_is_the_same_whichever_direction_is_declared_first() -> None:
    there, back = (_partners(LACKING, FINE, *ways).verdicts() for ways in (("in", "out"), ("out", "in")))
    assert there[f"e>partner/{B2B}"] == back[f"e>partner/{B2B}"]


def test_each_end_that_two_boxes_have_with_a_third_is_a_composite_of_its_own() -> None:
    facts = Facts().box("w", "webex")
    for name, shown in (("e1", FINE), ("e2", LACKING)):
        facts.box(name, "expressway-e", "X15.4", {"server": shown}, cluster="edge", cluster_tls="permissive")
    facts.link("edge-audio", "w", "edge").link("edge-audio", "edge", "w")
    row = packaged().use_cases["edge-audio-both-ways"]
    found = [(link.dials, link.answers, len(legs)) for link, legs in composed(facts.estate(), row, WIRE_CHECKS)]
    assert found == [("e1", "w", 4), ("e2", "w", 4)]
    whole = {item.verdict.id: item.verdict for item in wholes(facts.judged(), facts.estate(), is_fine)}
    assert whole["edge>w/edge-audio-both-ways/PAIRS"].text.startswith("Both pairs of members are affected")
    assert {f"e1>w/{AUDIO}", f"e2>w/{AUDIO}"} <= facts.verdicts().keys()


def _problem(facts: Facts) -> Problem:
    findings = [finding(item) for item in with_remedies(facts.judged(), facts.estate())]
    return problems(findings, packaged())[0]


def test_a_person_reads_which_way_is_left_and_not_that_all_is_down() -> None:
    problem = _problem(_partners(LACKING, FINE, "in", "out"))
    assert (problem.section, problem.title, problem.rules[0]) == ("broken-now", "B2B SIP calls", "X04")
    assert "B2B-BOTH-WAYS" not in problem.rules
    assert problem.text.endswith("B2B SIP calls both ways: the way out to partner decides; the way in works.")
    assert f"e>partner/{B2B}" in problem.verdicts
