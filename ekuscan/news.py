"""The nouns of ``ekuscan diff``, each in the shape in which it is published as ``ekuscan.diff/1``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ekuscan.foresight import Answered, Effect
from ekuscan.model import Eku, RunInfo, Severity
from ekuscan.record import record

SCHEMA = "ekuscan.diff/1"

# In the order in which changes that are equally grave are told.
ChangeKind = Literal[
    "lost",
    "certificate",
    "date",
    "waiver",
    "request",
    "enforcement",
    "release",
    "role",
    "setting",
    "verdict",
    "rules",
    "chain",
    "ca-names",
    "back",
    "target-removed",
    "target-added",
    "connection-removed",
    "connection-added",
    "endpoint-gone",
    "endpoint-new",
]
Cause = Literal["facts", "date", "rules", "unknown"]
WaiverChange = Literal["began", "ended"]


@record
class CertificateSide:
    """A certificate as far as two are compared; ``eku`` is its own, not that of its chain."""

    sha256: str
    subject: str
    issuer: str
    not_after: datetime | None
    key: str
    san: tuple[str, ...]
    eku: Eku


@record
class Consequence:
    """A verdict that a change has another answer for; None where it does not exist there.

    ``effect`` is that of ``ekuscan.preflight/1``; "same" where the answer is as before and ``no_longer`` names remedies
    that a date has taken away, or ``waiver`` says that one accepts it now or does so no more. ``cause`` says why:
    "facts" that the later run saw, a "date" that passed, newer "rules" (tables, trust data or version), or
    "unknown" where more than one of them may be why.
    """

    id: str
    rule: str
    use_case: str
    target: str
    dials: str | None
    answers: str | None
    if_used: bool
    effect: Effect
    cause: Cause
    before: Answered | None
    after: Answered | None
    severity: Severity
    no_longer: tuple[str, ...] = ()
    waiver: WaiverChange | None = None


@record
class Change:
    """One thing that differs between two runs, with the verdicts that it changed: what a person reads as one line.

    ``id`` is KIND/SUBJECT[/DETAIL], the same whenever the same thing changes on the same targets. ``endpoints`` are at
    most a hundred of the ``endpoint_count`` that show it. ``what`` is the slot, setting or date that it is about,
    ``before`` and ``after`` its values as text. ``title`` says where what happened; ``details`` are what follows from
    it and what else differs, in short pieces, the most important first.
    """

    id: str
    kind: ChangeKind
    severity: Severity
    targets: tuple[str, ...]
    connection: str | None
    endpoints: tuple[str, ...]
    endpoint_count: int
    what: str | None
    before: str | None
    after: str | None
    certificate_before: CertificateSide | None
    certificate_after: CertificateSide | None
    verdicts: tuple[Consequence, ...]
    title: str
    details: tuple[str, ...]


@record
class Counts:
    """How many changes there are of each severity, and the exit code. ``unseen`` counts endpoints and targets of which
    the later run cannot say whether they changed."""

    changes: int
    critical: int
    high: int
    medium: int
    low: int
    none: int
    unconfirmed: int
    unseen: int
    exit: int


@record
class News:
    """What changed between two runs. ``unconfirmed`` are endpoints that did not answer, too few times in a row to be
    told as a change."""

    before: RunInfo
    after: RunInfo
    changes: tuple[Change, ...]
    unconfirmed: tuple[str, ...]
    summary: Counts
