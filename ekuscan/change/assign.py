"""Which change a verdict's other answer belongs to, so that one cause is told once with all that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ekuscan.change.compared import Compared
from ekuscan.change.drafts import Draft, Drafts
from ekuscan.change.verdicts import Changed, ends_of
from ekuscan.change.why import Why
from ekuscan.news import ChangeKind

_ABSENCE: tuple[ChangeKind, ...] = ("lost", "target-removed", "endpoint-gone")
# What decides first, where several things changed at the ends of one verdict.
_FIRST: tuple[ChangeKind, ...] = (
    "target-added",
    "release",
    "role",
    "certificate",
    "request",
    "enforcement",
    "setting",
    "chain",
    "ca-names",
    "back",
    "endpoint-new",
    "connection-added",
    "connection-removed",
    *_ABSENCE,
)

Told = list[tuple[Changed, Why]]


def assigned(found: Iterable[tuple[Changed, Why]], drafts: Drafts, compared: Compared) -> Mapping[int, Told]:
    """The verdicts of each change, by the identity of its draft. Changes that nothing else tells of are added."""
    told: dict[int, Told] = {}
    waiting: Told = []
    facts = _by_end(drafts)
    of_use_case: dict[tuple[str, str], Draft] = {}
    for one, why in found:
        if one.waiver is not None:
            told.setdefault(id(_of_waiver(one, drafts)), []).append((one, why))
            continue
        draft = _of_facts(one, facts) if why.cause in ("facts", "unknown") else _of_cause(one, why, drafts, compared)
        if draft is None:
            waiting.append((one, why))
            continue
        told.setdefault(id(draft), []).append((one, why))
        if one.shown.part_of is not None:
            of_use_case.setdefault((one.shown.target, one.shown.part_of), draft)
    for one, why in waiting:
        # A composite changes with its parts, whose ends need not be its own.
        draft = of_use_case.get((one.shown.target, one.shown.use_case)) or _own(one, drafts)
        told.setdefault(id(draft), []).append((one, why))
    return told


def _by_end(drafts: Drafts) -> dict[str, list[Draft]]:
    found: dict[str, list[Draft]] = {}
    for draft in drafts:
        for name in (*draft.targets, *((draft.connection,) if draft.connection is not None else ())):
            found.setdefault(name, []).append(draft)
    return found


def _of_facts(one: Changed, facts: Mapping[str, list[Draft]]) -> Draft | None:
    verdicts = [verdict for verdict in (one.before, one.after) if verdict is not None]
    names = {end for verdict in verdicts for end in ends_of(verdict)}
    names |= {verdict.connection for verdict in verdicts if verdict.connection is not None}
    near = {id(draft): draft for name in names for draft in facts.get(name, ())}
    return min(near.values(), key=lambda draft: (*_rank(draft, one), draft.key), default=None)


def _rank(draft: Draft, one: Changed) -> tuple[int, int]:
    unseen = one.after is None or one.after.now == "unknown"
    if unseen and draft.kind in _ABSENCE:
        return 0, 0
    if draft.connection is not None and draft.connection == one.shown.connection:
        return 1, _FIRST.index(draft.kind)
    judged = {verdict.sha256 for verdict in (one.before, one.after) if verdict is not None and verdict.sha256}
    if draft.kind == "certificate" and judged & set(draft.certificates):
        return 2, 0
    return 3, _FIRST.index(draft.kind)


def _of_cause(one: Changed, why: Why, drafts: Drafts, compared: Compared) -> Draft:
    if why.cause == "rules":
        draft = drafts.at("rules", ())
    elif why.expired is not None:
        certificate = compared.certificate(why.expired)
        ends = certificate.not_after if certificate is not None else None
        over = ends is not None and ends <= compared.after.as_of
        draft = drafts.at("date", ("ends" if over else "begins", why.expired), certificates=(why.expired, why.expired))
    elif why.dates:
        ids = tuple(date.id for date in why.dates)
        draft = drafts.at("date", ids, after=" ".join(date.text for date in why.dates))
        draft.what.update(ids)
    else:
        draft = drafts.at("date", ())
    draft.targets.add(one.shown.target)
    return draft


def _of_waiver(one: Changed, drafts: Drafts) -> Draft:
    """What one waiver accepts, or does not any more, is one change."""
    assert one.waiver is not None
    word, waiver = one.waiver
    told = f"until {waiver.until} by {waiver.owner}"
    draft = drafts.at(
        "waiver",
        (word, waiver.verdict, told),
        one.shown.target,
        what=waiver.verdict,
        before=told if word == "ended" else None,
        after=told if word == "began" else None,
    )
    draft.targets.update(end for end in (one.shown.dials, one.shown.answers) if end is not None)
    return draft


def _own(one: Changed, drafts: Drafts) -> Draft:
    shown = one.shown
    subject = f"{shown.dials}>{shown.answers}" if shown.dials and shown.answers else shown.target
    draft = drafts.at("verdict", (subject, shown.use_case), shown.target, what=shown.use_case)
    draft.targets.update(end for end in (shown.dials, shown.answers) if end is not None)
    return draft
