"""Zones as found connections, and the boxes at their other ends as found targets."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final

from ekuscan.imports.found import Found, FoundConnection, FoundTarget
from ekuscan.imports.zone import Zone, is_tls, zone_connections_with
from ekuscan.model import RoleName
from ekuscan.profiles.load import port_of
from ekuscan.record import record
from ekuscan.targets.address import canonical, is_ip, label

_OTHER_END: Final[dict[RoleName, RoleName]] = {"expressway-c": "expressway-e", "expressway-e": "expressway-c"}
# Addresses of which no two sites in the internet agree who has them: RFC 1918, RFC 6598, RFC 4193, RFC 3927, RFC 4291.
_OWN_NETWORKS: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


@record
class Dialler:
    """Whose zones they are: the box, its name as an end of connections (its cluster's, if it has one), its domain."""

    box: FoundTarget
    end: str
    domain: str | None


def described(dialler: Dialler, zones: Iterable[tuple[str, Zone]]) -> Found:
    """What zones tell, each with where it was read.

    The peers of a neighbor zone get no role where the zone does not say it: the scan guesses the site's own boxes. One
    of another domain becomes `outside`, so that a stranger's box is not dialled without being asked for. The far end of
    a traversal zone is the other Expressway. The name that a traversal server expects in a certificate need not be one
    that can be dialled, so it makes no target.
    """
    targets: list[FoundTarget] = []
    connections: list[FoundConnection] = []
    left_out: list[str] = []
    for told_by, zone in zones:
        if not is_tls(zone):
            left_out.append(f"{told_by}: SIP over {(zone.transport or '').upper()}, which is no TLS")
            continue
        if not zone.peers:
            left_out.append(f"{told_by}: names no peer")
        if zone.port is not None and port_of(_answering(dialler, zone), zone.port, "tcp") is None:
            left_out.append(f"{told_by}: uses port {zone.port}; a scan looks there if it stands under ports:")
        for peer in zone.peers:
            if zone.dialled_by != "peer":
                targets.append(_peer(dialler, zone, peer, told_by))
            connections.extend(zone_connections_with(zone, dialler.end, peer, told_by))
    return Found(tuple(targets), tuple(connections), tuple(left_out))


def _answering(dialler: Dialler, zone: Zone) -> RoleName | None:
    """Whose port a zone's port is."""
    if zone.dialled_by == "peer":
        return dialler.box.role
    return _other_end(dialler) if zone.dialled_by == "this" and not zone.far_end else zone.peer_role


def _other_end(dialler: Dialler) -> RoleName | None:
    return _OTHER_END.get(dialler.box.role or "generic")


def _peer(dialler: Dialler, zone: Zone, peer: str, told_by: str) -> FoundTarget:
    if zone.far_end:
        return FoundTarget(name=peer, told_by=told_by, role=zone.peer_role)
    role = zone.peer_role
    if zone.dialled_by == "this":
        role = _other_end(dialler)
    elif role is None and not _is_own(peer, dialler.domain):
        role = "outside"
    return FoundTarget(name=label(canonical(peer)), told_by=told_by, host=canonical(peer), role=role)


def _is_own(peer: str, domain: str | None) -> bool:
    """Whether a peer is certainly of the site: a private address, a name of its domain or without one."""
    host = canonical(peer)
    if is_ip(host):
        address = ip_address(host)
        return any(address.version == network.version and address in network for network in _OWN_NETWORKS)
    return "." not in host or (domain is not None and f".{host}".endswith(f".{domain.lower()}"))
