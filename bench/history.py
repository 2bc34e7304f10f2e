"""``python -m bench.history``: how large a history grows, and how long the comparison of two of its runs takes."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.history import writer
from ekuscan.history.contents import inventory_text, kept_observation
from ekuscan.history.place import parse_place
from ekuscan.history.reader import Reader
from ekuscan.history.runs import Holder, Judging, StoredRun, SweptList
from ekuscan.history.store import Store, open_store
from ekuscan.model import (
    ClientCertificate,
    Endpoint,
    EndpointCounts,
    Inventory,
    Observation,
    RulesVersion,
    RunInfo,
    Sight,
    Summary,
    Target,
    TlsParameters,
    TrustVersion,
)

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_LIST = SweptList("f" * 64, "bench")
_SUMMARY = Summary({}, EndpointCounts(0, 0, 0, 0, 0), 0, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """``every``: of so many endpoints one changes from each run to the next; 0 for none."""

    endpoints: int
    runs: int
    every: int


def main() -> int:
    """Fill two histories and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=100_000, help="stored, in the history that changes")
    parser.add_argument("--endpoints", type=int, default=1000)
    parser.add_argument("--quiet-runs", type=int, default=100, help="runs in which nothing changes")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="ekuscan-bench-") as name:
        _quiet(Path(name) / "quiet.sqlite", Shape(asked.endpoints, asked.quiet_runs, 0))
        runs = max(asked.observations // asked.endpoints, 2)
        _changing(Path(name) / "changing.sqlite", Shape(asked.endpoints, runs, 1))
    return 0


def _quiet(path: Path, shape: Shape) -> None:
    store = open_store(parse_place(str(path), secret=False), create=True)
    runs = _filled(store, shape)
    next(runs)
    first = _size(store)
    began = process_time()
    rest = sum(1 for _ in runs)
    spent = process_time() - began
    grown = (_size(store) - first) / rest
    print(f"nothing changes: {shape.endpoints} endpoints, {rest + 1} runs, {_size(store) / 1e6:.2f} MB")
    print(f"  a further run: {grown:.0f} bytes, {spent / rest / shape.endpoints * 1e6:.0f} us of CPU an endpoint")
    store.close()


def _changing(path: Path, shape: Shape) -> None:
    store = open_store(parse_place(str(path), secret=False), create=True)
    began = process_time()
    runs = list(_filled(store, shape))
    spent = process_time() - began
    count = shape.endpoints * shape.runs
    print(f"everything changes each time: {count} observations stored, {_size(store) / 1e6:.1f} MB")
    print(f"  one observation: {_size(store) / count:.0f} bytes, {spent / count * 1e6:.0f} us of CPU to store")
    reader = Reader(store)
    for name, pair in (("first and last", (runs[0], runs[-1])), ("last two", (runs[-2], runs[-1]))):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = process_time()
        found = sum(1 for _ in reader.differing(*pair))
        spent = process_time() - began
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 1e6
        print(f"  differing, {name} run: {found} endpoints in {spent:.2f} s of CPU, {more:.1f} MB more memory")
    store.close()
    for name, pair in (("first and last", (runs[0], runs[-1])), ("last two", (runs[-2], runs[-1]))):
        lines, spent, most = _diffed(path, *pair)
        print(f"  ekuscan diff, {name} run: {lines} lines in {spent:.2f} s of CPU, {most:.0f} MB of memory at most")


def _diffed(path: Path, before: StoredRun, after: StoredRun) -> tuple[int, float, float]:
    """What the command itself takes: the lines that it prints, seconds of CPU, megabytes."""
    words = (sys.executable, "-m", "ekuscan", "diff", before.id, after.id, "--history", path)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        lines = sum(1 for _ in running.stdout)
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode not in (0, 1):
        raise SystemExit(f"ekuscan diff ended with {running.returncode}")
    return lines, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def _filled(store: Store, shape: Shape) -> Iterator[StoredRun]:
    inventory = _estate(shape.endpoints)
    text = inventory_text(inventory)
    for number in range(shape.runs):
        run = writer.begin(store, _run(number, writer.text_name(text), shape), {writer.text_name(text): text})
        things = [kept_observation(_seen(one, shape.every and number, run)) for one in inventory.endpoints]
        writer.add(store, run, things)
        yield writer.end(store, run, replace(run.info, finished=run.info.started, complete=True), _SUMMARY, [])


def _estate(count: int) -> Inventory:
    names = [f"box{number:06}" for number in range(count)]
    targets = tuple(Target(name, "expressway-e", "declared", None, "default") for name in names)
    endpoints = (Endpoint(f"{n}:5061/sips", n, f"{n}.example.com", 5061, "sips", None, False) for n in names)
    return Inventory(targets, endpoints=tuple(endpoints))


def _run(number: int, text: str, shape: Shape) -> StoredRun:
    began = _FIRST + timedelta(hours=number)
    rules, trust = RulesVersion("2026-01-01", "0" * 64), TrustVersion("2026-01-01", "39")
    info = RunInfo(f"{number:032x}", began, None, False, began, "0", None, rules, trust)
    return StoredRun(info, _LIST, 0, 0, Judging(), text, text, shape.endpoints, Holder("bench", 1, began))


def _seen(endpoint: Endpoint, number: int, run: StoredRun) -> Observation:
    """Two certificates, of which the first is a new one wherever ``number`` is; bytes of the usual size."""
    der = (f"{endpoint.id} {number}".encode() * 60)[:1200]
    issuer = b"issuer" * 200
    chain = chain_id([sha256_hex(der), sha256_hex(issuer)])
    tls = TlsParameters("TLSv1.3", "TLS_AES_256_GCM_SHA384", "x25519")
    asked = ClientCertificate("optional", ca_names=("CN=Root One", "CN=Root Two"))
    sight = Sight("ordinary", run.info.started, 0.05, tls, chain, asked)
    return Observation(endpoint, "192.0.2.1", "seen", None, (sight,), presented={chain: (der, issuer)})


def _size(store: Store) -> int:
    """Bytes of the pages in use."""
    with store.reading() as connection:
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {one}").scalar_one()
            for one in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


if __name__ == "__main__":
    sys.exit(main())
