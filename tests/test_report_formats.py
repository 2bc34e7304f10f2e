"""Every format of a result: its schema, its parser, and names that would be something else in it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ekuscan.model import Run
from ekuscan.names import printable
from ekuscan.report.formats import FORMATS, by_suffix
from ekuscan.report.rendering import Rendering
from ekuscan.report.sarif import uri
from ekuscan.rules.load import packaged
from tests import report_samples as samples
from tests.format_readers import READERS, promtool

RUNS = {"estate": samples.estate(), "long names": samples.long_names(), "clean": samples.clean()}
HOSTILE = (
    '=HYPERLINK("//x","y")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\uff1d1+1",
    "<script>alert(1)</script>",
    "]]>&lt;!--",
    "![x](//x) **b** `c` | d",
    "# no heading",
    "1. no item",
    "--- ===",
    "\x1b[31mred\x1b[0m \x9b",
    "two\r\nlines",
    'quote"brace}\\n 1',
    "p|ipe 'label'=1;2",
    "BEGIN:VEVENT\\, ;x",
    "\u202eright to left\u2066",
    "\ud800 alone",
    "\ufffe\x00\x0b",
    "a, b; c\\,",
)


def written(run: Run, name: str, *, redact: bool = False) -> bytes:
    pieces = FORMATS[name].render(Rendering(run, packaged(), samples.NOW, redact=redact))
    return b"".join(one if isinstance(one, bytes) else one.encode("utf-8", "backslashreplace") for one in pieces)


def placed(run: Run, **changes: object) -> Run:
    return replace(run, run=replace(run.run, **changes))  # type: ignore[arg-type]


def hostile(name: str) -> Run:
    """The example's estate with a box, a certificate, a problem and a port of that name."""
    whole = samples.estate(c1=name)
    leaf = samples.fingerprint(name)
    certificate = replace(whole.certificates[leaf], subject=f"CN={name}", san=(f"DNS:{name}",))
    first = replace(whole.problems[0], title=name, text=f"{name} dials.")
    return replace(
        whole,
        certificates={**whole.certificates, leaf: certificate},
        problems=(first, *whole.problems[1:]),
        observations=(samples.unseen(name, 7002, samples.Failure("connect", "refused", name)), *whole.observations),
        connections=(),
        run=replace(whole.run, vantage=name),
    )


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_every_sample_is_what_its_readers_take(name: str, run: Run) -> None:
    texts = " ".join(READERS[name](written(run, name)))
    # Where nothing is wrong, a check and a list of alerts name nobody.
    assert re.search(r"exp-|cucm", texts) or (name in ("nagios", "sarif") and not run.problems)


def test_there_is_a_reader_for_each_format() -> None:
    assert READERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=25)
@given(text=st.text(min_size=1, max_size=30))
def test_no_name_is_anything_but_a_name(name: str, text: str) -> None:
    assert_survives(name, text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_markup_elsewhere_is_a_name_here(name: str, text: str) -> None:
    assert_survives(name, text)


def assert_survives(name: str, text: str) -> None:
    found = list(READERS[name](written(hostile(text), name)))
    shown = expected(name, text)
    assert any(shown in squeezed(one) for one in found), (shown, found[:20])


def expected(name: str, text: str) -> str:
    """How a name is told: as it is where a format holds any text, elsewhere with what is unprintable made visible."""
    if name in ("json", "jsonl", "bundle"):
        return squeezed(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    shown = printable(text)
    if name == "nagios":
        shown = shown.replace("|", "/")
    return squeezed(printable(f"{text} server", 60).removesuffix(" server") if name == "ics" else shown)


def squeezed(text: str) -> str:
    """A text without its spaces: at ends and in series they tell nothing, and a table breaks its lines there."""
    return re.sub(r"\s+", "", text)


# --- what each is for -------------------------------------------------------------------------------------------


def test_promtool_finds_nothing_to_say_of_the_metrics() -> None:
    promtool(written(samples.long_names(), "prometheus"))
    promtool(written(hostile('quote"brace}\\n'), "prometheus"))


def samples_of(run: Run) -> dict[str, list[tuple[dict[str, str], float]]]:
    families = text_string_to_metric_families(written(run, "prometheus").decode())
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for one in (sample for family in families for sample in family.samples):
        found.setdefault(one.name.removeprefix("ekuscan_"), []).append((one.labels, one.value))
    return found


def test_the_metrics_tell_ends_usages_requests_outcomes_and_the_sweep() -> None:
    found = samples_of(samples.long_names())
    place = {"target": samples.LONG["e1"], "slot": "server", "key": "RSA"}
    assert (place, samples.END_E.timestamp()) in found["certificate_not_after_timestamp_seconds"]
    core = {"target": samples.LONG["c1"], "slot": "server", "key": "RSA"}
    assert ({**core, "purpose": "clientAuth"}, 0.0) in found["certificate_eku"]
    assert ({**core, "purpose": "serverAuth"}, 1.0) in found["certificate_eku"]
    asked = {"target": samples.LONG["e1"], "port": "7001", "protocol": "sips", "request": "required"}
    assert (asked, 1.0) in found["client_certificate_request"]
    assert {"X11"} == {labels["rule"] for labels, _ in found["use_case_outcome"] if labels["outcome"] == "breaks-now"}
    assert found["run_coverage_ratio"] == [({}, 20 / 25)]
    assert found["run_duration_seconds"] == [({}, 9.0)]


def test_what_is_not_known_has_no_sample() -> None:
    run = placed(samples.long_names(), finished=None, complete=False)
    found = samples_of(run)
    assert found["run_complete"] == [({}, 0.0)]
    assert "last_run_timestamp_seconds" not in found
    odd = "exp-edge-frankfurt-02.example.com"
    assert odd not in {labels["target"] for labels, _ in found["certificate_eku"]}
    assert odd not in {labels["target"] for labels, _ in found["certificate_not_after_timestamp_seconds"]}


def results(run: Run) -> Iterator[tuple[str, dict[str, object]]]:
    for one in json.loads(written(run, "sarif"))["runs"][0]["results"]:
        place = one["locations"][0].get("physicalLocation")
        yield one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], {**one, "place": place}


def test_an_alert_stands_on_the_line_of_its_target_or_connection() -> None:
    run = placed(samples.estate(), inventory="sub dir/targets.yaml")
    run = replace(run, connections=tuple(replace(one, line=9) for one in run.connections))
    found = dict(results(run))
    place = {"artifactLocation": {"uri": "sub%20dir/targets.yaml"}}
    assert found["exp-c1>exp-e1/uc-traversal/X11"]["place"] == {**place, "region": {"startLine": 9}}
    assert found["exp-e1/sip-b2b/X04"]["place"] == {**place, "region": {"startLine": 4}}
    assert found["exp-c1>cube1/neighbor-zone/X19"]["place"] == {**place, "region": {"startLine": 1}}
    assert {one["level"] for one in found.values()} == {"error", "warning", "note"}


def test_without_a_file_an_alert_has_no_line() -> None:
    assert all(one["place"] is None for _, one in results(samples.estate()))


def test_the_fingerprint_of_an_alert_outlives_a_renewal() -> None:
    def prints(run: Run) -> list[object]:
        return [one["partialFingerprints"] for _, one in results(run)]

    run = samples.estate()
    renewed = replace(run, verdicts=tuple(replace(one, sha256=None, when=None) for one in run.verdicts))
    assert prints(run) == prints(renewed)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("targets.yaml", "targets.yaml"),
        ("./a b/t#1.yaml", "a%20b/t%231.yaml"),
        ("../x.yaml", "../x.yaml"),
        ("/etc/t.yaml", "file:///etc/t.yaml"),
        ("sub\\t.yaml", "sub/t.yaml"),
        ("C:\\x\\t.yaml", "file:///C:/x/t.yaml"),
    ],
)
def test_a_path_is_told_as_a_uri(path: str, says: str) -> None:
    assert uri(path) == says


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "CRITICAL"),
        ({"verdicts": ()}, "WARNING"),
        ({"verdicts": (), "exit": 3}, "UNKNOWN"),
        ({"verdicts": (), "exit": 130}, "UNKNOWN"),
        ({"exit": 4}, "UNKNOWN"),
        ({"verdicts": (), "exit": 0}, "OK"),
    ],
)
def test_the_state_of_a_check_is_that_of_the_gravest_answer(changes: dict[str, object], word: str) -> None:
    run = samples.estate()
    summary = replace(run.summary, exit=changes.get("exit", 1))  # type: ignore[arg-type]
    run = replace(run, summary=summary, verdicts=changes.get("verdicts", run.verdicts))  # type: ignore[arg-type]
    assert written(run, "nagios").startswith(f"EKUSCAN {word}: ".encode())


def test_the_performance_data_of_nagios_count_what_its_line_counts() -> None:
    line = written(samples.many(40), "nagios").decode().splitlines()[0]
    told, _, data = line.partition(" | ")
    numbers = {label: int(number) for label, number in re.findall(r"(\w+)=(\d+);", data)}
    labels = {
        "broken now": "broken_now",
        "at renewal": "breaks_at_renewal",
        "at risk": "at_risk",
        "to decide": "depends",
    }
    counted = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+)", told)}
    assert counted["broken now"] > 0
    assert {label: counted.get(word, 0) for word, label in labels.items()} == {
        label: numbers[label] for label in labels.values()
    }


def test_of_much_that_is_wrong_a_check_tells_what_an_agent_takes() -> None:
    data = written(samples.many(500), "nagios")
    assert len(data) < 4096
    assert data.endswith(b"more\n")


@pytest.mark.parametrize(
    ("name", "format_"),
    [("a.CSV", "csv"), ("a.junit.xml", "junit"), ("a.sarif.json", "sarif"), ("a.json", "json"), ("a.md", "markdown")],
)
def test_the_longest_ending_of_a_file_says_its_format(name: str, format_: str) -> None:
    found = by_suffix(name)
    assert found is not None
    assert found.name == format_


# --- the bundle -------------------------------------------------------------------------------------------------


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_result_is_the_same_bundle_byte_for_byte_and_each_member_has_its_hash() -> None:
    data = written(samples.long_names(), "bundle")
    assert data == written(samples.long_names(), "bundle")
    found = members(data)
    manifest = dict(reversed(line.split("  ")) for line in found.pop("MANIFEST.sha256").decode().splitlines())
    assert manifest == {name: hashlib.sha256(one).hexdigest() for name, one in found.items()}
    assert "CN=Corp CA" in found["ca-names.txt"].decode()
    assert "116 certificate_required" in found["alerts.txt"].decode()


NAMES = st.lists(st.from_regex(r"[a-z]{4,9}[0-9]{3,4}", fullmatch=True), min_size=6, max_size=6, unique=True).filter(
    lambda names: not any(a != b and a in b for a in names for b in names)
)


@settings(deadline=None, max_examples=30)
@given(names=NAMES, dotted=st.booleans())
@example(names=["exp1234", "edge1234", "cucm1234", "cube1234", "corp1234", "tag01234"], dotted=True)
def test_no_name_is_in_any_byte_of_a_redacted_bundle(names: list[str], dotted: bool) -> None:
    c1, e1, cucm, cube, company, tag = names
    tail = f".{company}.example" if dotted else ""
    run = samples.estate(*(f"{name}{tail}" for name in (c1, e1, cucm, cube)))
    run = named_after(run, company, tag)
    data = written(run, "bundle", redact=True)
    found = members(data)
    everything = b"\n".join([data, *found.values()])
    for name in names:
        assert name.encode() not in everything.lower(), name
    assert b"192.0.2.7" not in everything
    assert not any(name.endswith(".pem") for name in found)
    document = json.loads(found["run.json"])
    assert list(READERS["bundle"](data))
    assert sorted(one["outcome"] for one in document["verdicts"]) == sorted(one.outcome for one in run.verdicts)
    assert {one["issuer"] for one in document["certificates"].values()} >= {samples.DIGICERT}


def named_after(run: Run, company: str, tag: str) -> Run:
    """The run with the company's name in every certificate of its own, and a tag."""
    own = {
        sha256: replace(one, subject=f"{one.subject},O={company} Ltd", san=(*one.san, f"URI:sip:x@{company}.example"))
        for sha256, one in run.certificates.items()
        if "DigiCert" not in one.subject
    }
    return replace(
        run,
        certificates={**run.certificates, **own},
        targets=tuple(replace(one, tags=(tag,)) for one in run.targets),
    )


def test_what_the_tables_say_stays_whatever_a_host_is_called() -> None:
    run = samples.estate(c1="a39.example.com", e1="39")
    document = json.loads(members(written(run, "bundle", redact=True))["run.json"])
    assert document["run"]["trust_data"] == {"date": "2026-11-18", "chrome_store": "39"}
    assert document["verdicts"][0]["source"][0]["url"] == samples.SOURCES[0].url
    assert {one["id"] for one in document["targets"]} >= {"box-1", "box-2"}


def test_a_stand_in_is_the_same_in_every_member() -> None:
    found = members(written(samples.long_names(), "bundle", redact=True))
    document = json.loads(found["run.json"])
    first = document["targets"][0]["id"]
    assert first == "box-1"
    assert document["verdicts"][0]["id"] == "box-1>box-2/uc-traversal/X11"
    assert b"box-1 > box-2" in found["report.txt"]
