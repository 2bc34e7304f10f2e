"""Zones to connections between the targets of an inventory: peers are known by name or address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.imports.agreement import agreed_settings
from ekuscan.imports.found import FoundConnection
from ekuscan.imports.zone import Zone, is_tls, zone_connections_with
from ekuscan.model import Connection, Fact, Inventory, Target
from ekuscan.record import record
from ekuscan.targets.address import canonical
from ekuscan.targets.vocabulary import UseCaseShape


@record
class ZoneConnections:
    """``connections`` are new ones of origin "imported".

    ``unknown_peers`` are peers that are no target of the inventory, or might be several of them, each once.
    """

    connections: tuple[Connection, ...]
    unknown_peers: tuple[str, ...]


def zone_connections(
    facts: Iterable[ApplianceFacts], inventory: Inventory, use_cases: Mapping[str, UseCaseShape]
) -> ZoneConnections:
    """The connections that zones stand for, between targets of the inventory whose roles the use case joins.

    Zones over another transport than TLS give none. A declared connection of the same use case between the same two
    ends stays as it is. TLS verify is left open where zones contradict each other, and in a traversal zone also where
    only one end told it: each end has its own.
    """
    targets = {target.id: target for target in inventory.targets}
    by_host = _targets_by_host(inventory)
    declared = {(c.use_case, *pair) for c in inventory.connections for pair in _pairs(c, inventory.targets)}
    told: dict[tuple[str, str, str], list[FoundConnection]] = {}
    unknown: dict[str, None] = {}
    for this, zone, peer in _peers(facts):
        other = by_host.get(canonical(peer))
        if other is None:
            unknown[peer] = None
            continue
        for found in zone_connections_with(zone, this, other, this):
            key = (found.use_case, found.from_, found.to)
            shape = use_cases.get(found.use_case, UseCaseShape())
            if this != other and key not in declared and _joined(targets[found.from_], targets[found.to], shape):
                told.setdefault(key, []).append(found)
    return ZoneConnections(tuple(_connection(one) for one in told.values()), tuple(unknown))


def with_zones(inventory: Inventory, found: ZoneConnections) -> Inventory:
    """The inventory with these connections behind the declared ones."""
    return replace(inventory, connections=(*inventory.connections, *found.connections))


def _targets_by_host(inventory: Inventory) -> dict[str, str | None]:
    """Targets by every name and address that they are known under; None where several share one."""
    found: dict[str, str | None] = {}
    for name, target in _names(inventory):
        found[name] = target if found.get(name, target) == target else None
    return found


def _names(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for target in inventory.targets:
        yield canonical(target.id), target.id
    for endpoint in inventory.endpoints:
        yield canonical(endpoint.host), endpoint.target
        if endpoint.server_name is not None:
            yield canonical(endpoint.server_name), endpoint.target


def _pairs(connection: Connection, targets: Sequence[Target]) -> Iterator[tuple[str, str]]:
    for dials in targets:
        for answers in targets:
            if connection.from_ in (dials.id, dials.cluster) and connection.to in (answers.id, answers.cluster):
                yield dials.id, answers.id


def _peers(facts: Iterable[ApplianceFacts]) -> Iterator[tuple[str, Zone, str]]:
    for one in facts:
        for zone in one.zones:
            if is_tls(zone):
                yield from ((one.target, zone, peer) for peer in zone.peers)


def _joined(dials: Target, answers: Target, shape: UseCaseShape) -> bool:
    """Whether a use case joins their roles."""
    forward = _fits(dials, shape.from_roles) and _fits(answers, shape.to_roles)
    return forward or (shape.both_ways and _fits(dials, shape.to_roles) and _fits(answers, shape.from_roles))


def _connection(told: Sequence[FoundConnection]) -> Connection:
    use_case, dials, answers = told[0].use_case, told[0].from_, told[0].to
    settings = {name: Fact(value, "imported") for name, value in agreed_settings(told).items()}
    return Connection(f"{dials}>{answers}/{use_case}", use_case, dials, answers, settings, "imported")


def _fits(target: Target, roles: Sequence[str]) -> bool:
    return not roles or "*" in roles or target.role in roles
