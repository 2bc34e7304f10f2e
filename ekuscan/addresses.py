"""Every address of a name as an endpoint of its own, where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from ekuscan.model import Endpoint, Failure
from ekuscan.resolve import Address, Names, literal
from ekuscan.targets.address import label

# A name server can answer with thousands.
MAX_ADDRESSES: Final = 64


async def each_address(
    endpoints: Iterable[Endpoint], seconds: float, elsewhere: Collection[str] = ()
) -> tuple[Endpoint, ...]:
    """Endpoints of a name once for each of its addresses, MAX_ADDRESSES at most, in the resolver's order.

    An endpoint whose host is an address, or does not resolve within ``seconds``, stays as it is; so do those of the
    targets named in ``elsewhere``, whose names are not ours to resolve.
    """
    every = tuple(endpoints)
    names = Names(seconds)
    try:
        ours = (endpoint.host for endpoint in every if endpoint.target not in elsewhere)
        hosts = tuple(host for host in dict.fromkeys(ours) if literal(host) is None)
        found = dict(zip(hosts, await asyncio.gather(*map(names.look_up, hosts)), strict=True))
    finally:
        names.close()
    return tuple(
        one
        for endpoint in every
        for one in _at(endpoint, () if endpoint.target in elsewhere else found.get(endpoint.host, ()))
    )


def _at(endpoint: Endpoint, addresses: tuple[Address, ...] | Failure) -> Iterator[Endpoint]:
    if isinstance(addresses, Failure) or not addresses:
        yield endpoint
        return
    for address in addresses[:MAX_ADDRESSES]:
        text = f"{address.text}%{address.scope}" if address.scope else address.text
        yield replace(endpoint, id=f"{endpoint.id}@{label(text)}", address=text)
