from __future__ import annotations

import pytest
from hypothesis import given

from ekuscan.wire.dialogue import preamble
from ekuscan.wire.exchange import LIMIT
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

FIELDS = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"
ERROR = b"E" + (4 + len(FIELDS)).to_bytes(4, "big") + FIELDS
BARE = b"Ecould not fork new process for connection: no memory\n\0"


def said(*pieces, then="stays"):
    return play(preamble("postgresql", "box.example.com"), *pieces, then=then)


def test_one_request_of_eight_bytes_is_sent():
    outcome = said(b"S")
    assert (outcome.ready, outcome.failure) == (True, None)
    assert outcome.sent == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
    assert (0x04D2, 0x162F) == (1234, 5679)


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"N", "no-starttls", "speaks PostgreSQL and offers no TLS in it"),
        (ERROR, "preamble-refused", "turned us away before TLS could begin: sorry, too many clients already"),
        (BARE, "preamble-refused", "could not fork new process for connection: no memory"),
        (b"E\0\0\0\x04", "preamble-refused", "an error without a message"),
        (b"E\0\0\0\x00\0", "preamble-refused", "turned us away before TLS could begin: "),
        (b"S" + ERROR, "injected", None),
        (ERROR[:9], "stalled", "(9 bytes received)"),
        (b"E\0", "stalled", "(2 bytes received)"),
        (BARE[:-1], "stalled", f"({len(BARE) - 1} bytes received)"),
        (b"E" + b"x" * LIMIT, "too-much", "over 16384 bytes"),
        (b"", "stalled", "(0 bytes received)"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-at-once", "speaks TLS at once, where PostgreSQL was to come first"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not-the-protocol", "something that is not PostgreSQL: HTTP/1.1 400 Bad"),
        (b"?", "not-the-protocol", "something that is not PostgreSQL: ?"),
    ],
)
def test_a_server_that_does_not_get_to_tls_says_why(data, reason, detail):
    outcome = said(data)
    assert (outcome.ready, outcome.reason, outcome.failure.stage) == (False, reason, "preamble")
    assert outcome.detail.endswith(detail or "")
    assert said(*singly(data)) == outcome


@given(mixed(b"S", b"N", ERROR, BARE, ERROR[:5]), cut_places, leavings)
def test_no_peer_makes_the_dialogue_raise_and_no_chopping_changes_what_comes_of_it(spoken, cuts, then):
    whole = said(spoken, then=then)
    assert said(*chopped(spoken, cuts), then=then) == whole
    assert whole.ready is (whole.failure is None)
