"""``ekuscan scan`` over the lab: what it says is what is there, in every format, and the same in each."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.lab.estate import estate, estate_names
from ekuscan.lab.laboratory import Lab, LabEndpoint, open_lab
from ekuscan.profiles.load import port_of
from tests.command import (
    BOUND,
    TODAY,
    Done,
    assert_golden,
    checked_document,
    checked_lines,
    environment,
    process,
    refused,
    run,
    scan,
    timeless,
    too_wide,
)

LISTS = {
    "target": "targets", "connection": "connections", "endpoint": "endpoints", "verdict": "verdicts",
    "notice": "notices",
}  # fmt: skip


@pytest.fixture(scope="module", params=estate_names())
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate(request.param), tmp_path_factory.mktemp(request.param), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


@dataclass(frozen=True)
class Written:
    """One scan: its table on standard output and every format in a file."""

    done: Done
    document: dict[str, Any]
    lines: list[dict[str, Any]]
    table: str
    same_lines: bool


@pytest.fixture(scope="module")
def written(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("out")
    names = ("a.json", "b.jsonl", "c.txt", "D.NDJSON")
    done = scan(lab, *(word for name in names for word in ("-o", folder / name)))
    document, lines, table, again = ((folder / name).read_text(encoding="utf-8") for name in names)
    return Written(done, checked_document(document), checked_lines(lines), table, lines == again)


def tls(endpoint: LabEndpoint) -> bool:
    return endpoint.protocol != "sip-udp"


# --- what is there ------------------------------------------------------------------------------------------------


def test_every_endpoint_is_as_the_lab_has_it(lab: Lab, written: Written) -> None:
    found = {one["id"]: one for one in written.document["endpoints"]}
    assert set(found) == {one.id for one in lab.endpoints}
    for endpoint in lab.endpoints:
        seen = found[endpoint.id]
        assert (seen["target"], seen["host"], seen["port"]) == (endpoint.target, endpoint.host, endpoint.port)
        if endpoint.state == "closed":
            assert (seen["status"], seen["failure"]["reason"]) == ("closed", "refused"), endpoint.id
            continue
        assert (seen["status"], seen["failure"]) == ("seen", None), endpoint.id
        assert seen["address"] == endpoint.host
        # A further look with another key type than the lab has meets with a refusal.
        sights = [sight for sight in seen["sights"] if sight["chain"] is not None]
        assert {sight["offer"] for sight in seen["sights"] if sight not in sights} <= {"rsa", "ecdsa"}
        assert {sight["chain"] for sight in sights} == ({_chain(endpoint)} if tls(endpoint) else set()), endpoint.id
        requests = {sight["client_certificate"]["request"] for sight in sights}
        assert requests == ({endpoint.request} if tls(endpoint) else set()), endpoint.id


def _chain(endpoint: LabEndpoint) -> str:
    return chain_id([sha256_hex(der) for der in endpoint.chain])


def test_every_certificate_is_there_byte_for_byte(lab: Lab, written: Written) -> None:
    document = written.document
    ders = {base64.b64decode("".join(one["pem"].splitlines()[1:-1])) for one in document["certificates"].values()}
    presented = {der for endpoint in lab.endpoints if endpoint.state == "open" for der in endpoint.chain}
    assert presented <= ders
    assert {hashlib.sha256(der).hexdigest() for der in ders} == set(document["certificates"])


def test_every_slot_holds_what_its_ports_show(lab: Lab, written: Written) -> None:
    document = written.document
    slots = {(target["id"], slot["slot"]): slot for target in document["targets"] for slot in target["slots"]}
    roles = {box.name: box.role for box in lab.estate.boxes}
    for endpoint in lab.endpoints:
        port = port_of(roles[endpoint.target], endpoint.profile_port)
        # Of some ports no source says which slot they show.
        if port is None or port.slot is None or endpoint.state != "open" or not tls(endpoint):
            continue
        slot = slots[endpoint.target, port.slot]
        assert (slot["chain"], slot["from"]) == (_chain(endpoint), "port"), endpoint.id
        assert endpoint.id in slot["endpoints"]
    for box in lab.estate.boxes:
        for name in box.stated:
            found = slots[box.name, name]
            whole = [sha256_hex(der) for der in lab.credentials[box.name, name].ders]
            assert (found["sha256"], found["from"]) == (
                whole[0],
                "same-slot" if box.slots[name] == "server" else "file",
            )


def test_the_role_release_and_settings_are_those_of_the_targets_file(lab: Lab, written: Written) -> None:
    targets = {one["id"]: one for one in written.document["targets"]}
    for box in lab.estate.boxes:
        found = targets[box.name]
        assert (found["role"], found["role_from"]) == (box.role, "declared")
        assert (found["release"], found["release_from"]) == (box.release, "declared")
        assert {name: fact["value"] for name, fact in found["settings"].items()} == dict(box.settings)


def test_the_banner_names_the_product(lab: Lab, written: Written) -> None:
    found = {one["id"]: one for one in written.document["endpoints"]}
    for endpoint in lab.endpoints:
        # A port that demands a certificate gives no answer above TLS.
        if endpoint.agent is not None and endpoint.state == "open" and endpoint.request != "required":
            assert found[endpoint.id]["banner"]["raw"] == endpoint.agent, endpoint.id


# --- the formats --------------------------------------------------------------------------------------------------


def test_every_format_of_a_run_has_its_file_and_standard_output_its_own(written: Written) -> None:
    assert timeless(written.table) == timeless(written.done.out)
    assert written.done.err == ""
    assert written.document["summary"]["exit"] == written.done.code
    assert written.same_lines


def test_lines_and_document_say_the_same(written: Written) -> None:
    document, lines = written.document, written.lines
    rest = {kind: [plain(line) for line in lines if line["type"] == kind] for kind in LISTS}
    # Parts come as they are finished, so only the order within the lines is theirs.
    assert {kind: by_id(rest[kind]) for kind in LISTS} == {kind: by_id(document[name]) for kind, name in LISTS.items()}
    assert keyed(lines, "certificate", "sha256") == document["certificates"]
    assert keyed(lines, "chain", "id") == document["chains"]
    assert plain(lines[-1]) == document["summary"]
    begun = {**plain(lines[0]), "finished": document["run"]["finished"], "complete": True}
    assert begun == {"schema": document["schema"], **document["run"]}


def plain(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "type"}


def by_id(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {one["id"]: one for one in objects}
    assert len(found) == len(objects)
    return found


def keyed(lines: list[dict[str, Any]], kind: str, key: str) -> dict[str, Any]:
    found = [plain(line) for line in lines if line["type"] == kind]
    return {one[key]: {name: value for name, value in one.items() if name != key} for one in found}


def test_an_object_comes_before_what_refers_to_it(written: Written) -> None:
    lines = written.lines
    assert [lines[0]["type"], lines[-1]["type"]] == ["run", "summary"]
    known: dict[str, set[str]] = {kind: set() for kind in ("certificate", "chain", "target", "connection", "endpoint")}
    for line in lines[1:-1]:
        for kind, name in references(line):
            assert name in known[kind], f"{line['type']} {line.get('id')} before {kind} {name}"
        if line["type"] in known:
            known[line["type"]].add(line["sha256"] if line["type"] == "certificate" else line["id"])


def references(line: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if line["type"] == "chain":
        yield from (("certificate", one) for path in (line["presented"], *line["paths"]) for one in path)
    elif line["type"] == "target":
        yield from (("chain", slot["chain"]) for slot in line["slots"] if slot["chain"])
    elif line["type"] == "endpoint":
        yield "target", line["target"]
        yield from (("chain", sight["chain"]) for sight in line["sights"] if sight["chain"])
    elif line["type"] == "verdict":
        yield "target", line["target"]
        yield from (("connection", line["connection"]) for _ in [0] if line["connection"])
        yield from (("certificate", line["sha256"]) for _ in [0] if line["sha256"])
    elif line["type"] == "notice":
        yield from (("certificate", sha256) for sha256 in line["certificates"])
        yield from (("endpoint", id_) for id_ in line["endpoints"])


def test_a_targets_own_verdicts_follow_its_last_endpoint(written: Written) -> None:
    lines = written.lines
    last = {line["target"]: place for place, line in enumerate(lines) if line["type"] == "endpoint"}
    for place, line in enumerate(lines):
        if line["type"] == "verdict":
            ends = {line["target"], line["dials"], line["answers"]} & set(last)
            assert place > max(last[end] for end in ends), line["id"]


def test_lines_alone_say_what_lines_beside_a_table_say(lab: Lab, written: Written) -> None:
    alone = scan(lab, "--format", "jsonl")
    assert alone.code == written.done.code
    for kind in ("target", "connection", "verdict", "notice"):
        one, other = ([plain(line) for line in lines if line["type"] == kind] for lines in (alone.lines, written.lines))
        assert by_id(one) == by_id(other)
    assert alone.lines[-1] == written.lines[-1]


def test_the_document_on_standard_output_is_valid_too(demo: Lab) -> None:
    done = scan(demo, "--format", "json")
    assert done.document["summary"]["exit"] == done.code == 1
    assert done.err == ""


def test_a_run_without_verdicts_on_assumed_connections_has_none(demo: Lab) -> None:
    assumed = scan(demo, "--format", "json").document
    declared = scan(demo, "--format", "json", "--no-assume").document
    assert {one["origin"] for one in assumed["connections"]} == {"declared", "assumed"}
    assert {one["origin"] for one in declared["connections"]} == {"declared"}
    assert {one["id"] for one in declared["verdicts"]} < {one["id"] for one in assumed["verdicts"]}


def test_no_options_are_sent_where_none_are_wanted(demo: Lab) -> None:
    before = sum(one.counters.requests for one in demo.endpoints if one.protocol in ("sips", "sip-udp"))
    done = scan(demo, "--no-options", "--format", "json")
    after = sum(one.counters.requests for one in demo.endpoints if one.protocol in ("sips", "sip-udp"))
    assert after == before
    assert all(one["banner"] is None for one in done.document["endpoints"] if one["protocol"] == "sips")


def test_a_reader_that_goes_away_ends_it_quietly(demo: Lab) -> None:
    arguments = ["scan", "-f", demo.targets_file, "--trust-data", demo.trust_data, "--format", "jsonl"]
    with subprocess.Popen(
        process(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = json.loads(running.stdout.readline())
        running.stdout.close()
        assert running.stderr.read() == b""
        running.wait(BOUND)
    assert first["type"] == "run"


# --- the report ---------------------------------------------------------------------------------------------------

SHOWN = ("demo", "before", "after", "x155")


def test_the_report_of_an_estate_is_the_golden_one(lab: Lab, written: Written) -> None:
    if lab.estate.name in SHOWN:
        assert_golden(f"cli_{lab.estate.name}.txt", timeless(written.done.out))


def test_every_report_fits_80_columns_and_repeats_its_exit_code(lab: Lab, written: Written) -> None:
    done = written.done
    assert not too_wide(done.out)
    answer = [line for line in done.out.splitlines() if line.endswith(f" exit {done.code}")]
    assert len(answer) == 1
    verbose = scan(lab, "-v").out
    assert not too_wide(verbose)
    assert len(verbose) > len(done.out)


def test_colour_stands_where_it_is_asked_for_and_changes_no_word(demo: Lab) -> None:
    plain_one, colored = scan(demo).out, scan(demo, "--color", "always").out
    assert "\x1b[" not in plain_one
    assert re.sub(r"\x1b\[[0-9;]*m", "", timeless(colored)) == timeless(plain_one)


def test_the_table_in_a_file_has_no_colour(demo: Lab, tmp_path: Path) -> None:
    scan(demo, "--color", "always", "-o", tmp_path / "report.txt")
    assert "\x1b" not in (tmp_path / "report.txt").read_text(encoding="utf-8")


# --- how it looks ---------------------------------------------------------------------------------------------------


def looks(lab: Lab, target: str, *arguments: str) -> set[str]:
    """The offers with which a target's endpoints were looked at."""
    document = checked_document(scan(lab, "--format", "json", *arguments).out)
    return {s["offer"] for one in document["endpoints"] if one["target"] == target for s in one["sights"]}


def test_unified_cm_is_looked_at_with_both_key_types_and_nothing_else_is(demo: Lab) -> None:
    assert len(looks(demo, "cucm1")) > 1
    assert len(looks(demo, "exp-e1")) == 1
    assert len(looks(demo, "cucm1", "--no-key-types")) == 1


def test_further_looks_are_taken_where_they_are_asked_for(demo: Lab) -> None:
    ordinary = looks(demo, "exp-e1")
    further = looks(demo, "exp-e1", "--key-types", "--versions", "--without-sni", "--post-quantum")
    assert ordinary < further
    assert len(further) >= 5


def test_a_pace_changes_nothing_in_what_is_seen(demo: Lab) -> None:
    plain = checked_document(scan(demo, "--format", "json").out)
    paced = checked_document(
        scan(demo, "--format", "json", "--rate", "500", "--jitter", "0.01", "--pause", "0.01", "--retries", "1").out
    )
    status = {one["id"]: one["status"] for one in plain["endpoints"]}
    assert status == {one["id"]: one["status"] for one in paced["endpoints"]}
    assert plain["summary"] == paced["summary"]


def test_every_address_of_a_name_is_an_endpoint_of_its_own(demo: Lab) -> None:
    """Addresses have none; the name localhost has those of this machine."""
    done = run("scan", "https://localhost:1", "127.0.0.1:1", "--all-addresses", "--format", "json")
    ids = [one["id"] for one in checked_document(done.out)["endpoints"]]
    assert "localhost:1/https@127.0.0.1" in ids
    assert "127.0.0.1:1/tls" in ids
    assert "localhost:1/https" not in ids


def test_a_name_that_does_not_resolve_is_told_once_with_every_address_asked_for() -> None:
    done = run("scan", "https://nowhere.invalid", "--all-addresses", "--format", "json")
    (one,) = checked_document(done.out)["endpoints"]
    assert (one["id"], one["status"], one["failure"]["stage"]) == ("nowhere.invalid:443/https", "failed", "resolve")


@pytest.mark.parametrize(
    ("role", "release", "slot", "same"),
    [
        ("expressway-c", "X14.3.7", "client", "server"),
        ("expressway-e", "X15.4", "client", "server"),
        ("cube", "17.12.4", "client-trustpoint", "trustpoint"),
        ("expressway-c", "X15.5", "client", None),
        ("expressway-c", None, "client", None),
    ],
)
def test_a_file_for_a_slot_that_the_release_does_not_have_is_refused(
    role: str, release: str | None, slot: str, same: str | None, tmp_path: Path
) -> None:
    targets = tmp_path / "targets.yaml"
    told = f", release: {release}" if release else ""
    targets.write_text(
        f"schema: ekuscan.targets/1\ntargets:\n  box: {{host: 127.0.0.1, role: {role}{told}}}\n", encoding="utf-8"
    )
    words = refused(run("scan", "-f", targets, "--slot", f"box:{slot}=none.pem"))
    expected = f"on {release} box has one certificate for {same} and {slot}; write box:{same}=none.pem"
    assert (expected in words) is (same is not None)
    assert ("one certificate for" in words) is (same is not None)
