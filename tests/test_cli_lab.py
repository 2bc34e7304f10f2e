"""``ekuscan lab`` and ``ekuscan demo``: the built-in appliances, and the scan that they tell one to try."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ekuscan.lab.estate import estate, estate_names
from ekuscan.lab.faults import fault_estate
from tests.command import BOUND, ROOT, environment, run, separately, started, too_wide


def test_the_list_names_every_estate_with_what_it_is() -> None:
    done = run("lab", "list")
    assert (done.code, done.err) == (0, "")
    assert re.findall(r"^(\S+)", done.out, re.MULTILINE) == [*estate_names(), "faults"]
    words = " ".join(done.out.split())
    for one in (*map(estate, estate_names()), fault_estate()):
        assert f"{one.name} {one.title}. {one.says}" in words
    assert not too_wide(done.out)


@pytest.mark.parametrize("where", ["a folder of its own", "a folder that is named"])
def test_a_lab_runs_until_ctrl_c_and_its_scan_line_works(where: str, tmp_path: Path) -> None:
    named = ["--directory", tmp_path / "my lab"] if where.endswith("named") else []
    with started("lab", "x155-stated", *named) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        shown = []
        while not shown or not shown[-1].startswith("Nothing but loopback"):
            shown.append(running.stdout.readline())
            assert shown[-1], running.stderr.read()
        line = next(one for one in shown if one.startswith("Scan it:"))
        program, *arguments = shlex.split(line.removeprefix("Scan it:"))
        done = separately(*arguments)
        running.send_signal(signal.SIGINT)
        rest, err = running.stdout.read(), running.stderr.read()
        running.wait(BOUND)
    assert program == "ekuscan"
    assert (done.code, done.err) == (0, "")
    assert "Nothing breaks" in done.out
    assert (running.returncode, rest, err) == (0, "\n", "")
    folder = Path(arguments[arguments.index("-f") + 1]).parent
    assert folder.exists() == bool(named)
    endpoints = [one for one in shown if re.match(r"  \S+:\d+/\S+ +127\.\S+:\d+  (open|closed)", one)]
    title = len(textwrap.wrap(f"{estate('x155-stated').title}. {estate('x155-stated').says}", 80))
    assert len(endpoints) == len(shown) - title - 2
    # The command is one line, to be copied.
    assert not too_wide("".join(one for one in shown if one != line))


@pytest.mark.parametrize("name", estate_names())
def test_every_demo_ends_with_0_whatever_its_report_says(name: str) -> None:
    done = run("demo", name)
    assert done.code == 0
    assert re.fullmatch(rf"{re.escape(estate(name).title)}: \d+ ports on loopback\.\n\n", done.err)
    assert re.search(r" exit \d+$", done.out, re.MULTILINE)
    assert "Traceback" not in done.out


def test_the_demo_has_every_format_of_scan() -> None:
    assert run("demo", "--format", "json").document["summary"]["exit"] == 1
    assert run("demo", "--format", "jsonl").lines[-1]["type"] == "summary"
    assert "PORTS" in run("demo", "-v").out


def test_the_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    done = separately("demo", "x155", TMPDIR=str(tmp_path))
    assert done.code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_installed_command_and_the_module_are_the_same() -> None:
    script = "import sys; sys.argv = ['ekuscan', '--version']; from ekuscan.cli import main; main()"
    installed = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=BOUND,
        env=environment(),
        cwd=ROOT,
        check=False,
    )
    assert installed.stdout == separately("--version").out
    assert installed.returncode == 0
