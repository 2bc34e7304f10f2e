"""The days that matter as entries: policy dates, the last day of each certificate and waiver, the last to renew on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from ekuscan.model import Certificate, Chain, Run, SlotContent, Target, Waiver
from ekuscan.names import printable
from ekuscan.policy.calendar import CertificateDays, Event, certificate_days, events
from ekuscan.policy.days import spoken
from ekuscan.record import record

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@record
class Entry:
    """A day and what is on it. ``id`` names the entry for good: a renewal moves its day, and changes nothing else.

    ``day`` is None where a certificate's own end cannot be read.
    """

    id: str
    day: date | None
    title: str
    text: tuple[str, ...]


@record
class Kept:
    """A chain and where it is kept: ``id`` and ``name`` of the place, for good and for a person.

    ``leaf`` is its end-entity certificate.
    """

    id: str
    name: str
    leaf: Certificate
    chain: Chain


def policy_entries() -> Iterator[Entry]:
    """The policy dates in force."""
    for event in events(_FIRST, _LAST):
        yield Entry(f"policy/{event.id}", event.day, event.text, tuple(_told(event)))


def _told(event: Event) -> Iterator[str]:
    yield from event.replaces
    if event.conflict:
        yield f"Sources disagree: {event.conflict}"
    yield f"{event.id}: source {', '.join(event.source)}, confidence {event.confidence}."


def waiver_entries(waivers: Iterable[Waiver]) -> Iterator[Entry]:
    """The last day of each waiver; the same one of several places once."""
    for waiver in dict.fromkeys(replace(one, line=None) for one in waivers):
        title = f"{printable(waiver.verdict, 200)}: last day of the waiver, a finding again after it"
        text = f"{printable(waiver.owner, 200)}: {printable(waiver.reason, 2000)}"
        yield Entry(f"waiver/{printable(waiver.verdict, 400)}", waiver.until, title, (text,))


def certificate_entries(id_: str, name: str, days: CertificateDays) -> Iterator[Entry]:
    """The days of one certificate. ``id_`` is where it is kept, never what it is; ``name`` is for a person."""
    title = f"{name} ends: the last day that it works" if days.last_day_valid else f"{name}: its end cannot be read"
    yield Entry(f"{id_}/ends", days.last_day_valid, title, (_renewal(days),))
    if days.client_auth == "until" and days.last_day_to_renew and days.last_day_to_renew != days.last_day_valid:
        title = f"{name}: last day to renew with clientAuth"
        yield Entry(f"{id_}/renew", days.last_day_to_renew, title, (_after_it(days),))


def _after_it(days: CertificateDays) -> str:
    """Why a renewal is too late after the last day for it: its CA's day, or the certificate's own end."""
    if days.last_day_to_renew == days.issuance.last_combined_day:
        return f"After this day {days.issuance.authority} issues no clientAuth."
    return f"The certificate ends on the day after. {_issues(days)}."


def _issues(days: CertificateDays) -> str:
    """What its CA issues, and until which day: the CA's own, whenever the certificate ends."""
    asked = "issues both EKUs" if days.issuance.default == "both" else "issues clientAuth when asked"
    last = days.issuance.last_combined_day
    return f"{days.issuance.authority} {asked}{f' until {spoken(last)}' if last else ''}"


def _renewal(days: CertificateDays) -> str:
    who = days.issuance.authority
    if days.client_auth == "not-affected":
        return "Its CA is touched by no root programme's policy: the next certificate can be like this one."
    if days.client_auth == "passed":
        since = f" since {spoken(days.last_day_to_renew)}" if days.last_day_to_renew else ""
        return f"The next certificate will have no clientAuth: {who} issues none{since}."
    best = (
        f" Renewed on {spoken(days.renew_on)} it lasts to about {spoken(days.lasts_to)}."
        if days.renew_on and days.lasts_to
        else ""
    )
    return f"{_issues(days)}.{best}"


def kept_entries(kept: Iterable[Kept], today: date) -> Iterator[Entry]:
    """The days of certificates; a second one that is kept at the same place is numbered."""
    taken: Counter[str] = Counter()
    for one in kept:
        taken[one.id] += 1
        id_ = one.id if taken[one.id] == 1 else f"{one.id}/{taken[one.id]}"
        yield from certificate_entries(id_, printable(one.name, 60), certificate_days(one.leaf, one.chain, today))


def end_entity(chain: Chain) -> str:
    """The fingerprint of a chain's end-entity certificate."""
    return chain.paths[0][0] if chain.paths and chain.paths[0] else chain.presented[0]


def held_in(run: Run) -> Iterator[Kept]:
    """The chains in the slots of a run, as far as it has their certificates. What is one slot with another stands once.

    Who issued a chain is what the run found: it had the site's own roots and trust data, which need not be here.
    """
    for target in run.targets:
        for content in target.slots:
            chain = run.chains.get(content.chain or "")
            leaf = run.certificates.get(end_entity(chain)) if chain is not None else None
            if chain is None or leaf is None or content.from_ == "same-slot":
                continue
            names = [target.id, content.slot, *_apart(target, content, [leaf])]
            yield Kept("/".join(names), " ".join(names), leaf, chain)


def _apart(target: Target, content: SlotContent, leaf: Sequence[Certificate]) -> list[str]:
    """What tells a content from others of its slot, and stays at a renewal: a port and the kind of its key."""
    if sum(one.slot == content.slot and one.from_ != "same-slot" for one in target.slots) == 1:
        return []
    return [*content.endpoints[:1], *(one.key.partition(" ")[0] for one in leaf)]
