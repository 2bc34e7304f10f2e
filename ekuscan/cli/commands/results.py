"""The commands that read results and certificates, and look at nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan.cli.change_options import PreflightFormat
from ekuscan.cli.options import (
    AsOf,
    Assume,
    Color,
    FailOn,
    File,
    Format,
    HistoryPlace,
    Output,
    Rules,
    Slots,
    TrustData,
    Verbose,
    WarnDays,
)

Results = Annotated[
    list[str],
    typer.Argument(
        help="A result (.json or .jsonl), -, or a run of the history (last, last~1, a day, an id); two that were seen "
        "from two places.",
        metavar="RESULT",
    ),
]


ReportTo = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--to", "--format", help="The format, where no file's suffix says it.", metavar="FORMAT"),
]


ReportOutput = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "-o",
        "--output",
        help="Write a file, nothing to standard output: .txt, .json, .csv, .md, .xml, .prom, .sarif, .ics, .html or "
        ".zip.",
        metavar="FILE",
    ),
]


Redact = Annotated[bool, typer.Option("--redact", help="Leave names out of a bundle: hosts, addresses, subjects.")]


def report(
    results: Results,
    to: ReportTo = None,
    output: ReportOutput = None,
    redact: Redact = False,
    verbose: Verbose = False,
    warn_days: WarnDays = 45,
    assume: Assume = True,
    fail_on: FailOn = "breaks-now",
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
    history: HistoryPlace = None,
) -> None:
    """Write a saved result in any format, or two from two places put together. Nothing is scanned.

    Examples: ekuscan report run.json -o run.csv -o run.sarif;
    ekuscan report last -o report.html; ekuscan report inside.json dmz.json;
    ekuscan report run.json --to bundle --redact -o case.zip
    """
    from ekuscan.cli.report import ReportRequest
    from ekuscan.cli.report import report as run

    request = ReportRequest(
        results=tuple(results),
        to=to,
        outputs=tuple(output or ()),
        redact=redact,
        verbose=verbose,
        warn_days=warn_days,
        assume=assume,
        fail_on=fail_on,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
        history=history,
    )
    raise typer.Exit(run(request))


def diff(
    before: Annotated[
        str, typer.Argument(help="The earlier run: a saved result, or last~1, a day, an id.", metavar="BEFORE")
    ],
    after: Annotated[str, typer.Argument(help="The later one; last is the last run.", metavar="AFTER")],
    history: HistoryPlace = None,
    format_: PreflightFormat = "table",
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also what else differs, and each verdict with the reason.")
    ] = False,
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """What changed between two runs: one line for each cause, with the verdicts that it changed.

    Examples: ekuscan diff last~1 last; ekuscan diff monday.json tuesday.json --format json
    """
    from ekuscan.cli.diff import DiffRequest
    from ekuscan.cli.diff import diff as run

    request = DiffRequest(
        before=before,
        after=after,
        format=format_,
        verbose=verbose,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
        history=history,
    )
    raise typer.Exit(run(request))


def inspect(
    files: Annotated[list[Path], typer.Argument(help="PEM, DER, PKCS #7, PKCS #12 or CSR; - is standard input.")],
    as_: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--as", help="Judge for a product, e.g. expressway-c@X15.4.", metavar="ROLE[@RELEASE]"),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="A setting of that product.", metavar="SETTING=VALUE"),
    ] = None,
    slot: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--slot", help="The slot it is meant for, several times if several; else the product's main one."),
    ] = None,
    password_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--password-file", help="Password of a PKCS #12 file; else EKUSCAN_PASSWORD.", metavar="FILE"),
    ] = None,
    as_of: AsOf = None,
    format_: Format = "table",
    output: Output = None,
    verbose: Verbose = False,
    fail_on: FailOn = "breaks-now",
    rules: Rules = None,
    trust_data: TrustData = None,
    color: Color = "auto",
) -> None:
    """Judge certificate files without network; each file is a chain of its own.

    Examples: ekuscan inspect new.pem; ekuscan inspect new.pem --as expressway-c@X15.4
    """
    from ekuscan.cli.inspect import InspectRequest
    from ekuscan.cli.inspect import inspect as run

    request = InspectRequest(
        files=tuple(files),
        role=as_,
        settings=tuple(settings or ()),
        slots=tuple(slot or ()),
        password_file=password_file,
        as_of=as_of,
        format=format_,
        outputs=tuple(output or ()),
        verbose=verbose,
        fail_on=fail_on,
        rules=tuple(rules or ()),
        trust_data=trust_data,
        color=color,
    )
    raise typer.Exit(run(request))


def explain(
    subject: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="A rule (X11), use case (mra), question (F16), alert (43), date, remedy or setting; with --result the "
            "id of a verdict, or a part of it that is unique."
        ),
    ] = None,
    result: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--result", help="A saved result, whose verdict is unfolded: scan -o run.json.", metavar="FILE"),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List everything that can be explained.")] = False,
    rules: Rules = None,
) -> None:
    """Explain a rule, a use case, a question of the Cisco document, an alert, a date, a remedy or a setting.

    With --result: how a verdict came about, fact by fact and row by row.

    Examples: ekuscan explain X11; ekuscan explain exp-c1/https/X01 --result run.json
    """
    from ekuscan.cli.explain import explain as run

    raise typer.Exit(run(subject, tuple(rules or ()), result, everything=list_))


def calendar(
    sources: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Argument(help="Certificate files, and results of `scan -o run.json`.", metavar="[FILE]..."),
    ] = None,
    file: File = None,
    slots: Slots = None,
    as_of: AsOf = None,
    past: Annotated[bool, typer.Option("--past", help="Also the days that have passed.")] = False,
    format_: Annotated[str, typer.Option("--format", help="For standard output: table or ics.")] = "table",
    output: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option("-o", "--output", help="Also write a file: .ics or .txt.", metavar="FILE"),
    ] = None,
    alarm: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, max=3650, help="In .ics: a reminder so many days before each.", metavar="DAYS"),
    ] = None,
    rules: Rules = None,
    trust_data: TrustData = None,
) -> None:
    """The days that matter: policy dates, and for certificates the last day of each and the last day to renew.

    Examples: ekuscan calendar run.json; ekuscan calendar -f targets.yaml -o certificates.ics
    """
    from ekuscan.cli.calendar import CalendarRequest
    from ekuscan.cli.calendar import calendar as run

    request = CalendarRequest(
        sources=tuple(sources or ()),
        file=file,
        slots=tuple(slots or ()),
        as_of=as_of,
        past=past,
        format=format_,
        outputs=tuple(output or ()),
        alarm=alarm,
        rules=tuple(rules or ()),
        trust_data=trust_data,
    )
    raise typer.Exit(run(request))
