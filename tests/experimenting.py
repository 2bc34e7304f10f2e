"""An experiment from the ordinary handshake to its conclusion, over real connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ekuscan import observation
from ekuscan.experiment import conclude, next_trial
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint, Observation, Sight
from ekuscan.probe import observe
from ekuscan.resolve import Names
from ekuscan.session import Attempt, Deadline, Session
from ekuscan.trials import Controls, arrange
from ekuscan.turns import Turns
from ekuscan.views import View
from ekuscan.wire.identity import Identity
from ekuscan.wire.request import client_certificate, handshake_failure
from tests.loopback import clock


async def tried(
    endpoint: Endpoint, limits: ProbeLimits, identities: Sequence[Identity], controls: Controls, now: datetime
) -> Observation:
    """The observation with the sights of the trials, and with its conclusion."""
    found = await observe(endpoint, limits, clock)
    trials = arrange(identities, controls, now, tuple(found.ca_names.values()))
    sights = list(found.sights)
    while (identity := next_trial(trials, sights)) is not None:
        sights.append(await _sight(endpoint, limits, identity))
    return replace(found, sights=tuple(sights), enforcement=conclude(sights, trials))


async def _sight(endpoint: Endpoint, limits: ProbeLimits, identity: Identity) -> Sight:
    names = Names(limits.resolve)
    addresses = await names.look_up(endpoint.host)
    names.close()
    attempt = Attempt(endpoint, addresses, endpoint.port, View(limits.offer, identity), None, ())
    session = Session(attempt, limits, clock, Turns(), Deadline(limits.deadline))
    session.begin()
    account = await session.outcome
    judged = client_certificate(account.trace, account.refused_by)
    failure = handshake_failure(account.trace, judged, account.plain)
    return observation.sight(account.trace, judged, failure, account.started, account.seconds)[0]
