"""Many endpoints to a stream of Observations, in the order in which they end.

A fixed number of workers draws from the endpoints, so a million of them cost no more memory than the ones under way.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from ekuscan import names as texts
from ekuscan import observation
from ekuscan.limits import SweepLimits
from ekuscan.model import Endpoint, Observation
from ekuscan.pace import Pace
from ekuscan.probe import Clock, observe
from ekuscan.resolve import Names
from ekuscan.turns import Turns
from ekuscan.wire.reasons import failure

__all__ = ["SweepLimits", "sweep"]

_MAX_ERROR: Final = 300


async def sweep(
    endpoints: Iterable[Endpoint], limits: SweepLimits, clock: Clock, draw: Callable[[], float] = random.random
) -> AsyncIterator[Observation]:
    """Looks at every endpoint once. TCP connects of a host run together, handshakes with it one at a time.

    After a cancellation nothing runs on; what was not yielded was not looked at to the end. A fault of our own becomes
    a failure "internal-error" of its endpoint, and the sweep goes on. The event loop must be an
    `asyncio.SelectorEventLoop`, which on Windows is to be asked for. ``draw`` gives random numbers from 0 up to 1.
    """
    paced = limits.rate is not None or limits.jitter > 0
    turns = Turns(limits.pause, Pace(limits.rate, limits.jitter, draw) if paced else None)
    names = Names(limits.probe.resolve)
    source = iter(endpoints)
    ended: asyncio.Queue[Observation | None] = asyncio.Queue(limits.concurrency)
    workers = [
        asyncio.create_task(_work(source, limits, clock, names, turns, ended)) for _ in range(limits.concurrency)
    ]
    running = len(workers)
    try:
        while running:
            seen = await ended.get()
            if seen is None:
                running -= 1
            else:
                yield seen
        # Where drawing the next endpoint failed: that fault belongs to the caller.
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        names.close()


async def _work(
    source: Iterator[Endpoint],
    limits: SweepLimits,
    clock: Clock,
    names: Names,
    turns: Turns,
    ended: asyncio.Queue[Observation | None],
) -> None:
    fault: Exception | None = None
    try:
        for endpoint in source:
            try:
                if turns.pace is not None:
                    await turns.start()
                seen = await observe(endpoint, limits.of(endpoint.target), clock, names=names, turns=turns)
            except Exception as error:
                seen = observation.unseen(endpoint, failure("internal-error", error=_named(error)))
            await ended.put(seen)
    except Exception as error:
        fault = error
    await ended.put(None)
    if fault is not None:
        raise fault


def _named(error: Exception) -> str:
    """The fault with the place where it arose, on one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return texts.printable(f"{type(error).__name__}: {error}{place}", _MAX_ERROR)
