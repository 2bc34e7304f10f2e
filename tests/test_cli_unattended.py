"""``ekuscan unattended`` and ``ekuscan man``: every piece is read by the program that it is for."""

from __future__ import annotations

import json
import platform
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ekuscan.report import prometheus
from ekuscan.report.rendering import Manner, Rendering
from ekuscan.rules.load import packaged
from ekuscan.unattended.pieces import PIECES, piece
from tests import report_samples as samples
from tests.command import TODAY, refused, run
from tests.real_servers import program

PATHS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).map("/{}".format)
SWEEP = re.compile(r"(?P<command>\S* scan -f \S+) --quiet")


def printed(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert done.code == 0
    # Where this program stands is not for a test to say.
    assert all("the service does not see" in line for line in done.err.splitlines()), done.err
    return done.out


def accepted(*command: str | Path) -> str:
    """What a program says of a file that it takes."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_without_a_name_every_piece_is_listed() -> None:
    assert [line.split()[0] for line in printed("unattended").splitlines()] == list(PIECES)


@pytest.mark.parametrize("name", PIECES)
def test_no_piece_has_a_blank_left(name: str) -> None:
    assert not re.search(r"@[A-Z]+@", printed("unattended", name))


@pytest.mark.parametrize("name", ["service", "crontab", "container"])
def test_what_runs_a_sweep_names_the_targets_file_that_was_given(name: str, tmp_path: Path) -> None:
    (tmp_path / "edge.yaml").touch()
    assert str(tmp_path / "edge.yaml") in printed("unattended", name, "-f", tmp_path / "edge.yaml")


def test_a_sweep_is_a_command_that_this_program_has() -> None:
    for name in ("service", "crontab"):
        words = shlex.split(SWEEP.search(printed("unattended", name))[0])  # type: ignore[index]
        told = printed("scan", "--help")
        assert words[1:2] == ["scan"]
        assert all(word in told for word in words if word.startswith("-"))


def test_systemd_takes_service_and_timer(tmp_path: Path) -> None:
    targets = tmp_path / "50% of it.yaml"
    service, timer = tmp_path / "ekuscan.service", tmp_path / "ekuscan.timer"
    service.write_text(piece("service", "/bin/true", str(targets)))
    timer.write_text(printed("unattended", "timer"))
    said = accepted(program("systemd-analyze"), "verify", "--man=no", service, timer)
    assert "ekuscan" not in said, said


@given(PATHS)
def test_a_shell_reads_any_path_as_one_word(path: str) -> None:
    lines = [line.rstrip("\\") for line in piece("container", "", path).splitlines() if not line.startswith("#")]
    assert f"{path}:/etc/ekuscan/targets.yaml:ro" in shlex.split(" ".join(lines))
    line = piece("crontab", "/bin/ekuscan", path).splitlines()[-1]
    assert not re.search(r"(?<!\\)%", line)
    assert path in shlex.split(line.replace("\\%", "%"))


def test_the_container_has_the_name_of_its_machine_every_night_so_that_its_runs_are_compared(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    docker.chmod(0o700)
    script = piece("container", "", "/etc/ekuscan/targets.yaml")
    done = subprocess.run(
        ["/bin/sh"], input=script, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    words = done.stdout.splitlines()
    assert words[words.index("--hostname") + 1] == platform.node()
    assert words[words.index("scan") :] == ["scan", "-f", "/etc/ekuscan/targets.yaml", "--quiet"]


@given(PATHS)
def test_no_path_adds_a_line_or_a_specifier_to_a_unit(path: str) -> None:
    (command,) = (line for line in piece("service", "/bin/ekuscan", path).split("\n") if line.startswith("ExecStart="))
    assert "%" not in command.replace("%%", "")
    assert "$" not in command.replace("$$", "")


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(printed("unattended", "prometheus-rules"))
    assert "SUCCESS: 7 rules" in accepted(program("promtool"), "check", "rules", rules)


def test_no_panel_of_the_dashboard_lies_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    panels = json.loads(printed("unattended", "grafana-dashboard"))["panels"]
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_a_piece_that_is_not_there_is_refused_with_the_nearest() -> None:
    assert "did you mean service?" in refused(run("unattended", "servise"))


def test_a_piece_that_could_not_sweep_as_it_stands_says_why() -> None:
    done = run("unattended", "service", "-f", "/home/ops/none.yaml")
    assert done.code == 0
    assert "/home/ops/none.yaml: is not there" in done.err
    assert "/home/ops/none.yaml: the service does not see /home/" in done.err
    assert "is not there" not in run("unattended", "timer", "-f", "/home/ops/none.yaml").err
    assert "useradd --system" in printed("unattended", "crontab")


def test_a_targets_file_with_a_line_end_in_its_name_is_refused() -> None:
    assert "rename the file" in refused(run("unattended", "service", "-f", "a\nExecStartPre=/bin/sh"))


# --- the man page -----------------------------------------------------------------------------------------------


def test_man_reads_the_page_without_a_warning_and_shows_every_command(tmp_path: Path) -> None:
    page = tmp_path / "ekuscan.1"
    page.write_text(printed("man"))
    done = subprocess.run(
        [program("groff"), "-man", "-ww", "-Tutf8", "-P-c", "-rLL=78n", page],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    shown = re.sub(r".\x08", "", done.stdout)
    for name in ("scan", "preflight", "targets check", "trust show", "man"):
        assert re.search(rf"^ +ekuscan {name}( |$)", shown, re.MULTILINE), name
    assert "--warn-days N" in shown
    assert "ekuscan scan -f targets.yaml" in shown
    assert re.search(r"^ +130 +interrupted$", shown, re.MULTILINE)


def test_the_man_page_names_every_variable_that_is_read_from_the_environment() -> None:
    page = printed("man").replace("\\-", "-")
    source = "".join(path.read_text() for path in Path("ekuscan").rglob("*.py"))
    read = set(re.findall(r"\"(EKUSCAN_[A-Z_]+)\"", source))
    assert read
    assert not {name for name in read if name not in page}


# --- the names of metrics ---------------------------------------------------------------------------------------


def metrics() -> dict[str, set[str]]:
    """The metrics of a result, each with its labels."""
    run = replace(samples.estate(), run=replace(samples.estate().run, finished=TODAY))
    given = Rendering(run, packaged(), run.run.as_of, Manner())
    families = text_string_to_metric_families(b"".join(prometheus.render(given)).decode())
    return {family.name: {label for one in family.samples for label in one.labels} for family in families}


def expressions() -> dict[str, list[str]]:
    panels = json.loads(printed("unattended", "grafana-dashboard"))["panels"]
    rules = re.findall(r"^ +expr: (.*)$", printed("unattended", "prometheus-rules"), re.MULTILINE)
    return {"rules": rules, "dashboard": [one["expr"] for panel in panels for one in panel["targets"]]}


@pytest.mark.parametrize("where", ["rules", "dashboard"])
def test_every_metric_and_label_that_is_asked_for_is_one_that_a_result_gives(where: str) -> None:
    known = metrics()
    found = [one for text in expressions()[where] for one in re.findall(r"(ekuscan_\w+)(?:\{([^}]*)\})?", text)]
    assert found
    for name, selectors in found:
        assert name in known
        assert set(re.findall(r"(\w+)[=!]", selectors)) - {"instance"} <= known[name], name


# --- messages for a journal -------------------------------------------------------------------------------------


def test_a_journal_gets_every_message_as_an_object_and_the_sweep_with_its_counts(tmp_path: Path) -> None:
    targets = tmp_path / "targets.yaml"
    box = "{host: 127.0.0.1, role: generic, ports: [1]}"
    targets.write_text(f"schema: ekuscan.targets/1\ntargets: {{box: {box}}}\n")
    done = run("scan", "-f", targets, "--log-format", "json", "--format", "json")
    begins, *_, ended = [json.loads(line) for line in done.err.splitlines()]
    assert (begins["level"], begins["message"], begins["endpoints"]) == ("info", "the sweep begins", 1)
    assert (ended["message"], ended["failed"], ended["exit"]) == ("the sweep ended", 1, done.code)
    assert begins["run"] == ended["run"] == done.document["run"]["id"]
    wrong = run("scan", "-f", tmp_path / "none.yaml", "--log-format", "json")
    assert (wrong.code, wrong.out) == (2, "")
    assert [json.loads(line)["level"] for line in wrong.err.splitlines()] == ["error"]


def test_a_log_format_that_there_is_not_is_refused() -> None:
    done = run("scan", "127.0.0.1:1", "--log-format", "xml")
    assert done.code == 2
    assert "write one of text, json" in done.err
