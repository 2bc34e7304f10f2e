"""What a command loads. How long that takes is measured by ``bench/startup.py``, never by a test."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ekuscan.lab.authority import Leaf, issue, new_root

WORK = frozenset(
    {"cryptography", "OpenSSL", "httpx", "asyncio_dgram", "orjson", "ruamel", "rich", "sqlite3", "sqlalchemy"}
)
CHECKED = frozenset({"pydantic", "pydantic_core"})

_PROGRAM = """
import json, sys
from ekuscan.cli import main
sys.argv = ["ekuscan", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps({"code": code or 0, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def _loaded(*arguments: str, code: int = 0) -> frozenset[str]:
    """The top-level modules that are loaded once a command has ended, as it must: well, unless ``code`` says how."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["code"] == code, done.stderr
    return frozenset(found["modules"])


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_loads_nothing_that_only_the_work_needs(arguments: tuple[str, ...]) -> None:
    assert _loaded(*arguments) & (WORK | CHECKED) == set()


@pytest.mark.parametrize("command", ["scan", "inspect", "preflight", "diff", "notify", "explain", "lab", "demo"])
def test_the_help_of_a_command_loads_nothing_that_only_the_work_needs(command: str) -> None:
    # typer reads the options before the command with pydantic.
    assert _loaded(command, "--help") & WORK == set()


def test_inspecting_a_file_loads_nothing_that_speaks_to_a_network(tmp_path: Path) -> None:
    today = datetime.now(UTC)
    pem = issue(new_root("Root", today), Leaf("one.example.com", today, today + timedelta(days=90))).pem
    (tmp_path / "one.pem").write_bytes(pem)
    assert _loaded("inspect", str(tmp_path / "one.pem")) & {"OpenSSL", "httpx", "asyncio_dgram", "ruamel"} == set()


def test_a_scan_that_keeps_nothing_loads_no_database(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("schema: ekuscan.targets/1\ntargets:\n  a: {role: outside}\n")
    assert "sqlalchemy" not in _loaded("scan", "-f", str(tmp_path / "targets.yaml"), "--no-history", code=3)
