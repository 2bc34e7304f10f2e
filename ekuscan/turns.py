"""Who may connect, and who may shake hands with a host: one at a time per address, in order of arrival."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ekuscan.pace import Pace

Ready = Callable[[bool], None]


@dataclass(slots=True)
class Turns:
    """The lines of all hosts. A host is known here only while somebody has its turn, and ``pause`` seconds longer.

    ``pace`` is how fast connections may follow each other, None for no limit.
    """

    pause: float = 0.0
    pace: Pace | None = None
    _waiting: dict[str, deque[Ready]] = field(default_factory=dict)

    def take(self, address: str, ready: Ready) -> None:
        """Calls ``ready`` when the turn has come: at once or later from the loop; it is told which."""
        line = self._waiting.get(address)
        if line is not None:
            line.append(ready)
            return
        self._waiting[address] = deque()
        ready(False)

    def give_back(self, address: str) -> None:
        """Passes the turn on, after the pause. To be called once for each turn that has come, wanted or not."""
        if self.pause:
            asyncio.get_running_loop().call_later(self.pause, self._pass_on, address)
        else:
            self._pass_on(address)

    async def wait(self, address: str) -> None:
        """`take` as a coroutine; on cancellation the turn, once it comes, is passed on."""
        come: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def ready(waited: bool) -> None:
            if come.cancelled():
                self.give_back(address)
            else:
                come.set_result(None)

        self.take(address, ready)
        try:
            await come
        except asyncio.CancelledError:
            if come.done() and not come.cancelled():
                self.give_back(address)
            raise

    async def start(self) -> None:
        """Waits until another connection may begin, to whatever host."""
        if self.pace is not None:
            await asyncio.sleep(self.pace.delay(asyncio.get_running_loop().time()))

    def _pass_on(self, address: str) -> None:
        line = self._waiting[address]
        if line:
            # Not directly: a row of endpoints that fail at once would pile up on the stack.
            asyncio.get_running_loop().call_soon(line.popleft(), True)
        else:
            del self._waiting[address]
