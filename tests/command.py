"""The command line as tests use it: run in this process or in one of its own, its output checked for what always holds.

Nothing that a person gives may end in a traceback, and nothing but the result may stand on standard output.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import jsonschema
from typer.testing import CliRunner

from ekuscan.cli.app import app
from ekuscan.lab.laboratory import Lab
from ekuscan.model import RecordKind
from ekuscan.report import schema

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The day of every lab here, and the day for which its scans are judged."""

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
BOUND = 60.0
"""Seconds after which a process of ours is taken for hung."""

_CLOSED = schema.closed(json.loads(schema.PUBLISHED.read_text(encoding="utf-8")))
_DOCUMENT = jsonschema.Draft202012Validator(_CLOSED, format_checker=jsonschema.FormatChecker())
_LINES = {
    kind: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind.capitalize()}Line", "$defs": _CLOSED["$defs"]})
    for kind in get_args(RecordKind)
}
_INSTANT = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC")
_HEAD = re.compile(r"ekuscan \S+  (.*?)  rules \d{1,2} [A-Z][a-z]{2} \d{4}")


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what stands on its two outputs."""

    code: int
    out: str
    err: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """The JSON document on standard output, after the published schema has judged it, unknown keys forbidden."""
        return checked_document(self.out)

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines on standard output, each judged by the published schema."""
        return checked_lines(self.out)


def run(*arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
    """Run a command in this process, 80 columns wide and without colour."""
    usual = {"COLUMNS": "80", "NO_COLOR": "1", "EKUSCAN_PASSWORD": None, **(env or {})}
    result = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin, env=usual)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def scan(lab: Lab, *arguments: str | Path) -> Done:
    """Scan a lab as of its own day."""
    return run("scan", "-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", _day(lab), *arguments)


def inside(lab: Lab, *arguments: str | Path) -> list[str | Path]:
    """Arguments with the lab's trust data and day behind them."""
    return [*arguments, "--trust-data", lab.trust_data, "--as-of", _day(lab)]


def _day(lab: Lab) -> str:
    return lab.today.date().isoformat()


def process(*arguments: str | Path) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "ekuscan", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """The environment of such a process."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **changes}


def separately(*arguments: str | Path, stdin: bytes = b"", **changes: str) -> Done:
    """Run a command in a process of its own, as a person does."""
    done = subprocess.run(
        process(*arguments), input=stdin, capture_output=True, timeout=BOUND, env=environment(**changes), check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def unread(*arguments: str | Path, **changes: str) -> int:
    """The exit code of a command whose standard output and standard error nobody reads any more, in its own process."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            process(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            timeout=BOUND,
            env=environment(**changes),
            check=False,
        )
    finally:
        os.close(writing)
    return done.returncode


def unwritable(*arguments: str | Path, stdin: bytes = b"", **changes: str) -> Done:
    """A command whose standard output is a full disk, in its own process."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            process(*arguments),
            input=stdin,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=BOUND,
            env=environment(**changes),
            check=False,
        )
    return Done(done.returncode, "", done.stderr.decode())


@contextmanager
def started(*arguments: str | Path, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on until it is told otherwise; whatever happens, it does not outlive the block."""
    with subprocess.Popen(
        process(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**changes),
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def checked_document(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    faults = [f"{error.json_path}: {error.message}" for error in _DOCUMENT.iter_errors(document)]
    assert not faults, "\n".join(faults[:10])
    return document


def checked_lines(text: str) -> list[dict[str, Any]]:
    assert not text or text.endswith("\n"), "the last line is cut off"
    found: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    faults = [
        f"{line['type']} {error.json_path}: {error.message}"
        for line in found
        for error in _LINES[line["type"]].iter_errors(line)
    ]
    assert not faults, "\n".join(faults[:10])
    return found


def refused(done: Done) -> str:
    """The sentence with which a command refuses its input: exit 2, one line or more on stderr, nothing on stdout."""
    assert (done.code, done.out) == (2, ""), f"exit {done.code}\n{done.out}{done.err}"
    assert "Traceback" not in done.err
    lines = done.err.splitlines()
    assert lines
    assert all(line.startswith("ekuscan: ") for line in lines), done.err
    return "\n".join(line.removeprefix("ekuscan: ") for line in lines)


def timeless(report: str) -> str:
    """A report with the clock's, the version's and the tables' own words replaced, the same on every day."""
    shown = _HEAD.sub("ekuscan VERSION  DAY HH:MM UTC  rules DAY", report, count=1)
    return re.sub(r"(?:  |\n)judged for \d{1,2} [A-Z][a-z]{2} \d{4}\n", "\n", shown, count=1)


def assert_golden(name: str, shown: str) -> None:
    """Compare with a file; EKUSCAN_GOLDEN=write in the environment writes it instead."""
    path = GOLDEN / name
    if os.environ.get("EKUSCAN_GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8", newline="\n")
    expected = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(expected.splitlines(), shown.splitlines(), name, "shown", lineterm="")
    assert shown == expected, "\n".join(difference)


def too_wide(text: str, columns: int = 80) -> Sequence[str]:
    """The lines that do not fit; a line that is one URL or one word may be wider."""
    return [line for line in text.splitlines() if len(line) > columns and " " in line.strip()]
