"""``python -m bench.scan``: client CPU per endpoint of a scan against one handshake of ``openssl s_time -new``."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.estate import PORTS, host, ports_of
from bench.measure import cost_of, spread
from bench.served import scan, serving

_CONNECTIONS = re.compile(rb"^(\d+) connections in \d+ real seconds", re.MULTILINE)
_TARGET = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """CPU in milliseconds: of a bare handshake, and per endpoint of the scan, without and with a new history.

    ``memory`` is that of the scan, in MB.
    """

    handshake: float
    scan: float
    kept: float
    memory: float


def main() -> int:
    """Run the rounds for each kind of estate and print the figures."""
    asked = _arguments()
    for ports in (len(PORTS), 1):
        with tempfile.TemporaryDirectory(prefix="ekuscan-bench-") as name:
            directory = Path(name)
            with serving(directory, asked.boxes, ports):
                scan(directory, asked.boxes, ports)  # compiles the modules, fills the system's caches
                rounds = []
                for number in range(asked.rounds):
                    rounds.append(_round(directory, asked.boxes, ports, asked.seconds, number))
                    print(f"round {number + 1}: {_line(rounds[-1])}", file=sys.stderr)
                size = (directory / "result.jsonl").stat().st_size
        _report(asked.boxes, ports, rounds, size)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__)
    parser.add_argument("--boxes", type=int, default=1000, choices=range(4, 10001), metavar="N", help="distinct chains")
    parser.add_argument("--rounds", type=int, default=5, choices=range(1, 51), metavar="N")
    parser.add_argument("--seconds", type=int, default=5, choices=range(1, 31), metavar="N", help="of s_time per round")
    return parser.parse_args()


def _round(directory: Path, boxes: int, ports: int, seconds: int, number: int) -> Round:
    """The bare handshakes first, half before and half after would only blur what the medians settle."""
    handshake = _handshakes(directory, boxes, seconds, number)
    cost = scan(directory, boxes, ports)
    kept = scan(directory, boxes, ports, kept=True)
    each = 1000 / (boxes * ports)
    return Round(handshake * 1000, cost.cpu * each, kept.cpu * each, cost.memory)


def _handshakes(directory: Path, boxes: int, seconds: int, number: int) -> float:
    """CPU seconds of one handshake of s_time, with another box in every round."""
    box = number * len(PORTS) % boxes  # its first port, which asks for no certificate: s_time has none
    output = directory / "s_time.txt"
    where = f"{host(box)}:{PORTS[0].port}"
    command = ["openssl", "s_time", "-new", "-connect", where, "-time", str(seconds)]
    cost = cost_of(command, output)
    found = _CONNECTIONS.search(output.read_bytes())
    if cost.exit_code != 0 or found is None:
        raise SystemExit(f"s_time failed: {output.read_text(encoding='utf-8', errors='replace')}")
    return cost.cpu / int(found[1])


def _line(found: Round) -> str:
    return f"s_time {found.handshake:.3f} ms, scan {found.scan:.3f} ms, ratio {found.scan / found.handshake:.3f}"


def _report(boxes: int, ports: int, rounds: list[Round], size: int) -> None:
    ratios = [found.scan / found.handshake for found in rounds]
    demanding = sum(port.request == "required" for number in range(boxes) for port in ports_of(number, ports))
    print(
        f"{boxes} boxes with {ports} port{'s' * (ports > 1)} each: {boxes} chains, {boxes * ports} endpoints, ", end=""
    )
    print(f"{demanding} demand a client certificate; {len(rounds)} rounds")
    print(f"openssl s_time -new   {spread([found.handshake for found in rounds], ' ms', 3)} CPU per handshake")
    print(f"ekuscan scan          {spread([found.scan for found in rounds], ' ms', 3)} CPU per endpoint")
    print(f"ratio                 {spread(ratios, '', 2)}; aim {_TARGET:.1f} at most")
    into = [found.kept / found.scan for found in rounds]
    print(f"kept in a new history {spread([found.kept for found in rounds], ' ms', 3)}, {spread(into, '', 2)} of that")
    print(f"memory of the scan    {median(found.memory for found in rounds):.0f} MB; result {size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
