"""``ekuscan calendar`` for a calendar client, and what it says of every certificate that is given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.names import printable
from ekuscan.report import ics
from ekuscan.report.agenda import Entry
from tests.command import TODAY, Done, inside, refused, run, scan

STAMP = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


@pytest.fixture(scope="module")
def saved(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "run.json"
    scan(lab, "-o", path, "-o", path.with_suffix(".jsonl"))
    return path


def calendar(lab: Lab, *arguments: str | Path) -> Done:
    done = run(*inside(lab, "calendar", *arguments))
    assert done.code == 0, done.err
    return done


def events(text: str) -> dict[str, icalendar.Event]:
    """The events by their UID, each of which stands once."""
    found = [one for one in icalendar.Calendar.from_ical(text).walk("VEVENT") if isinstance(one, icalendar.Event)]
    by_uid = {str(one["uid"]): one for one in found}
    assert len(by_uid) == len(found)
    return by_uid


def days(shown: str) -> dict[str, str]:
    """By title the day of each entry of the table."""
    entries = re.split(r"\n(?=(?: \d|\d\d) [A-Z])", shown)
    lines = [" ".join(one.split()) for one in entries]
    split = [re.match(r"(\d+ \w+ \d+) (?:in \d+ d|today|\d+ d ago) (.*)", one) for one in lines]
    return {match[2]: match[1] for match in split if match is not None}


def test_every_certificate_of_a_result_has_its_last_day_and_its_last_day_to_renew(lab: Lab, saved: Path) -> None:
    result = json.loads(saved.read_text(encoding="utf-8"))
    shown = days(calendar(lab, saved).out)
    slots = [(target["id"], slot) for target in result["targets"] for slot in target["slots"] if slot["sha256"]]
    assert len(slots) > 6
    bounds: set[bool] = set()
    for target, slot in slots:
        end = datetime.fromisoformat(result["certificates"][slot["sha256"]]["not_after"])
        title, day = next(
            (t, d) for t, d in shown.items() if t.startswith(f"{target} {slot['slot']} ends: the last day")
        )
        assert day == f"{end.day} {end:%b %Y}", title
        class_ = result["chains"][slot["chain"]]["hierarchy"]["class"]
        if class_ == "private":
            assert "is touched by no root programme's policy" in title
        else:
            assert "DigiCert issues clientAuth when asked until 28 Feb 2027" in title
            last, renew = next(one for one in shown.items() if one[0].startswith(f"{target} {slot['slot']}: last day"))
            assert datetime.strptime(renew, "%d %b %Y").replace(tzinfo=UTC) < end
            cas_own = renew == "28 Feb 2027"
            assert ("After this day DigiCert issues no clientAuth." in last) == cas_own
            assert (
                "ends on the day after. DigiCert issues clientAuth when asked until 28 Feb 2027." in last
            ) != cas_own
            bounds.add(cas_own)
    assert bounds == {True, False}


def test_a_ca_that_issues_no_client_auth_any_more_is_said_to_have_stopped(lab: Lab, saved: Path) -> None:
    later = run("calendar", saved, "--as-of", "2027-03-02", "--trust-data", lab.trust_data)
    title = next(t for t in days(later.out) if t.startswith("exp-c1 server ends"))
    assert "The next certificate will have no clientAuth: DigiCert issues none since 28 Feb 2027" in title
    assert not any(t.startswith("exp-c1 server: last day to renew") for t in days(later.out))


def test_who_issued_a_saved_certificate_is_what_the_run_found(lab: Lab, saved: Path) -> None:
    without = run("calendar", saved, "--as-of", f"{TODAY:%Y-%m-%d}")
    assert without.out == run("calendar", saved, "--as-of", f"{TODAY:%Y-%m-%d}", "--trust-data", lab.trust_data).out
    assert "exp-c1 server ends" in without.out


def test_a_targets_file_brings_its_files_and_names_what_it_does_not_have(lab: Lab, tmp_path: Path) -> None:
    pem = lab.directory / "exp-e1.server.pem"
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        "schema: ekuscan.targets/1\ntargets:\n"
        f"  exp-e1: {{role: expressway-e, slots: {{server: {json.dumps(str(pem))}}}}}\n"
        "  exp-c1: {host: exp-c1.example.com, role: expressway-c}\n",
        encoding="utf-8",
    )
    done = calendar(lab, "-f", targets)
    assert next(d for t, d in days(done.out).items() if t.startswith("exp-e1 server ends")) == "20 Feb 2027"
    assert done.err == (
        "ekuscan: exp-c1: no certificate is given as a file; scan with -o run.json, and give run.json to calendar\n"
    )


def test_the_file_has_an_all_day_event_for_every_entry_of_the_table(lab: Lab, saved: Path) -> None:
    table = days(calendar(lab, saved, "--past").out)
    found = events(calendar(lab, saved, "--past", "--format", "ics").out)
    assert len(found) == len(table) > 20
    told = {(f"{one.decoded('dtstart').day} {one.decoded('dtstart'):%b %Y}") for one in found.values()}
    assert told == set(table.values())
    for event in found.values():
        assert type(event.decoded("dtstart")) is date
        assert event["transp"] == "TRANSPARENT"
        assert not event.subcomponents


def test_the_stamp_is_the_runs_and_a_second_time_gives_the_same_file(lab: Lab, saved: Path) -> None:
    first = calendar(lab, saved, "--format", "ics").out
    assert calendar(lab, saved, "--format", "ics").out == first
    assert calendar(lab, saved.with_suffix(".jsonl"), "--format", "ics").out == first
    started = datetime.fromisoformat(json.loads(saved.read_text(encoding="utf-8"))["run"]["started"])
    assert {one.decoded("dtstamp") for one in events(first).values()} == {started.replace(microsecond=0)}
    alone = events(calendar(lab, "--format", "ics").out)
    assert {one.decoded("dtstamp") for one in alone.values()} == {TODAY}


def test_a_renewal_moves_an_event_and_gives_it_no_other_name(
    lab: Lab, saved: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("later"), TODAY + timedelta(days=60)) as later:
        path = tmp_path / "later.json"
        scan(later, "-o", path)
        after = events(calendar(later, path, "--past", "--format", "ics").out)
    before = events(calendar(lab, saved, "--past", "--format", "ics").out)
    mine = {uid for uid in before if uid.startswith("exp-e1/")}
    assert mine == {"exp-e1/server/ends@ekuscan", "exp-e1/server/renew@ekuscan"}
    assert mine == {uid for uid in after if uid.startswith("exp-e1/")}
    uid = "exp-e1/server/ends@ekuscan"
    assert before[uid].decoded("dtstart") != after[uid].decoded("dtstart")


def test_several_certificates_of_one_slot_have_events_of_their_own(lab: Lab, saved: Path, tmp_path: Path) -> None:
    result = json.loads(saved.read_text(encoding="utf-8"))
    cucm = next(one for one in result["targets"] if one["id"] == "cucm1")
    tomcat = next(one for one in cucm["slots"] if one["slot"] == "tomcat")
    cucm["slots"].append({**tomcat, "endpoints": ["cucm1:8446/https"]})
    cucm["slots"].append({**tomcat, "endpoints": ["cucm1:9/https"], "from": "same-slot"})
    path = tmp_path / "run.json"
    path.write_text(json.dumps(result), encoding="utf-8")
    found = [uid for uid in events(calendar(lab, path, "--format", "ics").out) if uid.startswith("cucm1/tomcat/")]
    assert len(found) == 2
    assert any("/cucm1:8446/https/" in uid for uid in found)


def test_reminders_are_there_where_they_are_asked_for(lab: Lab, saved: Path) -> None:
    for event in events(calendar(lab, saved, "--format", "ics", "--alarm", "14").out).values():
        (alarm,) = event.subcomponents
        assert alarm.name == "VALARM"
        assert alarm.decoded("trigger") == timedelta(days=-14)


def test_files_are_written_by_their_suffix_beside_what_is_printed(lab: Lab, saved: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "a.ics", tmp_path / "b.txt"
    done = calendar(lab, saved, "-o", one, "-o", two)
    assert two.read_text(encoding="utf-8") == done.out
    data = one.read_bytes()
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert events(data.decode()) == events(calendar(lab, saved, "--format", "ics").out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "pdf"], "--format: found 'pdf'; write one of table, ics"),
        (["-o", "x.pdf"], "-o x.pdf: the format follows from the suffix; write one of .ics, .txt"),
        (["-o", "none/x.ics"], "-o none/x.ics: cannot be written"),
        (["targets.yaml"], "targets.yaml: "),
        (["-f", "none.yaml"], "none.yaml"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "targets.yaml").write_text("targets: {}\n", encoding="utf-8")
    assert says in refused(run("calendar", *arguments))


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"schema": "ekuscan.run/2"}', b'{"schema": "ekuscan.run/1"}'])
def test_a_result_that_is_none_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    assert len(refused(run("calendar", path)).splitlines()) == 1


def test_a_chain_of_a_certificate_that_the_result_does_not_hold_is_refused(saved: Path, tmp_path: Path) -> None:
    result = json.loads(saved.read_text(encoding="utf-8"))
    gone = next(iter(result["certificates"]))
    del result["certificates"][gone]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(result), encoding="utf-8")
    assert f"certificate {gone} is in a chain, but not in the file" in refused(run("calendar", path))


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=90)), max_size=4, unique_by=lambda one: printable(one[0]))
)
def test_any_text_comes_out_of_a_parser_as_it_was_shown(texts: list[tuple[str, str]]) -> None:
    entries = [Entry(id_, date(2027, 3, 15), text, (text, id_)) for id_, text in texts]
    data = ics.render([*entries, Entry("gone", None, "no day", ())], STAMP, alarm=3)
    found = events(data.decode())
    assert set(found) == {f"{printable(id_)}@ekuscan" for id_, _ in texts}
    for id_, text in texts:
        event = found[f"{printable(id_)}@ekuscan"]
        assert str(event["summary"]) == printable(text)
        assert str(event["description"]) == "\n".join((printable(text), printable(id_)))
