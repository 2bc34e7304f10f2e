"""``ekuscan diff`` over saved results, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from tests.command import TODAY, refused, run, scan, separately, too_wide


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """a.json and a.jsonl of one scan, b.json of another, later.json after a policy date, trust.sqlite."""
    folder = tmp_path_factory.mktemp("results")
    with open_lab(estate("before"), folder / "lab", TODAY) as lab:
        scan(lab, "-o", folder / "a.json", "-o", folder / "a.jsonl")
        scan(lab, "-o", folder / "b.json")
        day = ("--trust-data", lab.trust_data, "--as-of", "2027-03-02")
        run("scan", "-f", lab.targets_file, *day, "-o", folder / "later.json")
        (folder / "trust.sqlite").write_bytes(lab.trust_data.read_bytes())
    return folder


def diff(folder: Path, before: str, after: str, *more: str) -> tuple[int, str]:
    done = run("diff", folder / before, folder / after, "--trust-data", folder / "trust.sqlite", *more)
    assert done.err == ""
    return done.code, done.out


@pytest.mark.parametrize("before", ["a.json", "a.jsonl"])
def test_two_scans_of_an_unchanged_lab_have_no_difference_and_exit_0(results: Path, before: str) -> None:
    code, out = diff(results, before, "b.json")
    assert code == 0
    assert out.splitlines()[-1].split() == ["Nothing", "changed", "exit", "0"]


def test_each_change_is_one_line_within_80_columns_the_gravest_first(results: Path) -> None:
    code, out = diff(results, "a.json", "later.json")
    lines = [line for line in out.splitlines() if line.split()[0] in ("critical", "high", "medium", "low")]
    assert code == 1
    assert too_wide(out) == []
    assert [line.split()[0] for line in lines] == ["critical"] * 3 + ["medium"]
    assert "certificate ended on" in lines[0]
    assert out.splitlines()[-1].startswith("4 changes: 3 critical, 1 medium")
    assert out.endswith("exit 1\n")


def test_verbose_says_of_each_verdict_what_it_was_and_why_it_is_another(results: Path) -> None:
    _, out = diff(results, "a.json", "later.json", "-v")
    assert too_wide(out) == []
    assert "exp-c1>exp-e1/mra/MRA: fine (at renewal broken) -> broken, by a date" in out


def test_the_json_has_the_same_exit_code_and_a_line_for_each_change(results: Path) -> None:
    code, out = diff(results, "a.json", "later.json", "--format", "json")
    found = json.loads(out)
    assert found["schema"] == "ekuscan.diff/1"
    assert found["summary"]["exit"] == code == 1
    assert sum(line.startswith('{"id":') for line in out.splitlines()) == len(found["changes"]) == 4


def test_an_ascii_terminal_gets_ascii_and_the_json_stays_utf_8(results: Path, tmp_path: Path) -> None:
    text = (results / "b.json").read_text(encoding="utf-8").replace('"id":"exp-e1"', '"id":"exp-\u00e91"')
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    arguments = ("diff", results / "a.json", tmp_path / "b.json", "--trust-data", results / "trust.sqlite")
    done = separately(*arguments, PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (1, "")
    assert "exp-\\xe91" in done.out
    assert "exp-\u00e91" in separately(*arguments, "--format", "json", PYTHONIOENCODING="ascii").out


def test_what_cannot_be_compared_is_refused_in_one_sentence(results: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    assert "No such file" in refused(run("diff", results / "a.json", tmp_path / "none.json"))
    assert "no result" in refused(run("diff", results / "a.json", tmp_path / "x.json"))
    assert "--format: found 'xml'; write one of table, json" in refused(
        run("diff", results / "a.json", results / "b.json", "--format", "xml")
    )
