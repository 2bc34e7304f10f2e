"""``ekuscan report``: what a scan printed comes out of its result again, and two places make one whole."""

from __future__ import annotations

import errno
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from tests.command import TODAY, checked_document, refused, run, scan, separately


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def result(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one scan in every form."""
    folder = tmp_path_factory.mktemp("result")
    files = [folder / f"run{suffix}" for suffix in (".json", ".jsonl", *OTHERS)]
    outputs = [word for file in files for word in ("-o", file)]
    done = scan(lab, *outputs, "--vantage", "inside", "-v")
    (folder / "stdout").write_text(done.out, encoding="utf-8")
    return folder


OTHERS = (".txt", ".csv", ".md", ".xml", ".prom", ".sarif", ".ics", ".zip")


@pytest.mark.parametrize("suffix", OTHERS)
def test_every_format_of_a_saved_result_has_the_bytes_of_the_scan(result: Path, suffix: str, tmp_path: Path) -> None:
    again = tmp_path / f"again{suffix}"
    done = run("report", result / "run.json", "-o", again, "-v")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert again.read_bytes() == (result / f"run{suffix}").read_bytes()


def test_json_and_the_table_on_standard_output_are_the_same_too(result: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    assert run("report", result / "run.json", "-o", again).code == 0
    assert again.read_bytes() == (result / "run.json").read_bytes()
    assert run("report", result / "run.json", "-v").out == (result / "stdout").read_text(encoding="utf-8")
    piped = run("report", "-", "-v", stdin=(result / "run.json").read_bytes())
    assert piped.out == (result / "stdout").read_text(encoding="utf-8")


def test_lines_get_the_problems_and_the_plan_that_the_document_has(lab: Lab, result: Path) -> None:
    found = run("report", result / "run.jsonl", "--trust-data", lab.trust_data, "--to", "json")
    assert found.err == ""
    document, whole = found.document, json.loads((result / "run.json").read_text(encoding="utf-8"))
    for key in ("remedy_work", "verdicts", "notices", "summary"):
        assert document[key] == whole[key], key
    # Lines come part by part, so within a section and a problem the order may be another one.
    assert grouped(document) == grouped(whole)
    assert set(document["plan"]["clears"]) == set(whole["plan"]["clears"])


def grouped(document: dict[str, Any]) -> set[tuple[str, str, str, frozenset[str]]]:
    return {(one["section"], one["target"], one["title"], frozenset(one["verdicts"])) for one in document["problems"]}


def test_a_run_of_the_history_is_the_result_of_its_scan(lab: Lab, tmp_path: Path) -> None:
    scan(lab, "-o", tmp_path / "run.json", "-o", tmp_path / "run.csv")
    done = run(
        "report", "last", "--trust-data", lab.trust_data, "-o", tmp_path / "again.json", "-o", tmp_path / "2.csv"
    )
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "2.csv").read_bytes() == (tmp_path / "run.csv").read_bytes()
    before, after = (checked_document((tmp_path / name).read_text()) for name in ("run.json", "again.json"))
    assert after == before


def test_a_run_that_is_judged_by_other_trust_data_says_so(lab: Lab) -> None:
    scan(lab)
    assert "which are not those of then" in run("report", "last").err


def test_a_name_of_no_run_and_of_no_file_is_refused_with_what_to_write(lab: Lab) -> None:
    assert "there is no history yet" in refused(run("report", "last"))
    scan(lab)
    assert "the history has no such run" in refused(run("report", "last~3"))
    assert "write last, last-complete" in refused(run("report", "lst"))
    assert "nothing.json" in refused(run("report", "nothing.json"))


def test_a_format_may_be_named_before_the_file_or_with_to(result: Path, tmp_path: Path) -> None:
    named = [tmp_path / "a.out", tmp_path / "b.out"]
    assert run("report", result / "run.json", "-o", f"csv:{named[0]}").code == 0
    assert run("report", result / "run.json", "--to", "csv", "-o", named[1]).code == 0
    assert named[0].read_bytes() == named[1].read_bytes() == (result / "run.csv").read_bytes()


def test_for_monitoring_the_exit_code_is_the_state(result: Path) -> None:
    done = run("report", result / "run.json", "--to", "nagios")
    assert done.code == 2
    assert done.out.startswith("EKUSCAN CRITICAL: ")
    missing = run("report", result / "none.json", "--to", "nagios")
    assert (missing.code, missing.out.startswith("EKUSCAN UNKNOWN: ")) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.json"], "none.json: No such file or directory"),
        (["-", "-"], "standard input holds one result"),
        (["run.json", "run.json"], "both were seen from inside; two results are put together if scan --vantage"),
        (["run.json", "run.json", "run.json"], "two results at most"),
        (["run.json", "--to", "pdf"], "--to: found 'pdf'; write one of table, json"),
        (["run.json", "--to", "csv", "-o", "x.md"], "--to csv: the files named with -o are markdown"),
        (["run.json", "-o", "x.pdf"], "-o x.pdf: the format follows from the suffix"),
        (["run.json", "-o", "none/x.csv"], "-o none/x.csv: cannot be written"),
        (["run.json", "--redact"], "--redact: names are left out of a bundle alone"),
        (["run.txt"], "run.txt: this is no JSON"),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence(
    result: Path, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(result)
    assert says in refused(run("report", *arguments))
    assert not list(result.glob(".*.tmp"))


# --- two places -------------------------------------------------------------------------------------------------


def blinded(document: dict[str, Any], place: str, targets: set[str], later: str) -> bytes:
    """A result as it would be from a place from where these targets cannot be reached."""
    run_ = {**document["run"], "vantage": place, "id": place, "started": later}
    endpoints = [
        one
        if one["target"] not in targets or not one["sights"]
        else {
            **one,
            "status": "failed",
            "sights": [],
            "banner": None,
            "accepts": [],
            "enforcement": None,
            "failure": {"stage": "connect", "reason": "filtered", "detail": "no answer", "alert": None},
        }
        for one in document["endpoints"]
    ]
    unseen = {"sha256": None, "chain": None, "from": "unseen", "endpoints": [], "same_as": None}
    boxes = [
        one
        if one["id"] not in targets
        else {**one, "slots": [{**slot, **unseen} if slot["from"] == "port" else slot for slot in one["slots"]]}
        for one in document["targets"]
    ]
    return json.dumps({**document, "run": run_, "endpoints": endpoints, "targets": boxes}).encode()


def test_two_places_that_see_half_each_answer_like_one_that_sees_all(lab: Lab, result: Path, tmp_path: Path) -> None:
    whole = json.loads((result / "run.json").read_text(encoding="utf-8"))
    names = [target["id"] for target in whole["targets"]]
    half = set(names[::2])
    inside, dmz = tmp_path / "inside.json", tmp_path / "dmz.json"
    inside.write_bytes(blinded(whole, "inside", half, "2026-11-23T12:00:00Z"))
    dmz.write_bytes(blinded(whole, "dmz", set(names) - half, "2026-11-23T13:00:00Z"))
    both = run("report", dmz, inside, "--trust-data", lab.trust_data, "--to", "json").document
    assert both["run"]["vantage"] == "inside and dmz"
    assert {one["id"]: one["outcome"] for one in both["verdicts"]} == {
        one["id"]: one["outcome"] for one in whole["verdicts"]
    }
    assert both["summary"] == whole["summary"]
    assert {one["title"] for one in both["problems"]} == {one["title"] for one in whole["problems"]}


def test_a_port_that_shows_each_place_something_else_is_kept_twice(lab: Lab, result: Path, tmp_path: Path) -> None:
    whole = json.loads((result / "run.json").read_text(encoding="utf-8"))
    early, late = tmp_path / "inside.json", tmp_path / "dmz.json"
    early.write_bytes(blinded(whole, "inside", set(), "2026-11-23T12:00:00Z"))
    seen = [one for one in whole["endpoints"] if one["sights"] and one["sights"][0]["chain"]]
    changed, other = seen[0], next(one for one in seen if one["sights"][0]["chain"] != seen[0]["sights"][0]["chain"])
    twin = {**changed, "sights": [{**sight, "chain": other["sights"][0]["chain"]} for sight in changed["sights"]]}
    elsewhere = {**whole, "endpoints": [twin if one is changed else one for one in whole["endpoints"]]}
    late.write_bytes(blinded(elsewhere, "dmz", set(), "2026-11-23T13:00:00Z"))
    done = run("report", early, late, "--trust-data", lab.trust_data, "--to", "json")
    assert f"{changed['id']}: showed inside something else; both are kept" in done.err
    ids = [one["id"] for one in checked_document(done.out)["endpoints"]]
    assert {changed["id"], f"{changed['id']}@inside"} <= set(ids)


# --- files ------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(result: Path, tmp_path: Path) -> None:
    old = tmp_path / "run.csv"
    old.write_text("what was there before")
    old.chmod(0o640)
    link = tmp_path / "latest.csv"
    link.symlink_to(old)
    assert run("report", result / "run.json", "-o", link).code == 0
    assert link.is_symlink()
    assert old.read_bytes() == (result / "run.csv").read_bytes()
    assert old.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.csv", "run.csv"]


def test_a_renderer_that_breaks_off_leaves_the_old_file(result: Path, tmp_path: Path, monkeypatch: Any) -> None:
    old = tmp_path / "run.csv"
    old.write_text("what was there before")

    def broken(given: object) -> Iterator[str]:
        yield "half"
        raise KeyboardInterrupt

    monkeypatch.setattr("ekuscan.report.spreadsheet.render", broken)
    assert run("report", result / "run.json", "-o", old).code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["run.csv"]
    assert old.read_text() == "what was there before"


def test_a_full_disk_is_named_leaves_the_old_file_and_the_others_are_whole(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, other = tmp_path / "run.csv", tmp_path / "run.md"
    old.write_text("what was there before")
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    done = run("report", result / "run.json", "-o", old, "-o", other)
    assert (done.code, done.err) == (2, f"ekuscan: -o {old}: cannot be written: No space left on device\n")
    assert old.read_text() == "what was there before"
    assert other.read_bytes() == (result / "run.md").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.csv", "run.md"]


@pytest.mark.parametrize("format_", ["csv", "json", "jsonl"])
def test_a_device_is_written_to_directly(result: Path, format_: str) -> None:
    piped = separately("report", result / "run.json", "-o", f"{format_}:/dev/stdout")
    assert (piped.code, piped.err, piped.out != "") == (0, "", True)
    if format_ == "csv":
        assert piped.out.encode() == (result / "run.csv").read_bytes()


def test_the_bundle_of_a_scan_holds_each_certificate_and_its_hashes(result: Path) -> None:
    document = json.loads((result / "run.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(result / "run.zip") as archive:
        names = set(archive.namelist())
        assert archive.read("run.json") == (result / "run.json").read_bytes()
        pems = {name: archive.read(name).decode() for name in names if name.endswith(".pem")}
    assert pems == {f"certificates/{sha256}.pem": one["pem"] for sha256, one in document["certificates"].items()}
