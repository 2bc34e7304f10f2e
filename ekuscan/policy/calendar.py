"""Policy on the calendar: what happens when, and the days that matter for one certificate."""

from __future__ import annotations

from datetime import UTC, date
from typing import Literal

from ekuscan.model import Certificate, Chain, Confidence
from ekuscan.policy.days import day_before, spoken
from ekuscan.policy.issuance import Issuance, issues_next
from ekuscan.policy.load import DateRow, Scope, packaged
from ekuscan.policy.organization import organization_of
from ekuscan.policy.validity import best_issue_day, lasts_until
from ekuscan.record import record

ClientAuthRenewal = Literal["until", "open", "passed", "not-affected"]


@record
class Event:
    """A policy date in force. ``when`` is its day as a person writes it, as exactly as it is known.

    ``replaces`` says, for each earlier day that this one superseded, what changed.
    """

    id: str
    day: date
    when: str
    text: str
    scope: Scope
    source: tuple[str, ...]
    confidence: Confidence
    replaces: tuple[str, ...]
    conflict: str | None


@record
class CertificateDays:
    """The days that matter for one certificate.

    ``last_day_valid`` is the UTC day of its notAfter, None where that cannot be read. ``client_auth`` says whether
    its CA renews it with clientAuth: "until" ``last_day_to_renew``; "open", without a known end; "passed", where
    ``last_day_to_renew`` is past; "not-affected", where no policy touches the CA. A renewal on ``renew_on``, the best
    day that is left, lasts longest, to about ``lasts_to``; both are None where there is nothing to renew for.
    """

    last_day_valid: date | None
    client_auth: ClientAuthRenewal
    last_day_to_renew: date | None
    renew_on: date | None
    lasts_to: date | None
    issuance: Issuance


def events(from_day: date, to_day: date) -> tuple[Event, ...]:
    """The policy dates in force from ``from_day`` to ``to_day``, both included, by day."""
    found = [row for row in packaged().dates.values() if row.superseded_by is None and from_day <= row.day <= to_day]
    return tuple(_event(row) for row in sorted(found, key=lambda row: (row.day, row.id)))


def _event(row: DateRow) -> Event:
    moved = (older.change for older in packaged().dates.values() if older.superseded_by == row.id)
    return Event(
        id=row.id,
        day=row.day,
        when=spoken(row.day, row.precision),
        text=row.text,
        scope=row.scope,
        source=row.source,
        confidence=row.confidence,
        replaces=tuple(change for change in moved if change),
        conflict=row.conflict,
    )


def certificate_days(certificate: Certificate, chain: Chain, today: date) -> CertificateDays:
    """The days that matter for the end-entity certificate of a chain, seen from ``today``.

    A renewal is wanted before the day on which the certificate ends; one that has ended can be renewed today.
    """
    hierarchy = chain.hierarchy
    organization = organization_of(certificate.issuer)
    issuance = issues_next(hierarchy.owner, organization, hierarchy.root, hierarchy.class_, today)
    ends = certificate.not_after.astimezone(UTC).date() if certificate.not_after else None
    if issuance.default == "keep":
        return CertificateDays(ends, "not-affected", None, None, None, issuance)
    if not issuance.combined:
        return CertificateDays(ends, "passed", issuance.last_combined_day, None, None, issuance)
    last = _last_day_to_renew(issuance, ends, today)
    best = best_issue_day(today, last if last else today)
    state: ClientAuthRenewal = "until" if issuance.last_combined_day else "open"
    return CertificateDays(ends, state, last, best, lasts_until(best), issuance)


def _last_day_to_renew(issuance: Issuance, ends: date | None, today: date) -> date | None:
    """The last day on which a renewal with clientAuth is both possible and in time, None where neither is bounded."""
    in_time = max(day_before(ends), today) if ends and ends >= today else None
    bounds = [day for day in (in_time, issuance.last_combined_day) if day is not None]
    return min(bounds) if bounds else None
