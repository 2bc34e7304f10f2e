"""Zones become connections between known targets, and nothing is made up about the others."""

from __future__ import annotations

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.appliance.zone_connections import with_zones, zone_connections
from ekuscan.cli.knowledge import vocabulary
from ekuscan.imports.zone import Zone
from ekuscan.model import Connection, Endpoint, Fact, Inventory, Target
from ekuscan.rules.load import packaged

USE_CASES = vocabulary(packaged()).use_cases


def told(**settings):
    return {name: Fact(value, "imported") for name, value in settings.items()}


ON, OFF = told(tls_verify="on"), told(tls_verify="off")


def target(name, role, cluster=None):
    return Target(name, role, "declared", None, "default", cluster)


def endpoint(name, host, server_name=None):
    return Endpoint(f"{name}:443/https", name, host, 443, "https", server_name, False)


TARGETS = (
    target("exp-c1", "expressway-c", "core"),
    target("exp-e1", "expressway-e", "edge"),
    target("cucm1", "cucm"),
    target("cube1", "cube"),
)
ENDPOINTS = (
    endpoint("exp-c1", "c1.example.com"),
    endpoint("exp-e1", "192.0.2.2", "e1.example.com"),
    endpoint("cucm1", "cucm1.example.com"),
    endpoint("cube1", "2001:db8::5"),
)


def found(*zones, targets=TARGETS, endpoints=ENDPOINTS, connections=()):
    inventory = Inventory(targets, connections, endpoints)
    facts = [ApplianceFacts(name, "expressway", zones=(zone,)) for name, zone in zones]
    return zone_connections(facts, inventory, USE_CASES)


def neighbor(*peers, **more):
    return Zone("n", "neighbor-zone", "either", peers, **more)


def settings(read):
    return {connection.id: dict(connection.settings) for connection in read.connections}


def test_a_neighbor_zone_is_a_connection_each_way_with_its_own_tls_verify():
    read = found(("exp-c1", neighbor("CUCM1.example.com.", tls_verify="on")))
    verified = ON | told(peer_address="cucm1.example.com")
    assert settings(read) == {"exp-c1>cucm1/neighbor-zone": verified, "cucm1>exp-c1/neighbor-zone": verified}
    assert {connection.origin for connection in read.connections} == {"imported"}


def test_a_peer_is_known_by_target_name_host_server_name_and_address():
    for peer in ("exp-e1", "e1.example.com", "192.0.2.2"):
        read = found(("exp-c1", Zone("t", "uc-traversal", "this", (peer,))))
        assert settings(read) == {"exp-c1>exp-e1/uc-traversal": told(peer_address=peer)}
    assert found(("exp-c1", neighbor("2001:DB8:0::5"))).connections[0].to == "cube1"


def test_a_zone_that_answers_is_dialled_by_the_peer_whose_name_it_expects():
    read = found(("exp-e1", Zone("t", "uc-traversal", "peer", ("c1.example.com",))))
    assert settings(read) == {"exp-c1>exp-e1/uc-traversal": told(verify_name="c1.example.com")}


def test_both_ends_of_one_zone_are_one_connection():
    read = found(
        ("exp-c1", Zone("t", "traversal-zone", "this", ("exp-e1",), tls_verify="on")),
        ("exp-e1", Zone("t", "traversal-zone", "peer", ("c1.example.com",), tls_verify="on")),
    )
    names = told(peer_address="exp-e1", verify_name="c1.example.com")
    assert settings(read) == {"exp-c1>exp-e1/traversal-zone": ON | names}


def test_one_end_of_a_traversal_zone_does_not_speak_for_the_other():
    client = ("exp-c1", Zone("t", "traversal-zone", "this", ("exp-e1",), tls_verify="on"))
    server = ("exp-e1", Zone("t", "traversal-zone", "peer", ("c1.example.com",), tls_verify="off"))
    assert settings(found(client)) == settings(found(client, server))
    assert settings(found(client)) == {"exp-c1>exp-e1/traversal-zone": told(peer_address="exp-e1")}
    assert settings(found(server)) == {"exp-c1>exp-e1/traversal-zone": {}}


def test_zones_that_contradict_each_other_leave_the_setting_open():
    zones = [("exp-c1", neighbor("cucm1", tls_verify=verify)) for verify in ("on", "off")]
    assert settings(found(*zones))["exp-c1>cucm1/neighbor-zone"] == told(peer_address="cucm1")
    assert settings(found(zones[1]))["exp-c1>cucm1/neighbor-zone"] == OFF


def test_of_two_zones_with_one_peer_the_addresses_count_that_hold_all_of_the_others():
    every = neighbor("cucm2.example.com", "cucm1.example.com", tls_verify="on")
    for zones, addresses in (
        ((every, neighbor("CUCM1.example.com", tls_verify="on")), "cucm1.example.com, cucm2.example.com"),
        ((every, neighbor("cucm1", tls_verify="on")), None),
    ):
        agreed = settings(found(*(("exp-c1", zone) for zone in zones)))["exp-c1>cucm1/neighbor-zone"]
        assert agreed == ON | (told(peer_address=addresses) if addresses else {})


def test_unknown_peers_are_named_once_and_give_no_connection():
    read = found(("exp-c1", neighbor("pbx.example.com", "cucm1")), ("exp-e1", neighbor("pbx.example.com")))
    assert read.unknown_peers == ("pbx.example.com",)
    assert {connection.to for connection in read.connections} == {"cucm1", "exp-c1"}


def test_a_name_that_several_targets_share_is_not_guessed():
    shared = tuple(endpoint(one.id, "127.0.0.1") for one in TARGETS)
    read = found(("exp-c1", neighbor("127.0.0.1")), endpoints=shared)
    assert (read.connections, read.unknown_peers) == ((), ("127.0.0.1",))


def test_a_zone_without_tls_and_a_peer_of_another_kind_give_no_connection():
    for zone in (neighbor("cucm1", transport="tcp"), Zone("t", "uc-traversal", "this", ("cucm1",)), neighbor("exp-c1")):
        assert found(("exp-c1", zone)).connections == ()
    assert found(("exp-c1", neighbor("cucm1", transport="tls"))).connections


def test_a_declared_connection_stays_as_it_is():
    declared = Connection("core>cucm1/neighbor-zone", "neighbor-zone", "core", "cucm1")
    read = found(("exp-c1", neighbor("cucm1", tls_verify="on")), connections=(declared,))
    assert settings(read) == {"cucm1>exp-c1/neighbor-zone": ON | told(peer_address="cucm1")}
    inventory = with_zones(Inventory(TARGETS, (declared,)), read)
    assert inventory.connections == (declared, *read.connections)
