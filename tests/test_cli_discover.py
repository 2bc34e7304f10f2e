"""``ekuscan discover`` as a person runs it, against name servers on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import refused, run, separately
from tests.name_server import name_server
from tests.test_discovery import INSIDE, PUBLIC, with_records

LEAKY = with_records(PUBLIC, **{"cisco-uds__tcp": "5 5 8443 cucm1.example.com."})


def test_both_views_end_in_one_targets_file_and_once_more_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    with name_server(INSIDE) as inside, name_server(LEAKY) as outside:
        views = ("--internal-server", inside, "--external-server", outside)
        first = run("discover", "example.com", *views, "-f", file)
        written = file.read_text(encoding="utf-8")
        second = run("discover", "Example.COM.", *views, "-f", file)
    assert (first.code, first.out, second.code) == (0, "", 0)
    assert "_cisco-uds._tcp.example.com resolves in the external view" in first.err
    assert "3 hosts with TLS or SIP found" in first.err
    assert file.read_text(encoding="utf-8") == written
    assert "unchanged" in second.err
    checked = run("targets", "check", "-f", file)
    assert checked.code == 0
    assert {line.split("  ")[0]: line.split("  ")[1] for line in checked.out.splitlines()[:3]} == {
        "exp-e1": "expressway-e",
        "exp-e2": "expressway-e",
        "cucm1": "cucm",
    }


def test_what_a_person_wrote_stays(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    before = (
        "schema: ekuscan.targets/1\ntargets:\n  edge-1:  # the old one\n    host: exp-e1.example.com\n"
        '    role: expressway-e\n    release: "X15.4"\n'
    )
    file.write_text(before, encoding="utf-8")
    with name_server(PUBLIC) as outside:
        done = run("discover", "example.com", "--internal-server", outside, "-f", file)
    assert done.code == 0
    text = file.read_text(encoding="utf-8")
    assert (
        'edge-1:  # the old one\n    host: exp-e1.example.com\n    role: expressway-e\n    release: "X15.4"\n' in text
    )
    assert "exp-e2" in text
    assert text.count("exp-e1.example.com") == 1


def test_without_a_file_the_targets_are_printed_and_all_else_is_told_on_standard_error(tmp_path: Path) -> None:
    with name_server(LEAKY) as outside:
        done = separately("discover", "example.com", "--external-server", outside, "--internal-server", outside)
    assert done.code == 0, done.err
    assert done.out.startswith("# What ekuscan looks at.")
    file = tmp_path / "printed.yaml"
    file.write_text(done.out, encoding="utf-8")
    assert run("targets", "check", "-f", file).code == 0
    assert all(line.startswith("ekuscan: ") for line in done.err.splitlines())


def test_a_silent_view_is_exit_3_and_what_the_other_told_is_kept() -> None:
    with name_server(PUBLIC) as outside, name_server({}, "silent") as inside:
        done = run(
            "discover", "example.com", "--external-server", outside, "--internal-server", inside, "--timeout", "0.5"
        )
    assert done.code == 3
    assert "the internal view: nothing is known of example.com: no answer within 0.5 s" in done.err
    assert "exp-e1.example.com" in done.out


def test_a_domain_that_does_not_exist_is_exit_3_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    with name_server(PUBLIC) as outside:
        done = run("discover", "exmaple.com", "--internal-server", outside, "-f", file)
    assert (done.code, done.out, file.exists()) == (3, "", False)
    assert "exmaple.com does not exist; is it written right?" in done.err


def test_one_domain_of_two_that_does_not_exist_takes_nothing_from_the_other() -> None:
    with name_server(PUBLIC) as outside:
        done = run("discover", "exmaple.com", "example.com", "--internal-server", outside)
    assert done.code == 3
    assert "exp-e1.example.com" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exp e1"], "write a domain like example.com"),
        (["192.0.2.1"], "write a domain like example.com"),
        (["com"], "write a domain like example.com"),
        (["not a domain"], "found 'not a domain'; write a domain like example.com"),
        (["\x1b[2J.com"], "found '\\x1b[2J.com'; write a domain"),
        (
            ["example.com", "--internal-server", "ns1.example.com"],
            "found ns1.example.com; write the IP address",
        ),
        (["example.com", "--external-server", "https://192.0.2.1"], "write the IP address of a name server"),
        (["example.com", "--external-server", "192.0.2.0/24"], "write the IP address of a name server"),
        (["example.com", "-f", "-"], "name the file to be written"),
        ([f"d{number}.example.com" for number in range(51)], "at most 50"),
    ],
)
def test_wrong_words_are_one_sentence_and_exit_2(arguments: list[str], words: str) -> None:
    assert words in refused(run("discover", *arguments))


def test_a_targets_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text("schema: ekuscan.targets/1\ntargets: 5\n", encoding="utf-8")
    with name_server(PUBLIC) as outside:
        done = run("discover", "example.com", "--internal-server", outside, "-f", file)
    assert (done.code, file.read_text(encoding="utf-8")) == (2, "schema: ekuscan.targets/1\ntargets: 5\n")
