"""What `scan` asks of the history before it sweeps: whether it can be used, which list this is, what to go on with."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from ekuscan.cli.history_place import Chosen, chosen_place
from ekuscan.cli.keeping import Keeping
from ekuscan.cli.knowledge import readable
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.spill import Begun
from ekuscan.history import contents, lock, writer
from ekuscan.history.errors import BusyError, HistoryError
from ekuscan.history.place import Place
from ekuscan.history.reader import Reader
from ekuscan.history.runs import Holder, Judging, StoredRun, SweptList, Told
from ekuscan.history.store import Store, open_store
from ekuscan.model import Inventory, Observation, RunInfo
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.run import Options

# So often is tried to begin a run in a history that another program holds: about ten seconds.
_PATIENCE: Final = 5


@record
class SweepHistory:
    """``store`` is None where there is none to be used. ``unusable`` is then the one that ought to work: what it lacks
    goes into a file, and the exit code is 3 at the least. ``strict``: the sweep is not to go on without it."""

    store: Store | None
    strict: bool = True
    unusable: Place | None = None

    def close(self) -> None:
        if self.store is not None:
            self.store.close()

    def without(self, error: HistoryError) -> SweepHistory:
        """Go on without a history that turned out not to work. Raises `UsageError` where that is not wanted."""
        assert self.store is not None
        if self.strict:
            raise UsageError(str(error)) from None
        self.store.close()
        return _without(error, self.store.place)


def open_history(request: ScanRequest) -> SweepHistory:
    """The history of a sweep. Raises `UsageError` where one was asked for on the command line that cannot be used, or
    its name cannot be read."""
    chosen = None
    try:
        chosen = chosen_place(request.history)
        return SweepHistory(open_store(chosen.place, create=True), chosen.typed or request.resume)
    except HistoryError as error:
        if chosen is None or chosen.typed or request.resume:
            raise UsageError(str(error)) from None
        if chosen.asked or _is_there(chosen):
            return _without(error, chosen.place)
        tell(f"{error}; this run is not kept (--no-history says so)")
        return SweepHistory(None)


def _without(error: HistoryError, place: Place) -> SweepHistory:
    tell(f"{error}; the sweep goes on without it")
    return SweepHistory(None, strict=False, unusable=place)


def _is_there(chosen: Chosen) -> bool:
    """Whether there is a history that ought to work: where none can be begun, nobody misses one."""
    try:
        return chosen.place.path is None or chosen.place.path.stat().st_size > 0
    except OSError:
        return False


def to_go_on_with(request: ScanRequest, store: Store, stack: ExitStack) -> StoredRun:
    """The last run from here that did not end, of any list, where no targets are named; its lock is held until
    ``stack`` ends. Runs that somebody sweeps just now are passed over. Raises `UsageError`."""
    others = ""
    try:
        for run in Reader(store).runs():
            if not _is_left(run, store):
                continue
            if not _from_here(run, request):
                others = others or _where_it_began(run)
                continue
            try:
                stack.callback(lock.take(store, run.swept.key).release)
            except lock.HeldError:
                others = others or _who_holds(store, run.swept)
                continue
            if _is_left(run, store):
                return run
    except HistoryError as error:
        raise UsageError(str(error)) from None
    raise UsageError(f"--resume: {store.place.shown}: {others or 'no run is left to go on with; scan without it'}")


def _is_left(run: StoredRun, store: Store) -> bool:
    """Whether it is the last one of its list, and did not end."""
    newest = Reader(store).newest(run.swept.key) if not run.info.complete else None
    return newest is not None and newest.id == run.id and not newest.info.complete


def _from_here(run: StoredRun, request: ScanRequest) -> bool:
    """What a run saw from one place is not gone on with from another."""
    return run.info.vantage == request.vantage if request.vantage is not None else run.holder.host == platform.node()


def _where_it_began(run: StoredRun) -> str:
    host = printable(run.holder.host, 100)
    place = f"there with --vantage {printable(run.info.vantage, 100)}" if run.info.vantage is not None else "there"
    return f"run {run.id[:8]}, the last that did not end, was begun on {host}; go on with it {place}"


def same_list(request: ScanRequest, store: Store, inventory: Inventory) -> StoredRun | None:
    """The run of these targets that did not end, None where the last one did, or there is none. Raises `UsageError`."""
    try:
        run = Reader(store).newest(swept_list(request, inventory).key)
    except HistoryError as error:
        raise UsageError(str(error)) from None
    if run is None or run.info.complete:
        why = "there is no run of these targets yet" if run is None else "the last run of these targets ended"
        tell(f"--resume: {why}; this is a new one")
        return None
    if run.asked != writer.text_name(contents.inventory_text(inventory)):
        raise UsageError(
            f"--resume: {run.swept.name} is not what it was when run {run.id[:8]} began; put it back, or scan without "
            "--resume to begin a new run"
        )
    return run


def stored_inventory(store: Store, name: str) -> Inventory:
    """Raises `UsageError`."""
    try:
        return contents.inventory(Reader(store).text(name))
    except HistoryError as error:
        raise UsageError(str(error)) from None


def stored_rules(store: Store, run: StoredRun) -> list[tuple[str, bytes]]:
    """The site's own rule tables of a run. Raises `UsageError`."""
    try:
        return [(name, Reader(store).text(text)) for name, text in run.judging.rules]
    except HistoryError as error:
        raise UsageError(str(error)) from None


def swept_list(request: ScanRequest, inventory: Inventory) -> SweptList:
    """What makes two sweeps ones of the same list: this machine or --vantage, the targets file, the targets as typed.

    Standard input has no name: the endpoints that it gave stand for it.
    """
    words = [_word(word, inventory) for word in sorted(request.targets)]
    file = "-" if request.file == Path("-") else str(request.file.resolve()) if request.file is not None else ""
    if file == "-":
        words.append(_word("-", inventory))
    told = "\0".join((request.vantage or platform.node(), file, *words))
    name = " ".join(([str(request.file)] if request.file is not None else []) + list(request.targets))
    return SweptList(hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest(), printable(name, 200))


def _word(word: str, inventory: Inventory) -> str:
    if word == "-":
        return "\0".join(sorted(endpoint.id for endpoint in inventory.endpoints))
    return "@" + str(Path(word[1:]).resolve()) if word.startswith("@") else word


def held(history: SweepHistory, swept: SweptList, stack: ExitStack) -> SweepHistory:
    """The history, with the lock of a list held until ``stack`` ends. Raises `UsageError` where somebody else sweeps
    it."""
    if history.store is None:
        return history
    try:
        stack.callback(lock.take(history.store, swept.key).release)
    except lock.HeldError:
        raise UsageError(_who_holds(history.store, swept)) from None
    except HistoryError as error:
        return history.without(error)
    return history


def _who_holds(store: Store, swept: SweptList) -> str:
    try:
        run = Reader(store).newest(swept.key, complete=False)
    except HistoryError:
        run = None
    who = "another process, which has just begun"
    if run is not None:
        one = run.holder
        who = f"process {one.pid} on {printable(one.host, 100)} since {one.since:%d %b %Y %H:%M:%S} UTC"
    return f"{swept.name}: is being swept by {who}; wait until it ends, or scan with --no-history"


@record
class Sweeping:
    """What is about to be swept: ``looked`` are the options that change what is seen, ``going`` is the run that is gone
    on with."""

    info: RunInfo
    swept: SweptList
    asked: Inventory
    inventory: Inventory
    options: Options
    rules: Sequence[tuple[str, bytes]]
    looked: tuple[str, ...]
    going: StoredRun | None = None


def seen_before(store: Store, run: StoredRun, inventory: Inventory) -> tuple[Observation, ...]:
    """What a run saw before it was broken off, said in a line. Raises `UsageError`."""
    try:
        seen = tuple(Reader(store).observations(run, inventory))
    except HistoryError as error:
        raise UsageError(str(error)) from None
    began = f"{run.info.started:%d %b %Y %H:%M} UTC"
    count = f"{len(seen)} of {run.endpoints} endpoints are stored"
    tell(f"going on with run {run.id[:8]} of {began}: {count}")
    return seen


def begin_keeping(history: SweepHistory, one: Sweeping, now: datetime) -> Keeping | None:
    """Store that a run begins, or goes on; None where nothing is kept. Raises `UsageError`."""
    texts = _texts(one)
    run = _new_run(one, now)
    if history.store is not None:
        try:
            begun = _patiently(partial(_begun, history.store, one, run, texts))
            return Keeping(history.store.place, history.store, Begun(begun, tuple(texts.items())))
        except HistoryError as error:
            history = history.without(error)
    if history.unusable is None:
        return None
    return Keeping(history.unusable, None, Begun(run, tuple(texts.items())))


def _begun(store: Store, one: Sweeping, run: StoredRun, texts: Mapping[str, bytes]) -> StoredRun:
    if one.going is not None:
        return writer.go_on(store, one.going, one.info, run.holder)
    return writer.begin(store, run, texts)


def _patiently(begin: Callable[[], StoredRun]) -> StoredRun:
    """Nothing is under way yet that could not wait until somebody else has written."""
    for _ in range(_PATIENCE - 1):
        with suppress(BusyError):
            return begin()
    return begin()


def _new_run(one: Sweeping, now: datetime) -> StoredRun:
    judging = Judging(
        one.options.warn_days,
        one.options.assume,
        one.options.fail_on,
        tuple((name, writer.text_name(text)) for name, text in one.rules),
        one.looked,
        Told(),
    )
    asked = writer.text_name(contents.inventory_text(one.asked))
    swept_as = writer.text_name(contents.inventory_text(one.inventory))
    holder = Holder(platform.node(), os.getpid(), now)
    return StoredRun(one.info, one.swept, 0, 0, judging, asked, swept_as, len(one.inventory.endpoints), holder)


def _texts(one: Sweeping) -> Mapping[str, bytes]:
    texts = [
        contents.inventory_text(one.asked),
        contents.inventory_text(one.inventory),
        *(text for _, text in one.rules),
    ]
    return {writer.text_name(text): text for text in texts}


def rule_texts(request: ScanRequest) -> list[tuple[str, bytes]]:
    """The site's own rule tables. Raises `UsageError`."""
    return [(str(path), readable(path)) for path in request.rules]


def as_it_began(options: Options, going: StoredRun, request: ScanRequest) -> Options:
    """A run that is gone on with is judged as it began, unless another day is asked for."""
    judging = going.judging
    return replace(
        options,
        as_of=options.as_of if request.as_of is not None else going.info.as_of,
        warn_days=judging.warn_days,
        assume=judging.assume,
        fail_on=judging.fail_on,
    )
