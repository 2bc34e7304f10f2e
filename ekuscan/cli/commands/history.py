"""``ekuscan history``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan.cli.options import HistoryPlace

history_app = typer.Typer(help="The runs that were kept.", no_args_is_help=True, rich_markup_mode=None)

_NAMES = "last, last-complete, last~1, a day (2026-11-20), or the beginning of an id."
RunName = Annotated[str, typer.Argument(help=_NAMES, metavar="[RUN]")]


@history_app.command("list")
def history_list(
    history: HistoryPlace = None,
    most: Annotated[int, typer.Option("-n", min=1, help="So many at most.", metavar="N")] = 50,
) -> None:
    """List the runs, the latest first."""
    from ekuscan.cli.history import list_runs

    raise typer.Exit(list_runs(history, most))


@history_app.command("show")
def history_show(run: RunName = "last", history: HistoryPlace = None) -> None:
    """Show what is known of a run: when, of what, by which rules, what came of it."""
    from ekuscan.cli.history import show

    raise typer.Exit(show(run, history))


@history_app.command("re-judge")
def history_rejudge(
    run: RunName = "last-complete",
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as-of", help="For that day (UTC), not the one of the run.", metavar="DATE"),
    ] = None,
    rules: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option("--rules", help="Rule tables of your own, in place of those that the run had.", metavar="FILE"),
    ] = None,
    trust_data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--trust-data", help="Another trust data file than the packed one.", metavar="FILE"),
    ] = None,
    history: HistoryPlace = None,
) -> None:
    """Judge what a run saw by today's rules, and say which verdicts differ from those of then."""
    from ekuscan.cli.history import rejudge

    raise typer.Exit(rejudge(run, as_of, tuple(rules or ()), trust_data, history))


@history_app.command("prune")
def history_prune(
    keep: Annotated[str, typer.Option("--keep", help="How long runs are kept: 90d, 26w.", metavar="DAYS")],
    history: HistoryPlace = None,
) -> None:
    """Take out old runs; the last that ended stays of every list."""
    from ekuscan.cli.history import prune

    raise typer.Exit(prune(keep, history))


@history_app.command("export")
def history_export(
    run: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help=f"One run, else all: {_NAMES}", metavar="[RUN]"),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="A file; packed if it ends in .gz. Else standard output.", metavar="FILE"),
    ] = None,
    history: HistoryPlace = None,
) -> None:
    """Write runs as JSON Lines, to take them into another history."""
    from ekuscan.cli.history_files import export

    raise typer.Exit(export(run, output, history))


@history_app.command("import")
def history_import(
    file: Annotated[Path, typer.Argument(help="What `history export` wrote, or a sweep whose history failed.")],
    history: HistoryPlace = None,
) -> None:
    """Take runs from a file into the history; what is there already stays as it is."""
    from ekuscan.cli.history_files import import_

    raise typer.Exit(import_(file, history))
