"""The estate of `bench.estate` in a process of its own, and one scan of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Cost, cost_of


@contextmanager
def serving(directory: Path, boxes: int, ports: int) -> Iterator[None]:
    """The server ends with its standard input, so also where we are killed."""
    command = [sys.executable, "-m", "bench.estate", str(directory), str(boxes), str(ports)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            if server.stdout.readline() != b"ready\n":
                raise SystemExit("the server did not start")
            yield
        finally:
            server.stdin.close()


def scan(directory: Path, boxes: int, ports: int, tree: Path | None = None, *, kept: bool = False) -> Cost:
    """One scan of all endpoints, by the ekuscan of ``tree`` or else of this one; ``kept`` in a new history.

    What it wrote is looked at, so that only whole work counts.
    """
    result, history = directory / "result.jsonl", directory / "history.sqlite"
    command = [*_python(directory, tree), "-m", "ekuscan", "scan", f"@{directory / 'hosts.txt'}", "--format", "jsonl"]
    for one in directory.glob(f"{history.name}*"):
        one.unlink()
    if kept:
        command += ["--history", str(history)]
    elif ((tree or Path(__file__).parent.parent) / "ekuscan" / "history").exists():
        command += ["--no-history"]
    cost = cost_of([*command, "--trust-data", str(directory / "trust.sqlite")], result)
    lines = result.read_bytes().splitlines()
    kinds = [line[9 : line.index(b'"', 9)] for line in lines]
    seen = sum(b'"status":"seen"' in line for line in lines)
    if seen != boxes * ports or kinds.count(b"chain") != boxes or kinds.count(b"verdict") < boxes:
        raise SystemExit(f"the scan saw {seen} of {boxes * ports} endpoints (exit code {cost.exit_code})")
    return cost


def _python(directory: Path, tree: Path | None) -> list[str]:
    """Python with modules compiled once, as an installed program's are, whatever the environment says of that."""
    compiled = ["env", "-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPYCACHEPREFIX={directory / 'compiled'}"]
    if tree is None:
        return [*compiled, sys.executable]
    # -P: the current folder is not to come before the other tree.
    return [*compiled, f"PYTHONPATH={tree}", sys.executable, "-P"]
