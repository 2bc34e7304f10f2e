"""Which handshakes with an endpoint say what it shows to whoever asks for it by its name."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.model import Observation, Sight
from ekuscan.wire.offer import NAMELESS_OFFER


def named_sights(observation: Observation) -> Sequence[Sight]:
    """The sights without a certificate of ours and with the server name; the others where no name brought a chain.

    Without a name a server shows what it has for nobody in particular, and a certificate of ours may lead elsewhere.
    """
    if len(observation.sights) == 1:
        return observation.sights
    ours = [sight for sight in observation.sights if sight.presented_as is None]
    named = [sight for sight in ours if sight.offer != NAMELESS_OFFER.name]
    return named if any(sight.chain is not None for sight in named) else ours
