"""The one next step of a problem, and the other ways out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ekuscan.findings import Finding
from ekuscan.model import Remedy
from ekuscan.rules.tables import Tables


def best_remedy(items: Sequence[Finding]) -> Remedy | None:
    """The remedy that settles the first verdict of the group and most of the others.

    What harms another verdict of the box comes after what does not; among equals the first in the verdicts' own order.
    """
    ids = own_ids(items)
    best: tuple[bool, bool, int, int, Remedy] | None = None
    for item in items:
        for place, remedy in enumerate(item.verdict.remedies):
            score = len(ids & set(remedy.clears))
            rank = (items[0].verdict.id in remedy.clears, not remedy.harms, score, -place)
            if score and (best is None or rank > best[:4]):
                best = (*rank, remedy)
    return best[4] if best else None


def second_remedy(items: Sequence[Finding], first: Remedy, tables: Tables) -> tuple[Remedy, int, int] | None:
    """What settles most of what a group's best remedy leaves, how many verdicts that are, and how many are left.

    None where all is settled, or where only what lowers security or harms another verdict would help.
    """
    ids = own_ids(items) - set(first.clears)
    rest = [item for item in items if item.verdict.id in ids]
    best = best_remedy(rest) if rest else None
    if best is None or best.harms or tables.remedies[best.id].weakens:
        return None
    return best, len(ids & set(best.clears)), len(ids)


def all_ways(items: Sequence[Finding], tables: Tables) -> tuple[Remedy, ...]:
    """Every remedy of the group, with what it clears of the group; what lowers security comes last."""
    ids = [item.verdict.id for item in items]
    found = {(remedy.id, remedy.text): remedy for item in items for remedy in item.verdict.remedies}
    ways = [replace(one, clears=tuple(id_ for id_ in ids if id_ in set(one.clears))) for one in found.values()]
    return tuple(sorted(ways, key=lambda way: (tables.remedies[way.id].weakens, tables.remedies[way.id].effort)))


def own_ids(items: Sequence[Finding]) -> set[str]:
    """The verdicts that this slot alone decides: a composite is no case of its own, and may hang on other slots too."""
    return {item.verdict.id for item in items if not item.composite} or {item.verdict.id for item in items}
