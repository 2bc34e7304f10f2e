"""``scan --quiet``: a line for each change since the last run of the same list, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ekuscan.change.find import find
from ekuscan.change.runs import side_by_side
from ekuscan.cli.diff import beside
from ekuscan.exit_code import FINE, FOUND, INCOMPLETE
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.model import Run
from ekuscan.news import News
from ekuscan.past_runs import PastRuns
from ekuscan.report.change_line import change_line
from ekuscan.run import Knowledge
from ekuscan.trust import TrustStore


def changed_since(
    reader: Reader,
    before: StoredRun,
    after: Run,
    known: Knowledge,
    trust: TrustStore,
    judged: Callable[[StoredRun], Run],
    confirm: int,
) -> News:
    """What changed since a stored run. ``judged`` makes the whole run of a stored one. Raises `HistoryError`."""
    earlier = judged(before)
    compared = side_by_side(earlier, after, beside(earlier, after.run, known, trust))
    return find(PastRuns(reader, before, after, judged).beside(compared, confirm))


def lines(news: News | None) -> Iterator[str]:
    """What ``--quiet`` prints; nothing of a first run, which has nothing to be compared with."""
    for one in news.changes if news is not None else ():
        yield change_line(one)


def exit_code(usual: int, news: News | None) -> int:
    """Without a change what is wrong was told before, and the code is 0; what nobody was told yet keeps its own."""
    if news is None or news.changes or news.unconfirmed or news.summary.unseen:
        return usual
    return FINE if usual in (FOUND, INCOMPLETE) else usual
