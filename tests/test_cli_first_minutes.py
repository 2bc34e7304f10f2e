"""A network engineer's first five minutes: bare host names, hosts behind a firewall, a port or two, an X15.5 pair."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ekuscan.fingerprint import sha256_hex
from ekuscan.lab import laboratory
from ekuscan.lab.estate import Box, Estate, SlotPlan, estate
from ekuscan.lab.laboratory import Lab, open_lab
from tests.command import BOUND, TODAY, Done, environment, inside, process, run, scan

REQUIRED = bool(os.environ.get("EKUSCAN_REQUIRE_SERVERS"))


@pytest.fixture
def own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab on the products' own port numbers, so that a bare address is enough to find it."""
    monkeypatch.setattr(laboratory, "_PORT_OFFSET", 0)


def bare(lab: Lab, *arguments: str | Path) -> Done:
    """Scan the lab's hosts as addresses alone."""
    moved = [one.id for one in lab.endpoints if one.port != one.profile_port and one.state != "closed"]
    if moved and os.geteuid() != 0 and not REQUIRED:
        pytest.skip("ports below 1024 need root")
    assert not moved, f"something else listens where {moved} should"
    return run(*inside(lab, "scan", *hosts(lab).values(), *arguments))


def hosts(lab: Lab) -> dict[str, str]:
    return {one.target: one.host for one in lab.endpoints}


# --- bare names ---------------------------------------------------------------------------------------------------


def test_roles_and_releases_are_guessed_from_open_ports_and_banners(own_ports: None, tmp_path: Path) -> None:
    with open_lab(estate("demo"), tmp_path, TODAY) as lab:
        names = {host: name for name, host in hosts(lab).items()}
        document = bare(lab, "--format", "json").document
    found = {names[one["id"]]: one for one in document["targets"]}
    roles = {name: (one["role"], one["role_from"]) for name, one in found.items()}
    assert roles == {
        "exp-c1": ("expressway-c", "guessed"),
        "exp-e1": ("expressway-e", "guessed"),
        "cucm1": ("cucm", "guessed"),
        "imp1": ("generic", "default"),
        "cms1": ("cms", "guessed"),
        "cube1": ("cube", "guessed"),
    }
    releases = {name: one["release"] for name, one in found.items() if one["release_from"] == "observed"}
    assert releases == {"exp-c1": "X15.4", "exp-e1": "X15.4", "cucm1": "14.0", "cube1": "17.12.4"}


def test_the_report_on_bare_names_finds_what_is_broken_and_says_which_fact_is_missing(
    own_ports: None, tmp_path: Path
) -> None:
    with open_lab(estate("demo"), tmp_path, TODAY) as lab:
        done, unknown = bare(lab), hosts(lab)["imp1"]
    said = " ".join(done.out.split())
    assert done.code == 1
    assert "MRA is down (if used)" in said
    assert re.search(rf"\d {re.escape(unknown)} Which product is it\? Without its role no use case can be judged", said)
    assert f"ekuscan scan '{unknown} role=expressway-e'" in said
    steps = re.findall(r"^ ?(\d+)  ", done.out, re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]


def from_a_laptop() -> Estate:
    """An Expressway-E of which only 443 and 5061 can be reached: its banner tells the family, nothing tells which."""
    slots = {"server": SlotPlan("digicert", "both", ends_in=89, valid_for=199)}
    hidden = dict.fromkeys((7001, 8443), "filtered")
    box = Box("exp-e1", "expressway-e", "X15.4", slots=slots, only=(443, 5061, 7001, 8443), faults=hidden)
    return Estate("one", "One", "For a test.", (box,))


IMPATIENT = ("--connect-timeout", "0.5")


def test_a_bare_host_without_a_guess_still_shows_its_certificates(own_ports: None, tmp_path: Path) -> None:
    with open_lab(from_a_laptop(), tmp_path, TODAY) as lab:
        done = bare(lab, *IMPATIENT)
        document = bare(lab, *IMPATIENT, "--format", "json").document
    said = " ".join(done.out.split())
    assert done.code == 3
    assert "Which product is it?" in said
    assert "banner TANDBERG/4137 (X15.4)" in said
    assert "443 and 5061 open: Cisco Expressway-E or Cisco Expressway-C" in said
    assert "SC DigiCert, public 20 Feb 2027 89d" in said
    leaf = sha256_hex(lab.endpoint("exp-e1", 443).chain[0])
    assert [slot["sha256"] for slot in document["targets"][0]["slots"]] == [leaf]
    assert document["verdicts"] == []


def test_the_role_that_the_report_asks_for_settles_it(own_ports: None, tmp_path: Path) -> None:
    with open_lab(from_a_laptop(), tmp_path, TODAY) as lab:
        word = re.search(r"ekuscan scan ('[^']*')", " ".join(bare(lab, *IMPATIENT).out.split()))
        assert word is not None
        done = run(*inside(lab, "scan", *shlex.split(word[1]), *IMPATIENT))
    assert "Which product is it?" not in done.out
    assert "BREAKS AT RENEWAL" in done.out
    assert done.code == 0


def test_a_host_list_with_roles_on_some_lines_is_read_from_a_file_and_from_standard_input(
    own_ports: None, tmp_path: Path
) -> None:
    with open_lab(estate("x155"), tmp_path, TODAY) as lab:
        bare(lab)
        text = "\ufeff# edge\r\n{exp-e1} role=expressway-e release=X15.5\r\n\r\n{exp-c1}\r\n"
        for name, host in hosts(lab).items():
            text = text.replace("{" + name + "}", host)
        (tmp_path / "hosts.txt").write_bytes(text.encode())
        by_file = run(*inside(lab, "scan", f"@{tmp_path / 'hosts.txt'}", "--format", "json"))
        by_pipe = run(*inside(lab, "scan", "-", "--format", "json"), stdin=text.encode())
    roles = [(one["role"], one["role_from"]) for one in by_file.document["targets"]]
    assert roles == [("expressway-e", "declared"), ("expressway-c", "guessed")]
    assert [one["id"] for one in by_file.document["verdicts"]] == [one["id"] for one in by_pipe.document["verdicts"]]


# --- behind a firewall --------------------------------------------------------------------------------------------

# A network of its own in which packets to 192.0.2.0/24 vanish: sent into loopback, they are nobody's.
NOWHERE = "ip link set lo up && ip route add 192.0.2.0/24 dev lo && exec "


def unshared() -> list[str]:
    """A command that runs another one in a network of its own, as root or as nobody in particular."""
    kinds = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"])
    if shutil.which("unshare") and shutil.which("ip"):
        for kind in kinds:
            if subprocess.run([*kind, "true"], capture_output=True, timeout=BOUND, check=False).returncode == 0:
                return kind
    return []


def test_twelve_hosts_with_every_port_filtered_end_and_are_said_to_be_unseen() -> None:
    kind = unshared()
    if not kind and not REQUIRED:
        pytest.skip("no network of our own can be made here")
    assert kind, "no network of our own can be made here"
    addresses = [f"192.0.2.{number}" for number in range(10, 22)]
    scanning = process("scan", *addresses, "--connect-timeout", "0.5", "--deadline", "2")
    done = subprocess.run(
        [*kind, "sh", "-c", NOWHERE + shlex.join(scanning)],
        capture_output=True,
        text=True,
        timeout=BOUND,
        env=environment(),
        check=False,
    )
    said = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr) == (3, "")
    assert "12 targets 0 ports captured 204 unseen" in said
    assert "no answer to the connection attempt within 0.5 s" in said
    assert all(address in said for address in addresses)
    assert said.endswith("Nothing judged, 204 ports unseen exit 3")


def test_filtered_optional_ports_beside_an_open_one_are_only_closed(tmp_path: Path) -> None:
    faults = dict.fromkeys((5062, 7001, 8443), "filtered")
    box = Box("exp-e1", "expressway-e", "X15.4", slots={"*": SlotPlan("corp")}, opened=(5062,), faults=faults)
    with open_lab(Estate("one", "One", "For a test.", (box,)), tmp_path, TODAY) as lab:
        done = scan(lab, "--connect-timeout", "0.5")
    assert done.code == 0
    assert "2 ports captured  1 banner read  8 optional ports closed  0 unseen" in done.out


# --- an X15.5 pair ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(estate("x155"), tmp_path_factory.mktemp("pair"), TODAY) as lab:
        yield lab


def test_the_client_slot_is_asked_for_first_and_once_per_box(pair: Lab) -> None:
    done = scan(pair)
    questions = re.findall(r"Which certificate is in the client slot\?", done.out)
    options = re.findall(r"--slot (\S+):client=FILE", " ".join(done.out.split()))
    assert len(questions) == 2
    assert sorted(options) == ["exp-c1", "exp-e1"]
    assert done.code == 3
    first = done.out[done.out.index(" 1  ") :]
    assert first.index("client slot") < first.index(" 2  ")


def test_the_option_that_the_report_names_works_as_it_is_written(pair: Lab) -> None:
    options = re.findall(r"--slot \S+:client=FILE", " ".join(scan(pair).out.split()))
    words: list[str] = []
    for option in options:
        box = option.removeprefix("--slot ").partition(":")[0]
        words += shlex.split(option.replace("FILE", shlex.quote(str(pair.directory / f"{box}.client.pem"))))
    done = scan(pair, *words)
    assert "client slot" not in done.out
    assert "BROKEN" not in done.out
    assert done.code == 0
    assert len(re.findall(r"^  client +SC +Lab Corp", done.out, re.MULTILINE)) == 2


def test_it_works_on_bare_addresses_too(own_ports: None, tmp_path: Path) -> None:
    with open_lab(estate("x155"), tmp_path, TODAY) as lab:
        asked = " ".join(bare(lab).out.split())
        named = {host: name for name, host in hosts(lab).items()}
        words: list[str] = []
        for host in re.findall(r"--slot (\S+):client=FILE", asked):
            words += ["--slot", f"{host}:client={tmp_path / f'{named[host]}.client.pem'}"]
        done = bare(lab, *words)
    assert len(words) == 4
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("Nothing breaks, ")


def test_the_question_comes_before_everything_that_is_only_to_be_decided(tmp_path: Path) -> None:
    boxes = tuple(
        Box(box.name, box.role, box.release, slots={**box.slots, "server": SlotPlan("digicert", "both", 89, 199)})
        for box in estate("x155").boxes
    )
    cube = Box("cube1", "cube", "17.12.4", slots={"trustpoint": SlotPlan("digicert", "server", 89, 199)})
    site = Estate("three", "Three", "For a test.", (*boxes, cube), estate("x155").connections)
    with open_lab(site, tmp_path, TODAY) as lab:
        done = scan(lab)
    titles = re.findall(r"^ ?\d+  .*(?:\n    \S.*)?", done.out, re.MULTILINE)
    slots = ["client slot" in title for title in titles]
    assert slots.count(True) == 2
    decided = ["TLS verify mode" in title for title in titles]
    assert True in decided
    assert slots[: decided.index(True)].count(True) == 2
