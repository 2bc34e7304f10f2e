"""What says on the command line to whom alerts go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

Notify = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads the annotation at run time)
    typer.Option(
        "--notify",
        help="Webhook of Slack, Webex or Teams, another one, or smtp://HOST/?from=..&to=..; @FILE that holds it, or "
        "NAME of the variable EKUSCAN_NOTIFY_NAME. Repeatable.",
        metavar="URL|@FILE|NAME",
    ),
]
NotifySecretFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--notify-secret-file",
        help="Key that bodies for other webhooks are signed with; else EKUSCAN_NOTIFY_SECRET.",
        metavar="FILE",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "-q", "--quiet", help="Print a line for each change since the last run of these targets, else nothing."
    ),
]
Confirm = Annotated[
    int,
    typer.Option(
        "--confirm", min=1, max=100, help="Tell of an endpoint that is away once it was so in N runs.", metavar="N"
    ),
]
ReportUrl = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--report-url", help="Where the report is, for alerts: a URL or a path.", metavar="URL"),
]


def _days(text: str) -> tuple[int, ...]:
    from ekuscan.notify.thresholds import days_of

    try:
        return days_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


Thresholds = Annotated[
    Any,
    typer.Option(
        "--warn-days",
        parser=_days,
        help="A break at renewal within so many days is high; alerts tell of a certificate at each of them.",
        metavar="DAYS[,DAYS...]",
    ),
]
