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
from ekuscan.rules.reading import Row, flatten, shown
from ekuscan.rules.tables import (
    FAR_ENDS,
    As,
    BackupRow,
    Case,
    Check,
    ClientEku,
    Condition,
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
    UpgradeLimit,
    UseCase,
    Verifier,
    VerifierCase,
)
from ekuscan.sources import published, source_rows
from ekuscan.table_rows import build, known, parse_table, unique

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
    "shared.toml",
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
    slots, settings = parsed["slots.toml"], parsed["settings.toml"]["setting"]
    use_cases = parsed["use_cases.toml"]["use_case"]
    sources = source_rows("sources.toml", parsed["sources.toml"])
    tables = Tables(
        rules=tuple(rule_row(name, row) for name in RULE_FILES for row in parsed[name].get("rule", [])),
        verifiers=tuple(verifier_row("verifiers.toml", row) for row in parsed["verifiers.toml"]["verifier"]),
        aliases=tuple(_alias(row) for row in slots["slot_alias"]),
        changes=tuple(_change(row) for row in slots["slot_change"]),
        upgrades=tuple(_upgrade(row) for row in slots["upgrade"]),
        limits=tuple(_limit(row) for row in slots["upgrade_limit"]),
        steps=tuple(_step(row) for row in parsed["steps.toml"]["step"]),
        settings={name: setting_row("settings.toml", name, row) for name, row in settings.items()},
        use_cases={name: use_case_row("use_cases.toml", name, row) for name, row in use_cases.items()},
        remedies={row["id"]: remedy_row("remedies.toml", row) for row in parsed["remedies.toml"]["remedy"]},
        needs={row["id"]: build(Need, "needs.toml", row) for row in parsed["needs.toml"]["need"]},
        sources={code: published(code, row) for code, row in sources.items()},
        sip_slot=slots["sip_slot"],
        sip_client_slot=slots["sip_client_slot"],
        stacks={row["stack"]: _stack(row) for row in parsed["verifiers.toml"]["stack"]},
        backups=tuple(_backup(row) for row in parsed["remedies.toml"]["backup"]),
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


def rule_row(file: str, values: Mapping[str, Any]) -> Rule:
    row = Row(file, str(values.get("id", "a rule without id")), values)
    presents = row.inner("presents")
    end = Presents(presents.some("role"), presents.take("slot", str), presents.one_of("as", As))
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
        applies=row.conditions("applies", role, {}, other),
        cases=tuple(_case(case, role, other) for case in row.rows("case")),
        examples=tuple(_example(example) for example in row.rows("example")),
        says=_says(row),
        remedies=row.words("remedies", ()),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
        far_end=row.take("far_end", bool, True),
        named_by=row.take("named_by", str, ""),
    )
    row.done()
    return rule


def _says(row: Row) -> dict[str, str]:
    says = row.take("says", dict, {})
    for answer, text in says.items():
        if answer not in get_args(Answer) or not isinstance(text, str):
            row.fault("says", f"says.{answer} is {shown(text)}; write a text for one of {', '.join(get_args(Answer))}")
    return says


def _case(row: Row, role: str, verifies: str | None) -> Case:
    told = any(row.has(key) for key in ("ask_verifier", "lacking", "unverified", "answer"))
    case = Case(
        when=row.conditions("when", role, {}, verifies),
        needs=row.words("needs") if row.has("needs") else None,
        ask_verifier=row.take("ask_verifier", bool, False),
        lacking=row.one_of("lacking", Answer) if row.has("lacking") else None,
        unverified=row.take("unverified", bool, False),
        answer=row.one_of("answer", Answer) if row.has("answer") else None,
        confidence=row.one_of("confidence", Confidence) if row.has("confidence") else None,
    )
    if not told:
        row.fault("lacking", "a case needs lacking, ask_verifier, unverified or answer")
    row.done()
    return case


def _example(row: Row) -> Example:
    expect = row.take("expect", object)
    example = Example(
        id=row.take("id", str),
        given=flatten(row.take("given", dict)),
        expect=expect if isinstance(expect, str) else _fork(row, expect),
    )
    for fact, value in example.given.items():
        if not isinstance(value, str):
            row.fault("given", f"given: {fact} is {shown(value)}, not text")
    row.done()
    return example


def _fork(row: Row, expect: object) -> dict[str, dict[str, str]]:
    if not isinstance(expect, Mapping):
        row.fault("expect", f"expect is {shown(expect)}, neither an answer nor a fork")
        return {}
    fork: dict[str, dict[str, str]] = {}
    for key, value in flatten(expect).items():
        fact, _, branch = key.rpartition(".")
        fork.setdefault(fact, {})[branch] = value
    return fork


def verifier_row(file: str, values: Mapping[str, Any]) -> Verifier:
    row = Row(file, str(values.get("id", "a verifier without id")), values)
    roles = row.some("role")
    verifier = Verifier(
        id=row.take("id", str),
        also=row.words("also", ()),
        roles=roles,
        stack=row.one_of("stack", Stack),
        cases=tuple(_verifier_case(case, roles[0]) for case in row.rows("case")),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    row.done()
    return verifier


def _verifier_case(row: Row, role: str) -> VerifierCase:
    case = VerifierCase(
        row.conditions("when", role, {}),
        row.one_of("client_eku", ClientEku),
        row.one_of("confidence", Confidence) if row.has("confidence") else None,
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
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    row.done()
    return habit


def _alias(values: Mapping[str, Any]) -> SlotAlias:
    row = Row("slots.toml", str(values.get("id")), values)
    roles = row.some("role")
    alias = SlotAlias(
        id=row.take("id", str),
        roles=roles,
        slot=row.take("slot", str),
        same_as=row.take("same_as", str),
        copy=row.take("copy", bool, False),
        when=row.conditions("when", roles[0]),
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
    )
    row.done()
    return alias


def _change(values: Mapping[str, Any]) -> SlotChange:
    row = Row("slots.toml", str(values.get("id")), values)
    event, effect = row.take("event", str), row.take("effect", str)
    if event != "renewal" or effect not in ("policy", "keep"):
        row.fault("event", "event is renewal, effect policy or keep")
    change = SlotChange(
        id=row.take("id", str),
        event="renewal",
        when=row.conditions("when", "expressway-e"),
        effect="policy" if effect == "policy" else "keep",
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
    )
    row.done()
    return change


def _upgrade(values: Mapping[str, Any]) -> UpgradeChange:
    row = Row("slots.toml", str(values.get("id")), values)
    roles = row.some("role")
    was, release = ((*row.bounds(key, roles[0], needed=True), Condition("release"))[0] for key in ("was", "release"))
    upgrade = UpgradeChange(
        id=row.take("id", str),
        roles=roles,
        was=was,
        release=release,
        sets=flatten(row.take("sets", dict)),
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
    )
    row.done()
    return upgrade


def _limit(values: Mapping[str, Any]) -> UpgradeLimit:
    row = Row("slots.toml", str(values.get("id")), values)
    roles = row.some("role")
    limit = UpgradeLimit(
        id=row.take("id", str),
        roles=roles,
        release=(*row.bounds("release", roles[0], needed=True), Condition("release"))[0],
        when=row.conditions("when", roles[0], {}),
        only_told=row.take("only_told", bool, False),
        says=row.take("says", str),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
    )
    row.done()
    return limit


def _step(values: Mapping[str, Any]) -> StepRow:
    row = Row("steps.toml", str(values.get("id")), values)
    step = StepRow(
        id=row.take("id", str),
        order=row.take("order", int),
        on=row.words("on"),
        when=row.conditions("when", _first(flatten(values.get("when", {})).get("role", "generic")), {}),
        otherwise=row.take("otherwise", bool, False),
        text=row.take("text", str),
        command=row.maybe("command", str),
        effect=flatten(row.take("effect", dict, {})),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
    )
    unknown = sorted(set(step.on) - {"upgrade", "certificate", "renewal", "setting"})
    if unknown:
        row.fault("on", f"on is {unknown[0]!r}, not one of upgrade, certificate, renewal, setting")
    row.done()
    return step


def setting_row(file: str, name: str, values: Mapping[str, Any]) -> Setting:
    row = Row(file, name, values)
    of = row.take("of", str)
    roles = row.words("roles", ("*",)) or ("*",)
    setting = Setting(
        name=name,
        of="connection" if of == "connection" else "target",
        roles=roles,
        releases=row.bounds("releases", roles[0]),
        values=row.words("values"),
        default=row.maybe("default", str),
        read_at=row.take("read_at", str),
        question=row.take("question", str),
        observed_as=row.maybe("observed_as", str),
        source=row.words("source"),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    if of not in ("target", "connection") or (setting.default and setting.default not in setting.values):
        row.fault("of", "of is target or connection, and a default is one of the values")
    row.done()
    return setting


def use_case_row(file: str, name: str, values: Mapping[str, Any]) -> UseCase:
    row = Row(file, name, values)
    dials, answers = row.words("from", ()), row.words("to", ())
    assume = row.take("assume", object, False)
    use_case = UseCase(
        name=name,
        title=row.take("title", str),
        from_=dials,
        to=answers,
        both_ways=row.take("both_ways", bool, False),
        dials_back=row.take("dials_back", bool, False),
        itself=row.take("itself", bool, False),
        assume=_pairs(row, assume, dials, answers),
        far_end=_by_role(row, "far_end", (*dials, *answers)),
        far_end_slot=_by_role(row, "far_end_slot", (*dials, *answers, *FAR_ENDS)),
        far_end_unless=row.words("far_end_unless", ()),
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
    row.fault(key, f"{key} is {shown(value)}, neither text nor texts by role")
    return {}


def _pairs(row: Row, assume: object, dials: tuple[str, ...], answers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if assume is True:
        return tuple((dial, answer) for dial in dials for answer in answers)
    if assume is False:
        return ()
    if isinstance(assume, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in assume):
        return tuple((str(dial), str(answer)) for dial, answer in assume)
    row.fault("assume", "assume is true, false or a list of role pairs")
    return ()


def remedy_row(file: str, values: Mapping[str, Any]) -> RemedyRow:
    row = Row(file, str(values.get("id", "a remedy without id")), values)
    role = _product(values.get("when"))
    remedy = RemedyRow(
        id=row.take("id", str),
        title=row.take("title", str),
        text=row.take("text", str),
        effort=row.take("effort", int),
        weakens=row.take("weakens", bool, False),
        replaces_certificate=row.take("replaces_certificate", bool, False),
        when=row.conditions("when", role, {}),
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


def _backup(values: Mapping[str, Any]) -> BackupRow:
    row = Row("remedies.toml", f"backup of {shown(values.get('role'))}", values)
    backup = BackupRow(
        roles=row.words("role"),
        text=row.take("text", str),
        source=row.words("source"),
        document=row.words("document", ()),
    )
    row.done()
    return backup


def _product(when: object) -> str:
    """The role whose releases a remedy names: the first one that it is for, else an Expressway."""
    told = flatten(when) if isinstance(when, Mapping) else {}
    return _first(told.get("presents.role", told.get("verifies.role", "expressway-e")))


def _first(named: object) -> str:
    """A word, or the first of several."""
    return str(named if isinstance(named, str) else next(iter(named), "") if isinstance(named, list) else "")


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
    cited += [(f"backup of {row.roles[0]}", row.source) for row in tables.backups]
    cited += [(f"stack {name}", habit.source) for name, habit in tables.stacks.items()]
    cited += [(row.id, row.source) for row in tables.slot_rows]
    cited += [(f"step {step.id}", step.source) for step in tables.steps]
    cited += [(use_case.name, use_case.source) for use_case in tables.use_cases.values()]
    cited += [(setting.name, setting.source) for setting in tables.settings.values()]
    cited += [(f"need {need.id}", need.source) for need in tables.needs.values()]
    for where, names in (
        *((upgrade.id, upgrade.sets) for upgrade in tables.upgrades),
        *((limit.id, [condition.fact for condition in limit.when]) for limit in tables.limits),
        *((f"step {step.id}", step.effect) for step in tables.steps),
    ):
        known(f"{where}: settings", names, tables.settings)
    unique("steps.toml", (step.id for step in tables.steps))
    for name, source in cited:
        known(f"{name}: source", source, tables.sources)


def _texts(tables: Tables) -> list[str]:
    """The settings of connections that are any text."""
    return [setting.name for setting in tables.settings.values() if setting.of == "connection" and not setting.values]
