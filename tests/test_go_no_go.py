"""Go or no-go: what leaves the answer open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ekuscan.differences import differences
from ekuscan.foresight import Difference
from ekuscan.go_no_go import Weighed, answer
from ekuscan.model import Answer
from tests.test_differences import verdict


def difference(before: tuple[Answer, Answer], after: tuple[Answer, Answer]) -> Iterator[Difference]:
    return differences([verdict(*before)], [verdict(*after)], {})


def weighed(*found: Difference) -> Weighed:
    return Weighed(found, (), (), 0)


@pytest.mark.parametrize("after", ["depends", "unknown", "at-risk"])
def test_what_is_broken_today_and_not_surely_mended_leaves_the_answer_open(after: Answer) -> None:
    found = weighed(*difference(("breaks", "breaks"), (after, after)))
    tally = found.tally(over=False, faulty=False)
    assert (tally.still_open, tally.better, answer(tally.exit)) == (1, 0, "undecided")
    assert found.decides()


def test_what_breaks_at_a_renewal_alone_and_is_open_after_says_nothing_against_a_change() -> None:
    tally = weighed(*difference(("ok", "breaks"), ("ok", "unknown"))).tally(over=False, faulty=False)
    assert (tally.still_open, tally.better, answer(tally.exit)) == (1, 0, "go")


def test_what_is_mended_is_a_go() -> None:
    tally = weighed(*difference(("breaks", "breaks"), ("ok", "ok"))).tally(over=False, faulty=False)
    assert (tally.better, tally.exit) == (1, 0)
