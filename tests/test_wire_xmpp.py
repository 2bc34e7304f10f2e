from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.wire.dialogue import preamble
from ekuscan.wire.exchange import LIMIT
from ekuscan.wire.xmpp import STARTTLS
from tests.talks import chopped, cut_places, leavings, mixed, play, singly

# As Prosody 0.12 says it.
HEADER = (
    b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'"
    b" xmlns='jabber:client' from='example.com' id='1262851b'>"
)
OFFER = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
FEATURES = b"<stream:features>" + OFFER + b"</stream:features>"
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
HOST_UNKNOWN = (
    b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    b"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>This server does not serve it</text></stream:error>"
    b"</stream:stream>"
)


def said(*pieces, protocol="xmpp-client", host="example.com", then="stays"):
    return play(preamble(protocol, host), *pieces, then=then)


@pytest.mark.parametrize(
    ("protocol", "namespace"), [("xmpp-client", b"jabber:client"), ("xmpp-server", b"jabber:server")]
)
def test_a_stream_is_opened_for_the_domain_and_tls_asked_for(protocol, namespace):
    outcome = said(HEADER, FEATURES, PROCEED, protocol=protocol)
    assert (outcome.ready, outcome.failure) == (True, None)
    assert outcome.sent == (
        b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='" + namespace + b"' "
        b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" + STARTTLS
    )


def test_a_domain_cannot_break_out_of_its_quotes():
    sent = said(host="a'b\"<&>\ud800").sent
    assert b" to='a&apos;b&quot;&lt;&amp;&gt;?' " in sent


def test_features_may_come_in_many_pieces_and_with_other_prefixes():
    whole = HEADER + FEATURES + PROCEED
    assert said(*singly(whole)) == said(whole) == said(HEADER, FEATURES, PROCEED)
    assert said(whole.replace(b"stream:", b"x:")).ready
    assert said(b"\r\n  " + HEADER + b"\n" + FEATURES + b" " + PROCEED.replace(b"/>", b"></proceed>")).ready


def test_a_bracket_in_quotes_ends_no_tag():
    assert said(HEADER.replace(b"1262851b", b'a > b </x> " <'), FEATURES, PROCEED).ready
    assert said(HEADER.replace(b"'1262851b'", b'"a > b </x> \' <"'), FEATURES, PROCEED).ready


def test_other_features_and_what_stands_deeper_offer_no_tls():
    deep = b"<stream:features><x><starttls/></x><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
    assert said(HEADER, deep).reason == "no-starttls"
    assert said(HEADER, b"<stream:features/>").detail == "speaks XMPP and offers no TLS in it"


def test_what_comes_before_the_features_is_passed_over():
    assert said(HEADER, b"<db:verify from='a'>starttls</db:verify><message><starttls/></message>", FEATURES).sent
    outcome = said(HEADER, PROCEED, FEATURES, PROCEED)
    assert outcome.ready
    assert outcome.sent.count(STARTTLS) == 1


@pytest.mark.parametrize(
    ("pieces", "reason", "detail"),
    [
        ((HEADER, HOST_UNKNOWN), "preamble-refused", "stream error host-unknown"),
        ((HEADER, FEATURES, HOST_UNKNOWN), "preamble-refused", "stream error host-unknown"),
        ((HEADER, b"<stream:error><text>no</text><x/>"), "preamble-refused", "stream error x"),
        ((HEADER, b"<stream:error/>"), "preamble-refused", "stream error without a name"),
        ((HEADER, b"<stream:error>not XML\n</stream:error>"), "preamble-refused", "stream error without a name"),
        ((HEADER, b"</stream:stream>"), "preamble-refused", "it ended the stream"),
        ((HEADER[:-1] + b"/>",), "preamble-refused", "it ended the stream"),
        ((HEADER, FEATURES, b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), "starttls-refused", "XMPP failure"),
        ((HEADER, FEATURES, PROCEED, b"\n"), "injected", ""),
        ((HEADER, FEATURES, PROCEED + b"<iq/>"), "injected", ""),
        ((b"<html><body>400</body></html>",), "not-the-protocol", "<html>"),
        ((b"<!DOCTYPE x [<!ENTITY a 'b'>]>",), "not-the-protocol", "<!DOCTYPE x ["),
        ((HEADER, b"<!ENTITY a 'bbbb'>"), "not-the-protocol", "<!ENTITY a 'bbbb"),
        ((HEADER, b"<![CDATA[x]]>"), "not-the-protocol", "<![CDATA[x]]>"),
        ((HEADER, b"<?php what ?>"), "not-the-protocol", "<?php what ?>"),
        ((HEADER, b"<a></b>"), "not-the-protocol", "</b>"),
        ((b"</a>",), "not-the-protocol", "</a>"),
        ((HEADER, b"<a <b>"), "not-the-protocol", ": <a"),
        ((HEADER, b"< a>"), "not-the-protocol", "< a>"),
        ((b"\nwords<a>",), "not-the-protocol", "words"),
        ((HEADER, b"words <a>"), "not-the-protocol", "words"),
        ((b"HTTP/1.1 400 Bad Request\r\n",), "not-the-protocol", "HTTP/1.1 400 Bad"),
        ((b"ok",), "not-the-protocol", "ok"),
        ((b"\x15\x03\x03\x00\x02\x02\x28",), "tls-at-once", "speaks TLS at once, where XMPP was to come first"),
        ((b"<stream:stream id='" + b">" * LIMIT,), "too-much", "over 16384 bytes"),
        ((HEADER, b"<a>" * LIMIT), "too-much", "over 16384 bytes"),
        ((HEADER,), "stalled", f"({len(HEADER)} bytes received)"),
        ((HEADER, FEATURES), "stalled", f"({len(HEADER + FEATURES)} bytes received)"),
        ((), "stalled", "(0 bytes received)"),
    ],
)
def test_a_server_that_does_not_get_to_tls_says_why(pieces, reason, detail):
    outcome = said(*pieces)
    assert (outcome.ready, outcome.reason, outcome.failure.stage) == (False, reason, "preamble")
    assert outcome.detail.endswith(detail)
    assert said(*singly(b"".join(pieces))) == outcome


def test_no_entity_is_ever_expanded():
    bomb = b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><stream:stream id='&b;'>"
    assert said(bomb).reason == "not-the-protocol"
    assert said(HEADER.replace(b"1262851b", b"&b;"), FEATURES, PROCEED).ready


def test_a_server_that_leaves_is_told_from_one_that_goes_silent():
    assert said(HEADER, then="closes").reason == "closed"
    assert said(HEADER, then="resets").reason == "reset"


@given(mixed(HEADER, FEATURES, OFFER, PROCEED, HOST_UNKNOWN, b"<", b">", b"'", b'"', b"/>"), cut_places, leavings)
def test_no_peer_makes_the_dialogue_raise_and_no_chopping_changes_what_comes_of_it(spoken, cuts, then):
    whole = said(spoken, then=then)
    assert said(*chopped(spoken, cuts), then=then) == whole
    assert whole.ready is (whole.failure is None)


@given(st.text(alphabet="<>/='\" abstream:eurpocd", max_size=200), cut_places)
def test_anything_that_looks_like_tags_is_read_the_same_in_any_pieces(text, cuts):
    spoken = HEADER + text.encode()
    assert said(*chopped(spoken, cuts)) == said(spoken)
