"""What `scan` asks of the history before it sweeps: whether it can be used, which list this is, what to go on with."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ekuscan.cli.history_place import Chosen, chosen_place
from ekuscan.cli.keeping import Keeping
from ekuscan.cli.knowledge import readable
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.spill import Begun
from ekuscan.exit_code import FINE, INCOMPLETE
from ekuscan.history import contents, lock, writer
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.runs import Holder, Judging, StoredRun, SweptList
from ekuscan.history.store import Store, open_store
from ekuscan.model import Inventory, Observation, RunInfo
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.run import Options


@record
class SweepHistory:
    """``store`` is None where nothing is kept; ``code`` is then the exit code that the run has at the least."""

    store: Store | None
    code: int = FINE

    def close(self) -> None:
        if self.store is not None:
            self.store.close()


def open_history(request: ScanRequest) -> SweepHistory:
    """The history of a sweep. Raises `UsageError` where one was asked for that cannot be used."""
    chosen = None
    try:
        chosen = chosen_place(request.history)
        return SweepHistory(open_store(chosen.place, create=True))
    except HistoryError as error:
        if chosen is None or chosen.asked or request.resume:
            raise UsageError(str(error)) from None
        tell(f"{error}; this run is not kept (--no-history says so)")
        return SweepHistory(None, INCOMPLETE if _is_there(chosen) else FINE)


def _is_there(chosen: Chosen) -> bool:
    """Whether there is a history that ought to work: where none can be begun, nobody misses one."""
    try:
        return chosen.place.path is None or chosen.place.path.stat().st_size > 0
    except OSError:
        return False


def to_go_on_with(request: ScanRequest, store: Store) -> StoredRun:
    """The last run that did not end, of any list, where no targets are named. Raises `UsageError`."""
    reader = Reader(store)
    try:
        for run in reader.runs():
            newest = reader.newest(run.swept.key)
            if not run.info.complete and newest is not None and newest.id == run.id:
                return run
    except HistoryError as error:
        raise UsageError(str(error)) from None
    raise UsageError(f"--resume: {store.place.shown}: no run is left to go on with; scan without it")


def same_list(request: ScanRequest, store: Store, inventory: Inventory) -> StoredRun | None:
    """The run of these targets that did not end, None where the last one did. Raises `UsageError`."""
    try:
        run = Reader(store).newest(swept_list(request, inventory).key)
    except HistoryError as error:
        raise UsageError(str(error)) from None
    if run is None or run.info.complete:
        tell("--resume: the last run of these targets ended; this is a new one")
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


def held(store: Store, swept: SweptList) -> lock.Lock:
    """The lock of a list. Raises `UsageError` where somebody else sweeps it."""
    try:
        return lock.take(store, swept.key)
    except lock.HeldError:
        raise UsageError(_who_holds(store, swept)) from None
    except HistoryError as error:
        raise UsageError(str(error)) from None


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
    """What is about to be swept: ``going`` is the run that is gone on with."""

    info: RunInfo
    swept: SweptList
    asked: Inventory
    inventory: Inventory
    options: Options
    rules: Sequence[tuple[str, bytes]]
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


def begin_keeping(store: Store, one: Sweeping, now: datetime) -> Keeping:
    """Store that a run begins, or goes on. Raises `UsageError`."""
    try:
        return _begun(store, one, now)
    except HistoryError as error:
        raise UsageError(str(error)) from None


def _begun(store: Store, one: Sweeping, now: datetime) -> Keeping:
    holder = Holder(platform.node(), os.getpid(), now)
    texts = _texts(one)
    if one.going is not None:
        run = writer.go_on(store, one.going, one.info, holder)
    else:
        judging = Judging(
            one.options.warn_days,
            one.options.assume,
            one.options.fail_on,
            tuple((name, writer.text_name(text)) for name, text in one.rules),
        )
        asked = writer.text_name(contents.inventory_text(one.asked))
        swept_as = writer.text_name(contents.inventory_text(one.inventory))
        new = StoredRun(one.info, one.swept, 0, 0, judging, asked, swept_as, len(one.inventory.endpoints), holder)
        run = writer.begin(store, new, texts)
    return Keeping(store, Begun(run, tuple(texts.items())))


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
