from __future__ import annotations

import pytest
from hypothesis import given

from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.ssh import SshGreeting
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

GREETING = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n"


def said(*pieces, then="stays"):
    greeting = SshGreeting()
    return greeting, play(greeting, *pieces, then=then)


@pytest.mark.parametrize(
    "data",
    [
        GREETING,
        GREETING.replace(b"\r\n", b"\n"),
        b"Welcome.\r\n\r\nNo SSH- in this line\r\n" + GREETING,
        GREETING + b"\x00\x00\x04\x3c\x06\x14 key exchange, which is not ours",
    ],
)
def test_an_identification_string_is_read_and_nothing_is_said(data):
    for pieces in ((data,), singly(data)):
        greeting, outcome = said(*pieces)
        assert (outcome.ready, outcome.failure, outcome.sent, outcome.rest) == (True, None, b"", b"")
        assert greeting.agent == "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10"


def test_an_identification_string_is_printable():
    greeting, outcome = said(b"SSH-1.99-Cisco-1.25\x1b[31m\xff\n")
    assert outcome.ready
    assert greeting.agent == "SSH-1.99-Cisco-1.25\\x1b[31m\xff"


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"220 mail.example.com ESMTP\r\n", "not-the-protocol", "something that is not SSH: 220 mail.example"),
        (b"\r\n\r\n", "not-the-protocol", "something that is not SSH: an empty line"),
        (b"HTTP", "not-the-protocol", "something that is not SSH: HTTP"),
        (b"SSH-nonsense\r\n", "not-the-protocol", "something that is not SSH: SSH-nonsense"),
        (b"SSH-2.0-" + b"a" * 300 + b"\r\n", "not-the-protocol", "something that is not SSH: SSH-2.0-aaaaaaaa"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-at-once", "speaks TLS at once, where SSH was to come first"),
        (b"hello\n" * LIMIT, "too-much", "during the plain-text opening: over 16384 bytes"),
        (b"SS", "stalled", "(2 bytes received)"),
        (GREETING[:-1], "stalled", f"({len(GREETING) - 1} bytes received)"),
        (b"", "no-greeting", "where SSH greets: perhaps TLS comes at once (tls://)"),
    ],
)
def test_what_greets_otherwise_is_named(data, reason, detail):
    greeting, outcome = said(data)
    assert (outcome.ready, outcome.reason, greeting.agent) == (False, reason, None)
    assert outcome.detail.endswith(detail)
    assert said(*singly(data))[1] == outcome


def test_a_server_that_leaves_is_told_from_one_that_goes_silent():
    assert said(then="closes")[1].reason == "closed"
    assert said(b"SSH-", then="resets")[1].reason == "reset"
    assert said(b"what", then="closes")[1].reason == "not-the-protocol"


@given(mixed(GREETING, GREETING[:9], b"SSH-", b"Welcome\r\n"), cut_places, leavings)
def test_no_peer_makes_the_reader_raise_and_no_chopping_changes_what_comes_of_it(spoken, cuts, then):
    greeting, whole = said(spoken, then=then)
    again, pieces = said(*chopped(spoken, cuts), then=then)
    assert (pieces, again.agent) == (whole, greeting.agent)
    assert (greeting.agent is not None) is whole.ready or whole.reason == "too-much"
    assert (greeting.agent or "").isprintable()
