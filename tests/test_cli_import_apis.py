"""Appliances of the lab as sources of an import: what their APIs tell ends in a targets file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from tests.command import TODAY, refused, run


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as running:
        yield running


@pytest.fixture
def file(lab: Lab, tmp_path: Path) -> Path:
    """The lab's targets without releases and connections, in a folder that may be written to."""
    text = lab.targets_file.read_text(encoding="utf-8").partition("\nconnections:")[0]
    path = tmp_path / "targets.yaml"
    path.write_text(re.sub(r"\n    release: .*", "", text) + "\n", encoding="utf-8")
    for root in lab.directory.glob("*root*.pem"):
        (tmp_path / root.name).write_bytes(root.read_bytes())
    return path


def own_login(lab: Lab, folder: Path, more: str) -> Path:
    """A credentials file with the lab's log-in for all and something more."""
    path = folder / "credentials.toml"
    text = lab.credentials_file.read_text(encoding="utf-8")
    path.write_text(
        text.replace("all-roots.pem", (lab.directory / "all-roots.pem").as_posix()) + more, encoding="utf-8"
    )
    path.chmod(0o600)
    return path


def url(lab: Lab, name: str) -> str:
    endpoint = lab.endpoint(name, 443)
    return f"https://{endpoint.host}:{endpoint.port}"


def test_release_and_zones_of_appliances_end_in_the_file_and_asking_again_changes_nothing(lab: Lab, file: Path) -> None:
    urls = [url(lab, name) for name in ("exp-c1", "exp-e1", "cms1")]
    done = run("import", *urls, "-f", file, "--credentials", lab.credentials_file)
    assert done.code == 0, done.err
    text = file.read_text(encoding="utf-8")
    checked = run("targets", "check", "-f", file)
    assert checked.code == 0, checked.err
    releases = {box.name: box.release for box in lab.estate.boxes}
    for name in ("exp-c1", "exp-e1", "cms1"):
        assert re.search(rf"^{name}  \S+  {re.escape(releases[name] or '')}  ", checked.out, re.MULTILINE), name
    # E has a traversal zone for each C, which names that one.
    assert "uc-traversal  exp-c1 > edge" in checked.out
    assert "verify_name=exp-c1.lab.example" in checked.out
    again = run("import", *urls, "-f", file, "--credentials", lab.credentials_file)
    assert (again.code, file.read_text(encoding="utf-8")) == (0, text)
    assert "unchanged" in again.err


def test_no_certificate_of_a_port_is_written_beside_the_file(lab: Lab, file: Path) -> None:
    before = sorted(file.parent.iterdir())
    assert run("import", url(lab, "exp-c1"), "-f", file, "--credentials", lab.credentials_file).code == 0
    assert sorted(file.parent.iterdir()) == before


def test_a_box_of_no_file_needs_its_role_and_then_stands_in_the_text(lab: Lab, tmp_path: Path) -> None:
    source = url(lab, "cms1")
    assert "its role is not known; write --role" in refused(
        run("import", source, "--credentials", lab.credentials_file)
    )
    unknown = run("import", source, "--role", "cms", "--credentials", lab.credentials_file)
    assert unknown.code == 3
    assert "cannot be verified" in unknown.err
    (pin,) = re.findall(r'sha256 = "[0-9a-f]{64}"', unknown.err)
    done = run("import", source, "--role", "cms", "--credentials", own_login(lab, tmp_path, f"[role.cms]\n{pin}\n"))
    assert done.code == 0, done.err
    assert 'role: cms, release: "3.9"' in done.out


def test_a_wrong_password_leaves_the_box_unseen_and_the_others_in(lab: Lab, file: Path, tmp_path: Path) -> None:
    wrong = own_login(lab, tmp_path, '[target.exp-c1]\nuser = "ekuscan"\npassword = "wrong"\n')
    password = next(iter(re.findall(r'password = "([^"]+)"', wrong.read_text(encoding="utf-8"))))
    done = run("import", url(lab, "exp-c1"), url(lab, "cms1"), "-f", file, "--credentials", wrong)
    assert done.code == 3, done.err
    assert "exp-c1: /api/" in done.err
    assert "(401)" in done.err
    text = file.read_text(encoding="utf-8")
    assert 'release: "3.9"' in text
    assert password not in done.out + done.err + text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("http://exp-c1.example.com", "an appliance is asked over https alone"),
        ("https://user@exp-c1.example.com", "leave out the user name"),
        ("https://", "write a host name"),
        ("https://exp c1", "write a host name"),
    ],
)
def test_an_address_that_is_none_is_one_sentence(lab: Lab, source: str, words: str) -> None:
    assert words in refused(run("import", source, "--role", "cms", "--credentials", lab.credentials_file))


def test_an_appliance_without_a_log_in_is_one_sentence() -> None:
    assert "add --credentials" in refused(run("import", "https://exp-c1.example.com"))


def test_a_box_behind_a_proxy_is_not_asked(lab: Lab, file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + 'proxy: "http://127.0.0.1:9"\n', encoding="utf-8")
    done = run("import", url(lab, "exp-c1"), "-f", file, "--credentials", lab.credentials_file)
    assert "reached through a proxy" in refused(done)
