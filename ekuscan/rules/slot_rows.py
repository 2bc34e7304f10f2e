"""Rows that say which slots are one, and what a renewal or an upgrade does to them, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ekuscan.model import Confidence
from ekuscan.rules.reading import Row, flatten
from ekuscan.rules.tables import Condition, SlotAlias, SlotChange, UpgradeChange, UpgradeLimit


def alias_row(values: Mapping[str, Any]) -> SlotAlias:
    """Two slots that are one. Raises `TableError`."""
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


def change_row(values: Mapping[str, Any]) -> SlotChange:
    """What a renewal does to a slot. Raises `TableError`."""
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


def upgrade_row(values: Mapping[str, Any]) -> UpgradeChange:
    """What an upgrade sets. Raises `TableError`."""
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


def limit_row(values: Mapping[str, Any]) -> UpgradeLimit:
    """An upgrade that is not possible, or of which something is told. Raises `TableError`."""
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
