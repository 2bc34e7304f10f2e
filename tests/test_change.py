"""What changed between two runs: one change for each single cause, with the verdicts that follow from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.change.compared import Past
from ekuscan.change.find import find
from ekuscan.change.runs import Beside, side_by_side
from ekuscan.lab.authority import Leaf, issue
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Enforcement, Fact, Observation, Run
from ekuscan.news import News
from ekuscan.report import diff_document, schema
from ekuscan.report.change_line import change_line
from tests import report_samples as samples
from tests.changing import Watched, away, only, renewed
from tests.command import TODAY

_CLOSED = schema.closed(json.loads(schema.PUBLISHED_DIFF.read_text(encoding="utf-8")))
_DOCUMENT = jsonschema.Draft202012Validator(_CLOSED, format_checker=jsonschema.FormatChecker())
LATER = TODAY + timedelta(days=1)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as lab:
        yield Watched(lab)


@pytest.fixture(scope="module")
def first(watched: Watched) -> Run:
    return watched.look()


def document(news: News) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(diff_document.render(news)))
    faults = [f"{error.json_path}: {error.message}" for error in _DOCUMENT.iter_errors(found)]
    assert not faults, "\n".join(faults[:10])
    return found


def at(endpoint: str, **changes: Any) -> Any:
    """One endpoint that shows something else."""
    return lambda one: replace(one, **changes) if one.endpoint.id == endpoint else one


def asking(endpoint: str, request: str) -> Any:
    def alter(one: Observation) -> Observation:
        if one.endpoint.id != endpoint:
            return one
        sights = (
            replace(sight, client_certificate=replace(sight.client_certificate, request=request))
            for sight in one.sights
        )
        return replace(one, sights=tuple(sights))

    return alter


def test_the_published_schema_is_that_of_the_nouns() -> None:
    assert schema.PUBLISHED_DIFF.read_text(encoding="utf-8") == schema.diff_text()


# --- one cause, one change ----------------------------------------------------------------------------------------


def test_an_estate_that_did_not_change_has_no_news_on_the_next_day(watched: Watched, first: Run) -> None:
    news = watched.news(first, watched.look(LATER))
    assert (news.changes, news.unconfirmed, news.summary.exit) == ((), (), 0)


def test_an_appliance_that_is_away_is_one_change_and_so_is_its_return(watched: Watched, first: Run) -> None:
    gone = watched.look(LATER, away("exp-e1"))
    lost = only(watched.news(first, gone))
    assert (lost.id, lost.severity) == ("lost/exp-e1", "high")
    assert change_line(lost).startswith("exp-e1: no longer answers (refused): unknown now: MRA, ")
    assert lost.endpoint_count == sum(one.status == "seen" for one in first.observations if "exp-e1" in one.endpoint.id)
    assert {one.cause for one in lost.verdicts} == {"facts"}
    back = only(watched.news(gone, watched.look(LATER)))
    assert (back.id, back.title) == ("back/exp-e1", "exp-e1: answers again")


def test_a_certificate_renewed_on_all_ports_is_one_change_with_all_its_verdicts(watched: Watched, first: Run) -> None:
    leaf = Leaf("exp-c1.lab.example", TODAY, TODAY + timedelta(days=190), "server", ("exp-c1.lab.example",), "ec")
    after = watched.look(LATER, renewed("exp-c1", issue(watched.lab.worlds["sectigo"].issuing, leaf).ders))
    change = only(watched.news(first, after))
    assert (change.id, change.severity) == ("certificate/exp-c1/server", "critical")
    assert change.endpoint_count > 1
    assert change.certificate_before is not None
    assert change.certificate_after is not None
    assert change.certificate_before.eku.names == ("serverAuth", "clientAuth")
    assert change.certificate_after.eku.names == ("serverAuth",)
    assert "EKU serverAuth+clientAuth -> serverAuth" in change.details
    broken = {one.use_case for one in change.verdicts if one.effect == "breaks"}
    assert {"uc-traversal", "mra"} <= broken
    assert change.details[0].startswith("now broken: ")
    assert {one.cause for one in change.verdicts} == {"facts"}


def test_a_routine_renewal_is_one_harmless_change(watched: Watched, first: Run) -> None:
    leaf = Leaf("exp-c1.lab.example", TODAY, TODAY + timedelta(days=190), "both", ("exp-c1.lab.example",), "ec")
    after = watched.look(LATER, renewed("exp-c1", issue(watched.lab.worlds["sectigo"].issuing, leaf).ders))
    change = only(watched.news(first, after))
    assert (change.severity, change.verdicts) == ("low", ())


def test_a_policy_date_that_comes_is_one_change_that_says_what_is_not_possible_any_more(watched: Watched) -> None:
    day = datetime(2027, 3, 1, 12, tzinfo=UTC)
    change = only(watched.news(watched.look(day - timedelta(days=1)), watched.look(day)))
    assert change.id == "date/digicert-end"
    assert set(change.targets) >= {"exp-e1", "exp-e2"}
    assert {(one.cause, one.effect, one.no_longer) for one in change.verdicts} == {("date", "same", ("ca-on-request",))}
    assert "1 Mar 2027 has come, DigiCert" in change.title


def test_of_two_policy_dates_of_one_day_the_one_of_the_ca_that_is_used_is_told(watched: Watched) -> None:
    day = datetime(2027, 2, 10, 12, tzinfo=UTC)
    assert len([one for one in watched.compared(watched.look(), watched.look()).dates if one.day == day.date()]) == 2
    change = only(watched.news(watched.look(day - timedelta(days=1)), watched.look(day)))
    assert change.id == "date/sectigo-end-resellers"


def test_a_certificate_that_ends_breaks_what_hangs_on_it_by_date(watched: Watched, first: Run) -> None:
    ends = min(one.not_after for one in first.certificates.values() if one.not_after is not None)
    before, after = watched.look(ends - timedelta(hours=1)), watched.look(ends + timedelta(hours=1))
    found = watched.news(before, after).changes
    assert found
    assert {one.kind for one in found} == {"date"}
    assert all("certificate ended on" in one.title for one in found)
    assert {verdict.cause for one in found for verdict in one.verdicts} == {"date"}


def test_other_answers_of_the_same_facts_by_newer_rules_are_one_change(watched: Watched, first: Run) -> None:
    tables = watched.known.tables
    fewer = replace(tables, rules=tuple(rule for rule in tables.rules if rule.id != "X14"), sha256="0" * 64)
    known = replace(watched.known, tables=fewer)
    change = only(watched.news(first, watched.look(LATER, known=known), known=known))
    assert (change.kind, {one.cause for one in change.verdicts}) == ("rules", {"rules"})
    assert {one.rule for one in change.verdicts} == {"X14"}


def test_without_the_later_rules_a_cause_that_nobody_can_know_is_unknown(watched: Watched, first: Run) -> None:
    gone = watched.look(datetime(2027, 3, 2, tzinfo=UTC), away("exp-e1"))
    other = replace(gone, run=replace(gone.run, rules=replace(gone.run.rules, sha256="1" * 64)))
    news = watched.news(first, other)
    assert {verdict.cause for one in news.changes if one.kind == "lost" for verdict in one.verdicts} == {"unknown"}


def test_what_endpoints_ask_for_and_enforce_is_told_by_port(watched: Watched, first: Run) -> None:
    one = next(one for one in first.observations if one.sights and one.sights[0].client_certificate.request == "none")
    change = watched.news(first, watched.look(LATER, asking(one.endpoint.id, "required"))).changes[0]
    assert (change.kind, change.before, change.after) == ("request", "none", "required")
    assert f"client certificate on {one.endpoint.port}: none -> required" in change.title
    assert watched.news(first, watched.look(LATER, asking(one.endpoint.id, "unknown"))).changes == ()
    was = watched.look(alter=at(one.endpoint.id, enforcement=Enforcement("ignores", "observed", ())))
    is_ = watched.look(LATER, at(one.endpoint.id, enforcement=Enforcement("enforces", "observed", ())))
    assert "enforcement" in {one.kind for one in watched.news(was, is_).changes}


def test_what_changes_in_the_inventory_is_told(watched: Watched, first: Run) -> None:
    inventory = watched.inventory
    targets = {one.id: one for one in inventory.targets}
    upgraded = replace(targets["exp-c1"], release="X15.4")
    set_ = replace(targets["cube1"], settings={**targets["cube1"].settings, "match_eku": Fact("on", "declared")})
    changed = replace(
        inventory,
        targets=tuple({**targets, "exp-c1": upgraded, "cube1": set_}.values()),
        connections=inventory.connections[1:],
    )
    kinds = {one.kind: one for one in watched.news(first, watched.look(LATER, inventory=changed)).changes}
    assert (kinds["release"].targets, kinds["release"].after) == (("exp-c1",), "X15.4")
    assert (kinds["setting"].what, kinds["setting"].after) == ("match_eku", "on")
    assert kinds["connection-removed"].connection == inventory.connections[0].id
    fewer = replace(
        inventory,
        targets=tuple(one for one in inventory.targets if one.id != "imp1"),
        endpoints=tuple(one for one in inventory.endpoints if one.target != "imp1"),
    )
    smaller = watched.look(LATER, inventory=fewer)
    assert [one.id for one in watched.news(first, smaller).changes if "endpoint" in one.kind] == []
    assert watched.news(first, smaller).changes[0].kind == "target-removed"
    assert watched.news(smaller, first).changes[0].kind == "target-added"


# --- absences -----------------------------------------------------------------------------------------------------


def test_what_did_not_answer_once_is_no_news_until_it_is_confirmed(watched: Watched, first: Run) -> None:
    gone = watched.look(LATER, away("exp-e1"))
    once = watched.news(first, gone, confirm=2)
    assert once.changes == ()
    assert once.summary.exit == 3
    assert once.summary.unconfirmed == len(once.unconfirmed) > 1
    twice = watched.news(gone, gone_again(watched), confirm=2, past=before_absence(first, gone, 1), first=first)
    lost = only(twice)
    assert lost.kind == "lost"
    assert {one.use_case for one in lost.verdicts} >= {"uc-traversal", "mra"}
    assert (
        watched.news(gone, gone_again(watched), confirm=2, past=before_absence(first, gone, 2), first=first).changes
        == ()
    )


def gone_again(watched: Watched) -> Run:
    return watched.look(LATER + timedelta(days=1), away("exp-e1"))


def before_absence(first: Run, later: Run, unseen: int) -> dict[str, Past]:
    """What the history says of exp-e1, which was seen last in ``first``."""
    now = {one.id: one for one in later.verdicts}
    pairs = tuple((one, now.get(one.id)) for one in first.verdicts if "exp-e1" in (one.target, one.dials, one.answers))
    target = next(one for one in first.targets if one.id == "exp-e1")
    return {
        one.endpoint.id: Past(unseen, one, target, pairs)
        for one in first.observations
        if one.endpoint.target == "exp-e1" and one.status == "seen"
    }


def test_what_comes_back_without_having_been_told_is_no_news_but_what_it_shows_is(watched: Watched, first: Run) -> None:
    gone = watched.look(LATER, away("exp-e1"))
    again = watched.look(LATER + timedelta(days=1))
    assert watched.news(gone, again, confirm=2, past=before_absence(first, again, 1), first=first).changes == ()
    told = only(watched.news(gone, again, confirm=2, past=before_absence(first, again, 2), first=first))
    assert told.kind == "back"
    leaf = Leaf("exp-e1.lab.example", TODAY, TODAY + timedelta(days=190), "both", ("exp-e1.lab.example",), "ec")
    ders = issue(watched.lab.worlds["digicert"].issuing, leaf).ders
    other = watched.look(LATER + timedelta(days=1), renewed("exp-e1", ders))
    assert {
        one.kind
        for one in watched.news(gone, other, confirm=2, past=before_absence(first, other, 1), first=first).changes
    } == {"certificate"}


def test_what_a_broken_off_run_does_not_have_is_not_told_as_gone(watched: Watched, first: Run) -> None:
    part = replace(
        first,
        run=replace(first.run, complete=False),
        targets=first.targets[:2],
        observations=first.observations[:2],
        verdicts=first.verdicts[:2],
        connections=(),
    )
    news = watched.news(first, part)
    assert (news.changes, news.summary.exit) == ((), 3)
    assert watched.news(part, first).changes == ()


# --- what always holds --------------------------------------------------------------------------------------------

RUNS = {"estate": samples.estate(), "long names": samples.long_names(), "clean": samples.clean()}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_a_run_and_itself_have_no_difference(run: Run) -> None:
    news = find(side_by_side(run, run, Beside(None, (), {}, {})))
    assert (news.changes, news.summary.changes) == ((), 0)


@pytest.mark.parametrize("before", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("after", RUNS.values(), ids=RUNS.keys())
def test_any_two_runs_give_a_valid_document_of_printable_lines(before: Run, after: Run) -> None:
    news = find(side_by_side(before, after, Beside(None, (), {}, {})))
    document(news)
    for one in news.changes:
        assert change_line(one).isprintable()
        assert len(change_line(one, 80)) <= 80
        assert len(change_line(one)) <= 480
    assert len({one.id for one in news.changes}) == len(news.changes)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_pairs_come_never_matters(watched: Watched, first: Run, random: Any) -> None:
    after = watched.look(datetime(2027, 3, 2, tzinfo=UTC), away("exp-e1", "cube1"))
    one = watched.compared(first, after)
    pairs = {name: list(getattr(one, name)) for name in ("targets", "connections", "endpoints", "verdicts")}
    expected = find(replace(one, **pairs))
    for found in pairs.values():
        random.shuffle(found)
    assert find(replace(one, **pairs)) == expected
    assert expected.changes
