from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ekuscan.model import Banner
from ekuscan.probe import observe
from tests.loopback import LIMITS, clock, endpoint, free_port

OK = b"SIP/2.0 200 OK\r\nServer: TANDBERG/4140 (X15.4)\r\nContent-Length: 0\r\n\r\n"
TRYING = b"SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n"
BRIEF = replace(LIMITS, answer=0.15)


class Answering(asyncio.DatagramProtocol):
    def __init__(self, replies):
        self.replies = replies
        self.heard = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        self.heard.append(data)
        for reply in self.replies:
            self.transport.sendto(reply, source)


@asynccontextmanager
async def answering(*replies, host="127.0.0.1"):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Answering(replies), local_addr=(host, 0))
    try:
        yield transport.get_extra_info("sockname")[1], protocol
    finally:
        transport.close()
        await asyncio.sleep(0)


def udp(port, **changes):
    return endpoint(port, "sip-udp", **changes)


async def test_one_options_over_udp_gives_the_banner():
    async with answering(OK) as (port, server):
        found = await observe(udp(port), LIMITS, clock)
    assert (found.status, found.failure, found.sights, found.presented) == ("seen", None, (), {})
    assert found.banner == Banner("expressway", "X15.4", "TANDBERG/4140 (X15.4)")
    assert len(server.heard) == 1
    assert server.heard[0].startswith(b"OPTIONS sip:127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" % port)


async def test_ipv6_is_asked_like_ipv4():
    async with answering(OK, host="::1") as (port, server):
        found = await observe(udp(port, host="::1"), LIMITS, clock)
    assert (found.status, found.address) == ("seen", "::1")
    assert server.heard[0].startswith(b"OPTIONS sip:[::1]:%d SIP/2.0\r\n" % port)


async def test_a_provisional_response_without_a_name_is_not_the_last_word():
    async with answering(TRYING, OK) as (port, _):
        assert (await observe(udp(port), LIMITS, clock)).banner.release == "X15.4"


async def test_a_sip_answer_without_a_name_is_seen_without_a_banner():
    async with answering(b"SIP/2.0 403 Forbidden\r\n\r\n") as (port, _):
        found = await observe(udp(port), LIMITS, clock)
    assert (found.status, found.banner) == ("seen", None)


@pytest.mark.parametrize(("optional", "status"), [(True, "closed"), (False, "failed")])
async def test_silence_reads_no_answer(optional, status):
    async with answering() as (port, server):
        found = await observe(udp(port, optional=optional), BRIEF, clock)
    assert (found.status, found.failure.stage, found.failure.reason) == (status, "connect", "no-answer")
    assert len(server.heard) == 1


@pytest.mark.parametrize(("optional", "status"), [(True, "closed"), (False, "failed")])
async def test_a_refused_port_is_told_from_silence(optional, status):
    found = await observe(udp(free_port(socket.SOCK_DGRAM), optional=optional), LIMITS, clock)
    assert (found.status, found.failure.reason) == (status, "refused")


async def test_something_else_than_sip_is_told():
    async with answering(b"\x80\x00garbage", b"") as (port, _):
        found = await observe(udp(port, optional=True), BRIEF, clock)
    assert (found.status, found.failure.stage, found.failure.reason) == ("failed", "hello", "not-sip")


async def test_a_flood_of_datagrams_is_bounded():
    async with answering(*[b"x"] * 100) as (port, _):
        async with asyncio.timeout(3):
            found = await observe(udp(port), LIMITS, clock)
    assert found.failure.reason == "not-sip"
