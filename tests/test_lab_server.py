from __future__ import annotations

import asyncio
import errno
import socket
import sys
import threading

import pytest

from ekuscan.lab.server import LoopbackServer
from ekuscan.lab.wire import Wire

PATIENCE = 10
HOST = "127.0.0.1"


async def echo(wire: Wire) -> None:
    while data := await wire.receive():
        await wire.send(data)


def connect(listener, timeout: float = PATIENCE) -> socket.socket:
    return socket.create_connection((listener.host, listener.port), timeout=timeout)


def ended(plain: socket.socket) -> bool:
    """Whether the connection ends, in order or by a reset: both are hanging up."""
    try:
        return plain.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def server():
    made = LoopbackServer()
    yield made
    made.stop()


def test_a_port_serves_several_connections_at_once(server):
    listener = server.listen(HOST, 0, echo)
    server.start()
    with connect(listener) as first, connect(listener) as second:
        for one in (second, first):
            one.sendall(b"hello")
            assert one.recv(10) == b"hello"
    assert listener.counters.at_once == 2


def test_a_port_answers_datagrams(server):
    listener = server.answer(HOST, 0, lambda data: data[::-1])
    server.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(PATIENCE)
        plain.sendto(b"abc", (listener.host, listener.port))
        assert plain.recv(10) == b"cba"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 in this Python")
def test_a_port_can_be_on_ipv6(server):
    listener = server.listen("::1", 0, echo)
    server.start()
    with connect(listener) as plain:
        plain.sendall(b"six")
        assert plain.recv(10) == b"six"


def test_a_closed_port_refuses(server):
    listener = server.refuse(HOST, 0)
    server.start()
    with pytest.raises(ConnectionRefusedError):
        connect(listener)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse when a queue is full")
def test_a_filtered_port_does_not_answer(server):
    listener = server.filter(HOST, 0)
    server.start()
    with pytest.raises(TimeoutError):
        connect(listener, 0.3)


def test_a_preferred_port_that_is_taken_gives_another_one(server):
    first = server.listen(HOST, 0, echo)
    second = server.listen(HOST, first.port, echo)
    assert second.port != first.port
    assert second.port >= 1024


def test_a_closed_port_cannot_be_opened_by_somebody_else(server):
    listener = server.refuse(HOST, 0)
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError) as raised:  # noqa: PT011
            plain.bind((HOST, listener.port))
    assert raised.value.errno == errno.EADDRINUSE


def test_stopping_ends_open_connections_ports_and_the_thread(server):
    listener = server.listen(HOST, 0, echo)
    server.start()
    with connect(listener) as plain:
        plain.sendall(b"x")
        assert plain.recv(1) == b"x"
        server.stop()
        assert ended(plain)
    with pytest.raises(ConnectionRefusedError):
        connect(listener)
    assert not any(thread.name == "ekuscan-lab" for thread in threading.enumerate())
    assert listener.counters.open == 0
    server.stop()


def test_a_client_that_leaves_in_the_middle_harms_nobody(server):
    listener = server.listen(HOST, 0, echo)
    server.start()
    for _ in range(5):
        with connect(listener) as plain:
            plain.sendall(b"x" * 100_000)
    with connect(listener) as plain:
        plain.sendall(b"still there")
        assert plain.recv(20) == b"still there"


def test_a_connection_is_dropped_when_patience_ends():
    async def never(wire: Wire) -> None:
        await asyncio.Event().wait()

    server = LoopbackServer(patience=0.05)
    listener = server.listen(HOST, 0, never)
    server.start()
    try:
        with connect(listener) as plain:
            assert ended(plain)
    finally:
        server.stop()


def test_a_handler_with_a_fault_of_its_own_takes_only_its_connection_down(server):
    async def fails(wire: Wire) -> None:
        raise ValueError("a fault of the lab")

    broken, sound = server.listen(HOST, 0, fails), server.listen(HOST, 0, echo)
    server.start()
    with connect(broken) as plain:
        assert plain.recv(1) == b""
    with connect(sound) as plain:
        plain.sendall(b"x")
        assert plain.recv(1) == b"x"
