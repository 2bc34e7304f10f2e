"""All that hostile and broken peers do, at once and in a process of its own: each ends in time, in bounded memory, with
a reason and with what could be captured.

Under 80 MB for all is read as: the whole scan takes less than 80 MB more than one of as many sound endpoints does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ekuscan.lab.estate import Box, Estate
from ekuscan.lab.faults import FAULTS, fault_estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.lab.odd_certificates import ODD_CERTIFICATES
from ekuscan.protocols import BANNER_ONLY
from tests.command import BOUND, TODAY, checked_document, environment, too_wide

DEADLINE = 2.0
LATEST = 2.5
MEMORY = 80 << 20
# A few at a time, so that what one of them costs does not count for the others.
USUAL = ("--deadline", str(DEADLINE), "--connect-timeout", "0.5", "--concurrency", "12")
VIEWS = ("--key-types", "--versions", "--without-sni", "--post-quantum", "--late")

WANTED = {name: None if fault.of_ours else fault.failure for name, fault in FAULTS.items()}
# Those that never say a byte of the protocol that they are asked in.
SPEECHLESS = {
    *("filtered", "silent", "udp-silent", "preamble-silent", "sip-tcp-silent"),
    *("silent-after-go-ahead", "dtls-silent", "dtls-from-elsewhere"),
}
# Chains that do not come whole: of 100 certificates, and of a message that is broken itself.
CUT = {"too-many-certificates": 64, "garbled-certificate": 2, "no-certificate": 3, "no-certificate-sealed": 3}
UNREAD = {
    "no-certificate": "it is not a certificate",
    "no-certificate-sealed": "it is not a certificate",
    "subject-undecodable": "its subject cannot be decoded",
    "dates-hostile": "its notAfter cannot be read",
    "extensions-cut": "its extensions cannot all be decoded",
}
# The Certificate message is longer than OpenSSL takes in.
TOO_LONG = {"names-megabyte", "endless-certificate"}


@dataclass(frozen=True)
class Scan:
    """A scan that has ended: what it wrote, and what it cost."""

    code: int
    out: str
    err: str
    document: dict[str, Any]
    seconds: dict[str, float]
    peak: int

    @property
    def endpoints(self) -> dict[str, dict[str, Any]]:
        """The endpoints by the fault that they have."""
        names = {name.replace(".", "-"): name for name in FAULTS}
        return {names[one["target"]]: one for one in self.document["endpoints"]}

    @property
    def given(self) -> dict[str, tuple[str, str] | None]:
        """The stage and reason of each failure, by fault."""
        told = {name: failure(endpoint) for name, endpoint in self.endpoints.items()}
        return {name: (one["stage"], one["reason"]) if one else None for name, one in told.items()}

    def chain(self, name: str) -> list[str]:
        """The certificates that a fault presented, as they are in the document; none where none came."""
        ids = [sight["chain"] for sight in self.endpoints[name]["sights"] if sight["chain"]]
        return list(self.document["chains"][ids[0]]["presented"]) if ids else []

    def flaws(self, name: str) -> list[str]:
        """What is wrong with the first of them."""
        return list(self.document["certificates"][self.chain(name)[0]]["flaws"])

    @property
    def late(self) -> list[str]:
        """The targets that took too long."""
        return [target for target, seconds in self.seconds.items() if seconds > LATEST]


def scanned(estate: Estate, folder: Path, *options: str) -> Scan:
    with open_lab(estate, folder / "lab", TODAY) as lab:
        arguments = [
            *("scan", "-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", TODAY.date().isoformat()),
            *("-v", "-o", folder / "run.json", *USUAL, *options),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "tests.timed_scan", str(folder / "cost.json"), *map(str, arguments)],
            capture_output=True,
            timeout=BOUND,
            env=environment(),
            check=False,
        )
    cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    document = checked_document((folder / "run.json").read_text(encoding="utf-8"))
    return Scan(done.returncode, done.stdout.decode(), done.stderr.decode(), document, cost["seconds"], cost["peak"])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    return scanned(fault_estate(), tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def settled(hostile: Scan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scan]:
    """By fault the scan that saw it: where all were scanned together the machine may have had no time for one of them,
    which is then scanned alone."""
    odd = [name for name, given in hostile.given.items() if given != WANTED[name]]
    if not odd:
        return dict.fromkeys(FAULTS, hostile)
    alone = scanned(fault_estate(odd), tmp_path_factory.mktemp("alone"), "--concurrency", "1")
    return {name: alone if name in odd else hostile for name in FAULTS}


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """The same with every further look that can be asked for."""
    return scanned(fault_estate(), tmp_path_factory.mktemp("viewed"), *VIEWS, "--concurrency", "24")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """As many endpoints with nothing wrong about them."""
    boxes = (Box(f"sound-{one}", "generic", only=(5061,), faults={5061: "tls1.3-only"}) for one in range(len(FAULTS)))
    return scanned(Estate("sound", "Sound endpoints", "For a test.", tuple(boxes)), tmp_path_factory.mktemp("sound"))


def failure(endpoint: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = endpoint["failure"]
    return found or next((sight["failure"] for sight in endpoint["sights"] if sight["failure"]), None)


def still_late(scan: Scan, folder: Path, options: Iterable[str] = ()) -> list[str]:
    """Those that take too long, also where they have the machine to themselves: it may be busy with something else."""
    if not scan.late:
        return []
    late = [name for name in FAULTS if name.replace(".", "-") in scan.late]
    return scanned(fault_estate(late), folder, *options, "--concurrency", "1").late


def test_every_endpoint_ends_by_its_deadline(hostile: Scan, tmp_path: Path) -> None:
    assert set(hostile.endpoints) == set(FAULTS)
    assert set(hostile.seconds) == {name.replace(".", "-") for name in FAULTS}
    assert still_late(hostile, tmp_path) == []


def test_every_endpoint_ends_by_its_deadline_with_further_looks_too(viewed: Scan, tmp_path: Path) -> None:
    assert set(viewed.endpoints) == set(FAULTS)
    assert still_late(viewed, tmp_path, VIEWS) == []


@pytest.mark.parametrize(
    ("fault", "status"), [("http-drip", "partial"), ("endless-http", "seen"), ("sip-silent", "seen")]
)
def test_the_question_for_a_release_ends_by_the_deadline_too(fault: str, status: str, tmp_path: Path) -> None:
    box = Box("cucm1", "cucm", only=(8443,), faults={8443: fault})
    scan = scanned(Estate("one", "One Unified CM", "For a test.", (box,)), tmp_path)
    assert {one["service"]: one["status"] for one in scan.document["endpoints"]} == {"uds": status}
    assert (scan.late, scan.err) == ([], "")


def test_all_of_them_take_bounded_memory(hostile: Scan, viewed: Scan, sound: Scan) -> None:
    assert {one["status"] for one in sound.document["endpoints"]} == {"seen"}
    assert hostile.peak - sound.peak < MEMORY
    assert viewed.peak - sound.peak < MEMORY


def test_a_scan_of_them_ends_in_order(hostile: Scan, viewed: Scan) -> None:
    for scan in (hostile, viewed):
        assert (scan.code, scan.err) == (3, "")
        assert scan.document["run"]["complete"]
        assert "internal-error" not in {(failure(one) or {}).get("reason") for one in scan.endpoints.values()}


def test_each_gives_the_reason_that_it_stands_for(settled: dict[str, Scan]) -> None:
    assert {name: scan.given[name] for name, scan in settled.items()} == WANTED


def test_where_bytes_came_the_reason_is_no_mere_time_out(settled: dict[str, Scan]) -> None:
    told = {name: one for name, scan in settled.items() if (one := failure(scan.endpoints[name])) is not None}
    wordless = ("filtered", "no-answer", "no-answer-dtls", "no-greeting")
    waited = {name for name, one in told.items() if one["reason"] in wordless}
    empty = {name for name, one in told.items() if one["reason"] == "stalled" and "(0 bytes" in one["detail"]}
    assert waited | empty == SPEECHLESS
    stalled = [one["detail"] for name, one in told.items() if one["reason"] == "stalled" and name not in empty]
    assert all(re.search(r"\([1-9]\d* bytes received\)", detail) for detail in stalled)


def test_what_could_be_captured_is_there(settled: dict[str, Scan]) -> None:
    for name, fault in FAULTS.items():
        if fault.protocol in BANNER_ONLY:
            continue
        found = settled[name].chain(name)
        stage, reason = fault.failure or ("after", "")
        shown = stage in ("finish", "after") or reason == "old-version" or name in CUT or name in ODD_CERTIFICATES
        assert bool(found) == (shown and name not in TOO_LONG), name
        assert len(found) == CUT.get(name, len(found)), name
    whole = {name for name in ODD_CERTIFICATES if name not in TOO_LONG | CUT.keys()}
    assert {len(settled[name].chain(name)) for name in whole} == {2}


def test_certificates_that_openssl_does_not_read_are_captured_and_judged(settled: dict[str, Scan]) -> None:
    for name, flaw in UNREAD.items():
        assert flaw in settled[name].flaws(name)
        # In TLS 1.3 the request for a certificate comes before the certificates, in TLS 1.2 after them.
        assert settled[name].endpoints[name]["status"] == ("seen" if name.endswith("-sealed") else "partial")


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("serial-negative", "its serial number is not positive"),
        ("serial-zero", "its serial number is not positive"),
        ("serial-huge", "its serial number is longer than 20 bytes"),
        ("dates-before-1950", "its notAfter cannot be read"),
        ("dates-of-all-time", "its notBefore cannot be read"),
        ("dates-that-are-none", "its notBefore cannot be read"),
        ("subject-huge", "its subject cannot be decoded"),
        ("names-duplicate", "two extensions of one kind: subject alternative name"),
        ("names-broken", "subject alternative name cannot be decoded"),
        ("constraints-broken", "basic constraints cannot be decoded"),
        ("key-usage-broken", "key usage cannot be decoded"),
        ("timestamps-broken", "signed certificate timestamps cannot be decoded"),
        ("extensions-strange", "its extensions cannot all be decoded"),
    ],
)
def test_what_is_odd_about_a_certificate_is_a_flaw_of_it(settled: dict[str, Scan], name: str, flaw: str) -> None:
    assert flaw in settled[name].flaws(name)


def test_what_is_listed_without_end_is_listed_in_part(hostile: Scan, settled: dict[str, Scan]) -> None:
    scan = settled["names-90k"]
    names = scan.document["certificates"][scan.chain("names-90k")[0]]["san"]
    assert (len(names), names[-1]) == (1001, "... and 1650 more")
    alerts = [len(sight["alerts"]) for one in hostile.endpoints.values() for sight in one["sights"]]
    assert max(alerts) < 100
    listed = [
        len(sight["client_certificate"]["ca_names"]) for one in hostile.endpoints.values() for sight in one["sights"]
    ]
    assert max(listed) == 512


def test_the_report_names_every_endpoint_and_acts_on_no_terminal(hostile: Scan, viewed: Scan) -> None:
    for scan in (hostile, viewed):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", scan.out)
        assert not too_wide(scan.out)
        assert unnamed(scan.out, [one["id"] for one in scan.document["targets"]]) == []


def unnamed(report: str, targets: Collection[str]) -> list[str]:
    """The targets that a report does not name, in full or in so many letters of their beginning and end."""
    cut = re.findall(r"(\S+)\.\.\.(\S*?)[:\s]", report)
    words = set(re.findall(r"[\w-]+", report))
    return [
        target
        for target in targets
        if target not in words and not any(target.startswith(head) and target.endswith(tail) for head, tail in cut)
    ]
