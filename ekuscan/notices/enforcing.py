"""``enforces-client-auth``: what a peer made of the client certificates that it was shown."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.model import Because, Notice
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import notice, place, ports


def enforces_client_auth(scene: Scene) -> Iterator[Notice]:
    """One notice for each endpoint that was shown one. That the others asked for none stands with their requests."""
    for observation in scene.observations.values():
        found = observation.enforcement
        if found is None or all(sight.presented_as is None for sight in observation.sights):
            continue
        yield notice(
            "enforces-client-auth",
            found.value,
            observation.endpoint.target,
            {"ports": ports([observation]), "evidence": "; ".join(found.evidence)},
            detail=place(observation.endpoint),
            endpoints=[observation.endpoint.id],
            certainty=found.certainty,
            because=[Because("client certificates of ours", one, "observed") for one in found.evidence],
        )
