"""All changes of one preflight, put to an estate in the order in which they are made."""

from __future__ import annotations

from ekuscan.foresight import Alteration
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.what_if.certificate import NewCertificate, with_certificates
from ekuscan.what_if.renewal import renewed
from ekuscan.what_if.setting import with_settings
from ekuscan.what_if.settled import Grounds, Notes, Settled
from ekuscan.what_if.upgrade import upgraded


class WrongChange(ValueError):  # noqa: N818  (the name says what happened to the caller)
    """Changes that cannot be made; each line of the message is one sentence."""


@record
class Changes:
    """What was asked for, as it was typed. ``certificates`` are read already."""

    to: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    certificates: tuple[NewCertificate, ...] = ()
    renew: tuple[str, ...] = ()
    later: bool = False

    def __bool__(self) -> bool:
        return bool(self.to or self.set or self.certificates or self.renew or self.later)


@record
class Changed:
    """The estate after the changes; ``alterations`` are all facts that differ.

    ``left_out`` are sentences on what was changed otherwise than asked, ``undecided`` on what was left as it is because
    a fact is not known, ``stand_ins`` the ids of certificates that nobody
    has yet.
    """

    estate: Settled
    alterations: tuple[Alteration, ...]
    left_out: tuple[str, ...]
    undecided: tuple[str, ...]
    stand_ins: frozenset[str]

    @property
    def fresh(self) -> frozenset[tuple[str, str, str]]:
        """By target, slot and fingerprint, the certificates that no peer can have been given yet.

        A slot that is declared to hold the same certificate as the one that was filled holds the new one as well.
        """
        put = [one for one in self.alterations if one.kind in ("certificate", "renewal")]
        new = self.stand_ins | {one.after for one in put if one.kind == "certificate"}
        filled = {(one.subject, one.what) for one in put}
        return frozenset(
            (target.id, content.slot, content.sha256)
            for target in self.estate.targets.values()
            for content in target.slots
            if content.sha256 in new and ((target.id, content.slot) in filled or content.from_ == "same-slot")
        )

    @property
    def touched(self) -> frozenset[str]:
        """The targets at which something is changed, those behind a changed connection included."""
        return frozenset(self._touched())

    def _touched(self) -> list[str]:
        if any(one.kind == "day" for one in self.alterations):
            return list(self.estate.targets)
        found = [one.subject for one in self.alterations if one.subject in self.estate.targets]
        subjects = {one.subject for one in self.alterations}
        for connection in self.estate.connections:
            if connection.id in subjects:
                found += [*self.estate.members(connection.from_), *self.estate.members(connection.to)]
        return found


def changed(settled: Settled, changes: Changes, grounds: Grounds) -> Changed:
    """The estate with the changes made: upgrades, then settings, then certificates from files, then renewals.

    Nothing of ``settled`` is modified. Raises `WrongChange` with everything that is wrong with the changes.
    """
    notes = Notes()
    if changes.later:
        days = (spoken(grounds.today.date()), spoken(grounds.day.date()))
        notes.alterations.append(Alteration("day", "", "day", *days))
    estate = upgraded(settled, changes.to, grounds, notes)
    estate = with_settings(estate, changes.set, grounds, notes)
    estate = with_certificates(estate, changes.certificates, grounds, notes)
    estate = renewed(estate, changes.renew, grounds, notes)
    if notes.faults:
        raise WrongChange("\n".join(dict.fromkeys(notes.faults)))
    left_out, undecided = (tuple(dict.fromkeys(sentences)) for sentences in (notes.left_out, notes.undecided))
    return Changed(estate, tuple(notes.alterations), left_out, undecided, frozenset(notes.stand_ins))
