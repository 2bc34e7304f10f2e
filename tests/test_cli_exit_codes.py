"""Exit codes, as the help lists them: each one brought about."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ekuscan import sweep
from ekuscan.cli.app import main
from ekuscan.lab.estate import Box, Estate, SlotPlan, estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.model import Endpoint, Observation
from tests.command import (
    BOUND,
    TODAY,
    checked_document,
    checked_lines,
    process,
    run,
    scan,
    separately,
    started,
    unread,
    unwritable,
)


def lab_of(name: str, factory: pytest.TempPathFactory) -> Any:
    return open_lab(estate(name), factory.mktemp(name), TODAY)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of("demo", tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of("before", tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of("x155-stated", tmp_path_factory) as running:
        yield running


# --- what was found -----------------------------------------------------------------------------------------------


def test_nothing_at_or_above_the_threshold_is_0(stated: Lab) -> None:
    done = scan(stated)
    assert done.code == 0
    assert re.search(r"^Nothing breaks, \d+ fine \(-v\) +exit 0$", done.out, re.MULTILINE)


def test_something_that_breaks_now_is_1(demo: Lab) -> None:
    assert scan(demo).code == 1


@pytest.mark.parametrize(
    ("threshold", "code"),
    [
        ("breaks-now", 0),
        ("breaks-at-renewal", 1),
        ("breaks-at-renewal:30", 0),
        ("breaks-at-renewal:60", 1),
        ("breaks-at-renewal:99999", 1),
        ("depends", 1),
        ("at-risk", 1),
        ("at-risk:30", 0),
        ("unknown", 1),
    ],
)
def test_the_threshold_takes_an_outcome_and_days(before: Lab, threshold: str, code: int) -> None:
    assert scan(before, "--fail-on", threshold).code == code


def test_days_do_not_excuse_what_breaks_now(demo: Lab) -> None:
    assert scan(demo, "--fail-on", "breaks-now:1").code == 1


def test_a_declared_connection_without_an_answer_is_3_and_1_where_unknown_is_too_much(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with lab_of("x155", tmp_path_factory) as lab:
        assert scan(lab).code == 3
        assert scan(lab, "--fail-on", "unknown").code == 1


# --- a fault of our own -------------------------------------------------------------------------------------------


def faulty(observe: Callable[..., Any], where: str) -> Callable[..., Any]:
    async def observed(endpoint: Endpoint, *arguments: object, **options: object) -> Observation:
        if endpoint.id == where:
            raise ZeroDivisionError("a fault put there by a test")
        found: Observation = await observe(endpoint, *arguments, **options)
        return found

    return observed


@pytest.mark.parametrize("estate_name", ["stated", "demo"])
def test_a_fault_of_ours_is_named_the_sweep_ends_and_the_code_is_4(
    estate_name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lab: Lab = request.getfixturevalue(estate_name)
    where = lab.endpoint("exp-e1", 8443).id
    monkeypatch.setattr(sweep, "observe", faulty(sweep.observe, where))
    done = scan(lab, "--format", "json", "-o", tmp_path / "report.txt")
    states = {one["id"]: one["failure"] for one in done.document["endpoints"]}
    failed = {name: failure for name, failure in states.items() if failure and failure["reason"] == "internal-error"}
    assert done.code == done.document["summary"]["exit"] == 4
    assert list(failed) == [where]
    assert len(states) == len(lab.endpoints)
    assert re.fullmatch(
        rf"ekuscan: {where}: a fault of ekuscan itself: ZeroDivisionError: a fault put there by a test .*\n", done.err
    )
    assert "exit 4" in (tmp_path / "report.txt").read_text(encoding="utf-8")


def broken(*arguments: object, **options: object) -> int:
    raise ZeroDivisionError("a fault put there by a test")


def test_a_fault_outside_the_sweep_is_one_line_and_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ekuscan.cli.explain.explain", broken)
    monkeypatch.setattr("sys.argv", ["ekuscan", "explain", "X11"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (4, "")
    assert said.err.count("\n") == 1
    assert "ZeroDivisionError: a fault put there by a test" in said.err
    assert "EKUSCAN_DEBUG=1" in said.err


def test_the_place_of_a_fault_shows_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ekuscan.cli.explain.explain", broken)
    monkeypatch.setattr("sys.argv", ["ekuscan", "explain", "X11"])
    monkeypatch.setenv("EKUSCAN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main()


# --- interrupted --------------------------------------------------------------------------------------------------


@pytest.fixture
def stalling(tmp_path: Path) -> Iterator[Lab]:
    """Two boxes that nothing joins: one is seen at once, the other never says anything."""
    slots = {"*": SlotPlan("corp")}
    boxes = (
        Box("quick", "generic", slots=slots, only=(443, 5061)),
        Box("stuck", "generic", slots=slots, only=(443, 5061), faults={443: "silent", 5061: "silent"}),
    )
    with open_lab(Estate("two", "Two", "For a test.", boxes), tmp_path, TODAY) as lab:
        yield lab


def arguments(lab: Lab, *more: str | Path) -> list[str | Path]:
    return ["scan", "-f", lab.targets_file, "--trust-data", lab.trust_data, "--no-assume", *more]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in another process; the bound only ends a test that hangs."""
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def under_way(lab: Lab) -> bool:
    quick = [one.counters for one in lab.endpoints if one.target == "quick"]
    stuck = [one.counters for one in lab.endpoints if one.target == "stuck"]
    return all(one.handshakes and not one.open for one in quick) and any(one.open for one in stuck)


def test_an_interrupted_scan_prints_what_it_has_and_ends_with_130(stalling: Lab, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    with started(*arguments(stalling, "-o", saved)) as running:
        until(lambda: under_way(stalling))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=BOUND)
    assert running.returncode == 130
    assert err == ""
    assert "interrupted: a partial result" in " ".join(out.split())
    assert "2 ports not tried: stuck:" in out
    assert out.splitlines()[-1].endswith("exit 130")
    document = checked_document(saved.read_text(encoding="utf-8"))
    assert not document["run"]["complete"]
    assert document["summary"]["exit"] == 130
    states = {one["id"]: (one["status"], (one["failure"] or {}).get("reason")) for one in document["endpoints"]}
    assert {states[one.id] for one in stalling.endpoints if one.target == "quick"} == {("seen", None)}
    assert {states[one.id] for one in stalling.endpoints if one.target == "stuck"} == {("skipped", "interrupted")}


def test_interrupted_lines_are_whole_and_have_no_summary(stalling: Lab) -> None:
    with started(*arguments(stalling, "--format", "jsonl")) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        lines = [running.stdout.readline()]
        # What is finished comes while the rest still runs.
        while '"type":"endpoint"' not in lines[-1]:
            lines.append(running.stdout.readline())
        assert "quick:" in lines[-1]
        until(lambda: under_way(stalling))
        running.send_signal(signal.SIGINT)
        rest, err = running.stdout.read(), running.stderr.read()
        running.wait(BOUND)
    found = checked_lines("".join(lines) + rest)
    assert running.returncode == 130
    assert err == ""
    assert [one["type"] for one in found].count("summary") == 0
    assert [one["status"] for one in found if one["type"] == "endpoint"] == ["seen", "seen", "skipped", "skipped"]


# --- a process of its own -----------------------------------------------------------------------------------------


def test_a_process_ends_with_the_code_of_the_command(stated: Lab, demo: Lab) -> None:
    clean = separately("scan", "-f", stated.targets_file, "--trust-data", stated.trust_data)
    found = separately("scan", "-f", demo.targets_file, "--trust-data", demo.trust_data)
    assert (clean.code, clean.err) == (0, "")
    assert (found.code, found.err) == (1, "")
    assert process("x")[1:] == ["-m", "ekuscan", "x"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("format_", ["table", "json", "jsonl"])
def test_a_reader_that_went_away_leaves_a_scan_its_files_and_its_code(
    stated: Lab, tmp_path: Path, format_: str, unbuffered: str
) -> None:
    saved = tmp_path / "run.json"
    given = ("-f", stated.targets_file, "--trust-data", stated.trust_data, "-o", saved)
    assert unread("scan", *given, "--format", format_, PYTHONUNBUFFERED=unbuffered) == 0
    assert checked_document(saved.read_text(encoding="utf-8"))["summary"]["exit"] == 0


@pytest.mark.parametrize(
    ("arguments", "code"), [(("explain", "--list"), 0), (("--help",), 0), (("explain", "no-such-word"), 2)]
)
def test_a_reader_that_went_away_leaves_every_command_its_code(arguments: tuple[str, ...], code: int) -> None:
    assert unread(*arguments) == code


FULL = "ekuscan: standard output: cannot be written: No space left on device\n"
on_a_full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")


@on_a_full_disk
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("explain", "--list"),
        ("explain", "X01"),
        ("calendar",),
        ("targets", "schema"),
        ("targets", "init"),
        ("targets", "check", "192.0.2.1"),
        ("trust", "show"),
        ("lab", "list"),
        ("import", "-"),
    ],
    ids=" ".join,
)
def test_output_that_cannot_be_written_is_one_sentence(arguments: tuple[str, ...], unbuffered: str) -> None:
    done = unwritable(*arguments, stdin=b"host\ncucm1.example.com\n", PYTHONUNBUFFERED=unbuffered)
    assert (done.code, done.err.splitlines(keepends=True)[-1:]) == (2, [FULL]), done.err
    assert "bug" not in done.err


@on_a_full_disk
@pytest.mark.parametrize("format_", ["table", "json", "jsonl"])
def test_a_full_disk_under_standard_output_leaves_a_scan_its_files(stated: Lab, tmp_path: Path, format_: str) -> None:
    saved = tmp_path / "run.json"
    given = ("-f", stated.targets_file, "--trust-data", stated.trust_data, "-o", saved)
    done = unwritable("scan", *given, "--format", format_)
    assert (done.code, done.err) == (2, FULL)
    assert checked_document(saved.read_text(encoding="utf-8"))["summary"]["exit"] == 0


@on_a_full_disk
@pytest.mark.parametrize("name", ["full.txt", "full.json", "full.jsonl"])
def test_a_full_disk_under_a_file_leaves_a_scan_its_other_outputs(stated: Lab, tmp_path: Path, name: str) -> None:
    full, saved = tmp_path / name, tmp_path / "run.json"
    full.symlink_to("/dev/full")
    done = scan(stated, "-o", full, "-o", saved, "--format", "json")
    assert (done.code, done.err) == (2, f"ekuscan: -o {full}: cannot be written: No space left on device\n")
    assert done.document["summary"]["exit"] == checked_document(saved.read_text(encoding="utf-8"))["summary"]["exit"]


def test_the_help_lists_the_codes() -> None:
    for command in ("scan", "inspect"):
        shown = " ".join(run(command, "--help").out.split())
        for code in (0, 1, 2, 3, 4, 130):
            assert re.search(rf"[ ;]{code} [a-z]", shown), code


@pytest.mark.parametrize("command", ["import", "discover"])
def test_the_help_of_what_judges_nothing_names_the_exit_codes_that_it_has(command: str) -> None:
    shown = " ".join(run(command, "--help").out.split())
    codes = shown.partition("Exit codes: ")[2]
    assert all(f"{code} " in codes for code in ("0", "2", "3", "4", "130"))
    assert " 1 " not in codes
    assert "--fail-on" not in shown
