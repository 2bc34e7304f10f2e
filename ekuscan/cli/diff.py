"""``ekuscan diff``: what changed between two runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ekuscan import __version__
from ekuscan.change.compared import Again
from ekuscan.change.find import find
from ekuscan.change.policy_dates import policy_dates
from ekuscan.change.runs import Beside, side_by_side
from ekuscan.cli.knowledge import knowledge, read_saved
from ekuscan.cli.output import stdout_manners, write_stdout
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.earlier_facts import EarlierFacts
from ekuscan.model import Run, RunInfo
from ekuscan.news import News
from ekuscan.record import record
from ekuscan.report import diff_document, diff_page
from ekuscan.run import Knowledge
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStore, TrustStoreError

FORMATS = ("table", "json")


@record
class DiffRequest:
    """The command line of ``diff`` as it was typed."""

    before: str
    after: str
    format: str = "table"
    verbose: bool = False
    rules: tuple[Path, ...] = ()
    trust_data: Path | None = None
    color: str = "auto"


def diff(request: DiffRequest) -> int:
    """Print what changed; returns the exit code."""
    try:
        if request.format not in FORMATS:
            raise UsageError(f"--format: found {request.format!r}; write one of {', '.join(FORMATS)}")
        manners = stdout_manners(request.color)
        known = knowledge(request.rules)
        before, after = run_named(request.before), run_named(request.after)
        with TrustStore.open(request.trust_data) as store:
            news = find(side_by_side(before, after, beside(before, after.run, known, store)))
    except (UsageError, InvalidInput, TrustStoreError) as error:
        return refuse(error)
    write_stdout(_shown(news, request, manners), plain=request.format == "table")
    return news.summary.exit


def run_named(name: str) -> Run:
    """The run that a person means: a saved result. Raises `UsageError`."""
    return read_saved(Path(name))


def beside(before: Run, after: RunInfo, known: Knowledge, store: TrustStore) -> Beside:
    """What is known beside two runs by the tables and trust data of today."""
    tables = known.tables
    return Beside(
        again=again(before, after, known, store),
        dates=policy_dates(),
        titles={name: row.title for name, row in tables.use_cases.items()},
        remedies={id_: row.title for id_, row in tables.remedies.items()},
    )


def again(before: Run, after: RunInfo, known: Knowledge, store: TrustStore) -> Again | None:
    """How the earlier facts are judged by the later run's rules; None where these are not the ones of today."""
    today = (known.tables.sha256, store.version, __version__)
    if today != (after.rules.sha256, after.trust_data, after.ekuscan):
        return None
    return EarlierFacts(before, known, store).verdicts


def _shown(news: News, request: DiffRequest, manners: dict[str, Any]) -> Iterator[str]:
    if request.format == "json":
        return diff_document.render(news)
    return diff_page.render(news, **manners, verbose=request.verbose)
