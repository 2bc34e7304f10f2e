"""The hosts that SRV records name, as boxes for a targets file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ekuscan.discovery.findings import named
from ekuscan.discovery.views import Answered, Discovery, Seen, Service, ViewName
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.model import RoleName
from ekuscan.profiles.load import port_of
from ekuscan.targets.address import label


@dataclass(slots=True)
class _Host:
    """What all records together say of one host."""

    told_by: dict[str, list[ViewName]] = field(default_factory=dict)
    roles: dict[RoleName, str] = field(default_factory=dict)
    ports: dict[int, None] = field(default_factory=dict)


def found_targets(seen: Discovery) -> Found:
    """Every host with TLS or SIP behind a record. It has a role where the record is one product's own."""
    hosts: dict[str, _Host] = {}
    left_out: dict[str, None] = {}
    for record, services in _offered(seen):
        for service in services:
            if record.row.tls:
                _note(hosts.setdefault(service.host, _Host()), record, service)
        if not record.row.tls:
            left_out[f"{record.owner} ({named(services)}): {record.row.meaning}, no TLS and no SIP"] = None
    targets = tuple(_target(host, told, seen, left_out) for host, told in hosts.items())
    return Found(targets, left_out=tuple(left_out))


def _offered(seen: Discovery) -> Iterator[tuple[Seen, list[Service]]]:
    for record in seen.records:
        if isinstance(record.answer, Answered):
            services = [service for service in record.answer.services if service.host != "."]
            if services:
                yield record, services


def _note(host: _Host, record: Seen, service: Service) -> None:
    host.told_by.setdefault(record.owner, []).append(record.view)
    host.ports[service.port] = None
    if record.row.settles and record.row.points_to is not None:
        host.roles.setdefault(record.row.points_to, record.owner)


def _target(host: str, told: _Host, seen: Discovery, left_out: dict[str, None]) -> FoundTarget:
    if len(told.roles) > 1:
        says = " and ".join(f"{role} by {owner}" for role, owner in told.roles.items())
        left_out[f"{host} is told to be {says}; it has no role here: write the right one"] = None
    role = next(iter(told.roles)) if len(told.roles) == 1 else None
    usual = all(port_of(role, port) is not None for port in told.ports)
    addresses = dict.fromkeys(address for one in seen.hosts if one.host == host for address in one.addresses)
    return FoundTarget(
        name=label(host),
        told_by=", ".join(_told_by(owner, views) for owner, views in told.told_by.items()),
        host=host,
        role=role,
        ports=() if usual else tuple(str(port) for port in told.ports if port),
        known_as=tuple(addresses),
    )


def _told_by(owner: str, views: Iterable[ViewName]) -> str:
    named = [view for view in dict.fromkeys(views) if view != "own"]
    return f"{owner} ({', '.join(named)})" if named else owner
