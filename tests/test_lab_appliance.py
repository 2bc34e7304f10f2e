from __future__ import annotations

import socket
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from ekuscan.certificates import parse
from ekuscan.lab.authority import Leaf, issue, new_root
from ekuscan.lab.estate import Box, Estate, SlotPlan, estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.lab.talk import MAX_REQUEST, Manners, Page, http_answer, next_message, sip_answer
from tests.lab_client import PATIENCE, dial

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
OPTIONS = (
    b"OPTIONS sip:lab.example SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\nMax-Forwards: 0\r\n"
    b"From: <sip:a@lab.example>;tag=1\r\nTo: <sip:lab.example>\r\nCall-ID: 1@lab\r\nCSeq: 1 OPTIONS\r\n"
    b"Content-Length: 0\r\n\r\n"
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with open_lab(estate("before"), tmp_path_factory.mktemp("lab"), TODAY) as running:
        yield running


def client(lab, eku, ca="digicert"):
    leaf = Leaf("client.lab.example", TODAY - timedelta(days=9), TODAY + timedelta(days=90), eku)
    return issue(lab.worlds[ca].issuing, leaf)


def tls_endpoints(lab):
    return [one for one in lab.endpoints if one.state == "open" and one.protocol != "sip-udp"]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_every_port_asks_for_a_certificate_as_its_facts_say(lab, version):
    assert len(tls_endpoints(lab)) >= 25
    for endpoint in tls_endpoints(lab):
        required = endpoint.request == "required"
        seen = dial(endpoint, version=version, wait=required)
        assert seen.asked == (endpoint.request != "none"), endpoint.id
        assert seen.alerts == ([116 if version == "TLSv1.3" else 40] if required else []), endpoint.id
        assert seen.finished or required, endpoint.id


def test_every_port_presents_the_chain_of_its_slot_also_when_it_refuses(lab):
    for endpoint in tls_endpoints(lab):
        assert dial(endpoint).chain == endpoint.chain, endpoint.id
        assert endpoint.chain == lab.credentials[endpoint.target, endpoint.slot].ders


def test_openssl_s_client_sees_the_same_chain(lab):
    endpoint = lab.endpoint("exp-e1", 5061)
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{endpoint.host}:{endpoint.port}", "-showcerts"],
        input=b"",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    presented = done.stdout.split(b"Server certificate")[0]
    certificates = lab.credentials["exp-e1", "server"].pem.split(b"-----END CERTIFICATE-----\n")
    assert presented.count(b"BEGIN CERTIFICATE") == len(endpoint.chain) == 2
    assert all(certificate in presented for certificate in certificates)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("eku", ["both", "client", "absent"])
def test_a_checking_port_takes_a_certificate_fit_for_clients(lab, version, eku):
    seen = dial(lab.endpoint("exp-e1", 7001), credential=client(lab, eku), version=version, say=OPTIONS)
    assert seen.data.startswith(b"SIP/2.0 200 OK\r\n")
    assert seen.alerts == []


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("eku", ["server", "any"])
def test_a_checking_port_refuses_one_without_client_authentication_by_alert_43(lab, version, eku):
    seen = dial(lab.endpoint("exp-e1", 7001), credential=client(lab, eku), version=version, wait=True)
    assert seen.alerts == [43]
    assert seen.data == b""


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_port_that_does_not_check_takes_it(lab, version):
    seen = dial(lab.endpoint("cube1", 5061), credential=client(lab, "server"), version=version, say=OPTIONS)
    assert b"Server: Cisco-SIPGateway/IOS-17.12.4\r\n" in seen.data


def test_a_client_under_an_issuer_for_servers_only_is_refused_as_well(lab):
    seen = dial(lab.endpoint("exp-e1", 7001), credential=client(lab, "both", "lets-encrypt"), wait=True)
    assert seen.alerts == [43]


@pytest.mark.parametrize("target", ["exp-e1", "cube1"])
def test_not_checking_the_purpose_is_not_trusting_everybody(lab, target):
    stranger = issue(new_root("Stranger", TODAY), Leaf("c", TODAY, TODAY + timedelta(days=9), "both"))
    endpoint = lab.endpoint(target, 7001 if target == "exp-e1" else 5061)
    assert dial(endpoint, credential=stranger, wait=True).alerts == [48]


def test_an_expired_client_certificate_is_refused(lab):
    leaf = Leaf("client.lab.example", TODAY - timedelta(days=9), TODAY - timedelta(days=1), "both")
    seen = dial(lab.endpoint("exp-e1", 7001), credential=issue(lab.worlds["corp"].issuing, leaf), wait=True)
    assert seen.alerts == [45]


def test_client_certificates_are_judged_as_of_the_labs_today_and_not_of_the_clock(tmp_path):
    far = datetime(2061, 1, 1, tzinfo=UTC)
    box = Box("e", "expressway-e", "X15.4", only=(7001,))
    with open_lab(Estate("t", "t", "t", (box,)), tmp_path, far) as lab:
        leaf = Leaf("client.lab.example", far - timedelta(days=9), far + timedelta(days=90), "both")
        credential = issue(lab.worlds["corp"].issuing, leaf)
        assert dial(lab.endpoint("e", 7001), credential=credential, say=OPTIONS).data


def test_ca_names_are_sent_where_the_table_says_so(lab):
    assert dial(lab.endpoint("exp-e1", 7001)).names == len(lab.worlds)
    assert dial(lab.endpoint("exp-e1", 5061)).names == 0


@pytest.mark.parametrize(
    ("target", "agent"),
    [
        ("exp-e1", b"TANDBERG/4137 (X14.3.7)"),
        ("exp-c1", b"TANDBERG/4137 (X14.3.7)"),
        ("cucm1", b"Cisco-CUCM14.0"),
        ("cms1", b"Acano CallBridge"),
        ("cube1", b"Cisco-SIPGateway/IOS-17.12.4"),
    ],
)
def test_sip_over_tls_tells_the_product(lab, target, agent):
    endpoint = lab.endpoint(target, 5061)
    answer = dial(endpoint, credential=client(lab, "both"), say=OPTIONS).data
    assert b"\r\nServer: " + agent + b"\r\n" in answer
    assert endpoint.agent == agent.decode()


def test_sip_over_udp_tells_the_product_too(lab):
    endpoint = lab.endpoint("cucm1", 5060)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(PATIENCE)
        plain.sendto(OPTIONS, (endpoint.host, endpoint.port))
        answer, _ = plain.recvfrom(4096)
    assert b"Server: Cisco-CUCM14.0\r\n" in answer
    assert endpoint.counters.requests == 1


def test_im_and_presence_asks_on_5062_only(lab):
    assert not dial(lab.endpoint("imp1", 5061)).asked
    assert dial(lab.endpoint("imp1", 5062)).asked


def test_unified_cm_tells_its_version_over_uds(lab):
    answer = dial(lab.endpoint("cucm1", 8443), say=b"GET /cucm-uds/version HTTP/1.1\r\nHost: x\r\n\r\n", wait=True)
    assert answer.data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"<version>14.0.1</version>" in answer.data


def test_meeting_server_asks_for_a_password_in_its_realm(lab):
    answer = dial(lab.endpoint("cms1", 445), say=b"GET /api/v1/system/status HTTP/1.1\r\nHost: x\r\n\r\n", wait=True)
    assert answer.data.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b'WWW-Authenticate: Basic realm="acano"' in answer.data


def test_a_tomcat_certificate_that_is_reused_shows_on_both_ports(lab):
    assert lab.endpoint("cucm1", 8443).chain == lab.endpoint("cucm1", 5061).chain


def test_the_web_page_of_cube_has_a_self_signed_certificate_of_its_own(lab):
    web = lab.endpoint("cube1", 443).chain
    assert len(web) == 1
    assert parse(web[0]).record.issuer == parse(web[0]).record.subject


def test_what_happened_is_counted(tmp_path):
    with open_lab(Estate("t", "t", "t", (Box("cube1", "cube", "17.12.4"),)), tmp_path, TODAY) as lab:
        endpoint = lab.endpoint("cube1", 5061)
        dial(endpoint, wait=True, name="sip.lab.example")
        dial(endpoint, credential=client(lab, "both"), say=OPTIONS)
        counters = endpoint.counters
    assert (counters.connections, counters.hellos, counters.handshakes, counters.failed) == (2, 2, 1, 1)
    assert (counters.requests, counters.last_request) == (1, OPTIONS)
    assert (counters.open, counters.at_once) == (0, 1)
    assert counters.server_name == "client.lab.example"


def test_a_box_can_differ_from_its_role(tmp_path):
    plan = SlotPlan("corp", "client", ends_in=3, valid_for=9, key="rsa")
    box = Box(
        "e", "expressway-e", "X15.5", slots={"*": plan}, requests={443: "required"}, checks_eku=False, only=(443,)
    )
    with open_lab(Estate("t", "t", "t", (box,)), tmp_path, TODAY) as lab:
        (endpoint,) = lab.endpoints
        assert dial(endpoint, credential=client(lab, "server"), say=b"GET / HTTP/1.1\r\n\r\n", wait=True).data
        assert "RSA" in parse(endpoint.chain[0]).record.key
        assert not endpoint.checks_eku


def test_a_response_repeats_what_a_user_agent_must_repeat():
    answer = sip_answer(OPTIONS, Manners(agent="A"))
    assert answer is not None
    lines = answer.split(b"\r\n")
    assert lines[:6] == [
        b"SIP/2.0 200 OK",
        b"Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1",
        b"From: <sip:a@lab.example>;tag=1",
        b"To: <sip:lab.example>;tag=lab",
        b"Call-ID: 1@lab",
        b"CSeq: 1 OPTIONS",
    ]


def test_only_requests_that_want_an_answer_get_one():
    assert sip_answer(OPTIONS.replace(b"OPTIONS", b"ACK"), Manners()) is None
    assert sip_answer(OPTIONS, Manners(sip_status=None)) is None
    assert sip_answer(b"\x16\x03\x01garbage", Manners()) is None
    assert sip_answer(b"SIP/2.0 200 OK\r\n\r\n", Manners()) is None
    invite = sip_answer(OPTIONS.replace(b"OPTIONS", b"INVITE"), Manners())
    assert invite is not None
    assert invite.startswith(b"SIP/2.0 405 ")


def test_messages_are_cut_by_their_length_and_keep_alives_are_dropped():
    whole = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc"
    buffer = bytearray(b"\r\n\r\n" + whole + OPTIONS + b"OPTIONS")
    assert [next_message(buffer), next_message(buffer), next_message(buffer)] == [whole, OPTIONS, None]
    assert buffer == b"OPTIONS"


def test_the_longest_path_decides_about_a_page():
    manners = Manners(pages={"/": Page(200, "root"), "/api": Page(401, "api")})
    assert http_answer(b"GET /api/v1 HTTP/1.1\r\n\r\n", manners).endswith(b"api")
    assert http_answer(b"GET /x HTTP/1.1\r\n\r\n", manners).endswith(b"root")
    assert http_answer(b"GET / HTTP/1.1\r\n\r\n", Manners()).startswith(b"HTTP/1.1 404")
    assert http_answer(b"\r\n", manners).startswith(b"HTTP/1.1 400")


def test_a_request_without_end_is_cut_off(lab):
    seen = dial(lab.endpoint("exp-e1", 5061), say=b"A" * (MAX_REQUEST + 20000), wait=True)
    assert seen.finished
    assert seen.data == b""
