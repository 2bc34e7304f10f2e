"""Listeners on loopback, served by one event loop in a thread of its own: apart from the loop of what scans them."""

from __future__ import annotations

import asyncio
import select
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, cast

from ekuscan.lab.wire import Counters, PeerGoneError, Wire

Handler = Callable[[Wire], Awaitable[None]]
DatagramHandler = Callable[[bytes], bytes | None]
DatagramTalk = Callable[[Counters], asyncio.DatagramProtocol]
State = Literal["open", "closed", "filtered"]

_BACKLOG: Final = 256
_PATIENCE: Final = 120.0
_START: Final = 30.0
_FILLERS: Final = 8
_FILL_WAIT: Final = 0.05


@dataclass(slots=True)
class Listener:
    """One port. A "closed" one is kept bound without listening, so that nobody else opens it meanwhile."""

    host: str
    port: int
    state: State
    counters: Counters = field(default_factory=Counters)
    sockets: list[socket.socket] = field(default_factory=list)
    handler: Handler | None = None
    talk: DatagramTalk | None = None


class LoopbackServer:
    """Bind first (ports are known at once), then `start`, and in any case `stop`. A connection is dropped after
    ``patience`` seconds, whatever its handler is doing."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self.listeners: list[Listener] = []
        self._patience = patience
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._trouble: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._talks: dict[asyncio.Task[None], Wire] = {}
        self._servers: dict[int, asyncio.Server] = {}

    def listen(self, host: str, preferred: int, handler: Handler) -> Listener:
        """A TCP port with a handler per connection; any free port if the preferred one is taken."""
        bound = _bind(host, preferred, socket.SOCK_STREAM, _BACKLOG)
        return self._keep(bound, "open", handler=handler)

    def answer(self, host: str, preferred: int, datagrams: DatagramHandler) -> Listener:
        """A UDP port that answers a datagram with what the handler returns, or with nothing."""
        return self.converse(host, preferred, partial(_Datagrams, datagrams))

    def converse(self, host: str, preferred: int, talk: DatagramTalk) -> Listener:
        """A UDP port that talks to whoever writes to it, by an asyncio protocol made for it."""
        return self._keep(_bind(host, preferred, socket.SOCK_DGRAM, None), "open", talk=talk)

    def refuse(self, host: str, preferred: int) -> Listener:
        """A TCP port that refuses connections."""
        return self._keep(_bind(host, preferred, socket.SOCK_STREAM, None), "closed")

    def refuse_datagrams(self, host: str) -> Listener:
        """A UDP port that nobody serves. Unlike a TCP port it cannot be kept: bound, it would swallow datagrams. So it
        is one that the system chooses, and not soon again."""
        bound = _bind(host, 0, socket.SOCK_DGRAM, None)
        listener = self._keep(bound, "closed")
        bound.close()
        listener.sockets.clear()
        return listener

    def filter(self, host: str, preferred: int) -> Listener:
        """A TCP port that does not answer: its queue is full and nobody accepts. Linux drops what comes then; where
        another system refuses instead, this is a closed port."""
        bound = _bind(host, preferred, socket.SOCK_STREAM, 0)
        listener = self._keep(bound, "filtered")
        listener.sockets += _fill(bound)
        return listener

    def start(self) -> None:
        """Serve what was bound. Returns once everything accepts connections."""
        self._thread = threading.Thread(target=self._run, name="ekuscan-lab", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START):
            raise TimeoutError("the lab did not start")
        if self._trouble is not None:
            self.stop()
            raise self._trouble

    def stop(self) -> None:
        """Drop every connection, close every port, end the thread. Can be called twice."""
        if self._thread is not None:
            if self._loop is not None and self._stop is not None and self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_START)
            self._thread = None
        for listener in self.listeners:
            for bound in listener.sockets:
                bound.close()
            listener.sockets.clear()

    def _keep(
        self,
        bound: socket.socket,
        state: State,
        *,
        handler: Handler | None = None,
        talk: DatagramTalk | None = None,
    ) -> Listener:
        host, port = bound.getsockname()[:2]
        listener = Listener(host, port, state, sockets=[bound], handler=handler, talk=talk)
        self.listeners.append(listener)
        return listener

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._trouble = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        transports: list[asyncio.DatagramTransport] = []
        try:
            for listener in self.listeners:
                if listener.handler is not None:
                    await self._begin(listener)
                elif listener.talk is not None:
                    factory = partial(listener.talk, listener.counters)
                    transport, _ = await self._loop.create_datagram_endpoint(factory, sock=listener.sockets[0])
                    transports.append(transport)
            self._ready.set()
            await self._stop.wait()
        finally:
            for server in self._servers.values():
                server.close()
            for transport in transports:
                transport.close()
            await self._hang_up()

    def end(self, listener: Listener) -> None:
        """Take a TCP port away while the others go on: connections to it are refused from now on. It stays bound, so
        that nobody else opens it meanwhile."""
        self._do(self._end(listener))

    def begin_again(self, listener: Listener) -> None:
        """Bring back a port that was taken away."""
        listener.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.sockets[0].listen(_BACKLOG)
        self._do(self._begin(listener))

    def _do(self, work: Coroutine[None, None, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_START)

    async def _begin(self, listener: Listener) -> None:
        accept = partial(self._accept, listener)
        self._servers[id(listener)] = await asyncio.start_server(accept, sock=listener.sockets[0])

    async def _end(self, listener: Listener) -> None:
        self._servers.pop(id(listener)).close()
        # Its socket is closed in a callback of the next round.
        await asyncio.sleep(0)
        held = socket.socket(listener.sockets[0].family)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((listener.host, listener.port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setblocking(False)
        listener.sockets[:] = [held]

    def _accept(self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, listener.counters)
        if self._stop is None or self._stop.is_set() or listener.handler is None:
            wire.abort()
            return
        task = asyncio.get_running_loop().create_task(self._talk(listener, listener.handler, wire))
        self._talks[task] = wire
        task.add_done_callback(self._talks.pop)

    async def _talk(self, listener: Listener, handler: Handler, wire: Wire) -> None:
        listener.counters.opened()
        try:
            async with asyncio.timeout(self._patience):
                await handler(wire)
                wire.close()
                await wire.until_closed()
        except (PeerGoneError, TimeoutError):
            pass
        finally:
            wire.abort()
            listener.counters.closed()

    async def _hang_up(self) -> None:
        for task, wire in self._talks.items():
            task.cancel()
            wire.abort()
        await asyncio.gather(*self._talks, return_exceptions=True)
        # Transports close their sockets in a callback of the next round.
        for _ in range(3):
            await asyncio.sleep(0)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, handler: DatagramHandler, counters: Counters) -> None:
        self._handler = handler
        self._counters = counters
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._counters.asked(data)
        answer = self._handler(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


def _bind(host: str, preferred: int, kind: socket.SocketKind, backlog: int | None) -> socket.socket:
    """A bound socket, listening if there is a ``backlog``."""
    try:
        return _bind_to(host, preferred, kind, backlog)
    except OSError:
        return _bind_to(host, 0, kind, backlog)


def _bind_to(host: str, port: int, kind: socket.SocketKind, backlog: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        # Not for a port that only stays bound: two such sockets could share it, and the other one might listen.
        if backlog is not None and sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if backlog is not None:
            bound.listen(backlog)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def _fill(listening: socket.socket) -> list[socket.socket]:
    """Connect until a connection stays unanswered; the sockets have to be kept."""
    fillers = []
    for _ in range(_FILLERS):
        filler = socket.socket(listening.family, socket.SOCK_STREAM)
        filler.setblocking(False)
        filler.connect_ex(listening.getsockname())
        fillers.append(filler)
        if not select.select([], [filler], [], _FILL_WAIT)[1]:
            break
    return fillers
