"""What says on the command line to whom alerts go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

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
