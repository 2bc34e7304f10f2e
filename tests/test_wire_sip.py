from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire import sip
from ekuscan.wire.banner import banner_rows, identify

OK = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS a\r\nServer: TANDBERG/4137 (X15.4)\r\nContent-Length: 0\r\n\r\n"
TRYING = b"SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n"


def test_the_request_is_one_complete_options_that_no_proxy_passes_on():
    text = sip.options("exp-e1.example.com", 5061, "TLS", ("192.0.2.7", 40000), "abc").decode()
    head, _, body = text.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "OPTIONS sip:exp-e1.example.com:5061;transport=tls SIP/2.0"
    assert "Max-Forwards: 0" in lines
    assert "Via: SIP/2.0/TLS 192.0.2.7:40000;branch=z9hG4bKabc;rport" in lines
    assert "CSeq: 1 OPTIONS" in lines
    assert lines[-1] == "Content-Length: 0"
    assert body == ""


def test_addresses_of_ipv6_stand_in_brackets():
    text = sip.options("2001:db8::1", 5060, "UDP", ("2001:db8::2", 5), "abc").decode()
    assert text.startswith("OPTIONS sip:[2001:db8::1]:5060 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::2]:5;")


def test_over_tcp_the_request_says_so_everywhere():
    lines = sip.options("cucm.example.com", 5060, "TCP", ("192.0.2.7", 40000), "abc").decode().split("\r\n")
    assert lines[0] == "OPTIONS sip:cucm.example.com:5060;transport=tcp SIP/2.0"
    assert "Via: SIP/2.0/TCP 192.0.2.7:40000;branch=z9hG4bKabc;rport" in lines
    assert "Contact: <sip:ekuscan@192.0.2.7:40000;transport=tcp>" in lines


def test_a_host_with_odd_characters_breaks_no_line():
    assert b"\xff" not in sip.options("b\xfccher.example", 5061, "TLS", ("::1", 5), "abc")


def test_a_provisional_response_is_not_decisive():
    assert sip.decisive(TRYING) is None
    assert sip.decisive(TRYING + OK).status == 200
    assert sip.decisive(OK).agent == "TANDBERG/4137 (X15.4)"


def test_a_refusal_still_carries_the_header():
    reply = sip.decisive(b"SIP/2.0 483 Too Many Hops\r\nserver : Cisco-CUCM14.0\r\n\r\n")
    assert (reply.status, reply.agent, reply.refused) == (483, "Cisco-CUCM14.0", False)


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        (b"SIP/2.0 403 Client certificate required", True),
        (b"SIP/2.0 403 Forbidden", False),
        (b"SIP/2.0 200 certificate fine", False),
        (b"SIP/2.0 603", False),
    ],
)
def test_only_a_refusal_that_names_the_certificate_is_one_for_want_of_it(line, refused):
    assert sip.decisive(line + b"\r\nContent-Length: 0\r\n\r\n").refused is refused


def test_a_request_of_the_peer_names_its_user_agent():
    request = b"OPTIONS sip:x SIP/2.0\r\nUser-Agent: Cisco-CUCM12.5\r\nContent-Length: 3\r\n\r\nabc"
    assert [message.agent for message in sip.messages(request + OK)] == ["Cisco-CUCM12.5", "TANDBERG/4137 (X15.4)"]


def test_bare_line_ends_between_messages_are_keep_alives():
    assert sip.decisive(b"\r\n\r\n" + OK).status == 200
    assert sip.decisive(OK.replace(b"\r\n", b"\n")).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        OK[:-1],
        b"SIP/2.0 2000 OK\r\n\r\n",
        b"SIP/3.0 200 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\nServer: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_complete_message_gives_none(data):
    assert list(sip.messages(data)) == []


def test_a_body_longer_than_anything_ends_the_reading():
    assert len(list(sip.messages(b"SIP/2.0 200 OK\r\nl: 999999\r\n\r\n" + OK))) == 1
    assert len(list(sip.messages(b"SIP/2.0 200 OK\r\nContent-Length: -5\r\n\r\n" + OK))) == 2


def test_the_number_of_messages_is_bounded():
    assert len(list(sip.messages(TRYING * 100))) == sip.MAX_MESSAGES


@given(st.binary(max_size=600))
def test_no_bytes_make_the_reader_raise(noise):
    for data in (noise, OK[:40] + noise, b"SIP/2.0 200 " + noise + b"\r\n\r\n", noise + OK):
        for message in sip.messages(data):
            assert message.status is None or 0 <= message.status <= 999
            assert identify(message.agent or "").raw.isprintable()


@given(st.integers(0, len(TRYING + OK)))
def test_a_reply_in_pieces_is_decided_only_when_it_is_whole(cut):
    whole = TRYING + OK
    early = sip.decisive(whole[:cut])
    assert early is None or early == sip.decisive(whole)


@pytest.mark.parametrize(
    ("agent", "product", "release"),
    [
        ("TANDBERG/4135 (X8.10.2)", "expressway", "X8.10.2"),
        ("TANDBERG/4352 (X8.10.2-b2bua-1.0)", "expressway", "X8.10.2"),
        ("TANDBERG/4140 (X15.4)", "expressway", "X15.4"),
        ("TANDBERG/518 (TC7.3.21)", "other", None),
        ("Cisco-CUCM14.0", "cucm", "14.0"),
        ("Cisco-CUCM", "other", None),
        ("Cisco-SIPGateway/IOS-17.12.4", "cube", "17.12.4"),
        ("Cisco-SIPGateway/IOS-17.14.1a", "cube", "17.14.1a"),
        ("Cisco-SIPGateway/IOS-17.12.20230331.111639", "cube", "17.12"),
        ("Cisco-SIPGateway/IOS-12.x", "cube", None),
        ("Cisco-SIPGateway/IOS-26.1.1", "cube", "26.1.1"),
        ("Acano CallBridge", "cms", None),
        ("kamailio (5.6.3 (x86_64/linux))", "other", None),
        ("", "other", None),
    ],
)
def test_a_banner_tells_product_and_release_as_the_field_writes_them(agent, product, release):
    found = identify(agent)
    assert (found.product, found.release, found.raw) == (product, release, agent)


def test_every_sample_of_the_table_matches_its_own_row():
    rows = banner_rows()
    for row in rows:
        assert row.seen
        for sample in row.seen:
            assert next(one for one in rows if one.pattern.match(sample)) is row


def test_a_hostile_banner_is_made_printable_and_short():
    found = identify("\x1b[31m" + "A" * 5000)
    assert found.raw.isprintable()
    assert len(found.raw) < 300
