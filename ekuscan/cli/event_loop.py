"""The one place where an event loop is made."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

# The default loop of Windows cannot watch the sockets that the probe opens itself.
_LOOP = asyncio.SelectorEventLoop if sys.platform == "win32" else None
_T = TypeVar("_T")


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Runs a coroutine to its end on a selector loop of its own."""
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        return runner.run(coroutine)


@asynccontextmanager
async def every(seconds: float, call: Callable[[], None]) -> AsyncIterator[None]:
    """Does ``call`` again and again while the block lasts. Raises at its end what ``call`` raised, which ends that."""

    async def again() -> None:
        while True:
            await asyncio.sleep(seconds)
            call()

    task = asyncio.create_task(again())
    try:
        yield
    finally:
        task.cancel()
        (fault,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(fault, Exception):
        raise fault
