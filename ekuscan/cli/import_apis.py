"""Appliances as sources of an import: their APIs, asked as a scan with log-ins asks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ekuscan.appliance.requests import roles_with_api
from ekuscan.certificate_files import read_certificates
from ekuscan.cli.event_loop import run
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.logins import given_logins, refuse_proxied
from ekuscan.cli.proxy_choice import ProxyChoice
from ekuscan.cli.refusal import UsageError
from ekuscan.imports.found import Found
from ekuscan.model import Approach, Endpoint, Inventory, RoleName, Target
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules.load import packaged
from ekuscan.targets.address import Address, AddressError, label, parse_target, server_name_for
from ekuscan.targets.errors import one_of
from ekuscan.targets.load import TargetRequest, load

_SCHEME = "https://"
_PROTOCOL = "https"


@record
class _Box:
    target: Target
    endpoint: Endpoint


def told_by_appliances(
    urls: Sequence[str], credentials: Path | None, file: Path | None, role: RoleName | None
) -> tuple[list[Found], bool]:
    """What each appliance tells, and whether all of them told something.

    A box that the targets file has is asked as what it is there. Raises `UsageError` and `InvalidInput`.
    """
    if credentials is None:
        raise UsageError(f"{printable(urls[0], 200)}: add --credentials FILE, or --credentials env")
    addresses = [_address(url) for url in urls]
    inventory = _inventory([address.host for address in addresses], file)
    boxes = [_box(address, inventory, role) for address in addresses]
    asked = Inventory(
        tuple(box.target for box in boxes), endpoints=tuple(box.endpoint for box in boxes), trust=inventory.trust
    )
    logins = given_logins(credentials, asked)
    proxies = ProxyChoice(None, inventory.proxy)
    refuse_proxied(
        [box.target.id for box in boxes if proxies.of(box.endpoint.host, _approach(box, inventory).proxy) is not None]
    )
    # httpx is heavy, and only log-ins need it.
    from ekuscan.appliance.ask import facts_of_all
    from ekuscan.appliance.described import described_by_api

    facts = run(facts_of_all(asked, logins))
    nameless = [box.target.id for box in boxes if box.target.id not in facts]
    found = [
        described_by_api(facts[box.target.id], box.target, box.endpoint.host) for box in boxes if box.target.id in facts
    ]
    found += [Found(left_out=(f"{name}: there is no log-in for it, so it was not asked",)) for name in nameless]
    return found, all(one.targets for one in found)


def _address(url: str) -> Address:
    shown = printable(url, 200)
    if not url.lower().startswith(_SCHEME):
        raise UsageError(f"{shown}: an appliance is asked over https alone; write {_SCHEME}HOST")
    try:
        parsed = parse_target(url)
    except AddressError as error:
        raise UsageError(f"{shown}: {error}") from None
    if not isinstance(parsed, Address):
        raise UsageError(f"{shown}: write {_SCHEME}HOST")
    return parsed


def _inventory(hosts: Sequence[str], file: Path | None) -> Inventory:
    """The targets file, where there is one, and these hosts, each the target that the file has for it."""
    there = file is not None and file.is_file() and file.stat().st_size > 0
    request = TargetRequest(targets=tuple(label(host) for host in hosts), file=file if there else None)
    return load(request, vocabulary(packaged()), read_certificates)


def _box(address: Address, inventory: Inventory, role: RoleName | None) -> _Box:
    own = [endpoint for endpoint in inventory.endpoints if endpoint.host == address.host]
    name = own[0].target if own else label(address.host)
    target = next(target for target in inventory.targets if target.id == name)
    if target.role_from == "default" and role is not None:
        target = replace(target, role=role, role_from="declared")
    if target.role not in roles_with_api():
        known = one_of(sorted(roles_with_api()))
        said = f"{target.role} has no API that is read" if target.role_from != "default" else "its role is not known"
        raise UsageError(f"{printable(name)}: {said}; write --role {known}")
    server_name = own[0].server_name if own else server_name_for(address.host)
    port = address.port or 443
    endpoint = Endpoint(
        f"{name}:{port}/{_PROTOCOL}", name, address.host, port, _PROTOCOL, server_name, False, service=_PROTOCOL
    )
    return _Box(target, endpoint)


def _approach(box: _Box, inventory: Inventory) -> Approach:
    return inventory.approaches.get(box.target.id, Approach())
