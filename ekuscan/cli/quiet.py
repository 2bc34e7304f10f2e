"""After a sweep: what changed since the last run of the same list, as lines for ``--quiet`` and as alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ekuscan.change.find import find
from ekuscan.change.runs import side_by_side
from ekuscan.cli import log
from ekuscan.cli.diff import beside
from ekuscan.cli.diff_history import whole
from ekuscan.cli.notify import Alerts, Earlier, tell
from ekuscan.exit_code import FINE, FOUND, INCOMPLETE
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.history.store import Store
from ekuscan.model import Run
from ekuscan.news import News
from ekuscan.notify.thresholds import in_use
from ekuscan.past_runs import PastRuns
from ekuscan.record import record
from ekuscan.report.change_line import change_line
from ekuscan.run import Knowledge
from ekuscan.trust import TrustStore


@record
class Telling:
    """Who is told: whether standard output has changes alone, in how many runs in a row an endpoint has to be away, the
    channels of alerts, and the folder in which what they do not take is kept."""

    quiet: bool
    confirm: int
    alerts: Alerts
    outbox: Path


@record
class Since:
    """The last run of the same list that ended. ``judged`` makes the whole run of a stored one, as it was judged
    then."""

    reader: Reader
    before: StoredRun
    known: Knowledge
    trust: TrustStore
    judged: Callable[[StoredRun], Run]


def since(store: Store, run: StoredRun, known: Knowledge, trust: TrustStore) -> Since | None:
    """The last run before this one; None where there is none, or the history cannot say."""
    reader = Reader(store)
    try:
        before = reader.previous(run)
    except HistoryError as error:
        log.tell(f"{error}; what changed is not known")
        return None
    if before is None:
        return None
    return Since(reader, before, known, trust, lambda stored: whole(reader, stored, known, trust))


def after_sweep(after: Run, usual: int, since: Since | None, telling: Telling) -> int:
    """Print and send what changed; returns the exit code. ``since`` is None where there is no run to compare with."""
    news, earlier = None, None
    try:
        if since is not None:
            whole = since.judged(since.before)
            news = changed_since(since, whole, after, telling.confirm)
            earlier = Earlier(whole.run, in_use(whole.targets))
        elif telling.quiet:
            log.tell("there is no earlier run of these targets: nothing to compare with")
    except HistoryError as error:
        log.tell(f"{error}; what changed is not known")
        usual = INCOMPLETE if usual == FINE else usual
    if telling.quiet:
        for line in lines(news):
            print(line)
        usual = exit_code(usual, news)
    tell(telling.alerts, after, news, earlier, telling.outbox)
    return usual


def changed_since(since: Since, earlier: Run, after: Run, confirm: int) -> News:
    """What changed since a stored run, which ``earlier`` is the whole of. Raises `HistoryError`."""
    compared = side_by_side(earlier, after, beside(earlier, after.run, since.known, since.trust))
    return find(PastRuns(since.reader, since.before, after, since.judged).beside(compared, confirm))


def lines(news: News | None) -> Iterator[str]:
    """What ``--quiet`` prints; nothing of a first run, which has nothing to be compared with."""
    for one in news.changes if news is not None else ():
        yield change_line(one)


def exit_code(usual: int, news: News | None) -> int:
    """Without a change what is wrong was told before, and the code is 0; what nobody was told yet keeps its own."""
    if news is None or news.changes or news.unconfirmed or news.summary.unseen:
        return usual
    return FINE if usual in (FOUND, INCOMPLETE) else usual
