"""``ekuscan targets``: what a targets file means before anything is looked at, its schema, and one to begin with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from ekuscan.lab.estate import estate, estate_names
from ekuscan.lab.laboratory import open_lab
from ekuscan.profiles.load import ROLES
from tests.command import ROOT, TODAY, Done, refused, run


def yaml(text: str) -> Any:
    """What an editor judges by the schema: the file as JSON, in which every key is text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))


def check(*arguments: str | Path, stdin: str = "") -> Done:
    done = run("targets", "check", *arguments, stdin=stdin.encode())
    assert (done.code, done.err) == (0, "")
    return done


def init(*hosts: str) -> str:
    done = run("targets", "init", *hosts)
    assert (done.code, done.err) == (0, "")
    return done.out


# --- check --------------------------------------------------------------------------------------------------------


def test_the_example_of_the_package_is_right() -> None:
    done = check("-f", ROOT / "targets.example.yaml")
    assert re.search(r"^\d+ targets, \d+ ports, \d+ connections, 1 waiver$", done.out, re.MULTILINE)


def test_a_file_name_alone_is_enough() -> None:
    example = ROOT / "targets.example.yaml"
    assert check(example) == check("-f", example)


@pytest.mark.parametrize("name", estate_names())
def test_every_targets_file_of_the_lab_is_right(name: str, tmp_path: Path) -> None:
    with open_lab(estate(name), tmp_path, TODAY) as lab:
        done = check("-f", lab.targets_file)
    boxes = lab.estate.boxes
    lines = done.out.splitlines()
    assert [line.split("  ")[:3] for line in lines[: len(boxes)]] == [
        [box.name, box.role, box.release] for box in boxes
    ]
    last = f"{len(boxes)} targets, {len(lab.endpoints)} ports, {len(lab.estate.connections)} connection"
    assert lines[-1].startswith(last)


def test_what_is_open_settled_and_declared_is_said_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(
        """\
schema: ekuscan.targets/1
targets:
  exp-c1: {host: exp-c1.example.com, role: expressway-c, release: "X15.4", cluster: core}
  cube1: {host: 192.0.2.9, role: cube, match_eku: "on"}
  stranger: {host: 192.0.2.10}
connections:
  - {use_case: neighbor-zone, from: core, to: cube1, tls_verify: "on"}
""",
        encoding="utf-8",
    )
    lines = check("-f", tmp_path / "targets.yaml").out.splitlines()
    assert lines[0] == "exp-c1  expressway-c  X15.4  3 ports  cluster core"
    assert lines[1].startswith("cube1  cube  release open  ")
    assert lines[1].endswith("  match_eku=on")
    assert lines[2].startswith("stranger  role open  release open  ")
    assert lines[3] == "neighbor-zone  core > cube1  tls_verify=on"
    assert lines[4].startswith("3 targets, ")
    assert lines[4].endswith(" ports, 1 connection")


def test_hosts_a_list_and_standard_input_are_checked_too(tmp_path: Path) -> None:
    (tmp_path / "hosts.txt").write_text("exp-e1.example.com role=expressway-e\n", encoding="utf-8")
    by_argument = check("exp-e1.example.com role=expressway-e")
    assert check(f"@{tmp_path / 'hosts.txt'}") == by_argument
    assert check("-", stdin="exp-e1.example.com role=expressway-e\n") == by_argument
    assert by_argument.out.splitlines()[-1] == "1 target, 11 ports, 0 connections"


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    text = """\
schema: ekuscan.targets/1
targets:
  exp-e1: {host: exp-e1.example.com, rol: expressway-e, release: 15.10}
  exp-c1: {host: exp-c1.example.com, role: expressway-d}
connections:
  - {use_case: mra, from: exp-c1, to: exp-e9}
"""
    said = refused(run("targets", "check", "-f", "-", stdin=text.encode()))
    assert {line.split(":")[1] for line in said.splitlines()} == {"3", "4", "6"}
    assert "did you mean role?" in said
    assert '"15.10"' in said or "quote" in said
    assert "exp-e9" in said


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_from_windows_means_the_same(end: str, mark: str) -> None:
    text = 'schema: ekuscan.targets/1\ntargets:\n  e: {host: e.example.com, role: expressway-e, release: "X15.4"}\n'
    assert check("-f", "-", stdin=mark + text.replace("\n", end)) == check("-f", "-", stdin=text)


def test_names_in_capitals_with_a_dot_and_twice_over_are_one_host() -> None:
    done = check("EXP-E1.Example.COM", "exp-e1.example.com", "exp-e1.example.com:5061")
    assert done.out.splitlines()[-1].startswith("1 target, ")


def test_a_url_from_a_browser_is_its_host_and_port() -> None:
    done = check("https://exp-e1.example.com/login?x=1")
    assert done.out.splitlines()[-1] == "1 target, 1 port, 0 connections"


@pytest.mark.parametrize("address", ["fe80::1%eth0", "[fe80::1%eth0]:5061", "2001:db8::1", "[2001:db8::1]:5061"])
def test_addresses_of_version_6_are_taken_with_zone_and_port(address: str) -> None:
    assert check(address).out.splitlines()[-1].startswith("1 target, ")


def test_a_network_is_its_addresses() -> None:
    assert check("192.0.2.0/28:5061").out.splitlines()[-1] == "14 targets, 14 ports, 0 connections"


# --- schema -------------------------------------------------------------------------------------------------------


def test_the_schema_takes_what_is_right_and_refuses_what_is_not() -> None:
    done = run("targets", "schema")
    schema = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    right = yaml((ROOT / "targets.example.yaml").read_text(encoding="utf-8"))
    assert not list(judge.iter_errors(right))
    assert list(judge.iter_errors({**right, "targts": {}}))
    assert list(judge.iter_errors({**right, "targets": {"a": {"host": "a", "role": "expressway-x"}}}))


# --- init ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("exp-e1.example.com",),
        ("exp-e1.example.com role=expressway-e release=X15.4 cluster=edge", "exp-c1.example.com role=expressway-c"),
        ("192.0.2.1", "[2001:db8::1]:5061", "fe80::1%eth0"),
        ("no.example.com", "on.example.com", "yes.example.com", "null.example.com", "a.example.com", "a.example.net"),
        tuple(f"{role}.example.com role={role}" for role in ROLES if role != "outside"),
    ],
    ids=len,
)
def test_what_init_writes_is_right_and_names_every_host(hosts: tuple[str, ...], tmp_path: Path) -> None:
    text = init(*hosts)
    schema = json.loads(run("targets", "schema").out)
    assert not list(jsonschema.Draft202012Validator(schema).iter_errors(yaml(text)))
    (tmp_path / "targets.yaml").write_text(text, encoding="utf-8")
    lines = check("-f", tmp_path / "targets.yaml").out.splitlines()
    assert lines[-1].startswith(f"{len(hosts) or 2} target")


def test_init_writes_as_comments_what_is_still_to_say() -> None:
    text = init("exp-c1.example.com role=expressway-c")
    assert "# release:" in text
    assert "# slots: {client: exp-c1-client.pem}" in text
    assert "# trust: [corp-root.pem]" in text
    uncommented = re.sub(r"^(\s*)# (trust: .*)$", r"\1\2", text, flags=re.MULTILINE)
    assert yaml(uncommented)["trust"] == ["corp-root.pem"]
