from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.model import Alert
from ekuscan.wire.alerts import NAMES
from ekuscan.wire.dtls import (
    MAX_CERTIFICATES,
    MAX_COOKIES,
    MAX_DATAGRAMS,
    MAX_STRAYS,
    MTU,
    Handshake,
    is_dtls,
    records,
)
from ekuscan.wire.dtls_failure import handshake_failure
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import ECDSA_OFFER, RSA_OFFER, SMALL_OFFER
from ekuscan.wire.reasons import REASONS
from ekuscan.wire.request import client_certificate
from tests.dtls_pairs import DTLS_1_0, DTLS_1_2, ServerEnd, Terms, converse
from tests.pki import BOTH, intermediate, issue, name, root
from tests.tls_pairs import NONE, OPTIONAL, REQUIRED, chain, ders

REQUESTS = {NONE: "none", OPTIONAL: "optional", REQUIRED: "required"}
TERMS = [Terms(request=request, cookies=cookies) for request in REQUESTS for cookies in (False, True)]
# A HelloVerifyRequest (RFC 6347 §4.2.1): version, length of the cookie, cookie.
VERIFY = b"\xfe\xff\x04oven"


def judged(client):
    trace = client.trace()
    state = client_certificate(trace)
    return state, handshake_failure(client, trace, state)


def record(content, body, version=b"\xfe\xfd", number=0):
    return bytes([content]) + version + number.to_bytes(8, "big") + len(body).to_bytes(2, "big") + body


def message(kind, body, number):
    size = len(body).to_bytes(3, "big")
    return bytes([kind]) + size + number.to_bytes(2, "big") + bytes(3) + size + body


def asks_for_cookie(number):
    return record(22, message(3, VERIFY, number), b"\xfe\xff", number)


# --- records --------------------------------------------------------------------------------------------------

RECORDS = st.lists(st.builds(record, st.integers(0, 255), st.binary(max_size=300)), max_size=8)


@given(RECORDS)
def test_any_concatenation_of_records_splits_back(flight):
    assert records(b"".join(flight)) == tuple(flight)


@given(st.binary(max_size=400))
def test_splitting_garbage_loses_nothing_and_leaves_one_broken_piece_at_most(noise):
    pieces = records(noise)
    assert b"".join(pieces) == noise
    assert all(len(one) == 13 + int.from_bytes(one[11:13], "big") for one in pieces[:-1])


@given(RECORDS, st.binary(min_size=1, max_size=12))
def test_a_piece_that_is_no_record_comes_last(flight, tail):
    assert records(b"".join(flight) + tail) == (*flight, tail)


@pytest.mark.parametrize(
    ("datagram", "answer"),
    [
        (record(22, b""), True),
        (record(21, b"\x02\x28", b"\xfe\xff"), True),
        (record(23, b"data"), True),
        (record(22, b"", b"\x03\x03"), False),
        (record(24, b""), False),
        (record(19, b""), False),
        (b"\x16\xfe\xfd", False),
        (b"", False),
        # A STUN binding response (RFC 8489 §5).
        (bytes.fromhex("0101000c2112a442") + bytes(12), False),
    ],
)
def test_dtls_is_told_from_what_else_comes_over_udp(datagram, answer):
    assert is_dtls(datagram) is answer


# --- handshakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", TERMS)
def test_the_whole_chain_is_seen_and_what_the_server_asks(terms):
    client, server = converse(terms)
    trace = client.trace()
    state, reason = judged(client)
    assert trace.chain == ders(chain()[:2])
    assert state.request == REQUESTS[terms.request]
    assert (trace.tls.version, trace.offer) == ("DTLSv1.2", "dtls1.0-1.2")
    assert trace.tls.cipher
    assert trace.opened == server.shaken == (terms.request != REQUIRED)
    assert (reason is None) == (terms.request != REQUIRED)


@pytest.mark.parametrize("version", [DTLS_1_0, DTLS_1_2])
def test_a_refused_handshake_still_shows_the_chain(version):
    client, server = converse(Terms(version, REQUIRED))
    trace = client.trace()
    state, reason = judged(client)
    assert server.failed
    assert trace.chain == ders(chain()[:2])
    assert trace.alerts == (Alert("received", "fatal", 40, NAMES[40]),)
    assert (state.request, state.refused_by) == ("required", "alert")
    assert (reason.stage, reason.reason, reason.alert) == ("finish", "certificate-required", 40)


def test_dtls_1_0_is_seen_and_named():
    assert converse(Terms(DTLS_1_0))[0].trace().tls.version == "DTLSv1"


@pytest.mark.parametrize(("offer", "cipher"), [(ECDSA_OFFER, "ECDHE-ECDSA"), (SMALL_OFFER, "ECDHE-ECDSA")])
def test_the_offers_of_tls_can_be_made_over_dtls(offer, cipher):
    assert converse(Terms(), offer=offer)[0].trace().tls.cipher.startswith(cipher)


def test_an_offer_that_the_certificate_does_not_suit_is_refused():
    _, reason = judged(converse(Terms(), offer=RSA_OFFER)[0])
    assert (reason.stage, reason.reason, reason.alert) == ("hello", "alert", 40)


def test_ca_names_of_the_request_are_read_in_order():
    client, _ = converse(Terms(request=OPTIONAL, names=(name("First CA", country="DE"), name("Second, CA"))))
    assert judged(client)[0].ca_names == ("CN=First CA,O=Test,C=DE", r"CN=Second\, CA,O=Test")


def test_the_server_name_is_sent_only_where_there_is_one():
    assert converse(Terms(), server_name="pair.example")[1].connection.get_servername() == b"pair.example"
    assert converse(Terms())[1].connection.get_servername() is None


def big_chain():
    key = rsa.generate_private_key(65537, 4096)
    top = root("Big Root", key=key)
    middle = intermediate("Big Issuing", top, key=key)
    return issue("big.example", middle, key=key, eku=BOTH), middle, top


def test_a_chain_of_4096_bit_certificates_comes_and_goes_in_fragments():
    presented = big_chain()
    key = presented[0].key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ours = Identity("ours", ders(presented), key)
    lengths = []

    def measured(datagrams):
        lengths.extend(map(len, datagrams))
        return datagrams

    terms = Terms(request=REQUIRED, presented=presented, trusted=presented[-1], mtu=512)
    client, server = converse(terms, network=measured, identity=ours)
    trace = client.trace()
    assert trace.chain == ders(presented)
    assert sum(map(len, trace.chain)) > 2 * MTU
    assert max(lengths) <= 512
    assert 1000 < server.largest <= MTU
    assert (trace.opened, trace.presented, trace.identity) == (True, True, "ours")
    assert judged(client)[1] is None


def test_too_many_certificates_are_cut_and_named():
    top = root("Many Root")
    many = tuple(intermediate(f"Many {number}", top) for number in range(MAX_CERTIFICATES))
    client, _ = converse(Terms(presented=(issue("many.example", top), *many)))
    _, reason = judged(client)
    assert len(client.trace().chain) == MAX_CERTIFICATES
    assert (reason.stage, reason.reason) == ("certificate", "too-much")


def test_closing_says_goodbye_once_and_only_in_a_session():
    client, server = converse(Terms())
    server.take(*client.close())
    assert server.left
    assert Handshake(None).close() == ()
    assert converse(Terms(request=REQUIRED))[0].close() == ()


# --- lost, doubled and out of order ---------------------------------------------------------------------------


@pytest.mark.parametrize("terms", TERMS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_datagrams_in_any_order_and_twice_give_the_same_sight(terms, data):
    def shuffled(datagrams):
        doubled = [one for one in datagrams for _ in range(data.draw(st.integers(1, 2)))]
        # Handshake messages wait for their turn. An alert ends all wherever it comes, and a ChangeCipherSpec has no
        # number: one that overtakes is dropped and has to come again.
        return data.draw(st.permutations(doubled)) if all(one[0] == 22 for one in doubled) else doubled

    plainly, _ = converse(terms)
    confused, _ = converse(terms, network=shuffled)
    assert replace(confused.trace(), received=0) == replace(plainly.trace(), received=0)


@pytest.mark.parametrize("terms", TERMS)
@settings(max_examples=25, deadline=None)
@given(lost=st.sets(st.integers(0, 12), min_size=1))
def test_lost_datagrams_end_in_a_failure_at_the_stage_that_was_reached(terms, lost):
    at = 0

    def lossy(datagrams):
        nonlocal at
        arrived = [one for number, one in enumerate(datagrams, at) if number not in lost]
        at += len(datagrams)
        return arrived

    client, _ = converse(terms, network=lossy)
    whole = converse(terms)[0].trace()
    if not client.opened and client.ending is None:
        assert 0 < client.timeout() <= 1
    client.give_up()
    trace, (state, reason) = client.trace(), judged(client)
    assert trace.chain in ((), whole.chain)
    if state.request == "unknown":
        assert reason.reason == "stalled"
        assert reason.stage == ("finish" if trace.chain else "certificate" if trace.hello else "hello")
    else:
        assert (state.request, bool(trace.chain)) == (REQUESTS[terms.request], True)


def test_nothing_is_sent_again_before_its_time_nor_after_the_end():
    client = Handshake(None)
    client.start()
    assert 0 < client.timeout() <= 1
    assert client.retransmit() == ()
    client.give_up()
    assert client.timeout() is None
    assert client.retransmit() == ()
    opened, _ = converse(Terms())
    assert opened.timeout() is None


# --- what is not DTLS, and too much of anything ---------------------------------------------------------------


def test_what_is_not_dtls_never_counts_as_silence():
    client = Handshake(None)
    client.start()
    assert client.receive(b"HTTP/1.1 400 \x1b[31m") == ()
    assert client.receive(b"") == ()
    assert client.ending is None
    client.give_up()
    _, reason = judged(client)
    assert (reason.stage, reason.reason) == ("hello", "not-dtls")
    assert "'HTTP/1.1'" in reason.detail


def test_a_stray_datagram_does_not_end_a_handshake():
    client, _ = converse(Terms(), network=lambda datagrams: [b"\x01\x01stun", *datagrams])
    assert client.opened
    assert client.strays > 0
    assert judged(client)[1] is None


def test_a_peer_that_sends_nothing_but_strays_is_believed():
    client = Handshake(None)
    client.start()
    for _ in range(MAX_STRAYS):
        assert client.ending is None
        client.receive(b"no")
    assert client.ending == "plain"


def test_a_second_cookie_is_sent_back_too_but_not_without_end():
    client = Handshake(None)
    client.start()
    for number in range(MAX_COOKIES):
        (hello,) = client.receive(asks_for_cookie(number))
        assert b"\x04oven" in hello
    client.receive(asks_for_cookie(MAX_COOKIES))
    _, reason = judged(client)
    assert (reason.stage, reason.reason) == ("hello", "cookie-loop")


def test_the_same_cookie_twice_is_one_cookie():
    client = Handshake(None)
    client.start()
    assert client.receive(asks_for_cookie(0))
    for _ in range(2 * MAX_COOKIES):
        assert client.receive(asks_for_cookie(0)) == ()
    assert not client.cookie_loop


@pytest.mark.parametrize(
    ("limit", "datagram"), [(500, record(22, bytes(300))), (1 << 30, record(22, b"")), (500, bytes(600))]
)
def test_what_is_taken_in_is_bounded(limit, datagram):
    client = Handshake(None, limit)
    client.start()
    for _ in range(MAX_DATAGRAMS + 1):
        client.receive(datagram)
    _, reason = judged(client)
    assert (reason.stage, reason.reason) == ("hello", "too-much")
    before = client.received
    assert client.receive(datagram) == ()
    assert client.received == before


def test_a_peer_for_which_all_our_versions_are_too_old_is_not_called_old():
    client = Handshake(None)
    client.start()
    client.receive(record(21, bytes([2, 70]), b"\xfe\xff"))
    _, reason = judged(client)
    assert (reason.stage, reason.reason, reason.alert) == ("hello", "alert", 70)


def test_a_peer_whose_port_is_gone_in_the_middle_has_reset():
    client, server = Handshake(None), ServerEnd(Terms(request=OPTIONAL))
    first, *_ = server.take(*client.start())
    client.receive(first)
    client.peer_left()
    _, reason = judged(client)
    assert (reason.stage, reason.reason) == ("certificate", "reset")


def test_a_goodbye_in_the_middle_is_a_close():
    client = Handshake(None)
    client.start()
    client.receive(record(21, bytes([1, 0])))
    _, reason = judged(client)
    assert (reason.stage, reason.reason) == ("hello", "closed")


def spoilt(kind, share, noise, datagrams):
    at = min(int(share * len(datagrams)), len(datagrams) - 1)
    one = datagrams[at]
    middle = int(share * len(one))
    if kind == "flip":
        put = [one[:middle] + bytes([one[middle] ^ (noise[0] or 1)]) + one[middle + 1 :]]
    elif kind == "cut":
        put = [one[:middle]]
    elif kind == "insert":
        put = [noise, one]
    else:
        put = [one[:middle] + noise + one[middle:]]
    return [*datagrams[:at], *put, *datagrams[at + 1 :]]


@pytest.mark.parametrize("terms", TERMS)
@settings(max_examples=60, deadline=None)
@given(
    wanted=st.integers(0, 2),
    kind=st.sampled_from(("flip", "cut", "insert", "stuff")),
    share=st.floats(0, 1, exclude_max=True),
    noise=st.binary(min_size=1, max_size=300),
)
def test_any_corruption_gives_a_failure_and_never_raises(terms, wanted, kind, share, noise):
    flights = 0

    def spoil(datagrams):
        nonlocal flights
        flights += 1
        return spoilt(kind, share, noise, datagrams) if datagrams and flights - 1 == wanted else datagrams

    client, _ = converse(terms, network=spoil)
    client.give_up()
    state, reason = judged(client)
    assert client.opened or reason is not None
    if reason is not None:
        assert reason.stage in REASONS[reason.reason].stages
        assert reason.detail.isprintable()
    if state.request == "unknown":
        assert reason is not None


@given(st.lists(st.one_of(st.binary(max_size=300), st.builds(record, st.integers(20, 23), st.binary(max_size=300)))))
def test_any_datagrams_for_an_answer_never_raise(noise):
    client = Handshake(None)
    client.start()
    for datagram in noise:
        client.receive(datagram)
    client.give_up()
    assert judged(client)[1] is not None
