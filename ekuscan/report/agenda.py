"""The days that matter as entries: policy dates, the last day of each certificate, the last day to renew it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ekuscan.policy.calendar import CertificateDays, Event, events
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


def policy_entries() -> Iterator[Entry]:
    """The policy dates in force."""
    for event in events(_FIRST, _LAST):
        yield Entry(f"policy/{event.id}", event.day, event.text, tuple(_told(event)))


def _told(event: Event) -> Iterator[str]:
    yield from event.replaces
    if event.conflict:
        yield f"Sources disagree: {event.conflict}"
    yield f"{event.id}: source {', '.join(event.source)}, confidence {event.confidence}."


def certificate_entries(id_: str, name: str, days: CertificateDays) -> Iterator[Entry]:
    """The days of one certificate. ``id_`` is where it is kept, never what it is; ``name`` is for a person."""
    title = f"{name} ends: the last day that it works" if days.last_day_valid else f"{name}: its end cannot be read"
    yield Entry(f"{id_}/ends", days.last_day_valid, title, (_renewal(days),))
    if days.client_auth == "until" and days.last_day_to_renew and days.last_day_to_renew != days.last_day_valid:
        last = f"After this day {days.issuance.authority} issues no clientAuth, or the certificate has ended."
        yield Entry(f"{id_}/renew", days.last_day_to_renew, f"{name}: last day to renew with clientAuth", (last,))


def _renewal(days: CertificateDays) -> str:
    who = days.issuance.authority
    if days.client_auth == "not-affected":
        return "Its CA is touched by no root programme's policy: the next certificate can be like this one."
    if days.client_auth == "passed":
        since = f" since {spoken(days.last_day_to_renew)}" if days.last_day_to_renew else ""
        return f"The next certificate will have no clientAuth: {who} issues none{since}."
    asked = "issues both EKUs" if days.issuance.default == "both" else "issues clientAuth when asked"
    until = f" until {spoken(days.last_day_to_renew)}" if days.client_auth == "until" and days.last_day_to_renew else ""
    best = (
        f" Renewed on {spoken(days.renew_on)} it lasts to about {spoken(days.lasts_to)}."
        if days.renew_on and days.lasts_to
        else ""
    )
    return f"{who} {asked}{until}.{best}"
