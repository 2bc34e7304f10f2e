"""What holds of every estate, whatever the tables say: properties over random estates and all packaged rules."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.advice import is_fine
from ekuscan.model import Connection, Verdict
from ekuscan.rules.tables import Tables
from ekuscan.verdict.clusters import is_whole, wholes
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.evaluate import GRAVITY, asks_the_box
from ekuscan.verdict.judge import Judged, judge
from tests.estates import TABLES, FactKey, World, build, granted, worlds
from tests.judging import Facts, Policy

_PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_FORGOTTEN = 3
"""So many facts are forgotten at most: what is open in a composite is tried in every combination."""


def _all(facts: Facts, tables: Tables = TABLES) -> list[Judged]:
    estate = Estate(facts.seen(far_ends=False), tables, Policy())
    judged = judge(estate, warn_days=45)
    return [*judged, *wholes(judged, estate, is_fine)]


def _by_id(facts: Facts, tables: Tables = TABLES) -> dict[str, Verdict]:
    return {item.verdict.id: item.verdict for item in _all(facts, tables)}


@st.composite
def _half_known(draw: st.DrawFn) -> tuple[World, set[FactKey]]:
    world = draw(worlds())
    # A name that nobody stated is not asked for: stating it is a new demand, and no answer to an open question.
    facts = sorted(key for key in world.known if key[0] != "link" or TABLES.settings[key[2]].values)
    # What was found out about a box comes before its product's row, and may well be the opposite.
    told = {box.name for box in world.boxes if not asks_the_box(box.role, TABLES)}
    facts = [key for key in facts if key[1] not in told or key[2:] != ("client_eku",)]
    forgotten = draw(st.sets(st.sampled_from(facts), max_size=_FORGOTTEN))
    return world, set(world.known) - forgotten


def _open(verdict: Verdict, answer: str) -> bool:
    """Whether a fact may still settle an answer: it says so itself, or stands on what was assumed and can be denied."""
    return answer in ("depends", "unknown") or verdict.certainty == "assumed"


@_PROPERTY
@given(_half_known())
def test_learning_a_fact_settles_and_never_flips(half: tuple[World, set[FactKey]]) -> None:
    world, known = half
    before, after = _by_id(build(world, known)), _by_id(build(world))
    assert before.keys() <= after.keys()
    for name, verdict in before.items():
        for tense in ("now", "next"):
            answer = getattr(verdict, tense)
            assert _open(verdict, answer) or _holds(answer, getattr(after[name], tense), name), name


def _holds(before: str, after: str, name: str) -> bool:
    """Of a whole connection it is known that it is at least as bad as its worst pair; another pair may get worse."""
    whole = name.endswith("/PAIRS")
    return before == after or (whole and GRAVITY[after] >= GRAVITY[before])  # type: ignore[index]


@_PROPERTY
@given(worlds(), st.booleans())
def test_no_two_verdicts_have_one_id(world: World, far_ends: bool) -> None:
    estate = Estate(build(world).seen(far_ends), TABLES, Policy())
    judged = judge(estate, warn_days=45)
    ids = [item.verdict.id for item in [*judged, *wholes(judged, estate, is_fine)]]
    assert sorted(ids) == sorted(set(ids))


@_PROPERTY
@given(worlds())
def test_granting_certificates_more_never_breaks_anything(world: World) -> None:
    before, after = _by_id(build(world)), _by_id(build(granted(world)))
    assert before.keys() == after.keys()
    for name, verdict in before.items():
        assert GRAVITY[after[name].now] <= GRAVITY[verdict.now], name
        assert GRAVITY[after[name].next] <= GRAVITY[verdict.next], name


@_PROPERTY
@given(_half_known(), st.randoms(use_true_random=False))
def test_the_order_of_targets_and_connections_never_matters(
    half: tuple[World, set[FactKey]], shuffle: random.Random
) -> None:
    facts = build(*half)
    before = _by_id(facts)
    names = list(facts.targets)
    shuffle.shuffle(names)
    facts.targets = {name: facts.targets[name] for name in names}
    shuffle.shuffle(facts.connections)
    assert _by_id(facts) == before


@_PROPERTY
@given(_half_known(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_verifiers_never_matters(
    half: tuple[World, set[FactKey]], shuffle: random.Random
) -> None:
    facts = build(*half)
    rules, verifiers = list(TABLES.rules), list(TABLES.verifiers)
    shuffle.shuffle(rules)
    shuffle.shuffle(verifiers)
    mixed = replace(TABLES, rules=tuple(rules), verifiers=tuple(verifiers))
    before, after = _by_id(facts), _by_id(facts, mixed)
    assert before.keys() == after.keys()
    for name, verdict in before.items():
        assert _answer(after[name]) == _answer(verdict), name


def _answer(verdict: Verdict) -> tuple[Any, ...]:
    """All but the words and the leg: of two legs that are equally grave either may be named."""
    forks = {fork.fact: dict(fork.values) for fork in verdict.forks}
    return verdict.now, verdict.next, forks, set(verdict.assumed)


@_PROPERTY
@given(_half_known(), st.data())
def test_removing_a_connection_changes_its_own_verdicts_and_composites_over_it_alone(
    half: tuple[World, set[FactKey]], data: st.DataObject
) -> None:
    facts = build(*half)
    estate = facts.estate()
    before = _all(facts)
    removed = facts.connections.pop(data.draw(st.integers(0, len(facts.connections) - 1)))
    after = _all(facts)
    unmoved = [item.verdict for item in before if not _runs_over(item, removed, estate)]
    found = [item.verdict for item in after]
    assert [verdict.id for verdict in unmoved if verdict not in found] == []
    others = [item.verdict for item in after if not _runs_over(item, removed, estate)]
    moved = [verdict for verdict in others if verdict not in unmoved]
    assert [verdict.id for verdict in moved if not TABLES.use_cases[verdict.use_case].parts] == []


def _runs_over(item: Judged, removed: Connection, estate: Estate) -> bool:
    """Whether it is about two boxes that a connection joins: what is said of them twice is judged once."""
    pairs = _pairs(estate, removed)
    links = [link for link in (item.link, *(leg.link for leg in item.legs)) if link is not None]
    about = {frozenset((link.dials, link.answers)) for link in links}
    if is_whole(item.verdict):
        about |= {p for c in estate.seen.connections if c.id == item.verdict.connection for p in _pairs(estate, c)}
    return not pairs.isdisjoint(about)


def _pairs(estate: Estate, connection: Connection) -> set[frozenset[str]]:
    ends = estate.members(connection.from_), estate.members(connection.to)
    return {frozenset((dials, answers)) for dials in ends[0] for answers in ends[1]}
