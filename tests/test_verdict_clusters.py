"""Connections of clusters: every pair of members has its verdict, and the whole has that of its worst pair."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.advice import is_fine, with_remedies
from ekuscan.findings import finding
from ekuscan.model import Verdict
from ekuscan.problems import problems
from ekuscan.rules.load import packaged
from ekuscan.verdict.clusters import wholes
from ekuscan.verdict.culprits import Spread, culprits
from tests.judging import Facts, Shown

FINE, LACKING = Shown("both", "private"), Shown("server", "private")


def _zone(core: tuple[Shown, ...], edge: tuple[Shown, ...], **settings: str) -> Facts:
    """Members c1, c2, ... of a cluster that dial members e1, e2, ... of another one."""
    facts = Facts()
    for number, shown in enumerate(core, 1):
        facts.box(f"c{number}", "expressway-c", "X15.4", {"server": shown}, cluster="core", cluster_tls="permissive")
    for number, shown in enumerate(edge, 1):
        facts.box(f"e{number}", "expressway-e", "X15.4", {"server": shown}, cluster="edge", cluster_tls="permissive")
    return facts.link("uc-traversal", "core" if len(core) > 1 else "c1", "edge" if len(edge) > 1 else "e1", **settings)


def _wholes(facts: Facts) -> dict[str, Verdict]:
    judged = facts.judged()
    return {item.verdict.id: item.verdict for item in wholes(judged, facts.estate(), is_fine)}


def test_one_node_that_breaks_is_named_and_so_is_the_worst_pair() -> None:
    verdict = _wholes(_zone((FINE, LACKING), (FINE, FINE)))["core>edge/uc-traversal/PAIRS"]
    assert (verdict.outcome, verdict.rule, verdict.dials) == ("breaks-now", "X11", "c2")
    assert verdict.text.startswith(
        "2 of 4 pairs of members are affected, the worst is c2 > e1. c2 is in each of them: without it the connection "
        "is fine. c2 always dials"
    )


def test_a_composite_over_a_cluster_has_its_worst_pair_and_weakest_leg() -> None:
    facts = _zone((FINE,), (FINE, Shown("client", "private"), FINE))
    found = _wholes(facts)
    assert set(found) == {"c1>edge/uc-traversal/PAIRS", "c1>edge/mra/PAIRS"}
    text = found["c1>edge/mra/PAIRS"].text
    assert text.startswith("1 of 3 pairs of members are affected, the worst is c1 > e2. e2 is in each of them")
    assert "Weakest leg: UC traversal zone (X11S)." in text


def test_pairs_that_are_all_fine_say_so() -> None:
    verdict = _wholes(_zone((FINE, FINE), (FINE,)))["core>e1/uc-traversal/PAIRS"]
    assert (verdict.outcome, verdict.text.partition(".")[0]) == ("ok", "Both pairs of members are fine")


def test_a_cause_that_lies_in_every_pair_blames_no_member() -> None:
    verdict = _wholes(_zone((LACKING,), (FINE, FINE)))["c1>edge/uc-traversal/PAIRS"]
    assert verdict.text.startswith("Both pairs of members are affected, the worst is c1 > e1. c1 always dials")


def test_a_connection_of_two_boxes_has_no_verdict_of_its_own_besides() -> None:
    assert _wholes(_zone((LACKING,), (FINE,))) == {}


def test_the_whole_is_no_problem_besides_those_of_its_pairs() -> None:
    facts = _zone((FINE, LACKING), (FINE, FINE))
    judged = facts.judged()
    alone = [finding(item) for item in judged]
    both = [*alone, *(finding(item, whole=True) for item in wholes(judged, facts.estate(), is_fine))]
    assert len(both) == len(alone) + 2
    told = [[replace(one, text="") for one in problems(findings, packaged())] for findings in (both, alone)]
    assert told[0] == told[1]


def _behind_edge(nodes: int, core: Shown, cms: str | None = None) -> Verdict:
    """The web proxy of a core without a release, which dials an edge cluster of which nobody saw anything."""
    facts = Facts().box("c1", "expressway-c", None, {"server": core, "client": core})
    for number in range(nodes):
        facts.box(f"e{number}", "expressway-e", cluster="edge")
    facts.box("cms1", "cms", cms, {"webbridge": FINE})
    facts.link("uc-traversal", "c1", "edge").link("cms-web-bridge", "c1", "cms1")
    return facts.verdicts()["c1>cms1/cms-web-proxy/CMS-WEB-PROXY"]


def test_a_composite_over_twelve_nodes_that_nobody_saw_names_what_was_not_seen() -> None:
    few, many = _behind_edge(1, FINE), _behind_edge(12, FINE)
    assert (many.outcome, many.rule, many.certainty) == (few.outcome, few.rule, few.certainty)
    assert (few.outcome, len(few.missing), len(many.missing)) == ("unknown", 1, 12)
    assert set(many.missing) == {f"e{number}'s server certificate" for number in range(12)}


def test_a_composite_over_twelve_nodes_that_nobody_saw_breaks_where_one_leg_does_in_any_case() -> None:
    verdict = _behind_edge(12, Shown("neither", "private"))
    assert (verdict.now, verdict.next, verdict.outcome) == ("breaks", "breaks", "breaks-now")


def test_a_pair_that_has_a_line_of_its_own_is_judged_once_with_what_that_line_says() -> None:
    named = _zone((FINE, FINE), (FINE, FINE), verify_name="core.example.com")
    named.link("uc-traversal", "c1", "e1", verify_name="c1.example.com")
    judged = named.judged()
    ids = [item.verdict.id for item in judged]
    assert len(ids) == len(set(ids))
    names = {item.verdict.id: item.link.settings["verify_name"].value for item in judged if item.link is not None}
    assert names["c1>e1/uc-traversal/X11"] == "c1.example.com"
    assert names["c1>e2/uc-traversal/X11"] == "core.example.com"
    own = {item.verdict.connection for item in judged if item.verdict.id.startswith("c1>e1/uc-traversal/")}
    assert own == {"c1>e1/uc-traversal"}


def test_the_whole_of_a_cluster_counts_the_pairs_that_have_a_line_of_their_own() -> None:
    facts = _zone((FINE, LACKING), (FINE, FINE))
    told = _wholes(facts)
    assert _wholes(facts.link("uc-traversal", "c2", "e1").link("mra", "core", "edge")) == told
    assert set(told) == {"core>edge/uc-traversal/PAIRS", "core>edge/mra/PAIRS"}


def test_two_lines_that_are_equally_wide_and_disagree_leave_the_setting_open() -> None:
    facts = _zone((FINE, FINE), (FINE,), tls_verify="on").link("mra", "core", "e1", tls_verify="off")
    assert all("tls_verify" not in item.link.settings for item in facts.judged() if item.link is not None)


# --- the member that is the cause, in the report ------------------------------------------------------------------


def _texts(facts: Facts) -> dict[str, str]:
    estate, judged = facts.estate(), with_remedies(facts.judged(), facts.estate())
    findings = [finding(item) for item in judged]
    findings += [finding(item, whole=True) for item in wholes(judged, estate, is_fine)]
    return {problem.target: problem.text for problem in problems(findings, packaged())}


def test_the_report_names_the_member_that_alone_breaks_a_connection_of_clusters() -> None:
    texts = _texts(_zone((FINE, LACKING), (FINE, FINE)))
    assert texts["c2"].endswith("It is c2 alone: without it core > edge is fine.")


def test_several_connections_that_one_member_breaks_are_listed_once_with_it() -> None:
    facts = _zone((FINE, LACKING), (FINE, FINE))
    for number in range(1, 5):
        facts.box(f"u{number}", "cucm", "14SU4", {"CallManager": FINE}, client_eku="checked")
        facts.link("neighbor-zone", "core", f"u{number}", mtls="on", tls_verify="on")
    text = _texts(facts)["c2"]
    assert text.endswith("It is c2 alone: without it core > edge, core > u1, core > u2 and 2 more are fine.")
    assert text.count("alone") == 1


def test_no_member_is_blamed_that_is_the_cause_for_one_use_case_of_a_connection_and_not_for_another() -> None:
    spreads = [Spread("a > b", "one", frozenset({"a2"})), Spread("a > b", "other", frozenset())]
    assert culprits(spreads) == {}


def test_where_all_members_are_affected_none_is_blamed() -> None:
    assert "alone" not in " ".join(_texts(_zone((LACKING, LACKING), (FINE, FINE))).values())
