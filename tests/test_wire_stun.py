from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire.stun import StunAnswer, answer, binding_request

TRANSACTION = bytes(range(12))
# As coturn 4.6.1 answers: XOR-MAPPED-ADDRESS, MAPPED-ADDRESS, RESPONSE-ORIGIN, SOFTWARE.
BODY = (
    bytes.fromhex("00200008 0001a51b5e12a443 00010008 000184097f000001 802b0008 000173267f000001 80220014")
    + b"Coturn-4.6.1 'Gorst'"
)
ERROR = bytes.fromhex("00090010 0000040104") + b"Unauthorized\0\0\0"


def message(body, *, kind=0x0101, length=None, cookie=0x2112A442, transaction=TRANSACTION):
    size = len(body) if length is None else length
    return kind.to_bytes(2, "big") + size.to_bytes(2, "big") + cookie.to_bytes(4, "big") + transaction + body


def attribute(kind, value):
    return kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)


def test_one_binding_request_is_sent_that_names_us():
    assert binding_request(TRANSACTION) == (
        b"\x00\x01\x00\x0c\x21\x12\xa4\x42" + TRANSACTION + b"\x80\x22\x00\x07ekuscan\x00"
    )


def test_what_is_sent_stands_in_the_documentation():
    page = (Path(__file__).parents[1] / "docs" / "wire.md").read_text(encoding="utf-8")
    request = binding_request(TRANSACTION)
    assert f"`{request[:8].hex(' ')}`" in page
    assert f"`{request[20:24].hex(' ')}`" in page


def test_the_software_of_a_response_is_read():
    assert answer(message(BODY), TRANSACTION) == StunAnswer(None, "Coturn-4.6.1 'Gorst'")
    assert answer(message(BODY) + b"more of the stream", TRANSACTION) == StunAnswer(None, "Coturn-4.6.1 'Gorst'")
    assert answer(message(BODY[:12]), TRANSACTION) == StunAnswer(None, None)
    assert answer(message(b""), TRANSACTION) == StunAnswer(None, None)


def test_an_error_response_tells_its_code_and_its_software_too():
    body = attribute(0x0009, b"\0\0\x04\x01Unauthorized") + attribute(0x8022, b"Cisco")
    assert answer(message(body, kind=0x0111), TRANSACTION) == StunAnswer(401, "Cisco")
    for broken in (b"", b"\0\0\x04", b"\0\0\x04\xff"):
        assert answer(message(attribute(0x0009, broken), kind=0x0111), TRANSACTION) == StunAnswer(0, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(BODY)[:19],
        message(BODY)[:-1],
        message(BODY, kind=0x0001),
        message(BODY, kind=0x0103),
        message(BODY, cookie=0x2112A443),
        message(BODY, transaction=bytes(12)),
        message(bytes(8192)),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_what_is_no_whole_answer_to_the_request_is_none(data):
    assert answer(data, TRANSACTION) is None


def test_the_first_of_two_attributes_counts_and_a_cut_one_ends_the_reading():
    twice = attribute(0x8022, b"first") + attribute(0x8022, b"second")
    assert answer(message(twice), TRANSACTION).software == "first"
    assert answer(message(attribute(0x8022, b"a") + b"\x80\x22\xff\xffcut"), TRANSACTION).software == "a"


def test_a_hostile_name_is_printable_and_cut():
    found = answer(message(attribute(0x8022, b"\x1b[31m\xff" + b"A" * 3000)), TRANSACTION)
    assert found.software.startswith("\\x1b[31m\\xff")
    assert found.software.isprintable()
    assert len(found.software) < 150


@given(st.binary(max_size=300), st.sampled_from([0x0101, 0x0111]))
def test_no_bytes_make_the_reader_raise(noise, kind):
    for data in (noise, message(noise, kind=kind), message(BODY + noise, kind=kind), message(BODY) + noise):
        found = answer(data, TRANSACTION)
        assert found is None or (found.software or "").isprintable()


@given(st.integers(0, len(message(BODY))))
def test_an_answer_in_pieces_is_read_once_it_is_whole(cut):
    whole = message(BODY)
    assert answer(whole[:cut], TRANSACTION) == (answer(whole, TRANSACTION) if cut == len(whole) else None)
