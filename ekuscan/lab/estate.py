"""Estates: which appliances stand in a lab, and what is in their certificate slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ekuscan import toml
from ekuscan.lab.authority import EkuChoice, KeyChoice
from ekuscan.lab.tls import RequestChoice
from ekuscan.lab.worlds import is_public
from ekuscan.model import RoleName
from ekuscan.record import record

ANY_SLOT: Final = "*"


@record
class SlotPlan:
    """A certificate by its issuer ("self" signs itself), purposes and days: ``ends_in`` from today to its last day."""

    ca: str
    eku: EkuChoice = "both"
    ends_in: int = 365
    valid_for: int = 730
    key: KeyChoice = "ec"


@record
class Box:
    """One appliance.

    ``slots`` maps a slot to its certificate or to the name of the slot that has the same; "*" stands for every slot
    not named. ``opened`` and ``closed`` change the role's usual ports, ``only`` leaves all others out, ``faults`` puts
    a fault of `ekuscan.lab.faults.FAULTS` on a port, of the role or beside it. ``stated`` are slots that the targets
    file names as files. ``host`` is a loopback address ("::1", say) in place of the one that the lab would choose.
    """

    name: str
    role: RoleName
    release: str | None = None
    cluster: str | None = None
    slots: Mapping[str, SlotPlan | str] = field(default_factory=lambda: {ANY_SLOT: SlotPlan("corp")})
    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    only: tuple[int, ...] | None = None
    requests: Mapping[int, RequestChoice] = field(default_factory=dict)
    checks_eku: bool | None = None
    faults: Mapping[int, str] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    host: str | None = None

    @property
    def server_name(self) -> str:
        return f"{self.name}.lab.example"


@record
class Estate:
    """``connections`` are entries of a targets file."""

    name: str
    title: str
    says: str
    boxes: tuple[Box, ...]
    connections: tuple[Mapping[str, str], ...] = ()


def estate_names() -> tuple[str, ...]:
    """The ready estates, in the order of the table."""
    return tuple(_table())


def estate(name: str) -> Estate:
    """A ready estate. KeyError where there is none of this name."""
    row = _merged(name)
    boxes = tuple(_changed(_box(entry), row) for entry in row["box"])
    connections = tuple(row.get("connections", ()))
    return Estate(name, row["title"], row["says"], boxes, connections)


def _merged(name: str) -> dict[str, Any]:
    row = _table()[name]
    return {**_merged(row["like"]), **row} if "like" in row else row


def _box(row: Mapping[str, Any]) -> Box:
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    plain["slots"] = {slot: plan if isinstance(plan, str) else SlotPlan(**plan) for slot, plan in row["slots"].items()}
    plain["requests"] = {int(port): choice for port, choice in row.get("requests", {}).items()}
    return Box(**plain)


def _changed(box: Box, row: Mapping[str, Any]) -> Box:
    release = row.get("releases", {}).get(box.role, box.release)
    settings = {**box.settings, **row.get("settings", {}).get(box.role, {})}
    stated = tuple(slot for slot in row.get("stated", ()) if slot in box.slots)
    slots = box.slots
    if "renewed" in row:
        slots = {slot: _renewed(plan, row["renewed"]) for slot, plan in slots.items()}
    return replace(box, release=release, stated=stated, slots=slots, settings=settings)


def _renewed(plan: SlotPlan | str, changes: Mapping[str, Any]) -> SlotPlan | str:
    return plan if isinstance(plan, str) or not is_public(plan.ca) else replace(plan, **changes)


@cache
def _table() -> dict[str, dict[str, Any]]:
    return toml.loads(Path(__file__).with_name("estates.toml").read_text(encoding="utf-8"))
