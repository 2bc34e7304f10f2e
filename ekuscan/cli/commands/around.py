"""The commands around a sweep: alerts, trust data, what runs it at night."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ekuscan.cli.notify_options import Notify, NotifySecretFile
from ekuscan.cli.options import TrustData

notify_app = typer.Typer(help="Alerts to webhooks and mail.", no_args_is_help=True, rich_markup_mode=None)
trust_app = typer.Typer(help="The packed trust data.", no_args_is_help=True, rich_markup_mode=None)


@notify_app.command("test")
def notify_test(notify: Notify = None, notify_secret_file: NotifySecretFile = None) -> None:
    """Send a test message to each channel, and say whether it was taken."""
    from ekuscan.cli.notify import NotifyRequest, test

    raise typer.Exit(test(NotifyRequest(tuple(notify or ()), notify_secret_file)))


@trust_app.command("show")
def trust_show(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="Part of a CA's name, its owner, or a SHA-256 fingerprint."),
    ] = None,
    trust_data: TrustData = None,
) -> None:
    """Show which trust data is packed, or what it says about a CA."""
    from ekuscan.cli.trust import show

    raise typer.Exit(show(name, trust_data))


def unattended(
    piece: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="Which one; without a name they are listed.", metavar="[NAME]"),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-f", "--file", help="The targets file that is swept.", metavar="FILE"),
    ] = None,
) -> None:
    """Print what sweeps every night and watches the result: systemd, cron, container, Prometheus, Grafana.

    Examples: ekuscan unattended service -f targets.yaml; ekuscan unattended prometheus-rules
    """
    from ekuscan.cli.unattended import unattended as run

    raise typer.Exit(run(piece, file))
