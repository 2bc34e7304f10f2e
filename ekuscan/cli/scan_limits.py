"""How fast, how often and with what a scan looks: the command line and the targets file brought together."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.cli.scan_request import ScanRequest
from ekuscan.limits import ProbeLimits, SweepLimits, Views
from ekuscan.model import Approach, Inventory, Target
from ekuscan.profiles.load import profile

_NOTHING_SAID = Approach()


def sweep_limits(request: ScanRequest, inventory: Inventory) -> SweepLimits:
    """The limits of a sweep, with those of the targets that are approached in a way of their own."""
    common = _common(request)
    own = {}
    for target in inventory.targets:
        limits = _of_target(target, inventory.approaches.get(target.id, _NOTHING_SAID), request, common)
        if limits != common:
            own[target.id] = limits
    return SweepLimits(
        concurrency=request.concurrency,
        probe=common,
        rate=request.rate,
        jitter=request.jitter,
        pause=request.pause,
        own=own,
    )


def _common(request: ScanRequest) -> ProbeLimits:
    return ProbeLimits(
        connect=request.connect_timeout,
        deadline=request.deadline,
        options=request.options,
        retries=request.retries,
        retry_after=request.retry_after,
        views=Views(
            key_types=bool(request.key_types),
            versions=request.versions,
            without_sni=request.without_sni,
            post_quantum=request.post_quantum,
            late=request.late,
        ),
    )


def _of_target(target: Target, approach: Approach, request: ScanRequest, common: ProbeLimits) -> ProbeLimits:
    key_types = _key_types(target, approach, request)
    if key_types == common.views.key_types:
        return common
    return replace(common, views=replace(common.views, key_types=key_types))


def _key_types(target: Target, approach: Approach, request: ScanRequest) -> bool:
    """Whoever says no is heard: the person at the command line, or the file about one box."""
    said = [word for word in (request.key_types, approach.key_types) if word is not None]
    return all(said) if said else profile(target.role).key_types is not None
