"""``ekuscan preflight``: the estate looked at as `scan` does, and judged as it is and with changes made to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import CertificateFileError
from ekuscan.cli import event_loop
from ekuscan.cli.candidates import read_candidates
from ekuscan.cli.knowledge import knowledge, moment
from ekuscan.cli.log import tell
from ekuscan.cli.output import Look as Shown
from ekuscan.cli.output import Outputs
from ekuscan.cli.preflight_request import PreflightRequest
from ekuscan.cli.preparing import Ready, prepared, read_inventory, run_info
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.sweeping import sweep_into
from ekuscan.exit_code import INTERRUPTED, FailOnError, parse_fail_on
from ekuscan.foresight import Foresight
from ekuscan.model import Inventory, Observation
from ekuscan.preflight import Asked, Look, foresee
from ekuscan.rules.tables import Tables
from ekuscan.run import Options, RunInProgress
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStore, TrustStoreError
from ekuscan.verdict.links import assumed_connections
from ekuscan.what_if.changes import Changes, WrongChange, changed
from ekuscan.what_if.settled import Grounds, Settled

_NOTHING = (
    "preflight: there is no change; write --to NAME=RELEASE, --set NAME.SETTING=VALUE, --new-cert NAME:SLOT=FILE,"
    " --renew default or --on DATE"
)


def preflight(request: PreflightRequest) -> int:
    """Look, judge twice, say what differs; returns the exit code."""
    scan = request.scan
    try:
        started = datetime.now(UTC)
        today = moment(scan.as_of, started)
        day = _day(request, today)
        fail_on = parse_fail_on(request.fail_on) if request.fail_on is not None else None
        options = Options(today, scan.warn_days, scan.assume, noticing=False, planning=False)
        known = knowledge(scan.rules)
        candidates = read_candidates(request)
        changes = Changes(request.to, request.set, candidates.new, request.renew, later=day > today)
        if not changes:
            raise UsageError(_NOTHING)
        inventory = read_inventory(scan, known)
        store = TrustStore.open(scan.trust_data)
    except (UsageError, InvalidInput, TrustStoreError, FailOnError, CertificateFileError) as error:
        return refuse(error)
    with store:
        grounds = Grounds(known.tables, known.policy, ChainBook(store, inventory.trust), today, day, looked=False)
        asked = Asked(changes, fail_on, candidates.beside, candidates.paths)
        try:
            _check(inventory, changes, grounds, options)
            # Files are opened only for a result that is about to come.
            outputs = Outputs(scan.format, scan.outputs, Shown(scan.verbose, scan.color), formats=("table", "json"))
            ready = prepared(scan, inventory, known, started)
            run = RunInProgress(run_info(store, known, started, today), ready.inventory, known, grounds.book, options)
            look = _look(run, ready, options)
            if look is None:
                tell("interrupted: nothing was judged")
                return INTERRUPTED
            found = foresee(look, asked, known, replace(grounds, looked=True))
        except (UsageError, InvalidInput, WrongChange) as error:
            return refuse(error)
        return _tell(found, run, outputs, known.tables)


def _day(request: PreflightRequest, today: datetime) -> datetime:
    """The instant that the changed estate is judged for. Raises `UsageError`."""
    if request.on is None:
        return today
    try:
        day = moment(request.on, today)
    except UsageError:
        raise UsageError(f"--on: found {request.on!r}; write a day like 2027-03-15") from None
    if day.date() < today.date():
        raise UsageError(f"--on: {request.on} is before the day that the estate is judged for, {today.date()}")
    return max(day, today)


def _check(inventory: Inventory, changes: Changes, grounds: Grounds, options: Options) -> None:
    """Refuse changes that cannot be made before anything is sent. Raises `WrongChange`."""
    targets = {target.id: target for target in inventory.targets}
    known = {name: target for name, target in targets.items() if target.role_from != "default"}
    assumed = assumed_connections(known, inventory.connections, grounds.tables) if options.assume else ()
    changed(Settled(targets, (*inventory.connections, *assumed)), changes, grounds)


def _look(run: RunInProgress, ready: Ready, options: Options) -> Look | None:
    """Look at every endpoint; None if a person broke it off."""
    observations: list[Observation] = []

    def observe(observation: Observation) -> None:
        observations.append(observation)
        run.observe(observation)

    try:
        for _ in run.begin():
            pass
        if ready.inventory.endpoints:
            event_loop.run(sweep_into(observe, ready.inventory.endpoints, ready.limits, ready.beside))
    except KeyboardInterrupt:
        return None
    return Look(run.result(datetime.now(UTC), complete=True), ready.inventory, tuple(observations), options)


def _tell(found: Foresight, run: RunInProgress, outputs: Outputs, tables: Tables) -> int:
    _tell_faults(run.faults)
    outputs.foretell(found, tables, found.run.as_of)
    try:
        outputs.close()
    except UsageError as error:
        return refuse(error)
    return found.summary.exit


def _tell_faults(faults: Iterable[str]) -> None:
    for fault in faults:
        tell(f"a bug of ekuscan, so these were not judged: {fault}", "error")
