"""``ekuscan diff`` of runs that the history has, by the names that a person gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from ekuscan.assessment import ChainBook
from ekuscan.change.find import find
from ekuscan.change.runs import side_by_side
from ekuscan.cli.diff import beside, facts, same_rules
from ekuscan.cli.history import opened
from ekuscan.cli.knowledge import read_saved
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.results import is_file
from ekuscan.earlier_facts import EarlierFacts
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.history.selectors import find_run
from ekuscan.kept_run import rejudged
from ekuscan.model import Run, Verdict
from ekuscan.news import News
from ekuscan.run import Knowledge
from ekuscan.stored_diff import StoredDiff
from ekuscan.trust import TrustStore


def diff_of_history(names: Sequence[str], place: str | None, known: Knowledge, trust: TrustStore) -> News:
    """What changed between two runs of which the history has at least one. Raises `UsageError`."""
    try:
        with opened(place) as store:
            reader = Reader(store)
            if any(is_file(name) for name in names):
                before, after = (_whole(reader, name, known, trust) for name in names)
                return find(side_by_side(before, after, beside(before, after.run, known, trust)))
            runs = find_run(reader, names[0]), find_run(reader, names[1])
            return _stored(reader, runs[0], runs[1], known, trust)
    except HistoryError as error:
        raise UsageError(str(error)) from None


def _whole(reader: Reader, name: str, known: Knowledge, trust: TrustStore) -> Run:
    return read_saved(Path(name)) if is_file(name) else whole(reader, find_run(reader, name), known, trust)


def whole(reader: Reader, stored: StoredRun, known: Knowledge, trust: TrustStore) -> Run:
    """A stored run with the verdicts that it had then. Raises `HistoryError`."""
    return replace(rejudged(reader, stored, known, trust), verdicts=tuple(reader.verdicts(stored)))


def _stored(reader: Reader, before: StoredRun, after: StoredRun, known: Knowledge, trust: TrustStore) -> News:
    @cache
    def earlier() -> EarlierFacts:
        return EarlierFacts(rejudged(reader, before, known, trust), known, trust)

    def again(as_of: datetime, targets: Collection[str]) -> Mapping[str, Verdict]:
        return earlier().verdicts(as_of, targets)

    book = ChainBook(trust, reader.inventory(before).trust)
    found = facts(known, again if same_rules(after.info, known, trust) else None)
    return find(StoredDiff(reader, before, after, book).compared(found))
