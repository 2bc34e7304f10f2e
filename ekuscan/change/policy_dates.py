"""The packaged policy dates, each with the CAs whose timelines stand on it."""

from __future__ import annotations

from ekuscan.change.compared import PolicyDate
from ekuscan.policy.load import packaged


def policy_dates() -> tuple[PolicyDate, ...]:
    """All dates in force, by day."""
    policy = packaged()
    of: dict[str, list[str]] = {}
    for authority in policy.authorities:
        for row in authority.row:
            if row.from_ is not None:
                of.setdefault(row.from_, []).append(authority.name)
    rows = sorted(policy.dates.values(), key=lambda row: (row.day, row.id))
    return tuple(
        PolicyDate(row.id, row.day, row.text, tuple(of.get(row.id, ()))) for row in rows if row.superseded_by is None
    )
