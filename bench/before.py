"""``python -m bench.before REVISION``: client CPU per plain TLS endpoint of this tree against an earlier one's."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import spread
from bench.served import scan, serving

_TREE = Path(__file__).resolve().parent.parent
_PORTS = 4


def main() -> int:
    """Scan one estate with both trees in turn, the order changing from round to round, and print the ratio."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="ekuscan-bench-") as name:
        directory = Path(name)
        with _checked_out(asked.revision, directory / "before") as before, serving(directory, asked.boxes, _PORTS):
            rounds = []
            for number in range(-1, asked.rounds):
                trees = (before, _TREE) if number % 2 else (_TREE, before)
                costs = {tree: scan(directory, asked.boxes, _PORTS, tree).cpu for tree in trees}
                if number >= 0:  # the first one compiles the modules and fills the system's caches
                    rounds.append((costs[before], costs[_TREE]))
    _report(asked.revision, asked.boxes * _PORTS, rounds)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.before", description=__doc__)
    parser.add_argument("revision", help="what git knows it by: a tag, a branch, a commit", metavar="REVISION")
    parser.add_argument("--boxes", type=int, default=1000, choices=range(4, 10001), metavar="N", help="distinct chains")
    parser.add_argument("--rounds", type=int, default=6, choices=range(1, 51), metavar="N")
    return parser.parse_args()


@contextmanager
def _checked_out(revision: str, place: Path) -> Iterator[Path]:
    git = ["git", "-C", str(_TREE), "worktree"]
    if subprocess.run([*git, "add", "--quiet", "--detach", str(place), revision], check=False).returncode != 0:
        raise SystemExit(f"git has no revision {revision!r} to compare with")
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=False)


def _report(revision: str, endpoints: int, rounds: list[tuple[float, float]]) -> None:
    before, now = ([cpu * 1000 / endpoints for cpu in one] for one in zip(*rounds, strict=True))
    print(f"{endpoints} endpoints, {len(rounds)} rounds")
    print(f"{revision:<20.20}  {spread(before, ' ms', 3)} CPU per endpoint")
    print(f"{'this tree':<20}  {spread(now, ' ms', 3)} CPU per endpoint")
    print(f"{'ratio':<20}  {spread([after / first for first, after in rounds], '', 3)}")


if __name__ == "__main__":
    sys.exit(main())
