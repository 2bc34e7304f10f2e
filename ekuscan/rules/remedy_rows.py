"""Rows of remedies, backups and the steps of a change, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ekuscan.model import Confidence
from ekuscan.rules import releases
from ekuscan.rules.reading import Row, flatten, shown
from ekuscan.rules.tables import BackupRow, RemedyRow, StepRow


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


def backup_row(values: Mapping[str, Any]) -> BackupRow:
    """How a product is backed up. Raises `TableError`."""
    row = Row("remedies.toml", f"backup of {shown(values.get('role'))}", values)
    backup = BackupRow(
        roles=row.words("role"),
        text=row.take("text", str),
        source=row.words("source"),
        document=row.words("document", ()),
    )
    row.done()
    return backup


def step_row(values: Mapping[str, Any]) -> StepRow:
    """A step of a change. Raises `TableError`."""
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


def _product(when: object) -> str:
    """The role whose releases a remedy names: the first one that it is for, else an Expressway."""
    told = flatten(when) if isinstance(when, Mapping) else {}
    return _first(told.get("presents.role", told.get("verifies.role", "expressway-e")))


def _first(named: object) -> str:
    """A word, or the first of several."""
    return str(named if isinstance(named, str) else next(iter(named), "") if isinstance(named, list) else "")
