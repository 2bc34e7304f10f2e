"""``ekuscan explain``, ``calendar`` and ``trust show``: what the tables know, without looking at anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ekuscan.cli.knowledge import moment
from ekuscan.explain.words import subjects
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.policy.load import packaged as policy
from ekuscan.rules.load import packaged
from ekuscan.trust import TrustStore
from tests.command import TODAY, refused, run, scan, too_wide

KNOWN = subjects(packaged())
DAY = re.compile(r"^( \d|\d\d) [A-Z][a-z]{2} \d{4}  (in \d+ d|today|\d+ d ago) *  \S", re.MULTILINE)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("demo"), tmp_path_factory.mktemp("demo"), TODAY) as running:
        yield running


def calendar(*arguments: str | Path) -> str:
    done = run("calendar", *arguments, "--as-of", TODAY.date().isoformat())
    assert (done.code, done.err) == (0, "")
    assert not too_wide(done.out)
    return done.out


def entry(shown: str, title: str) -> str:
    """The words of the entry with this title, on one line."""
    entries = re.split(r"\n(?=(?: \d|\d\d) [A-Z])", shown)
    found = [" ".join(one.split()) for one in entries if title in " ".join(one.split())]
    assert len(found) == 1, shown
    return found[0]


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_the_day_of_today_is_now_and_any_other_day_its_noon(hour: int) -> None:
    now = datetime(2026, 11, 24, hour, 59, tzinfo=UTC)
    assert moment("2026-11-24", now) == moment(None, now) == now
    assert moment("2026-11-25", now) == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert moment("2026-11-24T03:00:00Z", now) == datetime(2026, 11, 24, 3, tzinfo=UTC)


# --- explain ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KNOWN)
def test_everything_of_a_kind_is_explained_in_80_columns(kind: str) -> None:
    assert KNOWN[kind]
    for word in KNOWN[kind]:
        done = run("explain", word)
        assert (done.code, done.err) == (0, ""), word
        assert done.out.strip(), word
        assert not too_wide(done.out), word


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("X11", "Rule X11 (also X12, X13): UC traversal zone"),
        ("x11", "Rule X11"),
        (" X11 ", "Rule X11"),
        ("X12", "Rule X11"),
        ("mra", "Use case mra"),
        ("V-EXP", "Verifier V-EXP: does expressway-e"),
        ("F16", "F16: "),
        ("D5", "D5: "),
        ("a4", "A4: "),
        ("43", "Alert 43 unsupported_certificate"),
        ("alert 43", "Alert 43 unsupported_certificate"),
        ("ALERT116", "Alert 116 certificate_required"),
        ("2027-03-15", "15 Mar 2027"),
        ("chrome-leaf", "15 Mar 2027"),
        ("private-ca-c", "Remedy private-ca-c"),
        ("tls_verify", "Setting tls_verify"),
        ("plain-http", "Failure reason plain-http"),
        ("no-answer", "Failure reason no-answer: no answer to a SIP OPTIONS over UDP within ... s"),
        ("N155", "source    N155: "),
        ("neighbour-zone", "neighbor zone: "),
    ],
)
def test_each_kind_of_word_is_found_however_it_is_written(word: str, start: str) -> None:
    assert run("explain", word).out.startswith(start)


def test_a_rule_names_its_source_and_its_remedies() -> None:
    said = run("explain", "X11").out
    assert "private-ca-c" in said
    assert re.search(r"^ +https://www\.cisco\.com/\S+$", said, re.MULTILINE)


def test_an_answer_says_whose_it_is() -> None:
    said = {word: run("explain", word).out for word in ("F16", "A4", "U05")}
    labels = {word: [line.split(" ")[0] for line in out.splitlines()] for word, out in said.items()}
    assert {word: "document" in shown for word, shown in labels.items()} == {"F16": True, "A4": True, "U05": False}
    assert {word: "notice" in shown for word, shown in labels.items()} == {"F16": False, "A4": False, "U05": True}


def test_a_case_that_is_less_sure_than_its_row_says_so() -> None:
    sure = " ".join(run("explain", "V-CUCM").out.split())
    assert "ignore_client_eku on: does not check it (confidence M)" in sure
    assert "release <15SU5: not documented when" in sure
    assert "release >=15SU5: a missing usage is judged by the verifying end's own row" in " ".join(
        run("explain", "CM02").out.split()
    )


def test_the_wide_terminal_is_used_up_to_a_readable_width() -> None:
    narrow, wide = (run("explain", "F16", env={"COLUMNS": columns}).out for columns in ("60", "200"))
    assert max(map(len, wide.splitlines())) > max(len(one) for one in narrow.splitlines() if "https:" not in one)
    assert all(len(line) <= 100 for line in wide.splitlines() if "https:" not in line)


def test_the_list_is_complete_and_also_what_the_bare_command_prints() -> None:
    listed = run("explain", "--list")
    assert run("explain") == listed
    words = set(re.split(r"[,\s]+", listed.out))
    assert {part for group in KNOWN.values() for word in group for part in word.split()} <= words
    assert "The Cisco document" in listed.out


def test_an_unknown_word_gets_the_nearest_ones() -> None:
    assert "did you mean X39" in refused(run("explain", "X99"))
    assert "did you mean CM03" in refused(run("explain", "cm3"))
    assert "did you mean F06" in refused(run("explain", "F6"))
    assert "neighbor-zone" in refused(run("explain", "nieghbor-zone"))
    assert "did you mean" not in refused(run("explain", "zzzzzzzz"))


# --- calendar -----------------------------------------------------------------------------------------------------


def test_the_calendar_has_the_dates_in_force_by_day_and_says_what_changed() -> None:
    shown = calendar()
    days = DAY.findall(shown)
    assert len(days) == len(re.findall(r"^(?: \d|\d\d) [A-Z]", shown, re.MULTILINE)) > 10
    assert not any("ago" in away for _, away in days)
    leaf = entry(shown, "Certificates issued from this day on under Chrome's roots")
    assert leaf.startswith("15 Mar 2027 in 112 d")
    assert "Policy 1.8 moved the rule" in leaf
    assert "source CHROME" in leaf


def test_the_past_is_counted_and_shown_where_it_is_asked_for() -> None:
    shown, whole = calendar(), calendar("--past")
    counted = re.search(r"^(\d+) entries of days that have passed", shown, re.MULTILINE)
    assert counted is not None
    away = [word for _, word in DAY.findall(whole)]
    assert sum(word.endswith("ago") for word in away) == int(counted[1])
    assert len(away) == len([row for row in policy().dates.values() if row.superseded_by is None])
    assert "have passed" not in whole


def test_another_day_moves_the_line() -> None:
    later = run("calendar", "--as-of", "2027-03-15")
    assert re.search(r"^15 Mar 2027  today ", later.out, re.MULTILINE)
    assert "1 Mar 2027" not in "".join(line for line in later.out.splitlines(True) if DAY.match(line))


def test_a_certificate_brings_its_end_and_the_last_day_to_renew_it(lab: Lab) -> None:
    shown = calendar(lab.directory / "exp-e1.server.pem", "--trust-data", lab.trust_data)
    end = entry(shown, "exp-e1.server.pem ends")
    assert end.startswith("20 Feb 2027 in 89 d")
    assert "DigiCert" in end
    assert "issues clientAuth when asked" in end
    assert re.search(r"Renewed on .* it lasts to about ", end)


def test_a_private_certificate_is_said_to_be_left_alone(lab: Lab) -> None:
    shown = calendar(lab.directory / "cube1.trustpoint.pem", "--trust-data", lab.trust_data)
    assert "touched by no root programme" in entry(shown, "cube1.trustpoint.pem ends")


def test_a_saved_result_brings_every_slot(lab: Lab, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    scan(lab, "-o", saved)
    shown = calendar(saved, "--trust-data", lab.trust_data)
    for title in ("exp-c1 server ends", "exp-e1 server ends", "cucm1 CallManager ends", "cube1 trustpoint ends"):
        entry(shown, title)
    assert entry(shown, "exp-e1 server ends").startswith("20 Feb 2027 in 89 d")


def test_a_saved_result_and_files_go_together(lab: Lab, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    scan(lab, "-o", saved)
    shown = calendar(saved, lab.directory / "cms1.callbridge.pem", "--trust-data", lab.trust_data)
    entry(shown, "exp-c1 server ends")
    entry(shown, "cms1.callbridge.pem ends")


@pytest.mark.parametrize(
    ("subject", "says", "never"),
    [
        ("XT01", "any box dials and shows its certificate", "nothing"),
        ("cms-recorder", "Needs the very certificate that the peer was given", "unchanged"),
        ("MS08", "the very certificate that the peer was given", "unchanged in the certificate's effective EKU"),
        ("X39", "a CA that browsers trust", "browserTrust"),
    ],
)
def test_what_a_rule_needs_is_said_in_words(subject: str, says: str, never: str) -> None:
    shown = " ".join(run("explain", subject).out.split())
    assert says in shown
    assert never not in shown


# --- trust --------------------------------------------------------------------------------------------------------


def test_the_trust_data_says_its_version_and_what_is_in_it() -> None:
    shown = run("trust", "show").out
    with TrustStore.open(None) as store:
        assert shown.startswith(f"Trust data of {store.version.date}, Chrome Root Store {store.version.chrome_store}")
    assert re.search(r"^ +\d+  roots in the Chrome Root Store$", shown, re.MULTILINE)


def test_a_name_shows_its_cas_with_roots_in_chrome_first() -> None:
    done = run("trust", "show", "ISRG Root")
    assert done.code == 0
    assert done.out.startswith("ISRG Root X")
    assert "roots in the Chrome Root Store" in done.out
    kinds = re.findall(r"^  (roots in the Chrome|other public roots|public intermediates)", done.out, re.MULTILINE)
    assert kinds == sorted(kinds, key=["roots in the Chrome", "other public roots", "public intermediates"].index)


def test_a_fingerprint_finds_one_ca_with_and_without_colons() -> None:
    shown = run("trust", "show", "ISRG Root X1").out
    found = re.search(r"SHA-256  ([0-9a-f]{64})", shown)
    assert found is not None
    one = run("trust", "show", found[1]).out
    colons = ":".join(re.findall("..", found[1].upper()))
    assert one == run("trust", "show", colons).out
    assert len(re.findall("SHA-256", one)) == 1


def test_a_long_answer_is_cut_with_a_count() -> None:
    assert re.search(r"^\.\.\. and \d+ more; name more of it$", run("trust", "show", "root").out, re.MULTILINE)


def test_an_unknown_ca_is_refused_with_the_nearest() -> None:
    assert "did you mean DigiCert" in refused(run("trust", "show", "digicet"))


def test_the_labs_own_data_can_be_shown(lab: Lab) -> None:
    assert "Chrome Root Store lab" in run("trust", "show", "--trust-data", lab.trust_data).out
