"""Composites: which legs belong together, so that the gravest of them is the answer for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from ekuscan.rules.tables import UseCase
from ekuscan.verdict.ca_lists import all_legs_of
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.facts import Link
from ekuscan.verdict.legs import Leg
from ekuscan.verdict.links import box_of, links_of

Key = TypeVar("Key")


def composed(estate: Estate, use_case: UseCase, checks: frozenset[str]) -> Iterator[tuple[Link, tuple[Leg, ...]]]:
    """The legs of a composite for each link that it rides on; of one that has both directions for each two ends."""
    beside = _beside(estate, use_case)
    between = [name for name in use_case.parts if name not in beside]
    # A part belongs to a composite by both of its ends; one between other roles, or one that counts only if declared,
    # by one of them.
    legs = _by(_legs(estate, between, checks), lambda leg: [frozenset((leg.presents.name, leg.verifier_name))])
    loose = _by(_legs(estate, beside, checks), lambda leg: {leg.presents.name, leg.verifier_name})
    optional = _by(
        _legs(estate, use_case.parts_if_used, checks), lambda leg: [] if leg.if_used else [leg.presents.name]
    )
    order = _tables_order(estate, (*between, *beside, *use_case.parts_if_used))
    for link in _both_ways(estate, use_case) if use_case.two_ways else links_of(estate, use_case):
        ends = frozenset((link.dials, link.answers))
        known = {id(leg): leg for leg in legs.get(ends, ())}
        known |= {id(leg): leg for end in ends for found in (loose, optional) for leg in found.get(end, ())}
        mine = sorted(known.values(), key=order)
        # Without the traversal zone that carries it, a web proxy is not there, and "ok" would be wrong.
        there = mine and {*beside} <= {leg.use_case.name for leg in mine}
        if there and (not use_case.two_ways or ends <= {leg.link.dials for leg in mine if leg.link is not None}):
            yield link, tuple(mine)


def _both_ways(estate: Estate, use_case: UseCase) -> list[Link]:
    """One link for two boxes that dial each other: the way out, seen from the role that the row names first."""
    links = links_of(estate, use_case)
    ways = {(link.dials, link.answers) for link in links}
    return [
        link
        for link in links
        if (link.answers, link.dials) in ways and box_of(estate, link, link.dials).role in use_case.from_
    ]


def _beside(estate: Estate, composite: UseCase) -> tuple[str, ...]:
    """The parts that join other roles than their composite: they belong to it wherever they have an end in common.

    The tunnels from Expressway-C to Expressway-E carry what goes from Expressway-C to a Meeting Server.
    """
    ends = {*composite.from_, *composite.to}
    parts = [estate.tables.use_cases[name] for name in composite.parts]
    return tuple(part.name for part in parts if not ends <= {*part.from_, *part.to})


def _tables_order(estate: Estate, use_cases: Sequence[str]) -> Callable[[Leg], tuple[int, int, str, str, str]]:
    """Legs in the order of the tables and then of names: which of two equal ones is named does not hang on a file's."""
    rules: Mapping[str, int] = estate.derived(
        "rule places", lambda: {rule.id: place for place, rule in enumerate(estate.tables.rules)}
    )
    parts = {name: place for place, name in enumerate(use_cases)}

    def place(leg: Leg) -> tuple[int, int, str, str, str]:
        link = leg.link.key if leg.link is not None else ""
        return parts[leg.use_case.name], rules[leg.rule.id], leg.presents.name, leg.verifier_name, link

    return place


def _legs(estate: Estate, use_cases: Iterable[str], checks: frozenset[str]) -> Iterator[Leg]:
    return (leg for name in use_cases for leg in all_legs_of(estate, estate.tables.use_cases[name], checks))


def _by(legs: Iterable[Leg], keys: Callable[[Leg], Iterable[Key]]) -> dict[Key, list[Leg]]:
    found: dict[Key, list[Leg]] = {}
    for leg in legs:
        for key in keys(leg):
            found.setdefault(key, []).append(leg)
    return found
