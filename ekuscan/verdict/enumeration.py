"""Every value that open facts could have, tried: what all of them give, which fact splits the answer, and how.

An assignment is a tuple with one number for each open fact: the place of a value among those that it could have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product
from math import prod

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.distinctions import as_read
from ekuscan.verdict.evaluate import GRAVITY, Answered, answer
from ekuscan.verdict.facts import IN_TIME, SlotState, Value
from ekuscan.verdict.grid import Assignment, Reached, grid, reached
from ekuscan.verdict.joint import Joint, joint

# Of so many combinations all are looked at together; of more, those of facts that hang together.
_AT_ONCE = 100_000
# Facts that hang together and have more combinations than this are not enumerated: the answer is then unknown.
LIMIT = 200_000

Table = Mapping[Assignment, Answered]
"""A rule's answer for each combination of the values of its own open facts."""


@record
class Open:
    """A fact that is not known: the values that it could have, and which of them is the vendor's default.

    ``unseen`` marks a certificate that nobody saw.
    """

    values: tuple[Value, ...]
    default: int | None
    unseen: bool


@record
class Bound:
    """A rule with the facts that are known, and with the numbers of those that are open."""

    rule: Rule
    known: tuple[tuple[str, Value], ...]
    open: tuple[tuple[str, int], ...]


@record
class Branch:
    """One value of a deciding variable (or several neighbours) and what it gives."""

    values: tuple[Value, ...]
    now: Answer
    next: Answer


@record
class Split:
    """A variable that decides, by its number."""

    variable: int
    branches: tuple[Branch, ...]


@record
class Enumerated:
    """What all assignments together say. ``weakest`` is the place of the rule that decides.

    ``read`` are the facts that the answer stands on, each with the place of a rule that reads it.
    """

    now: Answer
    next: Answer
    splits: tuple[Split, ...] = ()
    assumed: tuple[int, ...] = ()
    read: frozenset[tuple[int, str]] = frozenset()
    weakest: int = 0
    confidence: str = "L"
    lacks: tuple[str, ...] = ()


def enumerated(bound: Sequence[Bound], facts: Sequence[Open], tables: Tables) -> Enumerated:
    """The answer of one rule, or the gravest of several judged over the same facts."""
    sizes = [len(fact.values) for fact in facts]
    numbers = [tuple([number for _, number in one.open]) for one in bound]
    if max(prod(sizes[number] for number in own) for own in numbers) > LIMIT:
        return Enumerated("unknown", "unknown")
    answered = [_answered(one, facts, tables) for one in bound]
    found = _reached(sizes, list(zip(numbers, [table.values() for table in answered], strict=True)))
    if found is None:
        return Enumerated("unknown", "unknown")
    found, assumed = _assume_defaults(found, facts)
    deciding = found.deciding(range(len(facts)))
    blind = {index for index in deciding if facts[index].unseen}
    now, next_ = (_collapse(answers, bool(blind)) for answers in found.answers())
    forks = (_split(found, facts, index) for index in deciding if not facts[index].unseen)
    sample = found.gravest()
    at = [table[tuple([sample[number] for number in own])] for own, table in zip(numbers, answered, strict=True)]
    # Of rules that hang on a certificate nobody saw, that one is to be looked at: it is the weakest of what is known.
    of_interest = [place for place, own in enumerate(numbers) if blind & set(own)] or range(len(bound))
    weakest = max(of_interest, key=lambda place: _gravity(at[place]))
    return Enumerated(
        now=now,
        next=next_,
        splits=tuple(fork for fork in forks if len({(branch.now, branch.next) for branch in fork.branches}) > 1),
        assumed=assumed,
        read=_read(found, bound, answered),
        weakest=weakest,
        confidence=_confidence(at[weakest], bound[weakest].rule),
        lacks=at[weakest].lacks,
    )


def _reached(
    sizes: Sequence[int], told: Sequence[tuple[Sequence[int], Collection[Answered]]]
) -> Reached | Joint | None:
    """All assignments at once where they are few, else by facts that hang together; None where these are too many."""
    if prod(sizes) <= _AT_ONCE:
        return reached(grid(sizes), told)
    return joint(sizes, told, LIMIT)


def _answered(bound: Bound, facts: Sequence[Open], tables: Tables) -> Table:
    """A rule's answer for each combination of its own open facts."""
    names = tuple([name for name, _ in bound.open])
    domains = tuple([facts[number].values for _, number in bound.open])
    remembered: dict[object, Table] = tables.derived("answers", dict)
    key = (bound.rule.id, bound.known, names, domains)
    found = remembered.get(key)
    if found is None:
        found = remembered[key] = _table(bound, names, domains, tables)
    return found


def _table(bound: Bound, names: tuple[str, ...], domains: Sequence[tuple[Value, ...]], tables: Tables) -> Table:
    """Made of answers that are remembered by what the rule itself tells apart, which is less than all rules do."""
    rule, known = bound.rule, dict(bound.known)
    remembered: dict[object, dict[object, Answered]] = tables.derived("answers as read", dict)
    of_known = tuple([as_read(value, rule, tables) for value in known.values()])
    told = remembered.setdefault((rule.id, tuple(known), of_known, names), {})
    domains_read = [[as_read(value, rule, tables) for value in domain] for domain in domains]
    found = {}
    for own in product(*[range(len(domain)) for domain in domains]):
        read = tuple([domain[place] for domain, place in zip(domains_read, own, strict=True)])
        answered = told.get(read)
        if answered is None:
            values = [domain[place] for domain, place in zip(domains, own, strict=True)]
            answered = told[read] = answer(rule, {**known, **dict(zip(names, values, strict=True))}, tables)
        found[own] = answered
    return found


def _gravity(answered: Answered) -> tuple[int, int]:
    return GRAVITY[answered.now], GRAVITY[answered.next]


def _assume_defaults(found: Reached | Joint, facts: Sequence[Open]) -> tuple[Reached | Joint, tuple[int, ...]]:
    """Take an undeclared setting's documented default where, all else equal, it never makes the answer better.

    A certificate that nobody saw may have ended, which breaks all: that is no reason to call a default the better.
    """
    assumed: list[int] = []
    lasting = {index: _in_time(fact) for index, fact in enumerate(facts) if fact.unseen}
    while True:
        # One assumption can make another one possible, so this goes on until none is left.
        seen = found.among(lasting) if lasting else found
        for index in seen.deciding([index for index, fact in enumerate(facts) if fact.default is not None]):
            default = facts[index].default
            if default is not None and seen.never_better(index, default):
                break
        else:
            return found, tuple(sorted(assumed))
        found = found.narrowed(index, default)
        assumed.append(index)


def _in_time(fact: Open) -> list[int]:
    return [place for place, value in enumerate(fact.values) if isinstance(value, SlotState) and IN_TIME in value.now]


def _collapse(answers: Collection[Answer], unseen: bool) -> Answer:
    if len(answers) == 1:
        return next(iter(answers))
    return "unknown" if unseen else "depends"


def _split(found: Reached | Joint, facts: Sequence[Open], index: int) -> Split:
    """The branches of a deciding fact; neighbouring releases that give the same are one branch."""
    branches: list[Branch] = []
    certificates = [other for other, fact in enumerate(facts) if fact.unseen]
    for place in found.left(index):
        value = facts[index].values[place]
        within = found.narrowed(index, place)
        unseen = bool(within.deciding(certificates))
        now, next_ = (_collapse(answers, unseen) for answers in within.answers())
        last = branches[-1] if branches else None
        if last is not None and isinstance(value, tuple) and (last.now, last.next) == (now, next_):
            branches[-1] = Branch((*last.values, value), now, next_)
        else:
            branches.append(Branch((value,), now, next_))
    return Split(index, tuple(branches))


def _read(found: Reached | Joint, bound: Sequence[Bound], answered: Sequence[Table]) -> frozenset[tuple[int, str]]:
    """The facts that the answer stands on: those read by the matching cases of the assignments that are left."""
    read: set[tuple[int, str]] = set()
    for place, (one, table) in enumerate(zip(bound, answered, strict=True)):
        names = {name for name, _ in (*one.known, *one.open)}
        left = product(*(found.left(number) for _, number in one.open))
        told = {fact for own in left for fact in table[own].read}
        read |= {(place, fact) for fact in told & names}
    return frozenset(read)


def _confidence(answered: Answered, rule: Rule) -> str:
    """The case's own word or the rule's, and no more than that of the verifier's case which decided."""
    own = answered.case.confidence if answered.case and answered.case.confidence else rule.confidence
    told = answered.verifier_case.confidence if answered.verifier_case is not None else None
    return max(own, told or own, key="HML".index)
