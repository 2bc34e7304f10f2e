"""Whatever an endpoint does, a scan names it, goes on, and ends with the right exit code.

``golden/failure_lines.txt`` has every fault of the lab that gives a failure with the line that a person reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ekuscan.lab.authority import Leaf, issue
from ekuscan.lab.estate import Box, Estate, SlotPlan, estate
from ekuscan.lab.faults import FAULTS, fault_estate
from ekuscan.lab.laboratory import Lab, open_lab
from ekuscan.lab.proxy_faults import PROXY_FAULTS
from ekuscan.lab.server import LoopbackServer
from ekuscan.protocols import BANNER_ONLY
from ekuscan.wire.reasons import REASONS
from tests.command import TODAY, Done, assert_golden, run, scan, too_wide

# Faults that end by our patience alone: scanned with little of it, apart from those that need time to show themselves.
WAITING_REASONS = {"no-greeting", "stalled", "filtered", "request-undecided", "no-answer", "no-answer-dtls"}
OF_OURS = [name for name, fault in FAULTS.items() if fault.of_ours]
WAITING = [name for name, fault in FAULTS.items() if fault.failure is not None and fault.failure[1] in WAITING_REASONS]
OTHERS = [name for name in FAULTS if name not in WAITING and name not in OF_OURS]
DAY = timedelta(days=1)
IMPATIENT = ("--connect-timeout", "0.5", "--deadline", "2")

# What no endpoint can bring about: names that do not resolve, routers and routes in between, and our own mistakes.
NOT_OF_AN_ENDPOINT = {
    "name-unknown",
    "name-lookup-failed",
    "name-lookup-timeout",
    "no-route",
    "connect-failed",
    "internal-error",
    # Nothing behind a proxy is dialled over UDP: a scan leaves such ports out, or refuses to begin.
    "proxy-udp",
    # Our own time was over: see test_look.
    "deadline",
}


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Done, dict[str, Any]]]:
    """Two scans, which hold every fault between them that shows to anybody: the report in 80 columns, and the document
    of the same run."""
    found = []
    for names, limits in ((OTHERS, ()), (WAITING, IMPATIENT)):
        folder = tmp_path_factory.mktemp("faults")
        with open_lab(fault_estate(names), folder, TODAY, pace=0.2) as lab:
            found.append(_scanned(lab, folder, *limits))
    return found


@pytest.fixture(scope="module")
def presenting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, dict[str, Any]]:
    """A scan of the faults that show only to who presents a certificate."""
    folder = tmp_path_factory.mktemp("presenting")
    with open_lab(fault_estate(OF_OURS), folder, TODAY) as lab:
        own = issue(lab.worlds["digicert"].issuing, Leaf("own.lab.example", TODAY - DAY, TODAY + DAY))
        (folder / "own.pem").write_bytes(own.pem)
        (folder / "own.key").touch(mode=0o600)
        (folder / "own.key").write_bytes(own.key_pem)
        pair = ("--client-cert", folder / "own.pem", "--client-key", folder / "own.key")
        return _scanned(lab, folder, *IMPATIENT, *pair)


@pytest.fixture(scope="module")
def every(
    scans: list[tuple[Done, dict[str, Any]]], presenting: tuple[Done, dict[str, Any]]
) -> list[tuple[Done, dict[str, Any]]]:
    return [*scans, presenting]


def _scanned(lab: Lab, folder: Path, *arguments: str | Path) -> tuple[Done, dict[str, Any]]:
    done = scan(lab, *arguments, "-o", folder / "run.json")
    return done, Done(done.code, (folder / "run.json").read_text(encoding="utf-8"), "").document


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A scan of targets that are each behind a proxy of their own: one for each fault, and one that is not there."""
    folder = tmp_path_factory.mktemp("proxies")
    with proxies(PROXY_FAULTS) as urls:
        lines = ["schema: ekuscan.targets/1", "targets:"]
        for port, (name, url) in enumerate(urls.items(), 1):
            lines.append(f'  {name}: {{host: 192.0.2.1, role: generic, ports: ["tls:{port}"], proxy: "{url}"}}')
        (folder / "targets.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return run("scan", "-f", folder / "targets.yaml", *IMPATIENT, "--format", "json")


@contextmanager
def proxies(names: Iterable[str]) -> Iterator[dict[str, str]]:
    """Faulty proxies by name, and "absent" on a port where nothing listens, as URLs."""
    server = LoopbackServer()
    try:
        ports = {name: server.listen("127.0.0.1", 0, PROXY_FAULTS[name].handler()).port for name in names}
        ports["absent"] = server.refuse("127.0.0.1", 0).port
        server.start()
        schemes = {name: fault.scheme for name, fault in PROXY_FAULTS.items()}
        yield {name: f"{schemes.get(name, 'http')}://127.0.0.1:{port}" for name, port in ports.items()}
    finally:
        server.stop()


def endpoints(scans: list[tuple[Done, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The endpoints by the fault that they have."""
    names = {name.replace(".", "-"): name for name in FAULTS}
    return {names[one["target"]]: one for _, document in scans for one in document["endpoints"]}


def failure(endpoint: dict[str, Any]) -> dict[str, Any] | None:
    """Why it gave less than asked; where a chain came all the same, that stands beside the chain.

    Where a certificate of ours was presented, only what came of that counts.
    """
    ours = [sight["failure"] for sight in endpoint["sights"] if sight["presented_as"] == "own"]
    found: dict[str, Any] | None = ours[0] if ours else endpoint["failure"]
    return found or next((sight["failure"] for sight in endpoint["sights"] if sight["failure"]), None)


def test_every_fault_gives_the_failure_that_it_stands_for(every: list[tuple[Done, dict[str, Any]]]) -> None:
    found = endpoints(every)
    assert set(found) == set(FAULTS)
    told = {name: failure(endpoint) for name, endpoint in found.items()}
    given = {name: (one["stage"], one["reason"]) if one else None for name, one in told.items()}
    assert given == {name: fault.failure for name, fault in FAULTS.items()}


def test_every_faulty_proxy_gives_the_failure_that_it_stands_for(proxied: Done) -> None:
    told = {one["target"]: failure(one) for one in proxied.document["endpoints"]}
    given = {name: (one["stage"], one["reason"]) for name, one in told.items() if one is not None}
    wanted = {name: fault.failure for name, fault in PROXY_FAULTS.items()}
    assert given == {**wanted, "absent": ("proxy", "proxy-unreachable")}
    assert (proxied.code, proxied.err) == (3, "")


@pytest.mark.parametrize("name", ["http-proxy-502", "socks-garbage", "absent"])
def test_a_faulty_proxy_of_the_command_line_is_named_for_every_port_behind_it(name: str) -> None:
    with proxies(["http-proxy-502", "socks-garbage"]) as urls:
        done = run("scan", "192.0.2.1:1", "192.0.2.2:2", "--proxy", urls[name], *IMPATIENT)
    reason = PROXY_FAULTS[name].failure[1] if name in PROXY_FAULTS else "proxy-unreachable"
    assert done.out.count(f"proxy: {reason}, ") == 2
    assert (done.code, done.err) == (3, "")


def test_every_reason_that_a_peer_can_cause_was_seen(every: list[tuple[Done, dict[str, Any]]], proxied: Done) -> None:
    seen = [*endpoints(every).values(), *proxied.document["endpoints"]]
    reasons = {one["reason"] for endpoint in seen if (one := failure(endpoint)) is not None}
    assert reasons == set(REASONS) - NOT_OF_AN_ENDPOINT


def test_a_chain_is_kept_whatever_comes_after_it(every: list[tuple[Done, dict[str, Any]]]) -> None:
    for name, endpoint in endpoints(every).items():
        fault = FAULTS[name]
        if fault.protocol in BANNER_ONLY:
            continue
        chains = [sight["chain"] for sight in endpoint["sights"] if sight["chain"]]
        assert endpoint["status"] in (("seen", "partial") if chains else ("failed",)), name
        assert chains or (fault.failure is not None and fault.failure[0] not in ("finish", "after")), name


def test_every_failure_is_named_in_a_line_of_the_report(
    scans: list[tuple[Done, dict[str, Any]]], every: list[tuple[Done, dict[str, Any]]]
) -> None:
    """The golden file holds the section UNSEEN of both reports, then what stands beside a chain."""
    shown = [_unseen(done.out) for done, _ in scans]
    beside = ["BESIDE A CHAIN  (in JSON, and with -v)"]
    for name, endpoint in endpoints(every).items():
        found = failure(endpoint)
        if found is not None and endpoint["status"] != "failed":
            beside.append(f" {name}: {endpoint['status']}; {found['stage']}: {found['reason']}, {found['detail']}")
    assert_golden("failure_lines.txt", _steady("\n".join([*shown, *beside]) + "\n"))


def _unseen(report: str) -> str:
    start = report.index("UNSEEN")
    return report[start : report.index("\n\n", start) + 2]


def _steady(lines: str) -> str:
    """Without what differs from run to run: the ports of the lab, how much had come when our patience ended, and what
    some versions of OpenSSL add."""
    shown = re.sub(r":2\d{4}|:[3-6]\d{4}", ":PORT", lines.replace(", record layer failure", ""))
    return re.sub(r"\(\d+ bytes", "(N bytes", shown)


def test_the_sweep_goes_on_and_says_how_much_it_did_not_see(scans: list[tuple[Done, dict[str, Any]]]) -> None:
    for done, document in scans:
        states = [one["status"] for one in document["endpoints"]]
        assert document["run"]["complete"]
        assert document["summary"]["endpoints"]["failed"] == states.count("failed") > 0
        assert done.code == 3
        assert re.search(rf"\b{states.count('failed')} ports unseen +exit 3$", done.out, re.MULTILINE)
        assert done.err == ""


def test_nothing_that_a_peer_sends_acts_on_the_terminal(every: list[tuple[Done, dict[str, Any]]]) -> None:
    for done, _ in every:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.out)
        assert not too_wide(done.out)


def test_a_failure_beside_a_chain_is_in_the_verbose_report(tmp_path: Any) -> None:
    names = ["garbled-after"]
    with open_lab(fault_estate(names), tmp_path, TODAY, pace=0.2) as lab:
        done = scan(lab, "-v")
    assert "after: garbled, sent what TLS does not allow after the handshake" in " ".join(done.out.split())


# --- exit codes ---------------------------------------------------------------------------------------------------


def expressway(faults: dict[int, str], **changes: Any) -> Estate:
    """An Expressway-E with certificates of a private CA, on which nothing breaks but what a test puts there."""
    slots = {"server": SlotPlan("corp"), "client": SlotPlan("corp")}
    box = Box("exp-e1", "expressway-e", "X15.5", slots=slots, stated=("client",), faults=faults, **changes)
    return Estate("one", "One Expressway", "For a test.", (box,))


@pytest.mark.parametrize(
    ("faults", "status", "code"),
    [
        pytest.param({}, "seen", 0, id="nothing wrong"),
        pytest.param({443: "closed"}, "failed", 3, id="a port that always listens is closed"),
        pytest.param({443: "filtered"}, "failed", 3, id="a port that always listens is filtered"),
        pytest.param({443: "plain-http"}, "failed", 3, id="a port that always listens speaks plain HTTP"),
        pytest.param({8443: "closed"}, "closed", 0, id="an optional port is closed"),
        pytest.param({8443: "filtered"}, "closed", 0, id="an optional port is filtered"),
        pytest.param({8443: "plain-http"}, "failed", 3, id="an optional port speaks plain HTTP"),
        pytest.param({8443: "closes-after-hello"}, "failed", 3, id="an optional port closes"),
    ],
)
def test_what_stays_unseen_decides_the_exit_code(tmp_path: Any, faults: dict[int, str], status: str, code: int) -> None:
    with open_lab(expressway(faults), tmp_path, TODAY) as lab:
        done = scan(lab, "--connect-timeout", "0.3", "--format", "json")
        ports = {endpoint.id: endpoint.profile_port for endpoint in lab.endpoints}
    states = {ports[one["id"]]: one["status"] for one in done.document["endpoints"]}
    assert {states[port] for port in faults or (443, 5061, 8443)} == {status}
    assert done.code == code


def test_what_breaks_counts_more_than_what_stayed_unseen_and_the_summary_says_both(tmp_path: Any) -> None:
    boxes = tuple(
        Box(box.name, box.role, box.release, slots=box.slots, faults={5061: "silent"} if box.name == "exp-e1" else {})
        for box in estate("demo").boxes[:2]
    )
    with open_lab(Estate("two", "Two", "For a test.", boxes), tmp_path, TODAY) as lab:
        done = scan(lab, "--deadline", "1")
    answer = " ".join(done.out[done.out.rindex("\n\n") :].split())
    assert done.code == 1
    assert "1 broken now" in answer
    assert "1 port unseen" in answer
    assert "exit 1" in answer


def test_an_expired_certificate_breaks_what_uses_it(tmp_path: Any) -> None:
    late = TODAY + timedelta(days=400)
    with open_lab(expressway({}), tmp_path, TODAY) as lab:
        done = run("scan", "-f", lab.targets_file, "--trust-data", lab.trust_data, "--as-of", late.date().isoformat())
    assert done.code == 1
    assert "BROKEN NOW" in done.out


# --- ports that speak something else ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    names = ["plain-http", "plain-sip", "closes-at-once", "resets-at-once"]
    with open_lab(fault_estate(names), tmp_path_factory.mktemp("plain"), TODAY) as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("plain-http", "answers in plain HTTP: no TLS on this port"),
        ("plain-sip", "answers in plain SIP: no TLS on this port"),
        ("closes-at-once", "closed the connection before it answered our ClientHello"),
        ("resets-at-once", "reset the connection before it answered our ClientHello"),
    ],
)
def test_a_bare_address_and_port_says_what_is_there(plain: Lab, fault: str, sentence: str) -> None:
    endpoint = next(one for one in plain.endpoints if one.fault == fault)
    done = run("scan", f"{endpoint.host}:{endpoint.port}")
    assert sentence in " ".join(done.out.split())
    assert (done.code, done.err) == (3, "")


def test_a_name_that_does_not_resolve_is_one_line_for_all_its_ports() -> None:
    done = run("scan", "no-such-host.invalid", "127.0.0.1:1")
    assert done.code == 3
    assert len(re.findall("the name does not resolve", " ".join(done.out.split()))) == 1
    assert "refused, nothing listens on this port" in " ".join(done.out.split())
