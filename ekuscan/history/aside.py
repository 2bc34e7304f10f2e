"""Work on a history beside everything else: in a thread of its own, which is waited for so long and no longer.

A database may keep whoever asks it waiting without end, as a server that is stopped does: the system of that machine
still acknowledges every packet, so no time limit of the network helps. The thread of such a work is left to itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T", covariant=True)


class Work(Generic[_T]):
    """A call in its own thread, under way from the start."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._found: list[_T] = []
        self._fault: BaseException | None = None
        threading.Thread(target=self._run, name="history", daemon=True).start()

    def _run(self) -> None:
        try:
            self._found.append(self._call())
        except BaseException as fault:
            self._fault = fault
        finally:
            self._ended.set()

    def ended(self, seconds: float = 0) -> bool:
        """Whether it has ended, waiting up to so many seconds. Ctrl-C ends the waiting."""
        return self._ended.wait(seconds)

    def result(self) -> _T:
        """What the call returned, once it has ended; raises what it raised."""
        if self._fault is not None:
            raise self._fault
        return self._found[0]
