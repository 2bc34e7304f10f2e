"""The commands that make and check targets files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan.cli.options import (
    AnswerTimeout,
    Credentials,
    ExternalServers,
    File,
    InternalServers,
    LookupDeadline,
    Rules,
    Slots,
)

targets_app = typer.Typer(help="Check, describe and begin targets files.", no_args_is_help=True, rich_markup_mode=None)


def import_(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="xConfiguration or xStatus text, a diagnostic log (.tar.gz, .zip or unpacked), CSV, nmap's XML; - is "
            "standard input. https://HOST is an appliance, whose API is asked.",
            metavar="SOURCE...",
        ),
    ],
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="Targets file to add to; without it the text is printed.", metavar="FILE"),
    ] = None,
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="What the sources are, where their content does not tell.", metavar="KIND"),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="What to call the one box that all sources describe.", metavar="NAME"),
    ] = None,
    role: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--role", help="Its role, where the source does not tell.", metavar="ROLE"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Where the file says something else, take the source's word.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    credentials: Credentials = None,
) -> None:
    """Put what appliances tell of themselves into a targets file; what a person wrote in it stays.

    Examples: ekuscan import diagnostic_log.tar.gz -f targets.yaml;
    ekuscan import exp-c1.txt exp-e1.txt -f targets.yaml --dry-run
    """
    from ekuscan.cli.import_sources import ImportRequest
    from ekuscan.cli.import_sources import import_sources as run

    request = ImportRequest(
        sources=tuple(sources),
        file=file,
        as_=as_,
        name=name,
        role=role,
        overwrite=overwrite,
        dry_run=dry_run,
        credentials=credentials,
    )
    raise typer.Exit(run(request))


def discover(
    domains: Annotated[list[str], typer.Argument(help="Domains, for example example.com.", metavar="DOMAIN...")],
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="Targets file to add to; without it the text is printed.", metavar="FILE"),
    ] = None,
    internal_server: InternalServers = None,
    external_server: ExternalServers = None,
    timeout: AnswerTimeout = 4.0,
    deadline: LookupDeadline = 60.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Where the file says something else, take the records' word.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
) -> None:
    """Find the boxes behind a domain by its SRV records, and what is wrong with these, inside and outside.

    Examples: ekuscan discover example.com;
    ekuscan discover example.com --external-server 198.51.100.53 -f targets.yaml
    """
    from ekuscan.cli.discover import DiscoverRequest
    from ekuscan.cli.discover import discover as run

    request = DiscoverRequest(
        domains=tuple(domains),
        file=file,
        internal_servers=tuple(internal_server or ()),
        external_servers=tuple(external_server or ()),
        answer=timeout,
        deadline=deadline,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    raise typer.Exit(run(request))


@targets_app.command("check")
def targets_check(
    targets: Annotated[Optional[list[str]], typer.Argument(metavar="[TARGET]...")] = None,  # noqa: UP045
    file: File = None,
    slots: Slots = None,
    rules: Rules = None,
) -> None:
    """Read a targets file or host list as `scan` would, and say what it means or everything that is wrong."""
    from ekuscan.cli.targets import check

    raise typer.Exit(check(tuple(targets or ()), file, tuple(slots or ()), tuple(rules or ())))


@targets_app.command("schema")
def targets_schema(rules: Rules = None) -> None:
    """Print the JSON Schema of targets files, for editors."""
    from ekuscan.cli.targets import schema

    raise typer.Exit(schema(tuple(rules or ())))


@targets_app.command("init")
def targets_init(
    targets: Annotated[Optional[list[str]], typer.Argument(metavar="[TARGET]...")] = None,  # noqa: UP045
) -> None:
    """Print a commented targets file to begin with, for the hosts that are named or else for two examples."""
    from ekuscan.cli.targets import init

    raise typer.Exit(init(tuple(targets or ())))
