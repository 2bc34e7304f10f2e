"""Asks for every record of every domain in every view, and looks up the hosts that the records name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from ekuscan.discovery.limits import LookupLimits
from ekuscan.discovery.lookup import NameServers, Server
from ekuscan.discovery.records import record_table
from ekuscan.discovery.views import Answered, Discovery, DomainSeen, HostSeen, Seen, Unanswered, ViewName


async def discover(
    domains: Sequence[str], views: Mapping[ViewName, Sequence[Server] | None], limits: LookupLimits | None = None
) -> Discovery:
    """What the name servers say. Never raises for anything that they or the network do.

    Args:
        domains: canonical names without a dot at the end.
        views: the servers of each view that is to be asked, None for those of this machine.
        limits: bounds of time and number.
    """
    limits = limits or LookupLimits()
    end = asyncio.get_running_loop().time() + limits.deadline
    seen = await asyncio.gather(
        *(_view(name, NameServers(servers, limits, end), domains, limits) for name, servers in views.items())
    )
    return Discovery(
        tuple(domain for one in seen for domain in one.domains),
        tuple(record for one in seen for record in one.records),
        tuple(host for one in seen for host in one.hosts),
    )


async def _view(view: ViewName, servers: NameServers, domains: Sequence[str], limits: LookupLimits) -> Discovery:
    """A domain that does not exist there, or for which there is no answer, is asked nothing more about."""
    known = await asyncio.gather(*(_domain(view, servers, domain) for domain in domains))
    asked = [one.domain for one in known if one.exists]
    records = await asyncio.gather(
        *(
            _record(view, servers, domain, number, owner)
            for domain in asked
            for number, row in enumerate(record_table().records)
            for owner in row.owners(domain)
        )
    )
    hosts = dict.fromkeys(
        service.host
        for record in records
        if isinstance(record.answer, Answered)
        for service in record.answer.services
        if service.host != "."
    )
    looked_up = await asyncio.gather(*(_host(view, servers, host) for host in list(hosts)[: limits.hosts]))
    return Discovery(tuple(known), tuple(records), tuple(looked_up))


async def _domain(view: ViewName, servers: NameServers, domain: str) -> DomainSeen:
    answer = await servers.exists(domain)
    if isinstance(answer, Unanswered):
        return DomainSeen(view, domain, False, answer)
    return DomainSeen(view, domain, answer)


async def _record(view: ViewName, servers: NameServers, domain: str, number: int, owner: str) -> Seen:
    return Seen(view, domain, record_table().records[number], owner, await servers.services(owner))


async def _host(view: ViewName, servers: NameServers, host: str) -> HostSeen:
    answer = await servers.addresses(host)
    if isinstance(answer, Unanswered):
        return HostSeen(view, host, unanswered=answer)
    return HostSeen(view, host, answer.texts, answer.alias_of)
