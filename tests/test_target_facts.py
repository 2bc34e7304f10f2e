"""What is known of a target once its endpoints were seen: the certificates in its slots, and who asked for ours."""

from __future__ import annotations

import pytest

from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Endpoint, Observation, Request, Sight, SlotFile, Target
from ekuscan.target_facts import requests
from ekuscan.wire.offer import ECDSA_OFFER, NAMELESS_OFFER, RSA_OFFER, SMALL_OFFER, TLS12_OFFER
from tests import pki
from tests.noticing import box, corp, digicert, finished, leaf, noticed, port, shows, sight, views

CUCM = box("cucm1")
EDGE = box("exp-e1", "expressway-e", "X15.4")
MINE, DEFAULT = leaf(corp(), label="mine"), leaf(digicert(), label="default")
BY_RSA = leaf(corp(), key=pki.rsa_key("mine"))


def contents(target: Target, slot: str) -> list[tuple[str, tuple[str, ...]]]:
    """What is in a slot: end-entity fingerprints, and the endpoints that showed them."""
    return [(one.sha256 or "", one.endpoints) for one in target.slots if one.slot == slot]


def leaf_id(chain: tuple[bytes, ...]) -> str:
    return sha256_hex(chain[0])


# --- slots ----------------------------------------------------------------------------------------------------


def test_the_certificate_shown_without_a_name_is_in_no_slot_beside_the_one_for_the_name() -> None:
    seen = views(port(CUCM, 8443), (sight(MINE), MINE), (sight(DEFAULT, offer=NAMELESS_OFFER.name), DEFAULT))
    run = finished([CUCM], [seen])
    assert contents(run.targets[0], "tomcat") == [(leaf_id(MINE), ("cucm1:8443/https",))]
    (found,) = noticed(run, "views-differ").values()
    assert set(found.certificates) == {leaf_id(MINE), leaf_id(DEFAULT)}


def test_the_certificate_shown_without_a_name_counts_where_the_name_brought_none() -> None:
    refused = sight(None, "unknown")
    seen = views(port(CUCM, 8443), (refused, None), (sight(DEFAULT, offer=NAMELESS_OFFER.name), DEFAULT))
    assert contents(finished([CUCM], [seen]).targets[0], "tomcat") == [(leaf_id(DEFAULT), ("cucm1:8443/https",))]


def test_a_certificate_that_ours_brought_about_is_in_no_slot() -> None:
    seen = views(port(CUCM, 8443), (sight(MINE), MINE), (sight(DEFAULT, presented_as="both"), DEFAULT))
    assert contents(finished([CUCM], [seen]).targets[0], "tomcat") == [(leaf_id(MINE), ("cucm1:8443/https",))]


def test_certificates_of_each_kind_of_key_are_in_the_slot_with_every_address_that_showed_them() -> None:
    seen = [
        views(
            port(EDGE, 443, id=f"exp-e1:443/https@{address}", address=address),
            (sight(MINE), MINE),
            (sight(BY_RSA, offer=RSA_OFFER.name), BY_RSA),
            (sight(DEFAULT, offer=NAMELESS_OFFER.name), DEFAULT),
        )
        for address in ("192.0.2.1", "192.0.2.2")
    ]
    run = finished([EDGE], seen)
    both = ("exp-e1:443/https@192.0.2.1", "exp-e1:443/https@192.0.2.2")
    assert contents(run.targets[0], "server") == [(leaf_id(MINE), both), (leaf_id(BY_RSA), both)]
    assert noticed(run, "cluster-differs") == {}


@pytest.mark.parametrize(
    ("files", "seen", "expected"),
    [
        ((), (), [(DEFAULT, "imported")]),
        ((), (shows(port(EDGE, 443), MINE),), [(MINE, "port")]),
        ((SlotFile("exp-e1", "server", MINE, "mine.pem"),), (), [(MINE, "file")]),
    ],
    ids=["alone", "beside a port", "beside a file"],
)
def test_what_an_api_told_fills_only_a_slot_that_nothing_else_shows(
    files: tuple[SlotFile, ...], seen: tuple[Observation, ...], expected: list[tuple[tuple[bytes, ...], str]]
) -> None:
    told = SlotFile("exp-e1", "server", DEFAULT, "", "imported")
    run = finished([EDGE], seen, files=[told, *files])
    found = [(one.sha256, one.from_) for one in run.targets[0].slots if one.slot == "server"]
    assert found == [(leaf_id(chain), origin) for chain, origin in expected]


@pytest.mark.parametrize(("standing", "expected"), [(True, (DEFAULT, "port")), (False, (MINE, "file"))])
def test_a_port_comes_before_a_file_that_stands_in_the_targets_file_and_after_one_named_for_this_run(
    standing: bool, expected: tuple[tuple[bytes, ...], str]
) -> None:
    """A renewal since the file was saved is seen; a file that somebody wants judged now is."""
    file = SlotFile("exp-e1", "server", MINE, "mine.pem", standing=standing)
    run = finished([EDGE], (shows(port(EDGE, 443), DEFAULT),), files=[file])
    (found,) = [(one.sha256, one.from_) for one in run.targets[0].slots if one.slot == "server"]
    assert found == (leaf_id(expected[0]), expected[1])


# --- requests -------------------------------------------------------------------------------------------------


def asked(*seen: tuple[Endpoint, list[Sight]]) -> dict[tuple[str, str], Request]:
    found = [views(endpoint, *((one, MINE) for one in sights)) for endpoint, sights in seen]
    return requests(found, {"cucm1": CUCM})


SIP = port(CUCM, 5061, "sips")
KEY = ("cucm1", "sip-tls")


@pytest.mark.parametrize(
    "further",
    [
        sight(MINE, "none", offer=NAMELESS_OFFER.name),
        sight(MINE, "none", presented_as="both"),
        sight(MINE, "none", offer=TLS12_OFFER.name),
        sight(MINE, "unknown", offer=ECDSA_OFFER.name),
    ],
    ids=["nameless", "trial", "version", "unknown"],
)
def test_the_ordinary_handshake_says_what_a_port_asks_for(further: Sight) -> None:
    assert asked((SIP, [sight(MINE, "required"), further])) == {KEY: "required"}


def test_a_further_look_says_it_where_the_ordinary_one_left_it_open() -> None:
    assert asked((SIP, [sight(MINE, "unknown"), sight(MINE, "optional", offer=TLS12_OFFER.name)])) == {KEY: "optional"}
    assert asked((SIP, [sight(None, "unknown"), sight(MINE, "optional", offer=SMALL_OFFER.name)])) == {KEY: "optional"}


def test_what_a_port_asks_for_only_without_the_name_or_with_a_certificate_of_ours_is_open() -> None:
    assert asked((SIP, [sight(MINE, "unknown"), sight(MINE, "none", offer=NAMELESS_OFFER.name)])) == {}
    assert asked((SIP, [sight(MINE, "unknown"), sight(MINE, "none", presented_as="both")])) == {}


@pytest.mark.parametrize("order", [1, -1])
def test_of_ports_of_one_service_the_one_that_asks_for_more_counts(order: int) -> None:
    other = port(CUCM, 5061, "sips", id="cucm1:5061/sips@192.0.2.2")
    seen = [(SIP, [sight(MINE, "none")]), (other, [sight(MINE, "required")])]
    assert asked(*seen[::order]) == {KEY: "required"}
