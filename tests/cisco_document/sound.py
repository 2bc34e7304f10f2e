"""What holds of every result, whatever the rules say, and the ways out that verdicts offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def unsound(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a verdict whatever the rules say: its headline, its day, its sources and its forks."""
    certificates = document["certificates"]
    for verdict in document["verdicts"]:
        now, next_ = verdict["now"], verdict["next"]
        headline = {"breaks": "breaks-now", "ok": {"breaks": "breaks-at-renewal"}.get(next_, next_)}.get(now, now)
        if verdict["outcome"] != headline:
            yield f"{verdict['id']}: outcome {verdict['outcome']}, but {now} / {next_}"
        leaf = certificates.get(verdict["sha256"])
        day = leaf["not_after"] if leaf is not None and now != next_ else None
        if verdict["when"] != day:
            yield f"{verdict['id']}: when {verdict['when']}, but {now} / {next_} and {day}"
        if not verdict["source"]:
            yield f"{verdict['id']}: no source"
        if "depends" in (now, next_) and not verdict["forks"]:
            yield f"{verdict['id']}: depends on nothing"
        if "unknown" in (now, next_) and not verdict["missing"]:
            yield f"{verdict['id']}: unknown, and nothing is missing"


def missing_remedies(wanted: Mapping[str, tuple[str, ...]], verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Ways out that a verdict ought to offer and does not."""
    for id_, remedies in wanted.items():
        offered = _offered(id_, verdicts)
        yield from (f"{id_}: no {remedy} among {', '.join(offered)}" for remedy in remedies if remedy not in offered)


def wrong_remedies(unwanted: Mapping[str, tuple[str, ...]], verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Ways out that a verdict offers and ought not to."""
    for id_, remedies in unwanted.items():
        offered = _offered(id_, verdicts)
        yield from (f"{id_}: {remedy} is no way out" for remedy in remedies if remedy in offered)


def _offered(id_: str, verdicts: Iterable[Mapping[str, Any]]) -> list[str]:
    return [remedy["id"] for verdict in verdicts if verdict["id"] == id_ for remedy in verdict["remedies"]]
