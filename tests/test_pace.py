"""The pace of a sweep, as arithmetic: no clock runs here."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.pace import Pace


def test_connections_are_begun_so_many_per_second_and_never_in_a_burst() -> None:
    pace = Pace(rate=4, jitter=0, draw=lambda: 0.5)
    assert [pace.delay(100.0) for _ in range(4)] == [0, 0.25, 0.5, 0.75]


def test_time_without_connections_is_not_saved_up() -> None:
    pace = Pace(rate=4, jitter=0, draw=lambda: 0.5)
    pace.delay(100.0)
    assert [pace.delay(200.0), pace.delay(200.0)] == [0, 0.25]


def test_jitter_makes_each_late_and_leaves_the_rate_as_it_is() -> None:
    late = iter([0.5, 0.0, 0.75])
    pace = Pace(rate=10, jitter=2, draw=lambda: next(late))
    assert [pace.delay(5.0) for _ in range(3)] == pytest.approx([1.0, 0.1, 1.7])


def test_jitter_needs_no_rate() -> None:
    pace = Pace(rate=None, jitter=3, draw=Random(7).random)
    waits = [pace.delay(1.0) for _ in range(50)]
    assert all(0 <= wait < 3 for wait in waits)
    assert len(set(waits)) > 40


@given(
    st.floats(min_value=0.01, max_value=10_000),
    st.lists(st.floats(min_value=0, max_value=5), min_size=2, max_size=60),
)
def test_no_two_connections_are_nearer_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    pace = Pace(rate, 0, lambda: 0.0)
    now, begins = 0.0, []
    for gap in gaps:
        now += gap
        begins.append(now + pace.delay(now))
    assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in itertools.pairwise(begins))
