"""The lab's CAs, as ``worlds.toml`` lists them, and the trust data in which the public ones count as public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from ekuscan import toml
from ekuscan.lab.authority import ORGANIZATION, Authority, der, new_root, new_subordinate
from ekuscan.model import TrustVersion
from ekuscan.record import record
from ekuscan.trust import TrustEntry
from ekuscan.trust_pack import write_store

PRIVATE: Final = "corp"
"""The site's own CA, which a targets file names under ``trust:``."""


@record
class World:
    """A root with the issuing CA that appliances get their certificates from."""

    name: str
    root: Authority
    issuing: Authority


def is_public(name: str) -> bool:
    """Whether the CA of this name carries the marks of a public one; "self" and unknown names do not."""
    row = _table().get(name, {})
    return bool(row.get("public", "chrome" in row))


def make_worlds(today: datetime) -> dict[str, World]:
    """Every CA of the table, with new keys, as it stands on ``today``."""
    return {name: _world(name, row, today) for name, row in _table().items()}


def write_trust_data(worlds: Mapping[str, World], path: Path, today: datetime) -> None:
    """Write a trust store in which the lab's public roots are listed, and nothing else is."""
    entries: list[TrustEntry] = []
    for name, row in _table().items():
        if "chrome" in row:
            entries += _entries(worlds[name], row, today)
    write_store(path, entries, TrustVersion(date=today.date().isoformat(), chrome_store="lab"))


def _world(name: str, row: Mapping[str, Any], today: datetime) -> World:
    organization = row.get("organization", ORGANIZATION)
    root = new_root(row["root"], today, public=is_public(name), organization=organization)
    issuing = new_subordinate(root, row["issuing"], today, eku=row["issuing_eku"], organization=organization)
    return World(name, root, issuing)


def _entries(world: World, row: Mapping[str, Any], today: datetime) -> tuple[TrustEntry, TrustEntry]:
    listed = row["chrome"] != "absent"
    root = TrustEntry(
        der(world.root.certificate),
        "chrome-root" if listed else "other-root",
        owner=row["owner"],
        display_name=row["root"],
        tier="included",
        stores=("chrome", "microsoft") if listed else ("microsoft",),
        sct_not_after=today + timedelta(days=row["cut_off_days"]) if row["chrome"] == "phase-out" else None,
    )
    return root, TrustEntry(der(world.issuing.certificate), "intermediate")


@cache
def _table() -> dict[str, dict[str, Any]]:
    return toml.loads(Path(__file__).with_name("worlds.toml").read_text(encoding="utf-8"))
