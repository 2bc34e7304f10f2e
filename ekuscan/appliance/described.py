"""What an appliance's API told, as boxes and connections for a targets file.

Its server certificate is none of that: ports show it, and a file would go on saying what it was before a renewal.
"""

from __future__ import annotations

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.zone_peers import Dialler, described
from ekuscan.model import Target
from ekuscan.names import printable
from ekuscan.targets.address import is_ip


def described_by_api(facts: ApplianceFacts, target: Target, host: str) -> Found:
    """The box with its release, and what its zones mean.

    Args:
        facts: what it told.
        target: the box as it is known so far; its role, and its name and cluster as the ends of connections.
        host: its canonical host.
    """
    if facts.endpoint is None:
        return Found(left_out=_failures(facts))
    told_by = printable(f"API of {host}")
    release = facts.release.release if facts.release is not None else None
    box = FoundTarget(name=target.id, told_by=told_by, host=host, role=target.role, release=release)
    domain = None if is_ip(host) else host.partition(".")[2] or None
    zones = [(f"{told_by}, zone {zone.name}", zone) for zone in facts.zones]
    rest = described(Dialler(box, target.cluster or target.id, domain), zones)
    return Found((box, *rest.targets), rest.connections, (*_failures(facts), *rest.left_out))


def _failures(facts: ApplianceFacts) -> tuple[str, ...]:
    return tuple(f"{facts.target}: {failure.said}" for failure in facts.failures)
