"""Connections of clusters: the answer of the whole connection is that of its worst pair of members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ekuscan.model import Connection, Verdict
from ekuscan.rules.tables import Tables
from ekuscan.verdict.culprits import Spread
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.evaluate import GRAVITY
from ekuscan.verdict.facts import Link
from ekuscan.verdict.judge import Judged
from ekuscan.verdict.links import names

Pair = tuple[str, str]
"""Who dials and who answers."""
IsFine = Callable[[Verdict], bool]
WHOLE = "PAIRS"


def wholes(judged: Iterable[Judged], estate: Estate, is_fine: IsFine) -> Iterator[Judged]:
    """A verdict for each connection that joins several pairs of members, and for each composite that rides on it.

    Its id ends in ``PAIRS``. All else is that of the worst pair, which the text names; what mends it is told there.
    ``is_fine`` says of a verdict whether nothing needs to be done for it.
    """
    connections = {one.id: one for one in estate.seen.connections}
    several = _of_several_pairs(estate)
    groups: dict[tuple[Pair, str], list[Judged]] = {}
    speaks: dict[tuple[Pair, str], tuple[bool, str]] = {}
    for item in judged:
        if item.link is None or item.link.connection is None:
            continue
        own = connections[item.link.connection]
        for one in (own, *_wider(own, several.get(_along(own, item.link, estate), ()), estate)):
            key = _ends(one), item.verdict.use_case
            standing = one is not own, one.id
            speaks[key] = min(speaks.get(key, standing), standing)
            groups.setdefault(key, []).append(item)
    for (ends, use_case), items in groups.items():
        connection = connections[speaks[ends, use_case][1]]
        if _tells_of(use_case, connection, estate.tables):
            pairs = _by_pair(items)
            if len(pairs) > 1:
                yield _whole(connection, use_case, pairs, is_fine)


def _along(connection: Connection, link: Link, estate: Estate) -> Pair:
    """The two boxes of a link as its connection names them; a use case may go the other way."""
    pair = link.dials, link.answers
    return pair if link.dials in estate.members(connection.from_) else pair[::-1]


def _of_several_pairs(estate: Estate) -> dict[Pair, list[Connection]]:
    """By two boxes, the connections of clusters that lead from one to the other, and between others too."""
    found: dict[Pair, list[Connection]] = {}
    for connection in estate.seen.connections:
        ends = estate.members(connection.from_), estate.members(connection.to)
        if len(ends[0]) * len(ends[1]) > 1:
            for one in ends[0]:
                for other in ends[1]:
                    found.setdefault((one, other), []).append(connection)
    return found


def _ends(connection: Connection) -> Pair:
    return connection.from_, connection.to


def _wider(own: Connection, others: Iterable[Connection], estate: Estate) -> Iterable[Connection]:
    """The connections of clusters that hold a pair which has a connection of its own, for the same use case, each two
    ends once."""
    mine = set(names(own.use_case, estate.tables.use_cases))
    found: dict[Pair, Connection] = {}
    for one in others:
        if _ends(one) != _ends(own) and not mine.isdisjoint(names(one.use_case, estate.tables.use_cases)):
            found[_ends(one)] = min(found.get(_ends(one), one), one, key=lambda one: one.id)
    return found.values()


def is_whole(verdict: Verdict) -> bool:
    """Whether a verdict is that of a whole connection, each pair of which has one of its own."""
    return verdict.id.endswith(f"/{WHOLE}")


def _tells_of(use_case: str, connection: Connection, tables: Tables) -> bool:
    """Whether a use case is a connection's own or a composite; the other parts of a composite are told with it."""
    return bool(tables.use_cases[use_case].parts) or use_case in names(connection.use_case, tables.use_cases)


def _by_pair(items: Iterable[Judged]) -> dict[Pair, list[Judged]]:
    pairs: dict[Pair, list[Judged]] = {}
    for item in items:
        if item.link is not None:
            pairs.setdefault((item.link.dials, item.link.answers), []).append(item)
    return pairs


def _whole(connection: Connection, use_case: str, pairs: Mapping[Pair, Sequence[Judged]], is_fine: IsFine) -> Judged:
    # Of pairs that are equally bad the first by name, whatever the order in which they stand in a file.
    def gravity(item: Judged) -> tuple[bool, int, int]:
        """What is waived comes behind all that is not, so that the whole is waived with the last of its pairs."""
        standing = item.verdict.waived is None and not is_fine(item.verdict)
        return standing, GRAVITY[item.verdict.now], GRAVITY[item.verdict.next]

    pair, items = max(sorted(pairs.items(), key=lambda one: one[0]), key=lambda one: max(map(gravity, one[1])))
    worst = max(items, key=gravity)
    affected = [pair for pair, items in pairs.items() if not all(is_fine(item.verdict) for item in items)]
    common = frozenset(_common(affected) - _common(pairs)) if affected else frozenset[str]()
    ends = f"{connection.from_} > {connection.to}"
    verdict = replace(
        worst.verdict,
        id=f"{connection.from_}>{connection.to}/{use_case}/{WHOLE}",
        part_of=None,
        connection=connection.id,
        text=f"{_told(pair, affected, len(pairs), sorted(common))} {worst.verdict.text}",
        remedies=(),
    )
    return replace(worst, verdict=verdict, spread=Spread(ends, worst.verdict.id, common) if affected else None)


def _told(worst: Pair, affected: Sequence[Pair], pairs: int, common: Iterable[str]) -> str:
    """How many of so many pairs are affected, which is the worst, and which member all of them have in common."""
    if not affected:
        return f"{_all(pairs)} pairs of members are fine."
    count = _all(pairs) if len(affected) == pairs else f"{len(affected)} of {pairs}"
    told = f"{count} pairs of members are affected, the worst is {_named(worst)}."
    for member in common:
        told += f" {member} is in each of them: without it the connection is fine."
    return told


def _all(count: int) -> str:
    return "Both" if count == 2 else f"All {count}"


def _common(pairs: Iterable[Pair]) -> set[str]:
    return set.intersection(*map(set, pairs))


def _named(pair: Pair) -> str:
    return " > ".join(pair)
