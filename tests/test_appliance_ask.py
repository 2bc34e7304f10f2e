"""Asking over real TLS on loopback: what comes back, and above all what is never sent."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan.appliance.ask import facts, facts_of_all
from ekuscan.appliance.facts import API_REASONS
from ekuscan.appliance.limits import ApiLimits
from ekuscan.appliance.observed import with_told_release
from ekuscan.appliance.requests import api_endpoints, requests_for, roles_with_api
from ekuscan.certificate_files import read_certificates
from ekuscan.credentials import Login, LoginSources, logins
from ekuscan.guess import guess
from ekuscan.lab.authority import Leaf, der, issue, new_root, new_subordinate
from ekuscan.lab.estate import Box, Estate, SlotPlan
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Banner, Endpoint, Inventory, Observation, Target
from ekuscan.targets.load import TargetRequest, load
from ekuscan.targets.vocabulary import UseCaseShape, Vocabulary
from tests import pki
from tests.loopback import free_port, listening

NOW = datetime.now(UTC)
SECRET = "s3cret-Wort"
LIMITS = ApiLimits(connect=5, answer=10, deadline=30)
WORDS = Vocabulary({"neighbor-zone": UseCaseShape(), "uc-traversal": UseCaseShape()})
CORE = "exp-c1", "expressway-c", "X15.4"
ESTATE = Estate(
    "t",
    "t",
    "t",
    (
        Box(*CORE, only=(443,)),
        Box("exp-e1", "expressway-e", "X15.4", only=(443,)),
        Box("cms1", "cms", "3.9", only=(443, 445)),
        Box("own1", "expressway-c", "X15.5", only=(443,), slots={"*": SlotPlan("self")}),
    ),
    ({"use_case": "uc-traversal", "from": "exp-c1", "to": "exp-e1"},),
)


@pytest.fixture
def lab(tmp_path):
    with open_lab(ESTATE, tmp_path, NOW) as running:
        yield running


def inventory_of(lab):
    return load(TargetRequest(file=lab.targets_file), WORDS, read_certificates)


def login_of(lab, **changes):
    trust = tuple(der(world.root.certificate) for world in lab.worlds.values())
    return replace(Login(lab.login.user, lab.login.password, trust=trust), **changes)


async def ask(lab, name, login):
    inventory = inventory_of(lab)
    target = next(one for one in inventory.targets if one.id == name)
    return await facts(target, api_endpoints(target, inventory.endpoints), login, inventory.trust, limits=LIMITS)


def reasons(told):
    return [failure.reason for failure in told.failures]


# --- the lab's appliances ---------------------------------------------------------------------------------------


async def test_every_box_with_a_log_in_tells_what_it_is_and_has(lab):
    inventory = inventory_of(lab)
    given = logins(LoginSources(lab.credentials_file), inventory.targets, roles_with_api(), read_certificates)
    told = await facts_of_all(inventory, given, LIMITS)
    assert list(told) == ["exp-c1", "exp-e1", "cms1", "own1"]
    core = told["exp-c1"]
    assert core.release == Banner("expressway", "X15.4", "/api/provisioning/sysinfo: X15.4")
    assert core.endpoint == lab.endpoint("exp-c1", 443).id
    assert [(zone.use_case, zone.peers) for zone in core.zones] == [("uc-traversal", ("exp-e1.lab.example",))]
    assert core.certificates == lab.credentials["exp-c1", "server"].ders
    assert core.failures == ()
    assert told["exp-e1"].zones[0].peers == ("exp-c1.lab.example",)
    assert told["cms1"].release == Banner("cms", "3.9", "/api/v1/system/status: 3.9")
    assert told["cms1"].endpoint == lab.endpoint("cms1", 445).id


async def test_the_told_release_settles_what_a_scan_takes_for_observed(lab):
    inventory = inventory_of(lab)
    told = {"exp-c1": await ask(lab, "exp-c1", login_of(lab))}
    target = replace(inventory.targets[0], release=None, release_from="default")
    seen = [
        with_told_release(Observation(endpoint, None, "seen", None, ()), told)
        for endpoint in inventory.endpoints
        if endpoint.target in ("exp-c1", "exp-e1")
    ]
    assert [observation.banner is not None for observation in seen] == [True, False]
    assert guess(target, seen).release == "X15.4"


async def test_a_wrong_password_is_sent_once_and_nothing_after_it(lab):
    told = await ask(lab, "exp-c1", login_of(lab, password=SECRET))
    assert reasons(told) == ["login-refused"]
    assert (told.endpoint, told.release, told.zones) == (None, None, ())
    counters = lab.endpoint("exp-c1", 443).counters
    assert counters.requests == 1
    assert base64.b64encode(f"ekuscan:{SECRET}".encode()) in counters.last_request


async def test_boxes_that_share_a_refused_log_in_are_not_asked_with_it(lab):
    wrong = login_of(lab, password=SECRET)
    told = await facts_of_all(inventory_of(lab), dict.fromkeys(("exp-c1", "exp-e1", "cms1"), wrong), LIMITS)
    assert reasons(told["exp-c1"]) == ["login-refused"]
    assert reasons(told["exp-e1"]) == ["login-refused-elsewhere"]
    assert "exp-c1 has refused" in told["exp-e1"].failures[0].detail
    assert reasons(told["cms1"]) == ["login-refused-elsewhere"]
    assert (told["exp-e1"].product, told["cms1"].product) == ("expressway", "cms")
    assert [lab.endpoint(*one).counters.connections for one in (("exp-e1", 443), ("cms1", 443), ("cms1", 445))] == [
        0
    ] * 3


async def test_what_one_product_takes_is_tried_at_one_box_of_another_before_the_rest(server_context):
    def respond(request):
        if b"/api/v1/" not in request:
            return page(b'{"Version": "X15.4"}') if b"sysinfo" in request else page(b"[]")
        return page(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="acano"')

    boxes = {"exp1": "expressway-c", "exp2": "expressway-c", "cms1": "cms", "cms2": "cms", "cms3": "cms"}
    targets = tuple(Target(name, role, "declared", None, "default") for name, role in boxes.items())
    async with answering(server_context, respond) as (port, requests):
        endpoints = tuple(
            replace(endpoint(port, "webadmin" if one.role == "cms" else "https"), id=one.id, target=one.id)
            for one in targets
        )
        told = await facts_of_all(Inventory(targets, endpoints=endpoints), dict.fromkeys(boxes, LOGIN), LIMITS)
    assert [told[name].release is not None for name in ("exp1", "exp2")] == [True, True]
    assert [reasons(told[name]) for name in ("cms1", "cms2", "cms3")] == [
        ["login-refused"],
        ["login-refused-elsewhere"],
        ["login-refused-elsewhere"],
    ]
    sent = [request for request in requests if b"/api/v1/" in request and b"uthorization" in request]
    assert len(sent) == 1


async def test_an_unknown_issuer_gets_no_log_in_and_the_answer_says_what_to_pin(lab):
    told = await ask(lab, "own1", login_of(lab))
    assert reasons(told) == ["not-verified"]
    assert f'sha256 = "{lab.credentials["own1", "server"].sha256}"' in told.failures[0].detail
    assert "no log-in was sent" in told.failures[0].detail
    assert lab.endpoint("own1", 443).counters.requests == 0


async def test_the_pinned_certificate_is_enough(lab):
    pin = lab.credentials["own1", "server"].sha256
    told = await ask(lab, "own1", login_of(lab, sha256=pin, trust=()))
    assert (told.release.release, reasons(told)) == ("X15.5", [])


async def test_another_certificate_than_the_pinned_one_gets_no_log_in_though_a_ca_vouches_for_it(lab):
    told = await ask(lab, "exp-c1", login_of(lab, sha256="00" * 32))
    assert reasons(told) == ["other-certificate"]
    assert lab.credentials["exp-c1", "server"].sha256 in told.failures[0].detail
    assert lab.endpoint("exp-c1", 443).counters.requests == 0


async def test_a_certificate_for_another_name_gets_no_log_in(lab):
    inventory = inventory_of(lab)
    target = inventory.targets[0]
    endpoint = replace(api_endpoints(target, inventory.endpoints)[0], server_name="other.example")
    told = await facts(target, [endpoint], login_of(lab), inventory.trust, limits=LIMITS)
    assert reasons(told) == ["not-verified"]
    assert "other.example" in told.failures[0].detail
    assert lab.endpoint("exp-c1", 443).counters.requests == 0


async def test_the_sites_own_ca_is_enough(lab):
    told = await ask(lab, "exp-c1", login_of(lab, trust=()))
    assert told.release is not None


async def test_a_box_is_asked_over_ipv6_too(tmp_path):
    box = Box("six", "expressway-c", "X15.4", only=(443,), host="::1")
    with open_lab(Estate("t", "t", "t", (box,)), tmp_path, NOW) as lab:
        told = await ask(lab, "six", login_of(lab))
        pinned = await ask(lab, "six", login_of(lab, sha256="00" * 32))
    assert (told.release.release, told.failures) == ("X15.4", ())
    assert reasons(pinned) == ["other-certificate"]


async def test_no_log_and_no_fact_holds_the_password(lab, caplog):
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):
        told = [await ask(lab, name, login_of(lab)) for name in ("exp-c1", "cms1", "own1")]
    held = base64.b64encode(f"{lab.login.user}:{lab.login.password}".encode()).decode()
    assert caplog.text
    for text in (caplog.text, repr(told), repr(lab.login)):
        assert lab.login.password not in text
        assert held not in text


# --- servers of the tests ----------------------------------------------------------------------------------------

ROOT = new_root("Test Root", NOW)
CREDENTIAL = issue(ROOT, Leaf("a", NOW - timedelta(days=1), NOW + timedelta(days=9), sans=("127.0.0.1",)))
LOGIN = Login("ops", SECRET, trust=(der(ROOT.certificate),))


@pytest.fixture(scope="module")
def server_context(tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(CREDENTIAL.key_pem + CREDENTIAL.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def endpoint(port, service="https"):
    return Endpoint(f"t:{port}/https", "t", "127.0.0.1", port, "https", None, False, service)


async def told_through(credential, trust, tmp_path):
    path = tmp_path / "server.pem"
    path.write_bytes(credential)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    async with answering(context, lambda _: page(b'{"Version": "X15.4"}')) as (port, requests):
        return await told_by(port, login=replace(LOGIN, trust=trust)), requests


async def test_an_issuing_ca_vouches_without_its_root(tmp_path):
    issuing = new_subordinate(ROOT, "Test Issuing", NOW)
    leaf = issue(issuing, Leaf("a", NOW - timedelta(days=1), NOW + timedelta(days=9), sans=("127.0.0.1",)))
    told, _ = await told_through(leaf.key_pem + leaf.pem, (der(issuing.certificate),), tmp_path)
    assert told.release is not None


async def test_a_private_ca_without_key_identifiers_vouches_too(tmp_path):
    bare = pki.root("Bare Root", key_ids=False)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    leaf = pki.issue("a", bare, names=[address], key_ids=False)
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    told, _ = await told_through(key + pki.pem(leaf.der), (bare.der,), tmp_path)
    assert told.release is not None


async def test_a_ca_that_cannot_be_read_vouches_for_nobody(tmp_path):
    told, requests = await told_through(CREDENTIAL.key_pem + CREDENTIAL.pem, (b"no certificate",), tmp_path)
    assert (reasons(told), requests) == (["not-verified"], [])


@asynccontextmanager
async def answering(context, respond):
    """A server that notes each request and answers by ``respond``: bytes, or a coroutine that writes."""
    requests = []

    async def handler(reader, writer):
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            requests.append(request)
            answer = respond(request)
            if not isinstance(answer, bytes):
                await answer(writer)
                return
            writer.write(answer)
            await writer.drain()

    async with listening(handler, context) as port:
        yield port, requests


def page(body=b"", status=b"200 OK", *headers):
    head = b"".join(header + b"\r\n" for header in headers)
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), head, body)


async def told_by(port, role="expressway-c", limits=LIMITS, login=LOGIN, services=("https",)):
    target = Target("t", role, "declared", None, "default")
    ports = port if isinstance(port, tuple) else (port,)
    endpoints = [endpoint(one, service) for one, service in zip(ports, services, strict=True)]
    return await facts(target, endpoints, login, limits=limits)


async def test_a_redirect_is_not_followed_and_ends_the_conversation(server_context):
    elsewhere = []

    async def other(reader, writer):
        elsewhere.append(await reader.read(100))

    async with listening(other, server_context) as away:
        redirect = page(b"", b"302 Found", b"Location: https://127.0.0.1:%d/login" % away)
        async with answering(server_context, lambda _: redirect) as (port, requests):
            told = await told_by(port)
    assert reasons(told) == ["redirected"]
    assert len(requests) == 1
    assert elsewhere == []


@pytest.mark.parametrize(
    ("answer", "reason", "count"),
    [
        (page(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"'), "login-refused", 1),
        (page(b"", b"403 Forbidden"), "not-allowed", 1),
        (page(b"", b"404 Not Found"), "absent", 7),
        (page(b"", b"500 Internal Server Error"), "error-answer", 7),
        (page(b"<html><title>Log in</title></html>"), "unreadable", 7),
        (page(b'{"a": '), "unreadable", 7),
        (page(b"\x00\xff" * 50), "unreadable", 7),
        (page(b"x" * 3000), "too-much", 7),
        (b"SIP/2.0 400 Bad\r\n\r\n", "unreadable", 1),
        (b"\x00" * 99, "unreadable", 1),
    ],
)
async def test_what_a_server_answers_instead_is_said_for_each_request(server_context, answer, reason, count):
    async with answering(server_context, lambda _: answer) as (port, requests):
        told = await told_by(port, limits=replace(LIMITS, body=2000))
    assert set(reasons(told)) == {reason}
    assert len(requests) == len(told.failures) == count
    assert (told.release, told.zones, told.certificates) == (None, (), ())
    assert all(failure.detail.isprintable() for failure in told.failures)


async def test_a_refusal_in_the_middle_keeps_what_came_before_it(server_context):
    def respond(request):
        return page(b'{"Version": "X15.4"}') if b"sysinfo" in request else page(b"", b"401 Unauthorized")

    async with answering(server_context, respond) as (port, requests):
        told = await told_by(port)
    assert told.release is not None
    assert reasons(told) == ["login-refused"]
    assert len(requests) == 2


async def test_the_first_path_that_tells_the_release_is_enough(server_context):
    def respond(request):
        if b"status/system" in request:
            return page(b'[{"records": [{"version": "X12.5.1"}]}]')
        return page(b"[]") if b"zone" in request else page(b"", b"404 Not Found")

    async with answering(server_context, respond) as (port, requests):
        told = await told_by(port)
    assert told.release.raw == "/api/management/status/system/: X12.5.1"
    assert not any(b"status.xml" in request for request in requests)
    assert [failure.path for failure in told.failures] == ["/api/provisioning/certs/server"]


async def test_a_body_without_end_is_cut(server_context):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    async with answering(server_context, lambda _: endless) as (port, _):
        told = await told_by(port)
    assert set(reasons(told)) == {"too-much"}


async def test_a_packed_body_is_not_unfolded(server_context):
    packed = page(gzip.compress(b'{"Version": "X15.4"}'), b"200 OK", b"Content-Encoding: gzip")
    async with answering(server_context, lambda _: packed) as (port, requests):
        told = await told_by(port)
    assert set(reasons(told)) == {"unreadable"}
    assert told.release is None
    assert b"Accept-Encoding: identity" in requests[0]


async def test_silence_ends_with_the_first_request(server_context):
    async def silent(writer):
        await writer.drain()
        await asyncio.Event().wait()

    async with answering(server_context, lambda _: silent) as (port, requests):
        told = await told_by(port, limits=replace(LIMITS, answer=0.2))
    assert reasons(told) == ["too-slow"]
    assert len(requests) == 1


async def test_a_drip_ends_with_the_time_for_the_box(server_context):
    async def dripping(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with answering(server_context, lambda _: dripping) as (port, _):
        told = await told_by(port, limits=replace(LIMITS, deadline=0.3))
    assert reasons(told) == ["too-slow"]


async def test_what_cannot_be_reached_is_said():
    told = await told_by(free_port())
    assert reasons(told) == ["not-reached"]
    target = Target("t", "cms", "declared", None, "default")
    missing = replace(endpoint(443, "webadmin"), host="nowhere.invalid")
    assert reasons(await facts(target, [missing], LOGIN, limits=LIMITS)) == ["name-unknown"]


async def test_a_server_without_tls_gets_nothing():
    heard = bytearray()

    async def plain(reader, writer):
        heard.extend(await reader.read(4096))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        heard.extend(await reader.read(4096))

    async with listening(plain) as port:
        told = await told_by(port)
    assert reasons(told) == ["tls-failed"]
    assert b"GET" not in heard


async def test_a_meeting_server_is_sent_the_log_in_only_where_it_asks_in_its_own_way(server_context):
    async with answering(server_context, lambda _: page(b"<html>Web Bridge</html>")) as (port, requests):
        told = await told_by(port, "cms")
    assert reasons(told) == ["not-asked-for"]
    assert len(requests) == 1
    assert b"uthorization" not in requests[0]


async def test_the_api_is_found_at_the_second_port_where_the_first_is_closed(server_context):
    def respond(request):
        if b"uthorization" in request:
            return page(b"<status><softwareVersion>3.9</softwareVersion></status>")
        return page(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="acano"')

    async with answering(server_context, respond) as (port, _):
        told = await told_by((free_port(), port), "cms", services=("webadmin", "https"))
    assert (told.release.release, told.failures) == ("3.9", ())
    assert told.endpoint == f"t:{port}/https"


async def test_every_request_is_a_get_with_the_log_in_and_nothing_else(server_context):
    async with answering(server_context, lambda _: page(b"[]")) as (port, requests):
        await told_by(port)
    expected = b"Basic " + base64.b64encode(f"ops:{SECRET}".encode())
    assert [request.split(b" ")[:2] for request in requests] == [
        [b"GET", row.path.encode()] for row in requests_for("expressway-c")
    ]
    assert all(b"Authorization: " + expected in request for request in requests)


async def test_a_proxy_of_the_environment_never_sees_the_log_in(server_context, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    async with answering(server_context, lambda _: page(b'{"Version": "X15.4"}')) as (port, _):
        assert (await told_by(port)).release is not None


async def test_a_role_without_an_api_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="cucm has no API"):
        await told_by(free_port(), "cucm")


async def test_nothing_is_asked_without_log_ins():
    target = Target("t", "cms", "declared", None, "default")
    assert await facts_of_all(Inventory((target,)), {}) == {}


def test_every_reason_is_produced_by_one_of_these_tests():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [reason for reason in API_REASONS if f'"{reason}"' not in text] == []
