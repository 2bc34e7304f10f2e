"""What an API told, put where a scan looks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.model import Inventory, Observation, SlotFile

_SERVER_SLOT: Final = "server"


def with_told_release(observation: Observation, facts: Mapping[str, ApplianceFacts]) -> Observation:
    """The observation of the endpoint that took the log-in, with the release that its API told as its banner.

    ``facts`` are by target. Every other observation comes back as it is.
    """
    told = facts.get(observation.endpoint.target)
    if told is None or told.release is None or told.endpoint != observation.endpoint.id:
        return observation
    return replace(observation, banner=told.release)


def with_told_certificates(inventory: Inventory, facts: Mapping[str, ApplianceFacts]) -> Inventory:
    """The inventory with the certificates that APIs told, for slots of which neither a port nor a file shows any."""
    told = tuple(
        SlotFile(name, _SERVER_SLOT, one.certificates, "", "imported")
        for name, one in facts.items()
        if one.certificates
    )
    return replace(inventory, slot_files=inventory.slot_files + told)
