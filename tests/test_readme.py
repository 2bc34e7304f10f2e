"""The README: its report is the demo's, its commands and options exist, its examples are read."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer

from ekuscan.certificate_files import read_certificates
from ekuscan.cli.app import app
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.scan import scan
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.exit_code import BUG, FINE, FOUND, INCOMPLETE, INTERRUPTED, UNUSABLE
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.rules.load import packaged
from ekuscan.targets.load import TargetRequest, load

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DEMO_DAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
REPORT = re.compile(r"(?<=```text\n)ekuscan.*?(?=```)", re.DOTALL)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
INSTANT = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC")


def demo_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The report of the demo on `DEMO_DAY`: lab and judgement are of that day, the clock's own words are put back."""
    with open_lab(estate("demo"), folder, DEMO_DAY):
        scan(
            ScanRequest(
                file=folder / "targets.yaml", trust_data=folder / "trust.sqlite", as_of=DEMO_DAY.date().isoformat()
            )
        )
    shown = INSTANT.sub("23 Nov 2026 14:02 UTC", capsys.readouterr().out, count=1)
    return shown.replace("judged for 23 Nov 2026\n", "", 1)


def test_the_report_is_what_the_demo_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """EKUSCAN_GOLDEN=write in the environment writes it into the README instead."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = demo_report(tmp_path, capsys)
    text = README.read_text(encoding="utf-8")
    if os.environ.get("EKUSCAN_GOLDEN") == "write":
        text = REPORT.sub(lambda _: shown, text, count=1)
        README.write_text(text, encoding="utf-8", newline="\n")
    found = REPORT.search(text)
    assert found is not None
    difference = difflib.unified_diff(found[0].splitlines(), shown.splitlines(), "README", "demo", lineterm="")
    assert shown == found[0], "\n".join(difference)


def test_it_opens_with_the_two_commands_each_on_one_line() -> None:
    blocks = FENCED.findall(README.read_text(encoding="utf-8"))
    for (language, text), last in zip(blocks, ("ekuscan demo", "pytest -q"), strict=False):
        assert language == "sh"
        assert text.count("\n") == 1
        assert text.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
        assert text.endswith(f"/{last}\n")


def test_the_day_of_its_knowledge_is_that_of_the_tables() -> None:
    day = date.fromisoformat(packaged().date)
    assert f"as of {day.day} {day:%B %Y}" in README.read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    """Every `ekuscan ...` of a page, in code blocks and in code spans, as words."""
    for language, block in FENCED.findall(text):
        if language == "sh":
            lines = (line.split(" && ")[-1] for line in block.splitlines())
            yield from (shlex.split(line, comments=True) for line in lines if line.startswith("ekuscan "))
    for span in SPAN.findall(FENCED.sub("", text)):
        if span.startswith("ekuscan ") and not span.startswith("ekuscan ..."):
            yield span.split()


def test_the_pages_name_no_command_and_no_option_that_does_not_exist() -> None:
    """And the README names every command."""
    root = typer.main.get_command(app)
    assert hasattr(root, "commands")
    named: set[str] = set()
    for page in PAGES:
        for words in commands(page.read_text(encoding="utf-8")):
            named.add(words[1])
            check_command(root, words[1:], f"{page.name}: {' '.join(words)}")
    assert {one for one in named if not one.startswith("-")} == set(root.commands)


def check_command(command: object, words: list[str], where: str) -> None:
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, where
        command, words = command.commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}  # type: ignore[attr-defined]
    for word in words:
        if word.startswith("-") and word != "-":
            assert word.partition("=")[0] in options | {"--help"}, where


def test_every_option_that_the_pages_speak_of_exists() -> None:
    root = typer.main.get_command(app)
    known = {
        name
        for one in all_commands(root)
        for parameter in one.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }  # type: ignore[attr-defined]
    for page in (README, *(ROOT / "docs").glob("*.md")):
        spans = SPAN.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
        spoken = {span.split()[0] for span in spans if re.match(r"--?[a-z]", span)}
        assert spoken <= known, page.name


def all_commands(command: object) -> Iterator[object]:
    yield command
    for child in getattr(command, "commands", {}).values():
        yield from all_commands(child)


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "targets.md"], ids=lambda page: page.name)
def test_the_targets_files_and_host_lists_on_the_pages_are_read_without_an_error(page: Path, tmp_path: Path) -> None:
    examples = 0
    for language, block in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "yaml":
            path, request = tmp_path / "targets.yaml", TargetRequest(file=tmp_path / "targets.yaml")
        elif language == "text" and not block.startswith("ekuscan"):
            path, request = tmp_path / "hosts.txt", TargetRequest(targets=(f"@{tmp_path / 'hosts.txt'}",))
        else:
            continue
        path.write_text(block, encoding="utf-8")
        assert load(request, vocabulary(packaged()), read_certificates).targets
        examples += 1
    assert examples == (2 if page == README else 3)


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "exit-codes.md"], ids=lambda page: page.name)
def test_the_exit_codes_are_those_of_the_program(page: Path) -> None:
    codes = re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(code) for code in codes] == [FINE, FOUND, UNUSABLE, INCOMPLETE, BUG, INTERRUPTED]
