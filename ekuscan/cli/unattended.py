"""``ekuscan unattended``: prints what runs it every night, and what watches its metrics."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.names import printable
from ekuscan.unattended.pieces import PIECES, piece

_TARGETS = "/etc/ekuscan/targets.yaml"


def unattended(name: str | None, targets: Path | None) -> int:
    """Print a piece, or which there are; returns the exit code."""
    if name is None:
        for one, found in PIECES.items():
            print(f"{one:18}{found.told}")
        return 0
    try:
        _print(name, targets)
    except UsageError as error:
        return refuse(error)
    return 0


def _print(name: str, targets: Path | None) -> None:
    if name not in PIECES:
        raise UsageError(
            f"{printable(name, 60)!r}: there is no such piece{nearest(name, PIECES)}; `ekuscan unattended` lists all"
        )
    path = _TARGETS if targets is None else str(targets.absolute())
    if any(not one.isprintable() for one in path):
        raise UsageError(f"-f {printable(path, 200)}: such a name cannot stand in there; rename the file")
    print(piece(name, _own_path(), path), end="")


def _own_path() -> str:
    """Where this program is, as whoever starts it at night has another PATH."""
    beside = Path(sys.executable).with_name("ekuscan")
    return str(beside) if beside.exists() else shutil.which("ekuscan") or "ekuscan"
