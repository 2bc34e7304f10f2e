"""The map as geometry: nothing over anything else, nothing outside, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.model import Connection, RoleName, Run, Verdict
from ekuscan.report import text
from ekuscan.report.html.map_graph import GROUPS_UP_TO, ZONES, graph
from ekuscan.report.html.map_layout import CELL, layout
from ekuscan.report.html.map_lines import Rect
from ekuscan.report.html.map_view import map_view
from tests import html_samples
from tests import report_samples as samples

ROLES: tuple[RoleName, ...] = get_args(RoleName)


@st.composite
def estates(draw: st.DrawFn) -> Run:
    """Boxes of any role, some in clusters, and verdicts between any two of them or a far end that is no target."""
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=40))
    targets = [
        samples.target(f"box-{n}", role, None, [], cluster=draw(st.sampled_from((None, None, "one", "two"))))
        for n, role in enumerate(roles)
    ]
    ends = st.sampled_from([*(one.id for one in targets), "far ends", "third parties"])
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=60))
    outcomes = st.sampled_from(("ok", "breaks-now", "at-risk", "depends", "unknown", "breaks-at-renewal"))
    verdicts = [
        samples.verdict(f"X{n}", "sip-trunk", dials, answers, draw(outcomes), None)
        for n, (dials, answers) in enumerate(pairs)
    ]
    return samples.run(targets, [], {}, {}, verdicts)


def overlapping(boxes: Iterable[Rect]) -> list[tuple[Rect, Rect]]:
    return [(one, other) for one, other in combinations(boxes, 2) if one.meets(other)]


def check(run: Run) -> None:
    """What holds of every map."""
    drawn = map_view(run, {}, {})
    frames = [frame.rect for frame in drawn.frames]
    marks = [link.line.mark.rect for link in drawn.links if link.line is not None and link.line.mark is not None]
    assert overlapping([*frames, *marks]) == []
    for rect in (*frames, *marks):
        assert rect.x >= -0.01
        assert rect.y >= 0
        assert rect.right <= drawn.width + 0.01
        assert rect.bottom <= drawn.height
    for frame in drawn.frames:
        words = [Rect(frame.rect.x + 24, one.y - 7, text.cells(one.text) * CELL, 14) for one in frame.words]
        assert overlapping(words) == []
        assert all(frame.rect.y <= one.y and one.bottom <= frame.rect.bottom for one in words)
        assert all(one.right <= frame.rect.right for one in words)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(estates())
def test_no_frame_no_mark_and_no_word_lies_over_another_or_outside(run: Run) -> None:
    check(run)
    assert layout(graph(run)) == layout(graph(run))


SAMPLES = (samples.estate, samples.long_names, html_samples.sites, html_samples.hostile, partial(samples.many, 400))


@pytest.mark.parametrize("made", SAMPLES)
def test_nothing_overlaps_in_the_samples(made: Callable[[], Run]) -> None:
    check(made())


def test_every_line_of_a_hundred_boxes_has_its_mark() -> None:
    drawn = map_view(html_samples.sites(), {}, {})
    lines = [link.line for link in drawn.links if link.line is not None]
    assert len(lines) == 90
    assert all(line.mark is not None for line in lines)


def test_a_line_ends_at_the_frames_that_it_joins_and_its_arrow_at_the_one_that_answers() -> None:
    found = graph(html_samples.sites())
    placed = layout(found)
    frames = {frame.group: frame.rect for frame in placed.frames}
    for line in placed.lines:
        answers = frames[found.links[line.link].to]
        assert line.tip.x in (answers.x, answers.right)
        assert answers.y < line.tip.y < answers.bottom
        start = [float(figure) for figure in line.path[1:].split("C")[0].split(",")]
        dials = frames[found.links[line.link].from_]
        assert min(abs(start[0] - dials.x), abs(start[0] - dials.right)) < 0.1


def test_clusters_stand_as_one_and_columns_follow_the_roles() -> None:
    found = graph(html_samples.sites())
    assert len(found.groups) == 10 * 6 + 2
    by_name = {group.name: group for group in found.groups}
    assert [box.name for box in by_name["cm-ber"].boxes] == [f"cucm{n}-ber.example.com" for n in (1, 2, 3)]
    assert [column.zone for column in layout(found).columns] == list(ZONES)
    assert (by_name["far ends"].zone, by_name["provider"].zone) == ("outside", "others")


def test_a_link_has_the_gravest_of_its_answers_and_says_which_way_it_goes() -> None:
    both = [_verdict("a", "b", "ok"), _verdict("a", "b", "breaks-now"), _verdict("b", "a", "at-risk")]
    found = graph(_two(both))
    told = {(found.groups[one.from_].name, found.groups[one.to].name): one.sign.word for one in found.links}
    assert told == {("a", "b"): "broken now", ("b", "a"): "at risk"}


def test_a_connection_of_which_no_verdict_speaks_is_unknown_not_absent() -> None:
    run = replace(_two([]), connections=(Connection("a>b", "sip-trunk", "a", "b"),))
    (link,) = graph(run).links
    assert (link.sign.word, link.if_used) == ("unknown", False)


def test_what_exists_only_if_it_is_used_is_told_apart() -> None:
    sure, maybe = _verdict("a", "b", "ok"), replace(_verdict("b", "a", "ok"), if_used=True)
    assert {link.from_: link.if_used for link in graph(_two([sure, maybe])).links} == {0: False, 1: True}


def test_more_groups_than_a_page_holds_are_put_together() -> None:
    found = graph(samples.many(GROUPS_UP_TO + 1))
    assert found.merged
    assert sum(group.count for group in found.groups) == GROUPS_UP_TO + 1
    assert len(found.groups) < GROUPS_UP_TO


def test_a_target_that_the_page_leaves_out_is_not_called_a_stranger() -> None:
    run = _two([_verdict("a", "c", "ok"), _verdict("a", "d", "ok")])
    told = {frame.name: frame.words[1].whole for frame in map_view(run, {}, {}, {"c"}).frames if frame.far}
    assert told == {"c": "not on this page", "d": "not a target"}


def _verdict(dials: str, answers: str, outcome: str) -> Verdict:
    return samples.verdict("X", "sip-trunk", dials, answers, outcome, None)  # type: ignore[arg-type]


def _two(verdicts: Sequence[Verdict]) -> Run:
    targets = [samples.target("a", "cucm", None, []), samples.target("b", "cube", None, [])]
    return samples.run(targets, [], {}, {}, verdicts)
