"""Input that cannot be used: one clear sentence each on standard error, exit code 2, nothing on standard output.

Every sentence is in ``golden/cli_wrong_input.txt``, under the command line that gives it.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.command import assert_golden, refused, run, separately
from tests.pki import issue, pem

FILES: dict[str, bytes] = {
    "random.bin": bytes(range(128, 256)) * 3,
    "nul.txt": b"exp-e1.example.com\0\n",
    "empty.txt": b"",
    "comments.txt": b"# nobody yet\n\n",
    "hosts.txt": b"exp-e1.example.com role=expressway-e\nexp-c1.example.com rol=expressway-c\nexp-c1.example.com:0\n",
    "targets.yaml": b"schema: ekuscan.targets/1\ntargets:\n  exp-e1: {host: exp-e1.example.com, rle: cucm}\n",
    "key.pem": b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    "cut.pem": b"-----BEGIN CERTIFICATE-----\nMIIB\n",
    "other.json": b'{"schema": "ekuscan.run/2"}',
    "list.json": b"[1, 2]",
}

# What is typed after `ekuscan`, as a shell would read it.
LINES = """\
scan
scan ''
scan ' '
scan nosuch.yaml
scan targets.yaml
scan cert.pem
scan hosts.txt
scan cert.pem targets.yaml exp-e1.example.com
scan -
scan @missing
scan @folder
scan @random.bin
scan @nul.txt
scan @empty.txt
scan @comments.txt
scan @hosts.txt
scan -f -
scan -f missing.yaml
scan -f folder
scan -f random.bin
scan -f empty.txt
scan -f cert.pem
scan -f targets.yaml
scan exp-e1.example.com:99999
scan exp-e1.example.com:0
scan exp-e1.example.com:sips
scan exp-e1.example.com:
scan http://exp-e1.example.com
scan ftp://exp-e1.example.com
scan exp-e1.example.com --proxy proxy:3128
scan exp-e1.example.com --proxy http://user:secret@proxy:3128
scan dtls://cms1.example.com --proxy http://proxy:3128
scan https://
scan 'exp-e1 exp-c1'
scan exp_e1..example.com
scan 192.0.2.300
scan 192.0.2.1/33
scan 10.0.0.0/8
scan 2001:db8::/32
scan '[2001:db8::1'
scan 2001:db8::1::2
scan 'exp-e1.example.com role=expressway'
scan 'exp-e1.example.com role=expressway-e release=15.x'
scan 'exp-e1.example.com rle=expressway-e'
scan exp-e1.example.com --slot client
scan exp-e1.example.com --slot exp-e1:client=cert.pem
scan 'exp-e1.example.com role=expressway-e' --slot exp-e1.example.com:clint=cert.pem
scan 'exp-e1.example.com role=expressway-e' --slot exp-e1.example.com:client=missing.pem
scan 'exp-e1.example.com role=expressway-e' --slot exp-e1.example.com:client=key.pem
scan 'exp-e1.example.com role=expressway-e' --slot exp-e1.example.com:client=folder
scan exp-e1.example.com --as-of tomorrow
scan exp-e1.example.com --as-of 2027-02-30
scan exp-e1.example.com --fail-on never
scan exp-e1.example.com --fail-on ok
scan exp-e1.example.com --fail-on breaks-at-renewal:
scan exp-e1.example.com --fail-on breaks-at-renewal:soon
scan exp-e1.example.com --fail-on breaks-at-renewal:-1
scan exp-e1.example.com --format pdf
scan exp-e1.example.com --color red
scan exp-e1.example.com -o result.pdf
scan exp-e1.example.com -o result
scan exp-e1.example.com -o missing/result.json
scan exp-e1.example.com -o folder.json
scan exp-e1.example.com --trust-data missing
scan exp-e1.example.com --trust-data cert.pem
inspect missing.pem
inspect folder
inspect random.bin missing.pem cert.pem
inspect empty.txt
inspect key.pem
inspect cut.pem
inspect targets.yaml
inspect -
inspect cert.pem --as expresway-e
inspect cert.pem --as expressway-e@15.x
inspect cert.pem --as @X15.4
inspect cert.pem --slot server
inspect cert.pem --as expressway-e --slot servr
inspect cert.pem --set sip_eku_check=on
inspect cert.pem --as expressway-e --set sip_eku_chek=on
inspect cert.pem --as expressway-e --set sip_eku_check=maybe
inspect cert.pem --as expressway-e --set sip_eku_check
inspect cert.pem --password-file missing
inspect cert.pem --as-of tomorrow
inspect cert.pem --format pdf
inspect cert.pem --fail-on never
explain X99
explain clusters
explain ''
calendar missing.pem
calendar random.bin
calendar other.json
calendar list.json
calendar --as-of tomorrow
targets check
targets check missing.yaml
targets check targets.yaml
targets check cert.pem
targets check -f folder
targets init http://exp-e1.example.com
targets init targets.yaml
trust show nosuchauthority
trust show digicet
trust show --trust-data missing
lab nosuch
lab demoo
lab demo --directory cert.pem/sub
demo nosuch
demo --format pdf
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("input")
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    for name in ("folder", "folder.json"):
        (made / name).mkdir()
    (made / "cert.pem").write_bytes(pem(issue("exp-e1.example.com").der))
    return made


def test_every_wrong_command_line_is_refused_with_the_golden_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    shown = []
    for line in LINES.splitlines():
        said = refused(run(*shlex.split(line)))
        shown += [f"$ ekuscan {line}", said, ""]
    assert_golden("cli_wrong_input.txt", "\n".join(shown))


def test_nothing_is_written_where_nothing_can_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    refused(run("scan", "exp-e1.example.com", "--as-of", "tomorrow", "-o", "early.json"))
    assert not (folder / "early.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["scan", "--nosuch"],
        ["scan", "exp-e1.example.com", "--deadline", "0"],
        ["scan", "exp-e1.example.com", "--deadline", "soon"],
        ["scan", "exp-e1.example.com", "--warn-days", "-1"],
        ["scan", "exp-e1.example.com", "--concurrency", "0"],
        ["inspect"],
        ["lab", "demo", "more"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_named_with_the_way_to_help(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage: " in done.err
    assert "Try '" in done.err
    assert "\nError: " in done.err


@pytest.mark.parametrize("number", ["inf", "nan", "1e999"])
@pytest.mark.parametrize(
    "option", ["--deadline", "--connect-timeout", "--rate", "--jitter", "--pause", "--retry-after"]
)
def test_a_number_that_is_not_finite_is_refused_in_one_sentence(option: str, number: str) -> None:
    done = run("scan", "127.0.0.1:1", option, number)
    assert (done.code, done.out) == (2, "")
    (error,) = re.findall(r"^Error: (.*)", done.err, re.MULTILINE | re.DOTALL)
    assert error.startswith(f"Invalid value for '{option}': ")
    assert error.count("\n") == 1
    assert number == "nan" or "inf is no number of seconds or connections." in error


def test_a_process_of_its_own_refuses_the_same_way() -> None:
    assert refused(separately("scan", "http://exp-e1.example.com")) == refused(run("scan", "http://exp-e1.example.com"))


@pytest.mark.parametrize("command", ["scan", "inspect", "explain", "calendar", "targets", "trust", "lab", "demo"])
def test_every_command_has_help_that_fits_80_columns(command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert done.err == ""
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_the_bare_command_shows_what_there_is() -> None:
    done = run()
    assert "scan" in done.out + done.err
    assert run("--version").out.startswith("ekuscan ")
