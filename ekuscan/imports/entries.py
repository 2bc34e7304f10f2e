"""Found targets as entries of a targets file: new ones whole, known ones by what the file does not say yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ekuscan.imports.found import FoundTarget
from ekuscan.imports.known import Placed
from ekuscan.imports.slot_pems import Beside, as_one_file, file_names, irreplaceable, same_certificates
from ekuscan.imports.unify import names_of
from ekuscan.profiles.load import profile
from ekuscan.record import record
from ekuscan.targets.address import AddressError, canonical, parse_host
from ekuscan.targets.box import slots_of
from ekuscan.targets.draft import Draft
from ekuscan.targets.errors import shown
from ekuscan.targets.text_file import Unreadable
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.words import port_word_problem, release_problem
from ekuscan.targets.yaml_words import Quoted, Written

Tell = Callable[[str], None]

TRUSTED: Final = "trusted-cas"
"""What the list of CAs that a box trusts is called where its slots are: no slot has this name."""
TRUSTED_KEY: Final = "trusted_cas"

_KEYS: Final = ("host", "role", "release", "cluster", "server_name")


@record
class Change:
    """One key that a target of the file gets; ``instead`` says what stands there now, None where nothing does."""

    target: str
    key: str
    value: str
    instead: str | None = None


def usable(placed: Placed, vocabulary: Vocabulary, tell: Tell) -> Placed:
    """The found target without what its role, or a targets file, cannot have; a sentence for each such thing."""
    found, role = placed.found, placed.draft.role if placed.draft and placed.draft.role else placed.found.role

    def leave_out(what: str, why: str) -> None:
        tell(f"{shown(placed.name)}: {shown(found.told_by)} says {what}; left out: {why}")

    release = found.release
    if release is not None and (problem := release_problem(role, release, vocabulary)):
        leave_out(f"release {shown(release)}", problem)
        release = None
    host = found.host
    if host is not None and not _is_host(host):
        leave_out(f"host {shown(host)}", "that is no host name and no address")
        host = None
    settings = {}
    for name, value in found.settings.items():
        shape = vocabulary.settings_of("target").get(name)
        if shape is None or (role and shape.roles and role not in shape.roles):
            leave_out(f"{shown(name)} {shown(value)}", f"no setting of {role or 'a target'}")
        elif shape.values and value not in shape.values:
            leave_out(f"{shown(name)} {shown(value)}", f"{name} is {' or '.join(shape.values)}")
        else:
            settings[name] = value
    slots = {}
    for slot, pem in found.slots.items():
        if slot in slots_of(role):
            slots[slot] = pem
        else:
            leave_out(f"a certificate for {shown(slot)}", f"no slot of {role or 'any role'}")
    ports = tuple(port for port in found.ports if port.isdigit() or port_word_problem(port) is None)
    return replace(
        placed,
        found=replace(
            found,
            role=role,
            release=release,
            host=host,
            settings=settings,
            slots=slots,
            ports=() if role == "outside" else ports,
        ),
    )


def is_told_what_it_is(placed: Placed) -> bool:
    """Whether a new target can have an entry: one with neither host nor role would be nothing to look at."""
    return placed.found.host is not None or placed.found.role is not None


def new_entry(placed: Placed, slots: Mapping[str, str]) -> dict[str, Written]:
    """The entry of a new target that `is_told_what_it_is`, ``slots`` by the names of their files."""
    found = placed.found
    entry: dict[str, Written] = {}
    if found.host is not None:
        entry["host"] = canonical(found.host)
    if found.role is not None:
        entry["role"] = found.role
    if found.release is not None:
        entry["release"] = Quoted(found.release)
    if placed.cluster is not None:
        entry["cluster"] = placed.cluster
    if found.server_name is not None and found.server_name != found.host:
        entry["server_name"] = found.server_name
    ports: list[Written] = [int(port) if port.isdigit() else port for port in found.ports]
    if ports:
        entry["ports"] = ports
    if found.tags:
        entry["tags"] = [shown(tag) for tag in found.tags]
    entry |= found.settings
    own = {slot: name for slot, name in slots.items() if slot != TRUSTED}
    if own:
        entry["slots"] = own
    if TRUSTED in slots:
        entry[TRUSTED_KEY] = [slots[TRUSTED]]
    if found.host is None and found.role is not None and not own and not profile(found.role).far_end:
        entry["ports"] = []
    return entry


def changes(placed: Placed, draft: Draft, tell: Tell) -> Iterator[Change]:
    """What the file does not say of a target, and, with ``instead``, where it says something else."""
    found = placed.found
    told: dict[str, str | None] = {key: getattr(found, key) for key in _KEYS} | {"cluster": placed.cluster}
    said: dict[str, str | None] = {key: getattr(draft, key) for key in _KEYS}
    told |= found.settings
    said |= {name: draft.settings.get(name) for name in found.settings}
    for key, value in told.items():
        mine = said[key]
        if value is None or (mine is None and key in ("host", "server_name")) or _agree(key, mine, value, placed):
            continue
        yield Change(draft.id, key, Quoted(value) if key == "release" else value, mine)


def _agree(key: str, mine: str | None, value: str, placed: Placed) -> bool:
    """Whether the file says the same, if less precisely."""
    if mine is None:
        return False
    if key == "release":
        return value == mine or value.startswith(f"{mine}.")
    if key in ("host", "server_name"):
        return key == "server_name" or canonical(mine) in names_of(placed.found)
    return value == mine


# By a file, as `as_one_file` has it, the targets and slots whose it is.
Holders = dict[str, set[tuple[str, str]]]


def holders(drafts: Iterable[Draft]) -> Holders:
    """Whose the files are that slots and lists of CAs of a targets file name."""
    held: Holders = {}
    for draft in drafts:
        for slot, source in draft.slots.items():
            held.setdefault(as_one_file(source.text), set()).add((draft.id, slot))
        for source in draft.trusted_cas:
            held.setdefault(as_one_file(source.text), set()).add((draft.id, TRUSTED))
    return held


@record
class SlotFiles:
    """``named``: by slot, or `TRUSTED`, the files that a target gets; ``written``: by name the files to be written."""

    named: Mapping[str, str]
    written: Mapping[str, bytes]


def slot_files(placed: Placed, beside: Beside | None, held: Holders, tell: Tell, *, overwrite: bool) -> SlotFiles:
    """Where a target's certificates go. A file that holds others stays as it is unless ``overwrite`` says otherwise.

    A file that another slot names is none for this one; what is chosen is noted in ``held``.
    """
    named: dict[str, str] = {}
    written: dict[str, bytes] = {}
    for slot, pem in _pems(placed):
        what = "list of trusted CAs" if slot == TRUSTED else f"{slot} certificate"
        own = _own_file(placed, slot)
        name = _free_name(placed.name, slot, own, held)
        if beside is None:
            tell(f"{shown(placed.name)}: its {what} is not written without -f")
            continue
        if own is not None and own != name:
            _compare(placed, slot, own, pem, beside, tell)
            continue
        if name is None:
            tell(f"{shown(placed.name)}: its {what} is not written: other slots have every name for it")
            continue
        held.setdefault(as_one_file(name), set()).add((placed.name, slot))
        try:
            there = beside(name)
        except Unreadable as error:
            tell(f"{name} {error}, so it may hold anything; left as it is")
            continue
        other = there is not None and not same_certificates(there, pem)
        if there is not None and other and (kept := irreplaceable(there)) is not None:
            tell(f"{name} holds {kept} and is never replaced; move it away to have the {what} written")
            continue
        if other and not overwrite:
            tell(f"{name} holds {_another(slot)} than {shown(placed.found.told_by)}; left as it is (--overwrite)")
            continue
        if there is None or other:
            written[name] = pem
        if own is None:
            named[slot] = name
    return SlotFiles(named, written)


def _pems(placed: Placed) -> Iterator[tuple[str, bytes]]:
    """What a target's files are to hold. A list of CAs that a person put together of several files stays as it is."""
    yield from placed.found.slots.items()
    if placed.found.trusted_cas and (placed.draft is None or len(placed.draft.trusted_cas) < 2):
        yield TRUSTED, placed.found.trusted_cas


def _another(slot: str) -> str:
    return "other certificates" if slot == TRUSTED else "another certificate"


def _own_file(placed: Placed, slot: str) -> str | None:
    """What the file names already for a slot or the list of CAs."""
    if placed.draft is None:
        return None
    if slot == TRUSTED:
        return next((source.text for source in placed.draft.trusted_cas), None)
    own = placed.draft.slots.get(slot)
    return own.text if own else None


def _free_name(target: str, slot: str, own: str | None, held: Holders) -> str | None:
    """The file for a slot that is no other slot's: what the file names already, if an import named it."""
    free = [name for name in file_names(target, slot) if not held.get(as_one_file(name), set()) - {(target, slot)}]
    return own if own in free else next(iter(free), None)


def _compare(placed: Placed, slot: str, text: str, pem: bytes, beside: Beside, tell: Tell) -> None:
    key = TRUSTED_KEY if slot == TRUSTED else f"slot {slot}"
    other = placed.found.slots.get(text)
    try:
        there = other if text in slots_of(placed.found.role) else beside(text)
    except Unreadable as error:
        tell(f"{shown(placed.name)}: {key} is {shown(text)} in the file, which {error}; left as it is")
        return
    if there is not None and not same_certificates(there, pem):
        tell(
            f"{shown(placed.name)}: {key} is {shown(text)} in the file, with {_another(slot)} than "
            f"{shown(placed.found.told_by)}; left as it is"
        )


def _is_host(host: str) -> bool:
    try:
        parse_host(host)
    except AddressError:
        return False
    return True


def comment(found: FoundTarget) -> str:
    """Where a new target was read."""
    return shown(found.told_by, 160)
