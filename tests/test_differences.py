"""Verdicts before and after a change, side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import get_args

import pytest

from ekuscan.differences import differences, effect_of
from ekuscan.foresight import Effect
from ekuscan.model import Answer, Fork, ForkBranch, Verdict
from tests.judging import Facts, Shown

ANSWERS: tuple[Answer, ...] = get_args(Answer)


@cache
def some_verdict() -> Verdict:
    return next(iter(Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown()}).verdicts().values()))


def verdict(now: Answer, next_: Answer, *, fork: str | None = None) -> Verdict:
    values = {"on": ForkBranch("breaks", "breaks"), "off": ForkBranch("ok", "ok")}
    forks = (Fork(fork, "On or off?", values),) if fork else ()
    return replace(some_verdict(), now=now, next=next_, forks=forks)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (("ok", "ok"), ("breaks", "breaks"), "breaks"),
        (("ok", "breaks"), ("breaks", "breaks"), "breaks"),
        (("depends", "depends"), ("breaks", "breaks"), "breaks"),
        (("unknown", "unknown"), ("breaks", "ok"), "breaks"),
        (("breaks", "breaks"), ("breaks", "ok"), "stays-broken"),
        (("breaks", "breaks"), ("ok", "ok"), "better"),
        (("breaks", "breaks"), ("depends", "depends"), "still-open"),
        (("breaks", "breaks"), ("unknown", "unknown"), "still-open"),
        (("breaks", "breaks"), ("at-risk", "at-risk"), "still-open"),
        (("ok", "breaks"), ("ok", "depends"), "still-open"),
        (("at-risk", "breaks"), ("ok", "unknown"), "still-open"),
        (("breaks", "breaks"), ("ok", "breaks"), "better"),
        (("ok", "breaks"), ("ok", "ok"), "better"),
        (("at-risk", "breaks"), ("ok", "breaks"), "better"),
        (("ok", "ok"), ("ok", "breaks"), "worse"),
        (("ok", "ok"), ("at-risk", "at-risk"), "worse"),
        (("ok", "ok"), ("depends", "depends"), "open"),
        (("at-risk", "at-risk"), ("unknown", "unknown"), "open"),
        (("unknown", "unknown"), ("unknown", "breaks"), "stays-open"),
        (("ok", "ok"), ("not-applicable", "not-applicable"), "same"),
        (("ok", "ok"), ("ok", "ok"), "same"),
    ],
)
def test_what_a_change_does_to_a_verdict_has_one_word(
    before: tuple[Answer, Answer], after: tuple[Answer, Answer], effect: Effect
) -> None:
    assert effect_of(verdict(*before), verdict(*after)) == effect


def test_a_fork_stays_open_as_long_as_the_same_fact_decides_the_same() -> None:
    before = verdict("depends", "depends", fork="exp-e1.cluster_tls")
    assert effect_of(before, replace(before, next="breaks")) == "stays-open"
    assert effect_of(before, verdict("depends", "depends", fork="exp-e1.sip_eku_check")) == "open"


def test_a_verdict_that_is_new_or_gone_is_compared_with_one_that_does_not_apply() -> None:
    assert effect_of(None, verdict("breaks", "breaks")) == "breaks"
    assert effect_of(None, verdict("ok", "ok")) == "same"
    assert effect_of(verdict("breaks", "breaks"), None) == "better"


def test_what_breaks_after_is_always_told_as_broken_and_what_is_open_as_open() -> None:
    for before, after in product(product(ANSWERS, ANSWERS), repeat=2):
        effect = effect_of(verdict(*before), verdict(*after))
        assert (effect in ("breaks", "stays-broken")) == (after[0] == "breaks")
        assert (effect in ("open", "stays-open")) == (after[0] in ("depends", "unknown") and before[0] != "breaks")
        if effect == "better":
            assert not {"at-risk", "depends", "unknown"} & {
                now for was, now in zip(before, after, strict=True) if was == "breaks"
            }


def test_verdicts_are_paired_by_id_whatever_their_order_and_know_what_touches_them() -> None:
    facts = Facts().box("exp-e1", "expressway-e", "X15.4", {"server": Shown()})
    facts.box("exp-c1", "expressway-c", "X15.4", {"server": Shown()}).link("uc-traversal", "exp-c1", "exp-e1")
    verdicts = list(facts.verdicts().values())
    found = list(differences(verdicts[::-1], verdicts, {"exp-c1"}))
    assert [one.id for one in found] == [one.id for one in verdicts]
    assert {one.effect for one in found} <= {"same", "stays-open"}
    touched = {one.id for one in found if one.touched}
    assert touched == {one.id for one in verdicts if "exp-c1" in one.id.split("/")[0]}
