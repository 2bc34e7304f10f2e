"""``ekuscan scan``: targets to endpoints, endpoints to observations, observations to the answer."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from ekuscan import __version__
from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import read_certificates
from ekuscan.cli import event_loop
from ekuscan.cli.collector import spare_the_collector
from ekuscan.cli.knowledge import given_password, knowledge, knowledge_with, moment, vocabulary
from ekuscan.cli.log import choose_log, mark, tell
from ekuscan.cli.output import Look, Outputs, refused
from ekuscan.cli.progress import progress
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.scan_limits import sweep_limits, within_reach
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.stray_files import refuse_files
from ekuscan.exit_code import FINE, INCOMPLETE, INTERRUPTED, FailOnError, parse_fail_on
from ekuscan.limits import SweepLimits
from ekuscan.model import Endpoint, Inventory, Notice, Observation, Record, RulesVersion, RunInfo, Summary
from ekuscan.protocols import ASKED_BY_OPTIONS
from ekuscan.record import record
from ekuscan.report.records import RecordStream
from ekuscan.run import Knowledge, Options, Piece, RunInProgress
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore, TrustStoreError

if TYPE_CHECKING:
    # Whoever keeps nothing loads no database.
    from ekuscan.cli.keeping import Keeping
    from ekuscan.cli.quiet import Telling
    from ekuscan.cli.sweep_history import SweepHistory
    from ekuscan.history.runs import StoredRun
    from ekuscan.history.store import Store

Beside = Callable[[Observation], Observation]
# Seconds until what was seen is in the history.
_TICK: Final = 0.25
_STDIN_LIMIT = 8 * 1024 * 1024


def scan(request: ScanRequest) -> int:
    """Run a scan; returns the exit code."""
    with ExitStack() as stack:
        try:
            choose_log(request.log_format)
            telling = _telling(request)
            plan = _planned(request, stack)
            stdout = None if request.quiet else request.format
            outputs = Outputs(stdout, request.outputs, Look(request.verbose, request.color))
            plan = replace(plan, options=replace(plan.options, streamed=outputs.only_streams and telling is None))
            keeping = _keeping(request, plan, stack)
        except (UsageError, InvalidInput, TrustStoreError, FailOnError) as error:
            return refused(error, request.format)
        run = RunInProgress(plan.info, plan.ready.inventory, plan.known, plan.book, plan.options, plan.ready.unread)
        kept = Kept(keeping, plan.seen, plan.history.code if plan.history is not None else FINE)
        code = sweep_and_report(
            plan.ready.inventory.endpoints, plan.ready.limits, run, outputs, plan.known, plan.ready.beside, kept
        )
        return code if telling is None or code == INTERRUPTED else _told(run, code, plan, keeping, telling)


def _telling(request: ScanRequest) -> Telling | None:
    """Whom to tell what changed; None for nobody. Raises `UsageError`."""
    if not request.quiet and not request.notify:
        return None
    from ekuscan.cli.history_place import state_directory
    from ekuscan.cli.notify import NotifyRequest, alerts
    from ekuscan.cli.quiet import Telling

    if not request.keep:
        option = "--quiet" if request.quiet else "--notify"
        raise UsageError(f"{option}: what changed is known from the history; leave --no-history out")
    asked = NotifyRequest(request.notify, request.notify_secret_file, request.report_url, request.thresholds)
    return Telling(request.quiet, request.confirm, alerts(asked), state_directory() / "outbox")


def _told(run: RunInProgress, code: int, plan: _Plan, keeping: Keeping | None, telling: Telling) -> int:
    """Tell what changed since the last run of this list; returns the exit code."""
    from ekuscan.cli.quiet import after_sweep, since

    store = plan.history.store if plan.history is not None else None
    earlier = since(store, keeping.run, plan.known, plan.trust) if store is not None and keeping else None
    return after_sweep(run.result(datetime.now(UTC), complete=True), code, earlier, telling)


@record
class _Plan:
    """What a scan is going to do. ``seen`` is what the run that it goes on with saw already."""

    info: RunInfo
    options: Options
    known: Knowledge
    trust: TrustStore
    book: ChainBook
    ready: Ready
    asked: Inventory
    history: SweepHistory | None = None
    going: StoredRun | None = None
    seen: tuple[Observation, ...] = ()


def _planned(request: ScanRequest, stack: ExitStack) -> _Plan:
    """Everything that can be refused before something is sent. Raises `UsageError` and others of its kind."""
    started = datetime.now(UTC)
    as_of = moment(request.as_of, started)
    options = Options(as_of, request.warn_days, request.assume, fail_on=parse_fail_on(request.fail_on))
    if request.keep:
        from ekuscan.cli.sweep_history import open_history

        history = open_history(request)
        stack.callback(history.close)
        if history.store is not None:
            return _planned_with(history, history.store, request, options, started, stack)
    elif request.resume:
        raise UsageError("--resume: a run is gone on with from the history; leave --no-history out")
    else:
        history = None
    known = knowledge(request.rules)
    inventory = read_inventory(request, known)
    trust = stack.enter_context(TrustStore.open(request.trust_data))
    ready = prepared(request, inventory, known, started)
    info = run_info(trust, known, started, as_of, request.vantage, inventory_file(request))
    return _Plan(info, options, known, trust, ChainBook(trust, ready.inventory.trust), ready, inventory, history)


def _planned_with(
    history: SweepHistory, store: Store, request: ScanRequest, options: Options, started: datetime, stack: ExitStack
) -> _Plan:
    from ekuscan.cli import sweep_history as ask

    going = ask.to_go_on_with(request, store) if request.resume and not _named(request) else None
    # A run without names is gone on with by the rules that it began with, as they are kept.
    known = (
        knowledge(request.rules) if request.rules or going is None else knowledge_with(ask.stored_rules(store, going))
    )
    inventory = read_inventory(request, known) if going is None else ask.stored_inventory(store, going.asked)
    lock = ask.held(store, going.swept if going is not None else ask.swept_list(request, inventory))
    stack.callback(lock.release)
    if request.resume and going is None:
        going = ask.same_list(request, store, inventory)
    trust = stack.enter_context(TrustStore.open(request.trust_data))
    ready = prepared(request, inventory, known, started)
    seen: tuple[Observation, ...] = ()
    if going is not None:
        options = ask.as_it_began(options, going, request)
        ready = replace(ready, inventory=ask.stored_inventory(store, going.inventory))
        seen = ask.seen_before(store, going, ready.inventory)
    info = run_info(trust, known, started, options.as_of, request.vantage, inventory_file(request))
    if going is not None:
        then = going.info
        info = replace(info, id=then.id, started=then.started, vantage=then.vantage, inventory=then.inventory)
    book = ChainBook(trust, ready.inventory.trust)
    return _Plan(info, options, known, trust, book, ready, inventory, history, going, seen)


def _named(request: ScanRequest) -> bool:
    return bool(request.targets) or request.file is not None


def _keeping(request: ScanRequest, plan: _Plan, stack: ExitStack) -> Keeping | None:
    """The run begun in the history; None where nothing is kept. Raises `UsageError`."""
    if plan.history is None or plan.history.store is None:
        return None
    from ekuscan.cli import sweep_history as ask

    swept = plan.going.swept if plan.going is not None else ask.swept_list(request, plan.asked)
    sweeping = ask.Sweeping(
        plan.info, swept, plan.asked, plan.ready.inventory, plan.options, ask.rule_texts(request), plan.going
    )
    return ask.begin_keeping(plan.history.store, sweeping, datetime.now(UTC))


@record
class Kept:
    """What becomes of a run beside its outputs: ``seen`` is replayed first, ``code`` is the least exit code."""

    keeping: Keeping | None = None
    seen: tuple[Observation, ...] = ()
    code: int = FINE


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
    kept: Kept | None = None,
) -> int:
    """Sweep the endpoints, write the result, and return the exit code. ``beside`` adds what an API told of a box."""
    spare_the_collector()
    kept = kept or Kept()
    sink = _Sink(run, outputs, kept)
    mark("the sweep begins", run=run.info.id, endpoints=len(endpoints), seen_before=len(kept.seen))
    try:
        sink.begin()
        done = {observation.endpoint.id for observation in kept.seen}
        left = [endpoint for endpoint in endpoints if endpoint.id not in done] if done else endpoints
        if left:
            tick = kept.keeping.tick if kept.keeping is not None else None
            event_loop.run(sweep_into(sink.observe, left, limits, beside, tick))
    except KeyboardInterrupt:
        sink.interrupt()
        return _end(run, sink, outputs, known, complete=False)
    return _end(run, sink, outputs, known, complete=True)


def report(run: RunInProgress, outputs: Outputs, known: Knowledge) -> int:
    """Judge an inventory that needs no network, write the result, and return the exit code."""
    spare_the_collector()
    sink = _Sink(run, outputs, Kept())
    sink.begin()
    return _end(run, sink, outputs, known, complete=True)


def _end(run: RunInProgress, sink: _Sink, outputs: Outputs, known: Knowledge, *, complete: bool) -> int:
    for fault in run.faults:
        tell(f"a bug of ekuscan, so these were not judged: {fault}", "error")
    finished = datetime.now(UTC)
    summary = sink.end(run.summary(complete), finished, complete=complete)
    counts = summary.endpoints
    mark(
        "the sweep ended" if complete else "the sweep was interrupted",
        run=run.info.id,
        seen=counts.seen,
        partial=counts.partial,
        closed=counts.closed,
        failed=counts.failed,
        skipped=counts.skipped,
        exit=summary.exit,
    )
    if not outputs.only_streams:
        result = replace(run.result(finished, complete), summary=summary)
        outputs.finish(result, known.tables, run.info.as_of)
    try:
        outputs.close()
    except UsageError as error:
        return outputs.exit_code(refuse(error))
    return outputs.exit_code(summary.exit)


async def sweep_into(
    observe: Callable[[Observation], None],
    endpoints: Sequence[Endpoint],
    limits: SweepLimits,
    beside: Beside | None,
    tick: Callable[[], None] | None = None,
) -> None:
    """Look at the endpoints, and hand on what each one showed as soon as it ends. ``tick`` is done every `_TICK`."""
    from ekuscan.sweep import sweep

    with progress(len(endpoints)) as ended:
        async with event_loop.every(_TICK, tick) if tick is not None else nullcontext():
            async for observation in sweep(endpoints, limits, lambda: datetime.now(UTC)):
                observe(beside(observation) if beside is not None else observation)
                ended(observation.endpoint.id)


class _Sink:
    """Hands observations to the run, and what it finishes to the outputs that stream and to the history."""

    def __init__(self, run: RunInProgress, outputs: Outputs, kept: Kept) -> None:
        self._run = run
        self._outputs = outputs
        self._keeping = kept.keeping
        self._seen = kept.seen
        self._least = kept.code
        self._records = RecordStream(run.book.certificates, run.book.chains)

    def begin(self) -> None:
        self._outputs.stream([Record("run", "", self._run.info)])
        for piece in self._run.begin():
            self._take(piece)
        for observation in self._seen:
            self._take(self._run.observe(observation))

    def observe(self, observation: Observation) -> None:
        failure = observation.failure
        if failure is not None and failure.reason == "internal-error":
            tell(f"{observation.endpoint.id}: {failure.detail}")
        if self._keeping is not None:
            self._keeping.observe(observation)
        self._take(self._run.observe(observation))

    def interrupt(self) -> None:
        for piece in self._run.interrupt():
            self._take(piece)

    def end(self, summary: Summary, finished: datetime, *, complete: bool) -> Summary:
        """The summary with the exit code that it has at last, and its line; an interrupted run has none, which is how a
        reader knows."""
        least = self._least
        if self._keeping is not None:
            info = replace(self._run.info, finished=finished, complete=complete)
            self._keeping.end(info, summary)
            least = INCOMPLETE if self._keeping.failed else least
        if summary.exit == FINE:
            summary = replace(summary, exit=least)
        if complete:
            self._outputs.stream([*self._records.unnamed(), Record("summary", "", summary)])
        return summary

    def _take(self, piece: Piece | None) -> None:
        if piece is None:
            return
        if self._keeping is not None:
            self._keeping.found(piece)
        if self._outputs.streams:
            self._outputs.stream(
                self._records.part(piece.targets, piece.connections, piece.observations, piece.verdicts, piece.notices)
            )
