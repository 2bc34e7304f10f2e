"""The result as a calendar: the last day of each certificate, the last day to renew it, and the policy dates ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from ekuscan.report import ics
from ekuscan.report.agenda import held_in, kept_entries, policy_entries
from ekuscan.report.rendering import Rendering


def render(given: Rendering) -> Iterator[bytes]:
    """The file; what has passed is left out."""
    today = given.now.date()
    entries = [*policy_entries(), *kept_entries(held_in(given.run), today)]
    ahead = sorted(
        (one for one in entries if one.day is None or one.day >= today), key=lambda one: (one.day or today, one.title)
    )
    yield ics.render(ahead, given.run.run.started.astimezone(UTC).replace(microsecond=0))
