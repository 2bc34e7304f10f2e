"""Members of clusters that alone are the cause where connections of the clusters are affected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ekuscan.record import record

_SHOWN = 3


@record
class Spread:
    """What affects a connection of clusters: its ``ends``, the id of the verdict of its ``worst`` pair, and the
    ``members`` that each affected pair has and not every pair."""

    ends: str
    worst: str
    members: frozenset[str]


def culprits(spreads: Iterable[Spread]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By the id of a verdict, the members that alone are the cause, each with the connections that are fine without it.

    A connection that several use cases have is fine without a member where it is the cause for all of them.
    """
    spreads = list(spreads)
    alone: dict[str, frozenset[str]] = {}
    for one in spreads:
        alone[one.ends] = alone.get(one.ends, one.members) & one.members
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in spreads:
        for member in sorted(alone[one.ends]):
            ends = found.setdefault(one.worst, {})
            ends[member] = tuple(dict.fromkeys((*ends.get(member, ()), one.ends)))
    return found


def sentences(verdicts: Collection[str], known: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Iterable[str]:
    """What a person reads of the culprits where a problem has these verdicts."""
    found: dict[str, dict[str, None]] = {}
    for id_ in verdicts:
        for member, ends in known.get(id_, {}).items():
            found.setdefault(member, {}).update(dict.fromkeys(ends))
    for member, ends_ in found.items():
        names = list(ends_)
        listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        yield f"It is {member} alone: without it {listed} {'is' if len(names) == 1 else 'are'} fine."
