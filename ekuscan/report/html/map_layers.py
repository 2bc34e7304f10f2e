"""The order of a layered drawing: which column a group stands in, and who stands above whom.

The method is that of Sugiyama, Tagawa and Toda (1981): a link that passes a column gets a lane of its own there, and
the columns are ordered by the mean place of each item's neighbours, again and again. Nothing is drawn at random: equal
graphs are drawn alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ekuscan.record import record
from ekuscan.report.html.map_graph import ZONES, Graph, Group, Link

_SWEEPS = 12

Item = tuple[int, int]
"""(0, group) or (1 + column, link): a group, or the lane of a link in a column that it passes."""


@record
class Layers:
    """``columns`` from left to right, each from top to bottom. ``routes`` gives each link's items, its ends included.

    ``apart`` are the groups that no link reaches.
    """

    columns: tuple[tuple[Item, ...], ...]
    zones: tuple[str, ...]
    routes: Mapping[int, tuple[Item, ...]]
    apart: tuple[int, ...]


def layers(graph: Graph) -> Layers:
    """The columns of a graph, in order."""
    linked = {end for link in graph.links if link.from_ != link.to for end in (link.from_, link.to)}
    zones = [zone for zone in ZONES if any(graph.groups[place].zone == zone for place in linked)]
    column_of = {place: zones.index(graph.groups[place].zone) for place in linked}
    columns: list[list[Item]] = [[] for _ in zones]
    for place in sorted(linked, key=lambda place: _by_name(graph.groups[place])):
        columns[column_of[place]].append((0, place))
    routes = {number: _route(number, link, column_of) for number, link in enumerate(graph.links)}
    routes = {number: route for number, route in routes.items() if len(route) > 1}
    for route in routes.values():
        for item in route[1:-1]:
            columns[item[0] - 1].append(item)
    apart = sorted(set(range(len(graph.groups))) - linked, key=lambda place: _by_name(graph.groups[place]))
    return Layers(_ordered(columns, neighbours(routes)), tuple(zones), routes, tuple(apart))


def neighbours(routes: Mapping[int, Sequence[Item]]) -> Mapping[Item, list[Item]]:
    """Which items lines join, once for each line."""
    found: dict[Item, list[Item]] = defaultdict(list)
    for route in routes.values():
        for one, other in pairwise(route):
            found[one].append(other)
            found[other].append(one)
    return found


def _by_name(group: Group) -> tuple[int, str]:
    return (ZONES.index(group.zone), group.name)


def _route(number: int, link: Link, column_of: Mapping[int, int]) -> tuple[Item, ...]:
    if link.from_ == link.to:
        return ()
    start, end = column_of[link.from_], column_of[link.to]
    step = 1 if end > start else -1
    lanes = [(1 + column, number) for column in range(start + step, end, step)] if start != end else []
    return ((0, link.from_), *lanes, (0, link.to))


def _ordered(columns: list[list[Item]], joined: Mapping[Item, list[Item]]) -> tuple[tuple[Item, ...], ...]:
    """The order with the fewest crossings of those that the sweeps come by."""
    best, fewest = [list(column) for column in columns], None
    for sweep in range(_SWEEPS):
        order = range(1, len(columns)) if sweep % 2 == 0 else range(len(columns) - 2, -1, -1)
        for column in order:
            beside = columns[column - 1] if sweep % 2 == 0 else columns[column + 1]
            columns[column] = _by_mean(columns[column], beside, joined)
        crossed = sum(_crossings(one, other, joined) for one, other in pairwise(columns))
        if fewest is None or crossed < fewest:
            best, fewest = [list(column) for column in columns], crossed
    return tuple(tuple(column) for column in best)


def _by_mean(column: Sequence[Item], beside: Sequence[Item], joined: Mapping[Item, list[Item]]) -> list[Item]:
    """A column by the mean place of what each item is joined with in the one beside; what is joined with none stays."""
    places = {item: place for place, item in enumerate(beside)}
    means: list[tuple[float, int, Item]] = []
    for place, item in enumerate(column):
        near = [places[other] for other in joined.get(item, ()) if other in places]
        scale = len(beside) / max(1, len(column))
        means.append((sum(near) / len(near) if near else place * scale, place, item))
    return [item for _, _, item in sorted(means)]


def _crossings(left: Sequence[Item], right: Sequence[Item], joined: Mapping[Item, list[Item]]) -> int:
    places = {item: place for place, item in enumerate(right)}
    ends = [places[other] for item in left for other in sorted(joined.get(item, ())) if other in places]
    return sum(1 for n, one in enumerate(ends) for other in ends[:n] if other > one)
