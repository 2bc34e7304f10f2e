"""Sets of assignments as numbers, held to what trying every assignment gives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Answer
from ekuscan.verdict.evaluate import GRAVITY, Answered
from ekuscan.verdict.grid import Assignment, Reached, grid, reached

Pair = tuple[Answer, Answer]
_ANSWER = st.sampled_from(sorted(GRAVITY))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Reached, dict[Assignment, Pair]]:
    """Up to three rules over up to four facts, all that a grid says of them, and every assignment's answer."""
    sizes = draw(st.lists(st.integers(1, 3), max_size=4))
    tables: list[tuple[list[int], dict[Assignment, Answered]]] = []
    for _ in range(draw(st.integers(1, 3))):
        own = sorted(draw(st.sets(st.sampled_from(range(len(sizes)))))) if sizes else []
        places = product(*(range(sizes[number]) for number in own))
        tables.append((own, {at: Answered(draw(_ANSWER), draw(_ANSWER), (), None) for at in places}))
    answers = {at: _gravest(at, tables) for at in product(*map(range, sizes))}
    return reached(grid(sizes), [(own, table.values()) for own, table in tables]), answers


def _gravest(at: Assignment, tables: list[tuple[list[int], dict[Assignment, Answered]]]) -> Pair:
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


def _agrees(found: Reached, answers: Mapping[Assignment, Pair]) -> None:
    numbers = range(len(found.region.values))
    assert found.answers() == ({now for now, _ in answers.values()}, {next_ for _, next_ in answers.values()})
    assert found.deciding(numbers) == tuple(number for number in numbers if _deciding(answers, number))
    assert found.gravest() == max(answers, key=lambda at: tuple(GRAVITY[answer] for answer in answers[at]))
    for number in numbers:
        for value in found.region.values[number]:
            assert found.never_better(number, value) == _never_better(answers, number, value)


@given(_cases())
def test_a_grid_says_of_all_assignments_what_trying_each_of_them_says(
    case: tuple[Reached, dict[Assignment, Pair]],
) -> None:
    _agrees(*case)


@given(_cases(), st.data())
def test_a_grid_says_the_same_of_assignments_in_which_some_facts_have_one_value(
    case: tuple[Reached, dict[Assignment, Pair]], data: st.DataObject
) -> None:
    found, answers = case
    for number, values in enumerate(found.region.values):
        if data.draw(st.booleans()):
            value = data.draw(st.sampled_from(values))
            found = found.narrowed(number, value)
            answers = {at: pair for at, pair in answers.items() if at[number] == value}
    _agrees(found, answers)
