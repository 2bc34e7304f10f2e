"""A run while it lasts: the same verdicts whatever the order, parts as they finish, facts from what was seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain as joined
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan import observation
from ekuscan import run as run_module
from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.lab.authority import EkuChoice, Leaf, issue, self_signed
from ekuscan.lab.worlds import World, make_worlds, write_trust_data
from ekuscan.model import (
    Banner,
    Certainty,
    ClientCertificate,
    Connection,
    Endpoint,
    Enforcement,
    Enforces,
    Fact,
    Failure,
    Inventory,
    Notice,
    Observation,
    Request,
    RoleName,
    RulesVersion,
    Run,
    RunInfo,
    Sight,
    SlotContent,
    SlotFile,
    Target,
    TrustVersion,
    Verdict,
    VerdictsLike,
)
from ekuscan.notices.scene import Scene
from ekuscan.profiles.load import port_of
from ekuscan.report import json_document
from ekuscan.report.records import RecordStream, records
from ekuscan.run import Options, Piece, RunInProgress
from ekuscan.trust import TrustStore
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.judge import Judged
from tests.judging import AS_OF

REFUSED = Failure("connect", "refused", "connection refused")
FILTERED = Failure("connect", "filtered", "no answer")


@dataclass(frozen=True)
class Certificates:
    """CAs, trust data, and a certificate of every kind that a test wants, made once."""

    store: TrustStore
    issued: Mapping[tuple[str, EkuChoice, int], tuple[bytes, ...]]


KINDS: tuple[tuple[str, EkuChoice, int], ...] = (
    ("digicert", "both", 89),
    ("digicert", "server", 186),
    ("digicert", "server", 150),
    ("corp", "both", 400),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificates]:
    worlds: dict[str, World] = make_worlds(AS_OF)
    path: Path = tmp_path_factory.mktemp("run") / "trust.sqlite"
    write_trust_data(worlds, path, AS_OF)
    issued = {}
    for ca, eku, days in KINDS:
        leaf = Leaf("host.example.com", AS_OF - timedelta(days=10), AS_OF + timedelta(days=days), eku)
        issued[ca, eku, days] = issue(worlds[ca].issuing, leaf).ders
    with TrustStore.open(path) as store:
        yield Certificates(store, issued)


# --- what is looked at, and what it showed ------------------------------------------------------------------------


def box(name: str, role: RoleName | None, release: str | None = None, cluster: str | None = None) -> Target:
    """A target; without a role its role is open."""
    from_ = "declared" if role else "default"
    return Target(name, role or "generic", from_, release, "declared" if release else "default", cluster)


def port(target: Target, number: int, protocol: str = "sips", *, optional: bool = True) -> Endpoint:
    row = port_of(target.role, number) if target.role_from == "declared" else None
    service, slot = (row.service, row.slot) if row is not None else (None, None)
    name = f"{target.id}:{number}/{protocol}"
    return Endpoint(name, target.id, target.id, number, protocol, None, optional, service, slot, number)


def shows(
    endpoint: Endpoint, ders: tuple[bytes, ...], request: Request = "none", banner: Banner | None = None
) -> Observation:
    chain = chain_id(map(sha256_hex, ders))
    seen = Sight("default", AS_OF, 0.1, None, chain, ClientCertificate(request))
    return observation.observed(endpoint, "192.0.2.1", (seen,), {chain: ders}, {}, banner)


def expressway(release: str) -> Banner:
    return Banner("expressway", release, f"TANDBERG/4137 ({release})")


# --- running ------------------------------------------------------------------------------------------------------


def begun(world: Certificates, inventory: Inventory, **options: bool) -> RunInProgress:
    info = RunInfo("run", AS_OF, None, False, AS_OF, "0", None, RulesVersion("", ""), TrustVersion("", ""))
    return RunInProgress(
        info, inventory, knowledge(), ChainBook(world.store, inventory.trust), Options(AS_OF, **options)
    )


def finished(
    world: Certificates, inventory: Inventory, seen: Iterable[Observation], **options: bool
) -> tuple[Run, list[Piece]]:
    run = begun(world, inventory, **options)
    pieces = [*run.begin(), *(piece for one in seen if (piece := run.observe(one)) is not None)]
    return run.result(AS_OF, complete=True), pieces


def target(run: Run, name: str) -> Target:
    return next(one for one in run.targets if one.id == name)


def slots(found: Target) -> dict[str, tuple[str | None, str]]:
    return {content.slot: (content.sha256, content.from_) for content in found.slots}


@dataclass(frozen=True)
class Site:
    """Four boxes in three parts: a pair that MRA joins, and two CMS that nothing joins."""

    inventory: Inventory
    seen: tuple[Observation, ...]


def site(world: Certificates) -> Site:
    c, e = box("exp-c1", "expressway-c", "X15.4"), box("exp-e1", "expressway-e", "X15.4")
    one, other = box("cms1", "cms", "3.9"), box("cms2", "cms", "3.9")
    server, both = world.issued["digicert", "server", 186], world.issued["digicert", "both", 89]
    private = world.issued["corp", "both", 400]
    seen = (
        shows(port(c, 443, "https", optional=False), server),
        shows(port(c, 5061, optional=False), server, "optional"),
        shows(port(e, 443, "https", optional=False), both),
        shows(port(e, 5061, optional=False), both, "optional"),
        shows(port(e, 7001), both, "required"),
        observation.unseen(port(e, 8443, "https"), REFUSED),
        shows(port(one, 443, "https"), private),
        shows(port(one, 5061), private, "optional"),
        shows(port(other, 443, "https"), both),
        shows(port(other, 5061), both, "optional"),
    )
    declared = (Connection("mra:1", "mra", "exp-c1", "exp-e1"),)
    inventory = Inventory((c, e, one, other), declared, tuple(one.endpoint for one in seen))
    return Site(inventory, seen)


# --- parts --------------------------------------------------------------------------------------------------------


def test_a_part_is_judged_with_its_last_endpoint_and_not_before(world: Certificates) -> None:
    here = site(world)
    run = begun(world, here.inventory, assume=False)
    assert list(run.begin()) == []
    ends = [(one.endpoint.id, run.observe(one)) for one in here.seen]
    done = {name: [found.id for found in piece.targets] for name, piece in ends if piece is not None}
    assert done == {
        "exp-e1:8443/https": ["exp-c1", "exp-e1"],
        "cms1:5061/sips": ["cms1"],
        "cms2:5061/sips": ["cms2"],
    }


def test_what_needs_no_network_is_judged_at_once(world: Certificates) -> None:
    chain = world.issued["corp", "both", 400]
    filed = Inventory((box("exp-c1", "expressway-c", "X15.4"),), slot_files=(SlotFile("exp-c1", "server", chain, "f"),))
    run, (piece,) = finished(world, filed, ())
    assert piece.targets == run.targets
    assert slots(target(run, "exp-c1"))["server"] == (sha256_hex(chain[0]), "file")


def verdicts_of(pieces: Sequence[Piece]) -> list[Verdict]:
    found: list[Verdict] = []
    for piece in pieces:
        assert not isinstance(piece.verdicts, VerdictsLike)
        found += piece.verdicts
    return found


def test_parts_judged_as_they_finish_say_what_the_whole_says(world: Certificates) -> None:
    here = site(world)
    run, pieces = finished(world, here.inventory, here.seen)
    assert {one.id: one for one in verdicts_of(pieces)} == {one.id: one for one in run.verdicts}
    assert {one.id for piece in pieces for one in piece.targets} == {one.id for one in run.targets}
    observations = joined.from_iterable(piece.observations for piece in pieces)
    assert sorted(one.endpoint.id for one in observations) == sorted(one.endpoint.id for one in run.observations)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_result_is_the_same_in_whatever_order_the_endpoints_end(world: Certificates, data: st.DataObject) -> None:
    here = site(world)
    order = data.draw(st.permutations(here.seen))
    straight, mixed = (finished(world, here.inventory, seen)[0] for seen in (here.seen, order))
    assert mixed.targets == straight.targets
    assert mixed.connections == straight.connections
    assert mixed.observations == straight.observations
    assert mixed.verdicts == straight.verdicts
    assert mixed.problems == straight.problems
    assert mixed.summary == straight.summary


def test_a_part_alone_is_judged_as_it_is_beside_others(world: Certificates) -> None:
    here = site(world)
    whole, _ = finished(world, here.inventory, here.seen)
    names = ("exp-c1", "exp-e1")
    alone = replace(
        here.inventory,
        targets=tuple(one for one in here.inventory.targets if one.id in names),
        endpoints=tuple(one for one in here.inventory.endpoints if one.target in names),
    )
    part, _ = finished(world, alone, (one for one in here.seen if one.endpoint.target in names))
    known = {one.id: one for one in whole.verdicts}
    mra = [one for one in part.verdicts if one.connection == "mra:1"]
    assert mra
    # What a remedy clears besides is the only thing that others add.
    assert all(replace(known[one.id], remedies=()) == replace(one, remedies=()) for one in mra)


def test_clusters_and_connections_join_and_nothing_else_does(world: Certificates) -> None:
    here = site(world)
    clustered = tuple(replace(one, cluster="cms") if one.role == "cms" else one for one in here.inventory.targets)
    _, pieces = finished(world, replace(here.inventory, targets=clustered), here.seen, assume=False)
    assert sorted(sorted(one.id for one in piece.targets) for piece in pieces) == [
        ["cms1", "cms2"],
        ["exp-c1", "exp-e1"],
    ]


def test_a_target_without_a_role_may_be_joined_to_any_other(world: Certificates) -> None:
    here = site(world)
    opened = tuple(
        replace(one, role="generic", role_from="default") if one.id == "cms2" else one for one in here.inventory.targets
    )
    _, pieces = finished(world, replace(here.inventory, targets=opened), here.seen)
    assert len(pieces) == 1


# --- interrupted --------------------------------------------------------------------------------------------------


def test_an_interrupted_run_judges_what_was_seen_and_skips_the_rest(world: Certificates) -> None:
    here = site(world)
    run = begun(world, here.inventory, assume=False)
    finished_before = [piece for one in here.seen[:8] if (piece := run.observe(one)) is not None]
    closed = list(run.interrupt())
    result = run.result(AS_OF, complete=False)
    assert [[one.id for one in piece.targets] for piece in (*finished_before, *closed)] == [
        ["exp-c1", "exp-e1"],
        ["cms1"],
        ["cms2"],
    ]
    states = {one.endpoint.id: one.status for one in result.observations}
    assert states["cms2:443/https"] == states["cms2:5061/sips"] == "skipped"
    assert list(states.values()).count("skipped") == 2
    assert result.summary.exit == 130
    assert not result.run.complete
    assert [one.outcome for one in result.verdicts if one.id.endswith("/X11")] == ["breaks-now"]
    assert set(slots(target(result, "cms2")).values()) == {(None, "unseen")}


def test_an_interruption_before_anything_was_seen_is_a_result_too(world: Certificates) -> None:
    here = site(world)
    run = begun(world, here.inventory)
    list(run.interrupt())
    result = run.result(AS_OF, complete=False)
    assert {one.status for one in result.observations} == {"skipped"}
    assert len(result.targets) == 4
    assert list(run.interrupt()) == []


# --- closed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [REFUSED, FILTERED])
def test_a_box_whose_every_port_is_closed_was_not_seen(world: Certificates, failure: Failure) -> None:
    cms = box("cms1", "cms", "3.9")
    ends = (port(cms, 443, "https"), port(cms, 5061))
    run, _ = finished(world, Inventory((cms,), endpoints=ends), [observation.unseen(one, failure) for one in ends])
    assert [one.status for one in run.observations] == ["failed", "failed"]
    assert run.summary.exit == 3


def test_a_closed_optional_port_beside_an_open_one_is_no_failure(world: Certificates) -> None:
    cms = box("cms1", "cms", "3.9")
    ends = (port(cms, 443, "https"), port(cms, 5061))
    seen = [observation.unseen(ends[0], REFUSED), shows(ends[1], world.issued["corp", "both", 400], "optional")]
    run, _ = finished(world, Inventory((cms,), endpoints=ends), seen)
    assert [one.status for one in run.observations] == ["closed", "seen"]
    assert run.summary.exit == 0


# --- what is made of what was seen --------------------------------------------------------------------------------


def test_role_and_release_are_guessed_and_the_slots_follow_the_role(world: Certificates) -> None:
    host = box("192.0.2.1", None)
    ends = (port(host, 443, "https"), port(host, 7001))
    chain = world.issued["digicert", "both", 89]
    seen = [shows(ends[0], chain), shows(ends[1], chain, "required", expressway("X15.4"))]
    run, _ = finished(world, Inventory((host,), endpoints=ends), seen)
    found = target(run, "192.0.2.1")
    assert (found.role, found.role_from) == ("expressway-e", "guessed")
    assert (found.release, found.release_from) == ("X15.4", "observed")
    assert slots(found) == {"server": (sha256_hex(chain[0]), "port")}
    assert [problem.title for problem in run.problems].count("Which product is it?") == 0
    assert any(one.id.endswith("/sip-b2b/X04") for one in run.verdicts)


def test_a_request_on_a_guessed_port_answers_a_question(world: Certificates) -> None:
    c, host = box("exp-c1", "expressway-c", "X15.4"), box("192.0.2.1", None)
    ends = (port(c, 443, "https"), port(host, 7001))
    seen = [
        shows(ends[0], world.issued["digicert", "server", 186]),
        shows(ends[1], world.issued["digicert", "both", 89], "required", expressway("X15.4")),
    ]
    run, _ = finished(world, Inventory((c, host), endpoints=ends), seen)
    assert [one.outcome for one in run.verdicts if one.id == "exp-c1>192.0.2.1/uc-traversal/X11"] == ["breaks-now"]


def tried(seen: Observation, value: Enforces, *evidence: str, certainty: Certainty = "observed") -> Observation:
    """The same observation with what client-certificate experiments made of it."""
    return replace(seen, enforcement=Enforcement(value, certainty, evidence))


def _dialled(
    world: Certificates,
    *found: tuple[int, Enforces],
    declared: Mapping[str, Fact] | None = None,
    port_of_sip: int = 5061,
    certainty: Certainty = "observed",
) -> tuple[Run, Verdict]:
    """An Expressway-E with a serverAuth-only certificate, and the peer that it dials; experiments ran on its ports."""
    e, peer = box("exp-e1", "expressway-e", "X15.4"), box("peer", "cube", "17.12.4")
    peer = replace(peer, settings=declared or {})
    zone = Connection("zone", "neighbor-zone", "exp-e1", "peer", {"tls_verify": Fact("on", "declared")})
    own = port(e, 5061)
    seen = [shows(own, world.issued["digicert", "server", 186])]
    for number, value in found:
        end = replace(port(peer, port_of_sip, optional=False), id=f"peer:{number}/sips", port=number)
        seen.append(
            tried(
                shows(end, world.issued["corp", "both", 400], "required"),
                value,
                "It ended with alert 43.",
                certainty=certainty,
            )
        )
    ends = tuple(one.endpoint for one in seen)
    run, _ = finished(world, Inventory((e, peer), (zone,), ends), seen)
    return run, next(one for one in run.verdicts if one.id == "exp-e1>peer/neighbor-zone/X19")


@pytest.mark.parametrize(
    ("value", "now"),
    [("enforces", "breaks"), ("ignores", "ok"), ("any-certificate", "ok"), ("undecided", "depends")],
)
def test_an_experiment_on_a_port_answers_for_those_who_dial_it(world: Certificates, value: Enforces, now: str) -> None:
    _, verdict = _dialled(world, (5061, value))
    assert verdict.now == now


@pytest.mark.parametrize(
    ("value", "now"), [("enforces", "breaks"), ("ignores", "depends"), ("any-certificate", "depends")]
)
def test_of_inferred_experiments_only_a_refusal_counts(world: Certificates, value: Enforces, now: str) -> None:
    _, verdict = _dialled(world, (5061, value), certainty="inferred")
    assert verdict.now == now
    assert any(because.fact == "peer.client_eku on sip-tls" for because in verdict.because)


def test_what_an_experiment_showed_is_published_with_its_evidence(world: Certificates) -> None:
    run, _ = _dialled(world, (5061, "enforces"), declared={"client_eku": Fact("ignored", "declared")})
    document = json.loads("".join(json_document.render(records(run))))
    (verdict,) = [one for one in document["verdicts"] if one["id"] == "exp-e1>peer/neighbor-zone/X19"]
    assert {
        "fact": "peer.client_eku on sip-tls",
        "value": "checked: refused a certificate without clientAuth (It ended with alert 43.)",
        "from": "observed",
    } in verdict["because"]
    assert {
        "fact": "the inventory",
        "value": "ignored, but what was observed counts",
        "from": "rule",
    } in verdict["because"]
    (peer,) = [one for one in document["targets"] if one["id"] == "peer"]
    assert peer["settings"] == {"client_eku": {"value": "ignored", "from": "declared"}}


def test_ports_of_one_service_on_which_experiments_disagree_decide_nothing(world: Certificates) -> None:
    _, verdict = _dialled(world, (5061, "enforces"), (15061, "ignores"))
    assert verdict.now == "depends"
    told = next(because for because in verdict.because if because.fact == "peer.client_eku on sip-tls")
    assert told.value == (
        "its endpoints disagree: peer:5061/sips refused a certificate without clientAuth; "
        "peer:15061/sips took a certificate without clientAuth"
    )


def test_ports_of_one_service_that_agree_count_where_another_stays_undecided(world: Certificates) -> None:
    _, verdict = _dialled(world, (5061, "undecided"), (15061, "ignores"), (25061, "any-certificate"))
    assert verdict.now == "ok"


def test_an_experiment_on_a_port_of_another_service_decides_nothing(world: Certificates) -> None:
    _, verdict = _dialled(world, (443, "enforces"), port_of_sip=443)
    assert verdict.now == "depends"
    assert verdict.because[-1].fact != "peer.client_eku on sip-tls"


def test_boxes_that_experiments_tell_apart_are_not_alike(world: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise alike, and alone: what was seen of one is not said of the next."""
    boxes = [box(f"exp-e{number}", "expressway-e", "X15.5") for number in range(5)]
    values: tuple[Enforces, ...] = ("enforces", "ignores", "enforces", "undecided", "any-certificate")
    ends = [port(one, 7001) for one in boxes]
    chain = world.issued["digicert", "server", 186]
    seen = [tried(shows(end, chain, "optional"), value) for end, value in zip(ends, values, strict=True)]
    inventory = Inventory(tuple(boxes), endpoints=tuple(ends))
    alike, pieces = finished(world, inventory, seen)
    assert all(piece.like is not None for piece in pieces)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "likeness", lambda *_: None)
        each, _ = finished(world, inventory, seen)
    assert alike.verdicts == each.verdicts
    told = [
        next((because.value[:7] for because in one.because if because.fact.endswith("on uc-traversal")), None)
        for one in alike.verdicts
        if one.id.endswith("/uc-traversal/X11")
    ]
    assert told == ["checked", "ignored", "checked", None, "ignored"]
    assert len({id(piece.like.template) for piece in pieces if piece.like is not None}) == 4


def test_what_was_declared_is_kept_whatever_a_banner_says(world: Certificates) -> None:
    host = box("exp-c1", "expressway-c", "X15.5")
    end = port(host, 443, "https")
    seen = [shows(end, world.issued["corp", "both", 400], "none", expressway("X14.3.7"))]
    run, _ = finished(world, Inventory((host,), endpoints=(end,)), seen)
    found = target(run, "exp-c1")
    assert (found.role, found.role_from, found.release, found.release_from) == (
        "expressway-c",
        "declared",
        "X15.5",
        "declared",
    )


def test_a_target_that_nothing_settles_is_a_problem_and_keeps_its_certificate(world: Certificates) -> None:
    host = box("192.0.2.1", None)
    end = port(host, 8443, "https")
    chain = world.issued["corp", "both", 400]
    run, _ = finished(world, Inventory((host,), endpoints=(end,)), [shows(end, chain)])
    assert [problem.title for problem in run.problems] == ["Which product is it?"]
    assert "8443 open" in run.problems[0].text
    assert slots(target(run, "192.0.2.1")) == {"certificate": (sha256_hex(chain[0]), "port")}
    assert run.verdicts == ()
    assert (run.summary.undecided, run.summary.exit) == (1, 3)


def test_a_target_of_which_only_a_banner_came_is_asked_for_its_role(world: Certificates) -> None:
    host = box("192.0.2.1", None)
    end = port(host, 4070, "sip-tcp", optional=False)
    says = Observation(end, "192.0.2.1", "seen", None, (), expressway("X14.0.3"))
    run, _ = finished(world, Inventory((host,), endpoints=(end,)), [says])
    (problem,) = run.problems
    assert problem.title == "Which product is it?"
    assert "4070/sip-tcp open: Cisco Expressway-E or Cisco Expressway-C" in problem.text
    assert "ekuscan scan 'sip-tcp://192.0.2.1:4070 role=expressway-e'" in problem.action
    assert (run.summary.undecided, run.summary.exit) == (1, 3)


def test_a_factory_certificate_is_said_of_a_target_that_nothing_settles(world: Certificates) -> None:
    host = box("192.0.2.1", None)
    end = port(host, 443, "https")
    name = "Temporary Certificate 9a0c4dd4-52b1-11f0-8a3e-005056a1b2c3"
    ders = self_signed(Leaf(name, AS_OF - timedelta(days=10), AS_OF + timedelta(days=90))).ders
    run, _ = finished(world, Inventory((host,), endpoints=(end,)), [shows(end, ders)])
    (problem,) = [one for one in run.problems if one.title == "Which product is it?"]
    assert "certificate: the factory certificate of a Cisco Expressway, not replaced" in problem.text


def test_nothing_is_assumed_about_a_target_without_a_role(world: Certificates) -> None:
    e, host = box("exp-e1", "expressway-e", "X15.4"), box("192.0.2.1", None)
    ends = (port(e, 443, "https"), port(host, 8443, "https"))
    seen = [shows(end, world.issued["digicert", "both", 89]) for end in ends]
    run, _ = finished(world, Inventory((e, host), endpoints=ends), seen)
    assert not [one for one in run.connections if "192.0.2.1" in (one.from_, one.to)]


def test_a_target_without_a_role_that_showed_nothing_is_unseen_and_no_riddle(world: Certificates) -> None:
    host = box("192.0.2.1", None)
    end = port(host, 8443, "https")
    run, _ = finished(world, Inventory((host,), endpoints=(end,)), [observation.unseen(end, FILTERED)])
    assert run.problems == ()
    assert run.summary.exit == 3


def test_ports_of_one_slot_that_disagree_are_two_contents_of_it(world: Certificates) -> None:
    e = box("exp-e1", "expressway-e", "X15.4")
    ends = (port(e, 443, "https"), port(e, 5061), port(e, 7001))
    new, old = world.issued["digicert", "server", 186], world.issued["digicert", "both", 89]
    seen = [shows(ends[0], new), shows(ends[1], old, "optional"), shows(ends[2], old, "required")]
    run, _ = finished(world, Inventory((e,), endpoints=ends), reversed(seen))
    found = [one for one in target(run, "exp-e1").slots if one.slot == "server"]
    assert found == [
        SlotContent("server", sha256_hex(new[0]), chain_id(map(sha256_hex, new)), "port", (ends[0].id,)),
        SlotContent("server", sha256_hex(old[0]), chain_id(map(sha256_hex, old)), "port", (ends[1].id, ends[2].id)),
    ]
    judged = {one.rule: one for one in run.verdicts if one.use_case in ("https", "sip-b2b")}
    # What answers on a port shows that port's own; what dials out may show either.
    assert (judged["X01"].sha256, judged["X03"].sha256) == (sha256_hex(new[0]), sha256_hex(old[0]))
    assert judged["X01"].forks == judged["X03"].forks == ()
    assert any("different certificates" in fork.question for fork in judged["X04"].forks)


def test_a_file_for_a_slot_comes_before_what_a_port_shows(world: Certificates) -> None:
    e = box("exp-e1", "expressway-e", "X15.4")
    end = port(e, 443, "https")
    shown, filed = world.issued["digicert", "both", 89], world.issued["corp", "both", 400]
    inventory = Inventory((e,), endpoints=(end,), slot_files=(SlotFile("exp-e1", "server", filed, "f.pem"),))
    run, _ = finished(world, inventory, [shows(end, shown)])
    assert slots(target(run, "exp-e1"))["server"] == (sha256_hex(filed[0]), "file")


def test_a_slot_that_is_the_same_as_another_takes_its_content(world: Certificates) -> None:
    same = SlotContent("client", None, None, "same-slot", same_as="server")
    e = replace(box("exp-e1", "expressway-e", "X15.5"), slots=(same,))
    end = port(e, 443, "https")
    chain = world.issued["digicert", "server", 186]
    run, _ = finished(world, Inventory((e,), endpoints=(end,)), [shows(end, chain)])
    assert slots(target(run, "exp-e1")) == {
        "server": (sha256_hex(chain[0]), "port"),
        "client": (sha256_hex(chain[0]), "same-slot"),
    }


@pytest.mark.parametrize(("release", "expected"), [("X15.4", {"server"}), ("X15.5", {"server", "client"})])
def test_a_client_slot_is_missed_only_where_it_is_a_slot_of_its_own(
    world: Certificates, release: str, expected: set[str]
) -> None:
    e = box("exp-e1", "expressway-e", release)
    end = port(e, 443, "https")
    run, _ = finished(world, Inventory((e,), endpoints=(end,)), [shows(end, world.issued["digicert", "server", 186])])
    assert set(slots(target(run, "exp-e1"))) == expected


# --- too many to assume -------------------------------------------------------------------------------------------


def crowd(number: int, cluster: str | None = None) -> Inventory:
    core = (box(f"exp-c{n}", "expressway-c", "X15.4") for n in range(1, number + 1))
    calls = (box(f"cucm{n}", "cucm", "15", cluster) for n in range(1, number + 1))
    return Inventory((*core, *calls))


@pytest.mark.parametrize("streamed", [False, True])
def test_where_nobody_can_guess_who_talks_to_whom_the_answer_is_open_and_not_fine(
    world: Certificates, streamed: bool
) -> None:
    run, _ = finished(world, crowd(9), (), streamed=streamed)
    assert not [one for one in run.connections if one.use_case == "neighbor-zone"]
    assert (run.summary.undecided, run.summary.exit) == (1, 3)
    found = [problem for problem in run.problems if "which cucm does each dial?" in problem.title]
    assert [(one.section, one.target, one.title.split(":")[0]) for one in found] == [
        ("unknown", "exp-c1", "With 8 more expressway-c")
    ]
    assert "Neighbor zone, TFTP 6972 for MRA, SIP OAuth 5091 for MRA. 81 pairs" in found[0].text
    assert "{use_case: neighbor-zone, from: exp-c1, to: cucm1}" in found[0].action


@pytest.mark.parametrize("inventory", [crowd(8), crowd(9, "cucm"), crowd(1)], ids=["8 x 8", "9 x a cluster", "1 x 1"])
def test_what_can_be_assumed_is_assumed_and_asks_nothing(world: Certificates, inventory: Inventory) -> None:
    run, _ = finished(world, inventory, ())
    assert [one for one in run.connections if one.use_case == "neighbor-zone"]
    assert run.summary.undecided == 0


def test_nothing_is_open_where_nothing_is_to_be_assumed(world: Certificates) -> None:
    run, _ = finished(world, crowd(9), (), assume=False)
    assert run.summary.undecided == 0


@pytest.mark.parametrize("streamed", [False, True])
def test_a_declared_connection_of_which_no_rule_speaks_is_open_and_not_fine(
    world: Certificates, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = knowledge()
    rules = tuple(rule for rule in known.tables.rules if rule.use_case != "contact-center-trunk")
    silent = replace(known, tables=replace(known.tables, rules=rules))
    monkeypatch.setattr("tests.test_run.knowledge", lambda: silent)
    declared = Connection("cucm1>uccx1/trunk", "contact-center-trunk", "cucm1", "uccx1")
    inventory = Inventory((box("cucm1", "cucm", "15"), box("uccx1", "contact-center")), connections=(declared,))
    run, _ = finished(world, inventory, (), streamed=streamed, assume=False)
    assert (run.summary.undecided, run.summary.exit) == (1, 3)
    (problem,) = [one for one in run.problems if one.peer == "uccx1"]
    assert (problem.section, problem.target) == ("unknown", "cucm1")
    assert problem.title == "Contact centre connection: no rule speaks of it"


# --- as of another day --------------------------------------------------------------------------------------------


def test_the_day_decides_and_not_the_clock(world: Certificates) -> None:
    here = site(world)

    def outcomes(as_of: datetime) -> set[str]:
        run = begun(world, here.inventory)
        later = RunInProgress(run.info, here.inventory, knowledge(), run.book, Options(as_of))
        for one in here.seen:
            later.observe(one)
        return {one.outcome for one in later.result(as_of, complete=True).verdicts if one.use_case == "https"}

    assert outcomes(AS_OF) == {"ok"}
    assert "breaks-now" in outcomes(AS_OF + timedelta(days=187))


def test_a_bug_in_judging_one_part_is_named_and_the_others_are_judged(
    world: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = (box("e1", "expressway-e", "X15.4", "edge"), box("e2", "expressway-e", "X15.4", "core"))
    real = run_module.judge

    def broken(estate: Estate, warn_days: int, checks: frozenset[str]) -> list[Judged]:
        if "e1" in estate.boxes:
            raise ZeroDivisionError("division by zero")
        return real(estate, warn_days, checks)

    monkeypatch.setattr(run_module, "judge", broken)
    run = begun(world, Inventory(boxes))
    assert [piece.targets[0].id for piece in run.begin()] == ["e1", "e2"]
    found = run.result(AS_OF, True)
    assert run.faults == ["e1: ZeroDivisionError: division by zero"]
    assert {verdict.target for verdict in found.verdicts} == {"e2"}
    assert found.summary.exit == 4


# --- notices ------------------------------------------------------------------------------------------------------


def named(world: Certificates, boxes: Iterable[Target]) -> list[Observation]:
    """Each box with the same certificate, dialled under a name that it does not have."""
    chain = world.issued["corp", "both", 400]
    return [shows(replace(port(one, 443, "https"), server_name=f"{one.id}.invalid"), chain) for one in boxes]


def test_a_box_that_is_like_another_one_has_notices_of_its_own(world: Certificates) -> None:
    boxes = [box(name, "expressway-e", "X15.4") for name in ("exp-e1", "exp-e2")]
    seen = named(world, boxes)
    run = begun(world, Inventory(tuple(boxes), endpoints=tuple(one.endpoint for one in seen)), streamed=True)
    pieces = [piece for one in seen if (piece := run.observe(one)) is not None]
    assert all(piece.like is not None for piece in pieces)
    assert [[one.id for one in piece.notices] for piece in pieces] == [
        ["exp-e1/name-mismatch/exp-e1.invalid"],
        ["exp-e2/name-mismatch/exp-e2.invalid"],
    ]
    stream = RecordStream(run.book.certificates, run.book.chains)
    for piece in pieces:
        records = stream.part(piece.targets, piece.connections, piece.observations, piece.verdicts, piece.notices)
        assert [record.kind for record in records][-2:] == ["verdict", "notice"]


def test_a_fault_in_the_notices_costs_no_verdict(world: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scene: Scene) -> tuple[Notice, ...]:
        raise ZeroDivisionError("division by zero")

    boxes = [box("exp-e1", "expressway-e", "X15.4")]
    seen = named(world, boxes)
    inventory = Inventory(tuple(boxes), endpoints=tuple(one.endpoint for one in seen))
    whole, _ = finished(world, inventory, seen)
    monkeypatch.setattr(run_module, "notices", broken)
    run = begun(world, inventory)
    (piece,) = (piece for one in seen if (piece := run.observe(one)) is not None)
    assert run.faults == ["exp-e1: ZeroDivisionError: division by zero"]
    assert run.result(AS_OF, complete=True).verdicts == whole.verdicts != ()
    assert piece.notices == ()
