"""Reads role profiles. Each is parsed once, and only when asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from ekuscan.model import Confidence, RoleName

ExpectedRequest = Literal["none", "optional", "required", "configurable", "unknown"]

ROLES: tuple[RoleName, ...] = get_args(RoleName)


@dataclass(frozen=True, slots=True)
class ProfileSlot:
    """A certificate slot of a role.

    Before the release ``separate_since`` this slot and ``same_as`` are one and the same certificate.
    """

    name: str
    source: tuple[str, ...]
    confidence: Confidence
    default: bool = False
    separate_since: str | None = None
    same_as: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ProfilePort:
    """A port of a role. ``slot`` is the certificate it shows, None where no source says which.

    ``request`` is whether the product is documented to ask for a client certificate there. ``probe`` is False for
    ports that are never dialled, ``reason`` then says why.
    """

    port: int
    protocol: str
    service: str
    optional: bool
    request: ExpectedRequest
    source: tuple[str, ...]
    confidence: Confidence
    slot: str | None = None
    probe: bool = True
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The ports and slots of a role.

    ``other_ports`` is the slot shown by ports that the profile does not list; ``release_letter`` what the product's
    releases begin with where people leave it out in speech. ``far_end``: the site does not run it; it is named for what
    is known of it, and nobody expects to see its certificate.
    """

    role: RoleName
    title: str
    checked: str
    slots: tuple[ProfileSlot, ...]
    ports: tuple[ProfilePort, ...]
    default_slot: str
    other_ports: str | None = None
    release_letter: str = ""
    far_end: bool = False


@cache
def profile(role: RoleName) -> Profile:
    """The profile of a role."""
    path = Path(__file__).with_name(f"{role}.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    slots = tuple(ProfileSlot(**_with_tuples(row)) for row in table["slot"])
    return Profile(
        role=role,
        title=table["title"],
        checked=table["checked"],
        slots=slots,
        ports=tuple(ProfilePort(**_with_tuples(row)) for row in table.get("port", ())),
        default_slot=next(slot.name for slot in slots if slot.default),
        other_ports=table.get("other_ports"),
        release_letter=table.get("release_letter", ""),
        far_end=table.get("far_end", False),
    )


def slot_names(role: RoleName) -> tuple[str, ...]:
    """The certificate slots of a role, in the profile's order."""
    return tuple(slot.name for slot in profile(role).slots)


@lru_cache(maxsize=4096)
def port_of(role: RoleName, port: int) -> ProfilePort | None:
    """What a role's profile says about a port number, None where it does not list it."""
    return next((row for row in profile(role).ports if row.port == port), None)


@cache
def ports_of_all_roles() -> tuple[ProfilePort, ...]:
    """Every port that any role's profile dials, once, by number: what is tried where the role is not known.

    Only number and protocol mean anything here: service, slot and request differ between roles.
    """
    found: dict[int, ProfilePort] = {}
    for role in ROLES:
        for row in profile(role).ports:
            if row.probe:
                found.setdefault(row.port, row)
    return tuple(found[number] for number in sorted(found))


@cache
def slots_of_all_roles() -> tuple[str, ...]:
    """Every slot name that any role has, once."""
    return tuple(dict.fromkeys(name for role in ROLES for name in slot_names(role)))


def role_named(text: str) -> RoleName | None:
    """The role of this exact name, None where there is none."""
    return text if text in ROLES else None


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
