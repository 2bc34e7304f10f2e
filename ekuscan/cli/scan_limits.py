"""How fast, how often and with what a scan looks: the command line and the targets file brought together."""

from __future__ import annotations

from dataclasses import replace

from ekuscan.cli.proxy_choice import ProxyChoice
from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.limits import ProbeLimits, SweepLimits, Views
from ekuscan.model import Approach, Inventory, Target
from ekuscan.profiles.load import profile
from ekuscan.protocols import transport_of

_NOTHING_SAID = Approach()


def sweep_limits(request: ScanRequest, inventory: Inventory) -> SweepLimits:
    """The limits of a sweep, with those of the targets that are approached in a way of their own.

    Raises `UsageError` where a proxy cannot be used.
    """
    proxies = ProxyChoice(request.proxy, inventory.proxy)
    hosts = {endpoint.target: endpoint.host for endpoint in inventory.endpoints}
    common = replace(_common(request), proxy=proxies.of(None, None))
    own = {}
    for target in inventory.targets:
        approach = inventory.approaches.get(target.id, _NOTHING_SAID)
        key_types = _key_types(target, approach, request)
        proxy = proxies.of(hosts.get(target.id), approach.proxy)
        if (key_types, proxy) != (common.views.key_types, common.proxy):
            own[target.id] = replace(common, views=replace(common.views, key_types=key_types), proxy=proxy)
    return SweepLimits(
        concurrency=request.concurrency,
        probe=common,
        rate=request.rate,
        jitter=request.jitter,
        pause=request.pause,
        own=own,
    )


def within_reach(inventory: Inventory, limits: SweepLimits) -> Inventory:
    """The inventory without optional UDP ports behind a proxy, which carries TCP alone.

    Raises `UsageError` where such a port was named.
    """
    kept = []
    for endpoint in inventory.endpoints:
        if transport_of(endpoint.protocol) == "tcp" or limits.of(endpoint.target).proxy is None:
            kept.append(endpoint)
        elif not endpoint.optional:
            raise UsageError(
                f"{endpoint.id}: is reached over UDP, which no proxy carries; scan it with --proxy none, or say "
                "proxy: none of its target in the targets file"
            )
    return replace(inventory, endpoints=tuple(kept))


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


def _key_types(target: Target, approach: Approach, request: ScanRequest) -> bool:
    """Whoever says no is heard: the person at the command line, or the file about one box."""
    said = [word for word in (request.key_types, approach.key_types) if word is not None]
    return all(said) if said else profile(target.role).key_types is not None
