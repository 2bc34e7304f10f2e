"""Answers where facts are missing: every value that they could have is tried, and what splits the answers is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.rules.tables import Rule, Tables
from ekuscan.verdict.distinctions import told_apart
from ekuscan.verdict.enumeration import Bound, Enumerated, Open, Split, enumerated
from ekuscan.verdict.facts import Value, Variable
from ekuscan.verdict.renewal import UNSEEN


@record
class Part:
    """A rule with its facts bound to variables."""

    rule: Rule
    facts: Mapping[str, Variable]


@record
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
    rules: dict[str, dict[str, Rule]] = {}
    for part in parts:
        for variable in part.facts.values():
            rules.setdefault(variable.key, {})[part.rule.id] = part.rule
    reduced = {one.key: _relevant(one, tuple(rules[one.key].values()), tables) for one in variables}
    open_ = [variable for variable in variables if len(reduced[variable.key]) > 1]
    numbers = {variable.key: number for number, variable in enumerate(open_)}
    groups: dict[object, tuple[Bound, list[Part]]] = {}
    for part in parts:
        bound = _bound(part, reduced, numbers, tables)
        groups.setdefault((part.rule.id, bound.known, bound.open), (bound, []))[1].append(part)
    facts = [Open(reduced[one.key], _default(one, reduced[one.key]), one.unseen) for one in open_]
    found = _enumerated([bound for bound, _ in groups.values()], facts, tables)
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


def _bound(part: Part, reduced: Mapping[str, tuple[Value, ...]], numbers: Mapping[str, int], tables: Tables) -> Bound:
    known, open_ = [], []
    for fact, variable in part.facts.items():
        number = numbers.get(variable.key)
        if number is None:
            value = reduced[variable.key][0]
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


def _enumerated(bound: Sequence[Bound], facts: Sequence[Open], tables: Tables) -> Enumerated:
    signature = (tuple((one.rule.id, one.known, one.open) for one in bound), tuple(facts))
    cache: dict[object, Enumerated] = tables.derived("enumerations", dict)
    if signature not in cache:
        cache[signature] = enumerated(bound, facts, tables)
    return cache[signature]


def _default(variable: Variable, values: tuple[Value, ...]) -> int | None:
    return values.index(variable.default) if variable.default in values else None


def _relevant(variable: Variable, rules: tuple[Rule, ...], tables: Tables) -> tuple[Value, ...]:
    """A variable's values without distinctions that none of the rules makes: fewer combinations, the same answers."""
    if isinstance(variable.values[0], str):
        return variable.values
    known: dict[object, tuple[Value, ...]] = tables.derived("relevant values", dict)
    # All unseen slots have the same values, which are many.
    key = (None if variable.values is UNSEEN else variable.values, *{rule.id: None for rule in rules})
    if key not in known:
        known[key] = told_apart(variable.values, rules, tables)
    return known[key]
