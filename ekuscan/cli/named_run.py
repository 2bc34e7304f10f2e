"""A run of the history, by the name that a person gives it, as a whole result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ekuscan import __version__
from ekuscan.cli.history import opened
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.history.errors import HistoryError
from ekuscan.history.reader import Reader
from ekuscan.history.selectors import find_run
from ekuscan.kept_run import rejudged
from ekuscan.model import RulesVersion, Run
from ekuscan.run import Knowledge
from ekuscan.trust import TrustStore


def named_run(name: str, place: str | None, known: Knowledge, trust_data: Path | None) -> Run:
    """What a run saw, judged by the tables of today for the day of then. Raises `UsageError`."""
    try:
        with opened(place) as store, TrustStore.open(trust_data) as trust:
            reader = Reader(store)
            stored = find_run(reader, name)
            run = rejudged(reader, stored, known, trust)
            version = trust.version
    except HistoryError as error:
        raise UsageError(str(error)) from None
    rules = RulesVersion(known.tables.date, known.tables.sha256)
    then = stored.info
    if (rules.sha256, version, __version__) != (then.rules.sha256, then.trust_data, then.ekuscan):
        tell(f"{name}: judged by the rules and trust data of today, which are not those of then")
    return replace(run, run=replace(run.run, ekuscan=__version__, rules=rules, trust_data=version))
