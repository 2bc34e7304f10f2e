from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.tlv import elements, oid_text
from ekuscan.wire.dialogue import preamble
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

# As OpenLDAP 2.5 says it, with TLS and without.
SUCCESS = bytes.fromhex("300c 020101 7807 0a0100 0400 0400")
PROTOCOL_ERROR = bytes.fromhex("302a 020101 7825 0a0102 0400 041e") + b"unsupported extended operation"
NOTICE = bytes.fromhex("3024 020100 781f 0a0134 0400 0400 8a16") + b"1.3.6.1.4.1.1466.20036"


def said(*pieces, then="stays"):
    return play(preamble("ldap", "box.example.com"), *pieces, then=then)


def response(code, *, says=b"", number=b"\x01", operation=0x78):
    inner = b"\x0a\x01" + bytes((code,)) + b"\x04\x00\x04" + bytes((len(says),)) + says
    whole = b"\x02" + bytes((len(number),)) + number + bytes((operation, len(inner))) + inner
    return b"\x30" + bytes((len(whole),)) + whole


def test_one_extended_request_is_sent_and_names_starttls():
    sent = said(SUCCESS).sent
    (message,), whole = elements(sent, 0, len(sent))
    (number, request), whole_inside = elements(sent, message.start, message.stop)
    (name,), _ = elements(sent, request.start, request.stop)
    assert whole
    assert whole_inside
    assert (sent[number.start : number.stop], request.tag, name.tag) == (b"\x01", 0x77, 0x80)
    assert sent[name.start : name.stop] == b"1.3.6.1.4.1.1466.20037"
    assert oid_text(bytes.fromhex("2b060104018b3a819c45")) == "1.3.6.1.4.1.1466.20037"


def test_success_means_go():
    for success in (SUCCESS, response(0), SUCCESS.replace(b"\x30\x0c", b"\x30\x84\x00\x00\x00\x0c")):
        outcome = said(success)
        assert (outcome.ready, outcome.failure) == (True, None)


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (PROTOCOL_ERROR, "starttls-refused", "refused to start TLS: 2 protocolError, unsupported extended operation"),
        (response(52), "starttls-refused", "refused to start TLS: 52 unavailable"),
        (response(53, says=b"\x1b[1m"), "starttls-refused", "refused to start TLS: 53 unwillingToPerform, \\x1b[1m"),
        (response(99), "starttls-refused", "refused to start TLS: 99 a result without a name"),
        (NOTICE, "preamble-refused", "turned us away before TLS could begin: 52 unavailable"),
        (response(0, number=b"\x00"), "preamble-refused", None),
        (response(0, number=b"\x02"), "not-the-protocol", None),
        (response(0, operation=0x61), "not-the-protocol", None),
        (SUCCESS + b"\x30", "injected", None),
        (bytes.fromhex("300c 020101 7807 0a0100 0400 0500"), "not-the-protocol", None),
        (bytes.fromhex("300c 020101 7808 0a0100 0400 0400"), "not-the-protocol", None),
        (bytes.fromhex("3006 020101 780130"), "not-the-protocol", None),
        (bytes.fromhex("3080 02010178070a"), "not-the-protocol", "something that is not LDAP: 0\\x80\\x02\\x01\\x01x"),
        (bytes.fromhex("3084 7fffffff 0201"), "not-the-protocol", None),
        (bytes.fromhex("3085 0000000005 0201"), "not-the-protocol", None),
        (bytes.fromhex("3003 020101 7807"), "not-the-protocol", None),
        (b"HTTP/1.1 400 Bad Request\r\n", "not-the-protocol", "something that is not LDAP: HTTP/1.1 400 Bad"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-at-once", "speaks TLS at once, where LDAP was to come first"),
        (SUCCESS[:-1], "stalled", "went silent during the plain-text opening (13 bytes received)"),
        (SUCCESS[:3], "stalled", "went silent during the plain-text opening (3 bytes received)"),
        (b"", "stalled", "went silent during the plain-text opening (0 bytes received)"),
    ],
)
def test_a_server_that_does_not_get_to_tls_says_why(data, reason, detail):
    outcome = said(data)
    assert (outcome.ready, outcome.reason, outcome.failure.stage) == (False, reason, "preamble")
    assert outcome.detail.endswith(detail or "")
    assert said(*singly(data)) == outcome


@given(mixed(SUCCESS, PROTOCOL_ERROR, NOTICE, SUCCESS[:4]), cut_places, leavings)
def test_no_peer_makes_the_dialogue_raise_and_no_chopping_changes_what_comes_of_it(spoken, cuts, then):
    whole = said(spoken, then=then)
    assert said(*chopped(spoken, cuts), then=then) == whole
    assert whole.ready is (whole.failure is None)


@given(st.integers(0, len(PROTOCOL_ERROR) - 1), st.integers(0, 255))
def test_a_response_with_one_wrong_byte_is_never_a_go_ahead(at, value):
    broken = PROTOCOL_ERROR[:at] + bytes((value,)) + PROTOCOL_ERROR[at + 1 :]
    outcome = said(broken)
    assert outcome.ready is (at == 9 and value == 0)
    assert outcome.ready or outcome.detail.isprintable()
