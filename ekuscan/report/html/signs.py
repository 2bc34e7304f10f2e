"""How an answer shows on the page: always a word and a shape, and a colour beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ekuscan.model import EndpointStatus, Outcome, Verdict
from ekuscan.record import record
from ekuscan.report.page import SectionName


@record
class Sign:
    """``word`` is for a person; ``symbol`` names the shape and the colour; the lower the ``rank``, the graver."""

    word: str
    symbol: str
    rank: int


OUTCOMES: Mapping[Outcome, Sign] = {
    "breaks-now": Sign("broken now", "broken", 0),
    "breaks-at-renewal": Sign("breaks at renewal", "renewal", 1),
    "depends": Sign("to decide", "decide", 2),
    "at-risk": Sign("at risk", "risk", 3),
    "unknown": Sign("unknown", "unknown", 4),
    "ok": Sign("fine", "fine", 6),
    "not-applicable": Sign("does not apply", "none", 7),
}
SECTION_SIGNS: Mapping[SectionName, Sign] = {
    "broken-now": OUTCOMES["breaks-now"],
    "at-renewal": OUTCOMES["breaks-at-renewal"],
    "at-risk": OUTCOMES["at-risk"],
    "unknown": OUTCOMES["unknown"],
    "decide": OUTCOMES["depends"],
}
STATUSES: Mapping[EndpointStatus, Sign] = {
    "failed": Sign("unseen", "broken", 0),
    "partial": Sign("seen in part", "risk", 1),
    "skipped": Sign("not tried", "unknown", 2),
    "seen": Sign("seen", "fine", 3),
    "closed": Sign("closed", "none", 4),
}
WAIVED = Sign("waived", "waived", 5)
NOT_JUDGED = Sign("not judged", "none", 8)


def sign_of(verdict: Verdict) -> Sign:
    """The sign of a verdict's answer; of one that a waiver accepts that it does."""
    return OUTCOMES[verdict.outcome] if verdict.waived is None else WAIVED


def gravest(verdicts: Iterable[Verdict]) -> Sign:
    """The sign of the gravest one, `NOT_JUDGED` where there is none."""
    return min(map(sign_of, verdicts), key=lambda sign: sign.rank, default=NOT_JUDGED)
