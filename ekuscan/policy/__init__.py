"""Policy as dated facts: root programmes, what each CA issues next, how long a certificate may last."""

from __future__ import annotations

from ekuscan.policy.calendar import CertificateDays, Event, certificate_days, events
from ekuscan.policy.days import spoken
from ekuscan.policy.issuance import Issuance, issues_next
from ekuscan.policy.load import Policy, packaged
from ekuscan.policy.organization import organization_of
from ekuscan.policy.validity import best_issue_day, lasts_until, latest_end, longest_validity
from ekuscan.table_rows import TableError

__all__ = [
    "CertificateDays",
    "Event",
    "Issuance",
    "Policy",
    "TableError",
    "best_issue_day",
    "certificate_days",
    "events",
    "issues_next",
    "lasts_until",
    "latest_end",
    "longest_validity",
    "organization_of",
    "packaged",
    "spoken",
]
