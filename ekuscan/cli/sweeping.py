"""A sweep, and what becomes of what it sees: outputs, the history, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ekuscan.cli import event_loop
from ekuscan.cli.collector import spare_the_collector
from ekuscan.cli.log import mark, tell
from ekuscan.cli.output import Outputs
from ekuscan.cli.preparing import Beside
from ekuscan.cli.progress import progress
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.exit_code import FINE, INCOMPLETE
from ekuscan.limits import SweepLimits
from ekuscan.model import Endpoint, Observation, Record, Run, Summary
from ekuscan.record import record
from ekuscan.report.records import RecordStream
from ekuscan.run import Knowledge, Piece, RunInProgress

if TYPE_CHECKING:
    # Whoever keeps nothing loads no database.
    from ekuscan.cli.keeping import Keeping

# Seconds until what was seen is in the history.
_TICK: Final = 0.25


@record
class Kept:
    """What becomes of a run beside its outputs; ``seen`` is replayed first."""

    keeping: Keeping | None = None
    seen: tuple[Observation, ...] = ()


@record
class Ended:
    """How a sweep ended: the exit code, and the whole result where somebody wants it."""

    code: int
    result: Run | None


def sweep_and_report(
    endpoints: Sequence[Endpoint],
    limits: SweepLimits,
    run: RunInProgress,
    outputs: Outputs,
    known: Knowledge,
    beside: Beside | None = None,
    kept: Kept | None = None,
    *,
    wanted: bool = False,
) -> Ended:
    """Sweep the endpoints, and write the result; it is returned too where it is ``wanted``, or was written whole.

    ``beside`` adds what an API told of a box.
    """
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
    return _end(run, sink, outputs, known, complete=True, wanted=wanted)


def report(run: RunInProgress, outputs: Outputs, known: Knowledge) -> int:
    """Judge an inventory that needs no network, write the result, and return the exit code."""
    spare_the_collector()
    sink = _Sink(run, outputs, Kept())
    sink.begin()
    return _end(run, sink, outputs, known, complete=True).code


def _end(
    run: RunInProgress, sink: _Sink, outputs: Outputs, known: Knowledge, *, complete: bool, wanted: bool = False
) -> Ended:
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
    result = None
    if wanted or not outputs.only_streams:
        result = replace(run.result(finished, complete), summary=summary)
    if result is not None and not outputs.only_streams:
        outputs.finish(result, known.tables, run.info.as_of)
    try:
        outputs.close()
    except UsageError as error:
        return Ended(outputs.exit_code(refuse(error)), result)
    return Ended(outputs.exit_code(summary.exit), result)


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
        if self._keeping is not None:
            info = replace(self._run.info, finished=finished, complete=complete)
            self._keeping.end(info, summary)
            if self._keeping.failed and summary.exit == FINE:
                summary = replace(summary, exit=INCOMPLETE)
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
