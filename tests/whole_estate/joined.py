"""How a connection and all its verdicts are written down: one entry per connection of the targets file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.cisco_document.situation import Shorthand

CLUSTERS: Mapping[str, tuple[str, ...]] = {
    "core": ("c1", "c2"),
    "edge": ("e1", "e2"),
    "cm": ("cucm1", "cucm2", "cucm3"),
    "partner-b": ("partner-b1", "partner-b2"),
}

Given = Shorthand | Mapping[str, Shorthand]
"""One answer for every pair of members, or one for each member that presents the certificate."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A connection and everything that it has to get.

    ``client`` are the rules that judge the end that dials, ``server`` those that judge the end that answers. ``whole``
    is the answer for all pairs of members at once, which only connections of clusters have. ``riding`` are the verdicts
    of use cases that exist because this connection does, by their whole id.
    """

    use_case: str
    from_: str
    to: str
    client: Mapping[str, Given] = field(default_factory=dict)
    server: Mapping[str, Given] = field(default_factory=dict)
    whole: Shorthand | None = None
    riding: Mapping[str, Shorthand] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The connection's id in the result."""
        return f"{self.from_}>{self.to}/{self.use_case}"

    @property
    def verdicts(self) -> dict[str, Shorthand]:
        """Every verdict of the connection, by its id."""
        found = dict(self.riding)
        if self.whole is not None:
            found[f"{self.id}/PAIRS"] = self.whole
        for dials, answers in pairs(self.from_, self.to):
            found |= _legs(self.client, self.use_case, dials, answers)
            found |= _legs(self.server, self.use_case, answers, dials)
        return found


def pairs(from_: str, to: str) -> Iterator[tuple[str, str]]:
    """Who dials whom over a connection of boxes or clusters."""
    for dials in CLUSTERS.get(from_, (from_,)):
        for answers in CLUSTERS.get(to, (to,)):
            yield dials, answers


def _legs(rules: Mapping[str, Given], use_case: str, presents: str, verifies: str) -> Iterator[tuple[str, Shorthand]]:
    for rule, given in rules.items():
        yield f"{presents}>{verifies}/{use_case}/{rule}", given[presents] if isinstance(given, Mapping) else given
