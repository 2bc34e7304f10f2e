"""Findings that a site accepts: until the last day they are told and not counted, from the day after they count."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ekuscan.advice import is_fine
from ekuscan.cli.knowledge import knowledge
from ekuscan.exit_code import FailOn, summarize
from ekuscan.explain_verdict import explain_verdict
from ekuscan.history import contents
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.model import Run, Verdict, Waiver
from ekuscan.names import printable
from ekuscan.report import jsonl, table
from ekuscan.report.agenda import waiver_entries
from ekuscan.report.change_line import change_line
from ekuscan.report.formats import FORMATS
from ekuscan.report.nagios import CRITICAL, state
from ekuscan.report.records import records
from ekuscan.report.rendering import Rendering
from ekuscan.report.saved import read_result
from ekuscan.vantages import merged
from ekuscan.verdict.clusters import is_whole
from ekuscan.waivers import covers, standings
from tests import report_samples as samples
from tests.changing import Watched, only
from tests.command import TODAY, run, scan
from tests.test_report_formats import READERS, squeezed

LAST = date(2027, 3, 1)
AFTER = datetime(2027, 3, 2, 12, tzinfo=TODAY.tzinfo)
CLUSTERS = {"exp-c1": "core", "exp-c2": "core", "exp-e1": "edge", "exp-e2": "edge"}
HOSTILE = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a|b `c` [d](javascript:e)", "\x1b[31mred\u202e", "x\ny")


def waiver(verdict: str, until: date = LAST, line: int | None = None, **words: str) -> Waiver:
    return Waiver(verdict, words.get("owner", "Voice operations"), words.get("reason", "change 4711"), until, line)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as lab:
        yield Watched(lab)


def look(watched: Watched, *waivers: Waiver, as_of: datetime = TODAY) -> Run:
    return watched.look(as_of, inventory=replace(watched.inventory, waivers=waivers))


def waived_ids(found: Run) -> list[str]:
    return sorted(one.id for one in found.verdicts if one.waived is not None)


def text_of(found: Run, *, verbose: bool = False) -> str:
    lines = table.render(found, width=100, verbose=verbose, color=False, unicode=True, titles={}, now=found.run.as_of)
    return "".join(lines)


# --- which verdicts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "id_", "says"),
    [
        ("exp-c1>exp-e1/uc-traversal/X11", "exp-c1>exp-e1/uc-traversal/X11", True),
        ("exp-c1>exp-e1/uc-traversal/X11", "exp-c1>exp-e2/uc-traversal/X11", False),
        ("exp-c1>exp-e1/uc-traversal/X11", "exp-e1>exp-c1/uc-traversal/X11", False),
        ("exp-c1>exp-e1/uc-traversal/*", "exp-c1>exp-e1/uc-traversal/X14", True),
        ("exp-c1>exp-e1/*/X11", "exp-c1>exp-e1/mra/MRA", False),
        ("exp-c1/*/*", "exp-c1>exp-e1/uc-traversal/X11", False),
        ("exp-c1>*/*/*", "exp-c1>exp-e1/uc-traversal/X11", True),
        ("exp-c1>*/*/*", "exp-c1/sip-b2b/X04", True),
        ("*>exp-e1/*/*", "exp-c1/sip-b2b/X04", False),
        ("core>edge/uc-traversal/X11", "exp-c2>exp-e1/uc-traversal/X11", True),
        ("core>edge/uc-traversal/PAIRS", "exp-c2>exp-e1/uc-traversal/X11", True),
        ("core>edge/uc-traversal/PAIRS", "exp-c2>cucm1/uc-traversal/X11", False),
        ("core>edge/uc-traversal/X11", "core>cucm1/uc-traversal/X11", False),
    ],
)
def test_a_waiver_is_about_the_verdicts_whose_ids_it_spells(pattern: str, id_: str, says: bool) -> None:
    verdict = replace(samples.estate().verdicts[0], id=id_)
    assert covers(waiver(pattern), verdict, CLUSTERS) is says


def test_what_is_waived_is_neither_counted_nor_a_problem_nor_in_the_plan(watched: Watched) -> None:
    plain, found = watched.look(), look(watched, waiver("exp-c1>exp-e1/uc-traversal/X11"))
    id_ = "exp-c1>exp-e1/uc-traversal/X11"
    assert waived_ids(found) == [id_]
    assert found.summary.waived == 1
    assert found.summary.outcomes["breaks-at-renewal"] == plain.summary.outcomes["breaks-at-renewal"] - 1
    assert not any(id_ in problem.verdicts for problem in found.problems)
    assert any("exp-c1>exp-e2/uc-traversal/X11" in problem.verdicts for problem in found.problems)
    assert found.plan is not None
    assert id_ not in (*found.plan.clears, *found.plan.leaves)
    assert {one.id: one.outcome for one in plain.verdicts} == {one.id: one.outcome for one in found.verdicts}


def test_a_waiver_holds_through_its_last_day_and_not_a_day_longer(watched: Watched) -> None:
    one = waiver("exp-c1>*/*/*", until=TODAY.date())
    assert waived_ids(look(watched, one, as_of=TODAY.replace(hour=23, minute=59)))
    later = look(watched, one, as_of=TODAY + timedelta(days=1))
    assert waived_ids(later) == []
    assert later.run.waivers == (one,)
    assert [one.state for one in standings(later)] == ["ended"]


def test_what_is_fine_needs_no_waiver(watched: Watched) -> None:
    found = look(watched, waiver("*>*/*/*"))
    assert {is_fine(one) for one in found.verdicts if one.waived is not None} == {False}
    assert {is_fine(one) for one in found.verdicts if one.waived is None} == {True}
    assert found.problems == ()
    assert "Nothing else breaks, " in text_of(found)


def test_a_composite_is_waived_with_its_parts_and_not_before(watched: Watched) -> None:
    one = waiver("exp-c1>exp-e1/uc-traversal/*")
    three = [one, waiver("exp-c1>exp-e1/ssh-tunnels/*"), waiver("exp-e1>exp-c1/mra-sip-service/*")]
    rest = [waiver("exp-c1>cucm1/sip-oauth/*"), waiver("exp-c1>cucm1/traffic-server/*")]
    assert "exp-c1>exp-e1/mra/MRA" not in waived_ids(look(watched, one))
    assert "exp-c1>exp-e1/mra/MRA" in waived_ids(look(watched, *three, *rest))


def test_a_whole_connection_is_waived_with_the_last_of_its_pairs(watched: Watched) -> None:
    some = look(watched, waiver("exp-c1>*/uc-traversal/*"))
    whole = next(one for one in some.verdicts if is_whole(one) and one.use_case == "uc-traversal")
    assert whole.waived is None
    assert "exp-c2 >" in whole.text
    every = look(watched, waiver("core>edge/uc-traversal/PAIRS"))
    assert next(one for one in every.verdicts if one.id == whole.id).waived is not None
    assert sum(one.waived is not None for one in every.verdicts) == 5
    assert every.summary.waived == 4


def test_the_first_of_two_waivers_counts(watched: Watched) -> None:
    ended, first = waiver("exp-c1>*/*/*", until=TODAY.date() - timedelta(days=1)), waiver("exp-c1>exp-e1/*/*")
    found = look(watched, ended, first, waiver("*>exp-e1/*/X11", owner="second"))
    assert {one.waived for one in found.verdicts if one.id == "exp-c1>exp-e1/uc-traversal/X11"} == {first}


# --- what counts --------------------------------------------------------------------------------------------------


def _broken(until: date | None) -> Verdict:
    first = next(one for one in samples.estate().verdicts if one.outcome == "breaks-now")
    return replace(first, waived=waiver(first.id, until) if until else None)


def test_what_is_waived_gives_no_exit_code() -> None:
    def code(*verdicts: Verdict) -> int:
        return summarize(verdicts, (), (), 0, FailOn("breaks-now"), TODAY).exit

    assert code(_broken(None)) == 1
    assert code(_broken(LAST)) == 0
    assert code(_broken(LAST), _broken(None)) == 1


def test_an_accepted_question_of_a_declared_connection_is_not_left_open() -> None:
    whole = samples.estate()
    connection = replace(whole.connections[0], origin="declared")
    asked = replace(_broken(None), outcome="unknown", now="unknown", connection=connection.id)
    accepted = replace(asked, waived=waiver(asked.id))
    assert summarize([asked], (), [connection], 0, FailOn(), TODAY).undecided == 1
    assert summarize([accepted], (), [connection], 0, FailOn(), TODAY).undecided == 0


# --- from the file to the report ----------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with open_lab(estate("after"), tmp_path, TODAY) as lab:
        yield lab


def with_waivers(lab: Lab, text: str) -> None:
    lab.targets_file.write_text(lab.targets_file.read_text(encoding="utf-8") + "waivers:\n" + text, encoding="utf-8")


def test_a_break_that_is_waived_is_told_and_exits_0_until_the_day_has_passed(lab: Lab, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    assert scan(lab, "--no-history").code == 1
    ends = ("exp-c1", "exp-c2", "exp-e1", "exp-e2", "cucm1", "cms1", "imp1", "cuc1", "cube1")
    words = "owner: Jane Doe, reason: known since May, until: 2027-03-01"
    with_waivers(lab, "".join(f"  - {{verdict: '{end}>*/*/*', {words}}}\n" for end in ends))
    done = scan(lab, "--no-history", "-o", saved)
    assert (done.code, done.err) == (0, "")
    assert "BROKEN NOW" not in done.out
    assert re.search(r"^WAIVED  ", done.out, re.MULTILINE)
    assert re.search(r"until 1 Mar 2027, 98 d", done.out)
    assert re.search(r"^Nothing else breaks, \d+ waived, .*exit 0$", done.out, re.MULTILINE)
    assert "known since May" not in done.out
    assert "known since May" in scan(lab, "--no-history", "-v").out
    late = run("scan", "-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", "2027-03-02", "--no-history")
    assert late.code == 1
    assert "has ended" in late.out
    again = run("report", saved)
    assert "WAIVED" in again.out
    assert run("report", saved, "--to", "nagios").code != CRITICAL
    document = json.loads(saved.read_text(encoding="utf-8"))
    first = next(one for one in document["verdicts"] if one["waived"])["waived"]
    assert (first["owner"], first["until"], type(first["line"])) == ("Jane Doe", "2027-03-01", int)
    lines = scan(lab, "--no-history", "--format", "jsonl").lines
    assert sum(bool(one.get("waived")) for one in lines if one["type"] == "verdict") == sum(
        bool(one["waived"]) for one in document["verdicts"]
    )


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{verdict: a/b/c, owner: x, reason: y}", "until: is missing; write the last day on which it holds"),
        ("{verdict: a/b/c, owner: x, until: 2027-03-01}", "reason: is missing; write why it is accepted"),
        (
            "{verdict: a/b/c, owner: x, reason: y, until: 1.3.2027}",
            "until: found 1.3.2027; write the day as YYYY-MM-DD",
        ),
        ("{verdict: a/b/c, owner: x, reason: y, until: 2027-02-30}", "found 2027-02-30, a day that no calendar has"),
        ("{verdict: a/b/c, owner: x, reason: y, until: 20270301}", "until: found 20270301 (a number); write"),
        ("{verdict: a/b/c, owner: ' ', reason: y, until: 2027-03-01}", "owner: found nothing; write a few words"),
        ('{verdict: a/b/c, owner: "\\e[31m", reason: y, until: 2027-03-01}', "leave out what is no visible character"),
        ("{verdict: a/b/c, owner: 7, reason: y, until: 2027-03-01}", 'owner: found 7 (a number); write "7" in quotes'),
        (
            "{verdict: a/b, owner: x, reason: y, until: 2027-03-01}",
            "write the id of a verdict, TARGET[>PEER]/USE_CASE/",
        ),
        ("{verdict: a>b>c/d/e, owner: x, reason: y, until: 2027-03-01}", "write the id of a verdict"),
        ("{verdict: '*>*/*/*', owner: x, reason: y, until: 2027-03-01}", "which is every verdict; name at least"),
        (
            "{verdict: 'exp*/b/c', owner: x, reason: y, until: 2027-03-01}",
            "found exp* in it; * stands for a whole part",
        ),
        ("{verdict: a/b/c, owner: x, reason: y, untl: 2027-03-01}", "untl: unknown key; did you mean until?"),
        ("exp-c1", "found exp-c1 (text); write a mapping, key: value"),
    ],
)
def test_a_waiver_that_says_too_little_is_refused_with_its_line(entry: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(f"schema: ekuscan.targets/1\ntargets:\n  a: {{host: a.example}}\nwaivers:\n  - {entry}\n")
    done = run("targets", "check", file)
    assert done.code == 2
    assert re.search(rf"targets\.yaml:5: waivers\[1\].*{re.escape(says)}", done.err), done.err


def test_one_verdict_is_waived_once(tmp_path: Path) -> None:
    one = "{verdict: a/b/c, owner: x, reason: y, until: 2027-03-01}"
    file = tmp_path / "targets.yaml"
    file.write_text(f"schema: ekuscan.targets/1\ntargets:\n  a: {{host: a.example}}\nwaivers:\n  - {one}\n  - {one}\n")
    assert "targets.yaml:6: waivers[2].verdict: found twice; line 5 has it already" in run("targets", "check", file).err


# --- a change -----------------------------------------------------------------------------------------------------


def test_a_waiver_that_ends_on_its_day_is_one_line_and_its_findings_count_again(watched: Watched) -> None:
    accepted = waiver("core>edge/*/*", until=TODAY.date())
    tomorrow = TODAY + timedelta(days=1)
    change = only(watched.news(look(watched, accepted), look(watched, accepted, as_of=tomorrow)))
    assert (change.kind, change.severity, change.id) == ("waiver", "medium", "waiver/core>edge/*/*")
    assert {(one.waiver, one.cause, one.effect) for one in change.verdicts} == {("ended", "date", "same")}
    line = change_line(change)
    assert f"until {TODAY.date()} by Voice operations, holds no more" in line
    assert "counts again: MRA, UC traversal zone" in line


def test_a_waiver_that_is_new_or_taken_out_is_one_line(watched: Watched) -> None:
    plain, accepted = watched.look(), look(watched, waiver("core>edge/*/*"))
    begun, ended = only(watched.news(plain, accepted)), only(watched.news(accepted, plain))
    assert (begun.kind, begun.severity, begun.verdicts[0].waiver, begun.verdicts[0].severity) == (
        "waiver", "low", "began", "none",
    )  # fmt: skip
    assert (ended.kind, {(one.waiver, one.cause) for one in ended.verdicts}) == ("waiver", {("ended", "facts")})


def test_the_words_of_a_waiver_may_change_without_news(watched: Watched) -> None:
    one, other = waiver("core>edge/*/*", line=3), waiver("core>edge/*/*", line=4, reason="the same, in other words")
    assert watched.news(look(watched, one), look(watched, other)).changes == ()


# --- kept ---------------------------------------------------------------------------------------------------------


def test_a_stored_inventory_keeps_its_waivers_and_an_old_one_is_read_as_it_was(watched: Watched) -> None:
    told = replace(watched.inventory, waivers=(waiver("exp-c1>*/*/*", line=7),))
    assert contents.inventory(contents.inventory_text(told)) == told
    old = contents.inventory_text(watched.inventory)
    assert b"waivers" not in old
    assert contents.inventory(old).waivers == ()


def test_a_stored_verdict_keeps_its_waiver(watched: Watched) -> None:
    found = look(watched, waiver("exp-c1>*/*/*", line=7))
    for kept, verdict in zip(contents.kept_verdicts(found.verdicts), found.verdicts, strict=True):
        assert contents.verdict(kept.data) == verdict


def test_a_sweep_of_the_history_is_judged_again_with_its_waivers(lab: Lab) -> None:
    with_waivers(lab, "  - {verdict: '*>*/*/X11', owner: Jane Doe, reason: known, until: 2027-03-01}\n")
    first = scan(lab)
    again = run("history", "re-judge", "last", "--trust-data", lab.trust_data)
    later = run("history", "re-judge", "last", "--trust-data", lab.trust_data, "--as-of", "2027-03-02")
    assert "4 waived" in first.out
    assert again.out.endswith("as then, 0 different\n")
    told = re.findall(r"^other (\S+)/X11: .*waiver until 2027-03-01 > none$", later.out, re.MULTILINE)
    assert sorted(told) == [f"exp-c{c}>exp-e{e}/uc-traversal" for c in (1, 2) for e in (1, 2)]


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_a_saved_result_is_read_with_its_waivers(watched: Watched, name: str) -> None:
    found = look(watched, waiver("exp-c1>exp-e1/*/*", line=7), waiver("nobody/*/*", date(2026, 1, 1)))
    lines = "".join(jsonl.render(records(found))).encode()
    data = b"".join(_pieces(found, name)) if name == "json" else lines
    again = read_result(data)
    assert again.run.waivers == found.run.waivers
    assert again.summary.waived == found.summary.waived > 0
    assert waived_ids(again) == waived_ids(found)


def _pieces(found: Run, name: str, *, redact: bool = False) -> Iterator[bytes]:
    given = Rendering(found, knowledge().tables, TODAY, redact=redact)
    for piece in FORMATS[name].render(given):
        yield piece if isinstance(piece, bytes) else piece.encode()


# --- the other formats --------------------------------------------------------------------------------------------


def accepted_estate(**words: str) -> Run:
    """The sample estate with its gravest verdict waived."""
    whole = samples.estate()
    first = next(one for one in whole.verdicts if one.outcome == "breaks-now")
    one = waiver(first.id, **words)
    verdicts = tuple(replace(each, waived=one) if each is first else each for each in whole.verdicts)
    return replace(
        whole,
        verdicts=verdicts,
        run=replace(whole.run, waivers=(one,)),
        summary=replace(whole.summary, waived=1),
    )


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("prometheus", "nagios", "ics")])
def test_no_word_of_a_waiver_is_anything_but_a_word(name: str, text: str) -> None:
    data = b"".join(_pieces(accepted_estate(owner=text, reason=text), name))
    shown = text if name in ("json", "jsonl", "bundle") else printable(text)
    told = [squeezed(one) for one in READERS[name](data)]
    # A line of the table may break within the words.
    assert any(squeezed(shown) in one for one in ([*told, "".join(told)] if name == "table" else told)), told[:10]


def test_junit_skips_what_is_waived_and_says_who_accepts_it() -> None:
    root = ElementTree.fromstring(b"".join(_pieces(accepted_estate(owner="Jane"), "junit")))
    messages = [one.get("message", "") for one in root.iter("skipped")]
    assert any("waived until 2027-03-01 by Jane: change 4711" in one for one in messages)


def test_sarif_suppresses_what_is_waived() -> None:
    document = json.loads(b"".join(_pieces(accepted_estate(owner="Jane"), "sarif")))
    found = [one["suppressions"] for one in document["runs"][0]["results"] if "suppressions" in one]
    told = "change 4711 (Jane, until 2027-03-01)"
    assert found == [[{"kind": "external", "status": "accepted", "justification": told}]]


def test_a_check_of_monitoring_does_not_count_what_is_waived() -> None:
    whole = accepted_estate()
    broken = [one for one in whole.verdicts if one.severity == "critical"]
    calm = replace(whole, verdicts=tuple(replace(one, waived=waiver(one.id)) for one in whole.verdicts))
    assert broken
    assert state(samples.estate()) == CRITICAL
    assert state(replace(calm, summary=replace(calm.summary, exit=0))) == 0
    assert b"1 waived" in b"".join(_pieces(whole, "nagios"))


def test_the_metrics_say_until_when_something_is_waived() -> None:
    text = b"".join(_pieces(accepted_estate(), "prometheus")).decode()
    samples_ = [line for line in text.splitlines() if line.startswith("ekuscan_use_case_waived_until")]
    assert len(samples_) == 1
    assert float(samples_[0].rpartition(" ")[2]) == datetime(2027, 3, 2, tzinfo=TODAY.tzinfo).timestamp()
    assert "ekuscan_waived_verdicts 1.0" in text


def test_the_page_shows_what_is_waived_by_a_word_and_a_shape() -> None:
    text = b"".join(_pieces(accepted_estate(owner="Jane Doe"), "html")).decode()
    assert '<use href="#i-waived"/></svg>waived' in text
    assert "by <bdi>Jane Doe</bdi>: change 4711" in text
    assert "1 finding waived, and not counted." in text
    assert "i-waived" not in re.sub(r"<symbol.*?</symbol>", "", b"".join(_pieces(samples.estate(), "html")).decode())


def test_a_redacted_bundle_names_no_owner_and_no_reason() -> None:
    data = b"".join(_pieces(accepted_estate(owner="Jane Doe", reason="Jane Doe said so"), "bundle", redact=True))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert [name for name, text in texts.items() if re.search(r"Jane|\bDoe\b|said so", text)] == []
    assert "owner-1" in texts["run.json"]
    assert "2027-03-01" in texts["run.json"]


def test_a_waiver_without_anything_to_accept_is_told_with_its_line() -> None:
    whole = samples.estate()
    idle = replace(whole, run=replace(whole.run, waivers=(waiver("gone>*/*/*", line=12),)))
    assert "Line 12 of the targets file accepts nothing that this run found." in text_of(idle)


def test_the_calendar_has_the_last_day_of_a_waiver_once() -> None:
    entries = list(waiver_entries([waiver("a/b/c", line=3), waiver("a/b/c", line=5), waiver("d/e/f", line=3)]))
    assert [(one.id, one.day) for one in entries] == [("waiver/a/b/c", LAST), ("waiver/d/e/f", LAST)]
    assert entries[0].text == ("Voice operations: change 4711",)


def test_the_calendar_of_a_targets_file_and_of_a_result_have_it_too(tmp_path: Path, lab: Lab) -> None:
    with_waivers(lab, "  - {verdict: 'exp-c1>*/*/*', owner: Jane Doe, reason: known since May, until: 2027-03-01}\n")
    saved = tmp_path / "run.json"
    scan(lab, "--no-history", "-o", saved)
    for source in (("-f", lab.targets_file), (saved,)):
        done = run("calendar", *source, "--as-of", "2026-11-23", "--trust-data", lab.trust_data)
        assert re.search(r"1 Mar 2027  in 98 d  +exp-c1>\*/\*/\*: last day of the waiver", done.out), done.out
        assert "Jane Doe: known since May" in done.out
    assert "last day of the waiver" in run("report", saved, "--to", "ics").out.replace("\r\n ", "")


def test_a_waiver_that_ends_is_the_one_line_of_a_quiet_sweep(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with_waivers(lab, "  - {verdict: 'core>edge/*/*', owner: Jane Doe, reason: known, until: 2026-11-23}\n")

    def quiet(day: str) -> list[str]:
        # An instant: the day on which the test happens to run would mean now, which is no day of these.
        as_of = ("--as-of", f"{day}T12:00:00Z")
        where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, *as_of)
        return run("scan", *where, "--quiet").out.splitlines()

    assert quiet("2026-11-23") == []
    assert quiet("2026-11-23") == []
    (line,) = quiet("2026-11-24")
    assert "waiver of core>edge/*/*, until 2026-11-23 by Jane Doe, holds no more" in line
    assert quiet("2026-11-24") == []


def test_a_threshold_before_a_change_leaves_out_what_is_waived_on_that_day(lab: Lab) -> None:
    def preflight(day: str) -> int:
        where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", "2026-11-23")
        return run("preflight", *where, "--on", day, "--fail-on", "breaks-now").code

    assert preflight("2026-11-24") == 1
    ends = ("exp-c1", "exp-c2", "exp-e1", "exp-e2", "cucm1", "cms1", "imp1", "cuc1", "cube1")
    words = "owner: Jane Doe, reason: known since May, until: 2026-11-24"
    with_waivers(lab, "".join(f"  - {{verdict: '{end}>*/*/*', {words}}}\n" for end in ends))
    assert preflight("2026-11-24") == 0
    assert preflight("2026-11-25") == 1


def test_a_verdict_is_explained_with_its_waiver(watched: Watched) -> None:
    found = look(watched, waiver("exp-c1>exp-e1/uc-traversal/X11"))
    verdict = next(one for one in found.verdicts if one.waived is not None)
    told = [(one.label, one.text) for one in explain_verdict(verdict, found, watched.known.tables)]
    assert ("waived", "until 1 Mar 2027 by Voice operations, so it is not counted: change 4711") in told


def test_two_results_put_together_have_the_waivers_of_both(watched: Watched) -> None:
    both = (waiver("exp-c1>exp-e1/*/*", line=1), waiver("exp-c2>exp-e1/*/*", line=2))
    one, other = (look(watched, each) for each in both)
    inside, dmz = (
        replace(one, run=replace(one.run, vantage="inside")),
        replace(other, run=replace(other.run, vantage="dmz", started=other.run.started + timedelta(hours=1))),
    )
    assert merged(inside, dmz).run.run.waivers == both
