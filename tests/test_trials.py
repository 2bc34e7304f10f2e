from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH
from ekuscan.trials import arrange, described
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity
from tests import pki
from tests.clients import identity
from tests.loopback import NOW

CONTROLS = untrusted(NOW)
CA = pki.root("Client CA")
NAMESAKE = pki.issue("Client CA", ca=True, key=pki.rsa_key("namesake"))
OTHER = pki.root("Other CA")
MIDDLE = pki.intermediate("Issuing CA", CA)
SERVER_MIDDLE = pki.intermediate("Server CA", CA, eku=(SERVER_AUTH,))


def own(name: str, ca: pki.Issued = CA, eku: object = pki.BOTH, subject: str = "client", **more: object) -> Identity:
    return identity(name, pki.issue(subject, ca, eku=eku, **more))


ABLE, UNABLE = own("able"), own("unable", eku=(SERVER_AUTH,))


@pytest.mark.parametrize("eku", [pki.BOTH, (CLIENT_AUTH,), None])
def test_what_may_be_used_by_clients(eku):
    found = arrange([own("one", eku=eku)], CONTROLS, NOW)
    assert (found.able.name, found.unable, found.others) == ("one", None, ())


@pytest.mark.parametrize("eku", [(SERVER_AUTH,), ("1.3.6.1.5.5.7.3.3",), (SERVER_AUTH, "1.3.6.1.5.5.7.3.4")])
def test_what_lacks_client_auth(eku):
    found = arrange([own("one", eku=eku)], CONTROLS, NOW)
    assert (found.able, found.unable.name, found.others) == (None, "one", ())


@pytest.mark.parametrize(
    "one",
    [
        own("any", eku=("2.5.29.37.0",)),
        own("server and any", eku=(SERVER_AUTH, "2.5.29.37.0")),
        own("malformed", eku=b"\x30\x00"),
        own("no signing", key_usage=["key_encipherment"]),
        own("no signing, server only", eku=(SERVER_AUTH,), key_usage=["key_encipherment"]),
        own("old server", ns_cert_type=0x40),
        identity("below a CA for servers", pki.issue("client", SERVER_MIDDLE, eku=pki.BOTH), SERVER_MIDDLE),
        Identity("no certificate", (b"\x30\x00",), b""),
        Identity("empty", (), b""),
    ],
    ids=lambda one: one.name,
)
def test_what_the_stacks_judge_differently_is_only_tried(one):
    found = arrange([one], CONTROLS, NOW)
    assert (found.able, found.unable, found.others) == (None, None, (one,))


def test_two_of_one_ca_are_found_among_others_in_any_order():
    third = own("third", OTHER)
    for order in permutations([ABLE, UNABLE, third]):
        found = arrange(order, CONTROLS, NOW)
        assert (found.able, found.unable, found.others, found.same_ca) == (ABLE, UNABLE, (third,), True)


def test_a_ca_of_the_same_name_with_another_key_is_another_ca():
    found = arrange([ABLE, own("unable", NAMESAKE, (SERVER_AUTH,))], CONTROLS, NOW)
    assert not found.same_ca


def test_a_ca_is_known_by_its_name_where_no_key_is_named():
    found = arrange([ABLE, own("unable", eku=(SERVER_AUTH,), key_ids=False)], CONTROLS, NOW)
    assert found.same_ca


def test_certificates_that_signed_themselves_are_not_of_one_ca():
    found = arrange(
        [identity("able", pki.issue("self", eku=pki.BOTH)), identity("unable", pki.issue("self", eku=(SERVER_AUTH,)))],
        CONTROLS,
        NOW,
    )
    assert not found.same_ca


def test_the_pair_that_the_peer_lists_comes_before_that_of_another_ca():
    second = (own("able 2", OTHER), own("unable 2", OTHER, (SERVER_AUTH,)))
    for ca, (first, *further) in ((OTHER, (second, (ABLE, UNABLE))), (CA, ((ABLE, UNABLE), second))):
        found = arrange([ABLE, UNABLE, *second], CONTROLS, NOW, [ca.name.public_bytes()])
        assert [(one.able, one.unable) for one in found.each] == [first, *further]
        assert found.others == ()


def test_each_ca_has_one_pair_and_the_rest_of_its_certificates_belong_to_none():
    more = (own("able 2", subject="another"), own("unable 2", eku=(SERVER_AUTH,), subject="a third"))
    for order in permutations((ABLE, UNABLE, *more)):
        found = arrange(order, CONTROLS, NOW)
        assert (found.able, found.unable, found.further) == (ABLE, UNABLE, ())
        assert set(found.others) == set(more)


def test_all_certificates_of_the_user_are_told_of_and_those_without_client_auth():
    second = (own("able 2", OTHER), own("unable 2", OTHER, (SERVER_AUTH,)))
    alone = (own("unable 3", NAMESAKE, (SERVER_AUTH,)), own("any", eku=("2.5.29.37.0",)))
    found = arrange([ABLE, UNABLE, *second, *alone], CONTROLS, NOW)
    assert set(found.given) == {ABLE, UNABLE, *second, *alone}
    assert found.lacking == {"unable", "unable 2", "unable 3"}


def test_a_listed_root_lists_what_its_presented_intermediate_issued():
    below = identity("below", pki.issue("client", MIDDLE, eku=pki.BOTH), MIDDLE)
    found = arrange([own("other", OTHER), below], CONTROLS, NOW, [CA.name.public_bytes()])
    assert found.able == below


def test_a_certificate_in_order_comes_before_an_expired_one():
    old = own("old", eku=(SERVER_AUTH,), end=NOW - timedelta(seconds=1))
    found = arrange([ABLE, old, UNABLE], CONTROLS, NOW)
    assert (found.unable, found.others) == (UNABLE, (old,))


def test_two_that_are_alike_come_before_two_that_differ():
    renamed = own("renamed", eku=(SERVER_AUTH,), subject="another")
    assert arrange([ABLE, renamed, UNABLE], CONTROLS, NOW).unable == UNABLE


@pytest.mark.parametrize(
    ("dates", "doubt"),
    [
        ({"end": NOW - timedelta(days=1)}, "it ended on 2026-11-22"),
        ({"start": NOW + timedelta(days=1)}, "it begins on 2026-11-24"),
        ({"end": NOW}, None),
        ({"start": NOW}, None),
    ],
)
def test_dates_give_a_refusal_another_meaning(dates, doubt):
    found = arrange([ABLE, own("odd", eku=(SERVER_AUTH,), **dates)], CONTROLS, NOW)
    assert found.doubts.get("odd") == doubt


def test_a_pair_that_differs_in_its_eku_only():
    assert arrange([ABLE, UNABLE], CONTROLS, NOW).differences == ()


@pytest.mark.parametrize(
    ("one", "difference"),
    [
        (own("unable", eku=(SERVER_AUTH,), subject="another"), "names"),
        (own("unable", eku=(SERVER_AUTH,), names=[x509.DNSName("more.example")]), "names"),
        (own("unable", eku=(SERVER_AUTH,), key=pki.rsa_key("client")), "kinds of key"),
        (own("unable", eku=(SERVER_AUTH,), key_usage=["digital_signature"]), "key usages"),
        (identity("unable", pki.issue("client", CA, eku=(SERVER_AUTH,)), CA), "issuing certificates"),
    ],
)
def test_what_else_a_pair_differs_in(one, difference):
    assert arrange([ABLE, one], CONTROLS, NOW).differences == (difference,)


def test_a_certificate_is_described_by_its_name_and_eku():
    many = [f"1.2.3.{number}" for number in range(6)]
    assert described(ABLE) == '"able" (serverAuth, clientAuth)'
    assert described(own("bare", eku=None)) == '"bare" (no EKU)'
    assert described(own("broken", eku=b"\x30\x00")) == '"broken" (an EKU that cannot be read)'
    assert described(own("many", eku=many)) == '"many" (1.2.3.0, 1.2.3.1, 1.2.3.2, 1.2.3.3, ...)'
    assert described(Identity("none", (b"x",), b"")) == '"none" (unreadable)'
    assert described(CONTROLS.server_only) == "a certificate of a CA that it cannot know (serverAuth)"


@pytest.mark.parametrize(
    ("name", "whom"),
    [
        ("none", '"none"'),
        ("a certificate of a CA that it cannot know", '"a certificate of a CA that it cannot know"'),
        ('x" (clientAuth), and refused "y', "\"x' (clientAuth), and refused 'y\""),
    ],
)
def test_no_name_reads_as_a_part_of_the_sentence(name, whom):
    assert described(own(name)) == f"{whom} (serverAuth, clientAuth)"


@given(st.lists(st.binary(max_size=40), max_size=3), st.text(max_size=200))
def test_any_bytes_are_arranged_and_described(chain, name):
    one = Identity(name, tuple(chain), b"secret")
    assert arrange([one], CONTROLS, NOW).others == (one,)
    assert described(one).isprintable()


def test_no_text_of_the_trials_holds_a_key():
    text = repr(arrange([ABLE, UNABLE], CONTROLS, NOW))
    for one in (ABLE, UNABLE, CONTROLS.both, CONTROLS.server_only):
        assert one.name in text
        assert repr(one.key)[2:-1] not in text
