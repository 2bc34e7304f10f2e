"""The distinctions that rules make among the values of a fact: what none of them tells apart is one to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.rules.releases import Point
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.facts import IN_TIME, SlotState, Value


def told_apart(values: tuple[Value, ...], rules: Sequence[Rule], tables: Tables) -> tuple[Value, ...]:
    """The values of a fact that are left where what none of some rules tells apart is put together."""
    first = values[0]
    if isinstance(first, str):
        return values
    if isinstance(first, SlotState):
        return _states(values, frozenset().union(*[_needs(rule, tables) for rule in rules]))
    points = frozenset().union(*[_points(rule, tables) for rule in rules])
    if len(values) == 1:
        return (_point(first, points),)
    return tuple([value for place, value in enumerate(values) if place == 0 or value in points])


def as_read(value: Value, rule: Rule, tables: Tables) -> object:
    """A value as one rule reads it: it answers alike where two values are equal as it reads them."""
    if isinstance(value, str):
        return value
    if isinstance(value, SlotState):
        needs = _needs(rule, tables)
        return value.now & needs, value.next & needs
    return _point(value, _points(rule, tables))


def _point(value: Point, points: frozenset[Point]) -> Point:
    return max((point for point in points if point <= value), default=())


def _states(values: tuple[Value, ...], needs: frozenset[str]) -> tuple[Value, ...]:
    """States that differ in some need that a rule has."""
    states = {(s.now & needs, s.next & needs): s.label for s in values if isinstance(s, SlotState)}
    # What tells the states of a slot apart is of no use where there is one.
    return tuple(SlotState(label if len(values) > 1 else "", *met) for met, label in states.items())


def _needs(rule: Rule, tables: Tables) -> frozenset[str]:
    def make() -> frozenset[str]:
        return frozenset({*rule.needs, IN_TIME, *(need for case in rule.cases for need in case.needs or ())})

    return tables.derived(f"needs of {rule.id}", make)


def _points(rule: Rule, tables: Tables) -> frozenset[Point]:
    """Every bound on a release that a rule, a verifier's row or an alias could compare with."""
    return tables.derived(f"points of {rule.id}", lambda: frozenset(_bounds(rule, tables)))


def _bounds(rule: Rule, tables: Tables) -> Iterator[Point]:
    whens = [rule.applies, *(case.when for case in rule.cases), *(alias.when for alias in tables.aliases)]
    if rule.asks_verifier:
        whens += [case.when for verifier in tables.verifiers for case in verifier.cases]
    for when in whens:
        for condition in when:
            yield from (point for point in (condition.low, condition.high) if point is not None)
