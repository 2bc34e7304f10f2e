"""Sets of assignments as the bits of one number, so that what is asked of all of them is a few operations on numbers.

Bit n stands for the n-th assignment in the order of `itertools.product`. An answer that is the gravest of several is
known by the assignments in which each gravity is reached, and those are the union of the several answers' own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.verdict.evaluate import GRAVITY, Answered

Assignment = tuple[int, ...]
_ANSWERS: tuple[Answer, ...] = tuple(sorted(GRAVITY, key=GRAVITY.__getitem__))


@record
class Grid:
    """The assignments of facts with so many values each: ``having[n][v]`` are those in which fact n has value v.

    ``strides[n]`` is how far apart two assignments are that differ by one in the value of fact n alone.
    """

    strides: tuple[int, ...]
    having: tuple[tuple[int, ...], ...]

    def cells(self, numbers: Sequence[int], bits: int) -> list[int]:
        """Some assignments by the values of these facts, for each combination in the order of `itertools.product`."""
        found = [bits]
        for number in numbers:
            found = [cell & own for cell in found for own in self.having[number]]
        return found

    def first(self, bits: int) -> Assignment:
        """The first of some assignments."""
        place = (bits & -bits).bit_length() - 1
        return tuple([place // stride % len(own) for stride, own in zip(self.strides, self.having, strict=True)])


def grid(sizes: Sequence[int]) -> Grid:
    """The grid of facts with so many values each; the last fact's value changes first."""
    total = 1
    strides = []
    for size in reversed(sizes):
        strides.append(total)
        total *= size
    strides.reverse()
    having = []
    for size, stride in zip(sizes, strides, strict=True):
        # A number is made of a text of ones and zeros in time that is linear in its length.
        first = int(("0" * (stride * (size - 1)) + "1" * stride) * (total // (stride * size)), 2)
        having.append(tuple([first << (value * stride) for value in range(size)]))
    return Grid(tuple(strides), tuple(having))


@record
class Region:
    """Assignments that are left: ``values`` are those that each fact may still have, ``bits`` the assignments."""

    values: tuple[tuple[int, ...], ...]
    bits: int

    def narrowed(self, grid: Grid, number: int, value: int) -> Region:
        """What is left where one fact has one value."""
        values = (*self.values[:number], (value,), *self.values[number + 1 :])
        return Region(values, self.bits & grid.having[number][value])


def everything(grid: Grid) -> Region:
    """All assignments of a grid."""
    total = 1
    for own in grid.having:
        total *= len(own)
    return Region(tuple([tuple(range(len(own))) for own in grid.having]), (1 << total) - 1)


@record
class Reached:
    """Where the gravest of several answers reaches each gravity, ``now`` and ``next``; it reaches 0 everywhere."""

    grid: Grid
    region: Region
    now: tuple[int, ...]
    next: tuple[int, ...]

    def left(self, number: int) -> tuple[int, ...]:
        """The values that a fact may still have."""
        return self.region.values[number]

    def within(self, region: Region) -> Reached:
        """The same for fewer assignments."""
        now, next_ = (tuple([bits & region.bits for bits in tense]) for tense in (self.now, self.next))
        return replace(self, region=region, now=now, next=next_)

    def narrowed(self, number: int, value: int) -> Reached:
        """The same where one fact has one value."""
        return self.within(self.region.narrowed(self.grid, number, value))

    def deciding(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Those of some facts of which a change of that one alone changes the answer somewhere."""
        limits = self._limits()
        return tuple([number for number in numbers if any(self._differs(bits, number) for bits in limits)])

    def never_better(self, number: int, value: int) -> bool:
        """Whether with one value of a fact the answer is never better than with another, all else equal."""
        others = [one for one in self.region.values[number] if one != value]
        return not any(
            self.slice(bits, number, other) & ~self.slice(bits, number, value)
            for bits in self._limits()
            for other in others
        )

    def among(self, values: Mapping[int, Collection[int]]) -> Reached:
        """The same where some facts have one of these values."""
        bits = self.region.bits
        for number, own in values.items():
            bits &= sum(self.grid.having[number][value] for value in own)
        return self.within(replace(self.region, bits=bits))

    def answers(self) -> tuple[frozenset[Answer], frozenset[Answer]]:
        """All answers that occur now, and all that occur after the renewal."""
        return frozenset(_occurring(self.now)), frozenset(_occurring(self.next))

    def gravest(self) -> Assignment:
        """The first assignment that gives the gravest answer now, and of those the gravest after the renewal."""
        worst = next(bits for bits in reversed(self.now) if bits)
        return self.grid.first(next(worst & bits for bits in reversed(self.next) if worst & bits))

    def _limits(self) -> set[int]:
        """Where a gravity is reached in some assignments and not in all: only there an answer can change."""
        return {*self.now, *self.next} - {0, self.region.bits}

    def _differs(self, bits: int, number: int) -> bool:
        first, *others = self.region.values[number]
        of_first = self.slice(bits, number, first)
        return any(self.slice(bits, number, other) != of_first for other in others)

    def slice(self, bits: int, number: int, value: int) -> int:
        """The assignments in which a fact has a value, in the places of those in which it has its first."""
        return (bits & self.grid.having[number][value]) >> (value * self.grid.strides[number])


def _occurring(tense: Sequence[int]) -> Iterator[Answer]:
    for answer, bits, graver in zip(_ANSWERS, tense, (*tense[1:], 0), strict=True):
        if bits & ~graver:
            yield answer


def reached(grid: Grid, tables: Sequence[tuple[Sequence[int], Collection[Answered]]]) -> Reached:
    """The gravest of several answers, each given by the numbers of its own facts and a table.

    A table has an answer for each combination of their values, in the order of `itertools.product`.
    """
    region = everything(grid)
    giving: dict[tuple[Answer, Answer], int] = {}
    for numbers, table in tables:
        for answered, bits in zip(table, grid.cells(numbers, region.bits), strict=True):
            pair = answered.now, answered.next
            giving[pair] = giving.get(pair, 0) | bits
    now, next_ = [0] * len(_ANSWERS), [0] * len(_ANSWERS)
    for pair, bits in giving.items():
        for tense, answer in zip((now, next_), pair, strict=True):
            for gravity in range(GRAVITY[answer] + 1):
                tense[gravity] |= bits
    return Reached(grid, region, tuple(now), tuple(next_))
