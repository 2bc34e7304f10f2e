"""``api-not-read``: boxes for which there is a log-in, and that did not tell what they were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.model import Because, Notice
from ekuscan.notices.wording import notice


def api_not_read(told: Iterable[ApplianceFacts]) -> Iterator[Notice]:
    """One notice for each box of which something was not read, with the first reason; its evidence has all of them."""
    for facts in told:
        if not facts.failures:
            continue
        something = facts.release or facts.zones or facts.certificates
        first, *others = (failure.said for failure in facts.failures)
        yield notice(
            "api-not-read",
            "some" if something else "nothing",
            facts.target,
            {"why": f"{first} (and {len(others)} more)" if others else first},
            endpoints=[facts.endpoint] if facts.endpoint is not None else [],
            because=[Because("API", failure.said, "observed") for failure in facts.failures],
        )
