"""The pieces by name, with the paths of a site in them.

The files beside this module hold two blanks, ``@EKUSCAN@`` and ``@TARGETS@``, which each kind of file wants quoted in
its own way.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from importlib.resources import files

from ekuscan.record import record

_PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)


@record
class Piece:
    """``file`` is its name here, ``told`` what it is, ``quoted`` how a path stands in it."""

    file: str
    told: str
    quoted: Callable[[str], str]


def _in_unit(path: str) -> str:
    """A word of ExecStart= (systemd.service(5), "Command lines"): specifiers and variables are doubled."""
    doubled = path.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(doubled):
        return doubled
    escaped = doubled.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_crontab(path: str) -> str:
    """A word for the shell, in a line in which a bare % ends the command (crontab(5))."""
    return shlex.quote(path).replace("%", "\\%")


PIECES = {
    "service": Piece("ekuscan.service", "the systemd service: one sweep", _in_unit),
    "timer": Piece("ekuscan.timer", "the systemd timer that starts it every night", str),
    "crontab": Piece("crontab", "a line for /etc/cron.d, where there is no systemd", _in_crontab),
    "container": Piece("container.sh", "a sweep in a container that can write nothing else", shlex.quote),
    "prometheus-rules": Piece("prometheus-rules.yml", "alerting rules on the metrics of -o ekuscan.prom", str),
    "grafana-dashboard": Piece("grafana-dashboard.json", "a Grafana dashboard of these metrics", str),
}


def piece(name: str, ekuscan: str, targets: str) -> str:
    """The text of a piece. ``ekuscan`` and ``targets`` are the paths of the program and of the targets file."""
    found = PIECES[name]
    return _text(found).replace("@EKUSCAN@", found.quoted(ekuscan)).replace("@TARGETS@", found.quoted(targets))


def blanks(name: str) -> frozenset[str]:
    """The blanks that a piece has."""
    return frozenset(re.findall(r"@[A-Z]+@", _text(PIECES[name])))


def _text(piece_: Piece) -> str:
    return files(__package__).joinpath(piece_.file).read_text("utf-8")
