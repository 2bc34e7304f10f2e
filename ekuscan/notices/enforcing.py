"""``enforces-client-auth``: what a peer made of the client certificates that it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ekuscan.model import Because, Notice, Observation
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import notice, place, ports

KIND: Final = "enforces-client-auth"


def enforces_client_auth(scene: Scene) -> Iterator[Notice]:
    """One notice for each endpoint that was shown one. That the others asked for none stands with their requests.

    The text says what follows; what the peer did with each certificate is in the evidence alone.
    """
    for observation in scene.observations.values():
        found = observation.enforcement
        if found is None or not was_shown_one(observation):
            continue
        answers, conclusion = found.evidence[:-1], conclusion_of(observation)
        yield notice(
            KIND,
            found.value,
            observation.endpoint.target,
            {"ports": ports([observation]), "certainty": found.certainty, "conclusion": conclusion},
            detail=place(observation.endpoint),
            endpoints=[observation.endpoint.id],
            certainty=found.certainty,
            because=(
                *(Because("client certificates of ours", answer, "observed") for answer in answers),
                Because("what follows", conclusion, found.certainty),
            ),
        )


def was_shown_one(observation: Observation) -> bool:
    """Whether a client certificate was presented to this endpoint."""
    return any(sight.presented_as is not None for sight in observation.sights)


def conclusion_of(observation: Observation) -> str:
    """What follows from the answers, or why there are none: the last sentence of the evidence (see `Enforcement`)."""
    found = observation.enforcement
    return found.evidence[-1] if found is not None and found.evidence else ""
