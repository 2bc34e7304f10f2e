"""Checks of a target as a whole: what its role, slots, ports and settings say together."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.model import RoleName
from ekuscan.profiles.load import (
    ProfilePort,
    dialled_by_any_role,
    port_of,
    profile,
    slot_names,
    slots_of_all_roles,
)
from ekuscan.targets.draft import Draft, PortAsk
from ekuscan.targets.errors import Problems, one_of, shown, suggestion
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.words import release_problem


def check_box(draft: Draft, vocabulary: Vocabulary, problems: Problems) -> None:
    """Notes what does not fit together in one target."""
    if draft.broken:
        return
    if draft.release is not None:
        problem = release_problem(draft.role, draft.release, vocabulary)
        if problem:
            problems.add(draft.at("release"), problem)
    _check_settings(draft, vocabulary, problems)
    for slot, source in draft.slots.items():
        _check_slot(draft, slot, source.text, problems)
    for ask in draft.asks:
        problem = _port_problem(draft.role, ask)
        if problem:
            problems.add(draft.places.get(f"ports.{ask.written}", draft.place), problem)
    _check_something_to_see(draft, problems)


def _check_settings(draft: Draft, vocabulary: Vocabulary, problems: Problems) -> None:
    for name in draft.settings:
        if name == "stack":
            roles: Sequence[str] = ("generic",)
        else:
            roles = vocabulary.settings[name].roles
        if draft.role is not None and roles and "*" not in roles and draft.role not in roles:
            problems.add(draft.at(name), f"the role is {draft.role}; {name} belongs to {one_of(tuple(roles))}")


def _check_slot(draft: Draft, slot: str, source: str, problems: Problems) -> None:
    place = draft.at(f"slots.{slot}")
    slots = slots_of(draft.role)
    if slot not in slots:
        whose = f"no slot of {draft.role}" if draft.role else "no slot of any role"
        problems.add(place, f"found {shown(slot)}, {whose}; {suggestion(slot, slots)}")
    elif source == slot:
        problems.add(place, f"found {shown(source)}, the slot itself; write a certificate file")
    elif source in slots and source in draft.slots and draft.slots[source].text in slots:
        problems.add(place, f"found {shown(source)}, which names a slot too; write a certificate file")


def slots_of(role: RoleName | None) -> tuple[str, ...]:
    """The slots that a target of this role can have; of any role where it is not known."""
    return slots_of_all_roles() if role is None else slot_names(role)


def _port_problem(role: RoleName | None, ask: PortAsk) -> str | None:
    found = f"found {shown(ask.written or str(ask.profile_port))}"
    if role == "outside":
        return f"{found}, but outside is never dialled; write role: generic to look at it"
    known = port_of(role, ask.profile_port, ask.transport)
    if known is not None and not known.probe:
        return f"{found}, which is never dialled: {known.reason}"
    if not ask.forwarded or known is not None:
        return None
    dialled = [row for row in (profile(role).ports if role else dialled_by_any_role()) if row.probe]
    whose = f"no port of {role}" if role else "no port of any role"
    right = one_of([_written(row, dialled) for row in dialled]) if dialled else "none"
    return f"{found}, {whose}; write {right} before the colon"


def _written(row: ProfilePort, rows: Sequence[ProfilePort]) -> str:
    """A port as a targets file names it: by its number alone where that is the first one of this number."""
    first = next(other for other in rows if other.port == row.port)
    return str(row.port) if row is first else f"{row.protocol}:{row.port}"


def _check_something_to_see(draft: Draft, problems: Problems) -> None:
    if draft.host is not None or "host" in draft.places or (draft.role is not None and profile(draft.role).far_end):
        return
    if draft.slots or "slots" in draft.places or not (draft.own_ports or draft.asks):
        if draft.role is None and "role" not in draft.places:
            problems.add(draft.place, "has no host to guess the role from; write role:")
        return
    problems.add(draft.place, "has neither host nor slots; write host:, or ports: [] if it is not to be dialled")
