"""Found connections, brought to pairs of targets, held against the file, and folded back to clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ekuscan.imports.agreement import agreed_settings
from ekuscan.imports.found import FoundConnection
from ekuscan.imports.known import Known
from ekuscan.record import record
from ekuscan.targets.errors import shown


@record
class Pair:
    """One target that dials another, by their names in the file."""

    use_case: str
    from_: str
    to: str


@record
class Told:
    """What is told of a pair, or of what a pair was folded into."""

    settings: tuple[tuple[str, str], ...]
    told_by: str


@record
class Line:
    """A connection as it is to stand in the file: its ends are targets or clusters."""

    use_case: str
    from_: str
    to: str
    told: Told


def pairs(connections: Iterable[FoundConnection], known: Known, left_out: list[str]) -> dict[Pair, Told]:
    """Every pair that was told, with what all who told it agree upon. A sentence for each end that is nobody."""
    told: dict[Pair, list[FoundConnection]] = {}
    for connection in connections:
        from_, to = known.members(connection.from_), known.members(connection.to)
        nobody = [end for end, members in ((connection.from_, from_), (connection.to, to)) if not members]
        if nobody:
            what = f"{connection.use_case} with {shown(nobody[0], 120)}, which is no target yet"
            left_out.append(f"{shown(connection.told_by)}: {what}")
        for dials in from_:
            for answers in to:
                if dials != answers or connection.from_ == connection.to:
                    told.setdefault(Pair(connection.use_case, dials, answers), []).append(connection)
    return {pair: Told(tuple(agreed_settings(one).items()), one[0].told_by) for pair, one in told.items()}


def folded(told: Mapping[Pair, Told], clusters: Mapping[str, tuple[str, ...]]) -> Iterator[Line]:
    """The fewest lines that say the same: a cluster stands for all its members where all of them have the pair."""
    cluster_of = {name: cluster for cluster, names in clusters.items() if len(names) > 1 for name in names}
    done: set[Pair] = set()
    for pair, one in told.items():
        if pair in done:
            continue
        ends_from = _ends(pair.from_, cluster_of, clusters)
        ends_to = _ends(pair.to, cluster_of, clusters)
        for from_, to in [(f, t) for f in ends_from for t in ends_to]:
            block = [Pair(pair.use_case, a, b) for a in from_[1] for b in to[1]]
            if all(p not in done and p in told and told[p].settings == one.settings for p in block):
                done.update(block)
                yield Line(pair.use_case, from_[0], to[0], one)
                break


def _ends(
    name: str, cluster_of: Mapping[str, str], clusters: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, tuple[str, ...]]]:
    """What can stand for a target, the widest first, with whom it stands for."""
    own: list[tuple[str, tuple[str, ...]]] = [(name, (name,))]
    cluster = cluster_of.get(name)
    return own if cluster is None else [(cluster, clusters[cluster]), *own]
