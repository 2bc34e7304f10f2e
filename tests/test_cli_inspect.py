"""``ekuscan inspect``: every kind of certificate file, judged for a product or for nobody in particular."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.lab.authority import Credential, EkuChoice, Leaf, PrivateKey, der, issue
from ekuscan.lab.estate import Estate
from ekuscan.lab.laboratory import Lab, open_lab
from tests.command import TODAY, Done, inside, refused, run, separately, too_wide

PASSWORD = "geheim"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """CAs and trust data without a single appliance."""
    with open_lab(Estate("none", "None", "For a test.", ()), tmp_path_factory.mktemp("cas"), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def files(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One certificate in every form, others to compare it with, and a signing request."""
    folder = tmp_path_factory.mktemp("files")
    both, server = leaf(lab, "both"), leaf(lab, "server")
    (folder / "both.pem").write_bytes(both.pem)
    (folder / "both.crt").write_bytes(both.pem.replace(b"\n", b"\r\n"))
    (folder / "leaf.der").write_bytes(both.ders[0])
    (folder / "chain.p7b").write_bytes(pkcs7.serialize_certificates(both.chain, serialization.Encoding.PEM))
    (folder / "chain.p7c").write_bytes(pkcs7.serialize_certificates(both.chain, serialization.Encoding.DER))
    for name, secret in (("locked.p12", PASSWORD.encode()), ("open.p12", None)):
        lock = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
        bag = pkcs12.serialize_key_and_certificates(b"exp", both.key, both.chain[0], both.chain[1:], lock)
        (folder / name).write_bytes(bag)
    (folder / "server.pem").write_bytes(server.pem)
    (folder / "private.pem").write_bytes(leaf(lab, "both", "corp").pem)
    (folder / "request.csr").write_bytes(signing_request(both.key))
    (folder / "password").write_text(PASSWORD + "\nsecond line\n", encoding="utf-8")
    (folder / "wrong-password").write_text("falsch\n", encoding="utf-8")
    return folder


def leaf(lab: Lab, eku: EkuChoice, ca: str = "digicert") -> Credential:
    days = (datetime(2026, 9, 1, tzinfo=TODAY.tzinfo), datetime(2027, 3, 1, tzinfo=TODAY.tzinfo))
    return issue(lab.worlds[ca].issuing, Leaf("exp-c1.lab.example", *days, eku))


def signing_request(key: PrivateKey) -> bytes:
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    names = x509.SubjectAlternativeName([x509.DNSName("exp-c1.lab.example")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exp-c1.lab.example")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.add_extension(usages, False).add_extension(names, False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def inspect(lab: Lab, *arguments: str | Path, **more: Any) -> Done:
    return run(*inside(lab, "inspect", *arguments), **more)


def document(lab: Lab, *arguments: str | Path, **more: Any) -> dict[str, Any]:
    return inspect(lab, *arguments, "--format", "json", **more).document


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {one["rule"]: one["outcome"] for one in found["verdicts"]}


# --- the forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "env"),
    [
        ("both.pem", [], {}),
        ("both.crt", [], {}),
        ("chain.p7b", [], {}),
        ("chain.p7c", [], {}),
        ("open.p12", [], {}),
        ("locked.p12", ["--password-file", "password"], {}),
        ("locked.p12", [], {"EKUSCAN_PASSWORD": PASSWORD}),
        ("locked.p12", ["--password-file", "password"], {"EKUSCAN_PASSWORD": "not this one"}),
    ],
)
def test_every_form_gives_the_same_chain(
    lab: Lab, files: Path, name: str, options: list[str], env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    found = document(lab, name, *options, env=env)
    (slot,) = found["targets"][0]["slots"]
    whole = [sha256_hex(one) for one in read_pem(files / "both.pem")]
    assert found["targets"][0]["id"] == name
    assert (slot["sha256"], slot["chain"], slot["from"]) == (whole[0], chain_id(whole), "file")
    assert found["chains"][slot["chain"]]["hierarchy"]["class"] == "public-chrome"


def read_pem(path: Path) -> list[bytes]:
    return [der(one) for one in x509.load_pem_x509_certificates(path.read_bytes())]


def test_a_leaf_in_der_is_completed_from_the_trust_data(lab: Lab, files: Path) -> None:
    found = document(lab, files / "leaf.der")
    (chain,) = found["chains"].values()
    assert len(chain["presented"]) == 1
    assert len(chain["paths"][0]) == 3


def test_standard_input_is_a_file_too(lab: Lab, files: Path) -> None:
    found = document(lab, "-", stdin=(files / "both.pem").read_bytes())
    assert [one["id"] for one in found["targets"]] == ["stdin"]


def test_a_locked_file_says_how_to_give_its_password_and_a_wrong_one_is_told_apart(lab: Lab, files: Path) -> None:
    without = refused(inspect(lab, files / "locked.p12"))
    wrong = refused(inspect(lab, files / "locked.p12", "--password-file", files / "wrong-password"))
    assert without.startswith(f"{files / 'locked.p12'}: a PKCS #12 file that needs its password")
    assert without.endswith("--password-file or EKUSCAN_PASSWORD gives it")
    assert wrong == f"{files / 'locked.p12'}: the password does not open this PKCS #12 file, or the file is damaged"


@pytest.mark.parametrize("name", ["locked.p12", "open.p12"])
def test_neither_password_nor_private_key_goes_into_a_result(lab: Lab, files: Path, name: str) -> None:
    done = inspect(lab, files / name, "--format", "json", env={"EKUSCAN_PASSWORD": PASSWORD})
    assert done.code in (0, 2)
    assert "PRIVATE KEY" not in done.out + done.err
    assert PASSWORD not in done.out + done.err


def test_a_slot_of_a_scan_takes_the_password_from_the_environment(lab: Lab, files: Path, tmp_path: Path) -> None:
    text = (
        "schema: ekuscan.targets/1\ntargets:\n"
        f'  exp-c1: {{role: expressway-c, release: "X15.4", slots: {{server: {files / "locked.p12"}}}}}\n'
    )
    (tmp_path / "targets.yaml").write_text(text, encoding="utf-8")
    arguments = inside(lab, "scan", "-f", tmp_path / "targets.yaml", "--format", "json")
    assert "needs its password" in refused(run(*arguments))
    found = run(*arguments, env={"EKUSCAN_PASSWORD": PASSWORD}).document
    assert {slot["from"] for slot in found["targets"][0]["slots"]} == {"file"}
    assert found["endpoints"] == []


def test_several_files_are_a_chain_each_and_two_of_one_name_are_told_apart(
    lab: Lab, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "both.pem").write_bytes((files / "server.pem").read_bytes())
    found = document(lab, files / "both.pem", files / "leaf.der", tmp_path / "both.pem")
    assert [one["id"] for one in found["targets"]] == ["both.pem", "leaf.der", str(tmp_path / "both.pem")]
    assert len({one["slots"][0]["chain"] for one in found["targets"]}) == 3


def test_every_file_that_cannot_be_read_is_named_at_once(lab: Lab, files: Path) -> None:
    said = refused(inspect(lab, files / "missing.pem", files / "both.pem", files / "password"))
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        str(files / "missing.pem"),
        str(files / "password"),
    ]


# --- a signing request --------------------------------------------------------------------------------------------


def test_a_signing_request_shows_what_it_asks_for(files: Path) -> None:
    done = run("inspect", files / "request.csr")
    assert done.code == 0
    assert "asks for serverAuth, clientAuth" in done.out
    assert "SAN      DNS:exp-c1.lab.example" in done.out
    assert done.err == ""


def test_a_signing_request_leaves_a_document_on_standard_output_valid(files: Path) -> None:
    done = run("inspect", files / "request.csr", "--format", "json")
    assert done.document["targets"] == []
    assert "certificate signing request" in done.err


def test_a_signing_request_beside_a_certificate_hides_neither(lab: Lab, files: Path) -> None:
    done = inspect(lab, files / "request.csr", files / "both.pem")
    assert "certificate signing request" in done.out
    assert "DigiCert, public" in done.out


# --- for a product ------------------------------------------------------------------------------------------------


def test_without_a_product_nothing_is_judged_and_the_certificate_is_described(lab: Lab, files: Path) -> None:
    done = inspect(lab, files / "server.pem")
    assert done.code == 0
    assert "S-   DigiCert, public" in done.out
    assert "Nothing judged" in done.out
    assert "name it, for example --as expressway-e" in done.err


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("cms@", "found no release behind 'cms@'; write it like \"3.10\", or leave the @ out"),
        ("cucm@banana", "found release 'banana'; write it like \"14SU3\""),
        ("cms@banana", "found release 'banana'; write it like \"3.10\""),
    ],
)
def test_a_release_that_is_none_is_refused_in_one_sentence(lab: Lab, files: Path, role: str, why: str) -> None:
    done = inspect(lab, files / "server.pem", "--as", role)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"ekuscan: --as: {why}\n"


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("cms@9.9", "No source names this release"),
        ("cube@99.1", "it is judged as 26.1.1"),
        ("cucm@99SU1", "it is judged as 15SU5"),
        ("contact-center@15.0(1)SU2", "15.0(1)SU2 is promised"),
        ("expressway-c@X9", "it is judged as one of X14"),
        ("cms@3.10", None),
        ("cube@17.12.4", None),
        ("cucm@15", None),
        ("expressway-c@X15.4", None),
    ],
)
def test_a_release_that_no_source_names_is_told(lab: Lab, files: Path, role: str, told: str | None) -> None:
    err = inspect(lab, files / "server.pem", "--as", role).err
    assert (told in err) if told is not None else ("source names" not in err and "promised" not in err)


@pytest.mark.parametrize("role", ["cms", "cms@3.10"])
def test_a_meeting_server_is_judged_and_told_to_have_no_notice(lab: Lab, files: Path, role: str) -> None:
    done = inspect(lab, files / "server.pem", "--as", role)
    assert done.code == 0
    assert "AT RISK" in done.out
    assert "Cisco has published no notice for CMS" in " ".join(done.out.split())
    assert "Nothing judged" not in done.out


@pytest.mark.parametrize(
    ("role", "example"),
    [
        ("webex", "{use_case: sip-trunk, from: PEER, to: NAME}"),
        ("generic", "{use_case: mutual-tls, from: NAME, to: PEER}"),
        ("outside", "{use_case: mutual-tls, from: NAME, to: PEER}"),
    ],
)
def test_a_far_end_is_judged_by_its_connections_and_is_told_how_to_write_one(
    lab: Lab, files: Path, role: str, example: str
) -> None:
    done = inspect(lab, files / "server.pem", "--as", role)
    words = " ".join(done.out.split())
    assert done.code == 3
    assert example in words
    assert f"Write NAME: {{role: {role}, slots: {{certificate: server.pem}}}}" in words
    assert "Nothing judged" not in done.out


def test_a_certificate_for_servers_only_is_refused_and_breaks_the_traversal_zone_on_x15_4(
    lab: Lab, files: Path
) -> None:
    found = document(lab, files / "server.pem", "--as", "expressway-c@X15.4")
    told = outcomes(found)
    assert found["summary"]["exit"] == 1
    assert (told["X29"], told["X11"]) == ("breaks-now", "breaks-now")
    assert {one["target"] for one in found["verdicts"]} == {"server.pem"}


def test_a_private_certificate_with_both_ekus_is_fine_there(lab: Lab, files: Path) -> None:
    found = document(lab, files / "private.pem", "--as", "expressway-c@X15.4")
    told = outcomes(found)
    assert (told["X29"], told["X11"]) == ("ok", "ok")
    assert found["summary"]["exit"] == 0


@pytest.mark.parametrize(("role", "told"), [("cucm@15", False), ("cms", True), ("expressway-c@X15.4", False)])
def test_it_is_told_where_no_rule_says_what_a_product_refuses(lab: Lab, files: Path, role: str, told: bool) -> None:
    done = inspect(lab, files / "server.pem", "--as", role)
    assert ("no rule says what" in done.err) is told


def test_a_setting_changes_the_answer(lab: Lab, files: Path) -> None:
    where = (files / "server.pem", "--as", "expressway-e@X15.4", "--set", "upload_via=gui")
    answers = [upload(document(lab, *where, "--set", f"server_eku_upload={value}")) for value in ("off", "on")]
    assert answers == ["breaks-now", "ok"]


def upload(found: dict[str, Any]) -> str:
    (answer,) = (one["outcome"] for one in found["verdicts"] if one["use_case"] == "upload-server")
    return str(answer)


def test_the_slot_decides_what_a_certificate_has_to_be_fit_for(lab: Lab, files: Path) -> None:
    where = (files / "server.pem", "--as", "expressway-c@X15.5")
    client = document(lab, *where, "--slot", "client")
    server = document(lab, *where, "--slot", "server")
    assert {one["slot"] for one in client["verdicts"]} == {"client"}
    assert outcomes(client)["X33"] == "breaks-now"
    assert (client["summary"]["exit"], server["summary"]["exit"]) == (1, 0)


@pytest.mark.parametrize(
    ("role", "slot", "why"),
    [
        ("expressway-c@X15.5", "client", "The upgrade to X15.5 copies the old certificate into both stores."),
        ("cube@26.1.1", "client-trustpoint", "that names no client trustpoint uses the server's for both directions."),
    ],
)
def test_a_slot_of_its_own_that_decides_is_asked_for(lab: Lab, files: Path, role: str, slot: str, why: str) -> None:
    told = inspect(lab, files / "server.pem", "--as", role).err
    assert f"inspect that certificate with --slot {slot}. " in told
    assert why in told
    assert f"--slot {slot}" not in inspect(lab, files / "server.pem", "--as", role, "--slot", slot).err


@pytest.mark.parametrize(
    ("role", "slot", "rule"),
    [
        ("expressway-c@X15.5", "client", "X11"),
        ("expressway-e@X15.5", "client", "X04"),
        ("cube@26.1.1", "client-trustpoint", "CB01"),
    ],
)
def test_what_hangs_on_a_slot_that_nobody_gave_is_unknown_and_not_fine(
    lab: Lab, files: Path, role: str, slot: str, rule: str
) -> None:
    found = document(lab, files / "both.pem", "--as", role)
    assert (outcomes(found)[rule], found["summary"]["exit"]) == ("unknown", 3)
    (problem,) = (one for one in found["problems"] if rule in one["rules"])
    assert f"with --slot {slot}" in problem["action"]
    main = found["targets"][0]["slots"][0]["slot"]
    both = document(lab, files / "both.pem", "--as", role, "--slot", main, "--slot", slot)
    assert outcomes(both)[rule] != "unknown"
    assert rule not in outcomes(document(lab, files / "both.pem", "--as", role, "--slot", main))


def test_no_other_slot_is_asked_for_where_one_certificate_serves_both(lab: Lab, files: Path) -> None:
    assert "--slot" not in inspect(lab, files / "server.pem", "--as", "expressway-c@X15.4").err


def test_nobody_is_asked_about_a_slot_that_the_file_is_not_meant_for(lab: Lab, files: Path) -> None:
    done = inspect(lab, files / "both.pem", "--as", "expressway-c@X15.5", "--slot", "client")
    assert "Which certificate is in the" not in done.out


def test_the_threshold_and_the_outputs_are_those_of_scan(lab: Lab, files: Path, tmp_path: Path) -> None:
    where = (files / "both.pem", "--as", "expressway-c@X15.4")
    assert inspect(lab, *where).code == 0
    assert inspect(lab, *where, "--fail-on", "breaks-at-renewal").code == 1
    done = inspect(lab, *where, "-o", tmp_path / "a.json", "-o", tmp_path / "b.jsonl", "-o", tmp_path / "c.txt")
    lines = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [lines[0]["type"], lines[-1]["type"]] == ["run", "summary"]
    assert (tmp_path / "c.txt").read_text(encoding="utf-8").splitlines()[4:] == done.out.splitlines()[4:]
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["summary"]["exit"] == 0


@pytest.mark.parametrize("role", ["expressway-e", "cucm", "imp", "unity-connection", "cer", "cms", "cube", "generic"])
def test_every_role_is_judged_without_a_release_and_fits_80_columns(lab: Lab, files: Path, role: str) -> None:
    done = inspect(lab, files / "both.pem", files / "server.pem", "--as", role, "-v")
    assert done.code in (0, 1, 3)
    assert [line for line in done.err.splitlines() if "no rule says what" not in line] == []
    assert not too_wide(done.out)


def test_a_process_of_its_own_reads_a_pipe(lab: Lab, files: Path) -> None:
    done = separately(*inside(lab, "inspect", "-"), stdin=(files / "both.pem").read_bytes())
    assert done.code == 0
    assert [line for line in done.err.splitlines() if "name it, for example --as" not in line] == []
    assert "DigiCert, public" in done.out
