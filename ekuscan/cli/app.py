"""The tree of commands. Bodies are imported when they run, so that ``--help`` loads no cryptography."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from typing import Annotated

import typer

from ekuscan import __version__
from ekuscan.cli.commands import around, exit_codes, inventory, looking, results
from ekuscan.cli.commands.history import history_app
from ekuscan.cli.departure import loss, outlive_readers

app = typer.Typer(
    name="ekuscan",
    help="Finds which mutual-TLS use cases of Cisco collaboration products break when certificates lose clientAuth.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=exit_codes.SCAN,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ekuscan {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def man() -> None:
    """Print the man page.

    Examples: ekuscan man | man -l -; ekuscan man > /usr/local/share/man/man1/ekuscan.1
    """
    from ekuscan.cli.man_page import man_page

    print(man_page(app, __version__), end="")


app.command(epilog=exit_codes.SCAN)(looking.scan)
app.command(epilog=exit_codes.REPORT)(results.report)
app.command(epilog=exit_codes.PREFLIGHT)(looking.preflight)
app.command(epilog=exit_codes.DIFF)(results.diff)
app.command(epilog=exit_codes.SCAN)(results.inspect)
app.command()(results.explain)
app.command()(results.calendar)
app.command("import", epilog=exit_codes.IMPORT)(inventory.import_)
app.command(epilog=exit_codes.DISCOVER)(inventory.discover)
app.command()(around.unattended)
app.command()(man)
app.command()(looking.lab)
app.command()(looking.demo)
app.add_typer(inventory.targets_app, name="targets")
app.add_typer(around.notify_app, name="notify")
app.add_typer(around.trust_app, name="trust")
app.add_typer(history_app, name="history")


def main() -> None:
    """Entry point. Output that could not be written ends with exit code 2, whatever the command found."""
    # Loading and sweeping make little garbage: nearly all that is made stays until the end.
    gc.set_threshold(50_000, 50, 100)
    # httpx leaves such a coroutine behind where a scan is cut short at the wrong moment: nothing that a person can use.
    warnings.filterwarnings("ignore", "coroutine 'connect_tcp", RuntimeWarning)
    outlive_readers()
    code = _ended()
    why = loss(sys.stdout)
    if why is not None:
        typer.echo(f"ekuscan: standard output: cannot be written: {why}", err=True)
        code = 2
    sys.exit(code)


def _ended() -> int | str | None:
    """Run the command; returns its exit code. A fault of ekuscan's own is named in one line, and its code is 4."""
    try:
        app()
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("EKUSCAN_DEBUG"):
            raise
        typer.echo(f"ekuscan: a bug of ekuscan: {type(error).__name__}: {error}; EKUSCAN_DEBUG=1 shows where", err=True)
        return 4
    return 0
