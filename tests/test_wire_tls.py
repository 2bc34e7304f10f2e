from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.model import Alert, ClientCertificate
from ekuscan.wire.alerts import NAMES, alert_name, refuses_without_certificate
from ekuscan.wire.identity import Identity
from ekuscan.wire.offer import DEFAULT_OFFER, Offer
from ekuscan.wire.openssl import MAX_CERTIFICATES
from ekuscan.wire.question import QUESTIONS
from ekuscan.wire.reasons import REASONS, failure
from ekuscan.wire.request import client_certificate, handshake_failure
from ekuscan.wire.tls import Handshake
from ekuscan.wire.trace import Trace
from tests.pki import BOTH, SERVER_AUTH, intermediate, issue, name, root, rsa_key
from tests.tls_pairs import NONE, OPTIONAL, REQUIRED, ServerEnd, Terms, chain, converse, ders

VERSIONS = ("1.2", "1.3")
REQUESTS = {NONE: "none", OPTIONAL: "optional", REQUIRED: "required"}
TERMS = [Terms(version, request) for version in VERSIONS for request in REQUESTS]
WEAK_OFFER = Offer("weak", "TLSv1", "TLSv1.3", DEFAULT_OFFER.ciphers, DEFAULT_OFFER.suites, DEFAULT_OFFER.groups)


def judged(trace):
    state = client_certificate(trace)
    return state, handshake_failure(trace, state)


@pytest.mark.parametrize("terms", TERMS)
def test_the_whole_chain_is_seen_and_what_the_server_asks(terms):
    client, _ = converse(terms)
    trace = client.trace()
    state, reason = judged(trace)
    assert trace.chain == ders(chain()[:2])
    assert state.request == REQUESTS[terms.request]
    assert trace.tls.version == f"TLSv{terms.version}"
    assert trace.tls.cipher
    assert trace.offer == "tls1.2-1.3"
    assert (reason is None) == (terms.request != REQUIRED)


@pytest.mark.parametrize(("version", "alert"), [("1.2", 40), ("1.3", 116)])
def test_a_refused_handshake_still_shows_the_chain(version, alert):
    client, server = converse(Terms(version, REQUIRED))
    trace = client.trace()
    state, reason = judged(trace)
    assert server.failed
    assert trace.chain == ders(chain()[:2])
    assert trace.alerts == (Alert("received", "fatal", alert, NAMES[alert]),)
    assert (state.request, state.refused_by) == ("required", "alert")
    assert (reason.stage, reason.reason, reason.alert) == ("finish", "certificate-required", alert)


def test_our_side_of_tls_1_3_is_done_before_the_refusal():
    client, _ = converse(Terms("1.3", REQUIRED))
    assert client.opened
    assert not client.accepted


@pytest.mark.parametrize("version", VERSIONS)
def test_a_peer_that_closes_on_our_empty_certificate_refuses_it(version):
    client = Handshake(DEFAULT_OFFER, None)
    server = ServerEnd(Terms(version, REQUIRED))
    client.receive(server.take(client.start()))
    client.peer_left(reset=True)
    state, reason = judged(client.trace())
    assert (state.request, state.refused_by) == ("required", "close")
    assert "closed" in reason.detail


def test_silence_after_tls_1_3_is_no_consent():
    client = Handshake(DEFAULT_OFFER, None)
    server = ServerEnd(Terms("1.3", OPTIONAL))
    client.receive(server.take(client.start()))
    state, reason = judged(client.trace())
    assert client.opened
    assert state.request == "unknown"
    assert (reason.stage, reason.reason) == ("after", "request-undecided")


def test_an_end_after_we_have_spoken_is_no_refusal():
    client = Handshake(DEFAULT_OFFER, None)
    server = ServerEnd(Terms("1.3", OPTIONAL))
    client.receive(server.take(client.start()))
    assert client.write(b"OPTIONS")
    client.peer_left(reset=False)
    state, reason = judged(client.trace())
    assert state.request == "unknown"
    assert reason.reason == "request-undecided"


@pytest.mark.parametrize("version", VERSIONS)
def test_ca_names_of_the_request_are_read_in_order(version):
    names = (name("First CA", country="DE"), name("Second, CA"))
    trace = converse(Terms(version, OPTIONAL, names))[0].trace()
    assert trace.ca_names == tuple(one.public_bytes() for one in names)
    assert judged(trace)[0].ca_names == ("CN=First CA,O=Test,C=DE", r"CN=Second\, CA,O=Test")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_without_ca_names_is_a_request(version):
    trace = converse(Terms(version, OPTIONAL))[0].trace()
    assert trace.asked
    assert trace.ca_names == ()


def test_hostile_ca_names_are_printable():
    trace = converse(Terms("1.3", OPTIONAL, (name("red\x1b[31m\u202e"),)))[0].trace()
    (text,) = judged(trace)[0].ca_names
    assert text.isprintable()


def test_the_server_name_is_sent_only_where_there_is_one():
    _, with_name = converse(Terms(), server_name="pair.example")
    _, without = converse(Terms())
    assert with_name.connection.get_servername() == b"pair.example"
    assert without.connection.get_servername() is None


def test_a_weak_certificate_is_seen_not_refused():
    weak = issue("weak.example", key=rsa_key("weak"), digest=hashes.SHA256())
    trace = converse(Terms("1.2", presented=(weak,)))[0].trace()
    assert trace.chain == (weak.der,)
    assert trace.opened


def test_a_chain_is_kept_as_it_was_sent():
    leaf, middle, top = chain()
    presented = (leaf, top, middle, middle)
    for version in VERSIONS:
        assert converse(Terms(version, presented=presented))[0].trace().chain == ders(presented)


def test_too_many_certificates_are_cut_and_named():
    top = root("Many Root")
    many = tuple(intermediate(f"Many {number}", top) for number in range(MAX_CERTIFICATES))
    trace = converse(Terms(presented=(issue("many.example", top), *many)))[0].trace()
    _, reason = judged(trace)
    assert len(trace.chain) == MAX_CERTIFICATES
    assert (reason.stage, reason.reason) == ("certificate", "too-much")


def test_another_offer_is_another_row():
    assert converse(Terms("1.0"), offer=WEAK_OFFER)[0].trace().tls.version == "TLSv1"
    state, reason = judged(converse(Terms("1.0"))[0].trace())
    assert (reason.stage, reason.reason) == ("hello", "old-version")
    assert state.request == "unknown"


def test_the_first_flight_fits_one_segment():
    assert len(Handshake(DEFAULT_OFFER, "a" * 60 + ".example").start()) < 1200


def test_what_is_taken_in_is_bounded():
    client, _ = converse(Terms(), limit=500)
    trace = client.trace()
    assert judged(trace)[1].reason == "too-much"
    assert client.receive(b"more") == b""


@pytest.mark.parametrize("terms", TERMS)
def test_application_data_reaches_the_server_and_comes_back(terms):
    client, server = converse(terms, say=b"hello", reply=b"world")
    if terms.request == REQUIRED:
        assert server.heard == b""
    else:
        assert (server.heard, bytes(client.answer)) == (b"hello", b"world")
        assert client.trace().spoke


def test_closing_says_goodbye_once_and_only_in_a_session():
    client, server = converse(Terms())
    assert client.close()
    server.take(b"")
    assert Handshake(DEFAULT_OFFER, None).close() == b""
    refused, _ = converse(Terms("1.2", REQUIRED))
    assert refused.close() == b""


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "plain-http"),
        (b"SIP/2.0 400 Bad Request\r\n\r\n", "plain-sip"),
        (b"SSH-2.0-OpenSSH\r\n", "not-tls"),
        (b"\x16\x02\x00\x00\x05hello", "not-tls"),
        (b"\0" * 20, "not-tls"),
    ],
)
@given(shares=st.lists(st.floats(0, 1, exclude_max=True), max_size=12))
def test_a_peer_without_tls_is_told_by_its_first_bytes_however_they_come(first, reason, shares):
    client = Handshake(DEFAULT_OFFER, None)
    client.start()
    for piece in pieces(shares, first):
        client.receive(piece)
    client.peer_left(reset=False)
    trace = client.trace()
    found = handshake_failure(trace, client_certificate(trace), client.plain)
    assert (found.stage, found.reason) == ("hello", reason)
    assert found.detail.isprintable()
    assert first.startswith(client.plain)


@pytest.mark.parametrize("first", [b"2", b"220", b"\x16\x02"])
def test_few_bytes_without_tls_are_told_at_the_end(first):
    for end in (lambda one: one.peer_left(reset=True), Handshake.give_up):
        client = Handshake(DEFAULT_OFFER, None)
        client.start()
        client.receive(first)
        end(client)
        trace = client.trace()
        assert handshake_failure(trace, client_certificate(trace), client.plain).reason == "not-tls"


def test_a_single_byte_that_could_be_tls_is_not_called_something_else():
    client = Handshake(DEFAULT_OFFER, None)
    client.start()
    client.receive(b"\x16")
    client.give_up()
    assert judged(client.trace())[1].reason == "stalled"


# Where to cut, as shares of a flight: what a server sends differs in length from one handshake to the next.
SHARES = st.lists(st.floats(0, 1, exclude_max=True), max_size=12)


def pieces(shares, whole):
    cuts = sorted({int(share * len(whole)) for share in shares} - {0})
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


@pytest.mark.parametrize("terms", TERMS)
@settings(max_examples=20, deadline=None)
@given(shares=SHARES)
def test_any_chopping_of_the_stream_gives_the_same_sight(terms, shares):
    at_once, _ = converse(terms, say=b"x", reply=b"y")
    chopped, _ = converse(terms, say=b"x", reply=b"y", cut=lambda flight: pieces(shares, flight))
    assert replace(chopped.trace(), received=0) == replace(at_once.trace(), received=0)


@pytest.mark.parametrize("terms", TERMS)
def test_a_stream_of_single_bytes_gives_the_same_sight(terms):
    at_once, _ = converse(terms)
    single, _ = converse(terms, cut=lambda flight: [bytes([byte]) for byte in flight])
    assert replace(single.trace(), received=0) == replace(at_once.trace(), received=0)


def spoilt(kind, share, noise, flight):
    at = int(share * len(flight))
    if kind == "flip":
        return [flight[:at] + bytes([flight[at] ^ (noise[0] or 1)]) + flight[at + 1 :]]
    if kind == "cut":
        return [flight[:at]]
    if kind == "insert":
        return [flight[:at] + noise + flight[at:]]
    return [flight[:at], flight]


@pytest.mark.parametrize("terms", TERMS)
@settings(max_examples=80, deadline=None)
@given(
    wanted=st.integers(0, 1),
    kind=st.sampled_from(("flip", "cut", "insert", "repeat")),
    share=st.floats(0, 1, exclude_max=True),
    noise=st.binary(min_size=1, max_size=300),
)
def test_any_corruption_gives_a_failure_and_never_raises(terms, wanted, kind, share, noise):
    flights = 0

    def spoil(flight):
        nonlocal flights
        flights += 1
        return spoilt(kind, share, noise, flight) if flights - 1 == wanted else [flight]

    client, _ = converse(terms, cut=spoil)
    client.give_up()
    trace = client.trace()
    state, reason = judged(trace)
    assert trace.opened or reason is not None
    if reason is not None:
        assert reason.stage in REASONS[reason.reason].stages
        assert reason.detail.isprintable()
    if state.request == "unknown":
        assert reason is not None


@given(st.binary(max_size=400))
def test_any_bytes_for_an_answer_never_raise(noise):
    client = Handshake(DEFAULT_OFFER, None)
    client.start()
    for first in (b"", b"\x16\x03\x03", b"\x15\x03\x03\x00\x02"):
        client.receive(first + noise)
    client.give_up()
    trace = client.trace()
    assert handshake_failure(trace, client_certificate(trace), client.plain) is not None


def refusal(**changes):
    base = Trace(
        offer="o",
        hello=True,
        tls=None,
        chain=(b"der",),
        asked=True,
        past_request=True,
        own_certificate=True,
        ca_names=(),
        opened=False,
        accepted=False,
        spoke=False,
        alerts=(),
        ending=None,
        detail="",
        received=0,
    )
    return replace(base, **changes)


@pytest.mark.parametrize("number", [40, 41, 42, 43, 46, 48, 49, 50, 116])
def test_the_alerts_that_stacks_send_without_a_certificate_mean_required(number):
    alerts = (Alert("received", "fatal", number, alert_name(number)),)
    for opened in (False, True):
        state = client_certificate(refusal(ending="alert", alerts=alerts, opened=opened))
        assert (state.request, state.refused_by) == ("required", "alert")


@pytest.mark.parametrize("number", [20, 51, 70, 80])
def test_alerts_about_something_else_leave_the_question_open(number):
    alerts = (Alert("received", "fatal", number, alert_name(number)),)
    assert client_certificate(refusal(ending="alert", alerts=alerts)).request == "unknown"
    assert not refuses_without_certificate(number)


def test_an_end_before_our_certificate_message_went_out_is_no_refusal():
    assert client_certificate(refusal(ending="closed", own_certificate=False)).request == "unknown"


def test_a_refusal_above_tls_counts_more_than_a_ticket():
    state = client_certificate(refusal(opened=True, accepted=True), "http")
    assert (state.request, state.refused_by) == ("required", "http")


def asked_more(protocol, answer, **changes):
    """A handshake that TLS let pass, after which the protocol's question was put and answered like that."""
    trace = refusal(opened=True, accepted=True, spoke=True, ending="closed", **changes)
    return QUESTIONS[protocol].heard(trace, answer, TOKEN)


TOKEN = "0123456789abcdef01234567"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nDenied"


@pytest.mark.parametrize("protocol", ["https", "smtp", "ldap", "postgresql"])
def test_where_an_answer_is_owed_its_lack_is_no_consent(protocol):
    state, why = judged(asked_more(protocol, b""))
    assert (state, why.reason) == (ClientCertificate("unknown"), "request-undecided")
    why = judged(asked_more(protocol, b"", identity="ours", presented=True))[1]
    assert why.reason == "acceptance-undecided"


@pytest.mark.parametrize("protocol", ["sips", "turns"])
def test_where_no_answer_is_owed_tls_decides(protocol):
    assert judged(asked_more(protocol, b"")) == (ClientCertificate("optional"), None)
    assert judged(asked_more(protocol, b"", identity="ours", presented=True))[1] is None


@pytest.mark.parametrize(
    ("protocol", "answer", "status"),
    [
        ("https", FORBIDDEN, "HTTP 403"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP 400"),
        ("smtp", b"554 5.7.1 Access denied\r\n", "SMTP 554"),
    ],
)
def test_an_answer_that_may_be_a_refusal_is_no_consent(protocol, answer, status):
    state, why = judged(asked_more(protocol, answer))
    assert (state, why.reason) == (ClientCertificate("unknown", answered=status), "request-undecided")


@pytest.mark.parametrize(
    ("protocol", "answer", "status"),
    [
        ("https", b"HTTP/1.1 200 OK\r\n\r\n", "HTTP 200"),
        ("https", b"HTTP/1.1 301 Moved\r\n\r\n", "HTTP 301"),
        ("https", b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n', "HTTP 401"),
        ("https", b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404"),
        ("sips", b"SIP/2.0 483 Too Many Hops\r\n\r\n", "SIP 483"),
        ("smtp", b"250 mail.example\r\n", "SMTP 250"),
        ("ldap", b"\x30\x0c", "an answer"),
    ],
)
def test_any_other_answer_is_consent(protocol, answer, status):
    assert judged(asked_more(protocol, answer)) == (ClientCertificate("optional", answered=status), None)


def test_what_is_no_http_is_no_answer_of_a_web_server():
    assert judged(asked_more("https", b"220 mail.example\r\n"))[0].request == "unknown"


@given(st.sampled_from(sorted(QUESTIONS)), st.binary(max_size=200))
def test_any_answer_is_consent_or_not(protocol, answer):
    state, why = judged(asked_more(protocol, answer))
    assert (state.request == "optional") == (why is None)
    assert state.answered is None or state.answered.isprintable()


# --- with a certificate of ours -------------------------------------------------------------------------------


def identity(issued, *issuers):
    key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Identity("ours", ders((issued, *issuers)), key)


@cache
def clients():
    """A CA of clients: one certificate with both EKUs, one for servers only, and one of a CA that nobody trusts."""
    top = root("Client Root")
    return {
        "top": top,
        "both": identity(issue("both.example", top, eku=BOTH)),
        "server-only": identity(issue("server-only.example", top, eku=(SERVER_AUTH,))),
        "untrusted": identity(issue("untrusted.example", root("Another Root"), eku=BOTH)),
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("request_", [OPTIONAL, REQUIRED])
@pytest.mark.parametrize(("kind", "alert"), [("both", None), ("server-only", 43), ("untrusted", 48)])
def test_what_openssl_says_to_a_certificate_of_ours(version, request_, kind, alert):
    terms = Terms(version, request_, trusted=clients()["top"])
    trace = converse(terms, identity=clients()[kind])[0].trace()
    state, reason = judged(trace)
    assert trace.presented
    assert trace.chain == ders(chain()[:2])
    assert state == ClientCertificate("unknown", None if alert is None else "alert")
    assert (reason and (reason.reason, reason.alert)) == (alert and ("certificate-refused", alert))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_does_not_ask_is_shown_no_certificate_of_ours(version):
    trace = converse(Terms(version, NONE), identity=clients()["both"])[0].trace()
    assert (trace.identity, trace.presented) == ("ours", False)
    assert judged(trace) == (ClientCertificate("none"), None)


def test_a_certificate_that_the_peer_cannot_take_is_not_said_to_be_presented():
    terms = Terms("1.3", OPTIONAL, trusted=clients()["top"], signatures=b"ECDSA+SHA256")
    own = identity(issue("edwards.example", clients()["top"], eku=BOTH, key=Ed25519PrivateKey.generate()))
    trace = converse(terms, identity=own)[0].trace()
    assert (trace.asked, trace.presented) == (True, False)
    assert judged(trace)[1].reason == "certificate-unsuitable"


def test_silence_after_our_certificate_in_tls_1_3_is_no_consent():
    trace = refusal(identity="ours", presented=True, opened=True, ending="stalled")
    assert judged(trace)[1].reason == "acceptance-undecided"


def test_the_key_of_a_certificate_of_ours_is_in_no_text():
    one = clients()["both"]
    assert one.key.hex() not in repr(one)
    assert repr(one.key) not in repr(one)


def test_every_reason_has_a_sentence_for_each_of_its_stages():
    blanks = {"seconds": 3.0, "error": "this", "received": 5, "protocol": "SMTP"}
    for reason, row in REASONS.items():
        for stage in row.stages:
            found = failure(reason, stage=stage, **blanks)
            assert (found.stage, found.reason) == (stage, reason)
            assert "{" not in found.detail
            assert found.detail.isprintable()


def test_an_unregistered_alert_has_a_name_all_the_same():
    assert alert_name(116) == "certificate_required"
    assert alert_name(200) == "alert_200"
