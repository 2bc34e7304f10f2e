"""Reading the rule tables strictly: an unknown key, a missing one or a wrong value names its file and row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from ekuscan.rules.remedy_rows import backup_row, remedy_row, step_row
from ekuscan.rules.rule_rows import rule_row, stack_row, verifier_row
from ekuscan.rules.slot_rows import alias_row, change_row, limit_row, upgrade_row
from ekuscan.rules.tables import (
    Need,
    Tables,
)
from ekuscan.rules.use_case_rows import setting_row, use_case_row
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
        aliases=tuple(alias_row(row) for row in slots["slot_alias"]),
        changes=tuple(change_row(row) for row in slots["slot_change"]),
        upgrades=tuple(upgrade_row(row) for row in slots["upgrade"]),
        limits=tuple(limit_row(row) for row in slots["upgrade_limit"]),
        steps=tuple(step_row(row) for row in parsed["steps.toml"]["step"]),
        settings={name: setting_row("settings.toml", name, row) for name, row in settings.items()},
        use_cases={name: use_case_row("use_cases.toml", name, row) for name, row in use_cases.items()},
        remedies={row["id"]: remedy_row("remedies.toml", row) for row in parsed["remedies.toml"]["remedy"]},
        needs={row["id"]: build(Need, "needs.toml", row) for row in parsed["needs.toml"]["need"]},
        sources={code: published(code, row) for code, row in sources.items()},
        sip_slot=slots["sip_slot"],
        sip_client_slot=slots["sip_client_slot"],
        stacks={row["stack"]: stack_row(row) for row in parsed["verifiers.toml"]["stack"]},
        backups=tuple(backup_row(row) for row in parsed["remedies.toml"]["backup"]),
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
