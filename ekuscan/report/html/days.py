"""The days that matter to a run: ends of its certificates, last days to renew them, and the dates of the policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from ekuscan.model import Certificate, Chain, Run
from ekuscan.policy.calendar import CertificateDays, certificate_days
from ekuscan.record import record
from ekuscan.report.agenda import certificate_entries, policy_entries
from ekuscan.report.html.signs import Sign, gravest, sign_of

_NAMES = 3


@record
class Day:
    """A day and what is on it; ``anchor`` is where the page says more."""

    day: date
    title: str
    text: tuple[str, ...]
    kind: Literal["certificate", "renewal", "policy"]
    anchor: str


@record
class Held:
    """An end-entity certificate and who holds it: "exp-e1 server". ``sign`` is the gravest answer that stands on it."""

    sha256: str
    holders: tuple[str, ...]
    certificate: Certificate
    days: CertificateDays | None
    sign: Sign

    @property
    def name(self) -> str:
        """Its holders in a few words."""
        more = len(self.holders) - _NAMES
        return ", ".join(self.holders[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def held_certificates(run: Run, today: date) -> tuple[Held, ...]:
    """Each certificate in a slot once, those that end first before the others."""
    holders: dict[str, dict[str, None]] = {}
    chains: dict[str, Chain] = {}
    for target in run.targets:
        for slot in target.slots:
            if slot.sha256 is None or slot.sha256 not in run.certificates:
                continue
            holders.setdefault(slot.sha256, {})[f"{target.id} {slot.slot}"] = None
            if slot.chain is not None and slot.chain in run.chains:
                chains.setdefault(slot.sha256, run.chains[slot.chain])
    outcomes: dict[str, list[Sign]] = {}
    for verdict in run.verdicts:
        if verdict.sha256 is not None:
            outcomes.setdefault(verdict.sha256, []).append(sign_of(verdict))
    found = [
        Held(
            sha256,
            tuple(names),
            run.certificates[sha256],
            certificate_days(run.certificates[sha256], chains[sha256], today) if sha256 in chains else None,
            min(outcomes.get(sha256, [gravest([])]), key=lambda sign: sign.rank),
        )
        for sha256, names in holders.items()
    ]
    return tuple(sorted(found, key=lambda one: (_end(one) or date.max, one.name)))


def _end(held: Held) -> date | None:
    return held.certificate.not_after.date() if held.certificate.not_after is not None else None


def days_of(certificates: Sequence[Held]) -> tuple[Day, ...]:
    """All days, in order."""
    found = [*_policies(), *(day for held in certificates for day in _certificate(held))]
    return tuple(sorted(found, key=lambda day: (day.day, day.kind, day.title)))


def _policies() -> Iterator[Day]:
    for entry in policy_entries():
        if entry.day is not None:
            yield Day(entry.day, entry.title, entry.text, "policy", "dates")


def _certificate(held: Held) -> Iterator[Day]:
    if held.days is None:
        return
    for entry in certificate_entries(held.sha256, held.name, held.days):
        if entry.day is not None:
            kind: Literal["certificate", "renewal"] = "renewal" if entry.id.endswith("/renew") else "certificate"
            yield Day(entry.day, entry.title, entry.text, kind, "certificates")
