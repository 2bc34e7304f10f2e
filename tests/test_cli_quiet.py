"""``scan --quiet``: nothing on an unchanged estate, exactly one line for each change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ekuscan.lab.authority import Leaf, issue
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, LabEndpoint, open_lab
from tests.command import TODAY, Done, refused, run
from tests.receiving import receiving_beside


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with open_lab(estate("before"), tmp_path / "lab", TODAY) as running:
        yield running


def quiet(lab: Lab, day: str = "2026-11-23", *more: str | Path, file: Path | None = None) -> Done:
    history = lab.directory / "history.sqlite"
    # An instant: the day on which a test happens to run would mean now, which is no day of these.
    as_of = ("--as-of", f"{day}T12:00:00Z")
    where = ("-f", file or lab.targets_file, "--trust-data", lab.trust_data, *as_of, "--history", history)
    return run("scan", *where, "--quiet", *more)


def test_two_sweeps_of_an_unchanged_lab_print_nothing_and_exit_0(lab: Lab) -> None:
    first = quiet(lab)
    assert first.out == ""
    assert "nothing to compare with" in first.err
    second = quiet(lab)
    assert (second.code, second.out, second.err) == (0, "", "")


def test_a_policy_date_that_comes_is_exactly_one_line(lab: Lab) -> None:
    quiet(lab, "2027-02-28")
    done = quiet(lab, "2027-03-01")
    assert len(done.out.splitlines()) == 1
    assert "1 Mar 2027 has come, DigiCert" in done.out
    assert quiet(lab, "2027-03-01").out == ""


def end(lab: Lab, target: str) -> None:
    """Take a box away, of which no port is UDP."""
    for one in open_ports(lab, target):
        lab.server.end(one.listener)


def begin_again(lab: Lab, target: str) -> None:
    for one in open_ports(lab, target):
        lab.server.begin_again(one.listener)


def open_ports(lab: Lab, target: str) -> list[LabEndpoint]:
    return [one for one in lab.endpoints if one.target == target and one.listener.handler is not None]


def renew(lab: Lab, target: str, slot: str, leaf: Leaf) -> None:
    """Let every port that shows a slot show a new certificate from now on."""
    new = issue(lab.worlds["digicert"].issuing, leaf)
    shown = [one for one in open_ports(lab, target) if one.slot == slot]
    assert shown
    for one in shown:
        assert one.plan.terms is not None
        plan = replace(one.plan, terms=replace(one.plan.terms, credentials=(new,)))
        one.listener.handler = plan.conversation()


def test_an_appliance_that_is_taken_away_is_exactly_one_line_and_so_is_its_return(lab: Lab) -> None:
    quiet(lab)
    end(lab, "cuc1")
    gone = quiet(lab, "2026-11-24")
    assert len(gone.out.splitlines()) == 1, gone.out
    assert gone.out.startswith("cuc1: no longer answers")
    again = quiet(lab, "2026-11-25")
    assert (again.code, again.out) == (0, "")
    begin_again(lab, "cuc1")
    back = quiet(lab, "2026-11-26")
    assert len(back.out.splitlines()) == 1, back.out
    assert back.out.startswith("cuc1: answers again")


def test_a_certificate_that_is_renewed_on_live_ports_is_exactly_one_line(lab: Lab) -> None:
    quiet(lab)
    name = "exp-c1.lab.example"
    renew(lab, "exp-c1", "server", Leaf(name, TODAY, TODAY + timedelta(days=190), "server", (name,), "ec"))
    done = quiet(lab, "2026-11-24")
    assert len(done.out.splitlines()) == 1, done.out
    assert re.search(r"^exp-c1: server certificate replaced on .*: now broken: ", done.out), done.out
    assert "EKU serverAuth+clientAuth -> serverAuth" in done.out
    assert quiet(lab, "2026-11-25").out == ""


def test_a_scan_that_nobody_is_told_of_does_not_swallow_the_news(lab: Lab) -> None:
    quiet(lab)
    end(lab, "cuc1")
    history = ("--history", lab.directory / "history.sqlite")
    where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, *history)
    run("scan", *where, "--as-of", "2026-11-23T12:00:00Z")
    with receiving_beside() as server:
        done = quiet(lab, "2026-11-24", "--notify", server.url)
    assert done.out.startswith("cuc1: no longer answers")
    assert done.code != 0
    assert len(server.documents) == 1


def test_news_that_was_printed_alone_still_goes_to_the_channels(lab: Lab) -> None:
    with receiving_beside() as server:
        quiet(lab, "2026-11-23", "--notify", server.url)
        server.bodies.clear()
        end(lab, "cuc1")
        assert quiet(lab, "2026-11-24").out.startswith("cuc1: no longer answers")
        assert server.documents == []
        quiet(lab, "2026-11-25", "--notify", server.url)
    assert server.documents[0]["lines"][0].startswith("cuc1: no longer answers")


@pytest.mark.parametrize("other", [("--no-assume",), ("--no-options",), ("--versions",), ()])
def test_a_run_that_was_looked_at_or_judged_otherwise_is_no_measure(lab: Lab, other: tuple[str, ...]) -> None:
    quiet(lab)
    first = quiet(lab, "2026-11-23" if other else "2027-12-01", *other)
    if other:
        assert "nothing to compare with" in first.err
    done = quiet(lab)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_an_alert_goes_out_once_and_a_webhook_that_is_down_changes_no_exit_code(lab: Lab) -> None:
    usual = quiet(lab, "2027-02-28").code
    with receiving_beside(404, 200, 200) as server:
        down = quiet(lab, "2027-03-01", "--notify", server.url, "--warn-days", "1")
        assert "the alert is kept" in down.err
        assert "very-secret-token" not in down.err
        assert (down.code, len(down.out.splitlines())) == (usual, 1)
        later = quiet(lab, "2027-03-01", "--notify", server.url, "--warn-days", "1")
        assert (later.code, later.out, later.err) == (0, "", "")
    # The first alerts of a list name also what is below a threshold already.
    assert [one["title"] for one in server.documents] == ["ekuscan: 1 change, 3 certificates near the end"] * 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--quiet", "--no-history"), "leave --no-history out"),
        (("--notify", "https://x.example/y", "--no-history"), "leave --no-history out"),
        (("--notify", "ops"), "EKUSCAN_NOTIFY_OPS is not set"),
        (("--confirm", "3"), "add --quiet or --notify"),
        (("--quiet", "--report-url", "https://x.example/"), "add --notify"),
        (("--quiet", "--notify-secret-file", "key"), "add --notify"),
        (("--quiet", "--format", "json"), "-o FORMAT:FILE"),
        (("-o", "p.html", "-o", "json:./p.html"), "is named twice"),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_is_sent(words: tuple[str, ...], says: str) -> None:
    assert says in refused(run("scan", "127.0.0.1:1", *words))


def test_two_runs_of_the_history_are_compared_by_their_names_and_with_a_file(lab: Lab, tmp_path: Path) -> None:
    quiet(lab, "2027-02-28", "-o", tmp_path / "first.json")
    quiet(lab, "2027-03-01")
    more = ("--history", lab.directory / "history.sqlite", "--trust-data", lab.trust_data)
    for before in ("last~1", tmp_path / "first.json"):
        done = run("diff", before, "last", *more)
        assert (done.code, done.err) == (1, "")
        assert sum("1 Mar 2027 has come" in line for line in done.out.splitlines()) == 1
        assert "1 change: 1 medium" in done.out
    assert run("diff", "last", "last", *more).code == 0
    assert "names no run" in refused(run("diff", "yesterday", "last", *more))


def test_what_another_option_made_is_not_laid_to_a_date(lab: Lab) -> None:
    where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, "--history", lab.directory / "history.sqlite")
    run("scan", *where, "--no-assume")
    run("scan", *where)
    done = run("diff", "last~1", "last", "--format", "json", *where[2:])
    causes = {one["cause"] for change in json.loads(done.out)["changes"] for one in change["verdicts"]}
    assert causes == {"unknown"}
    assert "date" not in {change["kind"] for change in json.loads(done.out)["changes"]}


def test_what_a_channel_does_not_take_waits_beside_the_history_where_there_is_no_home(lab: Lab) -> None:
    none = {"XDG_STATE_HOME": "/proc/none", "HOME": "/proc/none"}
    where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, "--history", lab.directory / "history.sqlite")
    with receiving_beside(404) as server:
        down = run("scan", *where, "--as-of", "2026-11-23T12:00:00Z", "--notify", server.url, env=none)
    assert "the alert is kept" in down.err
    assert len(list((lab.directory / "outbox").glob("*.json"))) == 1


def test_where_the_history_cannot_be_used_nothing_is_new_and_nobody_claims_a_first_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EKUSCAN_HISTORY", raising=False)
    where = ("-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", "2026-11-23")
    state = tmp_path / "state" / "ekuscan"
    state.mkdir(parents=True)
    (state / "history.sqlite").write_bytes(b"no database" * 100)
    with receiving_beside() as server:
        done = run("scan", *where, "--quiet", "--notify", server.url)
    assert server.documents == []
    assert done.out == ""
    assert "what changed is not known" in done.err
    assert "nothing to compare with" not in done.err
    assert done.code in (1, 3)


def test_a_threshold_that_is_asked_for_first_tells_of_what_is_below_it_already(lab: Lab) -> None:
    quiet(lab)
    with receiving_beside() as server:
        # The certificates of the Expressway-Es end in 40 days.
        for days in ("30", "41", "41,30"):
            quiet(lab, "2026-11-23", "--notify", server.url, "--warn-days", days)
    assert [one["title"] for one in server.documents] == ["ekuscan: 2 certificates near the end"]
