"""Rows checked against themselves: their examples hold, and their cases partition the facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from ekuscan.rules import releases
from ekuscan.rules.tables import Example, Rule, Tables, Verifier
from ekuscan.verdict.completion import Part, complete, variables_of
from ekuscan.verdict.enumeration import LIMIT
from ekuscan.verdict.evaluate import NoCaseError, answer, asks_the_box, facts_read, holds, spoken
from ekuscan.verdict.facts import (
    BROWSER_TRUST,
    CLIENT_AUTH,
    HAS_NAME,
    IN_TIME,
    SERVER_AUTH,
    UNCHANGED,
    SlotState,
    Value,
    Variable,
    cells,
)
from ekuscan.verdict.renewal import UNSEEN

_EKUS = {
    "both": frozenset({SERVER_AUTH, CLIENT_AUTH}),
    "server": frozenset({SERVER_AUTH}),
    "client": frozenset({CLIENT_AUTH}),
    "neither": frozenset[str](),
}
_TOO_MANY = f"its cases read facts with more than {LIMIT:,} combinations; write several rows with fewer facts each"


def check(tables: Tables) -> Iterator[str]:
    """One sentence for every example that does not hold and every row whose cases do not partition the facts."""
    for rule in tables.rules:
        yield from rule_faults(rule, tables)


def rule_faults(rule: Rule, tables: Tables) -> Iterator[str]:
    """One sentence for every id without an example, every example that does not hold, and every gap or overlap."""
    answered = {example.id for example in rule.examples}
    for id_ in (rule.id, *rule.also):
        if id_ not in answered and not any(id_ in (x.id for x in other.examples) for other in tables.rules):
            yield f"{rule.id}: {id_} has no example"
    for example in rule.examples:
        try:
            found = run(rule, example, tables)
        except NoCaseError as error:
            yield str(error)
            continue
        if found != example.expect:
            yield f"{rule.id}: example {example.id} ({spoken(example.given)}) expects {example.expect}, found {found}"
    yield from partition_faults(rule, tables)


def verifier_faults(verifier: Verifier, tables: Tables) -> Iterator[str]:
    """One sentence where not exactly one case of a verifier's row matches some combination of its facts."""
    facts = dict.fromkeys(condition.fact for case in verifier.cases for condition in case.when)
    for role in verifier.roles:
        bound: dict[str, tuple[Value, ...]] = {}
        for fact in facts:
            line = tuple(cell.low for cell in cells(tables, role)) if fact == "release" else ()
            bound[fact] = line or ((role,) if fact == "role" else tables.settings[fact].values)
        if prod(len(values) for values in bound.values()) > LIMIT:
            yield f"{verifier.id}: {_TOO_MANY}"
            return
        for values in product(*bound.values()):
            given = dict(zip(bound, values, strict=True))
            count = sum(holds(case.when, given) for case in verifier.cases)
            if count != 1:
                yield str(NoCaseError(verifier.id, count, given))
                break


def run(rule: Rule, example: Example, tables: Tables) -> str | Mapping[str, Mapping[str, str]]:
    """The answer of a rule to an example: a word, or the fork {fact: {value: answer}}."""
    part = Part(rule, _bind(rule, example.given, tables))
    completed = complete((part,), tables)
    if completed.now != "depends":
        return completed.now
    variables = variables_of((part,))
    return {
        variables[split.variable].key: {str(branch.values[0]): branch.now for branch in split.branches}
        for split in completed.splits
    }


def _bind(rule: Rule, given: Mapping[str, str], tables: Tables) -> dict[str, Variable]:
    presents = given.get("presents.role", rule.presents.roles[0] if rule.presents.roles[0] != "*" else "generic")
    verifies = given.get("verifies.role", rule.verifies if rule.verifies in tables.sip_slot else presents)
    bound = {name: Variable(name, (role,)) for name, role in _roles(presents, verifies)}
    state = _state(given)
    if rule.named_by:
        has = given.get("presents.names_peer", "yes") == "yes"
        bound[f"link.{rule.named_by}"] = Variable(f"link.{rule.named_by}", (HAS_NAME if has else "lacks",))
    for fact in facts_read(rule, verifies, presents, tables):
        if fact.startswith("slot:"):
            bound[fact] = Variable(fact, (state,))
        elif fact in ("presents.release", "verifies.release"):
            role = presents if fact.startswith("presents") else verifies
            bound[fact] = _release(fact, given.get(fact, given.get("pair.release")), role, tables)
        elif fact in given:
            bound[fact] = Variable(fact, (given[fact],))
        elif fact != "verifies.client_eku" or asks_the_box(verifies, tables):
            bound[fact] = Variable(fact, _domain(fact, tables))
    return bound


def _roles(presents: str, verifies: str) -> tuple[tuple[str, str], ...]:
    return ("presents.role", presents), ("verifies.role", verifies)


def _state(given: Mapping[str, str]) -> SlotState:
    ekus = _EKUS[given.get("presents.eku", "both")]
    trust = frozenset({BROWSER_TRUST}) if given.get("presents.browser_trust", "yes") == "yes" else frozenset[str]()
    same = frozenset({UNCHANGED}) if given.get("presents.unchanged", "yes") == "yes" else frozenset[str]()
    met = ekus | trust | same | {IN_TIME}
    return SlotState(given.get("presents.eku", "both"), met, met)


def _release(fact: str, text: str | None, role: str, tables: Tables) -> Variable:
    line = cells(tables, role)
    if text is not None:
        release = releases.parse(role, text)
        line = tuple(cell for cell in line if release.overlaps(cell.low, cell.high))
    return Variable(fact, tuple(cell.low for cell in line))


def _domain(fact: str, tables: Tables) -> tuple[Value, ...]:
    name = fact.partition(".")[2]
    return ("yes", "no") if name in ("same_release", "ca_listed", "ca_trusted") else tables.settings[name].values


def partition_faults(rule: Rule, tables: Tables) -> Iterator[str]:
    """Combinations of facts for which not exactly one case of the rule and of the verifier's row matches."""
    everyone = tuple(tables.sip_slot)
    presenting = everyone if "*" in rule.presents.roles else rule.presents.roles
    verifying = (rule.verifies,) if rule.verifies in tables.sip_slot else everyone
    for presents, verifies in product(presenting, verifying):
        given = {"presents.role": presents, "verifies.role": verifies}
        bound = {**_bind(rule, given, tables)}
        bound |= {fact: Variable(fact, UNSEEN[:1]) for fact in bound if fact.startswith("slot:")}
        if prod(len(variable.values) for variable in bound.values()) > LIMIT:
            yield f"{rule.id}: {_TOO_MANY}"
            return
        for values in product(*(variable.values for variable in bound.values())):
            try:
                answer(rule, dict(zip(bound, values, strict=True)), tables)
            except NoCaseError as error:
                yield str(error)
                break
