"""Which endpoints a target has: its role's ports, the ports that were named, or those of all roles."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.model import Endpoint, RoleName
from ekuscan.profiles.load import port_of, ports_of_all_roles, profile
from ekuscan.protocols import BANNER_ONLY, Transport, transport_of
from ekuscan.targets.address import server_name_for
from ekuscan.targets.draft import Draft, PortAsk


def endpoints(draft: Draft) -> tuple[Endpoint, ...]:
    """The endpoints of a target, none where it has no host; one per port and transport, by number."""
    if draft.host is None:
        return ()
    found = {}
    if draft.own_ports:
        rows = profile(draft.role).ports if draft.role else ports_of_all_roles()
        for row in rows:
            if row.probe:
                ask = PortAsk(row.port, row.port, row.protocol, forwarded=True)
                endpoint = _endpoint(draft, draft.host, ask)
                found[_key(endpoint)] = endpoint
    for ask in draft.asks:
        endpoint = _endpoint(draft, draft.host, ask)
        found[_key(endpoint)] = endpoint
    return tuple(sorted(found.values(), key=_place))


def with_role(endpoint: Endpoint, role: RoleName) -> Endpoint:
    """The endpoint of a target whose role was found out later, with that role's service and slot.

    Protocol, port and ``optional`` stay what they were when it was dialled.
    """
    service, slot = _service_and_slot(role, endpoint.profile_port or endpoint.port, endpoint.protocol)
    return replace(endpoint, service=service, slot=slot)


def _endpoint(draft: Draft, host: str, ask: PortAsk) -> Endpoint:
    row = port_of(draft.role, ask.profile_port, ask.transport)
    protocol = ask.protocol or (row.protocol if row else "tls")
    known_port = row.port if row else None
    service, slot = None, None
    if draft.role:
        service, slot = _service_and_slot(draft.role, known_port or ask.port, protocol)
    return Endpoint(
        id=f"{draft.id}:{ask.port}/{protocol}",
        target=draft.id,
        host=host,
        port=ask.port,
        protocol=protocol,
        server_name=None if protocol in BANNER_ONLY else draft.server_name or server_name_for(host),
        optional=ask.forwarded and (row.optional if row and draft.role else True),
        service=service,
        slot=slot,
        profile_port=known_port,
    )


def _service_and_slot(role: RoleName, port: int, protocol: str) -> tuple[str | None, str | None]:
    row = port_of(role, port, transport_of(protocol))
    if row is not None and row.probe:
        return row.service, None if protocol in BANNER_ONLY else row.slot
    return None, None if protocol in BANNER_ONLY else profile(role).other_ports


def _place(endpoint: Endpoint) -> tuple[int, int, Transport]:
    """Ports come by the numbers that people know them under, wherever they are forwarded from."""
    return endpoint.profile_port or endpoint.port, endpoint.port, transport_of(endpoint.protocol)


def _key(endpoint: Endpoint) -> tuple[int, Transport]:
    return endpoint.port, transport_of(endpoint.protocol)
