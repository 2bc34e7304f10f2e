"""What the APIs of appliances add to a scan, where there are log-ins for them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable

from ekuscan.appliance.observed import with_told_release
from ekuscan.appliance.requests import roles_with_api
from ekuscan.appliance.zone_connections import with_zones, zone_connections
from ekuscan.certificate_files import read_certificates
from ekuscan.cli.event_loop import run
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.credentials import LoginSources, logins
from ekuscan.model import Inventory, Observation
from ekuscan.rules.tables import Tables


def told_by_apis(
    request: ScanRequest, inventory: Inventory, tables: Tables
) -> tuple[Inventory, Callable[[Observation], Observation]]:
    """Asks each box for which there is a log-in.

    Returns the inventory with the connections that zones stand for, and what adds to an observation the release that
    its box told. Raises `InvalidInput` where log-ins cannot be used.
    """
    ask = getpass.getpass if sys.stdin.isatty() else None
    sources = LoginSources(request.credentials, os.environ, ask)
    given = logins(sources, inventory.targets, roles_with_api(), read_certificates)
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
    return with_zones(inventory, found), lambda observation: with_told_release(observation, facts)
