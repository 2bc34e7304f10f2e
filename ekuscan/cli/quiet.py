"""After a sweep: what changed since the last run of the same list, as lines for ``--quiet`` and as alerts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ekuscan.change.find import find
from ekuscan.change.runs import side_by_side
from ekuscan.cli import log
from ekuscan.cli.diff import beside
from ekuscan.cli.diff_history import whole
from ekuscan.cli.notify import Alerts, Earlier, tell, tell_what_waits
from ekuscan.exit_code import FINE, FOUND, INCOMPLETE
from ekuscan.history import writer
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun, Told
from ekuscan.history.store import Store
from ekuscan.model import Run
from ekuscan.news import News
from ekuscan.notify.thresholds import in_use
from ekuscan.observation import ANSWERED
from ekuscan.past_runs import PastRuns
from ekuscan.record import record
from ekuscan.report.change_line import change_line
from ekuscan.run import Knowledge
from ekuscan.told_runs import told_runs
from ekuscan.trust import TrustStore


@record
class Telling:
    """Who is told: whether standard output has changes alone, in how many runs in a row an endpoint has to be away, the
    channels of alerts, and the folder in which what they do not take is kept."""

    quiet: bool
    confirm: int
    alerts: Alerts
    outbox: Path

    @property
    def told(self) -> Told:
        """Who is told by a run of this kind."""
        alerts = bool(self.alerts.channels)
        return Told(self.quiet, alerts, self.alerts.days if alerts else ())


@record
class Since:
    """The runs that news is told against, the latest first; at least one. ``judged`` makes the whole run of a stored
    one, as it was judged then."""

    reader: Reader
    runs: Sequence[StoredRun]
    known: Knowledge
    trust: TrustStore
    judged: Callable[[StoredRun], Run]

    @property
    def before(self) -> StoredRun:
        """The run that this one is compared with."""
        return self.runs[0]


def tell_of(
    store: Store, run: StoredRun, after: Run, usual: int, known: Knowledge, trust: TrustStore, telling: Telling
) -> int:
    """Print and send what changed since the last run that was told, and keep that this one is; returns the exit
    code."""
    try:
        earlier = since(store, run, known, trust, telling.told)
        news = found_since(earlier, after, telling.confirm)
    except HistoryError as error:
        return not_known(str(error), usual, telling)
    done = after_sweep(after, usual, news, telling)
    try:
        writer.tell(store, run, done.told)
    except HistoryError as error:
        log.tell(f"{error}; what was told now will be told again by the next run")
        return INCOMPLETE if done.code == FINE else done.code
    return done.code


def since(store: Store, run: StoredRun, known: Knowledge, trust: TrustStore, told: Told) -> Since | None:
    """The runs before this one that were told and are its like; None where there is none. Raises `HistoryError`."""
    reader = Reader(store)
    runs = told_runs(reader, run, told)
    return Since(reader, runs, known, trust, lambda stored: whole(reader, stored, known, trust)) if runs else None


@record
class Found:
    """What changed since an earlier run, and what thresholds ask of that one."""

    news: News
    earlier: Earlier


@record
class AfterSweep:
    """The exit code, and who was told."""

    code: int
    told: Told


def found_since(since: Since | None, after: Run, confirm: int) -> Found | None:
    """What changed; None where there is no run to compare with. Raises `HistoryError`."""
    if since is None:
        return None
    whole = since.judged(since.before)
    told = since.before.judging.told
    earlier = Earlier(whole.run, in_use(whole.targets), told.days if told is not None else None)
    return Found(changed_since(since, whole, after, confirm), earlier)


def after_sweep(after: Run, usual: int, found: Found | None, telling: Telling) -> AfterSweep:
    """Print and send what changed. ``found`` is None where there is no run to compare with."""
    news, earlier = (found.news, found.earlier) if found is not None else (None, None)
    if found is None and telling.quiet:
        log.tell("no earlier run of these targets was told, looked at and judged alike: nothing to compare with")
    if telling.quiet:
        for line in lines(news):
            print(line)
        sys.stdout.flush()
        usual = exit_code(usual, news)
    tell(telling.alerts, after, news, earlier, telling.outbox)
    return AfterSweep(usual, telling.told)


def not_known(why: str, usual: int, telling: Telling) -> int:
    """Say that the history does not say what changed; returns the exit code."""
    log.tell(f"{why}; what changed is not known")
    tell_what_waits(telling.alerts, telling.outbox)
    return INCOMPLETE if usual == FINE else usual


def changed_since(since: Since, earlier: Run, after: Run, confirm: int) -> News:
    """What changed since a stored run, which ``earlier`` is the whole of. Raises `HistoryError`."""
    compared = side_by_side(earlier, after, beside(earlier, after.run, since.known, since.trust))
    away = {one.endpoint.target for one in earlier.observations if one.status not in ANSWERED}
    return find(PastRuns(since.reader, since.runs, after, since.judged, away).beside(compared, confirm))


def lines(news: News | None) -> Iterator[str]:
    """What ``--quiet`` prints; nothing of a first run, which has nothing to be compared with."""
    for one in news.changes if news is not None else ():
        yield change_line(one)


def exit_code(usual: int, news: News | None) -> int:
    """Without a change what is wrong was told before, and the code is 0; what nobody was told yet keeps its own."""
    if news is None or news.changes or news.unconfirmed or news.summary.unseen:
        return usual
    return FINE if usual in (FOUND, INCOMPLETE) else usual
