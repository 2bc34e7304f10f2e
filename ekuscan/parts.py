"""Parts of an estate: targets that no connection joins to any target of another part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ekuscan.model import Endpoint, Inventory
from ekuscan.record import record
from ekuscan.rules.tables import Tables
from ekuscan.verdict.links import assumed_connections


@record
class Parts:
    """``members`` are the target names of each part in the inventory's order, ``of`` the part of each target."""

    members: tuple[tuple[str, ...], ...]
    of: Mapping[str, int]


def parts_of(inventory: Inventory, tables: Tables, *, assume: bool) -> Parts:
    """Targets that something joins are one part. A target without a role may be joined to any other."""
    leader = {target.id: target.id for target in inventory.targets}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in _joined(inventory, tables, assume=assume):
        for name in group[1:]:
            leader[find(name)] = find(group[0])
    members: dict[str, list[str]] = {}
    for target in inventory.targets:
        members.setdefault(find(target.id), []).append(target.id)
    ordered = tuple(tuple(names) for names in members.values())
    return Parts(ordered, {name: index for index, names in enumerate(ordered) for name in names})


def _joined(inventory: Inventory, tables: Tables, *, assume: bool) -> Iterator[list[str]]:
    targets = {target.id: target for target in inventory.targets}
    clusters: dict[str, list[str]] = {}
    for target in inventory.targets:
        if target.cluster:
            clusters.setdefault(target.cluster, []).append(target.id)
    yield from clusters.values()
    if assume and any(target.role_from == "default" for target in inventory.targets):
        yield list(targets)
        return
    connections = list(inventory.connections)
    if assume:
        connections += assumed_connections(targets, connections, tables)
    for connection in connections:
        ends = [clusters.get(name, [name]) for name in (connection.from_, connection.to)]
        yield [name for end in ends for name in end if name in targets]


def endpoints_by_part(endpoints: Iterable[Endpoint], parts: Parts) -> list[set[str]]:
    """The ids of the endpoints that each part waits for."""
    waiting: list[set[str]] = [set() for _ in parts.members]
    for endpoint in endpoints:
        waiting[parts.of[endpoint.target]].add(endpoint.id)
    return waiting
