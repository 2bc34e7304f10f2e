"""The result as a calendar: the last day of each certificate and waiver, the last to renew, and policy dates ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from ekuscan.report import ics
from ekuscan.report.agenda import held_in, kept_entries, policy_entries, waiver_entries
from ekuscan.report.rendering import Rendering


def render(given: Rendering) -> Iterator[bytes]:
    """The file; what has passed is left out."""
    today = given.now.date()
    kept = kept_entries(held_in(given.run), today)
    entries = [*policy_entries(), *kept, *waiver_entries(given.run.run.waivers)]
    ahead = sorted(
        (one for one in entries if one.day is None or one.day >= today), key=lambda one: (one.day or today, one.title)
    )
    yield ics.render(ahead, given.run.run.started.astimezone(UTC).replace(microsecond=0))
