"""The rows of the list of certificates: what each slot of each box holds, in the words of the text report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ekuscan.model import Run, Target
from ekuscan.profiles.load import profile
from ekuscan.record import record
from ekuscan.report.agenda import certificate_entries
from ekuscan.report.certificate_rows import Evidence, Row, evidence_of, rows_of
from ekuscan.report.html.days import Held
from ekuscan.report.html.signs import NOT_JUDGED, OUTCOMES, Sign
from ekuscan.report.page import Page


@record
class CertificateRow:
    """``renewal`` says what its CA issues next. ``chain`` is the id of its chain, None where none was seen."""

    number: int
    target: Target
    label: str
    mark: str
    issuer: str
    kind: str
    not_after: datetime | None
    days: int | None
    asks: tuple[str, ...]
    notes: tuple[str, ...]
    renewal: str
    chain: str | None
    sign: Sign


def certificate_rows(run: Run, held: Mapping[str, Held], page: Page) -> tuple[CertificateRow, ...]:
    """A row per certificate of a box, those that end first before the others, those unseen last."""
    evidence = evidence_of(run)
    pairs = [
        (target, row)
        for target in run.targets
        if target.slots or not profile(target.role).far_end
        for row in rows_of(target, evidence, page, verbose=True)
    ]
    found = [_row(target, row, held.get(row.sha256 or ""), evidence, page.now) for target, row in pairs]
    found.sort(key=lambda one: (one.not_after is None, one.not_after.timestamp() if one.not_after else 0.0))
    return tuple(replace(row, number=number) for number, row in enumerate(found, 1))


def _row(target: Target, row: Row, held: Held | None, evidence: Evidence, now: datetime) -> CertificateRow:
    certificate = evidence.certificates.get(row.sha256 or "")
    end = certificate.not_after if certificate is not None else None
    sign = held.sign if held is not None else (NOT_JUDGED if certificate is not None else OUTCOMES["unknown"])
    return CertificateRow(
        0,
        target,
        row.label,
        row.mark,
        row.issuer,
        row.kind,
        end,
        (end.date() - now.date()).days if end is not None else None,
        tuple(row.asks),
        tuple(row.notes),
        _renewal(held),
        row.chain,
        sign,
    )


def _renewal(held: Held | None) -> str:
    """What the agenda says of the day on which it ends."""
    if held is None or held.days is None:
        return ""
    first = next(iter(certificate_entries("", "", held.days)), None)
    return first.text[0] if first is not None and first.text else ""
