"""Sets of assignments of many facts, without a number that has a bit for each of them.

Some facts are *shared*: once these have values, the answers fall into groups that have no fact in common. An assignment
of all facts is then one of the shared facts with one of each group's own, so a grid for each group is enough: it has
the group's own facts first and the shared ones last. What is asked of all groups at once is asked for each assignment
of the shared facts, as the bits of numbers that have one bit for each of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from math import prod

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.verdict.evaluate import GRAVITY, Answered
from ekuscan.verdict.grid import Assignment, Reached, grid, reached

_ANSWERS: tuple[Answer, ...] = tuple(sorted(GRAVITY, key=GRAVITY.__getitem__))
Table = tuple[Sequence[int], Collection[Answered]]
"""The numbers of the facts that an answer hangs on, and the answer for each combination of their values in order."""


@record
class Group:
    """Answers that have facts of their own. ``facts`` are the numbers of its grid's facts: ``own`` ones come first."""

    facts: tuple[int, ...]
    own: int
    reached: Reached
    _below: dict[tuple[bool, int], int] = field(default_factory=dict, compare=False, repr=False)

    def limit(self, tense: bool, gravity: int) -> int:
        """Where a gravity is reached, now or after the renewal; one that is too grave nowhere."""
        told = self.reached.next if tense else self.reached.now
        return told[gravity] if gravity < len(told) else 0

    def below(self, tense: bool, gravity: int) -> int:
        """The assignments of the shared facts with which it can stay below a gravity; worked out once."""
        key = (tense, gravity)
        if key not in self._below:
            self._below[key] = self.shared(self.reached.region.bits & ~self.limit(tense, gravity))
        return self._below[key]

    def narrowed(self, place: int, value: int) -> Group:
        """The same where the fact in one place has one value."""
        return Group(self.facts, self.own, self.reached.narrowed(place, value))

    def among(self, values: Mapping[int, Collection[int]]) -> Group:
        """The same where the facts in some places have one of these values."""
        return Group(self.facts, self.own, self.reached.among(values))

    def shared(self, bits: int, but: int | None = None) -> int:
        """The assignments of the shared facts with which some assignment of the own ones is among ``bits``.

        ``but`` is the place of a fact that has its first value in all of them.
        """
        for place in range(self.own):
            if place != but:
                found = 0
                for value in self.reached.region.values[place]:
                    found |= self.reached.slice(bits, place, value)
                bits = found
        return bits


@record
class Joint:
    """Where the gravest of several answers reaches each gravity; asked as `Reached` is, with the same answers.

    ``places`` are, by fact, the groups that have it, and where it stands in the grid of each.
    """

    values: tuple[tuple[int, ...], ...]
    groups: tuple[Group, ...]
    places: tuple[tuple[tuple[int, int], ...], ...]

    def left(self, number: int) -> tuple[int, ...]:
        """The values that a fact may still have."""
        return self.values[number]

    def narrowed(self, number: int, value: int) -> Joint:
        """The same where one fact has one value."""
        values = (*self.values[:number], (value,), *self.values[number + 1 :])
        groups = list(self.groups)
        for index, place in self.places[number]:
            groups[index] = groups[index].narrowed(place, value)
        return Joint(values, tuple(groups), self.places)

    def among(self, values: Mapping[int, Collection[int]]) -> Joint:
        """The same where some facts have one of these values."""
        chosen: dict[int, dict[int, Collection[int]]] = {}
        for number, own in values.items():
            for index, place in self.places[number]:
                chosen.setdefault(index, {})[place] = own
        groups = list(self.groups)
        for index, here in chosen.items():
            groups[index] = groups[index].among(here)
        return Joint(self.values, tuple(groups), self.places)

    def deciding(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Those of some facts of which a change of that one alone changes the answer somewhere."""
        # A gravity that some two groups reach in any case is crossed by no change of one fact.
        levels = [level for level in self._levels() if any(level.below)]
        return tuple([number for number in numbers if any(level.differs(self, number) for level in levels)])

    def never_better(self, number: int, value: int) -> bool:
        """Whether with one value of a fact the answer is never better than with another, all else equal."""
        others = [one for one in self.values[number] if one != value]
        return not any(level.rises(self, number, value, other) for level in self._levels() for other in others)

    def answers(self) -> tuple[frozenset[Answer], frozenset[Answer]]:
        """All answers that occur now, and all that occur after the renewal."""
        now, next_ = (
            frozenset(_ANSWERS[gravity] for gravity in range(len(_ANSWERS)) if self._occurs(tense, gravity))
            for tense in (False, True)
        )
        return now, next_

    def gravest(self) -> Assignment:
        """The first assignment that gives the gravest answer now, and of those the gravest after the renewal."""
        gravities = range(len(_ANSWERS) - 1, -1, -1)
        worst = next((now, next_) for now in gravities for next_ in gravities if self._reaches(now, next_))
        left = self
        for number, values in enumerate(self.values):
            narrowed = (left.narrowed(number, value) for value in values)
            left = next(one for one in narrowed if one._reaches(*worst))
        return tuple([only for (only,) in left.values])

    def _reaches(self, now: int, next_: int) -> bool:
        """Whether one assignment reaches a gravity now and another one after the renewal, be it by two answers."""
        early = late = both = 0
        for group in self.groups:
            tenses = group.reached.now[now], group.reached.next[next_]
            one, other = (group.shared(bits) for bits in tenses)
            both |= (early & other) | (late & one) | group.shared(tenses[0] & tenses[1])
            early |= one
            late |= other
        return bool(both)

    def _levels(self) -> Iterator[_Level]:
        for tense in (False, True):
            for gravity in range(1, len(_ANSWERS)):
                if any(one.limit(tense, gravity) for one in self.groups):
                    yield _level(self.groups, tense, gravity)

    def _occurs(self, tense: bool, gravity: int) -> bool:
        graver = _level(self.groups, tense, gravity + 1)
        for group, limit, below in zip(self.groups, graver.limits, graver.below, strict=True):
            exactly = group.limit(tense, gravity) & ~limit
            if exactly and below and group.shared(exactly) & below:
                return True
        return False


@record
class _Level:
    """One gravity, now or after the renewal: where each group reaches it (``limits``).

    ``below``: the assignments of the shared facts with which all other groups can stay below it at once.
    """

    limits: tuple[int, ...]
    below: tuple[int, ...]

    def differs(self, joint: Joint, number: int) -> bool:
        """Whether a change of one fact alone lets the answer cross this gravity somewhere."""
        first, *others = joint.values[number]
        return any(
            self.rises(joint, number, first, other) or self.rises(joint, number, other, first) for other in others
        )

    def rises(self, joint: Joint, number: int, from_: int, to: int) -> bool:
        """Whether this gravity is reached with one value of a fact where it is not with another, all else equal."""
        for index, place in joint.places[number]:
            group, limit, below = joint.groups[index], self.limits[index], self.below[index]
            if not limit or not below:
                continue
            found = group.reached
            risen = found.slice(limit, place, to) & ~found.slice(limit, place, from_)
            # The shared facts are the last of the grid, so it cuts their assignments as it cuts its own.
            if place >= group.own:
                below = found.slice(below, place, from_)
            if risen and group.shared(risen, place) & below:
                return True
        return False


def _level(groups: Sequence[Group], tense: bool, gravity: int) -> _Level:
    below = [group.below(tense, gravity) for group in groups]
    return _Level(tuple([group.limit(tense, gravity) for group in groups]), tuple(_all_others(below)))


def _all_others(bits: Sequence[int]) -> list[int]:
    """For each of some numbers the bits that all others have."""
    before, after = [-1], [-1]
    for one, other in zip(bits, reversed(bits), strict=True):
        before.append(before[-1] & one)
        after.append(after[-1] & other)
    return [one & other for one, other in zip(before, after[-2::-1], strict=False)]


def joint(sizes: Sequence[int], tables: Sequence[Table], limit: int) -> Joint | None:
    """The gravest of several answers, by facts with so many values each.

    None where no grid of at most ``limit`` assignments will do.
    """
    shared: list[int] = []
    while True:
        groups = _apart([set(numbers) - {*shared} for numbers, _ in tables])
        large = [facts for facts, _ in groups if prod(sizes[number] for number in (*facts, *shared)) > limit]
        if not large:
            break
        reading = {number: sum(number in numbers for numbers, _ in tables) for facts in large for number in facts}
        # What most answers hang on keeps most of them together. Facts of one answer alone cannot be taken apart.
        most = max(sorted(reading), key=reading.__getitem__, default=0)
        if reading.get(most, 0) < 2:
            return None
        shared.append(most)
    left = tuple([tuple(range(size)) for size in sizes])
    made = tuple([_group(facts, shared, [tables[n] for n in places], sizes) for facts, places in groups])
    standing: list[list[tuple[int, int]]] = [[] for _ in sizes]
    for index, group in enumerate(made):
        for place, number in enumerate(group.facts):
            standing[number].append((index, place))
    return Joint(left, made, tuple([tuple(one) for one in standing]))


def _apart(facts_of: Sequence[Collection[int]]) -> list[tuple[set[int], list[int]]]:
    """Answers with facts in common put together: the facts of each group, and the places of its answers."""
    found: list[tuple[set[int], list[int]]] = []
    for place, facts in enumerate(facts_of):
        touched = [one for one in found if not one[0].isdisjoint(facts)]
        found = [one for one in found if one[0].isdisjoint(facts)]
        found.append(({*facts}.union(*[one[0] for one in touched]), [*(n for one in touched for n in one[1]), place]))
    return found


def _group(own: Collection[int], shared: Sequence[int], tables: Sequence[Table], sizes: Sequence[int]) -> Group:
    facts = (*sorted(own), *shared)
    places = {number: place for place, number in enumerate(facts)}
    own_tables = [(tuple([places[number] for number in numbers]), answers) for numbers, answers in tables]
    return Group(facts, len(own), reached(grid([sizes[number] for number in facts]), own_tables))
