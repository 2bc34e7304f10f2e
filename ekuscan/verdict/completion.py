"""Answers where facts are missing: every value that they could have is tried, and what splits the answers is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ekuscan.model import Answer
from ekuscan.rules.releases import Point
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.enumeration import Bound, Enumerated, Open, Split, enumerated
from ekuscan.verdict.facts import IN_TIME, SlotState, Value, Variable
from ekuscan.verdict.renewal import UNSEEN


@dataclass(frozen=True, slots=True)
class Part:
    """A rule with its facts bound to variables."""

    rule: Rule
    facts: Mapping[str, Variable]


@dataclass(frozen=True, slots=True)
class Completed:
    """What all completions together say. Numbers are places of variables in the parts' order of first use.

    ``weakest`` is the part that decides.
    """

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
    variables: list[Variable] = []
    place: dict[str, int] = {}
    bindings: list[object] = []
    for part in parts:
        for fact, variable in part.facts.items():
            index = place.get(variable.key)
            if index is None:
                index = place[variable.key] = len(variables)
                variables.append(variable)
            bindings.append((fact, index))
        bindings.append(part.rule.id)
    # All unseen slots have the same values, which are many.
    signature = (*bindings, *[None if v.unseen else (v.values, v.default) for v in variables])
    cache: dict[object, Completed] = tables.derived("completions", dict)
    found = cache.get(signature)
    if found is None:
        found = cache[signature] = _complete(parts, variables, place, tables)
    return found


def _complete(
    parts: Sequence[Part], variables: Sequence[Variable], place: Mapping[str, int], tables: Tables
) -> Completed:
    """Parts that read the same count once, and what no rule looks at not at all; the answer is for all of them."""
    reduced = {variable.key: _relevant(variable, parts, tables) for variable in variables}
    open_ = [variable for variable in reduced.values() if not variable.known]
    numbers = {variable.key: number for number, variable in enumerate(open_)}
    groups: dict[object, tuple[Bound, list[Part]]] = {}
    for part in parts:
        bound = _bound(part, reduced, numbers, tables)
        groups.setdefault((part.rule.id, bound.known, bound.open), (bound, []))[1].append(part)
    found = _enumerated([bound for bound, _ in groups.values()], open_, tables)
    alike = [parts for _, parts in groups.values()]
    read = {place[part.facts[fact].key] for group, fact in found.read for part in alike[group]}
    at = [place[variable.key] for variable in open_]
    return Completed(
        now=found.now,
        next=found.next,
        splits=tuple(Split(at[split.variable], split.branches) for split in found.splits),
        assumed=tuple(at[number] for number in found.assumed),
        read=tuple(sorted(read)),
        weakest=next(index for index, part in enumerate(parts) if part is alike[found.weakest][0]),
        confidence=found.confidence,
        lacks=found.lacks,
    )


def _bound(part: Part, reduced: Mapping[str, Variable], numbers: Mapping[str, int], tables: Tables) -> Bound:
    known, open_ = [], []
    for fact, variable in part.facts.items():
        number = numbers.get(variable.key)
        if number is None:
            value = reduced[variable.key].values[0]
            known.append((fact, _role_that_counts(part.rule, value, tables) if fact == "verifies.role" else value))
        else:
            open_.append((fact, number))
    return Bound(part.rule, tuple(known), tuple(open_))


def _role_that_counts(rule: Rule, role: Value, tables: Tables) -> Value:
    """Of verifying roles that make no difference to a rule the first one stands for all: they share their answers."""
    known: dict[object, Value] = tables.derived("roles that count", dict)
    if (rule.id, role) not in known:
        known[rule.id, role] = _first_alike(rule, role, tables)
    return known[rule.id, role]


def _first_alike(rule: Rule, role: Value, tables: Tables) -> Value:
    if any(
        condition.fact == "verifies.role"
        for when in (rule.applies, *(c.when for c in rule.cases))
        for condition in when
    ):
        return role
    if not rule.asks_verifier:
        return ""
    own = tables.verifier(str(role))
    rows = ((other, row) for row in tables.verifiers for other in row.roles)
    return next((other for other, row in rows if own is not None and row.cases == own.cases), role)


def _enumerated(bound: Sequence[Bound], variables: Sequence[Variable], tables: Tables) -> Enumerated:
    facts = [Open(v.values, _default(v), v.unseen) for v in variables]
    signature = (tuple((one.rule.id, one.known, one.open) for one in bound), tuple(facts))
    cache: dict[object, Enumerated] = tables.derived("enumerations", dict)
    if signature not in cache:
        cache[signature] = enumerated(bound, facts, tables)
    return cache[signature]


def _default(variable: Variable) -> int | None:
    return variable.values.index(variable.default) if variable.default in variable.values else None


def _relevant(variable: Variable, parts: Sequence[Part], tables: Tables) -> Variable:
    """The variable without distinctions that none of the parts makes: fewer combinations, the same answers."""
    first = variable.values[0]
    if isinstance(first, str):
        return variable
    rules = [part.rule for part in parts if any(other.key == variable.key for other in part.facts.values())]
    if isinstance(first, SlotState):
        needs = frozenset().union(*[_needs(rule, tables) for rule in rules])
        return replace(variable, values=_states(variable.values, needs, tables))
    points = frozenset().union(*[_points(rule, tables) for rule in rules])
    if variable.known:
        return replace(variable, values=(max((point for point in points if point <= first), default=()),))
    kept = [value for place, value in enumerate(variable.values) if place == 0 or value in points]
    return replace(variable, values=tuple(kept))


def _states(values: tuple[Value, ...], needs: frozenset[str], tables: Tables) -> tuple[Value, ...]:
    """States that differ in some need that a part has; remembered, because most unseen slots are alike."""
    known: dict[object, tuple[Value, ...]] = tables.derived("states", dict)
    key = needs if values is UNSEEN else (values, needs)
    if key not in known:
        states = {(s.now & needs, s.next & needs): s.label for s in values if isinstance(s, SlotState)}
        # What tells the states of a slot apart is of no use where there is one.
        known[key] = tuple(SlotState(label if len(values) > 1 else "", *met) for met, label in states.items())
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
