"""``python -m bench.startup``: CPU and memory of the commands that a person waits for."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measure import Cost, cost_of, spread
from ekuscan.lab.authority import Leaf, issue, new_root, new_subordinate


@dataclass(frozen=True, slots=True)
class Case:
    """A command and what it may cost: seconds of CPU, MB of memory where that is bounded."""

    title: str
    arguments: tuple[str, ...]
    cpu: float
    memory: float | None = None


def main() -> int:
    """Measure each command and print a line for it; the exit code is 1 where one did not end well."""
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, choices=range(1, 101), metavar="N")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="ekuscan-bench-") as name:
        pem = Path(name) / "one.pem"
        pem.write_bytes(_chain())
        cases = (
            Case("ekuscan --help", ("--help",), 0.3),
            Case("ekuscan inspect one.pem", ("inspect", str(pem)), 0.8, 100),
        )
        for case in cases:
            _measure(case)  # compiles the modules, fills the system's caches
            _report(case, [_measure(case) for _ in range(runs)])
    return 0


def _chain() -> bytes:
    """An RSA-2048 certificate with its issuing CA, as a web server's file has them."""
    today = datetime.now(UTC)
    issuing = new_subordinate(new_root("Bench Root", today, public=True), "Bench CA", today)
    return issue(issuing, Leaf("one.example.com", today, today + timedelta(days=90), key="rsa")).pem


def _measure(case: Case) -> Cost:
    cost = cost_of([sys.executable, "-m", "ekuscan", *case.arguments])
    if cost.exit_code not in (0, 1):
        raise SystemExit(f"{case.title} ended with exit code {cost.exit_code}")
    return cost


def _report(case: Case, costs: list[Cost]) -> None:
    cpu = spread([cost.cpu for cost in costs], " s", 2)
    memory = spread([cost.memory for cost in costs], " MB", 0)
    bound = f" and {case.memory:.0f} MB" if case.memory is not None else ""
    print(f"{case.title:24} {cpu} CPU, {memory}; at most {case.cpu} s{bound} over {len(costs)} runs")


if __name__ == "__main__":
    sys.exit(main())
