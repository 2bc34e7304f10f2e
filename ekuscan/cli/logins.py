"""What the APIs of appliances add to a scan, where there are log-ins for them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Collection, Sequence

from ekuscan.appliance.observed import with_told_certificates, with_told_release
from ekuscan.appliance.requests import roles_with_api
from ekuscan.appliance.zone_connections import with_zones, zone_connections
from ekuscan.certificate_files import read_certificates
from ekuscan.cli.event_loop import run
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.credentials import LoginSources, logins
from ekuscan.model import Inventory, Observation
from ekuscan.rules.tables import Tables
from ekuscan.targets.errors import shown


def told_by_apis(
    request: ScanRequest, inventory: Inventory, tables: Tables, proxied: Collection[str]
) -> tuple[Inventory, Callable[[Observation], Observation]]:
    """Asks each box for which there is a log-in.

    Returns the inventory with the connections that zones stand for and the certificates that were told, and what adds
    to an observation the release that its box told. ``proxied`` are the targets that a proxy leads to. Raises
    `InvalidInput` where log-ins cannot be used, `UsageError` where one is for such a target.
    """
    ask = getpass.getpass if sys.stdin.isatty() else None
    sources = LoginSources(request.credentials, os.environ, ask)
    given = logins(sources, inventory.targets, roles_with_api(), read_certificates)
    _refuse_proxied([name for name in given if name in proxied])
    # httpx is heavy, and only log-ins need it.
    from ekuscan.appliance.ask import facts_of_all

    facts = run(facts_of_all(inventory, given))
    for target, one in facts.items():
        for failure in one.failures:
            print(f"ekuscan: {target}: {failure.detail}", file=sys.stderr)
    found = zone_connections(facts.values(), inventory, vocabulary(tables).use_cases)
    if found.unknown_peers:
        count = len(found.unknown_peers)
        print(f"ekuscan: {count} peer{'s' * (count > 1)} of zones are no targets of this run", file=sys.stderr)
    inventory = with_told_certificates(with_zones(inventory, found), facts)
    return inventory, lambda observation: with_told_release(observation, facts)


def _refuse_proxied(names: Sequence[str]) -> None:
    """The proxy was asked for so that nothing goes there directly, and a log-in is for nobody on the way."""
    if names:
        listed = ", ".join(shown(name) for name in names[:4]) + (", ..." if len(names) > 4 else "")
        raise UsageError(
            f"{listed}: reached through a proxy, and log-ins go straight to the box and through no proxy; write "
            "proxy: none for it in the targets file, or leave its log-in out"
        )
