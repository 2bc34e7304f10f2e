"""``ekuscan demo``: the lab's estate scanned as a user would, in one command."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from ekuscan.cli.lab import named
from ekuscan.cli.output import Look, Outputs
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.scan import scan
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.exit_code import FINE, UNUSABLE
from ekuscan.lab.laboratory import open_lab


def demo(name: str, *, verbose: bool, format_: str, color: str) -> int:
    """Scan an estate of the lab; 0 unless the demo itself fails, whatever the report says."""
    try:
        chosen = named(name)
        # What cannot be printed is refused before anything starts.
        Outputs(format_, (), Look(verbose, color))
    except (ValueError, UsageError) as error:
        return refuse(error)
    with tempfile.TemporaryDirectory(prefix="ekuscan-demo-") as folder:
        directory = Path(folder)
        with open_lab(chosen, directory, datetime.now(UTC)) as lab:
            print(f"{chosen.title}: {len(lab.endpoints)} ports on loopback.\n", file=sys.stderr)
            code = scan(
                ScanRequest(
                    file=directory / "targets.yaml",
                    trust_data=directory / "trust.sqlite",
                    verbose=verbose,
                    format=format_,
                    color=color,
                )
            )
    return UNUSABLE if code == UNUSABLE else FINE
