"""``ekuscan import``: from what appliances tell to a targets file, as a person runs it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ekuscan.cli import import_sources
from ekuscan.imports.merge import Merged, merge
from tests import pki
from tests.command import Done, assert_golden, refused, run
from tests.dumps import BOXES, DUMPS, dump, log_files, tar_gz, zipped

CORE = dump("xconf", "exp-c1")
ESTATE = [dump(kind, box) for box in BOXES for kind in ("xconf", "xstat")]

ISSUED = pki.pem(pki.issue("exp-c1.example.com", pki.root("Corp CA"), eku=pki.BOTH).der)
OTHER = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"


def imported(*arguments: str | Path, stdin: bytes = b"") -> Done:
    done = run("import", *arguments, stdin=stdin)
    assert done.code == 0, done.err
    return done


def checked(file: Path) -> str:
    done = run("targets", "check", "-f", file)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()[-1]


# --- the whole way ------------------------------------------------------------------------------------------------


def test_an_estate_becomes_a_targets_file_that_a_person_can_read(tmp_path: Path) -> None:
    done = imported(*ESTATE, "-f", tmp_path / "targets.yaml")
    assert done.out == ""
    assert_golden("imported.yaml", (tmp_path / "targets.yaml").read_text(encoding="utf-8"))
    assert checked(tmp_path / "targets.yaml").startswith("17 targets, ")


def test_a_second_import_changes_nothing_not_even_the_time_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    imported(*ESTATE, "-f", file)
    before, os.stat_result_before = file.read_bytes(), file.stat()
    done = imported(*ESTATE, "-f", file)
    assert file.read_bytes() == before
    assert file.stat().st_mtime_ns == os.stat_result_before.st_mtime_ns
    assert done.err.splitlines()[-1] == f"ekuscan: {file}: says all of it already; unchanged"


def test_boxes_imported_one_after_the_other_are_the_same_boxes(tmp_path: Path) -> None:
    at_once, one_by_one = tmp_path / "a.yaml", tmp_path / "b.yaml"
    imported(*ESTATE, "-f", at_once)
    for source in ESTATE:
        imported(source, "-f", one_by_one)
    imported(*ESTATE, "-f", one_by_one)
    again = one_by_one.read_bytes()
    imported(*reversed(ESTATE), "-f", one_by_one)
    assert one_by_one.read_bytes() == again
    whole, parts = (run("targets", "check", "-f", file).out.splitlines() for file in (at_once, one_by_one))
    assert {line for line in parts if ">" not in line} >= {
        line for line in whole if ">" not in line and "targets," not in line
    }


def test_the_names_that_an_imported_zone_looks_for_are_judged(tmp_path: Path) -> None:
    zone = "*c xConfiguration Zones Zone 1 "
    for name, address, keys in (
        ("exp-c1", "127.77.0.1", ('Type: "TraversalClient"', 'TraversalClient Peer 1 Address: "127.77.0.2"')),
        ("exp-e1", "127.77.0.2", ('Type: "TraversalServer"', 'TraversalServer SIP TLS Verify Subject Name: "exp-c1"')),
    ):
        kind = keys[0].split('"')[1]
        edge = (f'{kind} Collaboration Edge: "On"', f'{kind} SIP TLS Verify Mode: "On"')
        lines = (f'*c xConfiguration Ethernet 1 IP V4 Address: "{address}"', *(zone + key for key in (*keys, *edge)))
        (tmp_path / f"{name}.txt").write_text("\n".join([f'*c xConfiguration SystemUnit Name: "{name}"', *lines, ""]))
    file = tmp_path / "targets.yaml"
    imported(tmp_path / "exp-c1.txt", tmp_path / "exp-e1.txt", "-f", file)
    for issued, answer in ((ISSUED, "breaks"), (pki.pem(pki.issue("exp-c1", pki.root("Corp CA")).der), "ok")):
        (tmp_path / "client.pem").write_bytes(issued)
        slots = [f"--slot=exp-c1:{slot}={tmp_path / 'client.pem'}" for slot in ("client", "server")]
        done = run("scan", "-f", file, *slots, "--format", "json")
        verdicts = {one["id"]: one["now"] for one in json.loads(done.out)["verdicts"]}
        assert verdicts["exp-c1>exp-e1/uc-traversal/XN05"] == answer, done.err


def test_a_folder_archives_and_loose_files_tell_the_same(tmp_path: Path) -> None:
    logs = []
    for box, pack in zip(BOXES, (tar_gz, zipped, tar_gz, zipped), strict=True):
        logs.append(tmp_path / f"{box}.log")
        logs[-1].write_bytes(pack(log_files(box)))
    loose = imported(*ESTATE).out
    assert imported(*logs).out == loose
    assert imported(DUMPS).out == loose


def test_standard_input_is_a_source_and_standard_output_a_targets_file() -> None:
    done = imported("-", stdin=CORE.read_bytes())
    assert run("targets", "check", "-f", "-", stdin=done.out.encode()).code == 0
    assert "standard input, zone 1 (UC traversal)" in done.out


def test_certificates_of_a_log_stand_beside_the_file_and_are_judged(tmp_path: Path) -> None:
    pem = ISSUED
    (tmp_path / "log.tar.gz").write_bytes(tar_gz(log_files("exp-c1", {"server": pem, "client": pem})))
    done = imported(tmp_path / "log.tar.gz", "-f", tmp_path / "targets.yaml")
    assert sorted(path.name for path in tmp_path.glob("*.pem")) == ["exp-c1-client.pem", "exp-c1-server.pem"]
    assert done.err.splitlines()[-1].endswith("written and 2 certificate files")
    assert "client from " in run("targets", "check", "-f", tmp_path / "targets.yaml").out


def log_with(pem: bytes, folder: Path) -> Path:
    """A diagnostic log of exp-c1 with a certificate in both slots."""
    log = folder / "log.tar.gz"
    log.write_bytes(tar_gz(log_files("exp-c1", {"server": pem, "client": pem})))
    return log


def _too_large(file: Path) -> None:
    file.write_bytes(ISSUED + b" " * (20 * 1024 * 1024))


def _link_to_nowhere(file: Path) -> None:
    file.symlink_to(file.with_name("elsewhere.pem"))


def _pipe(file: Path) -> None:
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_too_large, "has more than 4096 KiB"),
        (Path.mkdir, "is no file"),
        (_link_to_nowhere, "is a link that leads nowhere"),
        (_pipe, "is no file"),
    ],
)
def test_a_certificate_file_that_cannot_be_read_is_left_and_named(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    there = tmp_path / "exp-c1-server.pem"
    make(there)
    before = there.lstat()
    done = imported(log_with(ISSUED, tmp_path), "-f", tmp_path / "targets.yaml", "--overwrite")
    assert f"ekuscan: exp-c1-server.pem {why}, so it may hold anything; left as it is\n" in done.err
    assert (there.lstat().st_ino, there.lstat().st_size) == (before.st_ino, before.st_size)
    assert not (tmp_path / "elsewhere.pem").exists()
    assert "exp-c1-server.pem" not in (tmp_path / "targets.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("held", "named"),
    [
        (b"-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n", "a private key"),
        (OTHER + b"-----BEGIN RSA PRIVATE KEY-----\nQUJD\n-----END RSA PRIVATE KEY-----\n", "a private key"),
        (b"\x30\x82\x01\x00 a key in DER", "something else than certificates in PEM"),
    ],
)
def test_a_file_that_holds_a_key_is_never_replaced(held: bytes, named: str, tmp_path: Path) -> None:
    there = tmp_path / "exp-c1-server.pem"
    there.write_bytes(held)
    done = imported(log_with(ISSUED, tmp_path), "-f", tmp_path / "targets.yaml", "--overwrite")
    assert there.read_bytes() == held
    assert f"exp-c1-server.pem holds {named} and is never replaced; move it away" in done.err
    assert (tmp_path / "exp-c1-client.pem").read_bytes() == ISSUED


def test_without_a_file_to_stand_beside_certificates_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pem = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
    done = imported("-", stdin=tar_gz(log_files("exp-c1", {"client": pem})))
    assert "ekuscan: exp-c1: its client certificate is not written without -f\n" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_difference_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(
        "schema: ekuscan.targets/1\ntargets:\n  mine: {host: cucm1.example.com}  # keep\n", encoding="utf-8"
    )
    before = file.read_bytes()
    done = imported(*ESTATE, "-f", file, "--dry-run")
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
    assert (
        "-  mine: {host: cucm1.example.com}  # keep\n+  mine: {host: cucm1.example.com, role: cucm}  # keep\n"
        in done.out
    )


def test_a_file_keeps_its_byte_order_mark_and_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_bytes(b"\xef\xbb\xbfschema: ekuscan.targets/1\r\n")
    file.chmod(0o640)
    imported(CORE, "-f", file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbfschema: ekuscan.targets/1\r\n\r\ntargets:\r\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_targets_file_that_somebody_edits_during_an_import_keeps_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "targets.yaml"
    file.write_bytes(b"schema: ekuscan.targets/1\n")

    def edited_meanwhile(*arguments: Any, **keywords: Any) -> Merged:
        file.write_bytes(b"schema: ekuscan.targets/1\n# theirs\n")
        return merge(*arguments, **keywords)

    monkeypatch.setattr(import_sources, "merge", edited_meanwhile)
    request = import_sources.ImportRequest((str(log_with(ISSUED, tmp_path)),), file)
    assert import_sources.import_sources(request) == 2
    assert f"{file}: was changed by someone else meanwhile; import again" in capsys.readouterr().err
    assert file.read_bytes() == b"schema: ekuscan.targets/1\n# theirs\n"
    assert list(tmp_path.glob("*.pem")) == []


def test_a_link_to_a_targets_file_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "real.yaml", tmp_path / "targets.yaml"
    file.write_bytes(b"schema: ekuscan.targets/1\n")
    link.symlink_to(file)
    imported(CORE, "-f", link)
    assert link.is_symlink()
    assert b"targets:" in file.read_bytes()


def test_a_connection_that_was_imported_says_so_in_the_result(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(
        """\
schema: ekuscan.targets/1
targets:
  exp-c1: {role: expressway-c, ports: []}
  cucm1: {role: cucm, ports: []}
connections:
  - {use_case: neighbor-zone, from: exp-c1, to: cucm1, tls_verify: "on", imported: "xconf_dump_exp-c1, zone 3 (CUCM)"}
""",
        encoding="utf-8",
    )
    done = run("scan", "-f", tmp_path / "targets.yaml", "--format", "json")
    found = {one["id"]: one for one in done.document["connections"]}
    one = found["exp-c1>cucm1/neighbor-zone"]
    assert (one["origin"], one["settings"]["tls_verify"]["from"]) == ("imported", "imported")


# --- which box, which kind ----------------------------------------------------------------------------------------


def test_a_status_adds_the_release_to_the_box_of_its_name(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(
        "schema: ekuscan.targets/1\ntargets:\n  exp-c1: {host: exp-c1.example.com, role: expressway-c}\n",
        encoding="utf-8",
    )
    imported(dump("xstat", "exp-c1"), "-f", file)
    assert 'role: expressway-c, release: "X15.5.1"}' in file.read_text(encoding="utf-8")
    one_line = b'*s SystemUnit Name: "exp-c1"\n*s SystemUnit Software Version: "X15.5.1"\n'
    assert imported("-", "-f", file, stdin=one_line).err.endswith("says all of it already; unchanged\n")


def test_name_and_role_are_given_where_nothing_tells_them() -> None:
    text = b'*c xConfiguration Zones Zone 1 Type: "Neighbor"\n'
    assert "add --role expressway-c or -e" in refused(run("import", "-", stdin=text))
    assert "add --name" in refused(run("import", "-", "--role", "expressway-c", stdin=text))
    done = imported("-", "--role", "expressway-c", "--name", "core", stdin=text)
    assert "  core: {role: expressway-c, ports: []}  # standard input\n" in done.out


def test_the_kind_can_be_said() -> None:
    imported(CORE, "--as", "xconfiguration")
    assert "does not tell a release" in refused(run("import", CORE, "--as", "xstatus"))
    assert "did you mean xstatus?" in refused(run("import", CORE, "--as", "xstat"))
    assert "--role: found 'expressway'" in refused(run("import", CORE, "--role", "expressway"))
    assert "--name: found a b" in refused(run("import", CORE, "--name", "a b"))


# --- clusters -----------------------------------------------------------------------------------------------------


def test_a_member_of_a_cluster_is_asked_for_until_it_is_there(tmp_path: Path) -> None:
    file, asked = tmp_path / "targets.yaml", "exp-c1: other members of its cluster (10.20.1.12): import theirs too"
    assert asked in imported(CORE, "-f", file).err
    assert "import theirs too" not in imported(dump("xconf", "exp-c2"), "-f", file).err
    assert "import theirs too" not in imported(CORE, "-f", file).err


def test_no_member_of_a_cluster_is_asked_for_that_is_among_the_sources(tmp_path: Path) -> None:
    assert "import theirs too" not in imported(*ESTATE).err
    logs = [tmp_path / f"{box}.tar.gz" for box in BOXES]
    for path, box in zip(logs, BOXES, strict=True):
        path.write_bytes(tar_gz(log_files(box)))
    assert "import theirs too" not in imported(*logs).err
    assert "import theirs too" in imported(*logs[:1], *logs[2:]).err


def test_a_box_of_another_cluster_with_a_members_address_does_not_stand_for_it(tmp_path: Path) -> None:
    boxes = tmp_path / "assets.csv"
    boxes.write_text("name,host,role,cluster\nother,10.20.1.12,expressway-c,elsewhere\n", encoding="utf-8")
    assert "(10.20.1.12): import theirs too" in imported(CORE, boxes).err


# --- bad files ----------------------------------------------------------------------------------------------------

IOS = b"Building configuration...\n\nCurrent configuration : 9876 bytes\n!\nversion 17.12\nhostname cube1\n"
STRANGERS = {
    "empty": (b"", "is empty"),
    "running-config": (IOS, "is the running-config of an IOS router"),
    "bare running-config": (IOS.partition(b"!\n")[2], "is the running-config of an IOS router"),
    "CUCM": (b"admin:show version active\nActive Master Version: 14.0.1.13900-155\n", "command line of Unified CM"),
    "Excel": (zipped({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), "is an Excel file: save it as CSV"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "is an old Excel or Word file"),
    "web page": (b"<!DOCTYPE html><html>", "is a web page"),
    "PDF": (b"%PDF-1.7", "is a PDF file"),
    "certificate": (b"-----BEGIN CERTIFICATE-----\nQUJD\n", "is a certificate: name it under slots:"),
    "key": (b"-----BEGIN PRIVATE KEY-----\nQUJD\n", "holds a private key, which is not wanted here"),
    "noise": (bytes(range(256)) * 10, "cannot be imported; these can: a diagnostic log of an Expressway"),
    "half an archive": (tar_gz(log_files("exp-c1"))[:900], "is cut off or damaged; download it again"),
    "half a zip": (zipped(log_files("exp-c1"))[:900], "is cut off or damaged; download it again"),
    "wrong encoding": (CORE.read_bytes() + b"\xff", "is not UTF-8: line"),
    "too large": (CORE.read_bytes() * 1500, "has more than 16 MiB; a configuration has a few hundred KiB"),
}


@pytest.mark.parametrize("kind", ["running-config", "bare running-config", "CUCM", "Excel", "web page", "PDF", "key"])
def test_a_sentence_that_says_what_to_do_names_no_other_kinds_of_files(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(STRANGERS[kind][0])
    said = refused(run("import", source)).strip()
    assert len(said.removeprefix(f"{source} ").partition(": ")[2]) > 10
    assert "can be imported" not in said
    assert "these can" not in said


@pytest.mark.parametrize("text", ["<other/>", '{"a": 1}', "just words"])
def test_a_file_of_another_kind_is_told_apart_from_those_that_can_be_imported(text: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text(text, encoding="utf-8")
    said = refused(run("import", source))
    assert said.strip().endswith(
        "these can: a diagnostic log of an Expressway (.tar.gz, .zip, unpacked), its xConfiguration text, its "
        "xStatus, the XML of nmap (-oX) or a CSV file with a header row"
    )
    assert "nothing that is known" not in said


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_bad_file_gets_one_clear_sentence_and_nothing_is_written(kind: str, tmp_path: Path) -> None:
    data, expected = STRANGERS[kind]
    source = tmp_path / "source"
    source.write_bytes(data)
    said = refused(run("import", CORE, source, "-f", tmp_path / "targets.yaml"))
    assert said.startswith(f"{source} {expected}") or expected in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "targets.yaml").exists()


def test_all_bad_sources_are_named_at_once(tmp_path: Path) -> None:
    said = refused(run("import", tmp_path / "none", tmp_path, CORE))
    assert said.splitlines() == [
        f"{tmp_path / 'none'} does not exist",
        f"{tmp_path} holds none of the files of a diagnostic log: xconf_dump_NAME_TIME.txt, xstat_dump_NAME_TIME.txt, "
        "server_NAME_TIME.pem, client_NAME_TIME.pem",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"schema: ekuscan.targets/1\ntargets: {a: {hots: b}}\n", "did you mean host?"),
        (b"just words", "found text"),
        ("schema: ekuscan.targets/1\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    ],
)
def test_a_targets_file_that_is_wrong_stays_as_it_is(text: bytes, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_bytes(text)
    assert expected in refused(run("import", CORE, "-f", file))
    assert file.read_bytes() == text


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    assert "cannot be written" in refused(run("import", CORE, "-f", tmp_path / "none" / "targets.yaml"))


def test_nothing_of_a_password_reaches_the_output(tmp_path: Path) -> None:
    done = imported(*ESTATE)
    assert "placeholder" not in done.out + done.err


def test_help_names_the_sources() -> None:
    assert "diagnostic log" in run("import", "--help").out
    assert json.loads(run("targets", "schema").out)["$defs"]["connection"]["properties"]["imported"]["type"] == "string"


# --- the CAs that a box trusts --------------------------------------------------------------------------------------


def _log(tmp_path: Path, cas: bytes) -> Path:
    archive = tmp_path / "log.tar.gz"
    archive.write_bytes(tar_gz(log_files("exp-c1", {"server": ISSUED, "ca": cas})))
    return archive


def test_the_cas_that_a_box_trusts_become_a_file_beside_and_a_second_import_changes_nothing(tmp_path: Path) -> None:
    file, cas = tmp_path / "targets.yaml", pki.pem(pki.root("Partner CA").der) * 70
    imported(_log(tmp_path, cas), "-f", file)
    assert "trusted_cas: [exp-c1-trusted-cas.pem]" in file.read_text(encoding="utf-8")
    assert (tmp_path / "exp-c1-trusted-cas.pem").read_bytes().count(b"BEGIN CERTIFICATE") == 70
    checked(file)
    assert imported(_log(tmp_path, cas), "-f", file).err.splitlines()[-1].endswith("says all of it already; unchanged")


def test_a_list_of_cas_that_a_person_named_stays(tmp_path: Path) -> None:
    file, other = tmp_path / "targets.yaml", pki.pem(pki.root("Own CA").der)
    (tmp_path / "own.pem").write_bytes(other)
    file.write_text(
        "schema: ekuscan.targets/1\ntargets:\n"
        "  exp-c1: {host: exp-c1.example.com, role: expressway-c, trusted_cas: [own.pem]}\n",
        encoding="utf-8",
    )
    done = imported(_log(tmp_path, pki.pem(pki.root("Partner CA").der)), "-f", file)
    assert "trusted_cas is own.pem in the file, with other certificates than " in done.err
    assert "trusted_cas: [own.pem]" in file.read_text(encoding="utf-8")
    assert (tmp_path / "own.pem").read_bytes() == other
    assert not (tmp_path / "exp-c1-trusted-cas.pem").exists()


def test_a_list_of_cas_that_cannot_be_read_is_refused_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(
        "schema: ekuscan.targets/1\ntargets:\n  c:\n    role: expressway-c\n    slots: {}\n"
        "    trusted_cas: [none.pem]\n",
        encoding="utf-8",
    )
    assert "targets.yaml:6: targets.c.trusted_cas" in refused(run("targets", "check", "-f", file))


def test_where_nothing_has_a_place_no_empty_file_is_written(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    said = refused(run("import", dump("xstat", "exp-c1"), "-f", file))
    assert "nothing to write: " in said
    assert "name its xConfiguration beside it, or its role with --role" in said
    assert not file.exists()
