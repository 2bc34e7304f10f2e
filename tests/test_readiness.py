from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ekuscan.readiness import EpollWatch, LoopWatch, watch_of

WATCHES = pytest.mark.parametrize("kind", [EpollWatch, LoopWatch])


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


@contextmanager
def reset_by_peer() -> Iterator[socket.socket]:
    """A TCP connection on which the peer sent a word and then reset it."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        theirs, _ = server.accept()
        theirs.sendall(b"word")
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        ours.setblocking(False)
        yield ours


async def settled() -> None:
    """A few turns of the loop: whatever is ready has been told."""
    for _ in range(5):
        await asyncio.sleep(0)


@WATCHES
async def test_a_socket_is_read_as_long_as_it_is_watched(kind):
    watch, heard = kind(asyncio.get_running_loop()), []
    with pair() as (ours, theirs):
        watch.read(ours.fileno(), lambda: heard.append(ours.recv(100)))
        theirs.send(b"one")
        await settled()
        watch.no_read(ours.fileno())
        theirs.send(b"two")
        await settled()
    assert heard == [b"one"]


@WATCHES
async def test_one_socket_is_read_and_written(kind):
    watch, heard = kind(asyncio.get_running_loop()), []
    with pair() as (ours, theirs):
        number = ours.fileno()

        def written() -> None:
            heard.append("write")
            watch.no_write(number)

        watch.read(number, lambda: heard.append(ours.recv(100)))
        watch.write(number, written)
        await settled()
        theirs.send(b"one")
        await settled()
        watch.no_read(number)
        watch.write(number, written)
        watch.read(number, lambda: heard.append(ours.recv(100)))
        theirs.send(b"two")
        await settled()
        watch.no_read(number)
    assert heard[:2] == ["write", b"one"]
    assert sorted(heard[2:], key=str) == [b"two", "write"]


@WATCHES
async def test_what_came_before_a_reset_is_read_and_then_the_reset(kind):
    watch, heard = kind(asyncio.get_running_loop()), []
    with reset_by_peer() as ours:

        def readable() -> None:
            try:
                heard.append(ours.recv(100))
            except ConnectionResetError:
                heard.append("reset")
                watch.no_read(ours.fileno())

        watch.read(ours.fileno(), readable)
        await settled()
    assert heard == [b"word", "reset"]


async def test_an_event_of_a_closed_socket_is_none_of_the_one_that_has_its_number_now():
    watch, heard = EpollWatch(asyncio.get_running_loop()), []
    with pair() as (first, first_peer), pair() as (second, second_peer), pair() as (later, later_peer):
        sockets = {first.fileno(): second.fileno(), second.fileno(): first.fileno()}

        def replaces_the_other(mine: int) -> None:
            """Whichever is told first takes the other out, and puts a silent socket in its place."""
            other = sockets[mine]
            watch.no_read(mine)
            watch.no_read(other)
            os.dup2(later.fileno(), other)
            watch.read(other, lambda: heard.append("the new one"))
            heard.append("told")

        for mine in sockets:
            watch.read(mine, lambda mine=mine: replaces_the_other(mine))
        first_peer.send(b"x")
        second_peer.send(b"x")
        await settled()
        assert heard == ["told"]
        later_peer.send(b"x")
        await settled()
        assert "the new one" in heard


async def test_a_loop_has_one_watch():
    loop = asyncio.get_running_loop()
    assert watch_of(loop) is watch_of(loop)
