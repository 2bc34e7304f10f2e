from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct

import pytest

from ekuscan.dial import Line, one_per_family, reason_of, words
from ekuscan.resolve import Address, literal
from tests.loopback import free_port, listening, silent

HERE = Address("127.0.0.1", socket.AF_INET)


class Notes:
    """An owner that writes down what it hears."""

    def __init__(self):
        self.heard = asyncio.Queue()

    def connected(self):
        self.heard.put_nowait("connected")

    def unconnected(self, reason):
        self.heard.put_nowait(reason.reason)

    def received(self, data):
        self.heard.put_nowait(data)

    def left(self, *, reset):
        self.heard.put_nowait("reset" if reset else "closed")


@contextlib.asynccontextmanager
async def dialled(port):
    notes = Notes()
    line = Line(notes)
    line.dial(HERE, port)
    try:
        async with asyncio.timeout(10):
            yield line, notes.heard
    finally:
        line.hang_up()


async def test_a_line_carries_bytes_both_ways_and_tells_the_end():
    async def echo(reader, writer):
        writer.write(await reader.readexactly(5))
        await writer.drain()
        writer.close()

    async with listening(echo) as port, dialled(port) as (line, heard):
        assert await heard.get() == "connected"
        assert line.own_address()[0] == "127.0.0.1"
        line.listen()
        line.send(b"hel")
        line.send(b"lo")
        assert await heard.get() == b"hello"
        assert await heard.get() == "closed"


async def test_what_the_peer_does_not_take_at_once_is_sent_later_and_in_order():
    whole = bytes(range(256)) * 40_000
    got = bytearray()
    may_read = asyncio.Event()

    async def slow(reader, writer):
        await may_read.wait()
        got.extend(await reader.readexactly(len(whole) + 4))
        writer.write(b"done")

    async with listening(slow) as port, dialled(port) as (line, heard):
        assert await heard.get() == "connected"
        line.listen()
        line.send(whole)
        line.send(b"tail")
        may_read.set()
        assert await heard.get() == b"done"
    assert bytes(got) == whole + b"tail"


async def test_a_reset_that_a_send_runs_into_is_still_told_as_one():
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with dialled(server.getsockname()[1]) as (line, heard):
            assert await heard.get() == "connected"
            peer, _ = server.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            await asyncio.sleep(0.01)
            line.send(b"hello")
            line.listen()
            assert await heard.get() == "reset"


@pytest.mark.parametrize("closes_first", [False, True])
async def test_a_reset_that_comes_before_the_loop_looks_is_no_failure_to_connect(closes_first):
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with dialled(server.getsockname()[1]) as (line, heard):
            peer, _ = server.accept()
            if closes_first:
                peer.shutdown(socket.SHUT_WR)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            assert await heard.get() == "connected"
            line.send(b"hello")
            line.listen()
            assert await heard.get() == "reset"


async def test_a_refused_line_says_so_once():
    async with dialled(free_port()) as (line, heard):
        assert await heard.get() == "refused"
        line.send(b"nothing")
        line.listen()
        assert line.dead()
        assert line.own_address() == ("", 0)
        assert heard.empty()


async def test_a_line_notices_a_peer_that_left_before_anything_was_read():
    async def leaving(reader, writer):
        writer.close()

    async with listening(leaving) as port, dialled(port) as (line, heard):
        await heard.get()
        while not line.dead():
            await asyncio.sleep(0.005)


async def test_a_closed_line_can_be_dialled_again():
    async with listening(silent) as port, dialled(free_port()) as (line, heard):
        assert await heard.get() == "refused"
        line.dial(HERE, port)
        assert await heard.get() == "connected"
        assert not line.dead()


async def test_after_hanging_up_nothing_more_is_heard():
    async with listening(silent) as port, dialled(port) as (line, heard):
        line.hang_up()
        line.hang_up()
        await asyncio.sleep(0.01)
        assert heard.empty()


async def test_a_port_out_of_range_is_a_reason_too():
    notes = Notes()
    Line(notes).dial(HERE, 70_000)
    assert notes.heard.get_nowait() == "connect-failed"


def test_one_address_of_each_family_is_dialled_in_the_resolvers_order():
    found = [literal(text) for text in ("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2")]
    assert [address.text for address in one_per_family(found)] == ["2001:db8::1", "192.0.2.1"]


def test_a_link_local_address_keeps_its_zone():
    index, name = socket.if_nameindex()[0]
    found = literal(f"fe80::1%{name}")
    if found is None:
        pytest.skip("no IPv6 here")
    assert found.with_port(5061) == ("fe80::1", 5061, 0, index)


@pytest.mark.parametrize("text", ["exp-e1.example.com", "1.2.3", "1.2.3.4.5", "", "fe80::zz", "a:b", "\0", "ü"])
def test_what_is_no_address_is_a_name(text):
    assert literal(text) is None


def test_unknown_errors_have_a_reason_and_words():
    assert reason_of(errno.EPROTO) == "connect-failed"
    assert words(OSError(errno.EMFILE, "Connect call failed ('192.0.2.1', 1)")) == "Too many open files"
    assert words(OverflowError("port")) == "port"
