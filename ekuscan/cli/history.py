"""``ekuscan history``: what runs there are, what is known of one, its facts judged anew, old ones taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from ekuscan.cli.history_place import chosen_place
from ekuscan.cli.knowledge import knowledge, knowledge_with, moment
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.retention import prune as prune_store
from ekuscan.history.runs import StoredRun
from ekuscan.history.selectors import find_run
from ekuscan.history.store import Store, open_store
from ekuscan.model import TrustVersion, Verdict
from ekuscan.report.text import counted
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStore, TrustStoreError

_KEEP = re.compile(r"(\d{1,5})([dw])")
_TOLD = ("outcome", "now", "next", "severity", "certainty", "when", "rule")


@contextmanager
def opened(option: str | None, *, create: bool = False) -> Iterator[Store]:
    """The history that a command reads. Raises `HistoryError`."""
    store = open_store(chosen_place(option).place, create=create)
    try:
        yield store
    finally:
        store.close()


def list_runs(option: str | None, most: int) -> int:
    """Print a line for each run, the latest first."""
    try:
        with opened(option) as store:
            for run in islice(Reader(store).runs(), most):
                print(_line(run))
    except HistoryError as error:
        return refuse(error)
    return 0


def _line(run: StoredRun) -> str:
    code = f"exit {run.summary.exit}" if run.summary is not None and run.info.complete else "did not end"
    return f"{run.id[:8]}  {_time(run.info.started)}  {code:<11}  {counted(run.endpoints, 'port')}  {run.swept.name}"


def _time(moment_: datetime | None) -> str:
    return f"{moment_:%d %b %Y %H:%M} UTC" if moment_ is not None else "-"


def show(words: str, option: str | None) -> int:
    """Print what is known of a run."""
    try:
        with opened(option) as store:
            reader = Reader(store)
            run = find_run(reader, words)
            stored = sum(1 for _ in reader.stored(run))
    except HistoryError as error:
        return refuse(error)
    info = run.info
    print(f"run {run.id} of {run.swept.name}")
    print(f"began {_time(info.started)}, {'ended' if info.complete else 'did not end'}, {_time(info.finished)}")
    print(f"{stored} of {counted(run.endpoints, 'port')} stored, judged for {_time(info.as_of)}")
    print(f"ekuscan {info.ekuscan}, rules {info.rules.date}, trust data {info.trust_data.date}")
    for name, _ in run.judging.rules:
        print(f"with the rules of {name}")
    if run.summary is not None:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in run.summary.outcomes.items())
        print(f"{outcomes or 'no verdict'}; exit {run.summary.exit}")
    if not info.complete:
        print("`ekuscan scan --resume` goes on with the last run that did not end")
    return 0


def rejudge(words: str, as_of: str | None, rules: tuple[Path, ...], trust_data: Path | None, option: str | None) -> int:
    """Print the verdicts that differ when a run's facts are judged today."""
    from ekuscan.kept_run import rejudged

    try:
        with opened(option) as store, TrustStore.open(trust_data) as trust:
            reader = Reader(store)
            run = find_run(reader, words)
            version = trust.version
            day = moment(as_of, run.info.as_of)
            texts = [(name, reader.text(text)) for name, text in run.judging.rules]
            known = knowledge(rules) if rules else knowledge_with(texts)
            now = {verdict.id: verdict for verdict in rejudged(reader, run, known, trust, day).verdicts}
            then = {verdict.id: verdict for verdict in reader.verdicts(run)}
    except (HistoryError, UsageError, InvalidInput, TrustStoreError) as error:
        return refuse(error)
    print(f"run {run.id[:8]} of {_time(run.info.started)}, rules then {run.info.rules.date}, now {known.tables.date}")
    if version != run.info.trust_data:
        print(f"trust data then {_trust(run.info.trust_data)}, now {_trust(version)}; --trust-data names another")
    lines = list(_differences(then, now))
    for line in lines:
        print(line)
    same = sum(1 for id_, verdict in now.items() if then.get(id_) == verdict)
    print(f"{counted(same, 'verdict')} as then, {len(lines)} different")
    return 0


def _trust(version: TrustVersion) -> str:
    return f"{version.date} (Chrome's store {version.chrome_store})"


def _differences(then: Mapping[str, Verdict], now: Mapping[str, Verdict]) -> Iterator[str]:
    for id_ in sorted(then.keys() | now.keys()):
        old, new = then.get(id_), now.get(id_)
        if old is None and new is not None:
            yield f"new   {id_}: {new.outcome}"
        elif old is not None and new is None:
            yield f"gone  {id_}: was {old.outcome}"
        elif old != new:
            yield f"other {id_}: {_what(old, new)}"


def _what(old: Verdict | None, new: Verdict | None) -> str:
    told = [(name, getattr(old, name), getattr(new, name)) for name in _TOLD]
    told.append(("waiver", _last_day(old), _last_day(new)))
    changed = [f"{name} {_word(was)} > {_word(is_)}" for name, was, is_ in told if was != is_]
    return ", ".join(changed) or "its reasons, remedies or sources"


def _last_day(verdict: Verdict | None) -> str:
    waiver = verdict.waived if verdict is not None else None
    return f"until {waiver.until}" if waiver is not None else "none"


def _word(value: object) -> str:
    return f"{value:%d %b %Y}" if isinstance(value, datetime) else str(value)


def prune(keep: str, option: str | None) -> int:
    """Take out the runs that are older than ``keep``."""
    match = _KEEP.fullmatch(keep)
    try:
        if match is None:
            raise UsageError(f"--keep: found {keep!r}; write a number of days or weeks, like 90d or 26w")
        days = int(match[1]) * (7 if match[2] == "w" else 1)
        before = datetime.now(UTC) - timedelta(days=min(days, 365 * 1000))
        with opened(option) as store:
            gone = prune_store(store, before)
    except (HistoryError, UsageError) as error:
        return refuse(error)
    print(f"{counted(gone, 'run')} taken out, those since {_time(before)} kept")
    return 0
