"""SRV records of a domain, asked for at real name servers on loopback, from inside and from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.discovery import lookup
from ekuscan.discovery.ask import discover
from ekuscan.discovery.findings import findings, unseen
from ekuscan.discovery.limits import LookupLimits
from ekuscan.discovery.lookup import Server
from ekuscan.discovery.records import record_table
from ekuscan.discovery.targets import found_targets
from ekuscan.discovery.views import Answered, Discovery, ViewName
from ekuscan.profiles.load import port_of
from tests.loopback import free_port
from tests.name_server import Mood, Zone, name_server

ENOUGH = LookupLimits(answer=10.0, deadline=60.0)
SHORT = LookupLimits(answer=0.4, deadline=5.0)

HOSTS: Zone = {
    "example.com": {"SOA": ["ns.example.com. hostmaster.example.com. 1 2 3 4 5"]},
    "exp-e1.example.com": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "exp-e2.example.com": {"A": ["192.0.2.2"]},
    "cucm1.example.com": {"A": ["10.0.0.9"]},
}
PUBLIC: Zone = {
    **HOSTS,
    "_collab-edge._tls.example.com": {
        "SRV": ["10 10 8443 exp-e2.example.com.", "10 20 8443 exp-e1.example.com."],
    },
    "_sips._tcp.example.com": {"SRV": ["10 10 5061 exp-e1.example.com."]},
    "_sips._tcp.mtls.example.com": {"SRV": ["10 10 5062 exp-e1.example.com."]},
}
INSIDE: Zone = {**HOSTS, "_cisco-uds._tcp.example.com": {"SRV": ["5 5 8443 cucm1.example.com."]}}


def with_records(zone: Zone, **records: str) -> Zone:
    """A zone with further SRV records of example.com, by service with underlines for hyphens."""
    named = {f"_{name.replace('__', '._')}.example.com": {"SRV": [text]} for name, text in records.items()}
    return {**zone, **named}


async def seen(views: Mapping[ViewName, tuple[Zone, Mood]], *domains: str, limits: LookupLimits = ENOUGH) -> Discovery:
    """What is discovered where each view has a server of its own."""
    with ExitStack() as stack:
        servers = {view: [_server(stack.enter_context(name_server(*one)))] for view, one in views.items()}
        return await discover(domains or ("example.com",), servers, limits)


def _server(text: str) -> Server:
    address, _, port = text.partition(":")
    return Server(address, int(port))


async def outside(zone: Zone, mood: Mood = "answers", *, limits: LookupLimits = ENOUGH) -> Discovery:
    return await seen({"external": (zone, mood)}, limits=limits)


async def test_a_domain_in_order_gives_its_boxes_and_nothing_to_look_at() -> None:
    read = await seen({"external": (PUBLIC, "answers"), "internal": (INSIDE, "answers")})
    assert (findings(read), unseen(read)) == ((), ())
    found = found_targets(read)
    assert {(one.host, one.role) for one in found.targets} == {
        ("exp-e1.example.com", "expressway-e"),
        ("exp-e2.example.com", "expressway-e"),
        ("cucm1.example.com", "cucm"),
    }
    first = found.targets[0]
    assert first.known_as == ("192.0.2.1", "2001:db8::1")
    assert first.told_by == (
        "_collab-edge._tls.example.com (external), _sips._tcp.example.com (external), "
        "_sips._tcp.mtls.example.com (external)"
    )
    assert not any(one.ports for one in found.targets)


async def test_a_record_for_the_inside_that_resolves_outside_is_told() -> None:
    read = await outside(with_records(PUBLIC, **{"cisco-uds__tcp": "5 5 8443 cucm1.example.com."}))
    (told,) = findings(read)
    assert told.startswith("_cisco-uds._tcp.example.com resolves in the external view (cucm1.example.com:8443): ")


async def test_what_is_so_in_both_views_is_said_once() -> None:
    zone = with_records(PUBLIC, sip__tcp="1 1 5060 gone.example.com.")
    read = await seen({"internal": ({**INSIDE, **zone}, "answers"), "external": (zone, "answers")})
    (told,) = findings(read)
    assert "in the internal view and the external view, which has no address there" in told


async def test_the_same_record_inside_is_as_it_should_be() -> None:
    read = await seen({"internal": (INSIDE, "answers")})
    assert findings(read) == ()


async def test_a_public_record_that_is_missing_is_told_for_the_outside_alone() -> None:
    (told,) = findings(await outside(HOSTS))
    assert told.startswith("_collab-edge._tls.example.com is missing in the external view: ")
    (told,) = findings(await seen({"internal": (HOSTS, "answers")}))
    assert told.startswith("_cisco-uds._tcp.example.com is missing in the internal view: ")
    assert findings(await seen({"own": (HOSTS, "answers")})) == ()


async def test_a_target_that_is_an_alias_is_told_and_still_taken() -> None:
    zone = with_records(PUBLIC, sip__tcp="1 1 5060 vcs.example.com.")
    read = await outside({**zone, "vcs.example.com": {"CNAME": ["exp-e1.example.com."]}})
    (told,) = findings(read)
    assert "_sip._tcp.example.com points to vcs.example.com" in told
    assert "an alias of exp-e1.example.com" in told
    by_host = {one.host: one for one in found_targets(read).targets}
    assert by_host["vcs.example.com"].known_as == ("192.0.2.1", "2001:db8::1")


async def test_a_target_without_an_address_is_told() -> None:
    read = await outside(with_records(PUBLIC, **{"xmpp-server__tcp": "1 1 5269 gone.example.com."}))
    (told,) = findings(read)
    assert (
        told
        == "_xmpp-server._tcp.example.com points to gone.example.com in the external view, which has no address there"
    )


async def test_a_service_that_is_said_not_to_be_offered_is_told_and_no_target() -> None:
    read = await outside(with_records(PUBLIC, **{"xmpp-server__tcp": "0 0 0 ."}))
    (told,) = findings(read)
    assert told.startswith("_xmpp-server._tcp.example.com says in the external view that the service is not offered")
    assert "." not in {one.host for one in found_targets(read).targets}


async def test_the_mutual_port_in_the_record_for_everybody_is_told_and_the_other_way_round() -> None:
    zone = {
        **PUBLIC,
        "_sips._tcp.example.com": {"SRV": ["1 1 5061 exp-e1.example.com.", "1 1 5062 exp-e1.example.com."]},
        "_sips._tcp.edge.example.com": {"SRV": ["1 1 5061 exp-e1.example.com."]},
    }
    for_all, for_edge = findings(await outside(zone))
    assert for_all.startswith("_sips._tcp.example.com has exp-e1.example.com:5062 in the external view: ")
    assert for_edge.startswith("_sips._tcp.edge.example.com has exp-e1.example.com:5061 in the external view: ")


async def test_a_port_that_no_role_has_is_named_with_the_others() -> None:
    read = await outside({**HOSTS, "_sips._tcp.example.com": {"SRV": ["1 1 15061 sbc.example.com."]}})
    (target,) = found_targets(read).targets
    assert (target.role, target.ports) == (None, ("15061",))


async def test_services_without_tls_and_sip_are_told_and_no_targets() -> None:
    found = found_targets(await outside(with_records(HOSTS, h323cs__tcp="1 1 1720 mcu.example.com.")))
    assert found.targets == ()
    assert found.left_out == ("_h323cs._tcp.example.com (mcu.example.com:1720): H.323 calls, no TLS and no SIP",)


async def test_a_host_that_two_records_take_for_two_products_gets_no_role() -> None:
    zone = with_records(PUBLIC, **{"cuplogin__tcp": "1 1 8443 exp-e1.example.com."})
    found = found_targets(await seen({"internal": (zone, "answers")}))
    assert {one.host: one.role for one in found.targets}["exp-e1.example.com"] is None
    assert any(
        "expressway-e by _collab-edge._tls" in line and "imp by _cuplogin._tcp" in line for line in found.left_out
    )


async def test_a_domain_that_no_view_knows_is_asked_about() -> None:
    read = await outside({"other.example": {"A": ["192.0.2.1"]}})
    assert unseen(read) == ("the external view: example.com does not exist; is it written right?",)
    assert (read.records, findings(read)) == ((), ())


async def test_a_domain_of_the_inside_alone_is_no_riddle() -> None:
    read = await seen({"internal": (INSIDE, "answers"), "external": ({"org": {"A": ["192.0.2.1"]}}, "answers")})
    assert (findings(read), unseen(read)) == (("example.com does not exist in the external view",), ())


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("silent", "no answer within 0.4 s"),
        ("refuses", "refuses the question (REFUSED)"),
        ("fails", "SERVFAIL"),
        (b"SIP/2.0 400 Bad Request", ""),
    ],
)
async def test_a_server_that_gives_no_answer_leaves_the_domain_unseen(mood: Mood, words: str) -> None:
    read = await outside(PUBLIC, mood, limits=SHORT)
    (told,) = unseen(read)
    assert told.startswith("the external view: nothing is known of example.com: ")
    assert words in told
    assert (findings(read), found_targets(read).targets) == ((), ())


async def test_addresses_that_do_not_come_are_unseen_and_no_finding() -> None:
    read = await outside(PUBLIC, "silent-on-hosts", limits=SHORT)
    assert {one.split(" are not known")[0] for one in unseen(read)} == {
        "the external view: the addresses of exp-e1.example.com",
        "the external view: the addresses of exp-e2.example.com",
    }
    assert findings(read) == ()
    assert len(found_targets(read).targets) == 2


async def test_an_answer_too_long_for_udp_comes_over_tcp() -> None:
    read = await outside(PUBLIC, "truncates")
    assert len(found_targets(read).targets) == 2


async def test_the_second_server_answers_where_the_first_is_not_there() -> None:
    with name_server(PUBLIC) as there:
        servers = [Server("127.0.0.1", free_port()), _server(there)]
        read = await discover(["example.com"], {"external": servers}, LookupLimits(answer=0.5, deadline=60))
    assert len(found_targets(read).targets) == 2


async def test_nothing_is_asked_when_the_time_is_over() -> None:
    read = await outside(PUBLIC, limits=LookupLimits(deadline=0))
    assert unseen(read) == ("the external view: nothing is known of example.com: the 0 s for everything were over",)


async def test_services_without_end_are_cut_and_told() -> None:
    many = [f"1 1 5061 h{number}.example.com." for number in range(80)]
    read = await outside({**PUBLIC, "_sips._tcp.example.com": {"SRV": many}})
    assert any("the first 64 are" in line for line in findings(read))
    assert len(read.hosts) <= 66


async def test_names_that_are_no_host_names_are_shown_harmlessly_and_left() -> None:
    read = await outside({**HOSTS, "_sips._tcp.example.com": {"SRV": [r"1 1 5061 a\027[2Jb.example.com."]}})
    told = [line for line in findings(read) if "which is no host name" in line]
    assert len(told) == 1
    assert told[0].isprintable()
    assert found_targets(read).targets == ()


async def test_a_machine_without_name_servers_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise lookup.dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(lookup.dns.asyncresolver, "Resolver", none)
    read = await discover(["example.com"], {"own": None})
    assert unseen(read) == (
        "this machine's resolver: nothing is known of example.com: this machine has no name server set",
    )


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda rest: b"\x81\x80\0\x01\0\x01\0\0\0\0" + rest))
def test_whatever_a_server_answers_is_told_in_printable_sentences(behind_the_id: bytes) -> None:
    read = asyncio.run(outside(PUBLIC, behind_the_id, limits=LookupLimits(answer=0.1, deadline=1)))
    assert all(line.isprintable() for line in (*findings(read), *unseen(read)))
    assert unseen(read)


def test_every_row_of_the_table_has_a_port_that_its_role_has() -> None:
    rows = record_table().records
    assert {row.name for row in rows} >= {"_collab-edge._tls", "_cisco-uds._tcp", "_sips._tcp", "_xmpp-server._tcp"}
    for row in rows:
        if row.tls and row.points_to is not None:
            assert all(port_of(row.points_to, port) is not None for port in row.port), row.name


async def test_every_record_of_the_table_is_asked_for() -> None:
    read = await outside(PUBLIC)
    asked = {record.owner for record in read.records}
    assert asked == {owner for row in record_table().records for owner in row.owners("example.com")}
    assert {"_sips._tcp.edge.example.com", "_sips._tcp.mtls.example.com", "_sips._tcp.sipmtls.example.com"} <= asked
    assert all(isinstance(record.answer, Answered) for record in read.records)
