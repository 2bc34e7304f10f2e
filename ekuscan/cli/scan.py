"""``ekuscan scan``: targets to endpoints, endpoints to observations, observations to the answer."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from ekuscan import __version__
from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import read_certificates
from ekuscan.cli import event_loop
from ekuscan.cli.collector import spare_the_collector
from ekuscan.cli.knowledge import given_password, knowledge, moment, vocabulary
from ekuscan.cli.log import tell
from ekuscan.cli.output import Look, Outputs, refused
from ekuscan.cli.progress import progress
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.scan_limits import sweep_limits, within_reach
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.stray_files import refuse_files
from ekuscan.exit_code import FailOnError, parse_fail_on
from ekuscan.limits import SweepLimits
from ekuscan.model import Endpoint, Inventory, Notice, Observation, Record, RulesVersion, RunInfo, Summary
from ekuscan.protocols import ASKED_BY_OPTIONS
from ekuscan.record import record
from ekuscan.report.records import RecordStream
from ekuscan.run import Knowledge, Options, Piece, RunInProgress
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore, TrustStoreError

Beside = Callable[[Observation], Observation]
_STDIN_LIMIT = 8 * 1024 * 1024


def scan(request: ScanRequest) -> int:
    """Run a scan; returns the exit code."""
    try:
        started = datetime.now(UTC)
        as_of = moment(request.as_of, started)
        options = Options(as_of, request.warn_days, request.assume, fail_on=parse_fail_on(request.fail_on))
        known = knowledge(request.rules)
        inventory = read_inventory(request, known)
        store = TrustStore.open(request.trust_data)
        outputs = Outputs(request.format, request.outputs, Look(request.verbose, request.color))
        options = replace(options, streamed=outputs.only_streams)
        ready = prepared(request, inventory, known, started)
        inventory = ready.inventory
    except (UsageError, InvalidInput, TrustStoreError, FailOnError) as error:
        return refused(error, request.format)
    with store:
        book = ChainBook(store, inventory.trust)
        info = run_info(store, known, started, as_of, request.vantage, inventory_file(request))
        run = RunInProgress(info, inventory, known, book, options, ready.unread)
        return sweep_and_report(inventory.endpoints, ready.limits, run, outputs, known, ready.beside)


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


def sweep_and_report(
    endpoints: Sequence[Endpoint],
    limits: SweepLimits,
    run: RunInProgress,
    outputs: Outputs,
    known: Knowledge,
    beside: Beside | None = None,
) -> int:
    """Sweep the endpoints, write the result, and return the exit code. ``beside`` adds what an API told of a box."""
    spare_the_collector()
    sink = _Sink(run, outputs)
    try:
        sink.begin()
        if endpoints:
            event_loop.run(sweep_into(sink.observe, endpoints, limits, beside))
    except KeyboardInterrupt:
        sink.interrupt()
        return _end(run, sink, outputs, known, complete=False)
    return _end(run, sink, outputs, known, complete=True)


def report(run: RunInProgress, outputs: Outputs, known: Knowledge) -> int:
    """Judge an inventory that needs no network, write the result, and return the exit code."""
    spare_the_collector()
    sink = _Sink(run, outputs)
    sink.begin()
    return _end(run, sink, outputs, known, complete=True)


def _end(run: RunInProgress, sink: _Sink, outputs: Outputs, known: Knowledge, *, complete: bool) -> int:
    for fault in run.faults:
        tell(f"a bug of ekuscan, so these were not judged: {fault}", "error")
    summary = run.summary(complete)
    sink.end(summary, complete=complete)
    if not outputs.only_streams:
        outputs.finish(run.result(datetime.now(UTC), complete), known.tables, run.info.as_of)
    try:
        outputs.close()
    except UsageError as error:
        return outputs.exit_code(refuse(error))
    return outputs.exit_code(summary.exit)


async def sweep_into(
    observe: Callable[[Observation], None], endpoints: Sequence[Endpoint], limits: SweepLimits, beside: Beside | None
) -> None:
    """Look at the endpoints, and hand on what each one showed as soon as it ends."""
    from ekuscan.sweep import sweep

    with progress(len(endpoints)) as ended:
        async for observation in sweep(endpoints, limits, lambda: datetime.now(UTC)):
            observe(beside(observation) if beside is not None else observation)
            ended(observation.endpoint.id)


class _Sink:
    """Hands observations to the run, and what it finishes to the outputs that stream."""

    def __init__(self, run: RunInProgress, outputs: Outputs) -> None:
        self._run = run
        self._outputs = outputs
        self._records = RecordStream(run.book.certificates, run.book.chains)

    def begin(self) -> None:
        self._outputs.stream([Record("run", "", self._run.info)])
        for piece in self._run.begin():
            self._stream(piece)

    def observe(self, observation: Observation) -> None:
        failure = observation.failure
        if failure is not None and failure.reason == "internal-error":
            tell(f"{observation.endpoint.id}: {failure.detail}")
        piece = self._run.observe(observation)
        if piece is not None:
            self._stream(piece)

    def interrupt(self) -> None:
        for piece in self._run.interrupt():
            self._stream(piece)

    def end(self, summary: Summary, *, complete: bool) -> None:
        """The summary line; an interrupted run has none, which is how a reader knows."""
        if complete:
            self._outputs.stream([*self._records.unnamed(), Record("summary", "", summary)])

    def _stream(self, piece: Piece) -> None:
        if self._outputs.streams:
            self._outputs.stream(
                self._records.part(piece.targets, piece.connections, piece.observations, piece.verdicts, piece.notices)
            )
