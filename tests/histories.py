"""Histories for tests: both databases, a PostgreSQL server of the tests' own, and runs to put into them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.history import writer
from ekuscan.history.contents import inventory_text, kept_observation, kept_verdict
from ekuscan.history.runs import Holder, Judging, StoredRun, SweptList
from ekuscan.history.store import Store
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
from tests.real_servers import free_ports, program, serving_all

FIRST = datetime(2026, 11, 1, 2, tzinfo=UTC)
NIGHTLY = SweptList("a" * 64, "targets.yaml")
SUMMARY = Summary({}, EndpointCounts(3, 0, 0, 0, 0), 0, 0)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A server on loopback that trusts everybody there; the URL of its databases, without a database's name.

    It refuses to run as root, and pytest's directories are closed to other accounts.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = found[-1] if found else Path("/usr/lib/postgresql/15/bin")
    account = "postgres" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="ekuscan-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        initdb = program(str(programs / "initdb"))
        if account is not None:
            shutil.chown(home, account)
        words = (
            "--no-sync",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--username=ekuscan",
            "-D",
            home / "data",
        )
        subprocess.run((initdb, *words), user=account, cwd="/", capture_output=True, timeout=60, check=True)
        port = free_ports(["postgresql"])["postgresql"]
        options = ("-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
        quick = ("-c", "fsync=off", "-c", "full_page_writes=off")
        log = home.with_suffix(".log")
        try:
            command = (programs / "postgres", "-D", home / "data", *options, *quick)
            with serving_all((port,), *command, log=log, account=account):
                _wait_until_ready(programs / "pg_isready", port)
                yield f"postgresql://ekuscan@127.0.0.1:{port}"
        finally:
            log.unlink(missing_ok=True)


def _wait_until_ready(command: Path, port: int) -> None:
    """It listens before it takes anybody."""
    words = (command, "-q", "-h", "127.0.0.1", "-p", str(port))
    for _ in range(300):
        if subprocess.run(words, check=False).returncode == 0:
            return
        time.sleep(0.05)
    pytest.fail("the PostgreSQL server does not get ready")


def estate(boxes: int = 3) -> Inventory:
    """Boxes of one port each."""
    names = [f"box{number:04}" for number in range(boxes)]
    return Inventory(
        tuple(Target(name, "expressway-e", "declared", "X15.4", "declared") for name in names),
        endpoints=tuple(
            Endpoint(f"{name}:5061/sips", name, f"{name}.example", 5061, "sips", None, False) for name in names
        ),
    )


def seen(endpoint: Endpoint, der: bytes, at: datetime, seconds: float = 0.25) -> Observation:
    """An endpoint that shows one certificate, whatever its bytes are."""
    chain = chain_id([sha256_hex(der)])
    tls = TlsParameters("TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519")
    sight = Sight("ordinary", at, seconds, tls, chain, ClientCertificate("optional", ca_names=("CN=Root",)))
    return Observation(
        endpoint, "192.0.2.1", "seen", None, (sight,), presented={chain: (der,)}, ca_names={"CN=Root": b"\x30\x00"}
    )


def a_run(number: int, inventory: Inventory, swept: SweptList = NIGHTLY) -> StoredRun:
    """A run that began so many nights after the first."""
    began = FIRST + timedelta(days=number)
    info = RunInfo(
        f"{number:032x}", began, None, False, began, "0.1.0", None, RulesVersion("2026-11-01", "f" * 64),
        TrustVersion("2026-11-01", "39"),
    )  # fmt: skip
    text = writer.text_name(inventory_text(inventory))
    holder = Holder("host.example", 4711, began)
    return StoredRun(info, swept, 0, 0, Judging(), text, text, len(inventory.endpoints), holder)


def begun(store: Store, number: int, inventory: Inventory, swept: SweptList = NIGHTLY) -> StoredRun:
    run = a_run(number, inventory, swept)
    return writer.begin(store, run, {run.inventory: inventory_text(inventory)})


def ended(store: Store, run: StoredRun, *, complete: bool = True) -> StoredRun:
    info = replace(run.info, finished=run.info.started + timedelta(minutes=1), complete=complete)
    return writer.end(store, run, info, SUMMARY, [])


def swept(
    store: Store,
    number: int,
    inventory: Inventory,
    shows: dict[str, bytes],
    verdicts: dict[str, bytes] | None = None,
    swept: SweptList = NIGHTLY,
) -> StoredRun:
    """A whole run: ``shows`` is by target which certificate it presents; one that is not named was not seen."""
    run = begun(store, number, inventory, swept)
    at = run.info.started
    things = [kept_observation(seen(one, shows[one.target], at)) for one in inventory.endpoints if one.target in shows]
    things += [kept_verdict(id_, line) for id_, line in (verdicts or {}).items()]
    writer.add(store, run, things)
    return ended(store, run)
