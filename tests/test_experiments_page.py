"""What the page on experiments tells people to run, and the answers that it explains."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import get_args

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan.client_pairs import read_pair
from ekuscan.model import Enforces
from ekuscan.trials import arrange
from ekuscan.untrusted import untrusted
from tests import pki
from tests.command import run
from tests.loopback import NOW
from tests.real_servers import program

PAGE = (Path(__file__).parent.parent / "docs" / "experiments.md").read_text(encoding="utf-8")
COMMANDS = re.search(r"```sh\n(umask.*?)```", PAGE, re.DOTALL)[1]


def test_the_commands_of_the_page_make_a_pair_that_differs_in_its_eku_alone(tmp_path):
    program("openssl")
    ca = pki.root("Own CA")
    (tmp_path / "ca.pem").write_bytes(pki.pem(ca.der))
    key = ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ca.key").write_bytes(key)
    subprocess.run(("sh", "-e", "-c", COMMANDS), cwd=tmp_path, check=True, capture_output=True, timeout=60)
    pairs = [
        read_pair(name, tmp_path / f"{name}.pem", tmp_path / "client.key", None, NOW)
        for name in ("without-clientauth", "with-clientauth")
    ]
    found = arrange([pair.identity for pair in pairs], untrusted(NOW), NOW)
    assert (found.able.name, found.unable.name) == ("with-clientauth", "without-clientauth")
    assert (found.same_ca, found.differences) == (True, ())


def test_the_command_of_the_page_presents_the_pair_that_it_made(monkeypatch):
    scan = re.search(r"```sh\n(ekuscan scan.*?)```", PAGE, re.DOTALL)[1]
    requests = []
    monkeypatch.setattr("ekuscan.cli.scan.scan", lambda request: requests.append(request) or 0)
    assert run(*shlex.split(scan)[1:]).code == 0
    (request,) = requests
    assert [path.stem for path in request.client_certs] == re.search(r"for one in (.*);", COMMANDS)[1].split()
    assert [str(path) for path in request.client_keys] == re.findall(r"-keyout (\S+)", COMMANDS)


def test_the_page_explains_every_answer():
    assert [word for word in get_args(Enforces) if f"| `{word}` |" not in PAGE] == []


def test_the_page_gives_the_name_of_the_control_as_logs_show_it():
    control = untrusted(NOW).both.chain[0]
    (name,) = re.findall(r"`CN=([^`]*)`", PAGE)
    assert name.encode() in control
