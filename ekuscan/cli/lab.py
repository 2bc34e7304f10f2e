"""``ekuscan lab``: simulated appliances on loopback until Ctrl-C."""

from __future__ import annotations

import shlex
import tempfile
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from ekuscan.cli.refusal import nearest, refuse
from ekuscan.lab.estate import Estate, estate, estate_names
from ekuscan.lab.faults import fault_estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.report.text import flow, wrap

_WIDTH, _NAME, _ID = 80, 14, 26
_FAULTS = "faults"


def _names() -> tuple[str, ...]:
    return (*estate_names(), _FAULTS)


def named(name: str) -> Estate:
    """An estate of the lab by its name. Raises ValueError with the nearest names."""
    if name not in _names():
        raise ValueError(f"the lab has no estate {name!r}{nearest(name, _names())}; it has {', '.join(_names())}")
    return fault_estate() if name == _FAULTS else estate(name)


def lab(name: str, directory: Path | None) -> int:
    """Run an estate until it is interrupted; returns the exit code."""
    if name == "list":
        for known in _names():
            told = f"{named(known).title}. {named(known).says}"
            print("\n".join(wrap(told, _WIDTH, f"{known:<{_NAME}}", " " * _NAME)))
        return 0
    try:
        chosen = named(name)
    except ValueError as error:
        return refuse(error)
    with ExitStack() as stack:
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ekuscan-lab-")))
        try:
            directory.mkdir(parents=True, exist_ok=True)
            running = stack.enter_context(open_lab(chosen, directory, datetime.now(UTC)))
        except OSError as error:
            return refuse(ValueError(f"{directory}: the lab cannot start there: {error.strerror or error}"))
        print("\n".join(wrap(f"{chosen.title}. {chosen.says}", _WIDTH)))
        for endpoint in running.endpoints:
            asks = f"client cert {endpoint.request}" if endpoint.request not in (None, "none") else ""
            words = [f"{endpoint.id:<{_ID}}", f"{endpoint.host}:{endpoint.port}", endpoint.state, asks]
            print("\n".join(flow(words, _WIDTH, "  ", "    ")))
        folder = shlex.quote(str(directory))
        print(f"Scan it:  ekuscan scan -f {folder}/targets.yaml --trust-data {folder}/trust.sqlite")
        print("Nothing but loopback is used. Ctrl-C ends the lab.", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
    return 0
