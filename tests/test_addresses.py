"""Every address of a name as an endpoint of its own."""

from __future__ import annotations

import socket

import pytest

from ekuscan.addresses import MAX_ADDRESSES, each_address
from ekuscan.model import Endpoint
from ekuscan.resolve import literal
from tests.loopback import endpoint

EDGE = Endpoint("edge:5061/sips", "edge", "edge.example.com", 5061, "sips", "edge.example.com", False, slot="server")


@pytest.fixture
def resolver(monkeypatch):
    """Stands in for the system's resolver: addresses by name; counts the questions."""
    asked = []
    known = {}

    def getaddrinfo(host, port, family=0, kind=0, *rest):
        if literal(host) is None:
            asked.append(host)
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            (socket.AF_INET6, kind, 6, "", (text, 0, 0, scope)) if ":" in text else (2, kind, 6, "", (text, 0))
            for text, scope in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    getaddrinfo.asked, getaddrinfo.known = asked, known
    return getaddrinfo


async def test_a_name_becomes_one_endpoint_for_each_address_in_the_resolvers_order(resolver):
    resolver.known["edge.example.com"] = [("2001:db8::7", 0), ("192.0.2.7", 0), ("192.0.2.7", 0)]
    found = await each_address([EDGE], 5)
    assert [(one.id, one.address) for one in found] == [
        ("edge:5061/sips@[2001:db8::7]", "2001:db8::7"),
        ("edge:5061/sips@192.0.2.7", "192.0.2.7"),
    ]
    assert {(one.host, one.server_name, one.target, one.slot, one.optional) for one in found} == {
        ("edge.example.com", "edge.example.com", "edge", "server", False)
    }


async def test_a_name_is_looked_up_once_for_all_of_its_ports(resolver):
    resolver.known["edge.example.com"] = [("192.0.2.7", 0)]
    found = await each_address([EDGE, *[endpoint(port, host="edge.example.com") for port in (1, 2)]], 5)
    assert len(found) == 3
    assert resolver.asked == ["edge.example.com"]


async def test_an_address_and_a_name_that_does_not_resolve_stay_as_they_are(resolver):
    by_number = endpoint(5061, host="192.0.2.9")
    assert await each_address([by_number, EDGE], 5) == (by_number, EDGE)


async def test_a_name_with_very_many_addresses_is_cut(resolver):
    resolver.known["edge.example.com"] = [(f"192.0.2.{number}", 0) for number in range(200)]
    found = await each_address([EDGE], 5)
    assert len(found) == len({one.id for one in found}) == MAX_ADDRESSES


async def test_the_zone_of_a_link_local_address_is_kept(resolver):
    resolver.known["edge.example.com"] = [("fe80::1", 3)]
    assert [one.address for one in await each_address([EDGE], 5)] == ["fe80::1%3"]


async def test_a_name_that_a_proxy_resolves_is_not_looked_up_here(resolver):
    resolver.known["edge.example.com"] = [("192.0.2.7", 0)]
    other = endpoint(443, host="edge.example.com")
    first, second = await each_address([EDGE, other], 5, {"edge"})
    assert (first, second.address) == (EDGE, "192.0.2.7")
    assert await each_address([EDGE], 5, {"edge"}) == (EDGE,)
    assert resolver.asked == ["edge.example.com"]
