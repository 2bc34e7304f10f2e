"""What comes before TLS or in its place, with the sockets: STARTTLS, proxies, banners."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ekuscan.attempt import Attempt
from ekuscan.deadline import Deadline
from ekuscan.limits import Views
from ekuscan.model import Banner, ClientCertificate
from ekuscan.probe import observe
from ekuscan.resolve import Address
from ekuscan.session import Session
from ekuscan.turns import Turns
from ekuscan.views import View
from ekuscan.wire.offer import DEFAULT_OFFER
from ekuscan.wire.proxy import parse_proxy
from tests.loopback import LIMITS, SHORT, clock, endpoint, free_port, listening, saying, server_tls, silent, stoppable
from tests.pki import pem
from tests.tls_pairs import chain, ders

SIP_OK = b"SIP/2.0 200 OK\r\nServer: Cisco-CUCM14.0\r\nContent-Length: 0\r\n\r\n"
PRESENTED = ders(chain()[:2])


async def smtp(reader, writer):
    writer.write(b"220 mail.example ESMTP\r\n")
    await reader.readline()
    writer.write(b"250-mail.example\r\n250 STARTTLS\r\n")
    await reader.readline()
    writer.write(b"220 go ahead\r\n")
    await writer.drain()
    await writer.start_tls(server_tls(ssl.CERT_NONE, "1.3"))
    await reader.read()


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def connecting(asked):
    """A CONNECT proxy that notes what it was asked for and leads to a port of loopback, whatever the name."""

    async def proxy(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0])
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    return proxy


def through(port, limits=LIMITS, **changes):
    return replace(limits, proxy=parse_proxy(f"http://127.0.0.1:{port}"), **changes)


async def test_tls_that_begins_inside_the_protocol_shows_its_chain():
    async with listening(smtp) as port:
        found = await observe(endpoint(port, "smtp"), LIMITS, clock)
    assert (found.status, found.presented and tuple(found.presented.values())) == ("seen", (PRESENTED,))
    assert found.sights[0].client_certificate == ClientCertificate("none")


async def test_a_server_that_speaks_something_else_first_is_named():
    async with listening(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        found = await observe(endpoint(port, "xmpp-client"), LIMITS, clock)
    assert (found.failure.stage, found.failure.reason) == ("preamble", "not-the-protocol")
    assert found.sights == ()


def xmpp(served, asked):
    """A server that knows one domain."""

    async def handler(reader, writer):
        header = await reader.read(4096)
        asked.append(header.split(b" to='")[1].split(b"'")[0])
        writer.write(
            b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            b"xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"
        )
        if asked[-1] != served:
            writer.write(
                b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                b"</stream:stream>"
            )
            return
        writer.write(b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
        await reader.read(4096)
        writer.write(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        await writer.drain()
        await writer.start_tls(server_tls(ssl.CERT_NONE, "1.3"))
        await reader.read()

    return handler


async def test_an_xmpp_server_that_does_not_know_the_host_is_asked_for_its_domain():
    asked = []
    async with listening(xmpp(b"example.com", asked)) as port:
        found = await observe(endpoint(port, "xmpp-client", server_name="exp-e1.example.com"), LIMITS, clock)
    assert asked == [b"exp-e1.example.com", b"example.com"]
    assert found.status == "seen"


@pytest.mark.parametrize("name", ["exp-e1.example.org", "example", None])
async def test_an_xmpp_server_is_asked_for_no_more_than_two_domains(name):
    asked = []
    async with listening(xmpp(b"example.com", asked)) as port:
        found = await observe(endpoint(port, "xmpp-client", server_name=name), LIMITS, clock)
    assert asked == {"exp-e1.example.org": [b"exp-e1.example.org", b"example.org"]}.get(name, asked[:1])
    assert len(asked) in (1, 2)
    assert found.failure.reason == "preamble-refused"


async def test_a_silent_server_is_waited_for_until_the_preamble_has_had_its_time():
    async with listening(silent) as port:
        found = await observe(endpoint(port, "smtp"), SHORT, clock)
    assert (found.failure.stage, found.failure.reason) == ("preamble", "no-greeting")


async def test_what_comes_with_the_go_ahead_is_not_taken_for_tls():
    async def injecting(reader, writer):
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.readline()
        writer.write(b"250-mail.example\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n250 injected\r\n")
        await reader.read()

    async with listening(injecting) as port:
        found = await observe(endpoint(port, "smtp"), LIMITS, clock)
    assert (found.failure.stage, found.failure.reason) == ("preamble", "injected")


@pytest.mark.parametrize("protocol", ["tls", "sips", "smtp"])
async def test_a_proxy_is_asked_by_name_and_the_endpoint_behind_it_is_seen(protocol):
    asked = []
    tls = None if protocol == "smtp" else server_tls(ssl.CERT_NONE, "1.3")
    handler = smtp if protocol == "smtp" else saying(SIP_OK)
    async with listening(handler, tls) as port, listening(connecting(asked)) as proxy:
        place = endpoint(port, protocol, host="only-the-proxy-knows.example")
        found = await observe(place, through(proxy), clock)
    assert asked == [b"CONNECT only-the-proxy-knows.example:%d HTTP/1.1" % port]
    assert (found.status, found.address, tuple(found.presented.values())) == ("seen", None, (PRESENTED,))


async def test_what_a_proxy_says_of_an_endpoint_that_it_does_not_reach_is_told():
    async with listening(connecting([])) as proxy:
        found = await observe(endpoint(free_port(), host="gone.example"), through(proxy), clock)
    assert (found.status, found.failure.stage) == ("failed", "proxy")
    assert "502" in found.failure.detail


async def test_a_proxy_that_is_not_there_says_nothing_about_the_endpoint():
    place = endpoint(5061, host="gone.example", optional=True)
    found = await observe(place, through(free_port()), clock)
    assert (found.status, found.failure.stage, found.failure.reason) == ("failed", "proxy", "proxy-unreachable")
    nameless = replace(LIMITS, proxy=parse_proxy("http://no-such-proxy.invalid:3128"))
    found = await observe(place, nameless, clock)
    assert (found.failure.stage, found.failure.reason) == ("proxy", "proxy-unreachable")


@pytest.mark.parametrize("protocol", ["sip-udp", "dtls"])
async def test_udp_does_not_go_through_a_proxy(protocol):
    found = await observe(endpoint(5060, protocol), through(free_port()), clock)
    assert (found.status, found.failure.reason) == ("skipped", "proxy-udp")


@pytest.mark.parametrize(
    ("protocol", "handler", "banner"),
    [
        ("sip-tcp", saying(SIP_OK), Banner("cucm", "14.0", "Cisco-CUCM14.0")),
        ("sip-tcp", saying(b"\r\n\r\n" + SIP_OK), Banner("cucm", "14.0", "Cisco-CUCM14.0")),
        ("sip-tcp", saying(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), None),
    ],
)
async def test_the_banner_of_a_port_without_tls_is_read(protocol, handler, banner):
    async with listening(handler) as port:
        found = await observe(endpoint(port, protocol), LIMITS, clock)
    assert (found.status, found.sights, found.banner) == ("seen", (), banner)


async def test_an_ssh_server_tells_what_it_is_unasked():
    async def ssh(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await reader.read()

    async with listening(ssh) as port:
        found = await observe(endpoint(port, "ssh"), LIMITS, clock)
    assert (found.status, found.banner) == ("seen", Banner("other", None, "SSH-2.0-OpenSSH_9.2"))


@pytest.mark.parametrize(("protocol", "says"), [("ssh", b"220 mail\r\n"), ("sip-tcp", b"HTTP/1.1 400 Bad\r\n\r\n")])
async def test_a_port_without_tls_that_speaks_something_else_is_named(protocol, says):
    async def handler(reader, writer):
        writer.write(says)
        await reader.read()

    limits = replace(LIMITS, handshake=0.3)
    async with listening(handler) as port:
        found = await observe(endpoint(port, protocol), limits, clock)
    assert (found.status, found.failure.reason) == ("failed", "not-the-protocol")


async def test_a_turn_server_over_tls_tells_its_software():
    async def turn(reader, writer):
        request = await reader.readexactly(20)
        software = b"Coturn-4.6.1"
        attribute = b"\x80\x22" + len(software).to_bytes(2, "big") + software
        writer.write(b"\x01\x01" + len(attribute).to_bytes(2, "big") + request[4:20] + attribute)
        await reader.read()

    async with listening(turn, server_tls(ssl.CERT_NONE, "1.3")) as port:
        found = await observe(endpoint(port, "turns"), LIMITS, clock)
    assert (found.status, found.banner) == ("seen", Banner("other", None, "Coturn-4.6.1"))


# --- further connections --------------------------------------------------------------------------------------


def hiccuping(tls, times=1, how="close"):
    """A server that breaks off the first connections without a word."""
    left = times

    async def handler(reader, writer):
        nonlocal left
        if left:
            left -= 1
            await reader.read(65536)
            writer.close()
            return
        await writer.start_tls(tls)
        await reader.read()

    return handler


async def test_one_hiccup_is_not_taken_for_more():
    async with listening(hiccuping(server_tls(ssl.CERT_NONE, "1.2"))) as port:
        found = await observe(endpoint(port), LIMITS, clock)
    shown = [(sight.offer, sight.chain is not None) for sight in found.sights]
    assert shown == [("tls1.2-1.3", False), ("tls1.2-small", True), ("tls1.2-1.3", True)]
    assert found.status == "seen"


async def test_a_peer_of_tls_1_3_alone_is_not_said_to_be_old():
    async with listening(hiccuping(server_tls(ssl.CERT_NONE, "1.3"), times=9)) as port:
        found = await observe(endpoint(port), LIMITS, clock)
    assert (found.failure.stage, found.failure.reason) == ("hello", "closed")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_what_an_old_peer_is_is_asked_too():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    leaf = chain()[0]
    with TemporaryDirectory() as directory:
        path = Path(directory, "server.pem")
        path.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem(leaf.der))
        context.load_cert_chain(path)
    async with listening(saying(SIP_OK), context) as port:
        found = await observe(endpoint(port, "sips"), LIMITS, clock)
    assert "TLSv1.1" in [sight.tls.version for sight in found.sights if sight.tls]
    assert found.banner == Banner("cucm", "14.0", "Cisco-CUCM14.0")


async def test_a_look_that_was_asked_for_and_not_made_is_told():
    limits = replace(LIMITS, views=Views(versions=True, post_quantum=True))
    async with stoppable(silent, server_tls(ssl.CERT_NONE, "1.3")) as (port, stop):
        task = asyncio.create_task(observe(endpoint(port), limits, clock, turns=Turns(pause=0.2)))
        await asyncio.sleep(0.1)
        stop()
        found = await task
    assert (found.status, found.failure) == ("seen", None)
    assert [(sight.offer, sight.failure and sight.failure.reason) for sight in found.sights] == [
        ("tls1.2-1.3", None),
        ("tls1.2", "refused"),
        ("post-quantum", "refused"),
    ]


async def test_looks_for_which_no_time_is_left_are_told():
    async def slow(reader, writer):
        writer.transport.pause_reading()
        await asyncio.sleep(0.3)
        writer.transport.resume_reading()
        await writer.start_tls(server_tls(ssl.CERT_NONE, "1.3"))
        await reader.read()

    limits = replace(LIMITS, deadline=0.5, views=Views(versions=True, post_quantum=True))
    async with listening(slow) as port:
        found = await observe(endpoint(port), limits, clock)
    assert [sight.failure and sight.failure.reason for sight in found.sights] == [None, "deadline", "deadline"]


async def test_a_pause_keeps_no_connection_waiting_open():
    dialled = []

    async def impatient(reader, writer):
        dialled.append(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(0.1):
                await writer.start_tls(server_tls(ssl.CERT_NONE, "1.3"))
        except TimeoutError:
            writer.close()
            return
        await reader.read()

    limits = replace(LIMITS, views=Views(versions=True, post_quantum=True))
    async with listening(impatient) as port:
        await observe(endpoint(port), limits, clock, turns=Turns(pause=0.3))
    assert len(dialled) == 3


async def test_an_answer_of_the_peer_is_not_forgotten_for_a_second_try_that_fails():
    asked = []
    async with stoppable(xmpp(b"example.com", asked)) as (port, stop):
        place = endpoint(port, "xmpp-client", server_name="exp-e1.example.org", optional=True)
        task = asyncio.create_task(observe(place, LIMITS, clock, turns=Turns(pause=0.3)))
        while not asked:
            await asyncio.sleep(0.01)
        stop()
        found = await task
    assert (found.status, found.failure.reason) == ("failed", "preamble-refused")


async def test_a_retry_at_another_address_gives_back_the_turn_that_was_taken():
    async def impatient(reader, writer):
        writer.close()

    turns = Turns()
    turns.take("127.0.0.1", lambda waited: None)
    limits = replace(LIMITS, retries=1, retry_after=0.01)
    gone, here = Address("::1", socket.AF_INET6), Address("127.0.0.1", socket.AF_INET)
    async with stoppable(impatient) as (port, stop):
        session = Session(
            Attempt(endpoint(port), (gone, here), port, View(DEFAULT_OFFER)), limits, clock, turns, Deadline(10)
        )
        session.begin()
        await asyncio.sleep(0.1)
        stop()
        # We dial again what left while we waited in line, and then the first address.
        turns.give_back("127.0.0.1")
        outcome = await session.outcome
    assert outcome.failure.reason == "refused"
    await asyncio.sleep(0.01)
    assert turns == Turns()


async def test_only_https_is_asked_late():
    heard = []

    async def note(reader, writer):
        heard.append(await reader.read(4096))

    limits = replace(LIMITS, views=Views(late=True))
    async with listening(note, server_tls(ssl.CERT_NONE, "1.2")) as port:
        found = await observe(endpoint(port, "tls"), limits, clock)
        await asyncio.sleep(0.05)
    assert (found.status, heard) == ("seen", [b""])
