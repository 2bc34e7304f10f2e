"""Targets files."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import ruamel.yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.model import Approach, ClientPairFile, Fact, Inventory, SlotContent, SlotFile
from ekuscan.profiles.load import ROLES
from ekuscan.rules import load as rule_tables
from ekuscan.rules import releases
from ekuscan.targets.errors import InvalidInput, Problems
from ekuscan.targets.init import init_text
from ekuscan.targets.load import TargetRequest, load
from ekuscan.targets.schema import targets_schema
from ekuscan.targets.vocabulary import SettingShape, UseCaseShape, Vocabulary
from ekuscan.targets.yaml_value import read_yaml
from tests.targets_samples import VOCABULARY, read_certificates

EXAMPLE = Path(__file__).parent.parent / "targets.example.yaml"

ESTATE = """\
schema: ekuscan.targets/1
defaults:
  cucm: {release: "14SU3", cluster: cucm, client_eku: checked, tags: [core]}
targets:
  exp-e1: {host: Exp-E1.example.com, role: expressway-e, release: X15.4, cluster: edge}
  exp-c1: {host: exp-c1.example.com, role: expressway-c, release: X15.4, cluster: core, slots: {client: c1/client.pem}}
  cucm1: {host: cucm1.example.com, role: cucm}
  cucm2: {host: cucm2.example.com, role: cucm, release: "15", client_eku: ignored}
  cube1:
    host: 192.0.2.9
    role: cube
    ports: {443: 20443, 5060: 25060}
    match_eku: "off"
  ldap1: {host: "2001:db8::9", role: generic, ports: [636, 3269], stack: java, server_name: ldap.example.com}
  partner: {role: outside, client_eku: checked}
  box: {host: box.example.com}
  renewal: {role: cucm, slots: {tomcat: new.pem, CallManager: tomcat}}
trust: [root.pem, root.pem]
connections:
  - {use_case: uc-traversal, from: core, to: edge}
  - {use_case: neighbor-zone, from: exp-c1, to: cucm, tls_verify: "on"}
  - {use_case: neighbor-zone, from: cucm1, to: exp-c1}
  - {use_case: sip-b2b, from: edge, to: partner}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    inner = tmp_path / "site" / "c1"
    inner.mkdir(parents=True)
    (inner / "client.pem").write_bytes(b"CERT c1 client\n")
    (tmp_path / "site" / "new.pem").write_bytes(b"CERT new tomcat\nCERT ca\n")
    (tmp_path / "site" / "root.pem").write_bytes(b"CERT root\n")
    return tmp_path


def loaded(text: str | bytes, *targets: str, slots: tuple[str, ...] = ()) -> Inventory:
    path = Path("site", "targets.yaml")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(TargetRequest(targets=targets, file=path, slots=slots), VOCABULARY, read_certificates)


def refused(text: str | bytes, *targets: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        loaded(text, *targets)
    return [str(error) for error in caught.value.errors]


def test_an_estate_is_read() -> None:
    inventory = loaded(ESTATE)
    by_id = {target.id: target for target in inventory.targets}
    assert list(by_id) == ["exp-e1", "exp-c1", "cucm1", "cucm2", "cube1", "ldap1", "partner", "box", "renewal"]
    assert (by_id["exp-e1"].release, by_id["exp-e1"].cluster, by_id["exp-e1"].line) == ("X15.4", "edge", 5)
    assert by_id["ldap1"].settings == {"stack": Fact("java", "declared")}
    assert by_id["partner"].settings == {"client_eku": Fact("checked", "declared")}
    assert (by_id["box"].role, by_id["box"].role_from) == ("generic", "default")
    assert inventory.trust == (b"CERT root",)


def test_defaults_of_a_role_hold_where_a_target_does_not_say_otherwise() -> None:
    by_id = {target.id: target for target in loaded(ESTATE).targets}
    first, second = by_id["cucm1"], by_id["cucm2"]
    assert (first.release, first.cluster, first.tags, first.settings["client_eku"].value) == (
        "14SU3",
        "cucm",
        ("core",),
        "checked",
    )
    assert (second.release, second.cluster, second.settings["client_eku"].value) == ("15", "cucm", "ignored")


def test_forwarded_ports_keep_the_meaning_of_the_products_ports() -> None:
    endpoints = [endpoint for endpoint in loaded(ESTATE).endpoints if endpoint.target == "cube1"]
    assert [(e.id, e.profile_port, e.optional) for e in endpoints] == [
        ("cube1:20443/https", 443, True),
        ("cube1:25060/sip-udp", 5060, True),
    ]


def test_forwarded_ports_of_a_target_without_a_role_keep_their_number_for_the_guess() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n  x: {host: 127.0.0.1, ports: {443: 20443, 5061: 25061}}\n"
    assert [(e.id, e.profile_port, e.optional) for e in loaded(text).endpoints] == [
        ("x:20443/https", 443, True),
        ("x:25061/sips", 5061, True),
    ]


def ports_of(role: str, ports: str) -> list[tuple[str, int | None, str | None, bool]]:
    text = f"schema: ekuscan.targets/1\ntargets:\n  x: {{host: 127.0.0.1, role: {role}, ports: {ports}}}\n"
    return [(e.id, e.profile_port, e.service, e.optional) for e in loaded(text).endpoints]


def test_a_port_can_be_listed_by_its_protocol() -> None:
    assert ports_of("generic", "[443, smtp, 'smtp:587', ldaps, dtls:3478, turns:3478]") == [
        ("x:25/smtp", None, None, False),
        ("x:443/https", 443, "https", False),
        ("x:587/smtp", None, None, False),
        ("x:636/tls", None, None, False),
        ("x:3478/turns", None, None, False),
        ("x:3478/dtls", None, None, False),
    ]


def test_a_forwarded_port_can_be_named_by_its_protocol_too() -> None:
    expected = [("x:15060/sip-udp", 5060, "sip-udp", True), ("x:15061/sips", 5061, "sip-tls", False)]
    assert ports_of("cube", "{sip-udp:5060: 15060, sips:5061: 15061}") == expected
    assert ports_of("cube", "{5060: 15060, 5061: 15061}") == expected


def test_one_number_over_tcp_and_over_udp_are_two_endpoints() -> None:
    assert ports_of("cube", "[sip-udp:5060, sip-tcp:5060]") == [
        ("x:5060/sip-tcp", None, None, False),
        ("x:5060/sip-udp", 5060, "sip-udp", False),
    ]


def test_what_shows_a_banner_only_fills_no_slot_and_asks_for_no_server_name() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n  e: {host: e.example, role: expressway-e, ports: [sip-tcp, ssh]}\n"
    assert [(e.protocol, e.slot, e.server_name) for e in loaded(text).endpoints] == [
        ("ssh", None, None),
        ("sip-tcp", None, None),
    ]


def test_listed_ports_are_the_only_ones_and_have_to_answer() -> None:
    endpoints = [endpoint for endpoint in loaded(ESTATE).endpoints if endpoint.target == "ldap1"]
    assert [(e.id, e.host, e.server_name, e.optional, e.slot) for e in endpoints] == [
        ("ldap1:636/tls", "2001:db8::9", "ldap.example.com", False, "certificate"),
        ("ldap1:3269/tls", "2001:db8::9", "ldap.example.com", False, "certificate"),
    ]


APPROACHES = """\
schema: ekuscan.targets/1
client_certificates:
  both: {certificate: new.pem, key: c1/client.pem}
  server-only: {certificate: root.pem}
proxy: http://proxy.example.com:3128
defaults:
  cucm: {client_certificates: [both], key_types: default}
  cube: {proxy: none}
targets:
  cucm1: {host: cucm1.example.com, role: cucm}
  cucm2: {host: cucm2.example.com, role: cucm, client_certificates: [], key_types: both}
  cube1: {host: cube1.example.com, role: cube, client_certificates: [server-only, both, both]}
  cube2: {host: cube2.example.com, role: cube, proxy: "socks5://127.0.0.1:1080"}
  cms1: {host: cms1.example.com, role: cms}
"""


def test_client_certificates_are_named_files_that_start_at_the_folder_of_the_targets_file() -> None:
    inventory = loaded(APPROACHES)
    assert inventory.client_pairs == (
        ClientPairFile("both", str(Path("site", "new.pem")), str(Path("site", "c1/client.pem"))),
        ClientPairFile("server-only", str(Path("site", "root.pem")), str(Path("site", "root.pem"))),
    )


def test_a_target_says_how_it_is_to_be_approached_or_its_role_does() -> None:
    inventory = loaded(APPROACHES)
    assert inventory.proxy == "http://proxy.example.com:3128"
    assert inventory.approaches == {
        "cucm1": Approach(client_pairs=("both",), key_types=False),
        "cucm2": Approach(key_types=True),
        "cube1": Approach(client_pairs=("server-only", "both"), proxy="none"),
        "cube2": Approach(proxy="socks5://127.0.0.1:1080"),
    }


def test_without_a_word_of_it_no_target_is_approached_in_another_way() -> None:
    inventory = loaded(ESTATE)
    assert (inventory.client_pairs, inventory.approaches, inventory.proxy) == ((), {}, None)


def test_slot_files_start_at_the_folder_of_the_targets_file() -> None:
    inventory = loaded(ESTATE)
    assert inventory.slot_files == (
        SlotFile("exp-c1", "client", (b"CERT c1 client",), str(Path("site", "c1/client.pem")), standing=True),
        SlotFile("renewal", "tomcat", (b"CERT new tomcat", b"CERT ca"), str(Path("site", "new.pem")), standing=True),
    )


def test_a_slot_can_hold_the_same_certificate_as_another_one() -> None:
    (renewal,) = (target for target in loaded(ESTATE).targets if target.id == "renewal")
    assert renewal.slots == (SlotContent("CallManager", None, None, "same-slot", same_as="tomcat"),)


def test_a_target_with_slots_only_and_a_far_end_have_no_endpoint() -> None:
    dialled = {endpoint.target for endpoint in loaded(ESTATE).endpoints}
    assert not dialled & {"renewal", "partner"}


def test_connections_join_targets_and_clusters() -> None:
    connections = loaded(ESTATE).connections
    assert [(c.id, c.origin, c.line) for c in connections] == [
        ("core>edge/uc-traversal", "declared", 20),
        ("exp-c1>cucm/neighbor-zone", "declared", 21),
        ("cucm1>exp-c1/neighbor-zone", "declared", 22),
        ("edge>partner/sip-b2b", "declared", 23),
    ]
    assert connections[1].settings == {"tls_verify": Fact("on", "declared")}


def test_crlf_and_a_byte_order_mark_change_nothing() -> None:
    expected = loaded(ESTATE)
    assert loaded(b"\xef\xbb\xbf" + ESTATE.replace("\n", "\r\n").encode()) == expected


def test_json_is_yaml_too() -> None:
    text = '{"schema": "ekuscan.targets/1", "targets": {"x": {"host": "x.example.com", "release": "X15.4"}}}'
    assert loaded(text).targets[0].release == "X15.4"


def test_anchors_are_followed() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n  a: {host: a, tags: &t [x, y]}\n  b: {host: b, tags: *t}\n"
    assert [target.tags for target in loaded(text).targets] == [("x", "y"), ("x", "y")]


def test_a_target_on_the_command_line_is_the_one_of_the_file_by_name_or_host() -> None:
    inventory = loaded(
        ESTATE, "exp-e1", "EXP-C1.example.com:9000", "cube1:25061 tags=x", "192.0.2.9", "new.example.com"
    )
    assert len(inventory.targets) == 10
    ports = {target: [e.port for e in inventory.endpoints if e.target == target] for target in ("exp-c1", "cube1")}
    assert ports == {"exp-c1": [443, 5060, 5061, 9000], "cube1": [20443, 25060, 25061]}


def test_boxes_that_share_an_address_are_told_apart_by_port() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n"
    text += "  a: {host: 127.0.0.1, ports: [1001]}\n  b: {host: 127.0.0.1, ports: [1002]}\n"
    inventory = loaded(text, "127.0.0.1:1002 tags=second", "127.0.0.1:1003")
    assert [(target.id, target.tags) for target in inventory.targets] == [
        ("a", ()),
        ("b", ("second",)),
        ("127.0.0.1", ()),
    ]


def test_the_command_lines_slot_file_wins_over_the_files() -> None:
    Path("try.pem").write_bytes(b"CERT trial\n")
    inventory = loaded(ESTATE, slots=("exp-c1:client=try.pem",))
    assert [file.ders for file in inventory.slot_files if file.target == "exp-c1"] == [(b"CERT trial",)]


def test_a_contradiction_between_file_and_command_line_is_an_error() -> None:
    assert refused(ESTATE, "exp-e1 role=cucm") == [
        "command line: exp-e1.role: found cucm, but expressway-e before (site/targets.yaml:5); "
        "one host is one target, name=... keeps two apart"
    ]


def test_a_mapping_bomb_is_stopped_and_so_is_a_deep_or_a_huge_file() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for text in (bomb, "a: " + "[" * 3000, "a: &a [*a]\n", "a: " + "{b: " * 30 + "1" + "}" * 30):
        assert refused(text) == [
            "site/targets.yaml: is nested deeper than 12 levels or has more than 200000 values",
        ]
    assert "site/targets.yaml: has more than 2048 KiB" in refused("#" * 3_000_000)


def test_the_example_is_accepted_with_the_rules_own_vocabulary() -> None:
    inventory = load(TargetRequest(file=EXAMPLE), packaged_vocabulary(), read_certificates)
    roles = {target.role for target in inventory.targets}
    assert {"expressway-e", "expressway-c", "cucm", "imp", "cube", "generic", "outside", "webex"} <= roles
    assert len(inventory.connections) >= 5


def packaged_vocabulary() -> Vocabulary:
    tables = rule_tables.packaged()

    def check_release(role: str, text: str) -> str | None:
        try:
            releases.parse(role, text)
        except releases.ReleaseError as error:
            return str(error).removeprefix("write ")
        return None

    return Vocabulary(
        use_cases={name: UseCaseShape(row.from_, row.to, row.both_ways) for name, row in tables.use_cases.items()},
        settings={
            name: SettingShape(row.of, tuple(row.values), row.question, tuple(row.roles))
            for name, row in tables.settings.items()
        },
        check_release=check_release,
    )


def test_a_file_for_given_hosts_is_one_that_loads() -> None:
    targets = (
        "exp-e1.example.com role=expressway-e release=X15.4 cluster=edge tags=dmz,no cluster_tls=enforcing",
        "exp-c1.example.com role=expressway-c",
        "exp-c1.example.net role=expressway-c",
        "imp1.example.com role=imp server_name=imp.example.com",
        "10.0.0.1:5061",
        "[2001:db8::1]",
        "no.example.com",
        "192.0.2.1:443 name=cucm1 role=cucm",
    )
    text = init_text(targets, VOCABULARY)
    inventory = loaded(text)
    assert [target.id for target in inventory.targets] == [
        "exp-e1",
        "exp-c1.example.com",
        "exp-c1.example.net",
        "imp1",
        "10.0.0.1",
        "[2001:db8::1]",
        "no",
        "cucm1",
    ]
    edge = inventory.targets[0]
    assert (edge.release, edge.cluster, edge.tags) == ("X15.4", "edge", ("dmz", "no"))
    assert [e.id for e in inventory.endpoints if e.target == "10.0.0.1"] == ["10.0.0.1:5061/sips"]
    assert '#     cluster_tls: "enforcing" or "permissive"\n' in text
    assert "    #   ipsec: cucm1-ipsec.pem\n" in text
    assert "    #   CallManager-client: cucm1-CallManager-client.pem\n" in text
    assert "#   - {use_case: uc-traversal, from: exp-c1.example.com, to: exp-e1}" in text


def test_no_line_of_a_new_file_is_too_wide_to_read() -> None:
    hosts = tuple(f"{role}1 role={role}" for role in ROLES if role != "outside")
    text = init_text(("exp-e1.example.com", *hosts), packaged_vocabulary())
    assert [line for line in text.splitlines() if len(line) > 100] == []
    shown = " ".join(text.replace("#", " ").split())
    assert f"role: {', '.join(ROLES)} release:" in shown
    of_expressway = [row for row in rule_tables.packaged().settings.values() if "expressway-e" in row.roles]
    assert [row.name for row in of_expressway if row.of == "target" and row.question not in shown] == []


def test_the_suggested_connections_of_a_new_file_are_right() -> None:
    text = init_text(("exp-e1 role=expressway-e", "exp-c1 role=expressway-c", "cucm1 role=cucm"), VOCABULARY)
    suggested = [line for line in text.splitlines() if line.startswith(("# connections:", "#   - {"))]
    completed = text + "\n".join(line.removeprefix("# ") for line in suggested) + "\n"
    assert [connection.id for connection in loaded(completed).connections] == [
        "exp-c1>exp-e1/uc-traversal",
        "exp-c1>cucm1/neighbor-zone",
    ]


def test_a_new_file_needs_a_host() -> None:
    with pytest.raises(InvalidInput, match="there is no target"):
        init_text((), VOCABULARY)


def test_the_schema_is_sound_and_accepts_what_the_reader_accepts() -> None:
    for vocabulary, text in ((VOCABULARY, ESTATE), (packaged_vocabulary(), EXAMPLE.read_text())):
        schema = targets_schema(vocabulary)
        jsonschema.Draft202012Validator.check_schema(schema)
        data = ruamel.yaml.YAML(typ="safe", pure=True).load(text.replace("443: 20443, 5060:", '"443": 20443, "5060":'))
        jsonschema.Draft202012Validator(schema).validate(_with_text_keys(data))


@pytest.mark.parametrize(
    "target",
    [
        {"role": "cucmm"},
        {"release": 15.1},
        {"ports": [0]},
        {"ports": {"0": 1}},
        {"ports": 443},
        {"cluster_tls": "on"},
        {"relese": "X1"},
        {"tags": "a"},
        {"stack": "nginx"},
        {"host": None},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(target: dict[str, object]) -> None:
    validator = jsonschema.Draft202012Validator(targets_schema(VOCABULARY))
    document = {"schema": "ekuscan.targets/1", "targets": {"x": {"host": "x", **target}}}
    assert not validator.is_valid(document)


def _with_text_keys(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


_TOKENS = ["{", "}", "[", "]", ": ", "- ", "? ", "&a ", "*a", "!x ", "!!str ", "|\n", "> ", "\t", "\n", "  ", "#", "'"]
_TOKENS += ['"', "%YAML 1.1\n", "---\n", "...\n", "<<: ", "\\", "\x85", "a", "1", ",", "@", "`", "~", "on", "\x07"]


@given(st.lists(st.sampled_from(_TOKENS), max_size=20).map("".join))
@settings(max_examples=200)
def test_any_text_is_a_tree_or_errors_of_one_printable_line_each(text: str) -> None:
    problems = Problems()
    value = read_yaml(text, "targets.yaml", problems)
    assert value is not None or problems
    assert all(line.isprintable() for line in lines_of(problems))
    if value is not None:
        value.plain()


def lines_of(problems: Problems) -> list[str]:
    try:
        problems.raise_if_any()
    except InvalidInput as invalid:
        return [str(error) for error in invalid.errors]
    return []


_SCALAR = st.sampled_from(["X15.4", "15.10", '"15"', "on", "", "[a]", "{a: b}", "cucm", "cube", "x.example.com", "-1"])
_KEYS = ["host", "role", "release", "cluster", "tags", "ports", "server_name", "slots", "stack", "cluster_tls"]
_KEYS += ["match_eku", "tls_verify", "use_case", "from", "to", "hots"]


@given(
    st.lists(st.lists(st.tuples(st.sampled_from(_KEYS), _SCALAR), max_size=4), max_size=4),
    st.lists(st.lists(st.tuples(st.sampled_from(_KEYS), _SCALAR), max_size=4), max_size=3),
)
@settings(max_examples=100)
def test_any_mapping_of_words_is_an_inventory_or_errors(
    targets: list[list[tuple[str, str]]], connections: list[list[tuple[str, str]]]
) -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n"
    for number, entries in enumerate(targets):
        text += f"  t{number}:\n" + "".join(f"    {key}: {value}\n" for key, value in entries)
    text += "connections:\n"
    for entries in connections:
        text += "  -\n" + "".join(f"    {key}: {value}\n" for key, value in entries)
    request = TargetRequest(targets=("x.example",), file=Path("-"), read_stdin=text.encode)
    lines = errors_of(request)
    assert len(lines) == len(set(lines))
    assert all(line.isprintable() and line.startswith("stdin:") for line in lines)


def errors_of(request: TargetRequest) -> list[str]:
    try:
        load(request, VOCABULARY, read_certificates)
    except InvalidInput as invalid:
        return [str(error) for error in invalid.errors]
    return []
