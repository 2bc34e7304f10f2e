"""Reading the rule tables strictly: an unknown key, a missing one or a wrong value names its file and row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, get_args

from ekuscan.model import Answer, Confidence, RoleName, Stack
from ekuscan.rules import releases
from ekuscan.rules.reading import Row, conditions, flatten
from ekuscan.rules.tables import (
    As,
    Case,
    Check,
    ClientEku,
    Example,
    Need,
    Presents,
    RemedyRow,
    Rule,
    Setting,
    SlotAlias,
    SlotChange,
    StackHabit,
    StepRow,
    Tables,
    UpgradeChange,
    UseCase,
    Verifier,
    VerifierCase,
)
from ekuscan.sources import published, source_rows
from ekuscan.table_rows import TableError, build, known, parse_table, unique

RULE_FILES = (
    "expressway.toml",
    "cucm.toml",
    "imp.toml",
    "unity-connection.toml",
    "cer.toml",
    "cms.toml",
    "cube.toml",
    "contact-center.toml",
    "webex.toml",
    "generic.toml",
)
FILES = (
    *RULE_FILES,
    "use_cases.toml",
    "settings.toml",
    "verifiers.toml",
    "slots.toml",
    "remedies.toml",
    "steps.toml",
    "needs.toml",
    "sources.toml",
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=1)
def packaged() -> Tables:
    """The tables that come with the package."""
    folder = resources.files("ekuscan.rules")
    return load({name: (folder / name).read_bytes() for name in FILES})


def load(files: Mapping[str, bytes]) -> Tables:
    """Tables from the contents of the files named in `FILES`. Raises `TableError`."""
    parsed = {name: parse_table(name, data) for name, data in files.items()}
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name] + b"\0")
    slots = parsed["slots.toml"]
    sources = source_rows("sources.toml", parsed["sources.toml"])
    tables = Tables(
        rules=tuple(_rule(name, row) for name in RULE_FILES for row in parsed[name].get("rule", [])),
        verifiers=tuple(_verifier(row) for row in parsed["verifiers.toml"]["verifier"]),
        aliases=tuple(_alias(row) for row in slots["slot_alias"]),
        changes=tuple(_change(row) for row in slots["slot_change"]),
        upgrades=tuple(_upgrade(row) for row in slots["upgrade"]),
        steps=tuple(_step(row) for row in parsed["steps.toml"]["step"]),
        settings={name: _setting(name, row) for name, row in parsed["settings.toml"]["setting"].items()},
        use_cases={name: _use_case(name, row) for name, row in parsed["use_cases.toml"]["use_case"].items()},
        remedies={row["id"]: _remedy(row) for row in parsed["remedies.toml"]["remedy"]},
        needs={row["id"]: build(Need, "needs.toml", row) for row in parsed["needs.toml"]["need"]},
        sources={code: published(code, row) for code, row in sources.items()},
        sip_slot=slots["sip_slot"],
        sip_client_slot=slots["sip_client_slot"],
        stacks={row["stack"]: _stack(row) for row in parsed["verifiers.toml"]["stack"]},
        backup=parsed["remedies.toml"]["backup"]["text"],
        date=_newest(parsed),
        sha256=digest.hexdigest(),
    )
    _check_references(tables)
    return tables


def _newest(parsed: Mapping[str, Any]) -> str:
    days = [str(value) for table in parsed.values() for value in _values_of(table, "checked")]
    return max((day for day in days if _DAY.fullmatch(day)), default="")


def _values_of(node: Any, key: str) -> Iterable[Any]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == key:
                yield value
            else:
                yield from _values_of(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _values_of(value, key)


def _rule(file: str, values: Mapping[str, Any]) -> Rule:
    row = Row(file, str(values.get("id", "a rule without id")), values)
    presents = Row(file, f"{row.where}.presents", row.take("presents", dict))
    end = Presents(presents.words("role"), presents.take("slot", str), presents.one_of("as", As))
    presents.done()
    role = end.roles[0] if end.roles[0] != "*" else "generic"
    verifies = row.take("verifies", str)
    other = verifies if verifies in get_args(RoleName) else None
    rule = Rule(
        id=row.take("id", str),
        also=row.words("also", ()),
        use_case=row.take("use_case", str),
        check=row.one_of("check", Check),
        presents=end,
        verifies=verifies,
        needs=row.words("needs"),
        applies=conditions(row.where, row.take("applies", dict, {}), role, other),
        cases=tuple(_case(row.where, case, role, other) for case in row.take("case", list)),
        examples=tuple(_example(row.where, example) for example in row.take("example", list)),
        says=row.take("says", dict, {}),
        remedies=row.words("remedies", ()),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
        note=row.take("note", str, ""),
        far_end=row.take("far_end", bool, True),
        named_by=row.take("named_by", str, ""),
    )
    row.done()
    return rule


def _case(where: str, values: Mapping[str, Any], role: str, verifies: str | None) -> Case:
    row = Row(where, "case", values)
    case = Case(
        when=conditions(where, row.take("when", dict, {}), role, verifies),
        needs=row.words("needs") if "needs" in values else None,
        ask_verifier=row.take("ask_verifier", bool, False),
        lacking=row.one_of("lacking", Answer) if "lacking" in values else None,
        unverified=row.take("unverified", bool, False),
        answer=row.one_of("answer", Answer) if "answer" in values else None,
        confidence=row.one_of("confidence", Confidence) if "confidence" in values else None,
    )
    row.done()
    if not (case.ask_verifier or case.lacking or case.unverified or case.answer):
        raise TableError(f"{where}: a case needs lacking, ask_verifier, unverified or answer")
    return case


def _example(where: str, values: Mapping[str, Any]) -> Example:
    row = Row(where, "example", values)
    expect = row.take("expect", object)
    example = Example(
        id=row.take("id", str),
        given=flatten(row.take("given", dict)),
        expect=expect if isinstance(expect, str) else _fork(where, expect),
    )
    row.done()
    return example


def _fork(where: str, expect: object) -> dict[str, dict[str, str]]:
    if not isinstance(expect, Mapping):
        raise TableError(f"{where}: expect is {expect!r}, neither an answer nor a fork")
    fork: dict[str, dict[str, str]] = {}
    for key, value in flatten(expect).items():
        fact, _, branch = key.rpartition(".")
        fork.setdefault(fact, {})[branch] = value
    return fork


def _verifier(values: Mapping[str, Any]) -> Verifier:
    row = Row("verifiers.toml", str(values.get("id")), values)
    roles = row.words("role")
    verifier = Verifier(
        id=row.take("id", str),
        also=row.words("also", ()),
        roles=roles,
        stack=row.one_of("stack", Stack),
        cases=tuple(_verifier_case(row.where, case, roles[0]) for case in row.take("case", list)),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
        note=row.take("note", str, ""),
    )
    row.done()
    return verifier


def _verifier_case(where: str, values: Mapping[str, Any], role: str) -> VerifierCase:
    row = Row(where, "case", values)
    case = VerifierCase(
        conditions(where, row.take("when", dict, {}), role),
        row.one_of("client_eku", ClientEku),
        row.one_of("confidence", Confidence) if "confidence" in values else None,
    )
    row.done()
    return case


def _stack(values: Mapping[str, Any]) -> StackHabit:
    row = Row("verifiers.toml", f"stack {values.get('stack')}", values)
    habit = StackHabit(
        stack=row.one_of("stack", Stack),
        client_eku=row.one_of("client_eku", Literal["checked", "ignored"]),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
        note=row.take("note", str, ""),
    )
    row.done()
    return habit


def _alias(values: Mapping[str, Any]) -> SlotAlias:
    row = Row("slots.toml", str(values.get("id")), values)
    roles = row.words("role")
    alias = SlotAlias(
        id=row.take("id", str),
        roles=roles,
        slot=row.take("slot", str),
        same_as=row.take("same_as", str),
        when=conditions(row.where, row.take("when", dict), roles[0]),
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
    )
    row.done()
    return alias


def _change(values: Mapping[str, Any]) -> SlotChange:
    row = Row("slots.toml", str(values.get("id")), values)
    event, effect = row.take("event", str), row.take("effect", str)
    if event != "renewal" or effect not in ("policy", "keep"):
        raise TableError(f"{row.where}: event is renewal, effect policy or keep")
    change = SlotChange(
        id=row.take("id", str),
        event="renewal",
        when=conditions(row.where, row.take("when", dict), "expressway-e"),
        effect="policy" if effect == "policy" else "keep",
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
    )
    row.done()
    return change


def _upgrade(values: Mapping[str, Any]) -> UpgradeChange:
    row = Row("slots.toml", str(values.get("id")), values)
    roles = row.words("role")
    bounds = {key: row.take(key, str) for key in ("was", "release")}
    was, release = (conditions(row.where, {"release": text}, roles[0])[0] for text in bounds.values())
    upgrade = UpgradeChange(
        id=row.take("id", str),
        roles=roles,
        was=was,
        release=release,
        sets=flatten(row.take("sets", dict)),
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
    )
    row.done()
    return upgrade


def _step(values: Mapping[str, Any]) -> StepRow:
    row = Row("steps.toml", str(values.get("id")), values)
    when = row.take("when", dict, {})
    roles = when.get("role", "generic")
    step = StepRow(
        id=row.take("id", str),
        order=row.take("order", int),
        on=row.words("on"),
        when=conditions(row.where, when, roles if isinstance(roles, str) else str(roles[0])),
        otherwise=row.take("otherwise", bool, False),
        text=row.take("text", str),
        command=row.maybe("command", str),
        effect=flatten(row.take("effect", dict, {})),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.take("checked", str),
    )
    row.done()
    unknown = sorted(set(step.on) - {"upgrade", "certificate", "renewal", "setting"})
    if unknown:
        raise TableError(f"{row.where}: on is {unknown[0]!r}, not one of upgrade, certificate, renewal, setting")
    return step


def _setting(name: str, values: Mapping[str, Any]) -> Setting:
    row = Row("settings.toml", name, values)
    of = row.take("of", str)
    roles = row.words("roles", ("*",))
    bounds = row.maybe("releases", str)
    setting = Setting(
        name=name,
        of="connection" if of == "connection" else "target",
        roles=roles,
        releases=conditions(row.where, {"release": bounds}, roles[0]) if bounds else (),
        values=row.words("values"),
        default=row.maybe("default", str),
        read_at=row.take("read_at", str),
        question=row.take("question", str),
        observed_as=row.maybe("observed_as", str),
        source=row.words("source"),
        checked=row.take("checked", str),
        note=row.take("note", str, ""),
    )
    row.done()
    if of not in ("target", "connection") or (setting.default and setting.default not in setting.values):
        raise TableError(f"{row.where}: of is target or connection, and a default is one of the values")
    return setting


def _use_case(name: str, values: Mapping[str, Any]) -> UseCase:
    row = Row("use_cases.toml", name, values)
    dials, answers = row.words("from", ()), row.words("to", ())
    assume = row.take("assume", object, False)
    use_case = UseCase(
        name=name,
        title=row.take("title", str),
        from_=dials,
        to=answers,
        both_ways=row.take("both_ways", bool, False),
        itself=row.take("itself", bool, False),
        assume=_pairs(row.where, assume, dials, answers),
        far_end=_by_role(row, "far_end", (*dials, *answers)),
        far_end_slot=row.maybe("far_end_slot", str),
        rides_on=row.maybe("rides_on", str),
        same_as=row.maybe("same_as", str),
        parts=row.words("parts", ()),
        parts_if_used=row.words("parts_if_used", ()),
        also=row.words("also", ()),
        services=_by_role(row, "service", get_args(RoleName)),
        note=row.take("note", str, ""),
        source=row.words("source", ()),
    )
    row.done()
    return use_case


def _by_role(row: Row, key: str, roles: tuple[str, ...]) -> dict[str, str]:
    """One text for all of these roles, or a text for each role that the row names."""
    value = row.take(key, object, {})
    if isinstance(value, str):
        return dict.fromkeys(roles, value)
    if isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()):
        return {str(role): str(text) for role, text in value.items()}
    raise TableError(f"{row.where}: {key} is {value!r}, neither text nor texts by role")


def _pairs(where: str, assume: object, dials: tuple[str, ...], answers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if assume is True:
        return tuple((dial, answer) for dial in dials for answer in answers)
    if assume is False:
        return ()
    if isinstance(assume, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in assume):
        return tuple((str(dial), str(answer)) for dial, answer in assume)
    raise TableError(f"{where}: assume is true, false or a list of role pairs")


def _remedy(values: Mapping[str, Any]) -> RemedyRow:
    row = Row("remedies.toml", str(values.get("id")), values)
    when = row.take("when", dict, {})
    role = _product(flatten(when))
    remedy = RemedyRow(
        id=row.take("id", str),
        title=row.take("title", str),
        text=row.take("text", str),
        effort=row.take("effort", int),
        weakens=row.take("weakens", bool, False),
        replaces_certificate=row.take("replaces_certificate", bool, False),
        when=conditions(row.where, when, role),
        family=releases.family(role),
        effect=flatten(row.take("effect", dict)),
        before=row.words("before", ()),
        costs=row.take("costs", str),
        unchanged=row.take("unchanged", str, ""),
        until=row.maybe("until", str),
        command=row.maybe("command", str),
        source=row.words("source"),
        document=row.words("document", ()),
    )
    row.done()
    return remedy


def _product(when: Mapping[str, Any]) -> str:
    """The role whose releases a remedy names: the first one that it is for, else an Expressway."""
    named = when.get("presents.role", when.get("verifies.role", "expressway-e"))
    return str(named if isinstance(named, str) else next(iter(named), ""))


def _check_references(tables: Tables) -> None:
    unique("rules", (f"rule {rule.id}" for rule in tables.rules))
    for rule in tables.rules:
        known(f"rule {rule.id}: use_case", (rule.use_case,), tables.use_cases)
        known(f"rule {rule.id}: remedies", rule.remedies, tables.remedies)
        known(f"rule {rule.id}: needs", rule.needs, tables.needs)
        known(f"rule {rule.id}: source", rule.source, tables.sources)
        known(f"rule {rule.id}: named_by", (rule.named_by,) if rule.named_by else (), _texts(tables))
    cited = [(verifier.id, verifier.source) for verifier in tables.verifiers]
    cited += [(remedy.id, remedy.source) for remedy in tables.remedies.values()]
    cited += [(f"stack {name}", habit.source) for name, habit in tables.stacks.items()]
    cited += [(alias.id, alias.source) for alias in tables.aliases]
    cited += [(change.id, change.source) for change in tables.changes]
    cited += [(upgrade.id, upgrade.source) for upgrade in tables.upgrades]
    cited += [(f"step {step.id}", step.source) for step in tables.steps]
    cited += [(use_case.name, use_case.source) for use_case in tables.use_cases.values()]
    cited += [(setting.name, setting.source) for setting in tables.settings.values()]
    cited += [(f"need {need.id}", need.source) for need in tables.needs.values()]
    for where, names in (
        *((upgrade.id, upgrade.sets) for upgrade in tables.upgrades),
        *((f"step {step.id}", step.effect) for step in tables.steps),
    ):
        known(f"{where}: settings", names, tables.settings)
    unique("steps.toml", (step.id for step in tables.steps))
    for name, source in cited:
        known(f"{name}: source", source, tables.sources)


def _texts(tables: Tables) -> list[str]:
    """The settings of connections that are any text."""
    return [setting.name for setting in tables.settings.values() if setting.of == "connection" and not setting.values]
