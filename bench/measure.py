"""CPU time and memory of a command and everything that it starts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """``cpu`` is user and system time in seconds, ``memory`` the largest resident set in MB (10^6 bytes)."""

    cpu: float
    memory: float
    exit_code: int


def cost_of(command: Sequence[str], output: Path | None = None, patience: float = 120.0) -> Cost:
    """Run a command to its end, its standard output into a file or nowhere.

    The figures are those of the kernel's ``wait4`` (getrusage's RUSAGE_CHILDREN for this one child): the process and
    every descendant that it waited for. A command that is not done after ``patience`` seconds is killed by ``timeout``.
    """
    bounded = ["timeout", "--signal=KILL", str(patience), *command]
    with Path(os.devnull if output is None else output).open("wb") as sink:
        process = subprocess.Popen(bounded, stdout=sink, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, process.returncode)


def spread(values: Sequence[float], unit: str, digits: int) -> str:
    """The median with the smallest and largest value: "1.31 ms (1.29 to 1.40)"."""
    figures = (median(values), min(values), max(values))
    middle, low, high = (f"{figure:.{digits}f}" for figure in figures)
    return f"{middle}{unit} ({low} to {high})"
