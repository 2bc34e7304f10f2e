from __future__ import annotations

import asyncio
import base64
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ekuscan.certificates import parse
from ekuscan.lab.authority import Leaf, issue
from ekuscan.lab.faults import FAULTS, fault_estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.lab.proxy_faults import PROXY_FAULTS
from ekuscan.limits import ProbeLimits
from ekuscan.model import Endpoint
from ekuscan.probe import observe
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity
from ekuscan.wire.reasons import REASONS
from tests.lab_client import PATIENCE, dial

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
DAY = timedelta(days=1)
OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
LIMITS = ProbeLimits(connect=0.5, handshake=3.0, quiet=1.0, answer=3.0, deadline=6.0)
SILENT = {"stalled", "filtered", "request-undecided"}

# What no endpoint can bring about: names that do not resolve, routers and routes in between, and our own mistakes.
NOT_OF_AN_ENDPOINT = {
    "name-unknown",
    "name-lookup-failed",
    "name-lookup-timeout",
    "unreachable",
    "no-route",
    "connect-failed",
    "internal-error",
}

# What no endpoint and no proxy says: that a proxy is not there, what cannot go through one, our own time.
OF_OUR_WAY = {"proxy-unreachable", "proxy-udp", "deadline"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with open_lab(fault_estate(), tmp_path_factory.mktemp("faults"), TODAY, pace=0.2) as running:
        yield running


def endpoint(lab, fault):
    return next(one for one in lab.endpoints if one.fault == fault)


def plain_answer(lab, fault, say=b"\x16\x03\x01\x00\x05hello"):
    place = endpoint(lab, fault)
    with socket.create_connection((place.host, place.port), timeout=PATIENCE) as plain:
        plain.sendall(say)
        return plain.recv(4096)


def test_every_reason_at_every_stage_is_produced_by_a_fault():
    faults = [*FAULTS.values(), *PROXY_FAULTS.values()]
    produced = {fault.failure for fault in faults if fault.failure is not None}
    wanted = {
        (stage, name)
        for name, reason in REASONS.items()
        for stage in reason.stages
        # What routers say of the way to an endpoint, a proxy can say too.
        if name not in OF_OUR_WAY and (name not in NOT_OF_AN_ENDPOINT or stage == "proxy")
    }
    assert produced == wanted
    assert set(REASONS) > NOT_OF_AN_ENDPOINT


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.protocol in ("sips", "https")])
def test_a_fault_lets_a_client_get_as_far_as_it_says(lab, name):
    fault, place = FAULTS[name], endpoint(lab, name)
    stage, reason = fault.failure or ("", "")
    patience = 0.4 if reason in SILENT else PATIENCE
    if stage == "connect":
        with pytest.raises(OSError):  # noqa: PT011
            dial(place, patience=patience)
        return
    seen = dial(place, patience=patience, wait=stage in ("finish", "after") and not fault.of_ours)
    if reason == "old-version" and seen.version:
        assert seen.version in ("TLSv1", "TLSv1.1")
    elif stage in ("hello", "certificate") and name != "too-many-certificates":
        assert not seen.chain
    else:
        assert seen.chain
        assert seen.finished or stage == "finish"


async def test_a_probe_reports_every_fault_as_the_fault_says(lab):
    own = issue(lab.worlds["digicert"].issuing, Leaf("own.lab.example", TODAY - DAY, TODAY + DAY))
    ours = Identity("own", own.ders, base64.b64decode("".join(own.key_pem.decode().splitlines()[1:-1])))
    presenting = replace(LIMITS, identities=(ours,), controls=untrusted(TODAY))

    # All at once they would wait for the one loop that serves them until their own time was over.
    few = asyncio.Semaphore(24)

    async def observed(place):
        async with few:
            return await looked_at(place)

    async def looked_at(place):
        asked = Endpoint(place.id, place.target, place.host, place.port, place.protocol, "fault.lab.example", False)
        of_ours = FAULTS[place.fault].of_ours
        found = await observe(asked, presenting if of_ours else LIMITS, lambda: TODAY)
        sights = [sight for sight in found.sights if sight.presented_as == ("own" if of_ours else None)]
        beside = next((sight.failure for sight in sights if sight.failure), None)
        failure = beside if of_ours else found.failure or beside
        return place.fault, (failure.stage, failure.reason) if failure else None

    reported = dict(await asyncio.gather(*(observed(place) for place in lab.endpoints)))
    assert reported == {name: fault.failure for name, fault in FAULTS.items()}


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("plain-http", b"HTTP/1.1 400 "),
        ("plain-sip", b"SIP/2.0 400 "),
        ("ssh", b"SSH-2.0-"),
        ("smtp", b"220 "),
        ("alert-handshake-failure", bytes.fromhex("15030300020228")),
        ("alert-protocol-version", bytes.fromhex("15030300020246")),
    ],
)
def test_what_is_not_tls_says_what_it_is(lab, name, start):
    assert plain_answer(lab, name).startswith(start)


def test_a_closing_endpoint_closes_and_a_resetting_one_resets(lab):
    assert plain_answer(lab, "closes-after-hello") == b""
    with pytest.raises(ConnectionResetError):
        plain_answer(lab, "resets-after-hello")


@pytest.mark.parametrize(("version", "alert"), [("1.2", 40), ("1.3", 116)])
def test_a_missing_certificate_is_refused_by_alert_or_by_closing(lab, version, alert):
    by_alert = dial(endpoint(lab, f"requires-certificate-{version}"), wait=True)
    by_close = dial(endpoint(lab, f"refuses-by-close-{version}"), wait=True)
    assert by_alert.asked
    assert by_close.asked
    assert by_alert.alerts == [alert]
    assert by_close.alerts == []


def test_a_late_refusal_comes_after_our_side_is_done(lab):
    seen = dial(endpoint(lab, "refuses-late"), wait=True)
    assert seen.finished
    assert seen.alerts == [116]


@pytest.mark.parametrize("name", ["refuses-by-http", "refuses-by-sip"])
def test_a_refusal_above_tls_names_the_certificate(lab, name):
    say = b"GET / HTTP/1.1\r\n\r\n" if name == "refuses-by-http" else OPTIONS
    seen = dial(endpoint(lab, name), say=say)
    assert seen.asked
    assert b"certificate" in seen.data


@pytest.mark.parametrize("name", ["endless-sip", "endless-http"])
def test_an_endless_answer_goes_on_for_as_long_as_one_reads(lab, name):
    assert len(dial(endpoint(lab, name), say=OPTIONS, wait=True).data) > 1 << 20


@pytest.mark.parametrize(("name", "version"), [("tls1.2-only", "TLSv1.2"), ("tls1.3-only", "TLSv1.3")])
def test_a_port_can_be_held_to_one_version(lab, name, version):
    assert dial(endpoint(lab, name)).version == version
    other = "TLSv1.2" if version == "TLSv1.3" else "TLSv1.3"
    assert dial(endpoint(lab, name), version=other).alerts == [70]


def test_a_long_list_of_cas_and_a_long_chain_arrive_whole(lab):
    assert dial(endpoint(lab, "long-ca-list")).names == 200
    assert len(dial(endpoint(lab, "many-certificates")).chain) == 60


def test_odd_chains_are_presented_as_they_are(lab):
    digicert = lab.worlds["digicert"]
    issuing, root = digicert.issuing.certificate, digicert.root.certificate

    def subjects(name):
        return [parse(der).record.subject for der in dial(endpoint(lab, name)).chain[1:]]

    issuer_name, root_name = (parse_subject(one) for one in (issuing, root))
    assert subjects("unordered-chain") == [root_name, issuer_name]
    assert subjects("duplicate-certificate") == [issuer_name, issuer_name]
    assert subjects("missing-intermediate") == []
    assert subjects("root-included") == [issuer_name, root_name]
    assert subjects("unrelated-certificate")[0] == issuer_name


def parse_subject(certificate):
    from ekuscan.lab.authority import der

    return parse(der(certificate)).record.subject


@pytest.mark.parametrize("flaw", ["empty", "duplicate", "undecodable"])
def test_a_broken_eku_goes_over_the_wire_broken(lab, flaw):
    eku = parse(dial(endpoint(lab, f"eku-{flaw}")).chain[0]).record.eku
    assert (eku.state, eku.flaw) == ("malformed", flaw)


def test_dates_can_be_past_and_in_the_future(lab):
    expired = parse(dial(endpoint(lab, "expired-leaf")).chain[0]).record.not_after
    future = parse(dial(endpoint(lab, "not-yet-valid-leaf")).chain[0]).record.not_before
    assert expired is not None
    assert future is not None
    assert expired < TODAY < future


@pytest.mark.parametrize("name", ["udp-garbage", "udp-silent"])
def test_udp_faults_answer_with_anything_but_sip(lab, name):
    place = endpoint(lab, name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(PATIENCE if name == "udp-garbage" else 0.3)
        plain.sendto(OPTIONS, (place.host, place.port))
        try:
            assert not plain.recv(4096).startswith(b"SIP")
        except TimeoutError:
            assert name == "udp-silent"
    assert place.counters.last_request


@pytest.mark.parametrize("name", ["key-updates", "key-updates-to-answer", "tickets", "empty-data-between-1.2"])
def test_records_sealed_by_hand_are_those_of_the_connection(lab, name):
    seen = dial(endpoint(lab, name), wait=True, patience=1)
    assert seen.finished
    assert "decryption failed" not in seen.error
    assert set(seen.data) <= set(b".")
    assert bool(seen.data) == (name == "empty-data-between-1.2")
