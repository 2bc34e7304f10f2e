"""What notices are found in: everything that is known of targets that nothing joins to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ekuscan.assessment import ChainBook
from ekuscan.model import Observation
from ekuscan.record import record
from ekuscan.rules.tables import Tables
from ekuscan.verdict.estate import Seen
from ekuscan.verdict.renewal import IssuancePolicy


@record
class Scene:
    """What the verdicts are computed from, with the observations by endpoint id and the book of all chains."""

    seen: Seen
    observations: Mapping[str, Observation]
    book: ChainBook
    tables: Tables
    policy: IssuancePolicy

    def of(self, ids: Iterable[str]) -> list[Observation]:
        """The observations of these endpoints."""
        return [self.observations[id_] for id_ in dict.fromkeys(ids) if id_ in self.observations]
