"""What an API told, put where a scan looks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.model import Observation


def with_told_release(observation: Observation, facts: Mapping[str, ApplianceFacts]) -> Observation:
    """The observation of the endpoint that took the log-in, with the release that its API told as its banner.

    ``facts`` are by target. Every other observation comes back as it is.
    """
    told = facts.get(observation.endpoint.target)
    if told is None or told.release is None or told.endpoint != observation.endpoint.id:
        return observation
    return replace(observation, banner=told.release)
