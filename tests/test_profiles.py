"""Role profiles: one per role, internally consistent, and naming nothing that does not exist."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest

from ekuscan.model import Confidence, RoleName
from ekuscan.profiles import load
from ekuscan.profiles.load import (
    ROLES,
    ExpectedRequest,
    dialled_by_any_role,
    port_of,
    ports_of_all_roles,
    profile,
    slot_names,
)
from ekuscan.protocols import PROTOCOLS

SCANNED = [role for role in ROLES if role != "outside"]


def test_every_role_has_a_profile_and_every_profile_a_role() -> None:
    files = {path.stem for path in Path(load.__file__).parent.glob("*.toml")}
    assert files == set(get_args(RoleName))


def test_a_role_is_read_only_when_it_is_asked_for() -> None:
    profile.cache_clear()
    profile("cube")
    assert profile.cache_info().currsize == 1


@pytest.mark.parametrize("role", ROLES)
def test_a_port_stands_once_and_shows_a_slot_of_its_role(role: RoleName) -> None:
    shape = profile(role)
    numbers = [(port.port, port.transport) for port in shape.ports]
    assert len(numbers) == len(set(numbers))
    assert {port.slot for port in shape.ports if port.slot} <= set(slot_names(role))
    assert shape.default_slot in slot_names(role)
    assert shape.other_ports is None or shape.other_ports in slot_names(role)
    assert sum(slot.default for slot in shape.slots) == 1


@pytest.mark.parametrize("role", ROLES)
def test_every_statement_has_a_known_source_a_confidence_and_a_day(role: RoleName) -> None:
    sources = tomllib.loads((resources.files("ekuscan.rules") / "sources.toml").read_text(encoding="utf-8"))["source"]
    shape = profile(role)
    assert shape.checked
    rows = [(row.source, row.confidence) for row in (*shape.ports, *shape.slots)]
    if shape.key_types is not None:
        rows.append((shape.key_types.source, shape.key_types.confidence))
    for codes, confidence in rows:
        assert codes
        assert set(codes) <= set(sources)
        assert confidence in get_args(Confidence)


@pytest.mark.parametrize("role", ROLES)
def test_ports_are_spoken_or_say_why_they_are_never_dialled(role: RoleName) -> None:
    for port in profile(role).ports:
        assert 1 <= port.port <= 65535
        assert port.request in get_args(ExpectedRequest)
        assert (port.probe and port.unknown_role) is (port.reason is None)
        assert port.optional or port.unknown_role
        assert port.protocol in PROTOCOLS


@pytest.mark.parametrize("role", SCANNED)
def test_a_scanned_role_has_a_tls_port_that_must_answer(role: RoleName) -> None:
    assert any(not port.optional and port.probe and port.protocol != "sip-udp" for port in profile(role).ports)


def test_a_far_end_that_is_not_scanned_has_no_port() -> None:
    assert profile("outside").ports == ()


def test_an_expressway_has_a_client_slot_of_its_own_only_from_a_release_on() -> None:
    for role in ("expressway-e", "expressway-c"):
        client = next(slot for slot in profile(role).slots if slot.name == "client")
        assert (client.separate_since, client.same_as) == ("X15.5", "server")
        assert "client" not in {port.slot for port in profile(role).ports}


@pytest.mark.parametrize(
    ("role", "port", "service", "slot", "request_"),
    [
        ("expressway-e", 5061, "sip-tls", "server", "configurable"),
        ("expressway-e", 5062, "sip-mtls", "server", "required"),
        ("expressway-e", 7001, "uc-traversal", "server", "configurable"),
        ("expressway-e", 8443, "mra-https", "server", "none"),
        ("cucm", 8443, "uds", "tomcat", "none"),
        ("cucm", 5061, "sip-tls", "CallManager", "required"),
        ("cucm", 5091, "sip-oauth", None, "required"),
        ("imp", 5061, "sip-tls", "cup", "none"),
        ("imp", 5062, "sip-mtls", "cup", "required"),
        ("cucm", 2443, "sccp", None, "required"),
        ("cucm", 7501, "ils", None, "required"),
        ("cucm", 9463, "https-tls13", None, "unknown"),
        ("imp", 8083, "https", None, "unknown"),
        ("imp", 7336, "file-transfer", None, "unknown"),
        ("unity-connection", 993, "imap-tls", "tomcat", "none"),
        ("expressway-e", 5222, "xmpp-c2s", "server", "none"),
        ("expressway-e", 5269, "xmpp-s2s", "server", "configurable"),
        ("expressway-e", 2222, "ssh-tunnels", "server", "required"),
        ("imp", 5222, "xmpp-c2s", "cup-xmpp", "none"),
        ("imp", 5269, "xmpp-s2s", "cup-xmpp-s2s", "configurable"),
        ("cms", 5222, "xmpp-c2s", None, "none"),
        ("cms", 5432, "database", None, "unknown"),
        ("cms", 445, "webadmin", "webadmin", "none"),
        ("cube", 5061, "sip-tls", "trustpoint", "unknown"),
    ],
)
def test_ports_are_those_of_the_port_map(
    role: RoleName, port: int, service: str, slot: str | None, request_: str
) -> None:
    row = port_of(role, port)
    assert row is not None
    assert (row.service, row.slot, row.request) == (service, slot, request_)


@pytest.mark.parametrize(("role", "port"), [("expressway-e", 4371), ("expressway-c", 4372), ("imp", 7400)])
def test_ports_that_are_open_to_their_own_peers_only_are_never_dialled(role: RoleName, port: int) -> None:
    row = port_of(role, port)
    assert row is not None
    assert not row.probe
    assert port not in {known.port for known in ports_of_all_roles()}


def test_an_expressway_c_listens_on_neither_7001_nor_8443() -> None:
    assert not {7001, 8443, 2222} & {port.port for port in profile("expressway-c").ports}


def test_roles_agree_on_the_protocol_of_a_port_so_that_all_of_them_can_be_tried_at_once() -> None:
    protocols: dict[tuple[int, str], set[str]] = {}
    for role in ROLES:
        for port in profile(role).ports:
            if port.probe:
                protocols.setdefault((port.port, port.transport), set()).add(port.protocol)
    assert all(len(spoken) == 1 for spoken in protocols.values())
    assert [(port.port, port.transport) for port in dialled_by_any_role()] == sorted(protocols)


def test_a_target_without_a_role_is_asked_on_few_ports_and_a_named_role_on_all_of_its_own() -> None:
    """Twelve such hosts with the default concurrency must need no more than three connect timeouts."""
    tried = [(port.port, port.transport) for port in ports_of_all_roles()]
    assert len(tried) <= 20
    assert set(tried) < {(port.port, port.transport) for port in dialled_by_any_role()}
    assert (9463, "tcp") not in tried
    for role in SCANNED:
        required = {(port.port, port.transport) for port in profile(role).ports if not port.optional}
        assert required <= set(tried)


def test_a_port_number_is_looked_up_by_what_carries_the_protocol() -> None:
    over_udp = port_of("cucm", 5060, "udp")
    assert over_udp is not None
    assert over_udp.protocol == "sip-udp"
    assert port_of("cucm", 5060, "tcp") is None
    assert port_of("cucm", 5060) == over_udp
    assert port_of(None, 9463) == port_of("cucm", 9463)
    assert port_of(None, 4372) is None


def test_turn_is_looked_at_over_both_and_nothing_is_taken_for_the_other() -> None:
    for role in ("expressway-e", "cms"):
        over_tcp, over_udp = (port_of(role, 5349, transport) for transport in ("tcp", "udp"))
        assert over_tcp is not None
        assert over_udp is not None
        assert (over_tcp.protocol, over_udp.protocol) == ("turns", "dtls")


def test_the_ssh_port_is_asked_for_its_banner_and_only_where_the_role_is_known() -> None:
    row = port_of("expressway-e", 2222)
    assert row is not None
    assert (row.protocol, row.probe, row.unknown_role) == ("ssh", True, False)


def test_unified_cm_is_looked_at_with_each_key_type() -> None:
    assert [role for role in ROLES if profile(role).key_types is not None] == ["cucm"]
