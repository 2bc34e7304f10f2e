"""What changed between two runs, each single cause once, the gravest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from ekuscan.change.assign import Told, assigned
from ekuscan.change.compared import Compared
from ekuscan.change.drafts import Draft, Drafts
from ekuscan.change.endpoints import Absent, endpoint_changes
from ekuscan.change.estate import estate_changes
from ekuscan.change.verdicts import Changed, changed_verdicts
from ekuscan.change.why import Why, causes
from ekuscan.change.wording import certificate_details, consequence_details, headline, is_whole, subject
from ekuscan.differences import answered
from ekuscan.exit_code import FINE, FOUND, INCOMPLETE
from ekuscan.extensions import ANY_EKU, CLIENT_AUTH, SERVER_AUTH
from ekuscan.model import Eku, Severity
from ekuscan.names import printable
from ekuscan.news import CertificateSide, Change, ChangeKind, Consequence, Counts, News

ORDER: tuple[Severity, ...] = ("critical", "high", "medium", "low", "none")
_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
_ENDPOINTS = 100


def find(compared: Compared) -> News:
    """What changed. Neither the order of the pairs nor that of what they hold matters."""
    drafts = Drafts()
    absent = endpoint_changes(compared, drafts)
    estate_changes(compared, absent, drafts)
    drafts.fold()
    changed = changed_verdicts(compared, absent)
    touched = {name for draft in drafts for name in (*draft.targets, draft.connection) if name is not None}
    told = assigned(causes(changed, touched, compared), drafts, compared)
    changes = [_change(draft, told.get(id(draft), []), compared) for draft in drafts]
    ordered = tuple(_numbered(sorted(changes, key=_order)))
    return News(
        before=compared.before,
        after=compared.after,
        changes=ordered,
        unconfirmed=tuple(sorted(absent.unconfirmed)),
        summary=_tally(ordered, absent, compared),
    )


def _tally(changes: tuple[Change, ...], absent: Absent, compared: Compared) -> Counts:
    count = Counter(one.severity for one in changes)
    incomplete = not (compared.before.complete and compared.after.complete)
    code = FINE
    if changes:
        code = FOUND
    elif absent.unconfirmed or absent.untried or incomplete:
        code = INCOMPLETE
    return Counts(
        changes=len(changes),
        critical=count["critical"],
        high=count["high"],
        medium=count["medium"],
        low=count["low"],
        none=count["none"],
        unconfirmed=len(absent.unconfirmed),
        unseen=len(absent.untried),
        exit=code,
    )


def _order(one: Change) -> tuple[int, int, int, str, str]:
    return ORDER.index(one.severity), -len(one.verdicts), _KINDS.index(one.kind), one.id, one.title


def _numbered(changes: list[Change]) -> Iterator[Change]:
    """The same things of the same targets, as the certificates of two keys, are told apart by a number."""
    seen: Counter[str] = Counter()
    for one in changes:
        seen[one.id] += 1
        yield one if seen[one.id] == 1 else replace(one, id=f"{one.id}/{seen[one.id]}")


def _change(draft: Draft, told: Told, compared: Compared) -> Change:
    verdicts = tuple(
        sorted((_consequence(one, why) for one, why in told), key=lambda one: (ORDER.index(one.severity), one.id))
    )
    sides = _side(draft.certificates[0], compared), _side(draft.certificates[1], compared)
    words = headline(draft, sides, compared)
    details = (*consequence_details(verdicts, compared), *certificate_details(*sides))
    own = _severity(draft, sides, compared)
    gravest = min((own, *(one.severity for one in verdicts)), key=ORDER.index)
    return Change(
        id=_id(draft),
        kind=draft.kind,
        severity=gravest,
        targets=tuple(sorted(draft.targets)),
        connection=draft.connection,
        endpoints=tuple(sorted(draft.endpoints)[:_ENDPOINTS]),
        endpoint_count=len(draft.endpoints),
        what="/".join(sorted(draft.what)) or None,
        before=draft.before,
        after=draft.after,
        certificate_before=sides[0],
        certificate_after=sides[1],
        verdicts=verdicts,
        title=f"{subject(draft)}: {words}",
        details=details,
    )


def _id(draft: Draft) -> str:
    """Without fingerprints, and without the values: what changes there next has the same id."""
    names = sorted(draft.targets)
    subject_ = draft.connection or "+".join(names[:3]) + (f"+{len(names) - 3}" if len(names) > 3 else "")
    detail = sorted(draft.what) if draft.kind in ("certificate", "setting", "date", "waiver", "verdict") else []
    # Of a day, a waiver and of rules the targets follow.
    own = draft.kind in ("rules", "waiver") or (draft.kind == "date" and bool(draft.what))
    return printable("/".join((draft.kind, *(() if own else (subject_,)), *detail)), 400)


def _side(sha256: str | None, compared: Compared) -> CertificateSide | None:
    found = compared.certificate(sha256) if sha256 is not None else None
    if found is None or sha256 is None:
        return None
    return CertificateSide(sha256, found.subject, found.issuer, found.not_after, found.key, found.san, found.eku)


def _consequence(one: Changed, why: Why) -> Consequence:
    shown = one.shown
    return Consequence(
        id=shown.id,
        rule=shown.rule,
        use_case=shown.use_case,
        target=shown.target,
        dials=shown.dials,
        answers=shown.answers,
        if_used=shown.if_used,
        effect=one.effect,
        cause=why.cause,
        before=answered(one.before),
        after=answered(one.after),
        severity=_graver(one),
        no_longer=tuple(remedy.id for remedy in one.no_longer),
        waiver=one.waiver[0] if one.waiver is not None else None,
    )


def _graver(one: Changed) -> Severity:
    """How grave the other answer is. That a way out is gone is no new break; what is waived is accepted."""
    if one.after is not None and one.after.waived is not None:
        return "none" if one.waiver is not None or one.effect == "better" else "low"
    if one.waiver is not None:
        return one.shown.severity
    if one.effect == "same":
        return "medium"
    return one.after.severity if one.after is not None and one.effect != "better" else "none"


def _severity(
    draft: Draft, sides: tuple[CertificateSide | None, CertificateSide | None], compared: Compared
) -> Severity:
    """How grave a change is by itself, whatever follows from it."""
    if draft.kind == "lost":
        return "high" if is_whole(draft, compared) else "medium"
    if draft.kind == "certificate" and sides[0] is not None and sides[1] is not None:
        return "medium" if _uses(sides[0].eku) - _uses(sides[1].eku) else "low"
    if draft.kind == "request":
        return "medium" if draft.after == "required" else "low"
    return "medium" if draft.kind == "enforcement" else "low"


def _uses(eku: Eku) -> frozenset[str]:
    """What a certificate may be used for; without the extension, for both."""
    if eku.state == "absent" or ANY_EKU in eku.oids:
        return frozenset((CLIENT_AUTH, SERVER_AUTH))
    return frozenset(eku.oids) & {CLIENT_AUTH, SERVER_AUTH}
