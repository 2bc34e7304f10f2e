from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan import dial, resolve, session, uds
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.limits import Views
from ekuscan.model import Banner, ClientCertificate, Failure
from ekuscan.observation import skipped
from ekuscan.pace import Pace
from ekuscan.probe import REASONS, observe, server_name
from ekuscan.resolve import Address, Names
from ekuscan.turns import Turns
from tests.loopback import (
    LIMITS,
    NOW,
    SHORT,
    clock,
    closing,
    endpoint,
    free_port,
    listening,
    saying,
    server_tls,
    silent,
)
from tests.pki import issue, pem, rsa_key
from tests.tls_pairs import chain, ders

SIP_OK = b"SIP/2.0 200 OK\r\nServer: Cisco-CUCM14.0\r\nContent-Length: 0\r\n\r\n"
NGINX_400 = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 36\r\n\r\nNo required SSL certificate was sent"
PRESENTED = ders(chain()[:2])
CHAIN = chain_id(map(sha256_hex, PRESENTED))
VERSIONS = ("1.2", "1.3")


async def seen(handler, request=ssl.CERT_NONE, version="1.3", protocol="tls", limits=LIMITS, **changes):
    async with listening(handler, server_tls(request, version)) as port:
        return await observe(endpoint(port, protocol, **changes), limits, clock)


async def plain(handler, limits=LIMITS, **changes):
    async with listening(handler) as port:
        return await observe(endpoint(port, **changes), limits, clock)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("protocol", ["tls", "https", "sips"])
async def test_a_port_without_a_request_shows_its_chain(version, protocol):
    found = await seen(saying(SIP_OK), version=version, protocol=protocol)
    (sight,) = found.sights
    assert (found.status, found.failure, found.address) == ("seen", None, "127.0.0.1")
    assert found.presented == {CHAIN: PRESENTED}
    assert (sight.chain, sight.offer, sight.started) == (CHAIN, "tls1.2-1.3", NOW)
    assert sight.client_certificate == ClientCertificate("none")
    assert sight.tls.version == f"TLSv{version}"
    assert sight.seconds > 0
    assert (found.banner is not None) == (protocol == "sips")


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_port_that_demands_a_certificate_is_seen_with_its_refusal(version):
    found = await seen(silent, ssl.CERT_REQUIRED, version, "sips")
    (sight,) = found.sights
    assert (found.status, found.failure) == ("seen", None)
    assert found.presented == {CHAIN: PRESENTED}
    # asyncio's server drops its alert and closes; refusals by alert are in test_wire_tls and test_real_servers.
    assert (sight.client_certificate.request, sight.client_certificate.refused_by) == ("required", "close")
    assert sight.failure.reason == "certificate-required"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_port_that_asks_but_does_not_insist_is_optional(version):
    found = await seen(silent, ssl.CERT_OPTIONAL, version)
    assert found.status == "seen"
    assert found.sights[0].client_certificate.request == "optional"
    assert found.sights[0].failure is None


@pytest.mark.parametrize("version", VERSIONS)
async def test_nginx_accepts_the_handshake_and_refuses_the_request(version):
    found = await seen(saying(NGINX_400), ssl.CERT_OPTIONAL, version, "https")
    state = found.sights[0].client_certificate
    assert (found.status, state.request, state.refused_by) == ("seen", "required", "http")


async def test_no_http_request_goes_out_where_no_certificate_was_asked_for():
    heard = bytearray()

    async def listener(reader, writer):
        heard.extend(await reader.read())

    await seen(listener, protocol="https")
    assert heard == b""


async def test_a_sip_answer_gives_the_banner_even_with_a_refusal():
    found = await seen(saying(SIP_OK.replace(b"200 OK", b"483 Too Many Hops")), protocol="sips")
    assert found.banner == Banner("cucm", "14.0", "Cisco-CUCM14.0")


async def test_a_sip_refusal_that_names_the_certificate_means_required():
    reply = b"SIP/2.0 403 Client certificate required\r\nContent-Length: 0\r\n\r\n"
    state = (await seen(saying(reply), ssl.CERT_OPTIONAL, protocol="sips")).sights[0].client_certificate
    assert (state.request, state.refused_by) == ("required", "sip")


async def test_one_options_is_sent_and_none_where_that_is_switched_off():
    heard = []

    async def listener(reader, writer):
        heard.append(await reader.read())

    await seen(listener, protocol="sips", limits=replace(LIMITS, answer=0.2))
    await seen(listener, protocol="sips", limits=replace(LIMITS, options=False))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while len(heard) < 2:
                await asyncio.sleep(0.01)
    assert heard[0].count(b"OPTIONS sip:127.0.0.1") == 1
    assert heard[1] == b""


async def test_a_sip_port_that_does_not_answer_is_seen_without_a_banner():
    found = await seen(silent, protocol="sips", limits=replace(LIMITS, answer=0.1))
    assert (found.status, found.banner) == ("seen", None)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "plain-http"),
        (saying(b"SIP/2.0 400 Bad Request\r\n\r\n"), "plain-sip"),
        (saying(b"220 mail.example ESMTP\r\n"), "not-tls"),
        (saying(b"\x15\x03\x03\x00\x02\x02\x28"), "alert"),
        (saying(b"\x15\x03\x03\x00\x02\x02\x46"), "our-limit"),
        (saying(b"\x16\x03\x03\x00\x04\x02\xff\xff\xff"), "garbled"),
        (closing, "closed"),
    ],
)
async def test_a_port_that_does_not_shake_hands_has_its_reason(handler, reason):
    found = await plain(handler)
    assert (found.status, found.failure.stage, found.failure.reason) == ("failed", "hello", reason)
    assert found.failure in [sight.failure for sight in found.sights]
    assert found.sights[0].chain is None
    assert found.presented == {}


async def test_a_reset_is_told_from_a_close():
    async def resetting(reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    assert (await plain(resetting)).failure.reason == "reset"


async def test_a_port_that_says_nothing_is_stalled_after_its_time():
    found = await plain(silent, SHORT, optional=True)
    assert (found.status, found.failure.reason) == ("failed", "stalled")
    assert "0 bytes" in found.failure.detail


async def test_a_dripping_port_does_not_hold_us_longer():
    async def drip(reader, writer):
        for byte in b"\x16\x03\x03\x00\x50\x02\x00\x00" + b"\0" * 1000:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    async with asyncio.timeout(3):
        assert (await plain(drip, SHORT)).failure.reason == "stalled"


async def test_the_deadline_bounds_everything_together():
    limits = replace(LIMITS, deadline=0.2)
    async with asyncio.timeout(3):
        assert (await plain(silent, limits)).failure.reason == "stalled"


@pytest.mark.parametrize(("optional", "status"), [(True, "closed"), (False, "failed")])
async def test_a_refused_port_is_closed_where_it_may_be(optional, status):
    found = await observe(endpoint(free_port(), optional=optional), LIMITS, clock)
    assert (found.status, found.failure.stage, found.failure.reason) == (status, "connect", "refused")
    assert (found.sights, found.address) == ((), "127.0.0.1")


@pytest.fixture
def full_backlog():
    """A listening port whose queue is full, so that further connection attempts get no answer."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@pytest.mark.parametrize(("optional", "status"), [(True, "closed"), (False, "failed")])
async def test_a_filtered_port_is_closed_where_it_may_be(full_backlog, optional, status):
    found = await observe(endpoint(full_backlog, optional=optional), SHORT, clock)
    assert (found.status, found.failure.reason) == (status, "filtered")


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        (errno.EHOSTUNREACH, "unreachable", "closed"),
        (errno.ENETUNREACH, "no-route", "failed"),
        (errno.EMFILE, "connect-failed", "failed"),
        (errno.ETIMEDOUT, "filtered", "closed"),
    ],
)
async def test_an_error_of_the_system_has_its_reason(monkeypatch, code, reason, status):
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, where: code)
    found = await observe(endpoint(5061, optional=True), LIMITS, clock)
    assert (found.status, found.failure.stage, found.failure.reason) == (status, "connect", reason)


async def test_a_machine_without_sockets_says_so(monkeypatch):
    def no_socket(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(dial.socket, "socket", no_socket)
    found = await observe(endpoint(5061), LIMITS, clock)
    assert (found.failure.reason, "Too many open files" in found.failure.detail) == ("connect-failed", True)


async def test_ipv6_is_dialled_like_ipv4():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3"), "::1") as port:
        found = await observe(endpoint(port, host="::1"), LIMITS, clock)
    assert (found.status, found.address) == ("seen", "::1")


async def test_a_host_whose_first_family_does_not_work_is_reached_over_the_other(monkeypatch):
    both = [Address("::1", socket.AF_INET6), Address("127.0.0.1", socket.AF_INET)]
    monkeypatch.setattr(resolve, "_getaddrinfo", lambda host: both)
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as port:
        found = await observe(endpoint(port, host="two.example"), LIMITS, clock)
        assert (found.status, found.address) == ("seen", "127.0.0.1")


async def test_the_reason_is_of_the_family_that_has_a_route(monkeypatch):
    both = [Address("::1", socket.AF_INET6), Address("127.0.0.1", socket.AF_INET)]
    monkeypatch.setattr(resolve, "_getaddrinfo", lambda host: both)
    codes = iter((errno.ENETUNREACH, errno.ECONNREFUSED))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, where: next(codes))
    found = await observe(endpoint(5061, host="two.example"), LIMITS, clock)
    assert (found.failure.reason, found.address) == ("refused", "127.0.0.1")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name-unknown"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure\x1b"), "name-lookup-failed"),
        (UnicodeError("label too long"), "name-unknown"),
    ],
)
async def test_a_name_that_does_not_resolve_has_its_reason(monkeypatch, error, reason):
    def failing(host):
        raise error

    monkeypatch.setattr(resolve, "_getaddrinfo", failing)
    found = await observe(endpoint(5061, host="nowhere.example", optional=True), LIMITS, clock)
    assert (found.status, found.failure.stage, found.failure.reason) == ("failed", "resolve", reason)
    assert found.failure.detail.isprintable()
    assert found.address is None


async def test_a_slow_name_server_is_not_waited_for(monkeypatch):
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()

    def slow(host):
        asyncio.run_coroutine_threadsafe(answered.wait(), loop).result()
        return []

    monkeypatch.setattr(resolve, "_getaddrinfo", slow)
    found = await observe(endpoint(5061, host="slow.example"), replace(LIMITS, resolve=0.05), clock)
    answered.set()
    assert found.failure.reason == "name-lookup-timeout"


async def test_a_name_is_looked_up_once_for_all_its_ports(monkeypatch):
    asked = []

    def counting(host):
        asked.append(host)
        return [Address("127.0.0.1", socket.AF_INET)]

    monkeypatch.setattr(resolve, "_getaddrinfo", counting)
    names = Names(5)
    found = await asyncio.gather(*(names.look_up("one.example") for _ in range(9)))
    names.close()
    assert asked == ["one.example"]
    assert set(found) == {(Address("127.0.0.1", socket.AF_INET),)}


async def test_an_address_is_never_looked_up(monkeypatch):
    monkeypatch.setattr(resolve, "_getaddrinfo", None)
    names = Names(5)
    assert await names.look_up("192.0.2.1") == (Address("192.0.2.1", socket.AF_INET),)
    assert await names.look_up("2001:db8::1") == (Address("2001:db8::1", socket.AF_INET6),)
    names.close()


@pytest.mark.parametrize(
    ("host", "name", "sent"),
    [
        ("exp-e1.example.com", None, "exp-e1.example.com"),
        ("exp-e1.example.com.", None, "exp-e1.example.com"),
        ("192.0.2.1", None, None),
        ("2001:db8::1", None, None),
        ("192.0.2.1", "exp-e1.example.com", "exp-e1.example.com"),
        ("exp-e1.example.com", "192.0.2.1", None),
        ("bücher.example", None, "xn--bcher-kva.example"),
        ("a" * 70 + "ü.example", None, None),
        ("a." * 150, None, None),
    ],
)
def test_the_server_name_is_a_dns_name_or_none(host, name, sent):
    assert server_name(endpoint(443, host=host, server_name=name)) == sent


async def test_the_server_name_goes_out_apart_from_the_address():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asked = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with listening(silent, context) as port:
        await observe(endpoint(port, server_name="edge.example"), LIMITS, clock)
    # A server without a certificate refuses each of the ClientHellos that are tried.
    assert asked
    assert set(asked) == {"edge.example"}


# --- more than one handshake ----------------------------------------------------------------------------------


@cache
def two_keys() -> ssl.SSLContext:
    """A server with an RSA and an ECDSA certificate, which shows the latter wherever it may."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as directory:
        for place, key in enumerate(({"key": rsa_key("two keys")}, {})):
            leaf = issue("two.example", chain()[1], **key)
            secret = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path = Path(directory, f"{place}.pem")
            path.write_bytes(secret + pem(leaf.der))
            context.load_cert_chain(path)
    return context


async def test_both_certificates_of_a_server_with_two_keys_are_captured_on_request():
    limits = replace(LIMITS, views=Views(key_types=True))
    async with listening(silent, two_keys()) as port:
        plain = await observe(endpoint(port), LIMITS, clock)
        both = await observe(endpoint(port), limits, clock)
    assert [sight.offer for sight in plain.sights] == ["tls1.2-1.3"]
    assert [sight.offer for sight in both.sights] == ["tls1.2-1.3", "rsa"]
    assert len({sight.chain for sight in both.sights}) == len(both.presented) == 2
    assert (both.status, both.failure) == ("seen", None)


async def test_every_view_of_a_server_that_has_one_certificate_shows_the_same():
    limits = replace(LIMITS, views=Views(key_types=True, versions=True, without_sni=True, post_quantum=True))
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as port:
        found = await observe(endpoint(port, server_name="edge.example"), limits, clock)
    shown = {sight.offer: sight.chain is not None for sight in found.sights}
    assert shown == {"tls1.2-1.3": True, "rsa": False, "tls1.2": False, "no-sni": True, "post-quantum": True}
    assert (len(found.presented), found.status) == (1, "seen")


async def test_an_endpoint_of_one_address_is_looked_at_there():
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3"), host="127.0.0.2") as port:
        place = endpoint(port, host="localhost", server_name="edge.example")
        found = await observe(replace(place, address="127.0.0.2"), LIMITS, clock)
    assert (found.status, found.address) == ("seen", "127.0.0.2")


async def test_further_handshakes_keep_the_pace_of_the_sweep():
    pace = Pace(5.0, 0.0, lambda: 0.0)
    limits = replace(LIMITS, views=Views(versions=True, post_quantum=True))
    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as port:
        begun = asyncio.get_running_loop().time()
        found = await observe(endpoint(port), limits, clock, turns=Turns(pace=pace))
        took = asyncio.get_running_loop().time() - begun
    assert len(found.sights) == 3
    # The first of the two waits is over at once: nothing had begun before it.
    assert took >= 0.2


async def test_all_handshakes_with_an_endpoint_share_one_deadline():
    limits = replace(LIMITS, deadline=0.5)
    async with listening(silent) as port:
        found = await observe(endpoint(port), limits, clock)
    assert [sight.offer for sight in found.sights] == ["tls1.2-1.3"]
    assert found.failure.reason == "stalled"


async def test_a_connection_is_tried_again_where_that_was_asked_for():
    port = free_port()
    attempts = replace(LIMITS, retries=40, retry_after=0.05)
    task = asyncio.create_task(observe(endpoint(port), attempts, clock))
    await asyncio.sleep(0.2)
    server = await asyncio.start_server(silent, "127.0.0.1", port, ssl=server_tls(ssl.CERT_NONE, "1.3"))
    async with server:
        found = await task
    assert found.status == "seen"
    gone = await observe(endpoint(free_port()), replace(LIMITS, retries=2, retry_after=0.01), clock)
    assert gone.failure.reason == "refused"


async def test_a_server_that_asks_after_the_request_is_seen_to_ask_late():
    """Post-handshake authentication of TLS 1.3, as Apache does it where a location wants a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.post_handshake_auth = True
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=chain()[2].der)
    with TemporaryDirectory() as directory:
        path = Path(directory, "server.pem")
        leaf = chain()[0]
        path.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem(leaf.der))
        context.load_cert_chain(path)

    async def late(reader, writer):
        await reader.read(65536)
        writer.get_extra_info("ssl_object").verify_client_post_handshake()
        # The request goes out with the next bytes, the answer to it comes in with the next ones.
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await reader.read(65536)
        writer.write(b"Content-Length: 0\r\n\r\n")
        await reader.read()

    limits = replace(LIMITS, views=Views(late=True))
    async with listening(late, context) as port:
        found = await observe(endpoint(port, "https"), limits, clock)
    (sight,) = found.sights
    assert sight.client_certificate == ClientCertificate("optional", late=True, answered="HTTP 200")


async def test_handshakes_with_a_host_run_in_order_of_arrival():
    turns, names, ended = Turns(), Names(5), []

    async def one(number, port):
        await observe(endpoint(port), LIMITS, clock, turns=turns, names=names)
        ended.append(number)

    async with listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as port:
        await asyncio.gather(*(one(number, port) for number in range(5)))
    names.close()
    assert ended == [0, 1, 2, 3, 4]


async def test_a_silent_port_holds_up_its_host_for_a_little_while_only():
    limits = replace(LIMITS, patience=0.05, handshake=3)
    turns = Turns()
    async with listening(silent) as stuck, listening(silent, server_tls(ssl.CERT_NONE, "1.3")) as fine:
        first = asyncio.create_task(observe(endpoint(stuck), limits, clock, turns=turns))
        await asyncio.sleep(0.01)
        found = await observe(endpoint(fine), limits, clock, turns=turns)
        assert found.status == "seen"
        assert not first.done()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_peer_that_loses_patience_while_we_wait_in_line_is_dialled_again():
    turns = Turns()
    turns.take("127.0.0.1", lambda waited: None)
    dialled = 0
    tls = server_tls(ssl.CERT_NONE, "1.3")

    async def impatient(reader, writer):
        nonlocal dialled
        dialled += 1
        if dialled == 1:
            writer.close()
            return
        await writer.start_tls(tls)
        await reader.read()

    async with listening(impatient) as port:
        task = asyncio.create_task(observe(endpoint(port), LIMITS, clock, turns=turns))
        while not dialled:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        turns.give_back("127.0.0.1")
        found = await task
    assert (dialled, found.status) == (2, "seen")


async def test_a_cancelled_observation_leaves_nothing_behind():
    turns = Turns()
    async with listening(silent) as port:
        tasks = [asyncio.create_task(observe(endpoint(port), LIMITS, clock, turns=turns)) for _ in range(4)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert all(task.cancelled() for task in tasks)
    assert turns == Turns()


async def test_a_fault_of_our_own_comes_out_instead_of_vanishing_in_the_loop(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(session, "Handshake", broken)
    async with listening(silent) as port:
        with pytest.raises(ZeroDivisionError):
            await observe(endpoint(port), LIMITS, clock)


async def test_unified_cm_tells_its_release_over_uds():
    body = b"<versionInformation version='10.0.0'><version>14.0.1</version></versionInformation>"
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    found = await seen(saying(reply), protocol="https", service="uds")
    assert (found.status, found.banner.product, found.banner.release) == ("seen", "cucm", "14.0.1")


async def test_uds_is_not_asked_where_there_was_no_handshake(monkeypatch):
    monkeypatch.setattr(uds, "release", None)
    assert (await plain(closing, protocol="https", service="uds")).status == "failed"


def test_what_was_not_tried_is_skipped():
    interrupted = Failure("connect", "interrupted", "not tried")
    left_out = skipped(endpoint(5061), interrupted)
    assert (left_out.status, left_out.failure, left_out.sights) == ("skipped", interrupted, ())


def test_the_table_of_reasons_cannot_be_changed():
    with pytest.raises(TypeError):
        REASONS["new"] = None
