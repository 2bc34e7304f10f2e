"""What the APIs of appliances add to a scan, where there are log-ins for them."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from ekuscan.appliance.observed import with_told_certificates, with_told_release
from ekuscan.appliance.requests import roles_with_api
from ekuscan.appliance.zone_connections import with_zones, zone_connections
from ekuscan.certificate_files import read_certificates
from ekuscan.cli.event_loop import run
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.credentials import USER_VARIABLE, Login, LoginSources, logins
from ekuscan.model import Inventory, Notice, Observation
from ekuscan.notices.unread import api_not_read
from ekuscan.rules.tables import Tables
from ekuscan.targets.errors import one_of, shown

_ENVIRONMENT: Final = Path("env")


def told_by_apis(
    request: ScanRequest, inventory: Inventory, tables: Tables, proxied: Collection[str]
) -> tuple[Inventory, Callable[[Observation], Observation], tuple[Notice, ...]]:
    """Asks each box for which there is a log-in.

    Returns the inventory with the connections that zones stand for and the certificates that were told, what adds to an
    observation the release that its box told, and the notices of what was not read. ``proxied`` are the targets that a
    proxy leads to. Raises `InvalidInput` where log-ins cannot be used, `UsageError` also where one is for such a
    target.
    """
    given = given_logins(request.credentials, inventory)
    refuse_proxied([name for name in given if name in proxied])
    # httpx is heavy, and only log-ins need it.
    from ekuscan.appliance.ask import facts_of_all

    facts = run(facts_of_all(inventory, given))
    for target, one in facts.items():
        for failure in one.failures:
            tell(f"{target}: {failure.said}")
    found = zone_connections(facts.values(), inventory, vocabulary(tables).use_cases)
    if found.unknown_peers:
        count = len(found.unknown_peers)
        tell(f"{count} peer{'s' * (count > 1)} of zones are no targets of this run")
    unread = tuple(api_not_read(facts.values()))
    inventory = with_told_certificates(with_zones(inventory, found), facts)
    return inventory, lambda observation: with_told_release(observation, facts), unread


def refuse_proxied(names: Sequence[str]) -> None:
    """Raise `UsageError` for targets with a log-in that a proxy leads to.

    The proxy was asked for so that nothing goes there directly, and a log-in is for nobody on the way.
    """
    if names:
        listed = ", ".join(shown(name) for name in names[:4]) + (", ..." if len(names) > 4 else "")
        raise UsageError(
            f"{listed}: reached through a proxy, and log-ins go straight to the box and through no proxy; write "
            "proxy: none for it in the targets file, or leave its log-in out"
        )


def given_logins(credentials: Path | None, inventory: Inventory) -> Mapping[str, Login]:
    """The log-ins by target; one at least. Sections that stand for nothing of this run are told.

    Raises `InvalidInput` and `UsageError`.
    """
    ask = getpass.getpass if sys.stdin.isatty() else None
    file = None if credentials == _ENVIRONMENT else credentials
    sources, roles = LoginSources(file, os.environ, ask), roles_with_api()
    found = logins(sources, inventory.targets, roles, read_certificates, _warn)
    if found:
        return found
    if not os.environ.get(USER_VARIABLE):
        raise UsageError(f"--credentials {_ENVIRONMENT}: {USER_VARIABLE} is not set")
    raise UsageError(f"--credentials {_ENVIRONMENT}: no target of this run has the role {one_of(sorted(roles))}")


def _warn(message: str) -> None:
    tell(message)
