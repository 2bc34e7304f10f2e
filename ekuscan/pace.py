"""How fast connections may follow each other over all hosts: so many per second, each a little late at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """``rate`` is in connections per second, None for no limit; ``jitter`` is the most seconds that one is late.

    ``draw`` gives a random number from 0 up to 1.
    """

    rate: float | None
    jitter: float
    draw: Callable[[], float]
    _free: float = 0.0

    def delay(self, now: float) -> float:
        """How many seconds the next connection has to wait; its place is taken with that. ``now`` never decreases."""
        begin = now
        if self.rate is not None:
            begin = max(now, self._free)
            self._free = begin + 1 / self.rate
        return begin - now + self.draw() * self.jitter
