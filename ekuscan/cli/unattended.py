"""``ekuscan unattended``: prints what runs it every night, and what watches its metrics."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.names import printable
from ekuscan.unattended.pieces import PIECES, blanks, piece

_TARGETS = "/etc/ekuscan/targets.yaml"
# What ProtectHome=yes and PrivateTmp=yes take away: systemd.exec(5).
_HIDDEN = ("/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/")  # noqa: S108  (nothing is written there)


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
    own = _own_path()
    for warning in _warnings(name, own, path, named=targets is not None):
        tell(warning)
    print(piece(name, own, path), end="")


def _warnings(name: str, own: str, targets: str, *, named: bool) -> Iterator[str]:
    """Why a piece could not sweep as it stands, though it can be made so."""
    if named and "@TARGETS@" in blanks(name) and not Path(targets).is_file():
        yield f"-f {printable(targets, 200)}: is not there; put it there before the first sweep"
    if name == "service":
        for path in (own, targets):
            hidden = next((one for one in _HIDDEN if path.startswith(one)), None)
            if hidden is not None:
                yield (
                    f"{printable(path, 200)}: the service does not see {hidden} (ProtectHome=, PrivateTmp=); put it "
                    "elsewhere, as into /opt/ekuscan or /etc/ekuscan"
                )


def _own_path() -> str:
    """Where this program is, as whoever starts it at night has another PATH."""
    beside = Path(sys.executable).with_name("ekuscan")
    return str(beside) if beside.exists() else shutil.which("ekuscan") or "ekuscan"
