"""Log-ins for the APIs of appliances on the command line: what they add to a scan, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ekuscan.certificate_files import read_certificates
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.logins import told_by_apis
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.rules.load import packaged
from ekuscan.targets.load import TargetRequest, load
from tests.command import TODAY, inside, refused, run, scan


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def bare(lab: Lab) -> Path:
    """The lab's targets without their releases and connections: what an engineer has on the first day."""
    text = lab.targets_file.read_text(encoding="utf-8")
    text = re.sub(r"\n    release: .*", "", text.partition("\nconnections:")[0] + "\n")
    path = lab.targets_file.with_name("bare.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def test_zones_and_releases_come_from_the_boxes_that_let_us_in(lab: Lab, bare: Path) -> None:
    without = scan(lab, "-f", bare, "--no-options", "--format", "json").document
    given = scan(
        lab, "-f", bare, "--no-options", "--credentials", bare.with_name("credentials.toml"), "--format", "json"
    ).document
    assert {one["origin"] for one in without["connections"]} <= {"assumed"}
    assert "imported" in {one["origin"] for one in given["connections"]}
    expressways = {one["id"]: one for one in given["targets"] if one["role"].startswith("expressway")}
    assert expressways
    assert {one["release_from"] for one in expressways.values()} == {"observed"}


def test_certificates_come_from_the_boxes_that_let_us_in(lab: Lab, bare: Path) -> None:
    tables = packaged()
    inventory = load(TargetRequest(file=bare), vocabulary(tables), read_certificates)
    request = ScanRequest(file=bare, credentials=bare.with_name("credentials.toml"))
    told, _, _ = told_by_apis(request, inventory, tables, ())
    expressways = {one.id for one in told.targets if one.role.startswith("expressway")}
    found = {one.target: one.ders for one in told.slot_files if one.from_ == "imported"}
    assert found == {name: lab.credentials[name, "server"].ders for name in expressways}
    assert found


def test_no_password_is_in_any_output(lab: Lab, bare: Path, tmp_path: Path) -> None:
    credentials = bare.with_name("credentials.toml")
    passwords = set(re.findall(r'password = "([^"]+)"', credentials.read_text(encoding="utf-8")))
    assert passwords
    done = scan(lab, "-f", bare, "--credentials", credentials, "-v", "-o", tmp_path / "run.json")
    written = done.out + done.err + (tmp_path / "run.json").read_text(encoding="utf-8")
    assert not [one for one in passwords if one in written]


def test_a_wrong_password_is_told_and_the_scan_goes_on(lab: Lab, bare: Path, tmp_path: Path) -> None:
    text = bare.with_name("credentials.toml").read_text(encoding="utf-8")
    wrong = tmp_path / "credentials.toml"
    wrong.write_text(re.sub(r'password = "[^"]+"', 'password = "wrong"', text), encoding="utf-8")
    (tmp_path / "all-roots.pem").write_bytes(bare.with_name("all-roots.pem").read_bytes())
    wrong.chmod(0o600)
    done = scan(lab, "-f", bare, "--credentials", wrong, "--format", "json")
    assert "401" in done.err
    unread = [one for one in done.document["notices"] if one["kind"] == "api-not-read"]
    assert {one["target"] for one in unread} == {line.split(": ")[1] for line in done.err.splitlines()}
    assert unread[0]["text"].startswith(f"{unread[0]['target']} told nothing through its API: ")
    assert "(401)" in unread[0]["because"][0]["value"]
    lines = scan(lab, "-f", bare, "--credentials", wrong, "--format", "jsonl").lines
    assert [one["target"] for one in lines if one["type"] == "notice" and one["kind"] == "api-not-read"] == [
        one["target"] for one in unread
    ]
    assert "api-not-read: " in scan(lab, "-f", bare, "--credentials", wrong).out


def test_the_environment_logs_in_only_where_it_is_named(lab: Lab, bare: Path) -> None:
    env = {"EKUSCAN_API_USER": lab.login.user, "EKUSCAN_API_PASSWORD": lab.login.password}
    trusting = bare.with_name("trusting.yaml")
    text = bare.read_text(encoding="utf-8")
    trusting.write_text(text.replace("- corp-root.pem", "- all-roots.pem"), encoding="utf-8")
    arguments = inside(lab, "scan", "-f", trusting, "--no-options", "--format", "json")
    unasked = run(*arguments, env=env)
    asked = run(*arguments, "--credentials", "env", env=env)
    assert unasked.err == asked.err == ""
    assert {one["origin"] for one in unasked.document["connections"]} == {"assumed"}
    assert "imported" in {one["origin"] for one in asked.document["connections"]}


def test_a_misspelt_section_is_told_and_the_scan_goes_on(lab: Lab, bare: Path) -> None:
    text = bare.with_name("credentials.toml").read_text(encoding="utf-8")
    misspelt = bare.with_name("misspelt.toml")
    misspelt.write_text(f'{text}\n[target.exp-3e2]\nuser = "a"\npassword = "b"\n', encoding="utf-8")
    misspelt.chmod(0o600)
    done = scan(lab, "-f", bare, "--credentials", misspelt, "--format", "json")
    assert "target.exp-3e2: is no target of this run with an API that is read; did you mean exp-e2?" in done.err
    assert done.document["targets"]


@pytest.mark.parametrize(
    ("user", "names", "told"),
    [
        (None, ("exp-e1.example.com role=expressway-e",), "EKUSCAN_API_USER is not set"),
        ("reader", ("cucm1.example.com role=cucm",), "no target of this run has the role cms, expressway-c or "),
    ],
)
def test_a_log_in_of_the_environment_that_is_for_nobody_is_refused(
    user: str | None, names: tuple[str, ...], told: str
) -> None:
    env = {"EKUSCAN_API_USER": user, "EKUSCAN_API_PASSWORD": "x"}
    assert told in refused(run("scan", *names, "--credentials", "env", env=env))


def test_a_file_that_others_may_read_is_refused(lab: Lab, bare: Path, tmp_path: Path) -> None:
    open_ = tmp_path / "credentials.toml"
    open_.write_text('[all]\nuser = "x"\npassword = "y"\n', encoding="utf-8")
    open_.chmod(0o644)
    assert "chmod" in refused(scan(lab, "-f", bare, "--credentials", open_))
    assert "nothing.toml" in refused(scan(lab, "-f", bare, "--credentials", tmp_path / "nothing.toml"))


@pytest.mark.parametrize("given", ["file", "environment"])
def test_a_log_in_for_a_box_behind_a_proxy_is_refused_and_nothing_is_asked(
    lab: Lab, bare: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    credentials: str | Path = "env"
    if given == "file":
        credentials = bare.with_name("credentials.toml")
    else:
        monkeypatch.setenv("EKUSCAN_API_USER", "reader")
        monkeypatch.setenv("EKUSCAN_API_PASSWORD", "secret")
    monkeypatch.setattr("ekuscan.appliance.ask.facts_of_all", None)
    told = refused(scan(lab, "-f", bare, "--credentials", credentials, "--proxy", "http://127.0.0.1:9"))
    assert "log-ins go straight to the box and through no proxy" in told
    assert "proxy: none" in told
