"""What stays open: a run never ends fine because it judged nothing, and says what to write instead."""

from __future__ import annotations

import pytest

from tests.cisco_document.world import World, make_world
from tests.command import Done, run


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def scan(world: World, targets: str, *arguments: str) -> Done:
    path = world.folder / "targets.yaml"
    path.write_text(f"schema: ekuscan.targets/1\ntargets:\n{targets}", encoding="utf-8")
    return run("scan", "-f", path, "--trust-data", world.trust_data, "--as-of", "2026-11-23", *arguments)


def words(done: Done) -> str:
    return " ".join(done.out.split())


def test_two_meeting_servers_alone_are_judged(world: World) -> None:
    boxes = (("a", "digicert-server.pem"), ("b", "corp-both.pem"))
    done = scan(world, "".join(f"  {name}: {{role: cms, slots: {{callbridge: {file}}}}}\n" for name, file in boxes))
    assert "Cisco has published no notice for CMS" in words(done)
    assert "Nothing judged" not in done.out


def test_a_box_of_which_no_certificate_was_seen_is_open_and_says_how_to_give_one(world: World) -> None:
    done = scan(world, "  a: {role: cms, slots: {}}\n  b: {role: cms, slots: {callbridge: corp-both.pem}}\n")
    assert done.code == 3
    assert "No certificate was seen" in done.out
    assert "Save it as a PEM file and add --slot a:callbridge=FILE." in words(done)
    assert "--slot b:" not in done.out
    assert "1 left open" in done.out


def test_without_assumed_connections_a_box_asks_for_declared_ones(world: World) -> None:
    done = scan(world, "  a: {role: cms, slots: {callbridge: corp-both.pem}}\n", "--no-assume")
    assert done.code == 3
    assert "No connection is known" in done.out
    assert "for example {use_case: cms-sip, from: a, to: PEER}." in words(done)


def test_a_peer_that_is_there_for_others_is_open_only_where_nothing_else_was_judged(world: World) -> None:
    peer = "  p: {role: generic, slots: {certificate: corp-both.pem}}\n"
    alone = scan(world, peer)
    assert alone.code == 3
    assert "{use_case: mutual-tls, from: p, to: PEER}" in words(alone)
    beside = scan(world, peer + "  c: {role: expressway-c, release: X15.4, slots: {server: corp-both.pem}}\n")
    assert "No connection is known" not in beside.out


def test_what_is_open_is_a_problem_of_the_document_too(world: World) -> None:
    found = scan(world, "  a: {role: cms, slots: {}}\n", "--format", "json").document
    assert found["summary"]["exit"] == 3
    assert found["summary"]["undecided"] == 1
