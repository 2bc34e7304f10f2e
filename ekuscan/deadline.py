"""The time that an endpoint has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


class Deadline:
    """When all that is done with an endpoint is to be over. Waiting for others is no part of an endpoint's time."""

    __slots__ = ("_loop", "at")

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.at = self._loop.time() + seconds

    @property
    def passed(self) -> bool:
        return self.left <= 0

    @property
    def left(self) -> float:
        """Seconds, below 0 once it has passed."""
        return self.at - self._loop.time()

    async def without(self, waiting: Awaitable[None]) -> None:
        """Waits for something that is no part of the endpoint's time."""
        then = self._loop.time()
        await waiting
        self.waited_since(then)

    def waited_since(self, then: float) -> None:
        """Moves it by the time since ``then``, an instant of the loop's clock."""
        self.at += self._loop.time() - then
