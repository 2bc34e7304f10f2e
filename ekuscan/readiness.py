"""When sockets can be read and written: one epoll beneath the event loop where the system has it, else the loop itself.

For each connection the loop's own `add_reader` makes a handle, a context and an entry of its selector, and runs every
event through all three: that is a twentieth of a whole scan. So the loop watches one epoll, which watches the sockets.
"""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable
from typing import Final, Protocol
from weakref import WeakKeyDictionary

Callback = Callable[[], None]


class Watch(Protocol):
    """Callbacks for sockets, by their numbers.

    An error or a hang-up of the peer is a reason to read and to write. A socket is to be taken out before it is closed.
    """

    def read(self, number: int, then: Callback, /) -> object:
        """Calls ``then`` whenever the socket can be read, until `no_read`."""

    def write(self, number: int, then: Callback, /) -> object:
        """Calls ``then`` whenever the socket can be written, until `no_write`."""

    def no_read(self, number: int, /) -> object:
        """Ends `read`."""

    def no_write(self, number: int, /) -> object:
        """Ends `write`."""


_WATCHES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Watch]] = WeakKeyDictionary()


def watch_of(loop: asyncio.AbstractEventLoop) -> Watch:
    """The one watch of an event loop, which must have `add_reader`: not Windows' default one."""
    found = _WATCHES.get(loop)
    if found is None:
        found = LoopWatch(loop) if sys.platform != "linux" else EpollWatch(loop)
        _WATCHES[loop] = found
    return found


class LoopWatch:
    """The event loop's own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.read: Callable[[int, Callback], object] = loop.add_reader
        self.write: Callable[[int, Callback], object] = loop.add_writer
        self.no_read: Callable[[int], object] = loop.remove_reader
        self.no_write: Callable[[int], object] = loop.remove_writer


if sys.platform == "linux":

    class EpollWatch:
        """One epoll, which is all that the event loop watches of these sockets."""

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._epoll = select.epoll()
            self._readers: dict[int, Callback] = {}
            self._writers: dict[int, Callback] = {}
            loop.add_reader(self._epoll.fileno(), self._ready)

        def read(self, number: int, then: Callback) -> None:
            """See `Watch`."""
            self._set(number, select.EPOLLIN, number in self._writers)
            self._readers[number] = then

        def write(self, number: int, then: Callback) -> None:
            """See `Watch`."""
            self._set(number, select.EPOLLOUT, number in self._readers)
            self._writers[number] = then

        def no_read(self, number: int) -> None:
            """See `Watch`."""
            del self._readers[number]
            self._unset(number, select.EPOLLOUT, number in self._writers)

        def no_write(self, number: int) -> None:
            """See `Watch`."""
            del self._writers[number]
            self._unset(number, select.EPOLLIN, number in self._readers)

        def _set(self, number: int, event: int, both: bool) -> None:
            if both:
                self._epoll.modify(number, select.EPOLLIN | select.EPOLLOUT)
            else:
                self._epoll.register(number, event)

        def _unset(self, number: int, event: int, left: bool) -> None:
            if left:
                self._epoll.modify(number, event)
            else:
                self._epoll.unregister(number)

        def _ready(self) -> None:
            readers, writers = self._readers, self._writers
            due = [(number, event, readers.get(number), writers.get(number)) for number, event in self._epoll.poll(0)]
            for number, event, reader, writer in due:
                # What ran before may have closed the socket, and a new one may have its number: its turn is later.
                if reader is not None and event & ~select.EPOLLOUT and readers.get(number) is reader:
                    reader()
                if writer is not None and event & ~select.EPOLLIN and writers.get(number) is writer:
                    writer()
