"""Rule tables with one fault each: an answer flipped, a release bound moved, a setting inverted, a need exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from ekuscan.rules.releases import Point
from ekuscan.rules.tables import Case, Condition, Rule, SlotAlias, SlotChange, Tables, Verifier, VerifierCase

# For every release at which something changes: the last one before it, and the first one after it.
NEIGHBOURS: dict[Point, tuple[Point, Point]] = {
    (14, 0, 2): ((14, 0, 1), (14, 0, 3)),
    (14, 0, 8): ((14, 0, 7), (14, 0, 9)),
    (15, 0, 5): ((15, 0, 4), (15, 0, 6)),
    (15, 4): ((15, 3, 2), (15, 4, 1)),
    (15, 5): ((15, 4), (15, 5, 1)),
    (26, 1, 1): ((17, 18, 2), (26, 1, 2)),
}
# Another slot of the same product, for every slot that a rule names.
_OTHER_SLOT = {
    "server": "client",
    "client": "server",
    "tomcat": "CallManager",
    "CallManager": "tomcat",
    "TVS": "tomcat",
    "ipsec": "tomcat",
    "CAPF": "TVS",
    "cup": "cup-xmpp",
    "cup-xmpp": "cup-xmpp-s2s",
    "cup-xmpp-s2s": "cup",
    "callbridge": "webbridge",
    "webbridge": "callbridge",
    "webbridge-c2w": "webbridge",
    "recorder": "callbridge",
    "database-client": "database-server",
    "database-server": "database-client",
    "webadmin": "callbridge",
    "tomcat-client": "tomcat",
    "CallManager-client": "tomcat-client",
    "TVS-client": "TVS",
    "cup-client": "cup-xmpp-s2s-client",
    "cup-xmpp-s2s-client": "cup-client",
    "trustpoint": "client-trustpoint",
    "client-trustpoint": "trustpoint",
}
_EXCHANGED = {"serverAuth": "clientAuth", "clientAuth": "serverAuth"}

Row = Rule | Verifier | SlotAlias | SlotChange
R = TypeVar("R", Rule, Verifier, SlotAlias, SlotChange)
Conditions = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """Tables with a fault in ``row``; ``what`` says which."""

    row: str
    what: str
    tables: Tables

    def __str__(self) -> str:
        return f"{self.row}: {self.what}"


def mutants(tables: Tables) -> Iterator[Mutant]:
    """Every mutant of the rules, the verifiers, the slots and the settings' defaults."""
    for index, rule in enumerate(tables.rules):
        for what, changed in _rule_faults(rule, tables):
            yield Mutant(rule.id, what, replace(tables, rules=_with(tables.rules, index, changed)))
    for index, verifier in enumerate(tables.verifiers):
        for what, row in _verifier_faults(verifier, tables):
            yield Mutant(verifier.id, what, replace(tables, verifiers=_with(tables.verifiers, index, row)))
    for index, alias in enumerate(tables.aliases):
        for what, one in _condition_faults(alias, tables, lambda row, change: replace(row, when=change(row.when))):
            yield Mutant(alias.id, what, replace(tables, aliases=_with(tables.aliases, index, one)))
    for index, slot_change in enumerate(tables.changes):
        for what, other in _change_faults(slot_change, tables):
            yield Mutant(slot_change.id, what, replace(tables, changes=_with(tables.changes, index, other)))
    yield from _default_faults(tables)
    yield from _stack_faults(tables)


def _with(rows: tuple[R, ...], index: int, row: R) -> tuple[R, ...]:
    return rows[:index] + (row,) + rows[index + 1 :]  # noqa: RUF005  (mypy loses the type of an unpacked tuple)


# --- rules --------------------------------------------------------------------------------------------------------


def _rule_faults(rule: Rule, tables: Tables) -> Iterator[tuple[str, Rule]]:
    for index, case in enumerate(rule.cases):
        for what, changed in _case_faults(case):
            yield f"case {index + 1} {what}", replace(rule, cases=_with_case(rule.cases, index, changed))
    for needs in _other_needs(rule.needs):
        yield f"needs {', '.join(needs) or 'nothing'}", replace(rule, needs=needs)
    yield from _condition_faults(rule, tables, _in_rule)
    yield from _presented_faults(rule)
    if not rule.far_end:
        yield "far ends too", replace(rule, far_end=True)


def _in_rule(rule: Rule, change: Callable[[Conditions], Conditions]) -> Rule:
    cases = tuple(replace(case, when=change(case.when)) for case in rule.cases)
    return replace(rule, cases=cases, applies=change(rule.applies))


def _with_case(cases: tuple[Case, ...], index: int, case: Case) -> tuple[Case, ...]:
    return (*cases[:index], case, *cases[index + 1 :])


def _case_faults(case: Case) -> Iterator[tuple[str, Case]]:
    for answer in ("breaks", "ok", "at-risk"):
        if case.lacking is not None and answer != case.lacking:
            yield f"lacking {answer}", replace(case, lacking=answer)
        if case.answer is not None and answer != case.answer:
            yield f"answer {answer}", replace(case, answer=answer)
    if case.unverified:
        yield "verified", replace(case, unverified=False, lacking="breaks")
    if case.ask_verifier:
        yield "without the verifier", replace(case, ask_verifier=False)
    if case.needs is not None:
        for other in _other_needs(case.needs):
            yield f"needs {', '.join(other) or 'nothing'}", replace(case, needs=other)


def _other_needs(needs: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for index, need in enumerate(needs):
        yield needs[:index] + needs[index + 1 :]
        exchanged = _EXCHANGED.get(need)
        if exchanged is not None and exchanged not in needs:
            yield (*needs[:index], exchanged, *needs[index + 1 :])


def _presented_faults(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The other slot, and the other end of the handshake; of an answer that needs no certificate neither counts."""
    if not rule.needs or rule.check == "upload":
        return
    if rule.presents.slot in _OTHER_SLOT:
        presents = replace(rule.presents, slot=_OTHER_SLOT[rule.presents.slot])
        yield f"shows {presents.slot}", replace(rule, presents=presents)


# --- conditions ---------------------------------------------------------------------------------------------------

Faults = Iterator[tuple[str, R]]


def _condition_faults(row: R, tables: Tables, apply: Callable[[R, Callable[[Conditions], Conditions]], R]) -> Faults[R]:
    """Every release bound of a row moved down and up, and every two values of a fact exchanged."""
    found = list(_conditions(row))
    for point in sorted({point for one in found for point in (one.low, one.high) if point is not None}):
        for moved in NEIGHBOURS[point]:
            yield f"{_spoken(point)} moved to {_spoken(moved)}", apply(row, _mover(point, moved))
    for fact in dict.fromkeys(one.fact for one in found if one.values):
        for first, second in combinations(_domain(fact, found, tables), 2):
            changed = apply(row, _exchanger(fact, first, second))
            if changed != row:
                yield f"{fact}: {first} for {second}", changed


def _conditions(row: Row) -> Iterable[Condition]:
    if isinstance(row, Rule):
        yield from row.applies
    if isinstance(row, Rule | Verifier):
        for case in row.cases:
            yield from case.when
    else:
        yield from row.when


def _domain(fact: str, conditions: Sequence[Condition], tables: Tables) -> tuple[str, ...]:
    """The values of a setting; of another fact those that the row names."""
    setting = tables.settings.get(fact.rpartition(".")[2])
    if setting is not None:
        return setting.values
    return tuple(dict.fromkeys(value for one in conditions if one.fact == fact for value in one.values))


def _mover(point: Point, moved: Point) -> Callable[[Conditions], Conditions]:
    def move(conditions: Conditions) -> Conditions:
        return tuple(
            replace(one, low=moved if one.low == point else one.low, high=moved if one.high == point else one.high)
            for one in conditions
        )

    return move


def _exchanger(fact: str, first: str, second: str) -> Callable[[Conditions], Conditions]:
    other = {first: second, second: first}

    def exchange(conditions: Conditions) -> Conditions:
        return tuple(
            replace(one, values=tuple(sorted(other.get(value, value) for value in one.values)))
            if one.fact == fact and set(one.values) & other.keys() not in (set(), other.keys())
            else one
            for one in conditions
        )

    return exchange


def _spoken(point: Point) -> str:
    return ".".join(map(str, point))


# --- verifiers, slots, defaults -----------------------------------------------------------------------------------


def _verifier_faults(verifier: Verifier, tables: Tables) -> Faults[Verifier]:
    for index, case in enumerate(verifier.cases):
        for word in ("checked", "ignored", "undocumented"):
            if word != case.client_eku:
                changed = replace(case, client_eku=word)
                cases: tuple[VerifierCase, ...] = (*verifier.cases[:index], changed, *verifier.cases[index + 1 :])
                yield f"case {index + 1} {word}", replace(verifier, cases=cases)
    yield from _condition_faults(verifier, tables, _in_verifier)


def _in_verifier(verifier: Verifier, change: Callable[[Conditions], Conditions]) -> Verifier:
    return replace(verifier, cases=tuple(replace(case, when=change(case.when)) for case in verifier.cases))


def _change_faults(change: SlotChange, tables: Tables) -> Faults[SlotChange]:
    yield "other effect", replace(change, effect="keep" if change.effect == "policy" else "policy")
    settings = [one for one in change.when if one.fact in tables.settings]
    for one in settings:
        for value in tables.settings[one.fact].values:
            if (value,) != one.values:
                when = tuple(replace(each, values=(value,)) if each is one else each for each in change.when)
                yield f"{one.fact} {value}", replace(change, when=when)


def _stack_faults(tables: Tables) -> Iterator[Mutant]:
    for name, habit in tables.stacks.items():
        other = replace(habit, client_eku="ignored" if habit.client_eku == "checked" else "checked")
        yield Mutant(f"stack {name}", other.client_eku, replace(tables, stacks={**tables.stacks, name: other}))


def _default_faults(tables: Tables) -> Iterator[Mutant]:
    for name, setting in tables.settings.items():
        for value in setting.values:
            if setting.default is not None and value != setting.default:
                settings = {**tables.settings, name: replace(setting, default=value)}
                yield Mutant(f"setting {name}", f"default {value}", replace(tables, settings=settings))
