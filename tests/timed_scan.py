"""``python -m tests.timed_scan FILE ...``: the command line, with what each endpoint cost in FILE, as JSON.

``seconds`` are by target, from the look at its endpoint to the observation, by the loop's own clock. ``peak`` is the
most memory that the process has had, in bytes.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from ekuscan import sweep
from ekuscan.cli.app import app
from ekuscan.model import Endpoint, Observation

_STATUS = Path("/proc/self/status")


def main() -> None:
    told = Path(sys.argv.pop(1))
    observe = sweep.observe
    seconds: dict[str, float] = {}

    async def timed(endpoint: Endpoint, *arguments: Any, **named: Any) -> Observation:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            return await observe(endpoint, *arguments, **named)
        finally:
            seconds[endpoint.target] = clock() - begun

    sweep.observe = timed
    try:
        app()
    finally:
        told.write_text(json.dumps({"seconds": seconds, "peak": _peak()}), encoding="utf-8")


def _peak() -> int:
    """What the system reports of children counts the memory of the process that began them as well; this does not."""
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) << 10
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used << 10


if __name__ == "__main__":
    main()
