"""Verdicts before and after a change, side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


ON_OFF = ("on", "off")


def forked(fact: str, **answers: Answer) -> Verdict:
    """A verdict that hangs on one fact, with an answer for each value."""
    forks = (Fork(fact, "Which?", {value: ForkBranch(answer, answer) for value, answer in answers.items()}),)
    return replace(some_verdict(), now="depends", next="depends", forks=forks)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (forked("match", on="breaks", off="ok"), verdict("at-risk", "at-risk"), "open"),
        (forked("match", on="breaks", off="ok"), verdict("ok", "ok"), "better"),
        (forked("match", on="breaks", off="at-risk"), verdict("at-risk", "at-risk"), "still-open"),
        (forked("match", on="at-risk", off="ok"), verdict("at-risk", "at-risk"), "worse"),
        (forked("match", on="at-risk", off="ok"), forked("match", on="breaks", off="ok"), "open"),
        (forked("match", on="breaks", off="ok"), forked("match", on="at-risk", off="ok"), "still-open"),
        (forked("match", on="breaks", off="ok"), forked("match", on="breaks", off="at-risk"), "open"),
        (verdict("ok", "ok"), forked("match", on="at-risk", off="ok"), "open"),
        (forked("match", on="breaks", off="ok"), forked("other", on="at-risk", off="ok"), "open"),
        (verdict("at-risk", "at-risk"), forked("match", on="breaks", off="ok"), "open"),
        (verdict("breaks", "breaks"), forked("match", on="breaks", off="ok"), "still-open"),
        (verdict("unknown", "unknown"), verdict("at-risk", "at-risk"), "open"),
        (verdict("unknown", "unknown"), verdict("ok", "ok"), "better"),
    ],
)
def test_what_is_better_for_one_value_of_a_fact_and_worse_for_another_hangs_on_it(
    before: Verdict, after: Verdict, effect: Effect
) -> None:
    assert effect_of(before, after) == effect


def test_the_fact_on_which_the_effect_hangs_is_named_where_it_decides_no_longer() -> None:
    before, after = forked("match", on="breaks", off="ok"), verdict("at-risk", "at-risk")
    (one,) = differences([before], [after], ())
    assert [fork.fact for fork in one.forks] == ["match"]


World = tuple[str, str]
DEFINITE: tuple[Answer, ...] = ("not-applicable", "ok", "at-risk", "breaks")
WORLDS: tuple[World, ...] = tuple(product(ON_OFF, ON_OFF))
answers_of_all_worlds = st.fixed_dictionaries(
    {world: st.tuples(st.sampled_from(DEFINITE), st.sampled_from(DEFINITE)) for world in WORLDS}
)


def known(answers: dict[World, tuple[Answer, Answer]], first: str | None, second: str | None) -> Verdict:
    """The verdict that an estate has in which two facts decide, those that are None not being known."""
    worlds = [world for world in WORLDS if first in (None, world[0]) and second in (None, world[1])]
    forks = []
    for place, value in enumerate((first, second)):
        if value is None:
            branches = {one: together([answers[w] for w in worlds if w[place] == one]) for one in ON_OFF}
            forks.append(Fork(f"fact{place}", "On or off?", {one: ForkBranch(*said) for one, said in branches.items()}))
    now, next_ = together([answers[world] for world in worlds])
    return replace(some_verdict(), now=now, next=next_, forks=tuple(forks) if "depends" in (now, next_) else ())


def together(answers: list[tuple[Answer, Answer]]) -> tuple[Answer, Answer]:
    now, next_ = ({one[place] for one in answers} for place in (0, 1))
    return now.pop() if len(now) == 1 else "depends", next_.pop() if len(next_) == 1 else "depends"


@given(answers_of_all_worlds, answers_of_all_worlds)
def test_no_fact_that_is_learned_turns_better_into_worse_or_back(
    before: dict[World, tuple[Answer, Answer]], after: dict[World, tuple[Answer, Answer]]
) -> None:
    told = {
        (first, second): effect_of(known(before, first, second), known(after, first, second))
        for first, second in product((None, *ON_OFF), repeat=2)
    }
    for less, more in product(told, repeat=2):
        if all(one is None or one == other for one, other in zip(less, more, strict=True)):
            effects = {told[less], told[more]}
            assert not ("better" in effects and effects & {"worse", "breaks"}), (less, more, told)


@pytest.mark.parametrize(
    ("dials", "answers", "effect"), [("a", "b", "stays-broken"), ("b", "a", "breaks"), ("a", "c", "breaks")]
)
def test_a_part_breaks_nothing_where_another_in_the_same_direction_is_broken_before_and_after(
    dials: str, answers: str, effect: Effect
) -> None:
    part = replace(verdict("ok", "ok"), id="part", part_of="whole", dials="a", answers="b")
    other = replace(verdict("breaks", "breaks"), id="other", part_of="whole", dials=dials, answers=answers)
    found = differences([part, other], [replace(part, now="breaks", next="breaks"), other], ())
    assert next(found).effect == effect


def test_a_verdict_that_is_new_or_gone_is_compared_with_one_that_does_not_apply() -> None:
    assert effect_of(None, verdict("breaks", "breaks")) == "breaks"
    assert effect_of(None, verdict("ok", "ok")) == "same"
    assert effect_of(verdict("breaks", "breaks"), None) == "better"


def test_what_breaks_after_is_always_told_as_broken_and_what_is_open_as_open() -> None:
    for before, after in product(product(ANSWERS, ANSWERS), repeat=2):
        effect = effect_of(verdict(*before), verdict(*after))
        assert (effect in ("breaks", "stays-broken")) == (after[0] == "breaks")
        if after[0] in ("depends", "unknown"):
            assert effect in (("still-open",) if before[0] == "breaks" else ("open", "stays-open"))
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
