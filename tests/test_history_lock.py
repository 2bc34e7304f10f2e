"""One list is swept by one process at a time, in both databases, and a process that is gone holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ekuscan.history.lock import HeldError, take
from ekuscan.history.place import parse_place
from ekuscan.history.store import open_store
from tests.command import environment, inside, run
from tests.test_history_interrupted import lab  # noqa: F401

_HOLDER = """
import sys, time
from ekuscan.history.lock import take
from ekuscan.history.place import parse_place
from ekuscan.history.store import open_store
held = take(open_store(parse_place(sys.argv[1], secret=True), create=True), "a" * 64)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def store(history_place: str):
    opened = open_store(parse_place(history_place, secret=True), create=True)
    yield opened
    opened.close()


def test_a_lock_is_had_once_and_again_when_it_is_given_back(store) -> None:
    for _ in range(3):
        held = take(store, "a" * 64)
        other = take(store, "b" * 64)
        with pytest.raises(HeldError):
            take(store, "a" * 64)
        held.release()
        other.release()


def test_the_lock_of_a_process_that_was_killed_is_free(store, history_place: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, history_place], stdout=subprocess.PIPE, text=True, env=environment()
    ) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(HeldError):
                take(store, "a" * 64)
        finally:
            os.kill(holder.pid, signal.SIGKILL)
            holder.wait()
    # A server notices a moment later that its client is gone.
    for _ in range(200):
        try:
            take(store, "a" * 64).release()
            break
        except HeldError:
            signal.sigtimedwait([], 0.05)
    else:
        pytest.fail("the lock outlived its process")


def test_a_lock_leaves_no_file_behind(tmp_path) -> None:
    store = open_store(parse_place(str(tmp_path / "history.sqlite"), secret=False), create=True)
    held = take(store, "a" * 64)
    assert len(list(tmp_path.glob("*.lock"))) == 1
    held.release()
    assert list(tmp_path.glob("*.lock")) == []
    store.close()


def test_a_scan_is_kept_in_either_database_and_gone_through_by_the_same_commands(lab, history_place: str) -> None:  # noqa: F811
    for number in (1, 2):
        words = inside(lab, "scan", "-f", lab.targets_file, "--history", history_place)
        assert run(*words).code == 1
        listed = run("history", "list", "--history", history_place).out.splitlines()
        assert len(listed) == number
    judged = run("history", "re-judge", "last~1", "--trust-data", lab.trust_data, "--history", history_place)
    assert judged.out.endswith(", 0 different\n")
    assert run("history", "prune", "--keep", "0d", "--history", history_place).out.startswith("1 run taken out")
