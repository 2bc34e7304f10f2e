"""What `preflight` takes on the command line to say what is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

To = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads the annotation at run time)
    typer.Option(
        "--to",
        help="Upgrade a target, a cluster, a role or a product: expressway=X15.5. Repeatable.",
        metavar="NAME=RELEASE",
    ),
]
Set = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--set",
        help="Set it on a connection, a target or a cluster: 'core>edge/neighbor-zone.tls_verify=off'. Repeatable.",
        metavar="NAME.SETTING=VALUE",
    ),
]
NewCert = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--new-cert", help="Put a certificate into a slot, and check it. Repeatable.", metavar="NAME:SLOT=FILE"
    ),
]
NewKey = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--new-key",
        help="Does this key belong to it? Password in EKUSCAN_PASSWORD.",
        metavar="[NAME:SLOT=]FILE",
    ),
]
Csr = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--csr", help="Was it made from this signing request?", metavar="[NAME:SLOT=]FILE"),
]
Renew = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--renew",
        help="default or on-request, for every public certificate; NAME[:SLOT]=default for one. Repeatable.",
        metavar="HOW",
    ),
]
On = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--on", help="Make the changes on that day (UTC), and judge for it.", metavar="DATE"),
]
PreflightFailOn = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--fail-on", help="No-go, too, from this outcome on, new or not.", metavar="OUTCOME[:DAYS]", show_default=False
    ),
]
PreflightFormat = Annotated[str, typer.Option("--format", help="For standard output: table or json.")]
PreflightOutput = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option("-o", "--output", help="Also write a file: .txt or .json.", metavar="FILE"),
]
