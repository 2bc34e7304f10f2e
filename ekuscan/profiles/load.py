"""Reads role profiles. Each is parsed once, and only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from ekuscan import toml
from ekuscan.model import Confidence, RoleName
from ekuscan.protocols import Transport, transport_of
from ekuscan.record import record

ExpectedRequest = Literal["none", "optional", "required", "configurable", "unknown"]

ROLES: tuple[RoleName, ...] = get_args(RoleName)


@record
class ProfileSlot:
    """A certificate slot of a role.

    Before the release ``separate_since`` this slot and ``same_as`` are one and the same certificate. ``kept``: where a
    person finds the certificate, where no port shows it.
    """

    name: str
    source: tuple[str, ...]
    confidence: Confidence
    default: bool = False
    separate_since: str | None = None
    same_as: str | None = None
    kept: str | None = None
    note: str | None = None


@record
class ProfilePort:
    """A port of a role. ``slot`` is the certificate it shows, None where no source says which.

    ``request`` is whether the product is documented to ask for a client certificate there. ``probe`` is False for
    ports that are never dialled, ``unknown_role`` False for those that are not tried on a target of which nobody said
    the role; ``reason`` then says why.
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
    unknown_role: bool = True
    reason: str | None = None
    note: str | None = None

    @property
    def transport(self) -> Transport:
        """What carries the protocol."""
        return transport_of(self.protocol)


@record
class KeyTypes:
    """The statement that a product presents certificates of several key types on one port, by what is offered."""

    source: tuple[str, ...]
    confidence: Confidence
    note: str | None = None


@record
class Profile:
    """The ports and slots of a role.

    ``other_ports`` is the slot shown by ports that the profile does not list; ``release_letter`` what the product's
    releases begin with where people leave it out in speech. ``far_end``: the site does not run it; it is named for what
    is known of it, and nobody expects to see its certificate. ``key_types`` is None where one look at a port is known
    to show all that it has, or nothing is known of it.
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
    key_types: KeyTypes | None = None


@cache
def profile(role: RoleName) -> Profile:
    """The profile of a role."""
    path = Path(__file__).with_name(f"{role}.toml")
    table = toml.loads(path.read_text(encoding="utf-8"))
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
        key_types=KeyTypes(**_with_tuples(table["key_types"])) if "key_types" in table else None,
    )


def slot_names(role: RoleName) -> tuple[str, ...]:
    """The certificate slots of a role, in the profile's order."""
    return tuple(slot.name for slot in profile(role).slots)


@lru_cache(maxsize=4096)
def port_of(role: RoleName | None, port: int, transport: Transport | None = None) -> ProfilePort | None:
    """What a role's profile says about a port number, None where it does not list it.

    Without ``transport`` the first row of that number counts; without ``role`` the first of any role that is dialled.
    """
    rows = profile(role).ports if role is not None else dialled_by_any_role()
    return next((row for row in rows if row.port == port and transport in (None, row.transport)), None)


@cache
def ports_of_all_roles() -> tuple[ProfilePort, ...]:
    """What is tried where the role is not known: ports that some role's profile dials, each once, by number."""
    return tuple(row for row in dialled_by_any_role() if row.unknown_role)


@cache
def dialled_by_any_role() -> tuple[ProfilePort, ...]:
    """Every port that any role's profile dials, once per transport, by number.

    Only number and protocol mean anything here: service, slot and request differ between roles. A port that one of them
    has tried on targets without a role is the one that stands here.
    """
    found: dict[tuple[int, Transport], ProfilePort] = {}
    for role in ROLES:
        for row in profile(role).ports:
            key = (row.port, row.transport)
            if row.probe and (key not in found or (row.unknown_role and not found[key].unknown_role)):
                found[key] = row
    return tuple(found[key] for key in sorted(found))


@cache
def slots_of_all_roles() -> tuple[str, ...]:
    """Every slot name that any role has, once."""
    return tuple(dict.fromkeys(name for role in ROLES for name in slot_names(role)))


def role_named(text: str) -> RoleName | None:
    """The role of this exact name, None where there is none."""
    return text if text in ROLES else None


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
