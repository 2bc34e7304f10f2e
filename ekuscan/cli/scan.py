"""``ekuscan scan``: targets to endpoints, endpoints to observations, observations to the answer."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge, knowledge_with, moment
from ekuscan.cli.log import choose_log
from ekuscan.cli.output import Look, Outputs, refused
from ekuscan.cli.preparing import Ready, inventory_file, prepared, read_inventory, run_info
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest, looked
from ekuscan.cli.sweeping import Kept, sweep_and_report
from ekuscan.exit_code import INTERRUPTED, FailOnError, parse_fail_on
from ekuscan.model import Inventory, Observation, Run, RunInfo
from ekuscan.record import record
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStore, TrustStoreError

if TYPE_CHECKING:
    # Whoever keeps nothing loads no database.
    from ekuscan.cli.keeping import Keeping
    from ekuscan.cli.quiet import Telling
    from ekuscan.cli.sweep_history import SweepHistory
    from ekuscan.history.runs import StoredRun
    from ekuscan.history.store import Store


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
        kept = Kept(keeping, plan.seen)
        ready = plan.ready
        ended = sweep_and_report(
            ready.inventory.endpoints,
            ready.limits,
            run,
            outputs,
            plan.known,
            ready.beside,
            kept,
            wanted=telling is not None,
        )
        if telling is None or ended.result is None or ended.code == INTERRUPTED:
            return ended.code
        return _told(ended.result, ended.code, plan, keeping, telling)


def _telling(request: ScanRequest) -> Telling | None:
    """Whom to tell what changed; None for nobody. Raises `UsageError`."""
    _refuse_idle(request)
    if not request.quiet and not request.notify:
        return None
    from ekuscan.cli.history_place import outbox_folder
    from ekuscan.cli.notify import NotifyRequest, alerts
    from ekuscan.cli.quiet import Telling

    if not request.keep:
        option = "--quiet" if request.quiet else "--notify"
        raise UsageError(f"{option}: what changed is known from the history; leave --no-history out")
    asked = NotifyRequest(request.notify, request.notify_secret_file, request.report_url, request.thresholds)
    return Telling(request.quiet, request.confirm, alerts(asked), outbox_folder(request.history))


def _refuse_idle(request: ScanRequest) -> None:
    """Options that would have no effect. Raises `UsageError`."""
    if request.quiet and request.format != "table":
        raise UsageError(
            "--quiet: standard output has changes alone, so --format has no effect; leave it out, and write a result "
            "to a file with -o FORMAT:FILE"
        )
    if not request.notify:
        for name, given in (("report-url", request.report_url), ("notify-secret-file", request.notify_secret_file)):
            if given is not None:
                raise UsageError(f"--{name}: is for alerts; add --notify, or leave it out")
    if request.confirm != 1 and not request.quiet and not request.notify:
        raise UsageError("--confirm: is for what is told of a change; add --quiet or --notify, or leave it out")


def _told(after: Run, code: int, plan: _Plan, keeping: Keeping | None, telling: Telling) -> int:
    """Tell what changed since the last run of this list that was told; returns the exit code."""
    from ekuscan.cli.quiet import not_known, tell_of

    store = keeping.store if keeping is not None and not keeping.silent else None
    if store is None or keeping is None:
        return not_known("there is no history of this run", code, telling)
    return tell_of(store, keeping.run, after, code, plan.known, plan.trust, telling)


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

    going = ask.to_go_on_with(request, store, stack) if request.resume and not _named(request) else None
    # A run without names is gone on with by the rules that it began with, as they are kept.
    known = (
        knowledge(request.rules) if request.rules or going is None else knowledge_with(ask.stored_rules(store, going))
    )
    inventory = read_inventory(request, known) if going is None else ask.stored_inventory(store, going.asked)
    if going is None:
        history = ask.held(history, ask.swept_list(request, inventory), stack)
        going = ask.same_list(request, store, inventory) if request.resume else None
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
    if plan.history is None:
        return None
    from ekuscan.cli import sweep_history as ask

    swept = plan.going.swept if plan.going is not None else ask.swept_list(request, plan.asked)
    rules, seeing = ask.rule_texts(request), looked(request)
    sweeping = ask.Sweeping(plan.info, swept, plan.asked, plan.ready.inventory, plan.options, rules, seeing, plan.going)
    return ask.begin_keeping(plan.history, sweeping, datetime.now(UTC))
