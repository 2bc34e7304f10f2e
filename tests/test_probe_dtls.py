from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ekuscan import probe_dtls
from ekuscan.lab.dtls_faults import DTLS_FAULTS
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import LoopbackServer
from ekuscan.lab.worlds import make_worlds
from ekuscan.limits import ProbeLimits
from ekuscan.model import Enforcement
from ekuscan.resolve import literal
from ekuscan.turns import Turns
from ekuscan.wire.identity import Identity
from tests.dtls_pairs import ServerEnd, Terms
from tests.loopback import LIMITS, NOW, clock, endpoint, free_port
from tests.pki import name
from tests.tls_pairs import OPTIONAL, REQUIRED, chain, ders

BRIEF = ProbeLimits(connect=0.3, handshake=0.5, deadline=2)
# For what a fault goes silent after: time to get there, also on a busy machine.
PATIENT = ProbeLimits(connect=2, handshake=2, deadline=2)


class Speaking(asyncio.DatagramProtocol):
    """OpenSSL's server for one client. ``lost`` are the numbers of the client's datagrams that it does not get."""

    def __init__(self, terms, lost=()):
        self.end = ServerEnd(terms)
        self.lost = lost
        self.heard = 0

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        self.heard += 1
        if self.heard not in self.lost:
            for answer in self.end.take(data):
                self.answer(answer, source)

    def answer(self, datagram, source):
        self.transport.sendto(datagram, source)


class Leaving(Speaking):
    """Closes its port after its first flight."""

    def datagram_received(self, data, source):
        super().datagram_received(data, source)
        self.transport.close()


@asynccontextmanager
async def speaking(server, host="127.0.0.1"):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, local_addr=(host, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await asyncio.sleep(0)


async def seen(port, limits=LIMITS, *, host="127.0.0.1", optional=False, server_name=None):
    place = endpoint(port, "dtls", host=host, optional=optional)
    return await probe_dtls.observe(place, literal(host), limits, clock, server_name, Turns())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_one_handshake_gives_the_chain_and_the_request(host):
    listed = name("Listed CA")
    server = Speaking(Terms(request=OPTIONAL, cookies=True, names=(listed,)))
    async with speaking(server, host) as port:
        found = await seen(port, host=host, server_name="pair.example")
        async with asyncio.timeout(10):
            while not server.end.left:
                await asyncio.sleep(0.002)
    (sight,) = found.sights
    assert (found.status, found.failure, found.address) == ("seen", None, host)
    assert list(found.presented.values()) == [ders(chain()[:2])]
    assert (sight.tls.version, sight.offer, sight.started) == ("DTLSv1.2", "dtls1.0-1.2", NOW)
    assert (sight.client_certificate.request, sight.failure) == ("optional", None)
    assert found.ca_names == {"CN=Listed CA,O=Test": listed.public_bytes()}
    assert server.end.connection.get_servername() == b"pair.example"


async def test_a_refusal_is_seen_with_its_chain():
    async with speaking(Speaking(Terms(request=REQUIRED))) as port:
        found = await seen(port)
    (sight,) = found.sights
    assert (found.status, len(found.presented)) == ("seen", 1)
    assert (sight.client_certificate.request, sight.failure.alert) == ("required", 40)


@pytest.mark.parametrize(
    ("terms", "why"),
    [(Terms(request=OPTIONAL), "over DTLS ekuscan presents none"), (Terms(), "it asks for none")],
)
async def test_where_certificates_were_to_be_presented_it_is_said_that_none_was(terms, why):
    ours = Identity("ours", ders(chain()[:1]), b"")
    async with speaking(Speaking(terms)) as port:
        found = await seen(port, replace(LIMITS, identities=(ours,)))
    assert found.enforcement == Enforcement("undecided", "inferred", (why,))
    assert [sight.presented_as for sight in found.sights] == [None]


async def test_a_lost_client_hello_is_sent_again():
    server = Speaking(Terms(), lost={1})
    async with speaking(server) as port:
        found = await seen(port)
    assert (found.status, found.failure) == ("seen", None)


@pytest.mark.parametrize(("optional", "status"), [(True, "closed"), (False, "failed")])
async def test_silence_and_a_refused_port_are_told_apart(optional, status):
    server = Speaking(Terms(), lost=range(99))
    async with speaking(server) as port:
        silent = await seen(port, BRIEF, optional=optional)
    refused = await seen(free_port(socket.SOCK_DGRAM), optional=optional)
    assert (silent.status, silent.failure.stage, silent.failure.reason) == (status, "connect", "no-answer-dtls")
    assert silent.failure.detail == "no answer to a DTLS ClientHello over UDP within 0.3 s"
    assert (refused.status, refused.failure.stage, refused.failure.reason) == (status, "connect", "refused")
    assert server.heard == 1


async def test_a_port_that_goes_away_in_the_middle_has_reset():
    async with speaking(Leaving(Terms())) as port:
        found = await seen(port)
    (sight,) = found.sights
    assert (found.status, sight.client_certificate.request) == ("seen", "none")
    assert (sight.failure.stage, sight.failure.reason) == ("finish", "reset")


async def test_the_deadline_ends_what_goes_on_by_drips():
    class Dripping(Speaking):
        def datagram_received(self, data, source):
            self.transport.sendto(b"\x16\xfe\xfd" + bytes(10), source)
            asyncio.get_running_loop().call_later(0.05, self.datagram_received, data, source)

    async with speaking(Dripping(Terms())) as port, asyncio.timeout(20):
        found = await seen(port, replace(BRIEF, handshake=10, deadline=0.4))
    assert (found.failure.stage, found.failure.reason) == ("hello", "stalled")


async def test_every_fault_of_the_lab_gives_the_failure_that_it_stands_for():
    worlds = make_worlds(datetime(2026, 11, 23, tzinfo=UTC))
    kit = FaultKit(worlds["digicert"].issuing, worlds["digicert"].root, datetime(2026, 11, 23, tzinfo=UTC))
    server = LoopbackServer()
    listeners = {
        name: server.converse("127.0.0.1", 0, fault.talk(kit)) if fault.talk else server.refuse_datagrams("127.0.0.1")
        for name, fault in DTLS_FAULTS.items()
    }
    limits = {"no-answer-dtls": BRIEF, "stalled": PATIENT}
    reasons = [fault.failure[1] if fault.failure else "" for fault in DTLS_FAULTS.values()]
    try:
        server.start()
        async with asyncio.timeout(20):
            found = await asyncio.gather(
                *(
                    seen(one.port, limits.get(reason, LIMITS))
                    for one, reason in zip(listeners.values(), reasons, strict=True)
                )
            )
    finally:
        server.stop()
    whys = [one.failure or one.sights[0].failure for one in found]
    given = [(why.stage, why.reason) if why else None for why in whys]
    assert dict(zip(listeners, given, strict=True)) == {name: fault.failure for name, fault in DTLS_FAULTS.items()}
    assert all(why is None or why.detail.isprintable() for why in whys)
    assert listeners["dtls-asks"].counters.handshakes == 1
    assert listeners["dtls-requires-certificate"].counters.failed == 1
