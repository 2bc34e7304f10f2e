"""One TCP connection by callbacks, and what it means when there is none.

It does what an asyncio transport does, on the loop's own readiness calls: several objects and loop turns fewer for each
of very many short connections. It needs an event loop that watches sockets, which Windows' default one does not.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from ekuscan.model import Failure
from ekuscan.readiness import watch_of
from ekuscan.resolve import Address
from ekuscan.wire.reasons import failure

_CHUNK: Final = 32_768
_UNDER_WAY: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
# What a connection attempt ends with where the peer took the connection and then reset it, after closing it or not.
_RESET: Final = frozenset({errno.ECONNRESET, errno.EPIPE})
_REASONS: Final = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.EACCES: "unreachable",
    errno.EPERM: "unreachable",
    errno.ENETUNREACH: "no-route",
    errno.ENETDOWN: "no-route",
    errno.EADDRNOTAVAIL: "no-route",
    errno.ETIMEDOUT: "filtered",
}


class Owner(Protocol):
    """Who hears of a line. After `unconnected` or `left` nothing more comes."""

    def connected(self) -> None: ...
    def unconnected(self, reason: Failure) -> None: ...
    def received(self, data: bytes) -> None: ...
    def left(self, *, reset: bool) -> None: ...


class _Nobody:
    def connected(self) -> None: ...
    def unconnected(self, reason: Failure) -> None: ...
    def received(self, data: bytes) -> None: ...
    def left(self, *, reset: bool) -> None: ...


class Line:
    """A TCP connection. `dial`, then `listen` once data is wanted.

    `close` at any time and more than once, after which it can be dialled again; `hang_up` at the end.
    """

    __slots__ = ("_fd", "_owner", "_reading", "_reset", "_socket", "_unsent", "_watch", "_writing")

    def __init__(self, owner: Owner) -> None:
        self._owner: Owner = owner
        self._watch = watch_of(asyncio.get_running_loop())
        self._socket: socket.socket | None = None
        # The loop is given the number: for a socket object it does not know yet it would build the text of a KeyError.
        self._fd = -1
        self._unsent = b""
        self._reading = False
        self._reset = False
        self._writing = False

    def dial(self, address: Address, port: int) -> None:
        """Begins to connect; the owner may hear of the outcome before this returns."""
        try:
            self._reset = False
            self._socket = opened = socket.socket(address.family, socket.SOCK_STREAM)
            self._fd = opened.fileno()
            opened.setblocking(False)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = opened.connect_ex(address.with_port(port))
        except (OSError, OverflowError) as error:
            self._unconnected(failure("connect-failed", error=words(error)))
            return
        if code in _UNDER_WAY:
            self._await_writable(self._established)
        else:
            self._outcome(code)

    def listen(self) -> None:
        """Begins to read."""
        if self._socket is not None and not self._reading:
            self._reading = True
            self._watch.read(self._fd, self._readable)

    def send(self, data: bytes) -> None:
        """Sends now, or as soon as the peer takes it. That the connection is broken shows in reading only."""
        if self._socket is None or not data:
            return
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except ConnectionResetError:
            # Being told so has cleared the error, as in `_outcome`.
            self._reset = True
            return
        except OSError:
            return
        if sent < len(data):
            self._unsent = data[sent:]
            self._await_writable(self._flush)

    def dead(self) -> bool:
        """Whether the peer has closed a connection on which nothing was read yet."""
        if self._socket is None:
            return True
        try:
            return self._socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def own_address(self) -> tuple[str, int]:
        """Our end: address and port."""
        try:
            name = self._socket.getsockname() if self._socket is not None else ("", 0)
        except OSError:
            return "", 0
        return str(name[0]), int(name[1])

    def hang_up(self) -> None:
        """Closes, and lets the owner go: else the two would keep each other in memory until a collection."""
        self.close()
        self._owner = _Nobody()

    def close(self) -> None:
        """Drops the connection, and what was not sent yet with it."""
        if self._socket is None:
            return
        if self._reading:
            self._watch.no_read(self._fd)
        self._stop_writing()
        self._socket.close()
        self._socket = None
        self._reading = False
        self._unsent = b""

    def _await_writable(self, then: Callable[[], None]) -> None:
        self._writing = True
        self._watch.write(self._fd, then)

    def _stop_writing(self) -> None:
        if self._writing:
            self._writing = False
            self._watch.no_write(self._fd)

    def _established(self) -> None:
        if self._socket is None:
            return
        self._stop_writing()
        self._outcome(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _outcome(self, code: int) -> None:
        # Asking for the error has cleared it: reading will show a plain end.
        self._reset = code in _RESET
        if code == 0 or self._reset:
            self._owner.connected()
        else:
            self._unconnected(failure(reason_of(code), seconds=0, error=os.strerror(code)))

    def _unconnected(self, reason: Failure) -> None:
        self.close()
        self._owner.unconnected(reason)

    def _readable(self) -> None:
        if self._socket is None:
            return
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._owner.left(reset=True)
            return
        if data:
            self._owner.received(data)
        else:
            self._owner.left(reset=self._reset)

    def _flush(self) -> None:
        self._stop_writing()
        data, self._unsent = self._unsent, b""
        self.send(data)


def one_per_family(addresses: Sequence[Address]) -> tuple[Address, ...]:
    """The first address of each family in the resolver's order.

    A host whose IPv6 does not work is still reached over IPv4, and one box is not dialled once per address record.
    """
    chosen: dict[int, Address] = {}
    for address in addresses:
        chosen.setdefault(address.family, address)
    return tuple(chosen.values())


def reason_of(code: int) -> str:
    """The reason for a failed connection attempt, by its error number."""
    return _REASONS.get(code, "connect-failed")


def words(error: Exception) -> str:
    """The system's words for an error, without the sentence that a library puts around them."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else str(error)
