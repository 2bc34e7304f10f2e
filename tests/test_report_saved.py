"""A saved result read back: the same records from either form, and one sentence for what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.model import Run, Verdict
from ekuscan.report import json_document, jsonl
from ekuscan.report.records import records
from ekuscan.report.saved import SavedResult, SavedResultError, read_result
from tests import report_samples as samples

RUNS = {"estate": samples.estate(), "long names": samples.long_names(), "clean": samples.clean()}
ANY_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
DOCUMENT = "".join(json_document.render(records(samples.estate()))).encode()


def shown(run: Run) -> SavedResult:
    """What a run says of itself, in the order in which its records are written."""
    verdicts = tuple(one.value for one in records(run) if isinstance(one.value, Verdict))
    assert sorted(one.id for one in verdicts) == sorted(one.id for one in run.verdicts)
    return SavedResult(run.run, run.targets, run.connections, run.certificates, run.chains, verdicts)


@ANY_RUN
def test_a_document_is_read_back_into_the_records_that_it_was_made_from(run: Run) -> None:
    assert read_result("".join(json_document.render(records(run))).encode()) == shown(run)


@ANY_RUN
def test_json_lines_are_read_back_too_and_without_their_end(run: Run) -> None:
    lines = [jsonl.line(record) for record in records(run)]
    assert read_result(b"".join(lines)) == shown(run)
    cut = read_result(b"".join(lines[:-1]))
    assert (cut.verdicts, cut.targets) == (shown(run).verdicts, run.targets)


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
