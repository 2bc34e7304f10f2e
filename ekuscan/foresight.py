"""The nouns of ``ekuscan preflight``, each in the shape in which it is published as ``ekuscan.preflight/1``.

A trailing underscore is dropped there, as in `ekuscan.model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Literal

from ekuscan.model import (
    Answer,
    Confidence,
    Fork,
    Outcome,
    Plan,
    RemedyWork,
    RunInfo,
    Source,
    Verdict,
)
from ekuscan.record import record

SCHEMA = "ekuscan.preflight/1"

ChangeKind = Literal["upgrade", "setting", "certificate", "renewal", "day"]
Effect = Literal["breaks", "worse", "open", "better", "still-open", "stays-broken", "stays-open", "same"]
GoNoGo = Literal["go", "no-go", "undecided", "incomplete"]
CheckName = Literal[
    "key", "request", "names", "eku", "chain", "issuer", "validity", "strength", "key-type", "upload", "restart"
]
CheckResult = Literal["ok", "note", "warning", "blocks", "open"]


@record
class Alteration:
    """One fact that is replaced. ``subject`` is a target or a connection, "" for the day.

    ``what`` is "release", a setting, a certificate slot, or "day". ``row`` is the row of the rule tables by which this
    follows from another change, None where it was asked for.
    """

    kind: ChangeKind
    subject: str
    what: str
    before: str | None
    after: str
    row: str | None = None


@record
class Answered:
    """The answer of a verdict, before or after."""

    outcome: Outcome
    now: Answer
    next: Answer
    when: datetime | None


@record
class Difference:
    """One verdict before and after; None where it does not exist there.

    ``effect``: "breaks" fails after and did not before; "worse" is graver without failing, whatever a fact is that is
    not known, and "better" less grave; "open" is better for one value of such a fact and worse for another, or breaks
    for one alone; "still-open" breaks before, today or at a renewal, and after it is not sure whether it still does;
    "stays-broken" and "stays-open" as they were, a part that breaks of a use case that stays broken included; "same".
    ``touched``: a change is at one of its ends. ``text``, ``forks`` and ``missing`` are those of after, and of before
    where there is no after; where the effect is "open", the forks of before are there too whose facts decide no longer.
    ``way_out`` is the best remedy then.
    """

    id: str
    rule: str
    use_case: str
    part_of: str | None
    target: str
    dials: str | None
    answers: str | None
    effect: Effect
    touched: bool
    if_used: bool
    before: Answered | None
    after: Answered | None
    text: str
    forks: tuple[Fork, ...]
    missing: tuple[str, ...]
    way_out: str | None


@record
class Check:
    """One thing that was looked at of a certificate that is to be installed; ``way_out`` is what would help."""

    name: CheckName
    result: CheckResult
    text: str
    way_out: str | None = None


@record
class Candidate:
    """A certificate that is to be installed. ``path`` and ``sha256`` are None for one that is yet to be issued."""

    target: str
    slot: str
    path: str | None
    sha256: str | None
    subject: str
    checks: tuple[Check, ...]


@record
class Step:
    """One step of the plan, in order. ``command`` is what is typed for it."""

    id: str
    text: str
    targets: tuple[str, ...]
    command: str | None
    confidence: Confidence
    source: tuple[Source, ...]


@record
class Tally:
    """How many verdicts the changes have each effect on, what of the certificates blocks, and the exit code.

    ``unseen`` counts the endpoints that failed or were not tried on targets that the changes touch.
    """

    breaks: int
    worse: int
    open: int
    better: int
    still_open: int
    stays_broken: int
    stays_open: int
    same: int
    blocked: int
    unseen: int
    exit: int


@record
class Foresight:
    """What a change would do. ``run`` is the look at the estate as it is, ``on`` the instant that ``after`` is for.

    ``blocks`` are sentences on what must not be left as the changes leave it, ``decides`` on what the answer hangs on,
    ``left_out`` on what could not be changed as asked. ``before`` and ``after`` are verdicts as `scan` gives them; what
    is of a certificate that is yet to be issued has no fingerprint. ``uploads`` are those on installing certificates.
    ``plan`` and ``remedy_work`` are on what is left to be mended after the changes, as `scan` would give them then.
    """

    run: RunInfo
    on: datetime
    answer: GoNoGo
    blocks: tuple[str, ...]
    decides: tuple[str, ...]
    left_out: tuple[str, ...]
    changes: tuple[Alteration, ...]
    changed: tuple[Difference, ...]
    candidates: tuple[Candidate, ...]
    steps: tuple[Step, ...]
    before: tuple[Verdict, ...]
    after: tuple[Verdict, ...]
    uploads: tuple[Verdict, ...]
    summary: Tally
    plan: Plan | None = None
    remedy_work: Mapping[str, RemedyWork] = field(default_factory=dict)
