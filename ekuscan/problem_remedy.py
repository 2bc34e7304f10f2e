"""The one next step of a problem, and the other ways out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ekuscan.findings import Finding
from ekuscan.model import Remedy
from ekuscan.rules.tables import Tables


def best_remedy(items: Sequence[Finding]) -> Remedy | None:
    """The remedy that settles most of the group; among equals the first in the verdicts' own order.

    What harms another verdict of the box is the step only where nothing else settles anything.
    """
    ids = own_ids(items)
    best: tuple[bool, int, int, Remedy] | None = None
    for item in items:
        for place, remedy in enumerate(item.verdict.remedies):
            score = len(ids & set(remedy.clears))
            rank = (not remedy.harms, score, -place)
            if score and (best is None or rank > best[:3]):
                best = (*rank, remedy)
    return best[3] if best else None


def all_ways(items: Sequence[Finding], tables: Tables) -> tuple[Remedy, ...]:
    """Every remedy of the group, with what it clears of the group; what lowers security comes last."""
    ids = [item.verdict.id for item in items]
    found = {(remedy.id, remedy.text): remedy for item in items for remedy in item.verdict.remedies}
    ways = [replace(one, clears=tuple(id_ for id_ in ids if id_ in set(one.clears))) for one in found.values()]
    return tuple(sorted(ways, key=lambda way: (tables.remedies[way.id].weakens, tables.remedies[way.id].effort)))


def own_ids(items: Sequence[Finding]) -> set[str]:
    """The verdicts that this slot alone decides: a composite is no case of its own, and may hang on other slots too."""
    return {item.verdict.id for item in items if not item.composite} or {item.verdict.id for item in items}
