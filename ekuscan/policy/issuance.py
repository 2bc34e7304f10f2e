"""What a CA puts into the certificate that it issues next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

from ekuscan.model import Confidence
from ekuscan.policy.days import day_before
from ekuscan.policy.load import Authority, Default, IssuanceRow, Policy, packaged
from ekuscan.record import record

_BY_CLASS_ONLY = frozenset({"private", "self-signed", "vendor"})


@record
class Issuance:
    """What a CA issues on a day, and for how long it will still issue both EKUs.

    ``default`` "server" or "both" is what it issues unasked, "keep" that policy does not touch it: the next
    certificate is fit for what this one is fit for. ``on_request``: both EKUs are issued if asked for, until (not on)
    ``on_request_until``; None there means that no end is known, or that they are not issued on request.
    ``last_combined_day`` is the last day on which both can be had in either way; it may be past, and is None where no
    end is known. ``conflict`` is what another source says against it. ``rows`` are ids of the policy tables, the row
    in force first; ``source`` are codes. ``authority`` names the CA for a person.
    """

    default: Default
    on_request: bool
    on_request_until: date | None
    confidence: Confidence
    conflict: str | None
    rows: tuple[str, ...]
    source: tuple[str, ...]
    note: str | None
    authority: str
    last_combined_day: date | None

    @property
    def combined(self) -> bool:
        """Whether a certificate with both EKUs can be had on this day."""
        return self.on_request or self.default != "server"


def issues_next(
    owner: str | None, organization: str | None, root: str | None, hierarchy_class: str, at: date
) -> Issuance:
    """What the CA of a chain issues on the day ``at``.

    ``owner`` is the root's owner as in the trust data, ``organization`` the O of the CA that signed the certificate,
    ``root`` the display name of the trust anchor; any may be None. ``hierarchy_class`` is a `model.HierarchyClass`.
    How an authority is found: ``authorities.toml``.
    """
    policy = packaged()
    authority = _authority(policy, owner, organization, root, hierarchy_class)
    rows = policy.timeline(authority)
    position = max(index for index, row in enumerate(rows) if policy.day(row.from_) <= at)
    row = rows[position]
    ended = next((later for later in rows if not later.combined), None)
    still = _until_gone(rows[position:])
    return Issuance(
        default=row.default,
        on_request=row.on_request,
        on_request_until=policy.day(ended.from_) if row.on_request and ended else None,
        confidence=_weaker(row.confidence, hierarchy_class),
        conflict=next((one.conflict for one in still if one.conflict), None),
        rows=tuple(dict.fromkeys((row.id, *(one.id for one in still), *((ended.id,) if ended else ())))),
        source=tuple(dict.fromkeys(code for one in still for code in one.source)),
        note=row.note,
        authority=authority.name,
        last_combined_day=day_before(policy.day(ended.from_)) if ended and ended.from_ else None,
    )


def _until_gone(rows: tuple[IssuanceRow, ...]) -> tuple[IssuanceRow, ...]:
    """The row in force and those that prolong it: what "on request until" stands on."""
    if not rows[0].on_request:
        return rows[:1]
    return rows[: next((index for index, row in enumerate(rows) if not row.combined), len(rows))]


def _authority(
    policy: Policy, owner: str | None, organization: str | None, root: str | None, hierarchy_class: str
) -> Authority:
    by_class = next((one for one in policy.authorities if hierarchy_class in one.classes), policy.authorities[0])
    if hierarchy_class in _BY_CLASS_ONLY:
        return by_class
    for names, wanted in (("roots", root), ("organizations", organization), ("owners", owner)):
        for authority in policy.authorities:
            if wanted and _matches(getattr(authority, names), wanted):
                return authority
    return by_class


def _matches(patterns: Iterable[str], name: str) -> bool:
    folded = name.strip().casefold()
    return any(fnmatchcase(folded, pattern.casefold()) for pattern in patterns)


def _weaker(confidence: Confidence, hierarchy_class: str) -> Confidence:
    """A chain that reaches no known CA is taken at its word only as far as M."""
    return "M" if hierarchy_class == "undecided" and confidence == "H" else confidence
