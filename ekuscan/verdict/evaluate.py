"""One rule, all its facts given: the answer now and after renewal. No unknowns here; see `completion` for those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.rules.tables import Case, Condition, Rule, SlotAlias, Tables, VerifierCase
from ekuscan.verdict.facts import HAS_NAME, IN_TIME, NAMES_PEER, SlotState, Value, matches

# From harmless to grave. A composite's answer is its gravest part's; a default may only make an answer graver.
GRAVITY: dict[Answer, int] = {"not-applicable": 0, "ok": 1, "at-risk": 2, "depends": 3, "unknown": 4, "breaks": 5}

PAIR_RELEASE = "pair.release"
_BOTH_RELEASES = ("presents.release", "verifies.release")
_TIMELESS_CHECKS = frozenset({"upload", "pair"})


class NoCaseError(ValueError):
    """No case of a row, or several, match: the row's cases do not partition the facts."""

    def __init__(self, row: str, count: int, facts: Mapping[str, Value]) -> None:
        super().__init__(f"{row}: {count} cases match {spoken(facts)}; exactly one has to")


def spoken(facts: Mapping[str, Value]) -> str:
    """Facts as a sentence has them; a release stands for the stretch that begins with it, slots are left out."""
    told = (
        f"{fact} {'from ' + '.'.join(map(str, value)) if isinstance(value, tuple) and value else value or 'the first'}"
        for fact, value in facts.items()
        if not isinstance(value, SlotState)
    )
    return ", ".join(told) or "every fact"


@record
class Answered:
    """An answer and the facts that the matching cases read on the way to it.

    ``verifier_case`` is the one that decided what a missing need gives.
    """

    now: Answer
    next: Answer
    read: tuple[str, ...]
    case: Case | None
    lacks: tuple[str, ...] = ()
    verifier_case: VerifierCase | None = None


def facts_read(rule: Rule, verifies_role: str, presents_role: str, tables: Tables) -> tuple[str, ...]:
    """Every fact that some case of a rule may read between two roles, slots as "slot:NAME"."""
    known: dict[tuple[str, str, str], tuple[str, ...]] = tables.derived("facts read", dict)
    key = (rule.id, verifies_role, presents_role)
    if key not in known:
        known[key] = _facts_read(rule, verifies_role, presents_role, tables)
    return known[key]


def _facts_read(rule: Rule, verifies_role: str, presents_role: str, tables: Tables) -> tuple[str, ...]:
    facts: list[str] = [condition.fact for condition in rule.applies]
    for case in rule.cases:
        facts += [condition.fact for condition in case.when]
    if rule.asks_verifier:
        verifier = tables.verifier(verifies_role)
        facts.append("verifies.client_eku")
        if verifier is not None:
            facts += [f"verifies.{c.fact}" for case in verifier.cases for c in case.when]
    if rule.presents.slot:
        facts += _slot_facts(rule, presents_role, tables)
    return tuple(dict.fromkeys(_apart(facts)))


def _apart(facts: Iterable[str]) -> Iterator[str]:
    """The lower release of a pair is no fact of its own: it follows from the releases of the two boxes."""
    for fact in facts:
        if fact == PAIR_RELEASE:
            yield from _BOTH_RELEASES
        else:
            yield fact


def slot_name(rule: Rule, role: str, tables: Tables) -> str:
    """The product's own name for the slot that a rule judges."""
    if rule.presents.slot != "sip":
        return rule.presents.slot
    shown = tables.sip_slot.get(role, "certificate")
    return tables.sip_client_slot.get(role, shown) if rule.presents.as_ == "client" else shown


def aliases(tables: Tables, role: str, slot: str) -> tuple[SlotAlias, ...]:
    """The rows under which a slot of a role is one with another slot."""
    known: dict[tuple[str, str], tuple[SlotAlias, ...]] = tables.derived("aliases", dict)
    if (role, slot) not in known:
        known[role, slot] = tuple(alias for alias in tables.aliases if role in alias.roles and alias.slot == slot)
    return known[role, slot]


def _slot_facts(rule: Rule, role: str, tables: Tables) -> list[str]:
    slot = slot_name(rule, role, tables)
    facts = [f"slot:{slot}"]
    if rule.presents.as_ == "candidate":
        return facts
    for alias in aliases(tables, role, slot):
        facts.append(f"slot:{alias.same_as}")
        facts += [f"presents.{condition.fact}" for condition in alias.when]
    return facts


def holds(conditions: Iterable[Condition], facts: Mapping[str, Value], prefix: str = "") -> bool:
    """Whether every condition holds; a fact that is not there does not hold."""
    for condition in conditions:
        value = facts.get(prefix + condition.fact)
        if value is None or not matches(condition, value):
            return False
    return True


def answer(rule: Rule, facts: Mapping[str, Value], tables: Tables) -> Answered:
    """The answer of a rule where every fact of `facts_read` has a value. Raises `NoCaseError`."""
    if all(fact in facts for fact in _BOTH_RELEASES):
        lower = min(facts[fact] for fact in _BOTH_RELEASES)  # type: ignore[type-var]
        facts = {PAIR_RELEASE: lower, **facts}
    answered = _answer(rule, facts, tables)
    return replace(answered, read=tuple(_apart(answered.read))) if PAIR_RELEASE in answered.read else answered


def _answer(rule: Rule, facts: Mapping[str, Value], tables: Tables) -> Answered:
    read = [condition.fact for condition in rule.applies]
    if not holds(rule.applies, facts):
        return Answered("not-applicable", "not-applicable", tuple(read), None)
    case = _the_case(rule.id, rule.cases, facts)
    read += [condition.fact for condition in case.when]
    if case.answer is not None:
        return Answered(case.answer, case.answer, tuple(read), case)
    if case.unverified:
        return Answered("ok", "ok", tuple(read), case)
    state, slot_read = _slot_state(rule, facts, tables)
    lacking, verifier_read, verifier_case = _lacking(case, facts, tables)
    needs = set(case.needs if case.needs is not None else rule.needs)
    timed = rule.check not in _TIMELESS_CHECKS
    name_read = [f"link.{rule.named_by}"] if rule.named_by else []
    # A renewal keeps the names.
    named = {NAMES_PEER} if any(facts.get(fact) == HAS_NAME for fact in name_read) else set()
    now = _judge(needs, state.now | named, lacking, timed)
    next_ = _judge(needs, state.next | named, lacking, timed)
    missing = sorted((needs | ({IN_TIME} if timed else set())) - ((state.now & state.next) | named))
    decided = verifier_case if needs & set(missing) else None
    return Answered(now, next_, (*read, *slot_read, *verifier_read, *name_read), case, tuple(missing), decided)


def _judge(needs: set[str], met: frozenset[str], lacking: Answer, timed: bool) -> Answer:
    if timed and IN_TIME not in met:
        return "breaks"
    return "ok" if needs <= met else lacking


def _the_case(row: str, cases: Iterable[Case], facts: Mapping[str, Value]) -> Case:
    found = [case for case in cases if holds(case.when, facts)]
    if len(found) != 1:
        raise NoCaseError(row, len(found), facts)
    return found[0]


def _slot_state(rule: Rule, facts: Mapping[str, Value], tables: Tables) -> tuple[SlotState, list[str]]:
    role = str(facts["presents.role"])
    slot = slot_name(rule, role, tables)
    read: list[str] = []
    if rule.presents.as_ != "candidate":
        for alias in aliases(tables, role, slot):
            if holds(alias.when, facts, "presents."):
                slot = alias.same_as
                read = [f"presents.{condition.fact}" for condition in alias.when]
                break
    state = facts[f"slot:{slot}"]
    assert isinstance(state, SlotState)
    return state, [*read, f"slot:{slot}"]


def _lacking(case: Case, facts: Mapping[str, Value], tables: Tables) -> tuple[Answer, list[str], VerifierCase | None]:
    """What a missing need gives: the verifier's row first, the case's own word where that row is silent."""
    fallback: Answer = case.lacking or "at-risk"
    if not case.ask_verifier:
        return fallback, [], None
    role = str(facts["verifies.role"])
    told = None if asks_the_box(role, tables) else facts.get("verifies.client_eku")
    read, found = ["verifies.client_eku"], None
    if told is None:
        found = _verifier_case(role, facts, tables)
        if found is None:
            return fallback, [], None
        told, read = found.client_eku, [f"verifies.{condition.fact}" for condition in found.when]
    if told == "checked":
        return "breaks", read, found
    return ("ok", read, found) if told == "ignored" else (fallback, read, None)


def asks_the_box(role: str, tables: Tables) -> bool:
    """Whether the row of a role knows nothing of its product, and asks what this very box does."""
    known: dict[str, bool] = tables.derived("boxes asked", dict)
    if role not in known:
        verifier = tables.verifier(role)
        cases = verifier.cases if verifier is not None else ()
        known[role] = any(condition.fact == "client_eku" for case in cases for condition in case.when)
    return known[role]


def _verifier_case(role: str, facts: Mapping[str, Value], tables: Tables) -> VerifierCase | None:
    verifier = tables.verifier(role)
    if verifier is None:
        return None
    found = [case for case in verifier.cases if holds(case.when, facts, "verifies.")]
    if len(found) != 1:
        raise NoCaseError(verifier.id, len(found), facts)
    return found[0]
