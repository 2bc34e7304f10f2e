"""Reading what an Expressway's API answers: leniently, and never with a traceback."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.appliance.expressway import MAX_PEERS, MAX_ZONES, read_chain, read_release, read_zones
from ekuscan.appliance.requests import request_table
from ekuscan.imports.zone import Zone
from tests.pki import pem, root

ROWS = {row.path.rpartition("provisioning/")[2]: row for row in request_table().requests if row.gives == "zones"}
NEIGHBOR = ROWS["common/zone/neighborzone"]
CLIENT = ROWS["controller/zone/unifiedcommunicationstraversal"]
SERVER = ROWS["edge/zone/unifiedcommunicationstraversal"]
ROOT = root()


def zones(content, row=NEIGHBOR):
    return read_zones(json.dumps(content).encode(), row)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"SoftwareVersion": "X15.4"}', "X15.4"),
        (b'[{"peer": "1", "records": [{"software_version": "x14.3.7"}]}]', "X14.3.7"),
        (b'{"api_version": "1", "Version": "X15.0.2 (Test SW)"}', "X15.0.2"),
        (b'{"Version": "oak_v15.0.2", "Build": "X15.4"}', None),
        (b'<Status><SystemUnit><Software item="1"><Version item="1">X8.11.3</Version></Software>', "X8.11.3"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "X15.4">]><Version>&b;</Version>', None),
        (b'{"Version": "X15"}', None),
        (b'{"Version": "X15.4.1.2.3.4.5.6"}', None),
        (b"<html>log in</html>", None),
        (b"", None),
    ],
)
def test_the_release_is_found_under_whatever_key_names_a_version(body, told):
    assert read_release(body) == told


def test_a_zone_is_read_in_the_form_of_the_published_sample():
    content = [
        {
            "Status": "Active",
            "Name": "MRA Traversal",
            "PeerAddress": ["e1.example.com", "e2.example.com"],
            "AuthenticationUserName": "traversal",
            "SIPPort": 7001,
        }
    ]
    zone = Zone("MRA Traversal", "uc-traversal", "this", ("e1.example.com", "e2.example.com"))
    assert zones(content, CLIENT) == (zone,)


def test_the_answering_end_of_a_zone_knows_its_peer_by_the_name_in_its_certificate():
    content = [{"Name": "MRA", "SIPTLSVerifySubjectName": "c1.example.com", "PeerAddress": "192.0.2.9"}]
    assert zones(content, SERVER) == (Zone("MRA", "uc-traversal", "peer", ("c1.example.com",)),)


@pytest.mark.parametrize("key", ["SIPTLSVerifyMode", "sip_tls_verify_mode", "TLSVerifyMode", "SIP TLS Verify Mode"])
@pytest.mark.parametrize(("word", "told"), [("On", "on"), ("off", "off"), ("maybe", None), (1, None)])
def test_tls_verify_is_read_however_its_key_is_spelt(key, word, told):
    (zone,) = zones([{"Name": "n", key: word}])
    assert zone.tls_verify == told


@pytest.mark.parametrize(
    "peers",
    [
        "a.example",
        ["a.example"],
        [{"address": "a.example"}],
        {"Address": " a.example "},
        ["a.example", "a.example", ""],
    ],
)
def test_peers_are_read_in_every_likely_form(peers):
    (zone,) = zones([{"PeerAddress": peers}])
    assert zone.peers == ("a.example",)


def test_numbered_peers_are_read_in_their_order():
    (zone,) = zones([{"Peer1Address": "a", "Peer2Address": "b"}])
    assert zone.peers == ("a", "b")


def test_a_zone_without_sip_is_left_out():
    assert zones([{"Name": "h323", "SIPMode": "Off"}, {"Name": "sip", "SIPMode": "On", "SIPTransport": "TCP"}]) == (
        Zone("sip", "neighbor-zone", "either", (), "tcp"),
    )


def test_no_zone_is_an_answer_and_another_form_is_none():
    assert zones([]) == zones({}) == zones({"records": []}) == ()
    assert [zones(content) for content in ("text", 1, None, [1], ["a"])] == [None] * 5
    assert read_zones(b"<html>", NEIGHBOR) is None


def test_what_is_read_is_bounded_and_printable():
    content = [{"Name": "\x1b[31m" + "n" * 900, "PeerAddress": [f"\u202e{i}" for i in range(99)]}] * (MAX_ZONES + 5)
    read = zones(content)
    assert read is not None
    assert len(read) == MAX_ZONES
    assert len(read[0].peers) == MAX_PEERS
    assert (read[0].name + "".join(read[0].peers)).isprintable()
    assert len(read[0].name) < 200


def test_certificates_come_out_of_the_text_that_they_stand_in():
    assert read_chain(b"text\r\n" + pem(ROOT.der, ROOT.der)) == (ROOT.der, ROOT.der)
    assert read_chain(b"<html>log in</html>") is None
    assert read_chain(pem(ROOT.der)[:200]) is None


@given(st.binary(max_size=300))
def test_no_body_makes_a_reader_raise(body):
    for wrapped in (body, b'{"version": ' + body + b"}", b"<version>" + body + b"</version>", b"[" + body + b"]"):
        read_release(wrapped)
        read_zones(wrapped, NEIGHBOR)
    read_chain(b"-----BEGIN CERTIFICATE-----" + body + b"-----END CERTIFICATE-----")


_KEYS = st.sampled_from(["Name", "PeerAddress", "SIPMode", "SIPTransport", "TLSVerifyMode", "records", "version"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=9), inner, max_size=4),
)


@given(_JSON)
def test_any_json_gives_printable_zones_or_none(content):
    body = json.dumps(content).encode()
    assert isinstance(read_release(body), str | None)
    for row in (NEIGHBOR, SERVER):
        for zone in read_zones(body, row) or ():
            assert zone.name.isprintable()
            assert all(peer.isprintable() and peer for peer in zone.peers)
            assert zone.tls_verify in (None, "on", "off")


def test_json_without_bottom_is_no_answer():
    assert read_release(b"[" * 500_000) is None
    assert read_zones(b'{"a":' * 200_000, NEIGHBOR) is None
    assert read_release(b'{"version": ' + b"9" * 50_000 + b"}") is None
