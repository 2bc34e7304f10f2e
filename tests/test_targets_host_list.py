"""Host lists and targets of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Endpoint, Inventory, SlotFile
from ekuscan.profiles.load import ports_of_all_roles, profile
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load
from ekuscan.targets.plan import with_role
from tests.targets_samples import VOCABULARY, read_certificates


def scanned(*targets: str, slots: tuple[str, ...] = (), stdin: bytes = b"") -> Inventory:
    request = TargetRequest(targets=targets, slots=slots, read_stdin=lambda: stdin)
    return load(request, VOCABULARY, read_certificates)


def refused(*targets: str, slots: tuple[str, ...] = (), stdin: bytes = b"") -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        scanned(*targets, slots=slots, stdin=stdin)
    return [str(error) for error in caught.value.errors]


def listed(text: str | bytes) -> Inventory:
    return scanned("-", stdin=text.encode() if isinstance(text, str) else text)


def ids(inventory: Inventory) -> list[str]:
    return [endpoint.id for endpoint in inventory.endpoints]


def test_a_bare_host_gets_the_ports_of_all_roles_once_and_none_of_them_has_to_answer() -> None:
    inventory = scanned("exp-e1.example.com")
    (target,) = inventory.targets
    assert (target.id, target.role, target.role_from) == ("exp-e1.example.com", "generic", "default")
    assert [endpoint.port for endpoint in inventory.endpoints] == [port.port for port in ports_of_all_roles()]
    assert all(endpoint.optional for endpoint in inventory.endpoints)
    assert {endpoint.slot for endpoint in inventory.endpoints} == {None}
    assert "exp-e1.example.com:5060/sip-udp" in ids(inventory)


def test_a_role_gives_its_own_ports_with_service_and_slot() -> None:
    inventory = scanned(
        "exp-e1.example.com role=expressway-e release=X15.4 cluster=edge tags=dmz,pilot cluster_tls=permissive"
    )
    (target,) = inventory.targets
    assert (target.role, target.role_from, target.release, target.release_from) == (
        "expressway-e",
        "declared",
        "X15.4",
        "declared",
    )
    assert (target.cluster, target.tags, target.settings["cluster_tls"].value) == (
        "edge",
        ("dmz", "pilot"),
        "permissive",
    )
    assert ids(inventory) == [
        f"exp-e1.example.com:{port}"
        for port in (
            "443/https",
            "2222/ssh",
            "5060/sip-udp",
            "5061/sips",
            "5062/sips",
            "5222/xmpp-client",
            "5269/xmpp-server",
            "5349/turns",
            "5349/dtls",
            "7001/sips",
            "8443/https",
        )
    ]
    sip = inventory.endpoints[3]
    assert (sip.service, sip.slot, sip.optional, sip.server_name) == ("sip-tls", "server", False, "exp-e1.example.com")


def test_a_port_that_is_named_is_the_only_one_and_has_to_answer() -> None:
    (endpoint,) = scanned("cucm1:5061 role=cucm").endpoints
    assert (endpoint.protocol, endpoint.slot, endpoint.service, endpoint.optional) == (
        "sips",
        "CallManager",
        "sip-tls",
        False,
    )
    (plain,) = scanned("sbc1:15061").endpoints
    assert (plain.protocol, plain.slot, plain.profile_port) == ("tls", None, None)


def test_a_port_that_an_expressway_profile_does_not_list_shows_its_server_certificate() -> None:
    (endpoint,) = scanned("exp-e1:7002 role=expressway-e").endpoints
    assert (endpoint.protocol, endpoint.slot, endpoint.service) == ("tls", "server", None)
    assert scanned("cucm1:9464 role=cucm").endpoints[0].slot is None


def test_a_port_that_is_asked_only_where_the_role_is_known_keeps_its_protocol_when_it_is_named() -> None:
    assert ids(scanned("cucm1:9463")) == ["cucm1:9463/https"]
    assert "cucm1:9463/https" not in ids(scanned("cucm1"))
    assert "cucm1:9463/https" in ids(scanned("cucm1 role=cucm"))


def test_a_scheme_decides_the_protocol_and_the_role_the_meaning() -> None:
    (endpoint,) = scanned("tls://exp-e1:8443 role=expressway-e").endpoints
    assert (endpoint.id, endpoint.protocol, endpoint.service) == ("exp-e1:8443/tls", "tls", "mra-https")


def test_ipv6_hosts_keep_their_ids_readable() -> None:
    inventory = scanned("[2001:db8::1]:5061", "2001:db8::2")
    assert [target.id for target in inventory.targets] == ["[2001:db8::1]", "[2001:db8::2]"]
    first = inventory.endpoints[0]
    assert (first.id, first.host, first.server_name) == ("[2001:db8::1]:5061/sips", "2001:db8::1", None)


def test_the_server_name_is_apart_from_the_address_that_is_dialled() -> None:
    endpoints = scanned("192.0.2.1 role=cube server_name=cube1.example.com").endpoints
    by_protocol = {endpoint.protocol: endpoint.server_name for endpoint in endpoints}
    assert by_protocol == {"https": "cube1.example.com", "sips": "cube1.example.com", "sip-udp": None}


def test_a_network_is_one_target_per_address() -> None:
    inventory = scanned("192.0.2.0/30:443 role=cms")
    assert ids(inventory) == ["192.0.2.1:443/https", "192.0.2.2:443/https"]


def test_one_host_with_several_ports_is_one_target() -> None:
    inventory = scanned("exp-e1:443", "EXP-E1:5061", "exp-e1:443")
    assert [target.id for target in inventory.targets] == ["exp-e1"]
    assert ids(inventory) == ["exp-e1:443/https", "exp-e1:5061/sips"]


def test_a_host_with_and_without_a_port_gets_its_roles_ports_and_the_named_one_has_to_answer() -> None:
    inventory = scanned("exp-c1 role=expressway-c", "exp-c1:5060", "exp-c1:9000")
    ports = {endpoint.port: endpoint.optional for endpoint in inventory.endpoints}
    assert ports == {443: False, 5060: False, 5061: False, 9000: False}
    assert {e.port: e.optional for e in scanned("exp-c1 role=expressway-c").endpoints}[5060]


def test_later_lines_may_add_what_earlier_ones_left_open() -> None:
    (target,) = listed("cucm1\ncucm1:5061 role=cucm release=14SU3 tags=a\ncucm1 tags=b\n").targets
    assert (target.role, target.release, target.tags) == ("cucm", "14SU3", ("a", "b"))


def test_contradictions_are_errors_that_name_both_lines() -> None:
    text = b"cucm1 role=cucm release=14SU3 cluster=a server_name=x.example client_eku=checked\n\n"
    text += b"cucm1:5061 role=imp release=15 cluster=b server_name=y.example client_eku=ignored\n"
    apart = "one host is one target, name=... keeps two apart"
    assert refused("-", stdin=text) == [
        f"stdin:3: cucm1.role: found imp, but cucm before (stdin:1); {apart}",
        f"stdin:3: cucm1.release: found 15, but 14SU3 before (stdin:1); {apart}",
        f"stdin:3: cucm1.cluster: found b, but a before (stdin:1); {apart}",
        f"stdin:3: cucm1.server_name: found y.example, but x.example before (stdin:1); {apart}",
        f"stdin:3: cucm1.client_eku: found ignored, but checked before (stdin:1); {apart}",
    ]


def test_names_keep_two_boxes_behind_one_address_apart() -> None:
    inventory = scanned("192.0.2.1:20443 name=lab-e role=expressway-e", "192.0.2.1:21443 name=lab-c role=expressway-c")
    assert ids(inventory) == ["lab-e:20443/tls", "lab-c:21443/tls"]


def test_the_same_endpoint_in_two_targets_is_an_error() -> None:
    assert refused("192.0.2.1:443 name=a", "192.0.2.1:443 name=b") == [
        "command line: 192.0.2.1.host: port 443 of 192.0.2.1 is given to a already; write another host or ports"
    ]


def test_roles_mix_and_comments_blank_lines_crlf_and_a_byte_order_mark_are_tolerated() -> None:
    text = (
        "\ufeff# the edge\r\n\r\nexp-e1 role=expressway-e # primary\r\n  cucm1 \t role=cucm\r\n#cms1\r\nsbc1:5061\r\n"
    )
    inventory = listed(text)
    assert [(target.id, target.role, target.line) for target in inventory.targets] == [
        ("exp-e1", "expressway-e", 3),
        ("cucm1", "cucm", 4),
        ("sbc1", "generic", 6),
    ]
    assert listed(text.replace("\r\n", "\r")).targets == inventory.targets


def test_a_list_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts.txt"
    path.write_bytes(b"exp-e1 role=expressway-e\n")
    assert scanned(f"@{path}").targets[0].line == 1


def test_a_list_in_utf_16_or_with_foreign_bytes_says_how_to_save_it() -> None:
    assert refused("-", stdin="exp-e1\r\n".encode("utf-16"))[0] == "stdin: is UTF-16; save it as UTF-8"
    assert refused("-", stdin=b"exp-e1\nm\xfcller\n")[0] == (
        "stdin: is not UTF-8: line 2 has the byte 0xfc; save it as UTF-8"
    )
    assert refused("-", stdin=b"exp\0")[0] == "stdin: is not text"
    assert refused("-", stdin=b"a\n" * 2_000_000)[0] == "stdin: has more than 2048 KiB"


def test_lists_that_cannot_be_read_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("# nothing\n")
    Path("targets.yaml").write_text("targets: {}\n")
    nothing = "command line: there is no target; write a host, @file or -f targets.yaml"
    assert refused("@none.txt") == ["none.txt: does not exist"]
    assert refused("@.") == [".: is a folder; name a file"]
    assert refused("@empty.txt") == ["empty.txt: has no host in it; write one host a line"]
    assert refused("@targets.yaml") == ["targets.yaml: is a targets file; write -f targets.yaml"]
    assert refused("@a\0b")[0] == "a\\x00b: does not exist"
    assert refused() == [nothing]


def test_slots_of_the_command_line_belong_to_a_target(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_bytes(b"CERT leaf\nCERT ca\n")
    inventory = scanned("exp-c1 role=expressway-c", slots=(f"exp-c1:client={file}",))
    assert inventory.slot_files == (SlotFile("exp-c1", "client", (b"CERT leaf", b"CERT ca"), str(file)),)


def test_a_slot_of_a_new_name_is_a_target_that_is_not_dialled(tmp_path: Path) -> None:
    file = tmp_path / "new.pem"
    file.write_bytes(b"CERT leaf\n")
    inventory = scanned(slots=(f"renewal:certificate={file}",))
    assert [(target.id, target.role) for target in inventory.targets] == [("renewal", "generic")]
    assert inventory.endpoints == ()
    assert inventory.slot_files[0].target == "renewal"


def test_slots_that_are_wrong_say_what_would_be_right(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(b"KEY\n")
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"\n")
    slots = (
        "exp-c1",
        "exp-c1:client=",
        "exp-c2:client=x.pem",
        "box:server=x.pem",
        f"exp-c1:server={key}",
        f"exp-c1:client={empty}",
    )
    found = refused("exp-c1 role=expressway-c", slots=slots)
    assert [line.split(": ", 2)[2] for line in found[:4]] == [
        "write NAME:SLOT=FILE, for example exp-c1:client=client.pem",
        "write NAME:SLOT=FILE, for example exp-c1:client=client.pem",
        "no target of this name; did you mean exp-c1?",
        "no target of this name, so its role is not known; give box a role in a targets file",
    ]
    assert found[4].endswith("key.pem is no certificate file: it holds a private key only")
    assert found[5].endswith("empty.pem is no certificate file: it has no certificate in it")


def test_an_endpoint_gets_the_meaning_of_a_role_that_is_found_out_later() -> None:
    by_port = {endpoint.port: endpoint for endpoint in scanned("10.0.0.1").endpoints}
    mra = with_role(by_port[8443], "expressway-e")
    assert (mra.service, mra.slot, mra.optional) == ("mra-https", "server", True)
    uds = with_role(by_port[8443], "cucm")
    assert (uds.service, uds.slot) == ("uds", "tomcat")
    assert with_role(by_port[445], "cucm").slot is None
    assert with_role(Endpoint("t:99/tls", "t", "t", 99, "tls", None, False), "cube").slot == profile("cube").other_ports


def listed_or_errors(text: str) -> Inventory | list[str]:
    try:
        return listed(text)
    except InvalidInput as invalid:
        return [str(error) for error in invalid.errors]


_WORD = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_LINE = st.builds(
    lambda host, options: " ".join((host, *(f"{key}={value}" for key, value in options))),
    st.one_of(_WORD, st.sampled_from(["exp-e1", "10.0.0.0/30", "[::1]:5061", "https://x"])),
    st.lists(
        st.tuples(
            st.sampled_from(["role", "release", "cluster", "tags", "name", "server_name", "stack", "match_eku", "x"]),
            st.one_of(_WORD, st.sampled_from(["cucm", "cube", "X15.4", "on", "a,b"])),
        ),
        max_size=3,
    ),
)


@given(st.lists(_LINE, max_size=4))
def test_any_host_list_is_an_inventory_or_errors_of_one_printable_line_each(lines: list[str]) -> None:
    inventory = listed_or_errors("\n".join(lines))
    if isinstance(inventory, list):
        assert inventory
        assert all(line.isprintable() for line in inventory)
        return
    assert len({endpoint.id for endpoint in inventory.endpoints}) == len(inventory.endpoints)
    assert len({target.id for target in inventory.targets}) == len(inventory.targets)
