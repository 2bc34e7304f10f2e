"""What the notices and guides say about CMS, CUBE, contact centre, Webex and other peers, as people ask it.

The expectations are written from the notices, not from the rule tables.
"""

from __future__ import annotations

import pytest

from ekuscan.model import Stack
from ekuscan.rules.load import packaged
from tests.cisco_document import running
from tests.cisco_document.answering_ends import whole
from tests.cisco_document.situation import Situation, Upload, differences, inventory
from tests.cisco_document.world import World, make_world
from tests.sibling_notices import answerers, cms, contact_center, cube, generic, webex

SITUATIONS: tuple[Situation, ...] = (
    *cms.SITUATIONS,
    *cube.SITUATIONS,
    *contact_center.SITUATIONS,
    *webex.SITUATIONS,
    *generic.SITUATIONS,
    *answerers.OF_EXPRESSWAY,
    *answerers.OF_MEDIA,
)
UPLOADS: tuple[Upload, ...] = cube.UPLOADS
CASES: tuple[Situation | Upload, ...] = (*SITUATIONS, *UPLOADS)
PREFIXES = ("MS", "CB", "CC", "WX", "GP")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_every_row_about_these_products_has_a_situation() -> None:
    tables = packaged()
    rows = {rule.id for rule in tables.rules if rule.id.startswith(PREFIXES)}
    rows |= {row.id for row in tables.verifiers if row.id in ("V-CMS", "V-CUBE", "V-CC", "V-WEBEX", "V-OUTSIDE")}
    rows |= {row.id for row in tables.aliases if "cube" in row.roles} | set(tables.stacks)
    assert rows - {name for case in CASES for name in case.ids} == set()
    judged = {name.rpartition("/")[2] for case in CASES for name in case.expect}
    assert {rule.id for rule in tables.rules if rule.id.startswith(PREFIXES)} <= judged


def test_every_situation_has_a_name_of_its_own() -> None:
    names = [case.name[:120] for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_every_stack_that_a_targets_file_can_name_has_its_habit() -> None:
    assert set(packaged().stacks) == set(Stack.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_a_situation_gets_exactly_these_answers(situation: Situation, world: World) -> None:
    verdicts = running.scan(situation, world)["verdicts"]
    assert list(differences(whole(situation), verdicts)) == []
    offered = {verdict["id"]: {remedy["id"] for remedy in verdict["remedies"]} for verdict in verdicts}
    assert {name: set(wanted) - offered[name] for name, wanted in situation.remedies.items()} == {
        name: set() for name in situation.remedies
    }
    assert {name: set(wrong) & offered[name] for name, wrong in situation.no_way.items()} == {
        name: set() for name in situation.no_way
    }


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.name)
def test_an_upload_gets_exactly_this_answer(upload: Upload, world: World) -> None:
    verdicts = running.upload_verdicts(running.inspect(upload, world)["verdicts"])
    assert list(differences(upload.expect, verdicts)) == []
    offered = {verdict["id"]: {remedy["id"] for remedy in verdict["remedies"]} for verdict in verdicts}
    assert {name: set(wanted) - offered[name] for name, wanted in upload.remedies.items()} == {
        name: set() for name in upload.remedies
    }


def test_no_row_about_cms_says_more_than_at_risk_of_what_cms_does_and_each_says_why() -> None:
    for rule in packaged().rules:
        if rule.id.startswith("MS") and rule.verifies in ("cms", "each-peer") and rule.needs != ("unchanged",):
            assert {case.lacking for case in rule.cases} <= {"at-risk", None}, rule.id
            assert "Cisco has published no notice for CMS" in rule.says["at-risk"], rule.id


def test_the_contact_centre_row_says_that_the_notice_names_no_connection(world: World) -> None:
    verdicts = running.scan(contact_center.ALONE[0], world)["verdicts"]
    told = next(verdict["text"] for verdict in verdicts if verdict["id"] == "f/contact-center/CC01")
    assert "the notice names no connection" in told


def test_the_cms_web_proxy_names_its_weakest_leg(world: World) -> None:
    legs = ("SSH tunnels 2222 (X14)", "Web Bridge behind Expressway (MS15)")
    for situation, leg in zip(cms.WEB_PROXY[1:3], legs, strict=True):
        verdicts = running.scan(situation, world)["verdicts"]
        told = next(one["text"] for one in verdicts if one["id"] == "c>m/cms-web-proxy/CMS-WEB-PROXY")
        assert told.startswith(f"Weakest leg: {leg}.")


def test_what_a_stack_does_is_assumed_where_it_is_worse_and_told_where_it_is_asked(world: World) -> None:
    found = {}
    for stack in ("openssl", "gnutls"):
        situation = next(one for one in generic.STACKS if f"a peer on {stack} refuse" in one.says)
        found[stack] = next(one for one in running.scan(situation, world)["verdicts"] if one["rule"] == "X04")
    assert (found["openssl"]["certainty"], found["openssl"]["assumed"]) == ("assumed", ["p.client_eku = checked"])
    (asked,) = found["gnutls"]["forks"]
    assert asked["question"].endswith("Servers on gnutls do not by default, and the application can differ.")


def test_a_zone_and_a_trunk_to_one_cube_say_why_their_answers_differ(world: World) -> None:
    boxes = """
    c: {role: expressway-c, release: X15.4, slots: {server: digicert-server.pem}}
    u: {role: cucm, release: 15SU4, slots: {CallManager: digicert-server.pem, tomcat: corp-both.pem}}
    p: {role: cube, release: 26.1.1, client_trustpoint: same, slots: {trustpoint: corp-both.pem}}
    """
    joined = """
    - {use_case: neighbor-zone, from: c, to: p, tls_verify: "on"}
    - {use_case: sip-trunk, from: u, to: p}
    """
    situation = Situation("a zone and a trunk to one CUBE", (), inventory(boxes, joined), {})
    found = {one["rule"]: one for one in running.scan(situation, world)["verdicts"] if one["verifies"] == "p"}
    assert found["X19"]["now"] == "breaks"
    assert "Cisco's Expressway document says that such a zone fails." in found["X19"]["text"]
    assert found["CM02"]["now"] == "at-risk"
    assert "What Cisco says of Expressway's zones is not about trunks." in found["CM02"]["text"]
