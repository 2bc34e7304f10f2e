"""An Expressway's configuration, however it was copied."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ekuscan.imports.expressway_keys import RemarkRow, key_table
from ekuscan.imports.found import Found, FoundConnection, FoundTarget
from ekuscan.imports.recognise import read_source
from ekuscan.imports.source import Source, UnusableSource
from ekuscan.imports.statements import statements
from ekuscan.imports.xconfiguration import read_xconfiguration
from ekuscan.rules.load import packaged
from tests.dumps import dump

CORE = dump("xconf", "exp-c1").read_bytes()
EDGE = dump("xconf", "exp-e1").read_bytes()


def read(text: str | bytes, **given: object) -> Found:
    data = text if isinstance(text, bytes) else text.encode()
    return read_xconfiguration(Source("exp.txt", data, **given))  # type: ignore[arg-type]


def zone(number: int, type_: str, **keys: str) -> str:
    """A zone's statements; __ stands for a space in a key."""
    lines = [f'Type: "{type_}"', *(f'{type_} {key.replace("_", " ")}: "{value}"' for key, value in keys.items())]
    return "".join(f"*c xConfiguration Zones Zone {number} {line}\n" for line in lines)


CLIENT = zone(
    1, "TraversalClient", Collaboration_Edge="On", Peer_1_Address="exp-e1.example.com", SIP_TLS_Verify_Mode="On"
)
NAMED = '*c xConfiguration SystemUnit Name: "exp-c1"\n'


def connections(found: Found) -> set[tuple[str, str, str]]:
    return {(one.use_case, one.from_, one.to) for one in found.connections}


# --- what is read -------------------------------------------------------------------------------------------------


def test_a_box_says_who_it_is() -> None:
    assert read(CORE).targets[0] == FoundTarget(
        name="exp-c1",
        told_by="exp.txt",
        host="exp-c1.example.com",
        role="expressway-c",
        cluster="exp-c.example.com",
        settings={"sip_eku_check": "on"},
        known_as=("10.20.1.11", "exp-c1"),
        cluster_peers=("10.20.1.12",),
    )


def test_only_an_expressway_e_has_the_switch_for_uploads() -> None:
    assert read(EDGE).targets[0].settings == {"sip_eku_check": "on", "server_eku_upload": "on"}


def test_a_neighbor_zone_is_dialled_from_either_end_and_a_traversal_zone_from_the_client() -> None:
    core = "exp-c.example.com"
    assert connections(read(CORE)) == {
        *(("uc-traversal", core, f"exp-e{n}.example.com") for n in (1, 2)),
        *(("traversal-zone", core, f"exp-e{n}.example.com") for n in (1, 2)),
        *(
            ("neighbor-zone", *pair)
            for peer in ("cucm1", "cucm2", "cucm3", "cms1", "cube1", "cube2", "unity1")
            for pair in ((core, f"{peer}.example.com"), (f"{peer}.example.com", core))
        ),
    }


def test_the_outer_box_tells_the_other_ends_its_partners_and_whom_it_calls_by_name() -> None:
    edge, partners = "exp-e.example.com", ("sip.partner-a.example.net", "198.51.100.77")
    assert connections(read(EDGE)) >= {
        ("uc-traversal", "exp-c.example.com", edge),
        ("traversal-zone", "exp-c.example.com", edge),
        ("sip-b2b", edge, "far-ends"),
        ("edge-audio", edge, "webex"),
        ("edge-audio", "webex", edge),
        *(("neighbor-zone", edge, partner) for partner in partners),
    }


def test_only_what_a_zone_says_of_a_peer_becomes_its_role() -> None:
    roles = {one.name: one.role for one in (*read(CORE).targets, *read(EDGE).targets)}
    assert roles["cucm1.example.com"] == "cucm"
    assert roles["exp-e1.example.com"] == "expressway-e"
    assert roles["cms1.example.com"] is None
    assert roles["sip.partner-a.example.net"] == roles["198.51.100.77"] == roles["far-ends"] == "outside"
    assert roles["webex"] == "webex"


def test_the_mode_of_each_zone_is_its_own() -> None:
    told = {one.to: dict(one.settings) for one in read(CORE).connections if one.use_case == "neighbor-zone"}
    assert told["cube1.example.com"] == {"tls_verify": "off"}
    assert told["cms1.example.com"]["tls_verify"] == "on"
    assert {one.half for one in read(CORE).connections if one.use_case == "uc-traversal"} == {"from"}
    assert {one.half for one in read(EDGE).connections if one.use_case == "uc-traversal"} == {"to"}
    assert {one.half for one in read(EDGE).connections if one.use_case == "sip-b2b"} == {None}


def test_a_zone_that_verifies_says_which_names_it_looks_for() -> None:
    told = {(one.use_case, one.to): dict(one.settings) for one in (*read(CORE).connections, *read(EDGE).connections)}
    outer = "exp-e1.example.com, exp-e2.example.com"
    assert told["uc-traversal", "exp-e2.example.com"] == {"tls_verify": "on", "peer_address": outer}
    assert told["uc-traversal", "exp-e.example.com"] == {"tls_verify": "on", "verify_name": "exp-c.example.com"}
    assert told["edge-audio", "webex"] == {"tls_verify": "on", "verify_name": "callservice.ciscospark.com"}
    assert told["neighbor-zone", "198.51.100.77"] == {"tls_verify": "on", "peer_address": "198.51.100.77"}
    assert told["sip-b2b", "far-ends"] == told["neighbor-zone", "cube2.example.com"] == {"tls_verify": "off"}


def test_a_zone_of_which_nobody_told_whether_it_verifies_says_them_too() -> None:
    found = read(NAMED + zone(1, "TraversalClient", Peer_1_Address="E.example.com", Peer_2_Address="[2001:DB8::1]"))
    assert [dict(one.settings) for one in found.connections] == [{"peer_address": "2001:db8::1, e.example.com"}] * 2


def test_what_a_dns_zone_verifies_says_nothing_of_webex_where_it_dials_back() -> None:
    told = {(one.from_, one.to): dict(one.settings) for one in read(EDGE).connections if one.use_case == "edge-audio"}
    assert told == {
        ("exp-e.example.com", "webex"): {"tls_verify": "on", "verify_name": "callservice.ciscospark.com"},
        ("webex", "exp-e.example.com"): {},
    }


def test_what_is_no_tls_or_no_sip_is_left_out_with_a_word() -> None:
    text = (
        NAMED
        + CLIENT
        + zone(2, "Neighbor", Peer_1_Address="10.0.0.2", SIP_Transport="UDP")
        + zone(3, "Neighbor", Peer_1_Address="10.0.0.3", SIP_Mode="Off")
        + zone(4, "ENUM")
        + zone(5, "Neighbor", Peer_1_Address="")
    )
    found = read(text)
    assert [sentence.removeprefix("exp.txt, ") for sentence in found.left_out] == [
        "zone 3: SIP is off in it",
        "zone 4: a zone of type ENUM, which is no connection over TLS",
        "zone 2: SIP over UDP, which is no TLS",
        "zone 5: names no peer",
    ]
    assert {one.use_case for one in found.connections} == {"uc-traversal"}


@pytest.mark.parametrize("row", key_table().remarks, ids=lambda row: row.key)
def test_what_has_no_place_in_a_targets_file_is_said_where_it_is_unusual(row: RemarkRow) -> None:
    text = NAMED + CLIENT + f'*c xConfiguration {row.key}: "'
    assert read(f'{text}{row.usual}"\n').left_out == ()
    assert read(f'{text}other"\n').left_out == (f"exp.txt: {row.says}",)


def test_a_zone_says_on_which_port_a_scan_would_have_to_look() -> None:
    text = NAMED + zone(1, "TraversalClient", Peer_1_Address="e.example.com", SIP_Port="7077")
    assert read(text).left_out == ("exp.txt, zone 1: uses port 7077; a scan looks there if it stands under ports:",)
    assert read(text.replace("7077", "7001")).left_out == ()


# --- which box it is ----------------------------------------------------------------------------------------------


def test_without_a_traversal_zone_a_person_says_which_expressway_it_is() -> None:
    text = NAMED + zone(1, "Neighbor", Peer_1_Address="10.0.0.2")
    with pytest.raises(UnusableSource, match=re.escape("add --role expressway-c or -e")):
        read(text)
    assert read(text, role="expressway-c").targets[0].role == "expressway-c"


def test_without_a_name_a_person_gives_one() -> None:
    with pytest.raises(UnusableSource, match="add --name"):
        read(CLIENT)
    assert read(CLIENT, box="core").targets[0].name == "core"


def test_an_address_is_the_host_where_no_name_is_told() -> None:
    found = read(CLIENT + '*c xConfiguration Ethernet 1 IP V4 Address: "10.0.0.9"\n')
    assert (found.targets[0].name, found.targets[0].host) == ("10.0.0.9", "10.0.0.9")


def test_the_other_members_of_a_cluster_are_known_where_they_are_told_by_name() -> None:
    this, peer, *_ = read(EDGE).targets
    assert this.cluster == peer.cluster == "exp-e.example.com"
    assert (peer.name, peer.role) == ("exp-e2.example.com", "expressway-e")


def test_a_member_of_a_cluster_that_is_a_bare_address_is_named_and_no_target() -> None:
    found = read(CORE)
    assert found.targets[0].cluster_peers == ("10.20.1.12",)
    assert "10.20.1.12" not in {one.host for one in found.targets}


# --- damage -------------------------------------------------------------------------------------------------------


def wrapped(text: str) -> str:
    """As a terminal of 60 columns wraps it."""
    return "\n".join(piece for line in text.splitlines() for piece in re.findall(r".{1,60}", line))


DAMAGES = {
    "one line": lambda text: text.replace("\n", " "),
    "without spaces": lambda text: text.replace("\n", ""),
    "windows line ends": lambda text: text.replace("\n", "\r\n"),
    "lower case": lambda text: text.replace("xConfiguration", "xconfiguration").replace("Zones Zone", "zones zone"),
    "no *c": lambda text: text.replace("*c ", ""),
    "indented": lambda text: re.sub("^", "    ", text, flags=re.MULTILINE),
    "prompts": lambda text: f"tandberg:\nOK\n\nxConfiguration\n{text}\nOK\n",
    "log prefixes": lambda text: re.sub(
        "^", '2026-11-20T08:15:02 exp-c1 tvcs: UTCTime="08:15" ', text, flags=re.MULTILINE
    ),
    "wrapped": wrapped,
    "blank lines": lambda text: text.replace("\n", "\n\n"),
}
ENCODINGS = {
    "byte order mark": "utf-8-sig",
    "UTF-16 of Windows": "utf-16",
    "UTF-16 without a mark": "utf-16-le",
    "UTF-16, the other end first": "utf-16-be",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_paste_tells_the_same(damage: str) -> None:
    assert read(DAMAGES[damage](CORE.decode())) == read(CORE)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_of_a_windows_editor_makes_no_difference(encoding: str) -> None:
    data = CORE.decode().encode(ENCODINGS[encoding])
    assert read(data) == read(CORE)
    assert read_source(Source("exp.txt", data)) == read(CORE)


def test_a_paste_that_ends_in_the_middle_loses_its_last_statement_and_says_so() -> None:
    text = NAMED + CLIENT + "*c xConfiguration Zones Zone 2 Neighbor Peer 1 Addr"
    assert read(text).left_out == ("exp.txt: cut off, so not read: 1 of its statements",)
    cut = NAMED + CLIENT + '*c xConfiguration Zones Zone 1 Name: "UC trav'
    assert len(read(cut).targets) == 2


def test_the_last_of_two_statements_of_one_key_counts() -> None:
    assert statements('xConfiguration A B: "1"\nxconfiguration a b: "2"').values == {"ab": "2"}


def test_statements_without_quotes_and_with_escapes_are_read() -> None:
    assert statements('xConfiguration SIP TLS Mode: On\n*c xConfiguration Zones Zone 1 Name: "a \\"b\\""').values == {
        "siptlsmode": "On",
        "zoneszone1name": 'a "b"',
    }


# --- any text -----------------------------------------------------------------------------------------------------


def sentences(source: Source, kind: str | None) -> Iterator[str]:
    """Everything of a finding that a person gets to see, or the sentence that says why there is none."""
    try:
        found = read_source(source, kind)
    except UnusableSource as error:
        yield str(error)
        return
    yield from found.left_out
    for one in (*found.targets, *found.connections):
        yield one.told_by


pieces = st.sampled_from(
    [
        "*c xConfiguration ",
        "xconfiguration ",
        "Zones Zone ",
        "1 ",
        "99999 ",
        "Type: ",
        '"Neighbor"',
        '"TraversalClient"',
        "TraversalClient ",
        "Peer 1 Address: ",
        '"e.example.com"',
        '"\x1b[31m\u202e"',
        "SystemUnit Name: ",
        '"exp"',
        '"',
        "\\",
        "\n",
        "*s SystemUnit: /\n",
        'Version: "X15.4"',
        "*s/end",
        "\x00",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=40)
    .map("".join)
    .map(lambda text: text.encode("utf-8", "replace"))
)
@example(b"*c xConfiguration " * 5000)
@example(b"*s SystemUnit " * 20000)
@example(b'xConfiguration a: "' * 5000)
def test_any_text_is_a_finding_or_a_sentence(data: bytes) -> None:
    for kind in (None, "xconfiguration", "xstatus"):
        said = list(sentences(Source("exp.txt", data, box="exp", role="expressway-c"), kind))
        assert all(sentence.isprintable() and len(sentence) < 600 for sentence in said)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_learning_a_configuration_by_halves_never_tells_what_the_whole_does_not(data: st.DataObject) -> None:
    """A paste that misses lines may know less, and never knows a connection that is none."""
    lines = CORE.decode().splitlines(keepends=True)
    kept = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    text = "".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    try:
        found = read(text, role="expressway-c", box="exp-c1")
    except UnusableSource:
        return
    peers = {one.to for one in read(CORE).connections} | {one.from_ for one in read(CORE).connections}
    for one in found.connections:
        assert {one.from_, one.to} - {"exp-c1"} <= peers | {"10.20.9.9"}


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_row_has_a_source_and_speaks_the_rules_words() -> None:
    table, tables = key_table(), packaged()
    rows = (
        *table.zones,
        *table.evidence,
        *table.profiles,
        *table.subjects,
        *table.settings,
        *table.remarks,
        *table.box.values(),
    )
    assert all(row.source and set(row.source) <= set(tables.sources) for row in rows)
    assert {row.use_case for row in (*table.zones, *table.subjects)} <= set(tables.use_cases)
    for row in table.settings:
        assert set(row.roles) <= set(tables.settings[row.setting].roles)
        assert row.key in tables.settings[row.setting].read_at


def test_a_connection_is_told_once_for_each_way() -> None:
    found = read(NAMED + CLIENT)
    assert found.connections == (
        FoundConnection(
            "uc-traversal",
            "exp-c1",
            "exp-e1.example.com",
            "exp.txt, zone 1",
            {"tls_verify": "on", "peer_address": "exp-e1.example.com"},
            "from",
        ),
    )


def test_the_configuration_of_a_room_device_is_named_whatever_role_is_given() -> None:
    text = '*c xConfiguration Audio DefaultVolume: "50"\n*c xConfiguration SystemUnit Name: "Room Kit"\n'
    for more in ({}, {"role": "expressway-c"}):
        with pytest.raises(UnusableSource, match="is the xConfiguration of a room or desk device, not of an Exp"):
            read(text, **more)


def test_a_word_of_a_room_device_beside_zones_makes_no_room_device() -> None:
    text = (
        '*c xConfiguration Conference X: "1"\n*c xConfiguration SystemUnit Name: "exp-c1"\n'
        '*c xConfiguration Zones Zone 1 Type: "TraversalClient"\n'
    )
    assert read(text).targets[0].role == "expressway-c"
