"""The order in which a run is published."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ekuscan.model import Certificate, Chain, Connection, Notice, Observation, Record, Run, Target, Verdict
from ekuscan.report.records import RecordStream, in_order, records
from tests import report_samples as samples

RUNS = {
    "estate": samples.estate(),
    "long names": samples.long_names(),
    "clean": samples.clean(),
    "many": samples.many(40),
}
ANY_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())


def references(record: Record) -> Iterator[tuple[str, str]]:
    """The objects that a record names, as kind and key, but for a slot's own endpoints."""
    value = record.value
    if isinstance(value, Target):
        for slot in value.slots:
            yield from [("certificate", slot.sha256)] if slot.sha256 else []
            yield from [("chain", slot.chain)] if slot.chain else []
    elif isinstance(value, Chain):
        for sha256 in (*value.presented, *(one for path in value.paths for one in path)):
            yield "certificate", sha256
    elif isinstance(value, Observation):
        yield "target", value.endpoint.target
        for sight in value.sights:
            yield from [("chain", sight.chain)] if sight.chain else []
    elif isinstance(value, Verdict):
        yield "target", value.target
        yield from [("certificate", value.sha256)] if value.sha256 else []
        yield from [("connection", value.connection)] if value.connection else []
        yield from [("verdict", value.part_of)] if value.part_of else []
    elif isinstance(value, Notice):
        yield from (("endpoint", id_) for id_ in value.endpoints)
        yield from (("certificate", sha256) for sha256 in value.certificates)


@ANY_RUN
def test_every_object_comes_once_between_the_run_and_the_summary(run: Run) -> None:
    stream = list(records(run))
    assert (stream[0].kind, stream[-1].kind) == ("run", "summary")
    assert len({(record.kind, record.key) for record in stream}) == len(stream)
    kept = (run.targets, run.connections, run.certificates, run.chains, run.observations, run.verdicts, run.notices)
    assert len(stream) == 2 + sum(len(part) for part in kept)


@ANY_RUN
def test_an_object_comes_before_its_first_reference(run: Run) -> None:
    known: set[tuple[str, str]] = set()
    for record in records(run):
        for kind, key in references(record):
            if kind != "chain" or key in run.chains:
                assert (kind, key) in known, f"{record.kind} {record.key} names {kind} {key}"
        known.add((record.kind, record.key))


@ANY_RUN
def test_a_connection_follows_both_its_ends_and_all_their_endpoints(run: Run) -> None:
    stream = list(records(run))
    for place, record in enumerate(stream):
        if isinstance(record.value, Connection):
            ends = {record.value.from_, record.value.to}
            later = [one for one in stream[place:] if isinstance(one.value, Observation)]
            assert not ends & {one.value.endpoint.target for one in later if isinstance(one.value, Observation)}


@ANY_RUN
def test_a_notice_follows_all_that_it_is_about(run: Run) -> None:
    stream = list(records(run))
    for place, record in enumerate(stream):
        if isinstance(record.value, Notice):
            ends = {record.value.target, record.value.peer} - {None}
            names = {one.id for one in run.targets if {one.id, one.cluster} & ends}
            assert names
            for later in stream[place:]:
                assert not isinstance(later.value, Observation) or later.value.endpoint.target not in names
                assert not isinstance(later.value, Verdict) or not {later.value.target, later.value.answers} <= names


def test_a_targets_own_verdicts_follow_its_last_endpoint() -> None:
    run = samples.estate()
    stream = list(records(run))
    own = next(place for place, record in enumerate(stream) if record.key == "cucm1/https/X30")
    assert not [
        one for one in stream[own:] if isinstance(one.value, Observation) and one.value.endpoint.target == "cucm1"
    ]


def test_verdicts_of_a_target_do_not_wait_for_the_targets_after_it() -> None:
    stream = list(records(samples.many(40)))
    first_verdict = next(place for place, record in enumerate(stream) if record.kind == "verdict")
    assert first_verdict < max(place for place, record in enumerate(stream) if record.kind == "target")


def test_a_connection_between_clusters_follows_their_last_members() -> None:
    targets = [
        samples.target(name, "expressway-c", "X15.4", (), cluster=cluster)
        for name, cluster in (("c1", "core"), ("e1", "edge"), ("c2", "core"), ("last", None))
    ]
    between = Connection("x", "uc-traversal", "core", "edge")
    stream = [record.key for record in records(samples.run(targets, [], {}, {}, connections=[between]))]
    assert stream == ["", "c1", "e1", "c2", "x", "last", ""]


def test_the_parts_of_a_composite_follow_it() -> None:
    part = samples.verdict("X11", "uc-traversal", "a", "b", "breaks-now", None, part_of="a>b/mra/MRA")
    whole = samples.verdict("MRA", "mra", "a", "b", "breaks-now", None)
    targets = [samples.target(name, "expressway-c", None, ()) for name in ("a", "b")]
    stream = [one.key for one in records(samples.run(targets, [], {}, {}, [part, whole])) if one.kind == "verdict"]
    assert stream == ["a>b/mra/MRA", "a>b/uc-traversal/X11"]


def test_verdicts_that_are_part_of_each_other_still_come_out() -> None:
    one = samples.verdict("X11", "uc-traversal", "a", None, "ok", None, part_of="a/mra/MRA")
    other = samples.verdict("MRA", "mra", "a", None, "ok", None, part_of="a/uc-traversal/X11")
    stream = records(samples.run([samples.target("a", "cucm", None, ())], [], {}, {}, [one, other]))
    assert {record.key for record in stream if record.kind == "verdict"} == {one.id, other.id}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_endpoints_answered_changes_nothing(seed: int) -> None:
    run = samples.long_names()
    shuffled = list(run.observations)
    random.Random(seed).shuffle(shuffled)
    certificates = dict(sorted(run.certificates.items(), key=lambda item: item[0][seed:]))
    other = replace(run, observations=tuple(shuffled), certificates=certificates)
    assert list(records(other)) == list(records(run))
    assert in_order(other) == in_order(run)


def test_what_nothing_refers_to_is_published_all_the_same() -> None:
    lonely = samples.certificate("lonely", "CN=Corp CA", samples.BOTH, samples.NOW)
    seen = samples.seen("nobody", 5061, samples.fingerprint("chain"), "none")
    chain = samples.chain((samples.fingerprint("lonely"),), "private", None, None, samples.BOTH)
    run = samples.run(
        [], [seen], {samples.fingerprint("lonely"): lonely}, {samples.fingerprint("chain"): chain}, [],
        connections=[Connection("x", "sip-b2b", "partner", "elsewhere")],
    )  # fmt: skip
    kinds = [record.kind for record in records(run)]
    assert kinds == ["run", "certificate", "chain", "endpoint", "connection", "summary"]
    assert isinstance(next(record.value for record in records(run) if record.kind == "certificate"), Certificate)


def test_a_certificate_that_two_parts_share_comes_with_the_first() -> None:
    run = samples.estate()
    stream = RecordStream(run.certificates, run.chains)
    parts = [
        list(stream.part([target], [], [one for one in run.observations if one.endpoint.target == target.id], []))
        for target in run.targets
    ]
    issuing = samples.fingerprint("issuing")
    assert [sum(record.key == issuing for record in part) for part in parts] == [1, 0, 0, 0, 0]
    assert list(stream.unnamed()) == []
