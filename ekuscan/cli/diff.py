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
from ekuscan.cli.results import is_file
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
    history: str | None = None


def diff(request: DiffRequest) -> int:
    """Print what changed; returns the exit code."""
    try:
        if request.format not in FORMATS:
            raise UsageError(f"--format: found {request.format!r}; write one of {', '.join(FORMATS)}")
        manners = stdout_manners(request.color)
        known = knowledge(request.rules)
        with TrustStore.open(request.trust_data) as store:
            news = _news(request, known, store)
    except (UsageError, InvalidInput, TrustStoreError) as error:
        return refuse(error)
    write_stdout(_shown(news, request, manners), plain=request.format == "table")
    return news.summary.exit


def _news(request: DiffRequest, known: Knowledge, store: TrustStore) -> News:
    """Two saved results, or two runs of the history, or one of each. Raises `UsageError`."""
    names = request.before, request.after
    saved = [is_file(name) for name in names]
    if all(saved):
        before, after = (read_saved(Path(name)) for name in names)
        return find(side_by_side(before, after, beside(before, after.run, known, store)))
    from ekuscan.cli.diff_history import diff_of_history

    return diff_of_history(names, request.history, known, store)


def beside(before: Run, after: RunInfo, known: Knowledge, store: TrustStore) -> Beside:
    """What is known beside two runs by the tables and trust data of today."""
    return facts(known, EarlierFacts(before, known, store).verdicts if same_rules(after, known, store) else None)


def facts(known: Knowledge, again: Again | None) -> Beside:
    """The words and dates of the tables, and how the earlier facts are judged again."""
    tables = known.tables
    return Beside(
        again=again,
        dates=policy_dates(),
        titles={name: row.title for name, row in tables.use_cases.items()},
        remedies={id_: row.title for id_, row in tables.remedies.items()},
    )


def same_rules(after: RunInfo, known: Knowledge, store: TrustStore) -> bool:
    """Whether the later run's rules are those of today, by which earlier facts can be judged."""
    return (known.tables.sha256, store.version, __version__) == (after.rules.sha256, after.trust_data, after.ekuscan)


def _shown(news: News, request: DiffRequest, manners: dict[str, Any]) -> Iterator[str]:
    if request.format == "json":
        return diff_document.render(news)
    return diff_page.render(news, **manners, verbose=request.verbose)
