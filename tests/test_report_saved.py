"""A saved result read back: the same records from either form, and one sentence for what is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.fingerprint import sha256_hex
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.model import Run
from ekuscan.report import json_document, jsonl, table
from ekuscan.report.records import in_order, records
from ekuscan.report.saved import SavedResultError, read_result
from tests import report_samples as samples
from tests.command import TODAY, scan

RUNS = {"estate": samples.estate(), "long names": samples.long_names(), "clean": samples.clean()}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


ANY_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
DOCUMENT = "".join(json_document.render(records(samples.estate()), samples.estate().problems)).encode()


def written(run: Run) -> str:
    return "".join(json_document.render(records(run), run.problems, run.plan, run.remedy_work))


def shown(run: Run) -> str:
    pieces = table.render(
        run, width=80, verbose=True, color=False, unicode=True, titles=samples.TITLES, now=samples.NOW
    )
    return "".join(pieces)


@ANY_RUN
def test_a_document_is_read_back_into_the_run_that_it_was_made_from(run: Run) -> None:
    found = read_result(written(run).encode())
    assert (written(found), shown(found)) == (written(run), shown(run))
    assert replace(found, observations=()) == replace(in_order(run), observations=(), targets=run.targets)
    assert {one.endpoint.id for one in found.observations} == {one.endpoint.id for one in run.observations}


@ANY_RUN
def test_json_lines_are_read_back_too(run: Run) -> None:
    found = read_result(b"".join(jsonl.line(record) for record in records(run)))
    assert written(replace(found, problems=run.problems, plan=run.plan, remedy_work=run.remedy_work)) == written(run)


@ANY_RUN
def test_json_lines_without_their_end_are_those_of_an_interrupted_run(run: Run) -> None:
    lines = [jsonl.line(record) for record in records(run)]
    cut = read_result(b"".join(lines[:-1]))
    assert (cut.run.complete, cut.summary.exit) == (False, 130)
    assert sum(cut.summary.outcomes.values()) == len(run.verdicts)
    assert (len(cut.verdicts), cut.targets) == (len(run.verdicts), run.targets)


def test_lines_that_have_an_end_are_those_of_a_run_that_ended() -> None:
    run = samples.estate()
    begun = replace(run.run, finished=None, complete=False)
    ended = read_result(b"".join(jsonl.line(record) for record in records(replace(run, run=begun)))).run
    assert ended.complete
    assert ended.finished == samples.NOW + timedelta(seconds=0.012)


def test_what_a_chain_was_presented_as_is_read_back_where_it_is_what_its_name_says(lab: Lab) -> None:
    document = scan(lab, "--format", "json").out
    found = read_result(document.encode())
    shown = [one for one in found.observations if one.sights and one.sights[0].chain]
    assert shown
    for one in shown:
        for id_, ders in one.presented.items():
            assert [sha256_hex(der) for der in ders] == list(found.chains[id_].presented)
        assert one.sights[0].chain in one.presented
    forged = json.loads(document)
    for certificate in forged["certificates"].values():
        certificate["pem"] = certificate["pem"][:40]
    assert not any(one.presented for one in read_result(json.dumps(forged).encode()).observations)


def test_what_a_later_version_adds_is_passed_over_and_what_it_has_not_is_the_default() -> None:
    document: dict[str, Any] = json.loads(DOCUMENT)
    document["verdicts"][0]["novelty"] = {"a": [1]}
    document["later"] = 7
    for verdict in document["verdicts"]:
        del verdict["assumed"]
    assert read_result(json.dumps(document).encode()).verdicts[0].assumed == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(schema="ekuscan.run/9"), "schema 'ekuscan.run/9'; this ekuscan reads ekuscan.run/1"),
        (lambda d: d.pop("schema"), "this is no result"),
        (lambda d: d.pop("run"), "run is missing"),
        (lambda d: d.update(verdicts={}), "verdicts is {}, which no result has there"),
        (lambda d: d["verdicts"][0].pop("id"), "verdicts[0].id is missing"),
        (lambda d: d["verdicts"][0].update(now="fine"), "verdicts[0].now is 'fine', which"),
        (lambda d: d["verdicts"][0].update(if_used=1), "verdicts[0].if_used is 1, which"),
        (lambda d: d["run"].update(as_of="yesterday"), "run.as_of is 'yesterday', which"),
        (lambda d: d["run"].update(as_of="2026-11-23T12:00:00"), "run.as_of is '2026-11-23T12:00:00', which"),
    ],
)
def test_what_differs_is_named_with_its_place(change: Any, says: str) -> None:
    document = json.loads(DOCUMENT)
    change(document)
    with pytest.raises(SavedResultError) as caught:
        read_result(json.dumps(document).encode())
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"7", b"{", b"[" * 100_000, b'{"type"\n{', b'{"type":"run"}\n[]\n']
)
def test_what_is_no_result_gets_one_sentence(data: bytes) -> None:
    with pytest.raises(SavedResultError):
        read_result(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None)
@given(st.data())
def test_any_value_in_any_place_gives_a_result_or_one_printable_sentence(data: st.DataObject) -> None:
    node: Any = json.loads(DOCUMENT)
    document = node
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            node[key] = data.draw(JSON)
            break
        node = node[key]
    said = "fine"
    try:
        read_result(json.dumps(document).encode())
    except SavedResultError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 400
