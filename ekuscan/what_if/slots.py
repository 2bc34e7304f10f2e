"""Putting another certificate into a slot of a box, and what that leaves in the slots that were one with it."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.model import Fact, SlotContent, Target
from ekuscan.rules.tables import As, SlotAlias
from ekuscan.verdict.evaluate import slot_name
from ekuscan.what_if.settled import Grounds


def filled(target: Target, content: SlotContent, replaced: tuple[SlotContent, ...], grounds: Grounds) -> Target:
    """The target with ``content`` in the place of ``replaced``, which are of the same slot.

    A slot that is declared to hold the same certificate follows. One that merely held a copy keeps the old certificate.
    """
    old = {one.sha256 for one in replaced}
    copies: list[SlotContent] = []
    for row in _holding(target, grounds):
        if row.same_as == content.slot and row.copy:
            target = _apart(target, row, grounds)
            held_here = [one for one in target.slots if one.slot == content.slot and one.chain is not None]
            copies += [replace(one, slot=row.slot, endpoints=()) for one in held_here]
    others = [
        one for one in target.slots if one not in replaced and (one.slot != content.slot or one.chain is not None)
    ]
    kept = [_followed(one, content) if one.from_ == "same-slot" and one.sha256 in old else one for one in others]
    return replace(target, slots=(content, *kept, *copies))


def _followed(one: SlotContent, content: SlotContent) -> SlotContent:
    return replace(one, sha256=content.sha256, chain=content.chain)


def copying(target: Target, slot: str, grounds: Grounds) -> tuple[str, ...]:
    """The slots that hold a copy of what is in this one, and keep it when something else is put here."""
    return tuple(row.slot for row in _holding(target, grounds) if row.same_as == slot and row.copy)


def holders(target: Target, slot: str, key: str, grounds: Grounds) -> tuple[SlotContent, ...]:
    """The contents of a slot that a certificate with this kind of key replaces.

    A port may show an RSA and an ECDSA certificate: then the one of the same kind is replaced, the other one stays.
    """
    contents = tuple(one for one in target.slots if one.slot == slot and one.chain is not None)
    alike = tuple(one for one in contents if _kind(one, grounds) == key.partition(" ")[0])
    return alike if alike and len({_kind(one, grounds) for one in contents}) > 1 else contents


def _kind(content: SlotContent, grounds: Grounds) -> str:
    certificate = grounds.book.certificates.get(content.sha256 or "")
    return certificate.key.partition(" ")[0] if certificate is not None else ""


def held(target: Target, slot: str, grounds: Grounds) -> tuple[SlotContent, ...]:
    """What is in a slot, be it under the name of the slot that it is surely one with."""
    same = [slot, *(row.same_as for row in _holding(target, grounds) if row.slot == slot)]
    return tuple(one for one in target.slots if one.slot in same and one.chain is not None)


def one_by_release(target: Target, slot: str, grounds: Grounds) -> str | None:
    """The slot that this one is one and the same with on the target's release, None where it is one of its own."""
    return next((row.same_as for row in _holding(target, grounds) if row.slot == slot and _by_release(row)), None)


def of_its_own(target: Target, slot: str, grounds: Grounds) -> Target:
    """The target with a slot that holds no copy any more, because something of its own is put into it.

    Of a setting that speaks of several slots what is put into one says nothing of the others: it stays as it is.
    """
    for row in _holding(target, grounds):
        several = any(grounds.box(target).speaks_of_several(condition.fact) for condition in row.when)
        if row.slot == slot and not _by_release(row) and not several:
            target = _apart(target, row, grounds)
    return target


def shown_as(target: Target, slot: str, grounds: Grounds) -> frozenset[As]:
    """Whether a target shows this slot where it dials ("client"), where it answers ("server"), or both: surely, or
    unless somebody says otherwise."""
    box = grounds.box(target)
    rows = (row for row in grounds.tables.aliases if target.role in row.roles and (box.is_one(row) or box.unsaid(row)))
    held_here = {slot, *(row.slot for row in rows if row.same_as == slot)}
    return frozenset(
        rule.presents.as_
        for rule in grounds.tables.rules
        if target.role in rule.presents.roles
        and rule.presents.as_ != "candidate"
        and slot_name(rule, target.role, grounds.tables) in held_here
    )


def _apart(target: Target, row: SlotAlias, grounds: Grounds) -> Target:
    settings = dict(target.settings)
    for condition in row.when:
        others = [value for value in grounds.tables.settings[condition.fact].values if value not in condition.values]
        settings[condition.fact] = Fact(others[0], "declared")
    return replace(target, settings=settings)


def _holding(target: Target, grounds: Grounds) -> list[SlotAlias]:
    box = grounds.box(target)
    return [row for row in grounds.tables.aliases if target.role in row.roles and box.is_one(row)]


def _by_release(row: SlotAlias) -> bool:
    return any(condition.fact == "release" for condition in row.when)
