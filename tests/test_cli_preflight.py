"""``ekuscan preflight`` over the lab: what it foresees is what a scan sees after the change."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ekuscan.cli import event_loop
from ekuscan.lab.authority import Credential, EkuChoice, KeyChoice, Leaf, issue
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.report import schema
from tests.command import TODAY, Done, assert_golden, inside, refused, run, scan, timeless, too_wide

_CLOSED = schema.closed(json.loads(schema.PUBLISHED_PREFLIGHT.read_text(encoding="utf-8")))
_DOCUMENT = jsonschema.Draft202012Validator(_CLOSED, format_checker=jsonschema.FormatChecker())

# What cannot be foreseen of a certificate that is yet to be issued.
_OF_THE_FILE = {"sha256", "when"}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def x155(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("x155"), tmp_path_factory.mktemp("x155"), TODAY) as running:
        yield running


def preflight(lab: Lab, *arguments: str | Path, **more: Any) -> Done:
    return run(*inside(lab, "preflight", "-f", lab.targets_file, *arguments), **more)


def document(lab: Lab, *arguments: str | Path, **more: Any) -> dict[str, Any]:
    done = preflight(lab, *arguments, "--format", "json", **more)
    found: dict[str, Any] = json.loads(done.out)
    faults = [f"{error.json_path}: {error.message}" for error in _DOCUMENT.iter_errors(found)]
    assert not faults, "\n".join(faults[:10])
    assert found["summary"]["exit"] == done.code
    return found


def leaf(lab: Lab, folder: Path, eku: EkuChoice = "both", ca: str = "corp", key: KeyChoice = "ec", **days: int) -> Path:
    """A certificate for exp-c1 with its key beside it."""
    begins, ends = TODAY - timedelta(days=days.get("since", 3)), TODAY + timedelta(days=days.get("left", 300))
    asked = Leaf("exp-c1.lab.example", begins, ends, eku, ("exp-c1.lab.example",), key)
    credential: Credential = issue(lab.worlds[ca].issuing, asked)
    path = folder / "new.pem"
    path.write_bytes(credential.pem)
    hidden = folder / "new.key"
    hidden.touch(mode=0o600)
    hidden.write_bytes(credential.key_pem)
    return path


def checks(found: dict[str, Any], place: int = 0) -> dict[str, str]:
    return {one["name"]: one["result"] for one in found["candidates"][place]["checks"]}


def changed(found: dict[str, Any], effect: str) -> set[str]:
    return {one["id"] for one in found["changed"] if one["effect"] == effect}


# --- what-if and scan share one evaluation ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        (["--to", "expressway=X15.5"], "before-x155"),
        (["--renew", "default"], "after"),
        (["--set", "core>cucm1/neighbor-zone.tls_verify=off", "--set", "cube1.match_eku=on"], "before-set"),
        (["--to", "expressway=X15.4", "--renew", "default"], "after-x154"),
    ],
    ids=["upgrade", "renewal", "setting", "upgrade and renewal"],
)
def test_a_scan_after_the_change_gives_the_verdicts_that_were_foreseen(
    before: Lab, changes: list[str], after: str, tmp_path: Path
) -> None:
    found = document(before, *changes)
    with open_lab(estate(after), tmp_path, TODAY) as changed_lab:
        scanned = scan(changed_lab, "--format", "json").document
    assert timeless_verdicts(found["after"]) == timeless_verdicts(scanned["verdicts"])
    assert timeless_verdicts(found["after"]) != timeless_verdicts(found["before"])
    assert settled(found) == settled(scanned)
    assert found["remedy_work"] == scanned["remedy_work"]


def settled(document: dict[str, Any]) -> tuple[list[tuple[str, list[str], list[str]]], list[str]]:
    """The plan of a result without its days: the remedies with where they are used and what they clear."""
    plan = document["plan"]
    assert plan["steps"]
    return [(step["remedy"], step["targets"], step["clears"]) for step in plan["steps"]], plan["leaves"]


def timeless_verdicts(verdicts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {one["id"]: {key: value for key, value in one.items() if key not in _OF_THE_FILE} for one in verdicts}
    assert len(found) == len(verdicts)
    return found


@pytest.mark.parametrize(("server", "client"), [("exp-c1", "digicert"), ("digicert", "exp-c1")])
def test_a_file_for_the_slot_of_the_new_release_counts_in_both(
    before: Lab, tmp_path: Path, server: str, client: str
) -> None:
    leaf(before, tmp_path, "server", "digicert").rename(tmp_path / "digicert.server.pem")
    files = {"exp-c1": before.directory / "exp-c1.server.pem", "digicert": tmp_path / "digicert.server.pem"}
    described = (
        "schema: ekuscan.targets/1\ntargets:\n"
        f"  c: {{role: expressway-c, release: RELEASE, slots: {{server: {files[server]}, client: {files[client]}}}}}\n"
        f"  e: {{role: expressway-e, release: RELEASE, slots: {{server: {before.directory}/exp-e1.server.pem}}}}\n"
    )
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(described.replace("RELEASE", "X15.4"), encoding="utf-8")
    new.write_text(described.replace("RELEASE", "X15.5"), encoding="utf-8")
    upgrade = ("-f", old, "--to", "expressway=X15.5", "--set", "e.client_certificate=separate", "--format", "json")
    foreseen = json.loads(run(*inside(before, "preflight", *upgrade)).out)
    scanned = json.loads(run(*inside(before, "scan", "-f", new, "--format", "json")).out)
    at_c = [
        {id_: one for id_, one in timeless_verdicts(verdicts).items() if one["target"] == "c"}
        for verdicts in (foreseen["after"], scanned["verdicts"])
    ]
    assert at_c[0] == at_c[1]
    assert any("named for its slot client" in sentence for sentence in foreseen["left_out"])


def test_a_scan_before_the_change_gives_the_verdicts_that_it_starts_from(before: Lab) -> None:
    found, scanned = document(before, "--renew", "default"), scan(before, "--format", "json").document
    assert {one["id"]: one for one in found["before"]} == {one["id"]: one for one in scanned["verdicts"]}


# --- the answer ---------------------------------------------------------------------------------------------------


def test_an_upgrade_that_breaks_nothing_is_a_go(before: Lab) -> None:
    found = document(before, "--to", "expressway=X15.5")
    assert (found["answer"], found["summary"]["exit"]) == ("go", 0)
    assert changed(found, "breaks") == set()
    assert "exp-e1>exp-c1/mra-sip-service/X17" in changed(found, "better")


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("edge", "exp-e1, exp-e2: X15.5; exp-c1, exp-c2: X14.3.7."),
        ("exp-c1", "exp-e1, exp-e2, exp-c2: X14.3.7; exp-c1: X15.5."),
    ],
)
def test_an_upgrade_of_some_expressways_alone_is_a_no_go_with_what_to_write(before: Lab, name: str, apart: str) -> None:
    found = document(before, "--to", f"{name}=X15.5")
    assert (found["answer"], found["summary"]["exit"]) == ("no-go", 1)
    assert any("/same-release/X37" in id_ for id_ in changed(found, "worse"))
    assert [one.partition("After the change ")[2] for one in found["blocks"]] == [
        f"{apart} Write --to expressway=X15.5."
    ]
    assert not any("different releases" in sentence for sentence in found["decides"])
    told = preflight(before, "--to", f"{name}=X15.5").out
    assert "NO-GO  boxes that have to run one release would run several" in told


def test_a_renewal_that_takes_clientauth_away_is_a_no_go_with_what_it_breaks(before: Lab) -> None:
    found = document(before, "--renew", "exp-c1=default")
    assert found["answer"] == "no-go"
    assert "exp-c1>exp-e1/uc-traversal/X11" in changed(found, "breaks")
    assert not any(id_.startswith("exp-c2") for id_ in changed(found, "breaks"))


def test_a_day_on_which_a_certificate_has_ended_is_a_no_go(before: Lab) -> None:
    found = document(before, "--on", "2027-01-10")
    assert found["changes"] == [
        {"kind": "day", "subject": "", "what": "day", "before": "23 Nov 2026", "after": "10 Jan 2027", "row": None}
    ]
    assert found["on"] == "2027-01-10T12:00:00Z"
    assert "exp-e1/https/X01" in changed(found, "breaks")


def test_what_was_not_seen_where_something_is_changed_leaves_it_undecided(x155: Lab) -> None:
    found = document(x155, "--set", "exp-e1.sip_eku_check=off")
    assert (found["answer"], found["summary"]["exit"]) == ("undecided", 3)
    assert "exp-e1's client certificate was not seen." in found["decides"]


def test_a_fork_that_decides_is_named(before: Lab) -> None:
    found = document(before, "--renew", "exp-e1=default", "--to", "expressway=X15.4")
    assert (found["answer"], found["summary"]["exit"]) == ("undecided", 3)
    assert any(one.startswith("far ends.client_eku: ") for one in found["decides"])


def test_fail_on_counts_what_was_so_before(before: Lab) -> None:
    usual = preflight(before, "--to", "expressway=X15.5")
    asked = preflight(before, "--to", "expressway=X15.5", "--fail-on", "breaks-at-renewal")
    assert (usual.code, asked.code) == (0, 1)
    assert "NO-GO  something is at or above --fail-on" in asked.out


def test_an_unseen_port_of_what_is_changed_leaves_it_undecided_and_one_elsewhere_does_not(before: Lab) -> None:
    silent = ("gone.invalid role=cucm release=14SU3", "--no-assume")
    elsewhere = document(before, *silent, "--to", "expressway=X15.5")
    there = document(before, *silent, "--to", "gone.invalid=15SU5")
    assert (elsewhere["answer"], there["answer"]) == ("go", "undecided")
    assert there["summary"]["unseen"] > 0


def test_an_interrupted_look_is_judged_by_nobody(before: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(work: Any) -> None:
        work.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(event_loop, "run", interrupted)
    done = preflight(before, "--to", "expressway=X15.5")
    assert (done.code, done.out, done.err) == (130, "", "ekuscan: interrupted: nothing was judged\n")


def test_files_alone_need_no_network(before: Lab, tmp_path: Path) -> None:
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        "schema: ekuscan.targets/1\ntargets:\n"
        f"  c: {{role: expressway-c, release: X15.4, slots: {{server: {before.directory}/exp-c1.server.pem}}}}\n"
        f"  e: {{role: expressway-e, release: X15.4, slots: {{server: {before.directory}/exp-e1.server.pem}}}}\n",
        encoding="utf-8",
    )
    done = run(*inside(before, "preflight", "-f", targets, "--renew", "c=default", "--format", "json"))
    found = json.loads(done.out)
    assert done.code == 1
    assert "c>e/uc-traversal/X11" in changed(found, "breaks")


# --- a certificate that is to be installed ------------------------------------------------------------------------


def test_a_good_client_certificate_makes_the_upgrade_better(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path)
    found = document(
        before, "--to", "expressway=X15.5", "--new-cert", f"exp-c1:client={new}", "--new-key", tmp_path / "new.key"
    )
    assert changed(found, "breaks") == set()
    assert checks(found) == {
        "key": "ok", "names": "ok", "eku": "ok", "chain": "ok", "issuer": "open", "validity": "ok",
        "key-type": "ok", "upload": "ok", "restart": "note",
    }  # fmt: skip
    assert "exp-c1>exp-e1/ssh-tunnels/X14" in changed(found, "better")
    assert {verdict["sha256"] for verdict in found["uploads"]} == {found["candidates"][0]["sha256"]}


def test_a_certificate_with_the_root_and_the_names_of_the_present_one_is_a_go(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, ca="sectigo")
    found = document(before, "--to", "expressway=X15.5", "--new-cert", f"exp-c1:client={new}")
    assert (checks(found)["issuer"], checks(found)["names"], found["answer"]) == ("ok", "ok", "go")


def test_a_certificate_that_no_peer_may_know_is_no_go_ahead(before: Lab, tmp_path: Path) -> None:
    foreign = document(before, "--new-cert", f"exp-c1:server={leaf(before, tmp_path)}")
    assert (checks(foreign)["names"], checks(foreign)["issuer"], foreign["answer"]) == ("ok", "open", "undecided")
    assert [one.partition(": ")[0] for one in foreign["decides"]] == ["exp-c1:server"]
    assert "Whether all peers that verify it trust the new root is not known." in foreign["decides"][0]


def test_a_certificate_that_loses_the_name_that_peers_dial_is_no_go_ahead(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, ca="sectigo")
    found = document(before, "--new-cert", f"exp-c2:server={new}")
    assert (checks(found)["issuer"], checks(found)["names"], found["answer"]) == ("ok", "open", "undecided")
    assert any("exp-c2.lab.example" in one and "do not find it there" in one for one in found["decides"])


def test_the_key_of_another_certificate_blocks(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path)
    key = before.directory / "exp-e1.server.key"
    found = document(before, "--new-cert", f"exp-c1:server={new}", "--new-key", key)
    assert checks(found)["key"] == "blocks"
    assert found["answer"] == "no-go"


def test_a_private_key_is_read_only_from_a_file_with_safe_permissions_and_never_shown(
    before: Lab, tmp_path: Path
) -> None:
    new = leaf(before, tmp_path)
    key = tmp_path / "new.key"
    key.chmod(0o644)
    told = refused(preflight(before, "--new-cert", f"exp-c1:server={new}", "--new-key", key))
    assert "chmod 600" in told
    key.chmod(0o600)
    shown = preflight(before, "--new-cert", f"exp-c1:server={new}", "--new-key", key, "--format", "json").out
    secret = key.read_text(encoding="utf-8").splitlines()[1]
    assert secret not in shown


def test_a_certificate_is_held_against_its_signing_request(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, "server", "digicert")
    key = serialization.load_pem_private_key((tmp_path / "new.key").read_bytes(), None)
    other = ec.generate_private_key(ec.SECP256R1())
    own, foreign = tmp_path / "own.csr", tmp_path / "foreign.csr"
    own.write_bytes(signing_request(key))
    foreign.write_bytes(signing_request(other))
    changes = ("--to", "expressway=X15.5", "--new-cert", f"exp-c1:server={new}", "--csr")
    asked, strange = (document(before, *changes, request) for request in (own, foreign))
    assert (checks(asked)["request"], checks(strange)["request"]) == ("warning", "blocks")
    text = {one["name"]: one["text"] for one in asked["candidates"][0]["checks"]}
    assert text["request"] == "The CA left out what was asked for: DNS:more.lab.example, clientAuth."


def signing_request(key: Any) -> bytes:
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    names = x509.SubjectAlternativeName([x509.DNSName("exp-c1.lab.example"), x509.DNSName("more.lab.example")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exp-c1.lab.example")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.add_extension(usages, False).add_extension(names, False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def test_an_upload_that_is_accepted_says_nothing_of_the_next_renewal(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, ca="sectigo")
    found = document(before, "--new-cert", f"exp-c1:server={new}")
    (told,) = (one for one in found["candidates"][0]["checks"] if one["name"] == "upload")
    assert (told["result"], told["text"]) == ("ok", "The upload is accepted.")


def test_names_that_get_lost_and_another_kind_of_key_are_warned_of(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, key="rsa")
    found = document(before, "--new-cert", f"exp-e1:server={new}")
    assert (checks(found)["names"], checks(found)["key-type"]) == ("open", "warning")
    text = {one["name"]: one["text"] for one in found["candidates"][0]["checks"]}
    assert text["names"] == (
        "Lost against the present one: DNS:exp-e1.lab.example. New: DNS:exp-c1.lab.example."
        " Peers that dial exp-e1.lab.example and verify names do not find it there."
    )


def test_a_chain_without_its_issuer_is_warned_of(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, ca="unlisted")
    first = new.read_text(encoding="utf-8").split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    new.write_text(first, encoding="utf-8")
    assert checks(document(before, "--new-cert", f"exp-c1:server={new}"))["chain"] == "warning"


@pytest.mark.parametrize(("days", "result"), [({"since": -9}, "blocks"), ({"since": 90, "left": -1}, "blocks")])
def test_a_certificate_that_is_not_valid_on_that_day_blocks(
    before: Lab, tmp_path: Path, days: dict[str, int], result: str
) -> None:
    new = leaf(before, tmp_path, **days)
    assert checks(document(before, "--new-cert", f"exp-c1:server={new}"))["validity"] == result


def test_an_upload_that_the_release_refuses_blocks_and_says_the_way_out(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, "server", "digicert")
    found = document(before, "--new-cert", f"exp-c1:server={new}")
    upload = next(one for one in found["candidates"][0]["checks"] if one["name"] == "upload")
    assert upload["result"] == "blocks"
    assert upload["way_out"]


def test_an_upload_that_a_command_makes_possible_has_that_command_among_its_steps(before: Lab, tmp_path: Path) -> None:
    new = leaf(before, tmp_path, "server", "digicert")
    found = document(before, "--to", "expressway=X15.4", "--new-cert", f"exp-e1:server={new}")
    assert checks(found)["upload"] == "ok"
    order = [step["id"] for step in found["steps"]]
    assert order.index("enable-server-eku-upload") < order.index("upload-server") < order.index("restart-expressway")
    commands = [step["command"] for step in found["steps"] if step["command"]]
    assert commands == ["xConfiguration XCP TLS Certificate CVS EnableServerEkuUpload: On"]


def test_the_certificate_that_is_there_already_is_no_change(before: Lab) -> None:
    same = before.directory / "exp-c1.server.pem"
    told = refused(preflight(before, "--new-cert", f"exp-c1:server={same}"))
    assert told.endswith("it is the certificate that is there already, so this touches nothing")


# --- steps and the report -----------------------------------------------------------------------------------------


def test_both_expressways_are_upgraded_in_one_step_after_the_backup(before: Lab) -> None:
    steps = document(before, "--to", "expressway=X15.5")["steps"]
    assert [step["id"] for step in steps] == ["backup", "upgrade-expressways", "copied", "scan-again"]
    assert steps[1]["targets"] == ["exp-e1", "exp-e2", "exp-c1", "exp-c2"]
    assert "one maintenance window" in steps[1]["text"]


def test_a_setting_of_a_zone_has_its_command(before: Lab) -> None:
    steps = document(before, "--set", "core>cucm1/neighbor-zone.tls_verify=off")["steps"]
    assert steps[0]["command"] == "xConfiguration Zones Zone N Neighbor SIP TLS Verify Mode: Off"
    assert steps[0]["targets"] == ["exp-c1", "exp-c2"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("preflight_upgrade.txt", ["--to", "expressway=X15.5"]),
        ("preflight_renewal.txt", ["--renew", "default", "--renew", "exp-e1=on-request"]),
    ],
)
def test_the_report_reads_as_it_should(before: Lab, name: str, changes: list[str]) -> None:
    done = preflight(before, *changes)
    assert too_wide(done.out) == []
    assert done.out.isascii()
    assert_golden(name, timeless(done.out))


def test_the_report_goes_into_files_too(before: Lab, tmp_path: Path) -> None:
    text, json_file = tmp_path / "a.txt", tmp_path / "a.json"
    done = preflight(before, "--to", "expressway=X15.5", "-o", text, "-o", json_file)
    assert timeless(text.read_text(encoding="utf-8")) == timeless(done.out)
    assert json.loads(json_file.read_text(encoding="utf-8"))["schema"] == "ekuscan.preflight/1"


def test_every_part_of_a_composite_stands_in_the_verbose_report(before: Lab) -> None:
    plain, verbose = (preflight(before, "--renew", "exp-c1=default", *more).out for more in ([], ["-v"]))
    assert "  UC traversal zone: fine, at renewal broken -> broken" not in plain
    assert "  UC traversal zone: fine, at renewal broken -> broken" in verbose


# --- the schema ---------------------------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_nouns() -> None:
    assert schema.PUBLISHED_PREFLIGHT.read_text(encoding="utf-8") == schema.preflight_text()


def test_a_verdict_has_the_same_shape_as_in_a_run() -> None:
    run_schema = json.loads(schema.PUBLISHED.read_text(encoding="utf-8"))
    assert _CLOSED["$defs"]["Verdict"] == schema.closed(run_schema["$defs"]["Verdict"])


# --- what cannot be used ------------------------------------------------------------------------------------------

FILES = {
    "targets.yaml": b"""schema: ekuscan.targets/1
targets:
  exp-c1: {role: expressway-c, release: X15.4, cluster: core, ports: []}
  exp-e1: {role: expressway-e, release: X15.4, cluster: edge, ports: []}
  cucm1: {role: cucm, release: 14SU3, ports: []}
connections:
  - {use_case: neighbor-zone, from: exp-c1, to: cucm1, tls_verify: "on"}
""",
    "empty.pem": b"",
    "key.pem": b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
}

LINES = """\
preflight
preflight --to expressway=X15.5
preflight -f targets.yaml
preflight -f targets.yaml --on today
preflight -f targets.yaml --as-of 2026-11-23 --on 2001-01-01
preflight -f targets.yaml --to expresway=X15.5
preflight -f targets.yaml --to exp-c2=X15.5 --to cucm=15.x --to cms=3.9
preflight -f targets.yaml --to expressway
preflight -f targets.yaml --to expressway=X14.3
preflight -f targets.yaml --to expressway=X15.4
preflight -f targets.yaml --set tls_verify=off
preflight -f targets.yaml --set 'exp-c1>cucm1.tls_verfy=off'
preflight -f targets.yaml --set 'exp-c1>cucm1.tls_verify=maybe'
preflight -f targets.yaml --set 'exp-c1>cucm1.tls_verify=on'
preflight -f targets.yaml --set 'exp-c1>cucm7.tls_verify=off'
preflight -f targets.yaml --set exp-e1.sip_eku_check=off
preflight -f targets.yaml --set cucm1.cluster_tls=enforcing
preflight -f targets.yaml --set exp-e7.cluster_tls=enforcing
preflight -f targets.yaml --new-cert exp-c1=new.pem
preflight -f targets.yaml --new-cert exp-c1:server=missing.pem --new-cert exp-e1:server=empty.pem
preflight -f targets.yaml --new-cert exp-c1:server=key.pem
preflight -f targets.yaml --new-cert exp-c1:client=cert.pem
preflight -f targets.yaml --new-cert exp-c1:srver=cert.pem --new-cert exp-c7:server=cert.pem
preflight -f targets.yaml --new-key exp-c1:server=key.pem
preflight -f targets.yaml --new-cert exp-c1:server=cert.pem --new-key cert.pem
preflight -f targets.yaml --new-cert exp-c1:server=cert.pem --csr cert.pem
preflight -f targets.yaml --new-cert exp-c1:server=cert.pem --new-cert exp-c1:server=cert.pem
preflight -f targets.yaml --renew always
preflight -f targets.yaml --renew exp-c7=default
preflight -f targets.yaml --renew exp-c1:srver=default
preflight -f targets.yaml --renew exp-c1=default
preflight -f targets.yaml --renew default --format jsonl
preflight -f targets.yaml --renew default -o result.jsonl
preflight -f targets.yaml --renew default --fail-on never
"""


def test_a_wrong_change_leaves_the_files_of_an_earlier_result_alone(before: Lab, tmp_path: Path) -> None:
    earlier = tmp_path / "result.json"
    earlier.write_text("{}", encoding="utf-8")
    refused(preflight(before, "--to", "expresway=X15.5", "-o", earlier))
    assert earlier.read_text(encoding="utf-8") == "{}"


def test_every_wrong_input_gets_its_sentence(before: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "cert.pem").write_bytes(leaf(before, tmp_path).read_bytes())
    (tmp_path / "cert.pem").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    told = []
    for line in LINES.splitlines():
        told.append(f"$ ekuscan {line}")
        told += refused(run(*shlex.split(line))).splitlines()
    assert_golden("preflight_wrong_input.txt", "\n".join(told) + "\n")
