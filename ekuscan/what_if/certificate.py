"""``--new-cert NAME:SLOT=FILE``: a certificate out of a file in the place of the one that is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ekuscan.fingerprint import sha256_hex
from ekuscan.foresight import Alteration
from ekuscan.model import SlotContent
from ekuscan.names import printable
from ekuscan.profiles.load import slot_names
from ekuscan.record import record
from ekuscan.what_if.settled import Grounds, Notes, Settled, known_or, listed
from ekuscan.what_if.slots import filled, holders, of_its_own, one_by_release


@record
class NewCertificate:
    """What is to be put into a slot: DER, end-entity first. ``name`` is NAME:SLOT as it was typed."""

    name: str
    ders: tuple[bytes, ...]
    path: str

    @property
    def target(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def slot(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def sha256(self) -> str:
        return sha256_hex(self.ders[0])


def with_certificates(settled: Settled, new: Iterable[NewCertificate], grounds: Grounds, notes: Notes) -> Settled:
    """The estate with other certificates in its slots. What is wrong with their names is noted."""
    for one in new:
        problem = _problem(settled, one, grounds)
        if problem is not None:
            notes.faults.append(f"--new-cert {printable(one.name, 120)}: {problem}")
        elif one.target in settled.targets:
            settled = _with(settled, one, grounds, notes)
    return settled


def _problem(settled: Settled, new: NewCertificate, grounds: Grounds) -> str | None:
    target = settled.targets.get(new.target)
    if target is None:
        names = tuple(settled.targets)
        return (
            f"{printable(new.target, 80)} is no target; {known_or(new.target, names, f'write one of {listed(names)}')}"
        )
    if target.role_from == "default":
        return "what it is, is not known; give it a role in the targets file" if grounds.looked else None
    slots = slot_names(target.role)
    if new.slot not in slots:
        hint = known_or(new.slot, slots, f"write one of {listed(slots)}")
        return f"{target.role} has no slot {printable(new.slot, 80)}; {hint}"
    one = one_by_release(target, new.slot, grounds)
    if one is not None:
        return f"on {target.release} {target.id} has one certificate for {one} and {new.slot}; write {target.id}:{one}"
    if any(content.sha256 == new.sha256 for content in target.slots if content.slot == new.slot):
        return "it is the certificate that is there already, so this touches nothing"
    return None


def _with(settled: Settled, new: NewCertificate, grounds: Grounds, notes: Notes) -> Settled:
    target = of_its_own(settled.targets[new.target], new.slot, grounds)
    chain = grounds.book.add(new.ders)
    replaced = holders(target, new.slot, grounds.book.certificates[new.sha256].key, grounds)
    endpoints = tuple(dict.fromkeys(id_ for one in replaced for id_ in one.endpoints))
    content = SlotContent(new.slot, new.sha256, chain, "file", endpoints)
    before = ", ".join(one.sha256 for one in replaced if one.sha256) or None
    notes.alterations.append(Alteration("certificate", target.id, new.slot, before, new.sha256))
    return settled.with_target(filled(replace(target), content, replaced, grounds))
