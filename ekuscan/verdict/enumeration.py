"""Every value that open facts could have, tried: what all of them give, which fact splits the answer, and how.

An assignment is a tuple with one number for each open fact: the place of a value among those that it could have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ekuscan.model import Answer
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.evaluate import GRAVITY, Answered, answer
from ekuscan.verdict.facts import Value

# More combinations than this are not enumerated: the answer is then unknown. The packaged tables stay far below.
LIMIT = 200_000

Pair = tuple[Answer, Answer]
Assignment = tuple[int, ...]
Answers = Mapping[Assignment, Pair]


@dataclass(frozen=True, slots=True)
class Open:
    """A fact that is not known: the values that it could have, and which of them is the vendor's default.

    ``unseen`` marks a certificate that nobody saw.
    """

    values: tuple[Value, ...]
    default: int | None
    unseen: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule with the facts that are known, and with the numbers of those that are open."""

    rule: Rule
    known: tuple[tuple[str, Value], ...]
    open: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One value of a deciding variable (or several neighbours) and what it gives."""

    values: tuple[Value, ...]
    now: Answer
    next: Answer


@dataclass(frozen=True, slots=True)
class Split:
    """A variable that decides, by its number."""

    variable: int
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
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
    total = 1
    for fact in facts:
        total *= len(fact.values)
    if total > LIMIT:
        return Enumerated("unknown", "unknown")
    answerers = [_answerer(one, facts, tables) for one in bound]
    table = {
        assignment: [answered(assignment) for answered in answerers]
        for assignment in product(*(range(len(fact.values)) for fact in facts))
    }
    answers: Answers = {assignment: _gravest(answered) for assignment, answered in table.items()}
    answers, assumed = _assume_defaults(answers, facts)
    deciding = _deciding(answers, len(facts))
    unseen = any(facts[index].unseen for index in deciding)
    now, next_ = (_collapse((pair[tense] for pair in answers.values()), unseen) for tense in (0, 1))
    forks = (_split(answers, facts, index) for index in deciding if not facts[index].unseen)
    sample = max(answers, key=lambda a: (GRAVITY[answers[a][0]], GRAVITY[answers[a][1]]))
    blind = {index for index in deciding if facts[index].unseen}
    # Of rules that hang on a certificate nobody saw, that one is to be looked at: it is the weakest of what is known.
    of_interest = [place for place, one in enumerate(bound) if blind & {n for _, n in one.open}] or range(len(bound))
    weakest = max(of_interest, key=lambda place: _gravity(table[sample][place]))
    decides = table[sample][weakest]
    return Enumerated(
        now=now,
        next=next_,
        splits=tuple(fork for fork in forks if len({(branch.now, branch.next) for branch in fork.branches}) > 1),
        assumed=assumed,
        read=_read(table, answers, bound),
        weakest=weakest,
        confidence=_confidence(decides, bound[weakest].rule),
        lacks=decides.lacks,
    )


def _answerer(bound: Bound, facts: Sequence[Open], tables: Tables) -> Callable[[Assignment], Answered]:
    """A rule's answer as a function of the whole assignment, computed once for each combination of its own facts."""
    names = tuple([name for name, _ in bound.open])
    numbers = tuple([number for _, number in bound.open])
    domains = tuple([facts[number].values for number in numbers])
    known = dict(bound.known)
    remembered: dict[object, dict[Assignment, Answered]] = tables.derived("answers", dict)
    seen = remembered.setdefault((bound.rule.id, bound.known, names, domains), {})

    def answered(assignment: Assignment) -> Answered:
        own = tuple([assignment[number] for number in numbers])
        found = seen.get(own)
        if found is None:
            values = [domain[place] for domain, place in zip(domains, own, strict=True)]
            found = seen[own] = answer(bound.rule, {**known, **dict(zip(names, values, strict=True))}, tables)
        return found

    return answered


def _gravity(answered: Answered) -> tuple[int, int]:
    return GRAVITY[answered.now], GRAVITY[answered.next]


def _gravest(answered: Sequence[Answered]) -> Pair:
    if len(answered) == 1:
        return answered[0].now, answered[0].next
    return (
        max([one.now for one in answered], key=GRAVITY.__getitem__),
        max([one.next for one in answered], key=GRAVITY.__getitem__),
    )


def _assume_defaults(answers: Answers, facts: Sequence[Open]) -> tuple[Answers, tuple[int, ...]]:
    """Take an undeclared setting's documented default where, all else equal, it never makes the answer better."""
    assumed: list[int] = []
    while True:
        open_ = [index for index in _deciding(answers, len(facts)) if index not in assumed]
        # One assumption can make another one possible, so this goes on until none is left.
        found = next((index for index in open_ if _harmful(answers, index, facts[index].default)), None)
        if found is None:
            return answers, tuple(sorted(assumed))
        answers = {a: pair for a, pair in answers.items() if a[found] == facts[found].default}
        assumed.append(found)


def _harmful(answers: Answers, index: int, default: int | None) -> bool:
    """Whether a fact has a default with which nothing is ever better than without."""
    return default is not None and all(_no_better(answers, assignment, index, default) for assignment in answers)


def _no_better(answers: Answers, assignment: Assignment, index: int, default: int) -> bool:
    with_default = answers.get((*assignment[:index], default, *assignment[index + 1 :]))
    if with_default is None:
        return True
    return all(GRAVITY[with_default[tense]] >= GRAVITY[answers[assignment][tense]] for tense in (0, 1))


def _deciding(answers: Answers, count: int) -> tuple[int, ...]:
    """The facts of which a change of that one alone changes the answer somewhere."""
    if len(set(answers.values())) == 1:
        return ()
    found: list[int] = []
    for index in range(count):
        groups: dict[Assignment, Pair] = {}
        for assignment, pair in answers.items():
            rest = (*assignment[:index], *assignment[index + 1 :])
            if groups.setdefault(rest, pair) != pair:
                found.append(index)
                break
    return tuple(found)


def _collapse(answers: Iterable[Answer], unseen: bool) -> Answer:
    distinct = set(answers)
    if len(distinct) == 1:
        return distinct.pop()
    return "unknown" if unseen else "depends"


def _split(answers: Answers, facts: Sequence[Open], index: int) -> Split:
    """The branches of a deciding fact; neighbouring releases that give the same are one branch."""
    branches: list[Branch] = []
    for place in dict.fromkeys(assignment[index] for assignment in answers):
        value = facts[index].values[place]
        within = {assignment: pair for assignment, pair in answers.items() if assignment[index] == place}
        unseen = any(facts[other].unseen for other in _deciding(within, len(facts)))
        now, next_ = (_collapse((pair[tense] for pair in within.values()), unseen) for tense in (0, 1))
        last = branches[-1] if branches else None
        if last is not None and isinstance(value, tuple) and (last.now, last.next) == (now, next_):
            branches[-1] = Branch((*last.values, value), now, next_)
        else:
            branches.append(Branch((value,), now, next_))
    return Split(index, tuple(branches))


def _read(
    table: Mapping[Assignment, list[Answered]], answers: Answers, bound: Sequence[Bound]
) -> frozenset[tuple[int, str]]:
    """The facts that the answer stands on: those read by the matching cases of the assignments that are left."""
    found: set[tuple[int, str]] = set()
    for place, one in enumerate(bound):
        names = {name for name, _ in (*one.known, *one.open)}
        told = {id(table[assignment][place]): table[assignment][place] for assignment in answers}
        found |= {(place, fact) for answered in told.values() for fact in answered.read if fact in names}
    return frozenset(found)


def _confidence(answered: Answered, rule: Rule) -> str:
    """The case's own word or the rule's, and no more than that of the verifier's case which decided."""
    own = answered.case.confidence if answered.case and answered.case.confidence else rule.confidence
    told = answered.verifier_case.confidence if answered.verifier_case is not None else None
    return max(own, told or own, key="HML".index)
