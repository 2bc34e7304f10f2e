"""Client certificates on the command line and in the targets file: what is presented, proved and refused."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from ekuscan.cli.client_certificates import with_client_certificates
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.limits import SweepLimits
from ekuscan.model import Inventory, Target
from tests.command import TODAY, Done, refused, scan
from tests.pki import Issued, issue, pem, root


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


def pair(lab: Lab, name: str) -> list[str]:
    """The options that present a certificate of the lab."""
    folder = lab.targets_file.parent
    return ["--client-cert", str(folder / f"{name}.pem"), "--client-key", str(folder / f"{name}.key")]


@pytest.fixture(scope="module")
def tried(lab: Lab) -> Done:
    return scan(lab, "--format", "json", *pair(lab, "cube1.trustpoint"), *pair(lab, "exp-c1.server"))


def enforcement(document: dict[str, Any]) -> dict[tuple[str, int], str]:
    """What was proved, by target and known port, of the ports that asked for a certificate."""
    return {
        (one["target"], one["profile_port"]): one["enforcement"]["value"]
        for one in document["endpoints"]
        if one["enforcement"] and any(sight["presented_as"] for sight in one["sights"])
    }


def test_it_is_proved_which_peers_enforce_client_auth(tried: Done) -> None:
    found = enforcement(tried.document)
    assert found["exp-e1", 7001] == "enforces"
    assert found["cucm1", 5061] == "enforces"
    assert found["cube1", 5061] == "ignores"
    assert ("exp-e1", 443) not in found


def test_what_was_proved_comes_before_the_tables(lab: Lab, tried: Done) -> None:
    def cube(document: dict[str, Any]) -> dict[str, Any]:
        (found,) = [one for one in document["verdicts"] if one["rule"] == "X19" and "cube1" in one["id"]]
        return dict(found)

    before, after = cube(scan(lab, "--format", "json").document), cube(tried.document)
    assert before["outcome"] == "depends"
    assert after["outcome"] == "ok"
    assert any(one["from"] == "observed" and "client_eku" in one["fact"] for one in after["because"])


def test_every_trial_stands_among_the_sights(tried: Done) -> None:
    (seen,) = [one for one in tried.document["endpoints"] if (one["target"], one["profile_port"]) == ("cube1", 5061)]
    presented = [sight["presented_as"] for sight in seen["sights"]]
    assert presented[0] is None
    assert presented[1:] == ["cube1.trustpoint", "exp-c1.server", "control:untrusted"]
    assert seen["sights"][3]["failure"]["reason"] == "certificate-refused"
    assert (seen["status"], seen["sights"][0]["client_certificate"]["request"]) == ("seen", "required")


def test_without_certificates_nothing_is_presented(lab: Lab) -> None:
    document = scan(lab, "--format", "json").document
    assert {sight["presented_as"] for one in document["endpoints"] for sight in one["sights"]} == {None}
    assert {str(one["enforcement"]) for one in document["endpoints"]} == {"None"}


def test_a_targets_file_says_to_whom_a_certificate_is_presented(lab: Lab) -> None:
    written = lab.targets_file.with_name("with-pairs.yaml")
    text = lab.targets_file.read_text(encoding="utf-8")
    text = text.replace("  exp-e1:\n", "  exp-e1:\n    client_certificates: [lab]\n", 1)
    files = "{certificate: cube1.trustpoint.pem, key: cube1.trustpoint.key}"
    written.write_text(f"{text}\nclient_certificates:\n  lab: {files}\n", encoding="utf-8")
    done = scan(lab, "-f", written, "--format", "json")
    assert {target for target, _ in enforcement(done.document)} == {"exp-e1"}


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.fixture
def client() -> Issued:
    return issue("client.example", root("Client Root"))


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def key(issued: Issued, password: bytes | None = None) -> bytes:
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    return issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def test_a_key_that_others_may_read_is_refused_with_what_to_do(lab: Lab, client: Issued, tmp_path: Path) -> None:
    certificate = write(tmp_path / "client.pem", pem(client.der))
    open_key = write(tmp_path / "client.key", key(client), 0o640)
    told = refused(scan(lab, "--client-cert", certificate, "--client-key", open_key))
    assert str(open_key) in told
    assert "chmod 600" in told
    assert stat.S_IMODE(open_key.stat().st_mode) == 0o640


def test_certificates_and_keys_that_do_not_pair_are_counted(lab: Lab, client: Issued, tmp_path: Path) -> None:
    both = write(tmp_path / "client.pem", pem(client.der) + key(client))
    told = refused(scan(lab, *["--client-cert", both] * 3, *["--client-key", both] * 2))
    assert told.startswith("3 --client-cert and 2 --client-key: ")
    assert "0 --client-cert and 1 --client-key" in refused(scan(lab, "--client-key", both))


def test_one_key_is_enough_for_all_certificates(lab: Lab, client: Issued, tmp_path: Path) -> None:
    one, other = (write(tmp_path / f"{name}.pem", pem(client.der)) for name in ("one", "other"))
    only = write(tmp_path / "client.key", key(client))
    done = scan(lab, "--client-cert", one, "--client-cert", other, "--client-key", only, "--format", "json")
    named = {sight["presented_as"] for seen in done.document["endpoints"] for sight in seen["sights"]}
    assert {"one", "other"} <= named


def test_the_password_of_a_key_for_all_is_asked_for_once(
    client: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (write(tmp_path / f"{name}.pem", pem(client.der)) for name in ("one", "other"))
    only = write(tmp_path / "client.key", key(client, b"secret"))
    questions: list[str] = []

    def answered(question: str) -> str:
        questions.append(question)
        return "secret"

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", answered)
    target = Target("box", "generic", "declared", None, "default")
    request = ScanRequest(client_certs=(one, other), client_keys=(only,))
    limits = with_client_certificates(SweepLimits(), request, Inventory((target,)), TODAY)
    assert [identity.name for identity in limits.of("box").identities] == ["one", "other"]
    assert questions == [f"Password of {only}: "]


def test_two_files_of_one_name_are_told_apart(lab: Lab, client: Issued, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    first = write(tmp_path / "client.pem", pem(client.der) + key(client))
    second = write(tmp_path / "a" / "client.pem", pem(client.der) + key(client))
    done = scan(lab, "--client-cert", first, "--client-cert", second, "--format", "json")
    named = {sight["presented_as"] for one in done.document["endpoints"] for sight in one["sights"]}
    assert {"client", "client-2"} <= named


def test_an_encrypted_key_needs_its_password(lab: Lab, client: Issued, tmp_path: Path) -> None:
    both = write(tmp_path / "client.pem", pem(client.der) + key(client, b"secret"))
    told = refused(scan(lab, "--client-cert", both))
    assert "EKUSCAN_PASSWORD" in told
    assert "secret" not in told


@pytest.mark.parametrize("missing", ["nothing.pem", "."])
def test_a_file_that_is_none_is_refused(lab: Lab, tmp_path: Path, missing: str) -> None:
    assert "Traceback" not in refused(scan(lab, "--client-cert", tmp_path / missing))


def test_a_key_of_another_certificate_is_refused(lab: Lab, client: Issued, tmp_path: Path) -> None:
    other = issue("other.example", root("Client Root"))
    certificate = write(tmp_path / "client.pem", pem(client.der))
    strange = write(tmp_path / "client.key", key(other))
    assert str(tmp_path) in refused(scan(lab, "--client-cert", certificate, "--client-key", strange))
