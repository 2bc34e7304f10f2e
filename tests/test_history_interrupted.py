"""A sweep that is broken off goes on where it was: nothing is dialled twice, nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from ekuscan.cli.history_place import VARIABLE
from ekuscan.history.contents import certificates_of, unpacked
from ekuscan.history.difference import covers
from ekuscan.history.errors import HistoryError
from ekuscan.history.place import parse_place
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.history.schema import CONTENTS, SPANS
from ekuscan.history.store import Store, open_store
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from tests.command import TODAY, Done, environment, inside, process, refused, run, scan

KILLS = 50

# A process that has loaded everything and forks for each command: what is killed is then the sweep, not the start.
# It waits for the child's end when it is told to.
_READY = """
import os, shlex, sys
import ekuscan.cli.scan, ekuscan.cli.sweep_history, ekuscan.cli.keeping, ekuscan.sweep, ekuscan.report.table
from ekuscan.cli.app import main
from ekuscan.cli.knowledge import knowledge
from ekuscan.targets import yaml_file

knowledge()
print("ready", flush=True)
while line := sys.stdin.readline():
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["ekuscan", *shlex.split(line)]
        main()
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


@contextmanager
def opened() -> Iterator[Store]:
    store = open_store(parse_place(os.environ[VARIABLE], secret=True), create=False)
    try:
        yield store
    finally:
        store.close()


def last() -> tuple[StoredRun, set[str]] | None:
    """The last run and the endpoints that it has, None where none was begun."""
    try:
        with opened() as store:
            reader = Reader(store)
            run = next(reader.runs(), None)
            return (run, set(reader.stored(run))) if run is not None else None
    except HistoryError:
        return None


def everything(run: StoredRun) -> dict[tuple[str, str], bytes]:
    """What a run has of endpoints and verdicts, by digest."""
    with opened() as store, store.reading() as connection:
        return {
            (kind, row.name): bytes(row.digest)
            for kind in "ev"
            for row in connection.execute(select(SPANS).where(covers(SPANS, run, kind)))
        }


def dials(lab: Lab) -> dict[str, int]:
    return {one.id: one.counters.connections for one in lab.endpoints}


def test_fifty_sweeps_killed_at_random_and_gone_on_with_leave_what_an_undisturbed_one_leaves(lab: Lab) -> None:
    assert scan(lab).code == 1
    undisturbed, _ = last()
    expected = everything(undisturbed)
    words = [str(one) for one in inside(lab, "scan", "-f", lab.targets_file, "--resume", "--rate", 100)]
    draw = random.Random(7)
    killed = midway = 0
    with ready() as command:
        while killed < KILLS:
            before, dialled = last(), dials(lab)
            moment = Moment(lab, sum(dialled.values()) + draw.randrange(20), draw.uniform(0, 0.35))
            if command(words, moment) == -signal.SIGKILL:
                killed += 1
            run, stored = last()
            if before is not None and not before[0].info.complete:
                assert run.id == before[0].id
                assert stored >= before[1]
                again = {name for name in before[1] if dials(lab)[name] != dialled.get(name, 0)}
                assert again == set()
                midway += len(before[1]) > 0
        # The last one may end.
        assert command(words, None) == 1
    assert midway >= KILLS // 4
    with opened() as store:
        runs = list(Reader(store).runs())
    assert all(run.info.complete for run in runs)
    for run in runs:
        assert everything(run) == expected


@dataclass(frozen=True)
class Moment:
    """So many seconds after the lab was dialled so often in all, or after a second without."""

    lab: Lab
    dialled: int
    after: float

    def wait(self) -> None:
        until = time.monotonic() + 1
        while sum(dials(self.lab).values()) < self.dialled and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(self.after)


@contextmanager
def ready() -> Iterator[Callable[[list[str], Moment | None], int]]:
    """Runs commands, each killed at a moment; what is given back is how it ended."""
    with subprocess.Popen(
        [sys.executable, "-c", _READY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as zygote:

        def command(words: list[str], moment: Moment | None) -> int:
            zygote.stdin.write(" ".join(words) + "\n")
            zygote.stdin.flush()
            child = int(zygote.stdout.readline())
            if moment is not None:
                moment.wait()
                os.kill(child, signal.SIGKILL)  # it is waited for when we say so: its number is nobody else's
            zygote.stdin.write("\n")
            zygote.stdin.flush()
            return int(zygote.stdout.readline())

        try:
            assert zygote.stdout.readline() == "ready\n"
            yield command
        finally:
            zygote.kill()


# --- Ctrl-C -------------------------------------------------------------------------------------------------------


def interrupted(lab: Lab, *words: str | Path) -> Done:
    """A sweep that a person breaks off once a few endpoints are stored."""
    command = process(*inside(lab, "scan", "-f", lab.targets_file, "--rate", 20, *words))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as running:
        try:
            while (found := last()) is None or found[0].info.complete or len(found[1]) < 5:
                assert running.poll() is None
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
        finally:
            running.kill()
    return Done(running.returncode, out, err)


def test_after_ctrl_c_a_run_without_a_name_goes_on_to_the_same_result(lab: Lab) -> None:
    whole = scan(lab, "--format", "json").document
    broken = interrupted(lab, "--format", "json")
    assert broken.code == 130
    run_before, stored = last()
    assert (run_before.info.complete, len(stored) >= 5) == (False, True)
    dialled = dials(lab)
    done = run("scan", "--resume", "--trust-data", lab.trust_data, "--format", "json")
    assert done.err == (
        f"ekuscan: going on with run {run_before.id[:8]} of {run_before.info.started:%d %b %Y %H:%M} UTC: "
        f"{len(stored)} of {len(lab.endpoints)} endpoints are stored\n"
    )
    assert {name for name in stored if dials(lab)[name] != dialled[name]} == set()
    found = done.document
    assert found["run"]["id"] == run_before.id
    assert (done.code, found["summary"], found["verdicts"]) == (1, whole["summary"], whole["verdicts"])
    assert [one["id"] for one in found["endpoints"]] == [one["id"] for one in whole["endpoints"]]
    assert run("scan", "--resume").err.endswith("no run is left to go on with; scan without it\n")


def test_where_the_last_run_ended_or_there_is_none_resume_begins_a_new_one(lab: Lab) -> None:
    first = scan(lab, "--resume")
    assert first.code == 1
    assert first.err == "ekuscan: --resume: there is no run of these targets yet; this is a new one\n"
    done = scan(lab, "--resume")
    assert (done.code, done.err) == (1, "ekuscan: --resume: the last run of these targets ended; this is a new one\n")
    with opened() as store:
        assert [one.place for one in Reader(store).runs()] == [2, 1]


def test_a_run_is_not_gone_on_with_once_its_targets_file_has_changed(lab: Lab, tmp_path: Path) -> None:
    interrupted(lab)
    before = lab.targets_file.read_text(encoding="utf-8")
    try:
        lab.targets_file.write_text(before + "# the same\n", encoding="utf-8")
        assert scan(lab, "--resume").code == 1
        interrupted(lab)
        lab.targets_file.write_text("\n" + before, encoding="utf-8")
        told = refused(scan(lab, "--resume"))
    finally:
        lab.targets_file.write_text(before, encoding="utf-8")
    assert "is not what it was when run" in told
    assert "scan without --resume to begin a new run" in told


def test_nothing_is_gone_on_with_where_nothing_is_kept(lab: Lab) -> None:
    assert "leave --no-history out" in refused(scan(lab, "--resume", "--no-history"))
    assert "no run is left to go on with" in refused(run("scan", "--resume"))


def test_what_a_scan_is_not_asked_to_keep_is_kept_nowhere(lab: Lab, tmp_path: Path) -> None:
    assert scan(lab, "--no-history").code == 1
    assert run("demo").code == 0
    assert run("inspect", lab.directory / "exp-c1.server.pem").code in (0, 1, 3)
    assert not Path(os.environ[VARIABLE]).exists()


# --- two sweeps of one list ---------------------------------------------------------------------------------------


def test_two_sweeps_of_one_list_do_not_overlap_and_another_list_is_free(lab: Lab) -> None:
    command = process(*inside(lab, "scan", "-f", lab.targets_file, "--rate", 10))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as running:
        try:
            while (found := last()) is None or not found[1]:
                assert running.poll() is None
                time.sleep(0.05)
            told = refused(scan(lab))
            assert f"is being swept by process {running.pid} on " in told
            assert told.endswith("wait until it ends, or scan with --no-history")
            one = lab.endpoint("exp-e1", 5061)
            assert run("scan", f"sips://{one.host}:{one.port}", "--trust-data", lab.trust_data).code != 2
            assert scan(lab, "--no-history").code == 1
        finally:
            running.kill()
    # What a process held that is gone holds nobody up.
    assert scan(lab).code == 1


# --- secrets ------------------------------------------------------------------------------------------------------


def test_no_private_key_and_no_password_reaches_the_history(lab: Lab, tmp_path: Path) -> None:
    key = (lab.directory / "exp-c1.server.key").read_bytes()
    pair = tmp_path / "ours.pem"
    pair.touch(mode=0o600)
    pair.write_bytes((lab.directory / "exp-c1.server.pem").read_bytes() + key)
    done = scan(lab, "--client-cert", pair, "--credentials", lab.credentials_file)
    assert done.code in (1, 3)
    with opened() as store, store.reading() as connection:
        texts = [unpacked(row.data) for row in connection.execute(select(CONTENTS))]
        assert any(certificates_of(text) for text in texts if b'"presented"' in text)
    exported = run("history", "export").out
    secrets = [lab.login.password, key.splitlines()[2].decode()]
    assert [secret for secret in secrets if secret in exported] == []
