"""Lines of the map: curves from waypoint to waypoint, and a free place on each for its mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ekuscan.record import record

_CLOSE = 2.0
_SWING = 30.0


@record
class Point:
    x: float
    y: float


@record
class Rect:
    """``x`` and ``y`` are its upper left corner; y grows downwards, as in SVG."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def meets(self, other: Rect, apart: float = 0.0) -> bool:
        """Whether two come nearer to each other than ``apart``."""
        return (
            self.x < other.right + apart
            and other.x < self.right + apart
            and self.y < other.bottom + apart
            and other.y < self.bottom + apart
        )


@record
class Mark:
    """The mark on a line: a box around ``at``."""

    at: Point
    rect: Rect


def crossing(points: Sequence[Point]) -> str:
    """An SVG path through waypoints: level at each of them."""
    parts = [f"M{_figure(points[0].x)},{_figure(points[0].y)}"]
    for one, other in pairwise(points):
        first, second = _controls(one, other)
        figures = (first.x, first.y, second.x, second.y, other.x, other.y)
        parts.append("C" + ",".join(map(_figure, figures)))
    return "".join(parts)


def _controls(one: Point, other: Point) -> tuple[Point, Point]:
    """The control points of the curve between two waypoints; above one another, it swings out to the right."""
    if one.x == other.x:
        return Point(one.x + _SWING * 4 / 3, one.y), Point(other.x + _SWING * 4 / 3, other.y)
    half = (other.x - one.x) / 2
    return Point(one.x + half, one.y), Point(other.x - half, other.y)


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def at(one: Point, other: Point, share: float) -> Point:
    """The point of the curve between two waypoints at a share of it between 0 and 1 (a cubic Bezier)."""
    first, second = _controls(one, other)
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    corners = (one, first, second, other)
    return Point(
        sum(weight * corner.x for weight, corner in zip(weights, corners, strict=True)),
        sum(weight * corner.y for weight, corner in zip(weights, corners, strict=True)),
    )


def mark_places(
    lines: Mapping[int, Sequence[Point]], size: tuple[float, float], taken: Sequence[Rect]
) -> dict[int, Mark]:
    """A place for the mark of each line, on the line, none over another or over what is taken.

    A line that has no free place has no mark. Those come first whose numbers do: the graver ones.
    """
    marks: dict[int, Mark] = {}
    used = list(taken)
    for number in sorted(lines):
        for point in _candidates(lines[number]):
            rect = Rect(point.x - size[0] / 2, point.y - size[1] / 2, *size)
            if not any(rect.meets(other, _CLOSE) for other in used):
                marks[number] = Mark(point, rect)
                used.append(rect)
                break
    return marks


def _candidates(points: Sequence[Point]) -> Iterator[Point]:
    """Places on the curves between columns, the middles first; level stretches inside a column are not for marks."""
    stretches = [(points[place], points[place + 1]) for place in range(0, len(points) - 1, 2)]
    for step in range(9):
        for one, other in stretches:
            for share in (0.5 + step * 0.045, 0.5 - step * 0.045):
                yield at(one, other, share)
