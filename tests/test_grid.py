"""Sets of assignments as numbers, held to what trying every assignment gives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Answer
from ekuscan.verdict.evaluate import GRAVITY, Answered
from ekuscan.verdict.grid import Assignment, Reached, grid, reached
from ekuscan.verdict.joint import Joint, joint

Pair = tuple[Answer, Answer]
_ANSWER = st.sampled_from(sorted(GRAVITY))


Rules = list[tuple[list[int], dict[Assignment, Answered]]]


@st.composite
def _rules(draw: st.DrawFn, facts: int, own: int) -> tuple[list[int], Rules]:
    """How many values each of some facts has, and up to four rules over up to ``own`` of them."""
    sizes = draw(st.lists(st.integers(1, 3), max_size=facts))
    tables: Rules = []
    for _ in range(draw(st.integers(1, 4))):
        read = sorted(draw(st.sets(st.sampled_from(range(len(sizes))), max_size=own))) if sizes else []
        places = product(*(range(sizes[number]) for number in read))
        tables.append((read, {at: Answered(draw(_ANSWER), draw(_ANSWER), (), None) for at in places}))
    return sizes, tables


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Reached, dict[Assignment, Pair]]:
    """All that a grid says of some rules over up to four facts, and every assignment's answer."""
    sizes, tables = draw(_rules(4, 4))
    answers = {at: _gravest(at, tables) for at in product(*map(range, sizes))}
    return reached(grid(sizes), [(own, table.values()) for own, table in tables]), answers


@st.composite
def _joint_cases(draw: st.DrawFn) -> tuple[Joint, dict[Assignment, Pair]]:
    """The same of grids that are as small as they can be."""
    sizes, tables = draw(_rules(5, 3))
    told = [(own, table.values()) for own, table in tables]
    found = next(one for limit in range(1, 3**5 + 1) if (one := joint(sizes, told, limit)) is not None)
    return found, {at: _gravest(at, tables) for at in product(*map(range, sizes))}


def _gravest(at: Assignment, tables: Rules) -> Pair:
    told = [table[tuple(at[number] for number in own)] for own, table in tables]
    return max((t.now for t in told), key=GRAVITY.__getitem__), max((t.next for t in told), key=GRAVITY.__getitem__)


def _deciding(answers: Mapping[Assignment, Pair], number: int) -> bool:
    rests: dict[Assignment, set[Pair]] = {}
    for at, pair in answers.items():
        rests.setdefault((*at[:number], *at[number + 1 :]), set()).add(pair)
    return any(len(pairs) > 1 for pairs in rests.values())


def _never_better(answers: Mapping[Assignment, Pair], number: int, value: int) -> bool:
    def gravity(at: Assignment) -> tuple[int, int]:
        return GRAVITY[answers[at][0]], GRAVITY[answers[at][1]]

    with_value = {at: (*at[:number], value, *at[number + 1 :]) for at in answers}
    return all(
        gravity(other)[0] >= gravity(at)[0] and gravity(other)[1] >= gravity(at)[1] for at, other in with_value.items()
    )


def _agrees(found: Reached | Joint, answers: Mapping[Assignment, Pair]) -> None:
    numbers = range(len(next(iter(answers))))
    assert found.answers() == ({now for now, _ in answers.values()}, {next_ for _, next_ in answers.values()})
    assert found.deciding(numbers) == tuple(number for number in numbers if _deciding(answers, number))
    assert found.gravest() == max(answers, key=lambda at: tuple(GRAVITY[answer] for answer in answers[at]))
    for number in numbers:
        for value in found.left(number):
            assert found.never_better(number, value) == _never_better(answers, number, value)


@given(_cases())
def test_a_grid_says_of_all_assignments_what_trying_each_of_them_says(
    case: tuple[Reached, dict[Assignment, Pair]],
) -> None:
    _agrees(*case)


@given(_joint_cases())
def test_several_grids_say_of_all_assignments_what_trying_each_of_them_says(
    case: tuple[Joint, dict[Assignment, Pair]],
) -> None:
    _agrees(*case)


def test_facts_of_one_rule_are_never_taken_apart() -> None:
    table = {at: Answered("ok", "ok", (), None) for at in product(range(3), range(3))}
    assert joint([3, 3], [([0, 1], table.values())], 8) is None
    assert joint([3, 3], [([0, 1], table.values())], 9) is not None


@given(st.one_of(_cases(), _joint_cases()), st.data())
def test_a_grid_says_the_same_of_assignments_in_which_some_facts_have_one_value(
    case: tuple[Reached | Joint, dict[Assignment, Pair]], data: st.DataObject
) -> None:
    found, answers = case
    for number in range(len(next(iter(answers)))):
        if data.draw(st.booleans()):
            value = data.draw(st.sampled_from(found.left(number)))
            found = found.narrowed(number, value)
            answers = {at: pair for at, pair in answers.items() if at[number] == value}
    _agrees(found, answers)
