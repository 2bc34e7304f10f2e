"""Certificates that came near their end: each threshold is crossed once by each certificate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from ekuscan.model import Certificate, Severity, Target
from ekuscan.record import record


@record
class Crossing:
    """A certificate in use that has at most ``days`` left, ``left`` of them, for the first time."""

    sha256: str
    subject: str
    targets: tuple[str, ...]
    not_after: datetime
    days: int
    left: int
    severity: Severity


def days_of(text: str) -> tuple[int, ...]:
    """Read "45,14,3": days, the most first. Raises `ValueError` with what to write."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and len(word) < 5 for word in words):
        raise ValueError(f"found {text[:40]!r}; write days like 45,14,3")
    return tuple(sorted({int(word) for word in words}, reverse=True))


def crossings(
    targets: Iterable[Target],
    certificates: Mapping[str, Certificate],
    days: Iterable[int],
    before: datetime | None,
    after: datetime,
    known: Iterable[str] = (),
    told: Iterable[int] | None = None,
) -> Iterator[Crossing]:
    """What crossed a threshold between two runs, by end. Of several thresholds crossed at once the nearest is told.

    ``before`` is the instant of the earlier run, None where there is none, and ``known`` the fingerprints that it had
    in use: what is new has crossed all that it is below of. ``told`` are the thresholds that the earlier run told of,
    None for these: one that nobody was told of is crossed by all that is below it.
    """
    limits, had = sorted(days), frozenset(known)
    old = frozenset(limits if told is None else told)
    for sha256, names in sorted(_in_use(targets).items()):
        found = certificates.get(sha256)
        ends = found.not_after if found is not None else None
        if found is None or ends is None:
            continue
        reached = [limit for limit in limits if ends - timedelta(days=limit) <= after]
        if not reached:
            continue
        seen = sha256 in had and reached[0] in old
        if seen and before is not None and ends - timedelta(days=reached[0]) <= before:
            continue
        severity: Severity = "high" if reached[0] == limits[0] else "medium"
        left = (ends.date() - after.date()).days
        yield Crossing(sha256, found.subject, tuple(sorted(names)), ends, reached[0], left, severity)


def in_use(targets: Iterable[Target]) -> frozenset[str]:
    """The fingerprints of the certificates in slots."""
    return frozenset(_in_use(targets))


def _in_use(targets: Iterable[Target]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for target in targets:
        for content in target.slots:
            if content.sha256 is not None:
                found.setdefault(content.sha256, set()).add(target.id)
    return found
