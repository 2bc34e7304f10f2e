"""``python -m bench.judge``: CPU of judging a large estate of which everything is joined, without any network."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from gc import collect
from time import process_time

from bench.joined import LINKS, SITE, estate
from bench.measure import spread
from ekuscan.assessment import ChainBook
from ekuscan.cli.collector import spare_the_collector
from ekuscan.cli.knowledge import knowledge
from ekuscan.model import Inventory, RulesVersion, RunInfo
from ekuscan.run import Options, RunInProgress
from ekuscan.trust import TrustStore

_AIM = 5000


@dataclass(frozen=True, slots=True)
class Round:
    """CPU in seconds: of reading the estate's chains, and of judging it with them already read."""

    reading: float
    judging: float
    verdicts: int
    problems: int


def main() -> int:
    """Run the rounds and print the figures."""
    asked = _arguments()
    today = datetime.now(UTC).replace(microsecond=0)
    inventory = estate(asked.targets // SITE, today)
    with TrustStore.open() as store:
        _judge(estate(1, today), store, today)  # imports what is imported late
        rounds = []
        for number in range(asked.rounds):
            rounds.append(_judge(inventory, store, today))
            print(f"round {number + 1}: {_line(rounds[-1])}", file=sys.stderr)
    _report(inventory, rounds)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.judge", description=__doc__)
    sizes = range(SITE, 20 * 5000 + 1, SITE)
    help_ = f"a multiple of {SITE}; {LINKS // SITE} connections for each"
    parser.add_argument("--targets", type=int, default=5000, choices=sizes, metavar="N", help=help_)
    parser.add_argument("--rounds", type=int, default=5, choices=range(1, 51), metavar="N")
    return parser.parse_args()


def _judge(inventory: Inventory, store: TrustStore, today: datetime) -> Round:
    """Every round begins with nothing remembered: neither chains nor tables."""
    packaged = knowledge()
    known = replace(packaged, tables=replace(packaged.tables))
    book = ChainBook(store)
    collect()
    spare_the_collector()
    begun = process_time()
    for file in inventory.slot_files:
        book.add(file.ders)
    read = process_time()
    info = RunInfo("bench", today, None, False, today, "bench", None, RulesVersion("", ""), store.version)
    run = RunInProgress(info, inventory, known, book, Options(today))
    list(run.begin())
    result = run.result(today, complete=True)
    ended = process_time()
    if run.faults:
        raise SystemExit("\n".join(run.faults))
    return Round(read - begun, ended - read, len(result.verdicts), len(result.problems))


def _line(found: Round) -> str:
    ratio = found.judging / found.reading
    return f"reading {found.reading:.2f} s, judging {found.judging:.2f} s, ratio {ratio:.2f}"


def _report(inventory: Inventory, rounds: list[Round]) -> None:
    targets, connections, chains = len(inventory.targets), len(inventory.connections), len(inventory.slot_files)
    found = rounds[-1]
    print(
        f"{targets} targets, {connections} connections, {chains} chains: {found.verdicts} verdicts, "
        f"{found.problems} problems; {len(rounds)} rounds"
    )
    print(f"reading the chains    {spread([one.reading for one in rounds], ' s', 2)} CPU")
    print(f"judging               {spread([one.judging for one in rounds], ' s', 2)} CPU")
    rates = [targets / one.judging for one in rounds]
    print(f"rate                  {spread(rates, '', 0)} targets per second and core; aim {_AIM}")
    print(f"ratio                 {spread([one.judging / one.reading for one in rounds], '', 2)} judging to reading")


if __name__ == "__main__":
    sys.exit(main())
