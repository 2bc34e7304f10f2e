"""The API of the lab's appliances: closed without its log-in, and the log-in in a file of one's own."""

from __future__ import annotations

import base64
import json
import stat
import sys
from datetime import UTC, datetime

import pytest

from ekuscan.certificate_files import read_certificates
from ekuscan.lab.api import ApiLogin
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from tests.lab_client import dial

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with open_lab(estate("before"), tmp_path_factory.mktemp("lab"), TODAY) as running:
        yield running


def get(lab, target, port, path, login=None):
    header = f"Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n" if login else ""
    say = f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode()
    head, _, body = dial(lab.endpoint(target, port), say=say, wait=True).data.partition(b"\r\n\r\n")
    return head, body


def right(lab):
    return f"{lab.login.user}:{lab.login.password}"


@pytest.mark.parametrize(
    ("target", "port", "path", "realm"),
    [
        ("exp-c1", 443, "/api/provisioning/sysinfo", b'"Lab"'),
        ("exp-c1", 443, "/api/provisioning/certs/server", b'"Lab"'),
        ("cms1", 445, "/api/v1/system/status", b'"acano"'),
    ],
)
def test_the_api_answers_its_log_in_and_nobody_else(lab, target, port, path, realm):
    for login in (None, "ekuscan:wrong", f"other:{lab.login.password}"):
        head, body = get(lab, target, port, path, login)
        assert head.startswith(b"HTTP/1.1 401 ")
        assert b"WWW-Authenticate: Basic realm=" + realm in head
        assert body == b""
    head, body = get(lab, target, port, path, right(lab))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body


def test_zones_are_those_of_the_estates_connections(lab):
    path = "/api/provisioning/common/zone/neighborzone"
    zones = json.loads(get(lab, "exp-c1", 443, path, right(lab))[1])
    assert {(zone["PeerAddress"][0], zone["SIPTLSVerifyMode"]) for zone in zones} == {
        (f"{name}.lab.example", "On") for name in ("cucm1", "cms1", "cube1", "cuc1")
    }
    path = "/api/provisioning/edge/zone/unifiedcommunicationstraversal"
    zones = json.loads(get(lab, "exp-e1", 443, path, right(lab))[1])
    assert [zone["SIPTLSVerifySubjectName"] for zone in zones] == ["exp-c1.lab.example", "exp-c2.lab.example"]


def test_the_certificate_is_the_one_in_the_server_slot(lab):
    body = get(lab, "exp-e1", 443, "/api/provisioning/certs/server", right(lab))[1]
    assert tuple(read_certificates(body, "answer")) == lab.credentials["exp-e1", "server"].ders


def test_the_web_page_needs_no_log_in(lab):
    assert get(lab, "exp-c1", 443, "/")[0].startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_the_log_in_stands_in_a_file_that_nobody_else_may_read(lab):
    assert stat.S_IMODE(lab.credentials_file.stat().st_mode) == 0o600
    assert lab.login.password in lab.credentials_file.read_text(encoding="utf-8")


def test_every_lab_has_its_own_password():
    assert ApiLogin().password != ApiLogin().password
    login = ApiLogin()
    assert login.password not in repr(login)
