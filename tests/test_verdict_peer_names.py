"""Of the addresses of a zone each peer that is dialled is held to its own, where its host tells which one that is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.model import Certificate, Verdict
from ekuscan.peer_names import same_host
from tests.cisco_document.situation import TODAY
from tests.cisco_document.world import make_world
from tests.command import run
from tests.judging import Facts, Shown

NODES = tuple(f"node{number}" for number in range(6))
ALL = ", ".join(f"{name}.example.com" for name in NODES)


def _cluster(*, hosts: dict[str, str], shown: str, use_case: str = "neighbor-zone") -> dict[str, Verdict]:
    """What the nodes of a cluster show in a zone to all of them. The common name of each is one of ``shown``."""
    facts = Facts().box("c", "expressway-c", "X15.4", {"server": Shown("both", "private")})
    for name, common in zip(NODES, shown.split(), strict=True):
        facts.box(name, "cucm", "15SU2", {"CallManager": Shown("both", "private")}, cluster="nodes")
        key = f"{name}-CallManager"
        facts.certificates[key] = _named(facts, key, f"{common}.example.com")
    facts.hosts = {name: (host,) for name, host in hosts.items()}
    ends = ("c", "nodes") if use_case == "neighbor-zone" else ("nodes", "c")
    facts.link("neighbor-zone", *ends, tls_verify="on", peer_address=ALL)
    return {v.target: v for v in facts.verdicts().values() if v.rule in ("XN01", "XN02")}


def _named(facts: Facts, key: str, name: str) -> Certificate:
    return replace(facts.certificates[key], subject=f"CN={name}", san=(f"DNS:{name}",))


HOSTS = {name: f"{name}.example.com" for name in NODES}
SWAPPED = "node1 node0 node2 node3 node4 node5"


def test_each_of_six_nodes_must_have_its_own_address_and_no_neighbours() -> None:
    found = _cluster(hosts=HOSTS, shown=SWAPPED)
    assert {name: one.outcome for name, one in found.items()} == {
        **dict.fromkeys(NODES, "ok"),
        "node0": "breaks-now",
        "node1": "breaks-now",
    }
    assert found["node0"].text.startswith("c's zone has the peer address node0.example.com, which node0's certificate")
    assert [one.value for one in found["node0"].because if "peer_address" in one.fact] == ["node0.example.com"]
    assert {one.outcome for one in _cluster(hosts=HOSTS, shown=" ".join(NODES)).values()} == {"ok"}


def test_of_nodes_without_a_host_any_address_of_the_zone_counts_and_nothing_is_asked() -> None:
    found = _cluster(hosts={}, shown=SWAPPED)
    assert {name: (one.outcome, one.forks) for name, one in found.items()} == dict.fromkeys(NODES, ("ok", ()))


def test_a_host_that_is_none_of_the_addresses_leaves_all_of_them() -> None:
    found = _cluster(hosts={**HOSTS, "node0": "10.0.0.1", "node1": "node1"}, shown=SWAPPED)
    assert {one.outcome for one in found.values()} == {"ok"}


def test_a_node_that_dials_in_may_have_any_address_of_the_zone() -> None:
    found = _cluster(hosts=HOSTS, shown=SWAPPED, use_case="inbound")
    assert {one.outcome for one in found.values()} == {"ok"}
    assert {one.rule for one in found.values()} == {"XN02"}


@pytest.mark.parametrize("host", ["NODE0.Example.COM.", "node0.example.com"])
def test_a_host_is_known_again_in_any_spelling(host: str) -> None:
    found = _cluster(hosts={"node0": host}, shown=SWAPPED)
    assert [name for name, one in found.items() if one.outcome != "ok"] == ["node0"]


def test_addresses_are_the_same_host_in_any_spelling() -> None:
    assert same_host("[2001:DB8::1]") == same_host("2001:db8:0:0::1") != same_host("2001:db8::2")
    assert same_host("bücher.example") == same_host("xn--bcher-kva.example")


@given(st.text(), st.text())
def test_any_text_may_stand_for_a_host(one: str, other: str) -> None:
    assert same_host(one) == same_host(one)
    assert (same_host(one) == same_host(other)) == (same_host(other) == same_host(one))


def test_a_scan_holds_each_node_to_the_host_of_the_targets_file(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    leaf = world.folder / "corp-both.pem"
    text = f"""schema: ekuscan.targets/1
targets:
  c: {{role: expressway-c, release: X15.4, slots: {{server: {leaf.name}}}}}
  u1: {{role: cucm, host: 127.9.8.1, server_name: corp-both.example.com, release: 15SU3a,
    slots: {{CallManager: {leaf.name}}}, ports: []}}
  u2: {{role: cucm, host: 127.9.8.2, release: 15SU3a, slots: {{CallManager: {leaf.name}}}, ports: []}}
connections:
  - {{use_case: neighbor-zone, from: c, to: u1, tls_verify: "on", peer_address: "127.9.8.2, corp-both.example.com"}}
  - {{use_case: neighbor-zone, from: c, to: u2, tls_verify: "on", peer_address: "127.9.8.2, corp-both.example.com"}}
"""
    file = world.folder / "two.yaml"
    file.write_text(text, encoding="utf-8")
    done = run("scan", "-f", file, "--trust-data", world.trust_data, "--as-of", TODAY, "--format", "json")
    assert done.out, done.err
    found = {one["id"]: one["outcome"] for one in json.loads(done.out)["verdicts"] if one["rule"] == "XN01"}
    assert found == {"u1>c/neighbor-zone/XN01": "ok", "u2>c/neighbor-zone/XN01": "breaks-now"}


def test_of_the_list_of_a_cube_any_name_counts_whatever_the_host_of_the_peer_is() -> None:
    facts = Facts().box("u", "cube", "17.12.4", {"trustpoint": Shown("both", "private")})
    facts.box("p", "outside", None, {"certificate": Shown("both", "private")})
    facts.certificates["p-certificate"] = _named(facts, "p-certificate", "sbc1.provider.example")
    facts.hosts = {"p": ("sip.provider.example",)}
    told = {"cn_san": "sip.provider.example, *.provider.example", "cn_san_validate": "server"}
    facts.link("provider-trunk", "u", "p", mtls="on", **told)
    assert facts.verdicts()["p>u/provider-trunk/CB08"].outcome == "ok"
