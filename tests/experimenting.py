"""An experiment from the ordinary handshake to its conclusion, over real connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Observation
from ekuscan.probe import observe
from ekuscan.trials import Controls
from ekuscan.wire.identity import Identity


async def tried(
    endpoint: Endpoint, limits: ProbeLimits, identities: Sequence[Identity], controls: Controls, now: datetime
) -> Observation:
    return await observe(endpoint, replace(limits, identities=tuple(identities), controls=controls), lambda: now)
