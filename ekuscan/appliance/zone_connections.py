"""Zones to connections between the targets of an inventory: peers are known by name or address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ekuscan.appliance.facts import ApplianceFacts, Zone
from ekuscan.model import Connection, Fact, Inventory, Target
from ekuscan.targets.address import AddressError, parse_host
from ekuscan.targets.vocabulary import UseCaseShape

_TLS_VERIFY = "tls_verify"


@dataclass(frozen=True, slots=True)
class ZoneConnections:
    """``connections`` are new ones of origin "imported".

    ``unknown_peers`` are peers that are no target of the inventory, or might be several of them, each once.
    """

    connections: tuple[Connection, ...]
    unknown_peers: tuple[str, ...]


@dataclass(slots=True)
class _Told:
    """What zones say of one connection: TLS verify by the box whose zone it is."""

    zone: Zone
    dials: str
    answers: str
    verify: dict[str, set[str | None]] = field(default_factory=dict)


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
    told: dict[tuple[str, str, str], _Told] = {}
    unknown: dict[str, None] = {}
    for this, zone, peer in _peers(facts):
        other = by_host.get(_canonical(peer))
        if other is None:
            unknown[peer] = None
            continue
        for dials, answers in _ways(zone, targets[this], targets[other], use_cases.get(zone.use_case, UseCaseShape())):
            key = (zone.use_case, dials, answers)
            if key not in declared:
                told.setdefault(key, _Told(zone, dials, answers)).verify.setdefault(this, set()).add(zone.tls_verify)
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
        yield _canonical(target.id), target.id
    for endpoint in inventory.endpoints:
        yield _canonical(endpoint.host), endpoint.target
        if endpoint.server_name is not None:
            yield _canonical(endpoint.server_name), endpoint.target


def _canonical(host: str) -> str:
    try:
        return parse_host(host).removesuffix(".")
    except AddressError:
        return host.lower()


def _pairs(connection: Connection, targets: Sequence[Target]) -> Iterator[tuple[str, str]]:
    for dials in targets:
        for answers in targets:
            if connection.from_ in (dials.id, dials.cluster) and connection.to in (answers.id, answers.cluster):
                yield dials.id, answers.id


def _peers(facts: Iterable[ApplianceFacts]) -> Iterator[tuple[str, Zone, str]]:
    for one in facts:
        for zone in one.zones:
            if zone.transport in (None, "tls"):
                yield from ((one.target, zone, peer) for peer in zone.peers)


def _ways(zone: Zone, this: Target, peer: Target, shape: UseCaseShape) -> Iterator[tuple[str, str]]:
    """Who dials whom through a zone, where the use case joins their roles."""
    if this.id == peer.id:
        return
    ways = {"this": [(this, peer)], "peer": [(peer, this)], "either": [(this, peer), (peer, this)]}[zone.dialled_by]
    for dials, answers in ways:
        forward = _fits(dials, shape.from_roles) and _fits(answers, shape.to_roles)
        reverse = shape.both_ways and _fits(dials, shape.to_roles) and _fits(answers, shape.from_roles)
        if forward or reverse:
            yield dials.id, answers.id


def _connection(told: _Told) -> Connection:
    name = f"{told.dials}>{told.answers}/{told.zone.use_case}"
    values = set().union(*told.verify.values())
    one_sided = told.zone.dialled_by != "either" and len(told.verify) < 2
    value = values.pop() if len(values) == 1 and not one_sided else None
    settings = {} if value is None else {_TLS_VERIFY: Fact(value, "imported")}
    return Connection(name, told.zone.use_case, told.dials, told.answers, settings, "imported")


def _fits(target: Target, roles: Sequence[str]) -> bool:
    return not roles or "*" in roles or target.role in roles
