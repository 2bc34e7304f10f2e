"""How long a public TLS certificate issued on a given day lasts."""

from __future__ import annotations

from datetime import date, timedelta

from ekuscan.policy.load import packaged


def longest_validity(at: date) -> int:
    """The most days that a public TLS certificate issued on this day may last (Baseline Requirements §6.3.2)."""
    policy = packaged()
    return next(row.days for row in reversed(policy.validity) if policy.day(row.from_) <= at)


def latest_end(issued: date) -> date:
    """The last day that the limit allows to a certificate issued on this day."""
    return issued + timedelta(days=longest_validity(issued))


def lasts_until(issued: date) -> date:
    """About the last day of a certificate issued on this day: CAs stay a little below the limit."""
    return latest_end(issued) - timedelta(days=packaged().practice.days)


def best_issue_day(first: date, last: date) -> date:
    """The day from ``first`` to ``last`` on which a certificate must be issued to last longest.

    The last one, unless a shorter limit begins in between: then often the day before that.
    """
    policy = packaged()
    eves = [policy.day(row.from_) - timedelta(days=1) for row in policy.validity if row.from_ is not None]
    return max((day for day in (*eves, last) if first <= day <= last), key=lambda day: (lasts_until(day), day))
