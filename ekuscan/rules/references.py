"""What a row names has to exist: roles, slots, facts and their values, needs, remedies, sources, blanks in texts.

Every function yields the faults of one row, each with the row's own key under which it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import get_args

from ekuscan.model import Answer
from ekuscan.profiles.load import ROLES, slot_names, slots_of_all_roles
from ekuscan.rules import releases
from ekuscan.rules.reading import RowFault, shown
from ekuscan.rules.tables import Condition, Example, RemedyRow, Rule, Setting, Tables, UseCase, Verifier
from ekuscan.targets.errors import not_one_of

# Ends that are no role: either Expressway, whoever is there, the other members of a cluster, no box of an inventory.
NO_BOXES = ("browser", "product", "cisco", "anyone")
ENDS = ("expressway", "peer", "each-peer", *NO_BOXES)
# Of a setting that is wrong in itself, so that nothing is said of those who ask for it.
ANY_VALUE = ("*",)
EKUS = ("both", "server", "client", "neither")
_YES_NO = ("yes", "no")
_WRITTEN_ANSWERS = ("ok", "breaks", "at-risk", "not-applicable")
_BOX_FACTS: Mapping[str, tuple[str, ...]] = {"role": ROLES, "release": ()}
_PAIR_FACTS: Mapping[str, tuple[str, ...]] = {
    "pair.release": (),
    "pair.same_release": _YES_NO,
    "pair.ca_listed": _YES_NO,
    "pair.ca_trusted": _YES_NO,
}
_ONLY_GIVEN: Mapping[str, tuple[str, ...]] = {
    "presents.eku": EKUS,
    "presents.browser_trust": _YES_NO,
    "presents.names_peer": _YES_NO,
    "presents.unchanged": _YES_NO,
}
_EFFECTS: Mapping[str, tuple[str, ...]] = {
    "presents.eku": EKUS,
    "presents.client_slot_eku": EKUS,
    "presents.in_time": _YES_NO,
    "presents.browser_trust": _YES_NO,
    "presents.unchanged": _YES_NO,
    "presents.names_peer": _YES_NO,
}
_PRECONDITIONS: Mapping[str, tuple[str, ...]] = {"presents.as": ("client", "server"), "presents.on_request": _YES_NO}
_RULE_BLANKS = ("presents", "verifies", "name")
_REMEDY_BLANKS = ("presents", "verifies", "ca", "by", "lasts")

Facts = Mapping[str, tuple[str, ...]]


def rule_faults(rule: Rule, tables: Tables) -> Iterator[RowFault]:
    yield from _named("use_case", (rule.use_case,), tables.use_cases)
    yield from _named("needs", rule.needs, tables.needs)
    yield from _named("remedies", rule.remedies, tables.remedies)
    yield from _cited(rule.source, tables)
    yield from _named("presents", rule.presents.roles, (*ROLES, "*"))
    yield from _slot(rule)
    yield from _named("verifies", (rule.verifies,), (*ROLES, *ENDS))
    zones = [row.name for row in tables.settings.values() if row.of == "connection"]
    yield from _named("named_by", [rule.named_by] if rule.named_by else (), zones)
    yield from _shape(rule)
    facts = _facts_between(tables)
    if rule.verifies in NO_BOXES:
        facts = {fact: values for fact, values in facts.items() if fact.startswith("presents.")}
    elif rule.verifies == "each-peer":
        facts = {fact: values for fact, values in facts.items() if not fact.startswith("link.")}
    yield from _conditions("applies", rule.applies, facts)
    for case in rule.cases:
        yield from _conditions("case", case.when, facts)
        yield from _named("case", case.needs or (), tables.needs)
        yield from _named("case", [word for word in (case.lacking, case.answer) if word], _WRITTEN_ANSWERS)
    for example in rule.examples:
        yield from _example(rule, example, {"verifies.role": ROLES, **facts, **_ONLY_GIVEN})
    for answer, text in rule.says.items():
        yield from _blanks("says", f"says.{answer}", text, _RULE_BLANKS)


def verifier_faults(verifier: Verifier, tables: Tables) -> Iterator[RowFault]:
    yield from _named("role", verifier.roles, ROLES)
    yield from _cited(verifier.source, tables)
    facts = {**_BOX_FACTS, **_settings(tables, "target")}
    for case in verifier.cases:
        yield from _conditions("case", case.when, facts)


def setting_faults(setting: Setting, tables: Tables) -> Iterator[RowFault]:
    yield from _named("roles", setting.roles, (*ROLES, "*"))
    yield from _cited(setting.source, tables)
    yield from _named("observed_as", [setting.observed_as] if setting.observed_as else (), ("CertificateRequest",))


def use_case_faults(row: UseCase, tables: Tables) -> Iterator[RowFault]:
    yield from _named("from", row.from_, (*ROLES, "*"))
    yield from _named("to", row.to, (*ROLES, "*"))
    told = {*row.from_, *row.to}
    yield from _named("assume", (role for pair in row.assume for role in pair if role not in told), ROLES)
    yield from _named("parts", row.parts, tables.use_cases)
    yield from _named("parts_if_used", row.parts_if_used, tables.use_cases)
    yield from _named("same_as", [row.same_as] if row.same_as else (), tables.use_cases)
    yield from _named("rides_on", [row.rides_on] if row.rides_on else (), tables.use_cases)
    yield from _cited(row.source, tables, needed=False)
    yield from _named("far_end_unless", row.far_end_unless, tables.use_cases)
    zones = [setting.name for setting in tables.settings.values() if setting.of == "connection"]
    yield from _named("both_have", row.both_have, zones)
    if row.far_end.keys() - {"peers"} and not (row.from_ and row.to):
        yield RowFault("far_end", "far_end: write from and to as well")


def remedy_faults(remedy: RemedyRow, tables: Tables) -> Iterator[RowFault]:
    facts = _facts_between(tables)
    yield from _cited(remedy.source, tables)
    yield from _conditions("when", remedy.when, {**facts, **_PRECONDITIONS})
    for fact, value in remedy.effect.items():
        yield from _fact("effect", fact, (value,), {**facts, **_EFFECTS})
    yield from _named("until", [remedy.until] if remedy.until else (), ("on-request",))
    yield from _blanks("text", "text", remedy.text, _REMEDY_BLANKS)


def _named(key: str, found: Iterable[str], known: Iterable[str]) -> Iterator[RowFault]:
    words = list(known)
    for word in found:
        if word not in words:
            yield RowFault(key, f"{key}: {not_one_of(word, words)}")


def _cited(codes: tuple[str, ...], tables: Tables, *, needed: bool = True) -> Iterator[RowFault]:
    for code in codes:
        if code not in tables.sources:
            told = not_one_of(code, list(tables.sources)).replace("write ", "write a [source.CODE] row, or one of ", 1)
            yield RowFault("source", f"source: {told}")
    if needed and not codes:
        yield RowFault("source", "source is empty; name where the statement comes from")


def _shape(rule: Rule) -> Iterator[RowFault]:
    """What the two ends have to be for each other, so that every case can be answered."""
    if (rule.presents.as_ == "candidate") != (rule.verifies == "product"):
        yield RowFault("verifies", 'verifies: a candidate is checked by "product", which checks nothing else')
    if rule.verifies in NO_BOXES and rule.asks_verifier:
        yield RowFault("case", f"case: ask_verifier asks a box, and {rule.verifies} is none; write lacking alone")
    if not rule.presents.slot and any(case.answer is None and not case.unverified for case in rule.cases):
        yield RowFault("case", "case: without a slot there is no certificate to judge; write answer")


def _slot(rule: Rule) -> Iterator[RowFault]:
    slot = rule.presents.slot
    for role in rule.presents.roles:
        known = slots_of_all_roles() if role == "*" else slot_names(role) if role in ROLES else (slot,)
        if slot not in ("", "sip", *known):
            yield RowFault("presents", f"presents: slot: {not_one_of(slot, [*known, 'sip'])}")


def _settings(tables: Tables, of: str) -> dict[str, tuple[str, ...]]:
    return {row.name: row.values for row in tables.settings.values() if row.of == of and row.values}


def _facts_between(tables: Tables) -> Facts:
    """Every fact that a rule may ask for, with its values; none for a release. Nobody can ask for one of any text."""
    boxes = {**_BOX_FACTS, **_settings(tables, "target")}
    found = {f"{end}.{name}": values for end in ("presents", "verifies") for name, values in boxes.items()}
    found |= {f"link.{name}": values for name, values in _settings(tables, "connection").items()}
    return {**found, **_PAIR_FACTS}


def _conditions(key: str, conditions: Iterable[Condition], facts: Facts) -> Iterator[RowFault]:
    for condition in conditions:
        yield from _fact(key, condition.fact, condition.values, facts)


def _fact(key: str, fact: str, values: Iterable[object], facts: Facts) -> Iterator[RowFault]:
    if fact not in facts:
        yield RowFault(key, f"{key}: fact {not_one_of(fact, list(facts))}")
        return
    allowed = facts[fact]
    for value in values:
        if not isinstance(value, str):
            yield RowFault(key, f"{key}: {fact} is {shown(value)}, not text")
        elif allowed and value not in allowed and allowed != ANY_VALUE:
            yield RowFault(key, f"{key}: {fact}: {not_one_of(value, allowed)}")


def _example(rule: Rule, example: Example, facts: Facts) -> Iterator[RowFault]:
    roles = {
        "presents": example.given.get("presents.role", rule.presents.roles[0]),
        "verifies": example.given.get("verifies.role", rule.verifies),
    }
    for fact, value in example.given.items():
        yield from _fact("example", fact, (value,), facts)
        if fact.endswith(".release"):
            role = roles.get(fact.partition(".")[0], roles["presents"])
            try:
                releases.parse(role if role in ROLES else roles["presents"], value)
            except releases.ReleaseError as error:
                yield RowFault("example", f"example: {fact} is {shown(value)}; {error}")
    if isinstance(example.expect, str):
        yield from _named("example", (example.expect,), get_args(Answer))


def _blanks(key: str, where: str, text: str, known: tuple[str, ...]) -> Iterator[RowFault]:
    """Blanks of a text are filled in by name; any other brace would end a run."""
    try:
        blanks = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        yield RowFault(key, f"{where}: braces belong around a blank only; write {{{{ and }}}} for braces themselves")
        return
    for name, spec, conversion in blanks:
        if name not in known or spec or conversion:
            yield RowFault(key, f"{where}: blank {not_one_of(name, known)}")
