"""Which handshake follows which, without a network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekuscan.der import read_certificate
from ekuscan.limits import ProbeLimits, Views
from ekuscan.model import ClientCertificate, Sight, TlsParameters
from ekuscan.views import View, first_view, next_view
from ekuscan.wire.alerts import PROTOCOL_VERSION, UNRECOGNIZED_NAME
from ekuscan.wire.offer import (
    DEFAULT_OFFER,
    ECDSA_OFFER,
    OLD_OFFER,
    POST_QUANTUM_OFFER,
    RAW_OFFER,
    RSA_OFFER,
    SMALL_OFFER,
)
from ekuscan.wire.reasons import REASONS, failure
from ekuscan.wire.tls import Handshake
from tests.loopback import NOW
from tests.pki import issue, root, rsa_key
from tests.tls_pairs import REQUIRED, Terms, chain, converse, ders

ALL = Views(key_types=True, versions=True, without_sni=True, post_quantum=True)
BLANKS = {"error": "this", "received": 0, "seconds": 1.0, "protocol": "SMTP"}


def sight(offer=DEFAULT_OFFER, version="TLSv1.3", chain="c", reason=None, stage="hello", **changes):
    failed = reason and failure(reason, stage=stage, **BLANKS)
    tls = TlsParameters(version, "cipher", None) if chain else None
    seen = Sight(offer.name, NOW, 0.1, tls, chain, ClientCertificate("none"), failure=failed)
    return replace(seen, **changes)


def leaf(**key):
    return issue("leaf.example", root("Views Root"), **key).der


def offers(views, first, der, named=True, answers=lambda offer: sight(offer)):
    """The names of the offers that follow a first sight, each answered as ``answers`` says."""
    sights = [first]
    while (view := next_view(views, named, sights, der)) is not None:
        # A peer that shook hands at once was asked what it is then.
        assert view.banner == (der is None)
        sights.append(answers(view.offer))
    return [one.offer for one in sights[1:]]


def test_one_handshake_is_enough_where_nothing_else_is_wanted():
    assert offers(Views(), sight(), leaf()) == []
    assert offers(Views(), sight(reason="request-undecided", stage="after"), leaf()) == []


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ({"key": rsa_key("views")}, ["ecdsa"]),
        ({}, ["rsa"]),
        ({"key": Ed25519PrivateKey.generate()}, ["rsa"]),
    ],
)
def test_the_other_type_of_key_is_asked_for(key, wanted):
    assert offers(Views(key_types=True), sight(), leaf(**key)) == wanted


def test_both_types_are_asked_for_where_the_key_cannot_be_read():
    assert offers(Views(key_types=True), sight(), b"garbage") == ["rsa", "ecdsa"]


@pytest.mark.parametrize(("version", "wanted"), [("TLSv1.3", "tls1.2"), ("TLSv1.2", "tls1.3")])
def test_the_version_that_was_not_negotiated_is_offered_alone(version, wanted):
    assert offers(Views(versions=True), sight(version=version), leaf()) == [wanted]


def test_a_server_name_is_left_out_only_where_one_was_sent():
    assert offers(Views(without_sni=True), sight(), leaf()) == ["no-sni"]
    assert offers(Views(without_sni=True), sight(), leaf(), named=False) == []


def test_every_view_that_is_wanted_is_made_once_also_where_one_fails():
    def failing(offer):
        return sight(offer, chain=None, reason="alert") if offer.name == "rsa" else sight(offer)

    assert offers(ALL, sight(), leaf(), answers=failing) == ["rsa", "tls1.2", "no-sni", "post-quantum"]


@pytest.mark.parametrize("stage", ["hello", "certificate"])
@pytest.mark.parametrize("reason", ["closed", "reset", "alert", "garbled"])
def test_a_peer_that_breaks_off_gets_a_smaller_and_then_an_older_hello(reason, stage):
    def failing(offer):
        return sight(offer, chain=None, reason=reason, stage=stage)

    unread = ["raw"] if (reason, stage) == ("garbled", "certificate") else []
    assert offers(ALL, failing(DEFAULT_OFFER), None, answers=failing) == [*unread, "tls1.2-small", "tls1.0-1.2-all"]


def test_certificates_that_could_not_be_read_are_taken_raw_and_that_is_enough():
    def taken(offer):
        return sight(offer, reason="garbled", stage="certificate")

    first = sight(chain=None, reason="garbled", stage="certificate")
    assert next_view(Views(), True, [first], None) == View(RAW_OFFER, banner=True)
    assert next_view(Views(), True, [first, taken(RAW_OFFER)], b"garbage") is None


def test_a_silent_peer_gets_one_more_chance():
    def failing(offer):
        return sight(offer, chain=None, reason="stalled")

    assert offers(ALL, failing(DEFAULT_OFFER), None, answers=failing) == ["tls1.2-small"]


def test_a_peer_without_our_versions_gets_the_old_ones_at_once():
    def failing(offer):
        return sight(offer, chain=None, reason="our-limit" if offer == OLD_OFFER else "old-version")

    assert offers(Views(), failing(DEFAULT_OFFER), None, answers=failing) == ["tls1.0-1.2-all"]


def test_a_peer_that_does_not_know_the_name_is_asked_without_it():
    unknown = failure("alert", stage="hello", alert=UNRECOGNIZED_NAME, error="alert 112")
    first = replace(sight(chain=None), failure=unknown)
    assert offers(Views(), first, None, answers=lambda offer: replace(first, offer=offer.name)) == ["no-sni"]
    assert offers(Views(), first, None, named=False) == []


def test_a_peer_that_refuses_tls_1_2_for_its_version_gets_tls_1_3_alone():
    def failing(offer):
        if offer == DEFAULT_OFFER:
            return sight(offer, chain=None, reason="closed")
        refused = failure("alert", stage="hello", alert=PROTOCOL_VERSION, error="alert 70")
        return replace(sight(offer, chain=None), failure=refused)

    assert offers(Views(), failing(DEFAULT_OFFER), None, answers=failing) == ["tls1.2-small", "tls1.3"]


@pytest.mark.parametrize(
    ("reason", "again"), [("closed", 1), ("reset", 1), ("stalled", 1), ("garbled", 0), ("alert", 0)]
)
def test_a_peer_that_broke_off_without_a_word_gets_the_ordinary_hello_once_more(reason, again):
    broken, answered = sight(chain=None, reason=reason), sight(SMALL_OFFER, version="TLSv1.2")
    following = next_view(Views(), True, [broken, answered], leaf())
    assert (following == View(DEFAULT_OFFER)) == again
    assert next_view(Views(), True, [broken, answered, broken], leaf()) is None


@pytest.mark.parametrize("reason", ["plain-http", "plain-sip", "not-tls", "too-much"])
def test_a_peer_that_does_not_speak_tls_is_left_alone(reason):
    first = sight(chain=None, reason=reason, stage=REASONS[reason].stages[-1])
    assert offers(ALL, first, None) == []


def test_what_shows_late_is_offered_in_the_ordinary_handshake():
    assert first_view(ProbeLimits()).offer == DEFAULT_OFFER
    late = first_view(ProbeLimits(views=Views(late=True)))
    assert (late.banner, late.offer) == (True, replace(DEFAULT_OFFER, late=True))


def test_the_small_hello_is_shorter_than_what_middleboxes_choke_on():
    small = Handshake(SMALL_OFFER, "a-rather-long-name.of-an-edge.example")
    assert len(small.start()) < 256
    assert len(Handshake(POST_QUANTUM_OFFER, None).start()) > 1216


@pytest.mark.parametrize(("offer", "version"), [(SMALL_OFFER, "1.2"), (OLD_OFFER, "1.2"), (OLD_OFFER, "1.0")])
def test_the_other_hellos_get_an_answer(offer, version):
    trace = converse(Terms(version, REQUIRED), offer=offer)[0].trace()
    assert trace.chain == ders(chain()[:2])
    assert trace.tls.version in (f"TLSv{version}", "TLSv1")


def leaf_key(offer, version):
    trace = converse(Terms(version, second=issue("second.example", chain()[1], key=rsa_key("second"))), offer=offer)[
        0
    ].trace()
    return read_certificate(trace.chain[0]).key.split()[0]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_with_two_keys_shows_the_one_that_the_offer_takes(version):
    assert leaf_key(RSA_OFFER, version) == "RSA"
    assert leaf_key(ECDSA_OFFER, version) == "EC"
