"""The published JSON: its keys, its schema, and that any text survives it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan import model
from ekuscan.model import Observation, Record, Run
from ekuscan.report import encode, json_document, jsonl, schema
from ekuscan.report.records import records
from tests import report_samples as samples

CLOSED = schema.closed(json.loads(schema.PUBLISHED.read_text(encoding="utf-8")))
DOCUMENT = jsonschema.Draft202012Validator(CLOSED, format_checker=jsonschema.FormatChecker())
LINE = jsonschema.Draft202012Validator({"$ref": "#/$defs/Line", "$defs": CLOSED["$defs"]})
RUNS = {
    "estate": samples.estate(),
    "long names": samples.long_names(),
    "clean": samples.clean(),
    "many": samples.many(40),
}
ANY_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())

_UNPUBLISHED = ("endpoint", "presented", "ca_names")

# The keys of the design's page; what an object has beyond them is an addition.
KEYS = {
    "": "schema run targets connections certificates chains endpoints verdicts notices summary",
    "run": "id started finished complete as_of ekuscan vantage rules trust_data",
    "rules": "date sha256",
    "trust_data": "date chrome_store",
    "targets": "id role role_from release release_from cluster tags line settings slots",
    "slots": "slot sha256 chain from endpoints",
    "settings.*": "value from",
    "connections": "id use_case from to settings origin",
    "certificates.*": "subject issuer serial not_before not_after key san eku scts flaws pem",
    "eku": "state flaw oids names",
    "chains.*": "presented paths flaws hierarchy effective_eku",
    "hierarchy": "class root chrome certainty evidence",
    "chrome": "state sct_not_after leaf_in_time",
    "effective_eku.*": "server_auth client_auth blocked_by",
    "endpoints": "id target host address port protocol server_name optional status failure sights banner",
    "accepts": "name class owner issues_client_auth",
    "failure": "stage reason detail alert",
    "sights": "offer started seconds tls chain client_certificate alerts failure",
    "tls": "version cipher group",
    "client_certificate": "request refused_by ca_names",
    "alerts": "direction level number name",
    "banner": "product release raw",
    "verdicts": "id rule use_case part_of connection target slot sha256 dials answers verifies if_used outcome now "
    "next when severity certainty confidence forks missing assumed because remedies source",
    "notices": "id kind target peer endpoints certificates severity certainty text because",
    "forks": "fact question values",
    "values.*": "now next",
    "because": "fact value from",
    "remedies": "id text until clears",
    "source": "code title url read",
    "summary": "outcomes endpoints undecided exit",
    "summary.endpoints": "seen partial closed failed skipped",
}


def document(run: Run) -> str:
    return "".join(json_document.render(records(run), run.problems, run.plan, run.remedy_work))


def lines(run: Run) -> list[str]:
    return list(jsonl.render(records(run)))


def objects(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a document with the key it stands under; ``.*`` marks the values of a map."""
    if isinstance(value, list):
        for one in value:
            yield from objects(one, path)
    elif isinstance(value, dict):
        maps = ("settings", "certificates", "chains", "effective_eku", "values")
        if path in maps:
            for one in value.values():
                yield from objects(one, path + ".*")
            return
        yield path, value
        for key, one in value.items():
            yield from objects(one, "summary.endpoints" if (path, key) == ("summary", "endpoints") else key)


def plainly(value: Any) -> Any:
    """A model object as JSON has it, by its fields alone."""
    if isinstance(value, Observation):
        both = {**plainly(value.endpoint), **{f.name: plainly(getattr(value, f.name)) for f in fields(value)}}
        return {key: one for key, one in both.items() if key not in _UNPUBLISHED}
    if is_dataclass(value):
        return {field.name.rstrip("_"): plainly(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plainly(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [plainly(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return None if isinstance(value, bytes) else value


def test_the_published_schema_is_the_one_that_the_model_gives() -> None:
    assert schema.PUBLISHED.read_text(encoding="utf-8") == schema.text(), (
        'regenerate: python -c "from ekuscan.report import schema as s; s.PUBLISHED.write_text(s.text())"'
    )


def test_the_schema_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(CLOSED)


@ANY_RUN
def test_the_document_is_valid_with_unknown_keys_forbidden(run: Run) -> None:
    DOCUMENT.validate(json.loads(document(run)))


@ANY_RUN
def test_every_line_is_valid_with_unknown_keys_forbidden(run: Run) -> None:
    for line in lines(run):
        LINE.validate(json.loads(line))


def test_a_document_from_before_a_key_was_added_fits_the_schema_of_the_same_number() -> None:
    whole = json.loads(document(samples.estate()))
    for problem in whole["problems"]:
        del problem["ways"]
    del whole["plan"], whole["remedy_work"]
    DOCUMENT.validate(whole)
    jsonschema.Draft202012Validator(schema.generate()).validate(whole)
    del whole["problems"]
    assert not DOCUMENT.is_valid(whole)


@ANY_RUN
def test_keys_that_were_added_are_always_written(run: Run) -> None:
    whole = json.loads(document(run))
    assert {"plan", "remedy_work"} <= whole.keys()
    assert all("ways" in problem for problem in whole["problems"])


@pytest.mark.parametrize("path", [("run",), ("targets", 0), ("verdicts", 0, "because", 0), ("summary", "endpoints")])
def test_an_unknown_key_is_found_by_the_closed_schema_and_let_through_by_the_published_one(
    path: tuple[Any, ...],
) -> None:
    whole = json.loads(document(samples.estate()))
    inner = whole
    for step in path:
        inner = inner[step]
    inner["novelty"] = 1
    assert not DOCUMENT.is_valid(whole)
    assert jsonschema.Draft202012Validator(schema.generate()).is_valid(whole)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdicts", 0, "outcome"), "fine"),
        (("verdicts", 0, "when"), "2027-02-20T00:00:00+01:00"),
        (("targets", 0, "role"), "pbx"),
        (("targets", 0, "slots", 0, "sha256"), "AB"),
        (("endpoints", 0, "port"), "443"),
        (("run", "complete"), None),
        (("schema",), "ekuscan.run/2"),
    ],
)
def test_enums_times_and_fingerprints_are_closed(path: tuple[Any, ...], value: Any) -> None:
    whole = json.loads(document(samples.estate()))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert not DOCUMENT.is_valid(whole)


def test_every_object_has_the_keys_of_the_design_first_and_in_its_order() -> None:
    met = set()
    for path, found in objects(json.loads(document(samples.long_names()))):
        expected = KEYS.get(path, "").split()
        met.add(path)
        assert [key for key in found if key in expected] == expected, path
    assert met >= KEYS.keys() - {"remedies"}


@ANY_RUN
def test_each_objects_json_is_that_of_its_fields(run: Run) -> None:
    kept = [replace(one, remedies=(samples.remedy(),)) for one in run.verdicts]
    for record in records(replace(run, verdicts=tuple(kept))):
        assert json.loads(encode.body(record)) == plainly(record.value)
    for problem in run.problems:
        assert json.loads(encode.problem(problem)) == plainly(problem)


def test_every_kind_of_record_is_an_object_of_its_own_line() -> None:
    typed = [json.loads(line) for line in lines(samples.long_names())]
    kinds = {"run", "target", "connection", "certificate", "chain", "endpoint", "verdict", "notice", "summary"}
    assert {one["type"] for one in typed} == kinds
    assert typed[0]["schema"] == "ekuscan.run/1"
    whole = json.loads(document(samples.long_names()))
    for kind, key, name in (("certificate", "sha256", "certificates"), ("chain", "id", "chains")):
        found = [one for one in typed if one["type"] == kind]
        assert {one[key]: {"type": kind, key: one[key], **whole[name][one[key]]} for one in found} == {
            one[key]: one for one in found
        }
        assert len(found) == len(whole[name])


def test_a_line_is_written_before_the_next_record_is_asked_for() -> None:
    def asked() -> Iterator[Record]:
        yield next(records(samples.estate()))
        raise AssertionError("asked too early")

    assert json.loads(next(jsonl.render(asked())))["type"] == "run"


def test_an_interrupted_stream_has_lines_and_no_summary() -> None:
    some = list(records(samples.estate()))[:5]
    assert [json.loads(line)["type"] for line in jsonl.render(some)] == [record.kind for record in some]


def test_a_document_without_a_summary_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a run and a summary"):
        json_document.render(list(records(samples.estate()))[:-1])


def test_the_last_word_on_the_run_counts() -> None:
    run = samples.estate()
    started = Record("run", "", replace(run.run, finished=None, complete=False))
    whole = json.loads("".join(json_document.render([started, *records(run)])))
    assert whole["run"]["complete"] is True


def test_an_empty_run_is_a_valid_document() -> None:
    DOCUMENT.validate(json.loads(document(samples.run([], [], {}, {}))))


def test_times_are_written_in_utc_with_a_z() -> None:
    found = re.findall(r'"[0-9-]{10}T[^"]*"', document(samples.estate()))
    assert found
    assert all(re.fullmatch(r'"[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?Z"', one) for one in found)


def test_a_read_only_mapping_is_written_like_any_other() -> None:
    run = samples.estate()
    connection = replace(run.connections[0], settings=MappingProxyType(dict(run.connections[0].settings)))
    body = encode.body(Record("connection", connection.id, connection))
    assert json.loads(body)["settings"] == {"tls_verify": {"value": "on", "from": "declared"}}


def test_problems_stand_in_the_order_of_the_report() -> None:
    sections = [one["section"] for one in json.loads(document(samples.long_names()))["problems"]]
    assert sections == ["broken-now", "at-renewal", "at-risk", "unknown", "decide"]


# --- hostile text ---------------------------------------------------------------------------------------------

HOSTILE = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "\ud800",
        "a\udfff",
        "\u2028x\u2029",
        "\x9b31m",
        "\x7f",
        "\u202egpj.exe",
        "\x00\n\r",
        '"\\',
        "\U000e0041",
        "e\u0301",
    ]
)


def hostile(text: str, many: Callable[[], str]) -> Run:
    """The example's estate with foreign text wherever a person or a peer chooses it."""
    run = samples.estate(c1=text + "c", e1=text + "e")
    odd = model.Certificate(
        many(), many(), many(), None, None, many(), (many(),), model.Eku("absent"), (), (many(),), ""
    )
    failed = samples.unseen(text + "c", 1, model.Failure("after", many(), many(), 40))
    listed = model.AcceptedCa(many(), "private", many(), "unknown")
    shown = replace(
        samples.seen(text + "e", 2, None, "required"),
        banner=model.Banner(many(), many(), many()),
        accepts=(listed,),
    )
    noticed = samples.notice(
        "name-mismatch", text + "e", many(), id=many(), because=(model.Because(many(), many(), ""),)
    )
    return replace(
        run,
        certificates={**run.certificates, samples.fingerprint("odd"): odd},
        observations=(*run.observations, failed, shown),
        run=replace(run.run, vantage=many()),
        notices=(noticed,),
    )


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gives_valid_json_in_whole_lines(data: st.DataObject) -> None:
    run = hostile(data.draw(HOSTILE), lambda: data.draw(HOSTILE))
    whole = document(run)
    DOCUMENT.validate(json.loads(whole))
    assert whole.encode("utf-8")
    for line in lines(run):
        assert line.splitlines() == [line[:-1]]
        LINE.validate(json.loads(line))


@given(HOSTILE)
@settings(deadline=None)
def test_text_is_kept_as_it_is_but_for_lone_surrogates(text: str) -> None:
    written = encode.string(text)
    assert json.loads(written) == re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", written.decode())


@given(st.datetimes(timezones=st.just(UTC)))
@settings(deadline=None)
def test_any_instant_is_written_so_that_it_can_be_read(when: datetime) -> None:
    body = json.loads(encode.body(Record("run", "", replace(samples.estate().run, as_of=when))))
    assert datetime.fromisoformat(body["as_of"].replace("Z", "+00:00")) == when
