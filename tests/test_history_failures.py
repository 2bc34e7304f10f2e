"""A history that cannot be used, or that fails on the way: said once, and the result is there all the same."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekuscan.cli import keeping
from ekuscan.cli.history_place import VARIABLE
from ekuscan.history.contents import Kept
from ekuscan.history.errors import BusyError
from ekuscan.history.place import parse_place
from ekuscan.history.runs import StoredRun
from ekuscan.history.store import Store, open_store
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.trust import TrustStore
from tests.command import TODAY, Done, environment, inside, process, refused, run, scan
from tests.histories import postgresql_server


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


def history() -> Path:
    return Path(os.environ[VARIABLE])


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The history of a user who names none, in a state directory of the test's own."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("ekuscan.cli.history_place.state_directory", lambda: tmp_path / "state")
    monkeypatch.setattr("ekuscan.cli.spill.state_directory", lambda: tmp_path / "state")
    return tmp_path / "state" / "history.sqlite"


# --- that cannot be opened ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"this is no database, but a text that somebody wants to keep" * 100, "is damaged or no history"),
        (b"SQLite format 3\x00" + b"\x10\x00\x02\x02\x00\x40\x20\x20" + b"\xff" * 9000, "is damaged"),
    ],
)
def test_a_damaged_history_is_named_and_left_as_it_is(lab: Lab, content: bytes, said: str) -> None:
    history().write_bytes(content)
    told = refused(scan(lab, "--history", history()))
    assert (str(history()) in told, said in told) == (True, True)
    assert history().read_bytes() == content
    assert said in refused(run("history", "list"))


def test_a_database_of_something_else_is_left_alone(lab: Lab) -> None:
    with sqlite3.connect(history()) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    assert "is a database of something else" in refused(scan(lab, "--history", history()))


def test_a_history_that_another_program_holds_is_not_waited_for_without_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scan(lab).code == 1
    monkeypatch.setattr("ekuscan.history.store._PATIENCE", 0.1)
    other = sqlite3.connect(history(), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        told = refused(scan(lab, "--history", history()))
        assert "another program holds it; try again when that has ended" in told
        assert run("history", "list").code == 0
    finally:
        other.close()


def header_alone_is_whole() -> None:
    with open_store(parse_place(str(history()), secret=False), create=True).engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    content = history().read_bytes()
    history().write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def no_history_at_all() -> None:
    history().write_bytes(b"no database" * 1000)


def no_room_for_its_lock() -> None:
    open_store(parse_place(str(history()), secret=False), create=True).close()


@pytest.mark.parametrize("where", ["the environment names it", "it is the usual one"])
@pytest.mark.parametrize("damage", [header_alone_is_whole, no_history_at_all, no_room_for_its_lock])
def test_a_history_that_ought_to_work_and_does_not_keeps_no_unattended_sweep_from_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usual: Path, where: str, damage: Callable[[], None]
) -> None:
    """Nothing is wrong in the lab: it is the history that makes the exit code 3."""
    usual.parent.mkdir()
    monkeypatch.setenv(VARIABLE, str(usual))
    damage()
    if damage is no_room_for_its_lock:
        monkeypatch.setattr("ekuscan.history.lock.os.open", _read_only)
    if where == "it is the usual one":
        monkeypatch.delenv(VARIABLE)
    with open_lab(estate("x155-stated"), tmp_path / "lab", TODAY) as fine:
        done = scan(fine, "--format", "json", "-o", tmp_path / "result.json")
        count = len(fine.endpoints)
    assert (done.code, done.document["summary"]["exit"], len(done.document["endpoints"])) == (3, 3, count)
    assert json.loads((tmp_path / "result.json").read_text()) == done.document
    assert done.err.startswith(f"ekuscan: {usual}")
    assert "; the sweep goes on without it\n" in done.err
    monkeypatch.undo()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "new.sqlite"))
    assert imported(done).out == "1 run new, 0 added to, 0 known already\n"
    assert f"{count} of {count} ports stored" in verdicts_then()


_OPEN = os.open


def _read_only(path: str | Path, *words: Any) -> int:
    if Path(path).suffix != ".lock":
        return _OPEN(path, *words)
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def test_a_history_that_is_held_from_the_start_to_the_end_costs_a_file(
    lab: Lab, usual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scan(lab).code == 1
    monkeypatch.setattr("ekuscan.history.store._PATIENCE", 0.1)
    other = sqlite3.connect(usual, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = scan(lab)
    other.close()
    assert "another program holds it; try again when that has ended; the sweep goes on without it" in done.err
    assert "BROKEN NOW" in done.out
    monkeypatch.setenv(VARIABLE, str(usual))
    assert imported(done).out == "1 run new, 0 added to, 0 known already\n"


@pytest.mark.parametrize("place", ["/proc/nowhere/history.sqlite", "/dev/full/history.sqlite", "{}"])
def test_a_history_that_was_asked_for_and_cannot_be_written_is_refused(lab: Lab, tmp_path: Path, place: str) -> None:
    told = refused(scan(lab, "--history", place.format(tmp_path)))
    assert place.format(tmp_path) in told


def test_a_server_that_is_not_there_is_told_without_the_password(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://me:secret@127.0.0.1:1/db")
    monkeypatch.setattr("ekuscan.cli.spill.state_directory", lambda: tmp_path)
    told = refused(scan(lab, "--history", "postgresql://me@127.0.0.1:1/db"))
    assert told.startswith("postgresql://me@127.0.0.1:1/db: ")
    done = scan(lab)
    assert done.err.startswith("ekuscan: postgresql://me@127.0.0.1:1/db: ")
    assert ("BROKEN NOW" in done.out, "secret" in done.err) == (True, False)


def test_a_password_on_the_command_line_is_refused(lab: Lab) -> None:
    told = refused(scan(lab, "--history", "postgresql://me:secret@127.0.0.1/db"))
    assert ("PGPASSWORD" in told, "secret" in told) == (True, False)


def test_where_the_usual_history_cannot_be_begun_the_scan_goes_on_and_its_exit_code_is_its_own(
    lab: Lab, usual: Path
) -> None:
    usual.parent.write_bytes(b"a file where the directory should be")
    done = scan(lab, "--fail-on", "breaks-now")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.endswith("this run is not kept (--no-history says so)\n")
    assert "BROKEN NOW" in done.out


def test_where_the_usual_history_is_there_and_damaged_a_clean_run_does_not_look_clean(
    tmp_path: Path, usual: Path
) -> None:
    with open_lab(estate("x155-stated"), tmp_path / "lab", TODAY) as fine:
        assert scan(fine, "--no-history").code == 0
        usual.parent.mkdir()
        usual.write_bytes(b"no database" * 1000)
        done = scan(fine, "--format", "json")
    assert (done.code, done.document["summary"]["exit"]) == (3, 3)
    assert "is damaged or no history" in done.err


# --- that fails on the way ----------------------------------------------------------------------------------------


def imported(done: Done) -> Done:
    """What a sweep says is the rest of it, taken into the history."""
    spill = done.err.partition("`ekuscan history import ")[2].partition("`")[0]
    assert spill, done.err
    found = run("history", "import", spill)
    Path(spill).unlink()
    return found


def verdicts_then() -> str:
    return run("history", "show").out


def test_what_a_history_does_not_take_goes_into_a_file_that_is_imported_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scan(lab, "--format", "json").document
    broken = _failing(monkeypatch, after=1)
    done = scan(lab, "--format", "json")
    broken.undo()
    assert (done.code, done.document["verdicts"]) == (1, whole["verdicts"])
    assert "no space left; the sweep goes on" in done.err.splitlines()[0]
    assert len(done.err.splitlines()) == 2
    assert imported(done).out == "0 runs new, 1 added to, 0 known already\n"
    shown = run("history", "re-judge", "last", "--trust-data", lab.trust_data).out
    assert ", 0 different" in shown
    counts = f"{len(lab.endpoints)} of {len(lab.endpoints)} ports stored"
    assert (counts in verdicts_then(), "did not end" in verdicts_then()) == (True, False)


def _failing(monkeypatch: pytest.MonkeyPatch, after: int) -> pytest.MonkeyPatch:
    """From the second time on SQLite says that the disk is full, as it does."""
    real, calls = keeping.writer.add, []
    monkeypatch.setattr(keeping, "_MANY", 5)

    def add(store, run, things):
        calls.append(1)
        if len(calls) > after:
            with store.writing() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 1")
                size = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count = {size}")
                connection.exec_driver_sql("CREATE TABLE filler (x)")
                connection.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(10000000))")
        real(store, run, things)

    patched = pytest.MonkeyPatch()
    patched.setattr(keeping.writer, "add", add)
    patched.setattr(keeping.writer, "end", lambda store, run, info, summary, things: add(store, run, things))
    return patched


def test_on_a_full_disk_the_result_is_on_standard_output_and_the_exit_code_says_that_something_is_missing(
    lab: Lab, tmp_path: Path
) -> None:
    small = 160_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, small))

    words = inside(lab, "scan", "-f", lab.targets_file, "--fail-on", "breaks-now:0", "--format", "jsonl")
    done = subprocess.run(
        process(*words, "--history", tmp_path / "history.sqlite"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(TMPDIR=str(tmp_path), XDG_STATE_HOME=str(tmp_path)),
        preexec_fn=limit,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "Traceback" not in done.stderr
    assert (lines[-1]["type"], lines[-1]["exit"]) == ("summary", done.returncode)
    assert sum(line["type"] == "endpoint" for line in lines) == len(lab.endpoints)
    assert done.returncode == 1
    assert "the sweep goes on, its result is not complete in the history" in done.stderr
    spills = re.findall(r"`ekuscan history import (\S+)`", done.stderr)
    assert sorted(spills) == sorted(str(path) for path in tmp_path.rglob("*.history.jsonl"))
    assert (len(spills) > 0, "only in part" in done.stderr) == (True, False)
    place = ("--history", tmp_path / "history.sqlite")
    for path in spills:
        assert run("history", "import", path, *place).code == 0
    shown = run("history", "show", *place).out
    assert f"{len(lab.endpoints)} of {len(lab.endpoints)} ports stored" in shown


def test_a_server_that_goes_away_in_the_middle_of_a_sweep_costs_nothing_but_a_file(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "none"))
    with postgresql_server() as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE kept")
        words = inside(lab, "scan", "-f", lab.targets_file, "--rate", 8, "--format", "json")
        running = subprocess.Popen(
            process(*words, "--history", f"{url}/kept"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        with psycopg.connect(f"{url}/kept", autocommit=True) as connection:
            while running.poll() is None and not _stored(connection):
                pass
        assert running.poll() is None
    try:
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    document = json.loads(out)
    assert (running.returncode, len(document["endpoints"])) == (1, len(lab.endpoints))
    assert err.startswith(f"ekuscan: {url}/kept: ")
    assert "Traceback" not in err
    assert imported(Done(1, out, err)).out == "1 run new, 0 added to, 0 known already\n"


def _stored(connection: psycopg.Connection) -> int:
    try:
        return connection.execute("SELECT count(*) FROM ekuscan_spans").fetchone()[0]
    except psycopg.errors.UndefinedTable:
        return 0


@pytest.mark.parametrize("until", ["another tick", "the sweep is over"])
def test_while_another_program_holds_a_history_the_sweep_goes_on_and_everything_is_stored_in_the_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, until: str
) -> None:
    """From the first that is to be stored somebody else writes, until that was tried in vain."""
    other = sqlite3.connect(history(), isolation_level=None, check_same_thread=False)
    real, ends = keeping.writer.add, keeping.writer.end
    calls: list[int] = []
    monkeypatch.setattr("ekuscan.history.store._PATIENCE", 0.1)

    def add(store: Store, run: StoredRun, things: Sequence[Kept]) -> None:
        calls.append(len(things))
        if len(calls) == 1:
            other.execute("BEGIN IMMEDIATE")
        try:
            real(store, run, things)
        except BusyError:
            if until == "another tick" and other.in_transaction:
                other.execute("ROLLBACK")
            raise

    def end(*words: Any) -> StoredRun:
        if other.in_transaction:
            with pytest.raises(BusyError):
                ends(*words)
            other.execute("ROLLBACK")
        return ends(*words)

    monkeypatch.setattr(keeping.writer, "add", add)
    monkeypatch.setattr(keeping.writer, "end", end)
    done = scan(lab, "--rate", 20)
    assert (other.in_transaction, len(calls) > 1) == (False, True)
    other.close()
    assert (done.code, done.err) == (1, "")
    assert f"{len(lab.endpoints)} of {len(lab.endpoints)} ports stored" in verdicts_then()


def test_a_server_that_stops_answering_holds_up_neither_the_sweep_nor_its_end(
    lab: Lab, tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stops is the server's processes: its system goes on acknowledging every packet."""
    monkeypatch.setattr("ekuscan.cli.spill.state_directory", lambda: tmp_path)
    monkeypatch.setattr(keeping, "_MANY", 5)
    monkeypatch.setattr(keeping, "_LAST_SECONDS", 0.5)
    monkeypatch.setattr("ekuscan.history.lock._RELEASE_SECONDS", 0.5)
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE stalls")
        monkeypatch.setenv(VARIABLE, f"{postgresql}/stalls")
        stopped: list[int] = []

        def stop(*words: Any) -> None:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'stalls'").fetchall()
            stopped.extend(pid for (pid,) in found if pid not in stopped)
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            keeping_writer_add(*words)

        keeping_writer_add = keeping.writer.add
        with pytest.MonkeyPatch.context() as stalling:
            stalling.setattr(keeping.writer, "add", stop)
            try:
                done = scan(lab, "--quiet")
            finally:
                for pid in stopped:
                    os.kill(pid, signal.SIGCONT)
    assert (done.code, bool(stopped)) == (1, True)
    assert "does not answer; the sweep goes on" in done.err
    assert imported(done).code == 0
    assert f"{len(lab.endpoints)} of {len(lab.endpoints)} ports stored" in verdicts_then()


# --- commands -----------------------------------------------------------------------------------------------------


def test_the_commands_show_judge_prune_export_and_import(lab: Lab, tmp_path: Path) -> None:
    for _ in range(2):
        assert scan(lab).code == 1
    lines = run("history", "list").out.splitlines()
    assert [line.split()[-1] for line in lines] == [str(lab.targets_file)] * 2
    assert all("exit 1" in line for line in lines)
    id_ = lines[0].split()[0]
    assert run("history", "show", id_).out.startswith(f"run {id_}")
    judged = run("history", "re-judge", id_, "--trust-data", lab.trust_data)
    assert judged.out.endswith(", 0 different\n")
    assert "trust data" not in judged.out
    other = run("history", "re-judge", id_).out.splitlines()
    assert other[1].startswith(f"trust data then {_version(lab.trust_data)}, now {_version(None)}; --trust-data names")
    later = run("history", "re-judge", id_, "--trust-data", lab.trust_data, "--as-of", "2030-01-01")
    assert "outcome at-risk > breaks-now" in later.out or "outcome ok > breaks-now" in later.out
    for name in ("all.jsonl", "all.jsonl.gz"):
        assert run("history", "export", "-o", tmp_path / name).code == 0
        place = tmp_path / f"{name}.sqlite"
        assert run("history", "import", tmp_path / name, "--history", place).out == (
            "2 runs new, 0 added to, 0 known already\n"
        )
        assert run("history", "export", "--history", place).out == run("history", "export").out
    assert run("history", "export", "last", "-o", tmp_path / "one.jsonl").code == 0
    assert run("history", "prune", "--keep", "0d").out.startswith("1 run taken out")
    assert run("history", "show", "last").out.startswith(f"run {id_}")


def _version(trust_data: Path | None) -> str:
    with TrustStore.open(trust_data) as trust:
        return f"{trust.version.date} (Chrome's store {trust.version.chrome_store})"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prune", "--keep", "90"), "write a number of days or weeks, like 90d or 26w"),
        (("show", "nothing"), "names no run"),
        (("import", "{}/none.jsonl"), "No such file"),
        (("import", "{}/text.jsonl"), "line 1: this is no JSON"),
        (("import", "{}/cut.jsonl.gz"), "cannot be read"),
        (("export", "-o", "{}/none/x.jsonl"), "cannot be written"),
        (("list", "--history", "{}/none.sqlite"), "there is no history yet"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(lab: Lab, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert scan(lab).code == 1
    (tmp_path / "text.jsonl").write_text("hello\n")
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00garbage")
    assert said in refused(run("history", *(word.format(tmp_path) for word in words)))
