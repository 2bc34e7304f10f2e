"""What a look at endpoints needs before it begins: the inventory, what APIs tell of it, the limits."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial

from ekuscan import __version__
from ekuscan.certificate_files import read_certificates
from ekuscan.cli import event_loop
from ekuscan.cli.knowledge import given_password, vocabulary
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_limits import sweep_limits, within_reach
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.stray_files import refuse_files
from ekuscan.limits import SweepLimits
from ekuscan.model import Inventory, Notice, Observation, RulesVersion, RunInfo
from ekuscan.protocols import ASKED_BY_OPTIONS
from ekuscan.record import record
from ekuscan.run import Knowledge
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore

Beside = Callable[[Observation], Observation]
"""Adds to an observation what an API told of the box."""
_STDIN_LIMIT = 8 * 1024 * 1024


@record
class Ready:
    """Everything for a sweep: what to look at and how, what APIs add to it, and what they did not tell."""

    inventory: Inventory
    limits: SweepLimits
    beside: Beside | None
    unread: tuple[Notice, ...]


def prepared(request: ScanRequest, inventory: Inventory, known: Knowledge, started: datetime) -> Ready:
    """An inventory with all that a sweep of it needs. Raises `UsageError` and `InvalidInput`."""
    limits = sweep_limits(request, inventory)
    if request.client_certs or request.client_keys or inventory.client_pairs:
        limits = _with_client_certificates(limits, request, inventory, started)
    inventory = within_reach(inventory, limits)
    if request.all_addresses:
        inventory = _with_each_address(inventory, limits)
    inventory, beside, unread = _told_by_apis(request, inventory, known, _proxied(inventory, limits))
    return Ready(inventory, limits, beside, unread)


def run_info(
    store: TrustStore,
    known: Knowledge,
    started: datetime,
    as_of: datetime,
    vantage: str | None = None,
    inventory: str | None = None,
) -> RunInfo:
    """What identifies a run that begins now."""
    return RunInfo(
        id=uuid.uuid4().hex,
        started=started,
        finished=None,
        complete=False,
        as_of=as_of,
        ekuscan=__version__,
        vantage=vantage,
        rules=RulesVersion(known.tables.date, known.tables.sha256),
        trust_data=store.version,
        inventory=inventory,
    )


def inventory_file(request: ScanRequest) -> str | None:
    """The one file whose lines targets refer to, as it was named; None where there is none, or more than one."""
    lists = [target[1:] for target in request.targets if target.startswith("@")]
    files = [str(request.file)] if request.file is not None else []
    return (files + lists)[0] if len(files + lists) == 1 and (files + lists)[0] != "-" else None


def read_inventory(request: ScanRequest, known: Knowledge) -> Inventory:
    """What the command line and the targets file name. Raises `UsageError` and `InvalidInput`."""
    if not request.targets and request.file is None:
        raise UsageError(
            "nothing to scan: name hosts, or a targets file with -f; `ekuscan demo` scans the built-in lab"
        )
    refuse_files(request.targets)
    asked = TargetRequest(request.targets, request.file, request.slots, lambda: sys.stdin.buffer.read(_STDIN_LIMIT))
    inventory = load(asked, vocabulary(known.tables), partial(read_certificates, password=given_password()))
    if not inventory.targets:
        raise UsageError("nothing to scan: there is no target in what was given")
    if request.options:
        return inventory
    # Without TLS there is nothing to look at but the answer to an OPTIONS.
    silent = tuple(endpoint for endpoint in inventory.endpoints if endpoint.protocol not in ASKED_BY_OPTIONS)
    return replace(inventory, endpoints=silent)


def _with_client_certificates(
    limits: SweepLimits, request: ScanRequest, inventory: Inventory, now: datetime
) -> SweepLimits:
    # Reading keys loads what a scan without them has no use for.
    from ekuscan.cli.client_certificates import with_client_certificates

    return with_client_certificates(limits, request, inventory, now)


def _told_by_apis(
    request: ScanRequest, inventory: Inventory, known: Knowledge, proxied: Collection[str]
) -> tuple[Inventory, Beside | None, tuple[Notice, ...]]:
    # Without a log-in nothing of the APIs is loaded.
    if request.credentials is None:
        return inventory, None, ()
    from ekuscan.cli.logins import told_by_apis

    return told_by_apis(request, inventory, known.tables, proxied)


def _proxied(inventory: Inventory, limits: SweepLimits) -> frozenset[str]:
    return frozenset(target.id for target in inventory.targets if limits.of(target.id).proxy is not None)


def _with_each_address(inventory: Inventory, limits: SweepLimits) -> Inventory:
    from ekuscan.addresses import each_address

    # A proxy resolves the names that it is given.
    elsewhere = _proxied(inventory, limits)
    return replace(
        inventory, endpoints=event_loop.run(each_address(inventory.endpoints, limits.probe.resolve, elsewhere))
    )
