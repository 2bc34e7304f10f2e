"""Python's garbage collector, which finds next to nothing here: what a run makes it keeps until its end."""

from __future__ import annotations

import gc

# New objects before the youngest are looked through, and how often older ones are. With Python's own numbers an eighth
# of the time to judge a large estate goes into looking through verdicts that stay.
_THRESHOLDS = (50_000, 50, 100)


def spare_the_collector() -> None:
    """Look through what is there already never again, and through what comes rarely."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
