"""Members of a cluster with the same problem are one problem, as far as nothing but their names differs."""

from __future__ import annotations

import pytest

from tests.cisco_document.world import World, make_world
from tests.command import Done, run


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def scan(world: World, members: int, *arguments: str, other: str = "digicert-server.pem") -> Done:
    path = world.folder / f"cluster-{members}.yaml"
    files = ["digicert-server.pem"] * (members - 1) + [other]
    boxes = "".join(
        f"  edge{place}: {{role: expressway-e, release: X15.4, cluster: edge, slots: {{server: {file}}}}}\n"
        for place, file in enumerate(files, 1)
    )
    path.write_text(f"schema: ekuscan.targets/1\ntargets:\n{boxes}", encoding="utf-8")
    return run("scan", "-f", path, "--trust-data", world.trust_data, "--as-of", "2026-11-23", *arguments)


@pytest.mark.parametrize(("members", "head"), [(2, "edge1, edge2 >"), (6, "edge1 and 5 more >")])
def test_the_page_tells_it_once_for_all_members(world: World, members: int, head: str) -> None:
    done = scan(world, members)
    assert head in done.out
    assert done.out.count("B2B SIP calls, SIP IM federation (if used)") == 1
    words = " ".join(done.out.split())
    rest = [f"edge{place}" for place in range(2, members + 1)]
    listed = rest[0] if len(rest) == 1 else f"{', '.join(rest[:-1])} and {rest[-1]}"
    assert f"The same holds for {listed}." in words
    assert f"Do the same for {listed}." in words


def test_the_document_names_the_members_and_all_their_verdicts(world: World) -> None:
    (found,) = (one for one in scan(world, 6, "--format", "json").document["problems"] if "X04" in one["rules"])
    assert found["members"] == [f"edge{place}" for place in range(1, 7)]
    assert {f"{name}/sip-b2b/X04" for name in found["members"]} <= set(found["verdicts"])


def test_a_member_with_another_certificate_is_a_problem_of_its_own(world: World) -> None:
    done = scan(world, 2, other="digicert-both.pem")
    assert "edge1, edge2" not in done.out
    assert "The same holds" not in done.out


def test_members_with_the_same_open_question_are_asked_once(world: World) -> None:
    path = world.folder / "asked.yaml"
    boxes = "".join(
        f"  edge{place}: {{role: expressway-e, release: X15.4, cluster: edge, slots: {{server: stranger-both.pem}}}}\n"
        for place in (1, 2)
    )
    path.write_text(f"schema: ekuscan.targets/1\ntargets:\n{boxes}", encoding="utf-8")
    done = run("scan", "-f", path, "--trust-data", world.trust_data, "--as-of", "2026-11-23")
    assert "edge1, edge2 >" in done.out
    words = " ".join(done.out.split())
    assert "Did a public CA issue edge1's server certificate?" in words
    assert "Did a public CA issue edge2's server certificate?" not in words
    assert "The same holds for edge2." in words
    assert "Do the same" not in done.out


def test_members_with_certificates_of_different_cas_are_two_problems(world: World) -> None:
    """What to do about a CA of one's own is not what to do about a public one."""
    path = world.folder / "issuers.yaml"
    boxes = "".join(
        f"  core{place}: {{role: expressway-c, release: X15.4, cluster: core, slots: {{server: {file}}}}}\n"
        for place, file in enumerate(("digicert-server.pem", "corp-server.pem"), 1)
    )
    edge = "  edge1: {role: expressway-e, release: X15.4, slots: {server: digicert-both.pem}}\n"
    link = "connections:\n  - {use_case: uc-traversal, from: core, to: edge1}\n"
    path.write_text(f"schema: ekuscan.targets/1\ntargets:\n{boxes}{edge}{link}", encoding="utf-8")
    done = run("scan", "-f", path, "--trust-data", world.trust_data, "--as-of", "2026-11-23")
    assert "core1, core2" not in done.out
    assert "Give core1 a private-CA certificate" in " ".join(done.out.split())
    assert "Give core2 a private-CA certificate" in " ".join(done.out.split())
