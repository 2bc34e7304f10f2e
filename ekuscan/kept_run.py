"""A run of the history judged again from its facts, by the very code that judges a scan."""

from __future__ import annotations

from datetime import datetime

from ekuscan.assessment import ChainBook
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.model import Run
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.trust import TrustStore


def rejudged(
    reader: Reader, stored: StoredRun, knowledge: Knowledge, trust: TrustStore, as_of: datetime | None = None
) -> Run:
    """The whole `Run` of a stored run: its facts, judged by ``knowledge`` and ``trust``.

    For the day for which it was judged then, or for ``as_of``; its other options (assumed connections, days of warning,
    --fail-on) are those of then. Of a run that did not end the endpoints that are not stored are skipped. Notices of
    APIs that were not read are not stored, so they are missing. Raises `HistoryError`.
    """
    judging = stored.judging
    inventory = reader.inventory(stored)
    options = Options(as_of or stored.info.as_of, judging.warn_days, judging.assume, fail_on=judging.fail_on)
    book = ChainBook(trust, inventory.trust)
    run = RunInProgress(stored.info, inventory, knowledge, book, options)
    run.take_in(reader.observations(stored, inventory))
    for _ in run.interrupt():
        pass
    return run.result(stored.info.finished or stored.info.started, stored.info.complete)
