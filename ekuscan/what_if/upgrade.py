"""``--to NAME=RELEASE``: another release, and what the upgrade does to the box by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ekuscan.foresight import Alteration
from ekuscan.model import Fact, Target
from ekuscan.names import printable
from ekuscan.profiles.load import ROLES
from ekuscan.rules import releases
from ekuscan.rules.releases import Release
from ekuscan.rules.tables import Condition, UpgradeChange
from ekuscan.what_if.settled import Grounds, Notes, Settled, known_or, listed


def upgraded(settled: Settled, texts: Iterable[str], grounds: Grounds, notes: Notes) -> Settled:
    """The estate on other releases. What is wrong with the texts is noted."""
    taken: dict[str, str] = {}
    for text in texts:
        name, equals, wanted = text.partition("=")
        shown = f"--to {printable(text, 120)}"
        if not (equals and name and wanted):
            notes.faults.append(f"{shown}: write NAME=RELEASE, for example expressway=X15.5")
            continue
        members = _members(settled, name)
        if not members:
            _tell_nobody(settled, name, shown, grounds, notes)
            continue
        twice = next((one for one in members if one in taken), None)
        if twice is not None:
            notes.faults.append(f"{shown}: {twice} is upgraded by --to {printable(taken[twice], 120)} already")
            continue
        taken |= dict.fromkeys(members, text)
        settled = _moved(settled, members, wanted, shown, grounds, notes)
    return settled


def words() -> Mapping[str, tuple[str, ...]]:
    """The words for products: every role, and what several roles are one product under ("expressway")."""
    found: dict[str, tuple[str, ...]] = {role: (role,) for role in ROLES}
    for role in ROLES:
        family = releases.family(role)
        if role.startswith(f"{family}-"):
            found[family] = (*found.get(family, ()), role)
    return found


def _members(settled: Settled, name: str) -> tuple[str, ...]:
    roles = words().get(name, ())
    by_role = tuple(target.id for target in settled.targets.values() if target.role in roles and _told(target))
    return settled.members(name) or by_role


def _told(target: Target) -> bool:
    """Whether the role of a target is more than a stand-in for one that nobody told."""
    return target.role_from != "default"


def _tell_nobody(settled: Settled, name: str, shown: str, grounds: Grounds, notes: Notes) -> None:
    if name in words():
        if grounds.looked or not settled.roles_open:
            notes.faults.append(f"{shown}: no target is of role {' or '.join(words()[name])}, so this touches nothing")
        return
    known = (*settled.names, *words())
    hint = known_or(name, known, f"write one of {listed((*settled.names, 'expressway', 'cucm'))}")
    notes.faults.append(f"{shown}: {printable(name, 80)} is no target, cluster, role or product; {hint}")


def _moved(
    settled: Settled, members: tuple[str, ...], wanted: str, shown: str, grounds: Grounds, notes: Notes
) -> Settled:
    there = []
    for name in members:
        target = settled.targets[name]
        try:
            new = releases.parse(target.role, wanted)
        except releases.ReleaseError as error:
            notes.faults.append(f"{shown}: {printable(wanted, 40)} is no release of {target.role}; {error}")
            return settled
        old = releases.parse(target.role, target.release) if target.release is not None else None
        if old is not None and (old.low, old.high) == (new.low, new.high):
            there.append(name)
        elif old is not None and new.overlaps(old.low, old.high) and new.low < old.low:
            notes.faults.append(
                f"{shown}: {printable(wanted, 40)} may be {target.release}, which {name} runs: say more"
            )
        elif old is not None and new.low < old.low:
            notes.faults.append(
                f"{shown}: {name} runs {target.release}, so {printable(wanted, 40)} is a downgrade: what it does to a "
                "box is not known"
            )
        elif (limit := _limit(target, old, new, grounds, notes)) is not None:
            notes.faults.append(f"{shown}: {name} cannot run {printable(wanted, 40)}. {limit}")
        else:
            settled = settled.with_target(_on(target, old, new, wanted, grounds, notes))
    if len(there) == len(members):
        notes.faults.append(f"{shown}: {listed(members)} runs it already, so this touches nothing")
    return settled


def _limit(target: Target, old: Release | None, new: Release, grounds: Grounds, notes: Notes) -> str | None:
    """Why a box surely cannot run a release, None where it can. Where that hangs on a fact, it is undecided.

    What is doubtful of a release that it can run is told.
    """
    box = grounds.box(target)
    for row in grounds.tables.limits:
        reached = new.overlaps(row.release.low or (), row.release.high)
        if target.role not in row.roles or not reached or (old is not None and _within(old, row.release)):
            continue
        if not box.perhaps(row.when):
            continue
        if row.only_told:
            notes.left_out.append(f"{printable(new.text, 40)}: {row.says}")
            continue
        if box.certainly(row.when) and _within(new, row.release):
            return row.says
        asked = [grounds.tables.settings[condition.fact] for condition in row.when]
        questions = " ".join(f"{one.question} ({one.name}; {one.read_at} tells)" for one in asked)
        why = row.says if box.certainly(row.when) else questions
        notes.undecided.append(f"Whether {target.id} can run that release is not known. {why}")
    return None


def _on(target: Target, old: Release | None, new: Release, wanted: str, grounds: Grounds, notes: Notes) -> Target:
    notes.alterations.append(Alteration("upgrade", target.id, "release", target.release, wanted))
    target = replace(target, release=wanted, release_from="declared")
    for row in grounds.tables.upgrades:
        if target.role in row.roles and old is not None and _within(old, row.was) and _within(new, row.release):
            target = _with_effects(target, row, grounds, notes)
    return _without_aliased(target, grounds)


def _within(release: Release, condition: Condition) -> bool:
    """Whether a release, perhaps known in part, surely meets a condition."""
    low, high = condition.low, condition.high
    return (low is None or release.low >= low) and (high is None or release.high <= high)


def _with_effects(target: Target, row: UpgradeChange, grounds: Grounds, notes: Notes) -> Target:
    settings = dict(target.settings)
    for name, value in row.sets.items():
        slot = _given_slot(target, name, grounds)
        if slot is not None:
            notes.left_out.append(
                f"{target.id}: the certificate that is named for its slot {slot} is taken for what stands there after "
                f"the upgrade. {row.says}"
            )
            if not grounds.box(target).speaks_of_several(name):
                continue
        told = settings.get(name)
        notes.alterations.append(
            Alteration("upgrade", target.id, name, told.value if told is not None else None, value, row.id)
        )
        settings[name] = Fact(value, "declared")
    return replace(target, settings=settings)


def _given_slot(target: Target, setting: str, grounds: Grounds) -> str | None:
    """The slot that a setting makes one with another, where it has a certificate of its own all the same."""
    slots = {
        row.slot
        for row in grounds.tables.aliases
        if target.role in row.roles and any(condition.fact == setting for condition in row.when)
    }
    return next((one.slot for one in target.slots if one.slot in slots and one.chain is not None), None)


def _without_aliased(target: Target, grounds: Grounds) -> Target:
    """A slot that is one with another is not waited for; a certificate that is named for it stays, as in a scan."""
    box = grounds.box(target)
    one = {row.slot for row in grounds.tables.aliases if target.role in row.roles and box.is_one(row)}
    kept = tuple(content for content in target.slots if content.chain is not None or content.slot not in one)
    return replace(target, slots=kept)
