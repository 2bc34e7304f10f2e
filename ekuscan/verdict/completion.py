"""Answers where facts are missing: every value that they could have is tried, and what splits the answers is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from ekuscan.model import Answer
from ekuscan.rules.releases import Point
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.evaluate import GRAVITY, Answered, answer
from ekuscan.verdict.facts import IN_TIME, SlotState, Value, Variable
from ekuscan.verdict.renewal import UNSEEN

# More combinations than this are not enumerated: the answer is then unknown. The packaged tables stay far below.
LIMIT = 200_000

Pair = tuple[Answer, Answer]


@dataclass(frozen=True, slots=True)
class Part:
    """A rule with its facts bound to variables."""

    rule: Rule
    facts: Mapping[str, Variable]


@dataclass(frozen=True, slots=True)
class Branch:
    """One value of a deciding variable (or several neighbours) and what it gives."""

    values: tuple[Value, ...]
    now: Answer
    next: Answer


@dataclass(frozen=True, slots=True)
class Split:
    """A variable that decides, by its place in the parts' order of first use."""

    variable: int
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Completed:
    """What all completions together say. Numbers are places of variables; ``weakest`` is the part that decides."""

    now: Answer
    next: Answer
    splits: tuple[Split, ...]
    assumed: tuple[int, ...]
    read: tuple[int, ...]
    weakest: int
    confidence: str
    lacks: tuple[str, ...]


def variables_of(parts: Sequence[Part]) -> tuple[Variable, ...]:
    """All variables of some parts in order of first use; one that several parts read stands once."""
    found: dict[str, Variable] = {}
    for part in parts:
        for variable in part.facts.values():
            found.setdefault(variable.key, variable)
    return tuple(found.values())


def complete(parts: Sequence[Part], tables: Tables) -> Completed:
    """The answer of one rule, or the gravest of several judged over the same facts. Cached by shape and values."""
    variables = tuple(_relevant(variable, parts, tables) for variable in variables_of(parts))
    place = {variable.key: index for index, variable in enumerate(variables)}
    bindings = tuple(
        (part.rule.id, tuple((fact, place[variable.key]) for fact, variable in part.facts.items())) for part in parts
    )
    signature = (bindings, tuple((v.values, v.default, v.unseen) for v in variables))
    cache: dict[object, Completed] = tables.derived("completions", dict)
    found = cache.get(signature)
    if found is None:
        bound = [(part.rule, dict(facts)) for part, (_, facts) in zip(parts, bindings, strict=True)]
        found = cache[signature] = _complete(bound, variables, tables)
    return found


def _relevant(variable: Variable, parts: Sequence[Part], tables: Tables) -> Variable:
    """The variable without distinctions that none of the parts makes: fewer combinations, the same answers."""
    if variable.known:
        return variable
    parts = [part for part in parts if any(other.key == variable.key for other in part.facts.values())]
    if isinstance(variable.values[0], SlotState):
        needs = frozenset().union(*(_needs(part.rule, tables) for part in parts))
        return replace(variable, values=_states(variable.values, needs, tables))
    if isinstance(variable.values[0], tuple):
        points = {point for part in parts for point in _points(part.rule, tables)}
        kept = [value for place, value in enumerate(variable.values) if place == 0 or value in points]
        return replace(variable, values=tuple(kept))
    return variable


def _states(values: tuple[Value, ...], needs: frozenset[str], tables: Tables) -> tuple[Value, ...]:
    """States that differ in some need that a part has; remembered, because most unseen slots are alike."""
    known: dict[object, tuple[Value, ...]] = tables.derived("states", dict)
    key = needs if values is UNSEEN else (values, needs)
    if key not in known:
        states = {(s.now & needs, s.next & needs): s.label for s in values if isinstance(s, SlotState)}
        known[key] = tuple(SlotState(label, *met) for met, label in states.items())
    return known[key]


def _needs(rule: Rule, tables: Tables) -> frozenset[str]:
    def make() -> frozenset[str]:
        return frozenset({*rule.needs, IN_TIME, *(need for case in rule.cases for need in case.needs or ())})

    return tables.derived(f"needs of {rule.id}", make)


def _points(rule: Rule, tables: Tables) -> frozenset[Point]:
    """Every bound on a release that a rule, a verifier's row or an alias could compare with."""
    return tables.derived(f"points of {rule.id}", lambda: frozenset(_bounds(rule, tables)))


def _bounds(rule: Rule, tables: Tables) -> Iterator[Point]:
    whens = [rule.applies, *(case.when for case in rule.cases), *(alias.when for alias in tables.aliases)]
    if rule.asks_verifier:
        whens += [case.when for verifier in tables.verifiers for case in verifier.cases]
    for when in whens:
        for condition in when:
            yield from (point for point in (condition.low, condition.high) if point is not None)


def _complete(bound: list[tuple[Rule, dict[str, int]]], variables: Sequence[Variable], tables: Tables) -> Completed:
    total = 1
    for variable in variables:
        total *= len(variable.values)
    if total > LIMIT:
        return Completed("unknown", "unknown", (), (), (), 0, "L", ())
    answerers = [_answerer(rule, facts, tables) for rule, facts in bound]
    table = {
        assignment: [answered(assignment) for answered in answerers]
        for assignment in product(*(variable.values for variable in variables))
    }
    answers = {assignment: _gravest(answered) for assignment, answered in table.items()}
    answers, assumed = _assume_defaults(answers, variables)
    deciding = _deciding(answers, variables)
    unseen = any(variables[index].unseen for index in deciding)
    now, next_ = (_collapse((pair[tense] for pair in answers.values()), unseen) for tense in (0, 1))
    forks = (_split(answers, variables, index) for index in deciding if not variables[index].unseen)
    splits = tuple(fork for fork in forks if len({(branch.now, branch.next) for branch in fork.branches}) > 1)
    sample = max(answers, key=lambda a: (GRAVITY[answers[a][0]], GRAVITY[answers[a][1]]))
    blind = {index for index in deciding if variables[index].unseen}
    # Of parts that hang on a certificate nobody saw, that one is to be looked at: it is the weakest of what is known.
    of_interest = [i for i, (_, facts) in enumerate(bound) if blind & set(facts.values())] or range(len(bound))
    weakest = max(of_interest, key=lambda i: (GRAVITY[table[sample][i].now], GRAVITY[table[sample][i].next]))
    return Completed(
        now=now,
        next=next_,
        splits=splits,
        assumed=assumed,
        read=_read(table, answers, bound, variables),
        weakest=weakest,
        confidence=_confidence(table[sample][weakest], bound[weakest][0]),
        lacks=table[sample][weakest].lacks,
    )


def _answerer(rule: Rule, facts: dict[str, int], tables: Tables) -> Callable[[tuple[Value, ...]], Answered]:
    """A part's answer as a function of the whole assignment, computed once for each combination of its own facts."""
    places = tuple(facts.values())
    seen: dict[tuple[Value, ...], Answered] = {}

    def answered(assignment: tuple[Value, ...]) -> Answered:
        own = tuple([assignment[place] for place in places])
        found = seen.get(own)
        if found is None:
            found = seen[own] = answer(rule, dict(zip(facts, own, strict=True)), tables)
        return found

    return answered


def _gravest(answered: Iterable[Answered]) -> Pair:
    found = list(answered)
    if len(found) == 1:
        return found[0].now, found[0].next
    return (
        max((a.now for a in found), key=GRAVITY.__getitem__),
        max((a.next for a in found), key=GRAVITY.__getitem__),
    )


def _assume_defaults(
    answers: dict[tuple[Value, ...], Pair], variables: Sequence[Variable]
) -> tuple[dict[tuple[Value, ...], Pair], tuple[int, ...]]:
    """Take an undeclared setting's documented default where, all else equal, it never makes the answer better."""
    assumed: list[int] = []
    while True:
        open_ = [index for index in _deciding(answers, variables) if index not in assumed]
        # One assumption can make another one possible, so this goes on until none is left.
        found = next((index for index in open_ if _harmful(answers, index, variables[index].default)), None)
        if found is None:
            return answers, tuple(sorted(assumed))
        answers = {a: pair for a, pair in answers.items() if a[found] == variables[found].default}
        assumed.append(found)


def _harmful(answers: Mapping[tuple[Value, ...], Pair], index: int, default: str | None) -> bool:
    """Whether a variable has a default with which nothing is ever better than without."""
    return default is not None and all(_no_better(answers, assignment, index, default) for assignment in answers)


def _no_better(
    answers: Mapping[tuple[Value, ...], Pair], assignment: tuple[Value, ...], index: int, default: str
) -> bool:
    with_default = answers.get((*assignment[:index], default, *assignment[index + 1 :]))
    if with_default is None:
        return True
    return all(GRAVITY[with_default[tense]] >= GRAVITY[answers[assignment][tense]] for tense in (0, 1))


def _deciding(answers: Mapping[tuple[Value, ...], Pair], variables: Sequence[Variable]) -> tuple[int, ...]:
    """The variables of which a change of that one alone changes the answer somewhere."""
    found: list[int] = []
    if len(set(answers.values())) == 1:
        return ()
    for index, variable in enumerate(variables):
        if variable.known:
            continue
        groups: dict[tuple[Value, ...], Pair] = {}
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


def _split(answers: Mapping[tuple[Value, ...], Pair], variables: Sequence[Variable], index: int) -> Split:
    """The branches of a deciding variable; neighbouring releases that give the same are one branch."""
    branches: list[Branch] = []
    for value in dict.fromkeys(assignment[index] for assignment in answers):
        within = {assignment: pair for assignment, pair in answers.items() if assignment[index] == value}
        unseen = any(variables[other].unseen for other in _deciding(within, variables))
        now, next_ = (_collapse((pair[tense] for pair in within.values()), unseen) for tense in (0, 1))
        last = branches[-1] if branches else None
        if last is not None and isinstance(value, tuple) and (last.now, last.next) == (now, next_):
            branches[-1] = Branch((*last.values, value), now, next_)
        else:
            branches.append(Branch((value,), now, next_))
    return Split(index, tuple(branches))


def _read(
    table: Mapping[tuple[Value, ...], list[Answered]],
    answers: Mapping[tuple[Value, ...], Pair],
    bound: list[tuple[Rule, dict[str, int]]],
    variables: Sequence[Variable],
) -> tuple[int, ...]:
    """The variables that the answer stands on: those read by the matching cases of the completions that are left."""
    places: dict[int, None] = {}
    for assignment in answers:
        for answered, (_, facts) in zip(table[assignment], bound, strict=True):
            for fact in answered.read:
                if fact in facts:
                    places[facts[fact]] = None
        if len(places) == len(variables):
            break
    return tuple(sorted(places))


def _confidence(answered: Answered, rule: Rule) -> str:
    """The case's own word or the rule's, and no more than that of the verifier's case which decided."""
    own = answered.case.confidence if answered.case and answered.case.confidence else rule.confidence
    told = answered.verifier_case.confidence if answered.verifier_case is not None else None
    return max(own, told or own, key="HML".index)
