"""What was found, put into a targets file: a person's words stay, and a second time changes nothing."""

from __future__ import annotations

import base64
import json
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ekuscan.cli.knowledge import vocabulary
from ekuscan.imports.found import Found, FoundConnection, FoundTarget
from ekuscan.imports.merge import EMPTY, Merged, TargetsText, Unmergeable, merge
from ekuscan.imports.unify import unify
from ekuscan.rules.load import packaged
from ekuscan.targets.address import canonical

WORDS = vocabulary(packaged())

ESTATE = Found(
    targets=(
        FoundTarget("exp-c1", "c1.txt", "exp-c1.example.com", "expressway-c", release="X15.4.1", cluster="exp-c"),
        FoundTarget("exp-c2", "c1.txt", "exp-c2.example.com", "expressway-c", cluster="exp-c"),
        FoundTarget("exp-e1.example.com", "c1.txt", "exp-e1.example.com", "expressway-e"),
        FoundTarget("cucm1.example.com", "c1.txt", "cucm1.example.com", "cucm"),
    ),
    connections=(
        FoundConnection("uc-traversal", "exp-c", "exp-e1.example.com", "c1.txt, zone 1", {"tls_verify": "on"}, "from"),
        FoundConnection("neighbor-zone", "exp-c", "cucm1.example.com", "c1.txt, zone 2", {"tls_verify": "on"}),
    ),
)


def merged(found: Found, text: str = EMPTY, *, overwrite: bool = False) -> Merged:
    return merge(unify([found]), TargetsText(text, "targets.yaml", lambda name: None), WORDS, overwrite=overwrite)


def test_an_empty_file_gets_all_of_it() -> None:
    assert merged(ESTATE).text == (
        EMPTY
        + """
targets:
  exp-c1: {host: exp-c1.example.com, role: expressway-c, release: "X15.4.1", cluster: exp-c}  # c1.txt
  exp-c2: {host: exp-c2.example.com, role: expressway-c, cluster: exp-c}  # c1.txt
  exp-e1: {host: exp-e1.example.com, role: expressway-e}  # c1.txt
  cucm1: {host: cucm1.example.com, role: cucm}  # c1.txt

connections:
  - {use_case: uc-traversal, from: exp-c, to: exp-e1, imported: "c1.txt, zone 1"}
  - {use_case: neighbor-zone, from: exp-c, to: cucm1, tls_verify: "on", imported: "c1.txt, zone 2"}
"""
    )


def test_the_same_again_changes_nothing() -> None:
    once = merged(ESTATE)
    again = merged(ESTATE, once.text)
    assert again.text == once.text
    assert again.told == ()


HAND_WRITTEN = """\
# Estate of the north, kept by hand.
schema: ekuscan.targets/1
defaults:
  expressway-e: {release: "X15.4", cluster: edge}
targets:
  # the inside
  core-1:            # rack 4
    host: EXP-C1.example.com.
    role:   expressway-c
    cluster: 'core'   # ours
  core-2: {host: exp-c2.example.com, role: expressway-c, cluster: core}

  edge-1: {host: exp-e1.example.com, role: expressway-e}

connections:
  # checked with the partner
  - { use_case: neighbor-zone, from: core, to: edge-2, tls_verify: "off" }
""".replace("edge-2", "pbx").replace(
    "\n\nconnections", "\n  pbx: {host: cucm1.example.com, role: cucm, tags: [north]}\n\nconnections"
)


def test_what_a_person_wrote_stays_to_the_letter() -> None:
    made = merged(ESTATE, HAND_WRITTEN)
    assert (
        made.text
        == HAND_WRITTEN.replace(
            "    cluster: 'core'   # ours\n", "    cluster: 'core'   # ours\n    release: \"X15.4.1\"\n"
        )
        + '  - {use_case: uc-traversal, from: core, to: edge-1, imported: "c1.txt, zone 1"}\n'
    )
    assert merged(ESTATE, made.text).text == made.text


def test_where_the_file_says_something_else_it_wins_and_that_is_said_in_a_line() -> None:
    made = merged(ESTATE, HAND_WRITTEN)
    assert made.told == (
        "neighbor-zone from core to pbx: tls_verify is off in line 18, c1.txt, zone 2 says on; left as it is",
    )


def test_overwrite_takes_the_imported_word() -> None:
    made = merged(ESTATE, HAND_WRITTEN, overwrite=True)
    assert '{ use_case: neighbor-zone, from: core, to: pbx, tls_verify: "on" }' in made.text
    assert made.told == ()


def one(**changes: object) -> Found:
    return Found((FoundTarget("exp-c1", "c1.txt", **{"host": "exp-c1.example.com", "role": "expressway-c"} | changes),))  # type: ignore[arg-type]


FILED = (
    'schema: ekuscan.targets/1\ntargets:\n  exp-c1: {host: exp-c1.example.com, role: expressway-c, release: "X15.4"}\n'
)


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ("X15.4", ()),
        ("X15.4.3", ()),
        ("X15.5.1", ("exp-c1: release is X15.4 in line 3, c1.txt says X15.5.1; left as it is",)),
    ],
)
def test_a_more_precise_release_is_no_contradiction(release: str, told: tuple[str, ...]) -> None:
    made = merged(one(release=release), FILED)
    assert (made.text, made.told) == (FILED, told)


def test_another_host_under_the_same_name_is_told() -> None:
    made = merged(one(host="192.0.2.9"), FILED)
    assert made.text == FILED
    assert made.told == ("exp-c1: host is exp-c1.example.com in line 3, c1.txt says 192.0.2.9; left as it is",)


def test_a_box_that_is_also_known_by_its_address_is_the_one_of_that_address() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n  inner: {host: 10.0.0.7, role: expressway-c}\n"
    made = merged(one(known_as=("10.0.0.7",)), text)
    assert (made.text, made.told) == (text, ())


def test_two_found_boxes_that_only_the_file_knows_to_be_one_become_one() -> None:
    named = FoundTarget("exp-c1", "a.txt", settings={"sip_eku_check": "on"})
    addressed = FoundTarget("core", "b.txt", "exp-c1.example.com", settings={"sip_eku_check": "on"})
    made = merged(Found((named, addressed)), FILED)
    assert made.text == FILED.replace('"X15.4"}', '"X15.4", sip_eku_check: "on"}')


def test_a_cluster_that_is_called_like_a_box_gets_a_name_of_its_own() -> None:
    found = one(cluster="exp-c1")
    once = merged(found).text
    assert "exp-c1: {host: exp-c1.example.com, role: expressway-c, cluster: exp-c1-cluster}" in once
    assert merged(found, once).text == once


def test_a_host_that_two_targets_of_the_file_share_is_left_alone() -> None:
    text = (
        "schema: ekuscan.targets/1\ntargets:\n  a: {host: exp-c1.example.com, ports: [443]}\n"
        "  b: {host: exp-c1.example.com, ports: [5061]}\n"
    )
    made = merged(one(), text)
    assert (made.text, made.told) == (text, ("exp-c1 (c1.txt) may be a or b: left out",))


def test_an_overwritten_release_that_stood_under_defaults_goes_to_the_target_alone() -> None:
    text = (
        'schema: ekuscan.targets/1\ndefaults:\n  expressway-c: {release: "X15.4"}\n'
        "targets:\n  exp-c1: {host: exp-c1.example.com, role: expressway-c}\n"
    )
    made = merged(one(release="X15.5"), text, overwrite=True)
    assert made.text == text.replace("role: expressway-c}", 'role: expressway-c, release: "X15.5"}')


def test_crlf_and_json_files_stay_what_they_are() -> None:
    crlf = HAND_WRITTEN.replace("\n", "\r\n")
    made = merged(ESTATE, crlf)
    assert made.text.replace("\r\n", "\n") == merged(ESTATE, HAND_WRITTEN).text
    assert made.text.count("\r\n") == made.text.count("\n")
    json_text = '{"schema": "ekuscan.targets/1", "targets": {}}'
    assert json.loads(merged(ESTATE, json_text).text)["targets"]["exp-c2"]["cluster"] == "exp-c"


def test_certificates_go_into_files_that_are_never_overwritten_silently() -> None:
    pem, other = (f"-----BEGIN CERTIFICATE-----\n{x}\n-----END CERTIFICATE-----\n".encode() for x in ("QUJD", "REVG"))
    found = unify([one(slots={"client": pem})])
    folder: dict[str, bytes] = {}
    first = merge(found, TargetsText(FILED, "targets.yaml", folder.get), WORDS)
    assert first.files == {"exp-c1-client.pem": pem}
    assert first.text == FILED.replace('"X15.4"}', '"X15.4", slots: {client: exp-c1-client.pem}}')
    folder.update(first.files)
    again = merge(found, TargetsText(first.text, "targets.yaml", folder.get), WORDS)
    assert (again.text, again.files, again.told) == (first.text, {}, ())
    folder["exp-c1-client.pem"] = other
    kept = merge(found, TargetsText(first.text, "targets.yaml", folder.get), WORDS)
    assert (kept.text, kept.files) == (first.text, {})
    assert kept.told == ("exp-c1-client.pem holds another certificate than c1.txt; left as it is (--overwrite)",)
    taken = merge(found, TargetsText(first.text, "targets.yaml", folder.get), WORDS, overwrite=True)
    assert taken.files == {"exp-c1-client.pem": pem}


@pytest.mark.parametrize("host", [None, "no host"])
def test_a_target_that_is_left_out_gets_no_certificate_file(host: str | None) -> None:
    lost = FoundTarget("lost", "c1.txt", host, slots={"server": pem_of(1)})
    named = FoundTarget("named", "c1.txt", role="expressway-c", slots={"server": pem_of(2)})
    made = merge(unify([Found((lost, named))]), TargetsText(EMPTY, "targets.yaml", lambda name: None), WORDS)
    assert made.files == {"named-server.pem": pem_of(2)}
    step = "name its xConfiguration beside it, or its role with --role"
    assert f"lost (c1.txt): neither host nor role is told; left out: {step}" in made.told


def pem_of(number: int) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % base64.b64encode(b"%d" % number)


def filed(text: str, files: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """By target and slot what the files hold that a targets file names."""
    named = YAML(typ="safe").load(text)["targets"]
    return {
        name: {slot: files[where] for slot, where in entry.get("slots", {}).items()} for name, entry in named.items()
    }


lookalikes = st.text(st.sampled_from("aAä_-.é0"), min_size=1, max_size=4).filter(lambda name: name.strip("."))


@settings(deadline=None, max_examples=40)
@given(st.lists(lookalikes, min_size=1, max_size=6, unique_by=canonical))
def test_every_target_keeps_its_own_certificate_however_alike_the_names_are(names: list[str]) -> None:
    boxes = tuple(
        FoundTarget(name, "x", f"h{number}.example.com", "expressway-e", slots={"server": pem_of(number)})
        for number, name in enumerate(names)
    )
    found, folder = unify([Found(boxes)]), dict[str, bytes]()
    made = merge(found, TargetsText(EMPTY, "targets.yaml", folder.get), WORDS)
    assert filed(made.text, dict(made.files)) == {name: {"server": pem_of(number)} for number, name in enumerate(names)}
    assert len({name.casefold() for name in made.files}) == len(names)
    folder |= made.files
    again = merge(found, TargetsText(made.text, "targets.yaml", folder.get), WORDS)
    assert (again.text, again.files, again.told) == (made.text, {}, ())


@pytest.mark.parametrize("named", ["exp-c1-server.pem", "./Exp-C1-Server.pem", "/somewhere/exp-c1-server.pem"])
def test_a_file_that_another_slot_names_is_not_written_over(named: str) -> None:
    text = FILED + f"  other: {{host: o.example.com, role: expressway-c, slots: {{server: {named}}}}}\n"
    there = {"exp-c1-server.pem": pem_of(1)}
    found = unify([one(slots={"server": pem_of(2)})])
    made = merge(found, TargetsText(text, "targets.yaml", there.get), WORDS, overwrite=True)
    assert list(made.files.values()) == [pem_of(2)]
    assert "exp-c1-server.pem" not in made.files
    shared = text.replace('"X15.4"}', f'"X15.4", slots: {{server: {named}}}}}')
    made = merge(found, TargetsText(shared, "targets.yaml", lambda name: pem_of(1)), WORDS, overwrite=True)
    assert (made.text, made.files) == (shared, {})
    assert "with another certificate than" in made.told[0]


def test_an_alias_is_not_added_to_and_nothing_is_written() -> None:
    text = "schema: ekuscan.targets/1\ntargets:\n  exp-c1: &x {host: exp-c1.example.com}\n  z: *x\n".replace(
        "z: *x", "z: {host: z.example.com, slots: &s {server: a.pem}}\n  y: {host: y.example.com, slots: *s}"
    )
    found = Found((FoundTarget("y", "c1.txt", "y.example.com", slots={"client": b"-----BEGIN CERTIFICATE-----"}),))
    with pytest.raises(Unmergeable, match="line 4 is written in a way"):
        merged(found, text)


def test_what_no_targets_file_can_hold_is_left_out_with_a_sentence() -> None:
    made = merged(
        Found(
            (
                FoundTarget("a", "x.csv", "no host", "cucm", release="15"),
                FoundTarget("b", "x.csv", "b.example.com", "expressway-c", release="new", settings={"match_eku": "on"}),
                FoundTarget("c", "x.csv"),
            ),
            (
                FoundConnection("mra", "b", "nobody.example.com", "x.csv"),
                FoundConnection("neighbor-zone", "b", "b", "x"),
            ),
        )
    )
    assert "host: b.example.com" in made.text
    assert 'a: {role: cucm, release: "15", ports: []}' in made.text
    assert [sentence.split(":")[0] for sentence in made.told] == ["a", "b", "b", "c (x.csv)", "x.csv", "x"]


def test_connections_between_clusters_are_one_line_where_every_member_has_them() -> None:
    boxes = [
        FoundTarget(f"{role[-1]}{n}", "x", f"{role[-1]}{n}.example.com", role, cluster=f"{role[-1]}s")  # type: ignore[arg-type]
        for role in ("expressway-c", "expressway-e")
        for n in (1, 2)
    ]
    all_pairs = [FoundConnection("uc-traversal", f"c{a}", f"e{b}", "x") for a in (1, 2) for b in (1, 2)]
    whole = merged(Found(tuple(boxes), tuple(all_pairs))).text
    assert whole.endswith("connections:\n  - {use_case: uc-traversal, from: cs, to: es, imported: x}\n")
    parts = merged(Found(tuple(boxes), tuple(all_pairs[:3]))).text
    assert parts.endswith(
        "connections:\n  - {use_case: uc-traversal, from: cs, to: e1, imported: x}\n"
        "  - {use_case: uc-traversal, from: c1, to: e2, imported: x}\n"
    )
    completed = merged(Found(tuple(boxes), tuple(all_pairs)), parts).text
    assert completed == parts + "  - {use_case: uc-traversal, from: c2, to: e2, imported: x}\n"


CLUSTERS = """\
schema: ekuscan.targets/1
targets:
  core1: {host: exp-c1.example.com, role: expressway-c, cluster: core}
  core2: {host: exp-c2.example.com, role: expressway-c, cluster: core}
  cm1: {host: cucm1.example.com, role: cucm, cluster: cm}
  cm2: {host: cucm2.example.com, role: cucm, cluster: cm}
connections:
  - {use_case: neighbor-zone, from: core, to: cm}
"""


def zones(*told: tuple[str, str, str]) -> Found:
    """Neighbor zones from one box to another, with their TLS Verify Mode."""
    return Found(
        connections=tuple(
            FoundConnection(
                "neighbor-zone", f"{one}.example.com", f"{other}.example.com", "c1.txt, zone 1", {"tls_verify": mode}
            )
            for one, other, mode in told
        ),
        targets=tuple(
            FoundTarget(name, "c1.txt", f"{name}.example.com") for name in dict.fromkeys(n for t in told for n in t[:2])
        ),
    )


EVERY_PAIR = [(one, other) for one in ("exp-c1", "exp-c2") for other in ("cucm1", "cucm2")]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("mine", [None, "on"])
def test_a_line_for_clusters_takes_no_setting_that_is_told_of_some_of_its_pairs(
    mine: str | None, overwrite: bool
) -> None:
    text = CLUSTERS if mine is None else CLUSTERS.replace("to: cm}", f'to: cm, tls_verify: "{mine}"}}')
    for found in (
        zones(("exp-c1", "cucm1", "off")),
        zones(*((one, other, "off" if other == "cucm1" else "on") for one, other in EVERY_PAIR)),
    ):
        made = merged(found, text, overwrite=overwrite)
        assert made.text == text
        differs = "tls_verify off of core1 to cm1, and not of all that the line stands for; left as it is"
        if mine is None or overwrite:
            told = f", line 8: c1.txt, zone 1 says {differs}: write a line for each that differs"
        else:
            told = ": tls_verify is on in line 8, c1.txt, zone 1 says off; left as it is"
        assert made.told == (f"neighbor-zone from core to cm{told}",)


def test_a_line_for_clusters_takes_what_is_told_of_all_its_pairs() -> None:
    made = merged(zones(*((one, other, "off") for one, other in EVERY_PAIR)), CLUSTERS)
    assert (made.text, made.told) == (CLUSTERS.replace("to: cm}", 'to: cm, tls_verify: "off"}'), ())


def test_a_traversal_zones_verify_mode_counts_where_both_ends_have_the_same() -> None:
    def told(c_mode: str, e_mode: str) -> str:
        sides: list[tuple[Literal["from", "to"], str]] = [("from", c_mode), ("to", e_mode)]
        halves = [
            FoundConnection("uc-traversal", "exp-c1", "exp-e1", half, {"tls_verify": mode}, half)
            for half, mode in sides
            if mode
        ]
        boxes = (
            FoundTarget("exp-c1", "x", "exp-c1.example.com", "expressway-c"),
            FoundTarget("exp-e1", "x", "exp-e1.example.com", "expressway-e"),
        )
        return merged(Found(boxes, tuple(halves))).text.splitlines()[-1]

    assert 'tls_verify: "on"' in told("on", "on")
    assert "tls_verify" not in told("on", "off")
    assert "tls_verify" not in told("on", "")
    assert "tls_verify" not in told("", "off")


def test_a_cluster_of_which_every_member_has_a_zone_of_its_own_too_stays_one_line() -> None:
    """As mobile and remote access makes them, beside the zone with all members that a person made."""
    boxes = [FoundTarget(f"u{n}", "x", f"u{n}.example.com", "cucm", cluster="us") for n in (1, 2)]
    core = FoundTarget("c1", "x", "c1.example.com", "expressway-c")
    told = [
        FoundConnection("neighbor-zone", "c1", end, "x", {"peer_address": addresses})
        for end, addresses in (("u1", "u1, u2"), ("u2", "u1, u2"), ("u1", "u1"), ("u2", "u2"))
    ]
    once = merged(Found((core, *boxes), tuple(told)))
    assert once.text.endswith(
        '\n  - {use_case: neighbor-zone, from: c1, to: us, peer_address: "u1, u2", imported: x}\n'
    )
    assert merged(Found((core, *boxes), tuple(reversed(told))), once.text).text == once.text


names = st.sampled_from(
    ["exp-c1", "exp-e1", "cucm1.example.com", "a.example.com", "b b", "10.0.0.1", "[2001:db8::1]", "on"]
)
hosts = st.sampled_from(
    [None, "exp-c1.example.com", "EXP-E1.example.com.", "10.0.0.1", "2001:db8::1", "cucm1.example.com"]
)
roles = st.sampled_from([None, "expressway-c", "expressway-e", "cucm", "outside", "webex", "generic"])
targets = st.builds(
    FoundTarget,
    names,
    st.sampled_from(["x.txt", 'it\'s: "quoted" # {so}', "line\nbreak"]),
    hosts,
    roles,
    st.sampled_from([None, "X15.4", "X15.5.1", "14SU3", "?"]),
    st.sampled_from([None, "core", "edge", "exp-c1", "exp-c.example.com"]),
    tags=st.lists(st.sampled_from(["dmz", "on", "a: b"]), max_size=2).map(tuple),
    settings=st.dictionaries(st.sampled_from(["sip_eku_check", "match_eku", "none"]), st.sampled_from(["on", "?"])),
    known_as=st.lists(st.sampled_from(["10.0.0.1", "exp-c1"]), max_size=1).map(tuple),
)
found_connections = st.builds(
    FoundConnection,
    st.sampled_from(["uc-traversal", "neighbor-zone", "sip-b2b", "none"]),
    names,
    names,
    st.just("x.txt, zone 1"),
    st.fixed_dictionaries(
        {},
        optional={
            "tls_verify": st.sampled_from(["on", "off"]),
            "peer_address": st.sampled_from(["a.example.com", "10.0.0.1", "10.0.0.1, a.example.com", "on", "# {", "7"]),
            "verify_name": st.sampled_from(["a.example.com", "no", "1.10", "'", "a: b"]),
        },
    ),
    st.sampled_from([None, "from", "to"]),
)
founds = st.builds(Found, st.lists(targets, max_size=6).map(tuple), st.lists(found_connections, max_size=6).map(tuple))
WAIVED = """
# agreed with the partner
waivers:
  - {verdict: 'core>pbx/neighbor-zone/X19',  owner: "Jane Doe", reason: known, until: 2027-03-01}   # change 4711
  - verdict:   exp-c1>*/*/*
    owner: 'Voice operations'
    reason: >
      The trunk is taken down
      with the branch office.
    until: "2027-03-31"
"""
files = st.sampled_from(
    [
        EMPTY,
        EMPTY + WAIVED,
        HAND_WRITTEN + WAIVED,
        WAIVED.lstrip() + HAND_WRITTEN,
        FILED,
        HAND_WRITTEN,
        HAND_WRITTEN.rstrip("\n"),
        HAND_WRITTEN.replace("\n", "\r\n"),
    ]
)


@settings(deadline=None, max_examples=60)
@given(founds, files)
def test_whatever_is_found_a_second_time_changes_nothing_and_no_line_is_lost(found: Found, text: str) -> None:
    first = merged(found, text)
    assert merged(found, first.text).text == first.text
    assert WAIVED.strip() not in text or WAIVED.strip() in first.text
    there = iter(first.text.splitlines())
    for line in text.splitlines():
        begun = line.split("}")[0].rstrip(" ")
        assert any(one.startswith(begun) for one in there), line
