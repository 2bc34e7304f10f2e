"""Where everything on the map stands, in units of the drawing: pure geometry from the ordered columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ekuscan.record import record
from ekuscan.report.html.map_graph import Graph, Group
from ekuscan.report.html.map_layers import Item, Layers, layers, neighbours
from ekuscan.report.html.map_lines import Mark, Point, Rect, crossing, mark_places

WIDTH = 1180.0
HEAD = 46.0
LINE = 17.0
CELL = 6.8
"""Width of a character of the names: no fixed-width face at 11 units is wider than 0.61 of its size."""

_NODE_WIDTHS = {1: 230.0, 2: 230.0, 3: 220.0, 4: 196.0, 5: 170.0, 6: 142.0}
_GAP, _PAD = 14.0, 6.0
_PITCH, _DENSE_PITCH, _DENSE_FROM = 19.0, 10.0, 60
"""Room for each link where it touches a group or passes a column, and where there are many."""

_WIDEST_GUTTER = 210.0
_PASSES = 8
_MARK = (25.0, 16.0)


@record
class Frame:
    """A group as drawn. ``group`` is its place in the graph."""

    group: int
    rect: Rect


@record
class Line:
    """A link as drawn: an SVG path, the tip of its arrow and which way it points (1 right, -1 left), its mark."""

    link: int
    path: str
    tip: Point
    way: int
    mark: Mark | None


@record
class Column:
    """A column's zone and the strip that it takes."""

    zone: str
    rect: Rect


@record
class Layout:
    """All of a map. ``apart`` is where the groups without a link begin, None where there are none."""

    width: float
    height: float
    columns: tuple[Column, ...]
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    apart: float | None


def layout(graph: Graph) -> Layout:
    """The geometry of a graph."""
    found = layers(graph)
    count = len(found.columns)
    node = _NODE_WIDTHS.get(count, 200.0)
    gutter = min(_WIDEST_GUTTER, (WIDTH - count * node) / (count - 1)) if count > 1 else 0.0
    lefts = [column * (node + gutter) for column in range(count)]
    # A link between two groups of one column swings out beside it.
    swing = 46.0 if count and _swings(found) else 0.0
    heights = _heights(found, graph)
    tops, foot = _tops(found, heights)
    rects = {
        item: Rect(lefts[column], tops[item], node, heights[item])
        for column, items in enumerate(found.columns)
        for item in items
    }
    linked = max((rect.right for rect in rects.values()), default=0.0) + swing
    width = max(linked, WIDTH if found.apart else 0.0, 240.0)
    apart, foot_apart = _apart(found.apart, graph, foot + (44.0 if count else 0.0), width, node)
    frames = [Frame(item[1], rect) for item, rect in rects.items() if item[0] == 0] + apart
    lines = _lines(graph, found, rects)
    strips = [Column(zone, Rect(left, 0.0, node, foot)) for zone, left in zip(found.zones, lefts, strict=True)]
    below = foot + (24.0 if count else 0.0) if found.apart else None
    return Layout(width, foot_apart + 2.0, tuple(strips), tuple(frames), tuple(lines), below)


def node_height(group: Group) -> float:
    """A single box takes a line and what it is; a cluster a heading, and a line for each box where they are drawn."""
    if group.count <= 1:
        return 2 * LINE + 2 * _PAD
    return (2 + len(group.boxes)) * LINE + 2 * _PAD


def _heights(found: Layers, graph: Graph) -> dict[Item, float]:
    """The height of every item: of a group what it says, or what the links at its busier side need."""
    pitch = _PITCH if len(found.routes) <= _DENSE_FROM else _DENSE_PITCH
    column_of = {item: column for column, items in enumerate(found.columns) for item in items}
    touching: Counter[tuple[Item, int]] = Counter()
    for route in found.routes.values():
        leaves, reaches = _sides(column_of[route[0]], column_of[route[-1]])
        touching.update(((route[0], leaves), (route[-1], reaches)))
    busiest = {item: max(touching[item, 1], touching[item, -1]) for item in column_of}
    return {
        item: max(node_height(graph.groups[item[1]]), busiest[item] * pitch) if item[0] == 0 else pitch / 2
        for item in column_of
    }


def _swings(found: Layers) -> bool:
    last = set(found.columns[-1])
    return any(route[0] in last and route[-1] in last for route in found.routes.values())


# --- heights ----------------------------------------------------------------------------------------------------


def _tops(found: Layers, heights: Mapping[Item, float]) -> tuple[dict[Item, float], float]:
    """The top of every item, and the foot of the lowest: each as near to its neighbours' middle as order allows."""
    joined = neighbours(found.routes)
    middles: dict[Item, float] = {}
    for column in found.columns:
        middles |= _stacked(column, heights, {})
    for turn in range(_PASSES):
        columns = found.columns if turn % 2 == 0 else found.columns[::-1]
        for column in columns:
            wanted = {
                item: sum(middles[other] for other in joined[item]) / len(joined[item])
                for item in column
                if joined.get(item)
            }
            middles |= _stacked(column, heights, wanted)
    tops = {item: middle - heights[item] / 2 for item, middle in middles.items()}
    lift = HEAD - min(tops.values(), default=HEAD)
    tops = {item: top + lift for item, top in tops.items()}
    return tops, max((top + heights[item] for item, top in tops.items()), default=0.0) + (10.0 if tops else 0.0)


def _stacked(column: Sequence[Item], heights: Mapping[Item, float], wanted: Mapping[Item, float]) -> dict[Item, float]:
    """The middles of a column's items, in order and apart, with the least squares of distances from ``wanted``.

    With each item's distance from the first taken off, that is a regression that must not fall: neighbours that would
    are pooled at their mean (Ayer and others, 1955).
    """
    offsets, offset = [], 0.0
    for place, item in enumerate(column):
        if place:
            above = column[place - 1]
            gap = _GAP if item[0] == 0 or above[0] == 0 else heights[item]
            offset += heights[above] / 2 + heights[item] / 2 + gap
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for item, off in zip(column, offsets, strict=True):
        mean, size = wanted.get(item, off) - off, 1
        while pools and pools[-1][0] > mean:
            last, last_size = pools.pop()
            mean, size = (last * last_size + mean * size) / (size + last_size), size + last_size
        pools.append((mean, size))
    levels = [mean for mean, size in pools for _ in range(size)]
    return {item: level + off for item, level, off in zip(column, levels, offsets, strict=True)}


def _apart(places: Sequence[int], graph: Graph, top: float, width: float, node: float) -> tuple[list[Frame], float]:
    """Groups without a link in rows below everything, and where they end."""
    frames: list[Frame] = []
    left, row = 0.0, 0.0
    for place in places:
        height = node_height(graph.groups[place])
        if left and left + node > width:
            left, top, row = 0.0, top + row + _GAP, 0.0
        frames.append(Frame(place, Rect(left, top, node, height)))
        left, row = left + node + _GAP, max(row, height)
    return frames, top + row


# --- lines ------------------------------------------------------------------------------------------------------


def _lines(graph: Graph, found: Layers, rects: Mapping[Item, Rect]) -> list[Line]:
    ports = _ports(found, rects)
    paths = {number: _waypoints(number, route, rects, ports) for number, route in found.routes.items()}
    marks = mark_places(paths, _MARK, list(rects.values()))
    lines = []
    for number, points in paths.items():
        tip = points[-1]
        way = 1 if tip.x <= rects[found.routes[number][-1]].x + 0.5 else -1
        lines.append(Line(number, crossing(points), tip, way, marks.get(number)))
    return lines


_Port = tuple[int, Item, int]
"""A link, one of its ends, and the side: 1 right, -1 left."""


def _sides(from_: float, to: float) -> tuple[int, int]:
    """At which sides a link between two columns leaves and arrives, by what orders them from left to right."""
    if from_ == to:
        return 1, 1
    return (1, -1) if to > from_ else (-1, 1)


def _ports(found: Layers, rects: Mapping[Item, Rect]) -> dict[tuple[int, Item], Point]:
    """Where each link touches the groups at its ends: spread over the side, in the order of where they lead."""
    touching: dict[tuple[Item, int], list[tuple[float, int]]] = defaultdict(list)
    for number, route in found.routes.items():
        leaves, reaches = _sides(rects[route[0]].x, rects[route[-1]].x)
        touching[route[0], leaves].append((rects[route[1]].middle, number))
        touching[route[-1], reaches].append((rects[route[-2]].middle, number))
    ports: dict[tuple[int, Item], Point] = {}
    for (item, side), ends in touching.items():
        rect = rects[item]
        step = rect.height / (len(ends) + 1)
        for place, (_, number) in enumerate(sorted(ends), 1):
            ports[number, item] = Point(rect.right if side == 1 else rect.x, rect.y + step * place)
    return ports


def _waypoints(
    number: int, route: Sequence[Item], rects: Mapping[Item, Rect], ports: Mapping[tuple[int, Item], Point]
) -> list[Point]:
    points = [ports[number, route[0]]]
    going_right = rects[route[-1]].x > rects[route[0]].x
    for item in route[1:-1]:
        rect = rects[item]
        ends: Iterable[float] = (rect.x, rect.right) if going_right else (rect.right, rect.x)
        points += [Point(x, rect.middle) for x in ends]
    return [*points, ports[number, route[-1]]]
