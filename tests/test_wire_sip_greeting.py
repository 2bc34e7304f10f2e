from __future__ import annotations

import pytest
from hypothesis import given

from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.sip_greeting import SipGreeting
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

TRYING = b"SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n"
OK = b"SIP/2.0 200 OK\r\nServer: Cisco-CUCM14.0\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"SIP/2.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
REQUEST = b"OPTIONS sip:us SIP/2.0\r\nUser-Agent: Cisco-CUCM15.0\r\nContent-Length: 0\r\n\r\n"


def said(*pieces, then="stays"):
    greeting = SipGreeting("cucm.example.com", 5060, ("192.0.2.9", 40000), "abc")
    return greeting, play(greeting, *pieces, then=then)


def test_one_options_is_sent_over_tcp():
    lines = said(OK)[1].sent.decode().split("\r\n")
    assert lines[0] == "OPTIONS sip:cucm.example.com:5060;transport=tcp SIP/2.0"
    assert "Via: SIP/2.0/TCP 192.0.2.9:40000;branch=z9hG4bKabc;rport" in lines
    assert "Max-Forwards: 0" in lines


@pytest.mark.parametrize(
    ("data", "agent"),
    [
        (OK, "Cisco-CUCM14.0"),
        (b"\r\n\r\n" + TRYING + OK, "Cisco-CUCM14.0"),
        (REFUSED, None),
        (REFUSED + OK, None),
        (REQUEST + REFUSED, "Cisco-CUCM15.0"),
        (OK + REQUEST, "Cisco-CUCM14.0"),
    ],
)
def test_a_final_response_of_any_status_ends_the_talk_with_the_software_named_until_then(data, agent):
    for pieces in ((data,), singly(data)):
        greeting, outcome = said(*pieces)
        assert (outcome.ready, outcome.failure, outcome.rest) == (True, None, b"")
        assert greeting.agent == agent


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "not-the-protocol", "something that is not SIP: HTTP/1.1 400 Bad"),
        (b"SSH-2.0-Cisco-1.25\r\n", "not-the-protocol", "something that is not SIP: SSH-2.0-Cisco-1."),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-at-once", "speaks TLS at once, where SIP was to come first"),
        (OK[:30] + b"a" * LIMIT, "too-much", "over 16384 bytes"),
        (TRYING, "stalled", f"({len(TRYING)} bytes received)"),
        (b"\r\n", "stalled", "(2 bytes received)"),
        (b"SI", "stalled", "(2 bytes received)"),
        (b"", "stalled", "(0 bytes received)"),
    ],
)
def test_what_answers_otherwise_is_named(data, reason, detail):
    greeting, outcome = said(data)
    assert (outcome.ready, outcome.reason, greeting.agent) == (False, reason, None)
    assert outcome.detail.endswith(detail)
    assert said(*singly(data))[1] == outcome


def test_a_server_that_leaves_is_told_from_one_that_goes_silent():
    assert said(TRYING, then="closes")[1].reason == "closed"
    assert said(then="resets")[1].reason == "reset"


@given(mixed(OK, OK[:30], TRYING, REFUSED, REQUEST), cut_places, leavings)
def test_no_peer_makes_the_reader_raise_and_no_chopping_changes_what_comes_of_it(spoken, cuts, then):
    greeting, whole = said(spoken, then=then)
    again, pieces = said(*chopped(spoken, cuts), then=then)
    assert pieces == whole
    assert again.agent == greeting.agent
