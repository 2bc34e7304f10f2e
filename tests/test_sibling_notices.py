"""Every row of the sibling notices, answered: by a situation judged through the command line, as a person does it.

The expectations are written from the notices and guides, not from the rule tables.
"""

from __future__ import annotations

import pytest

from ekuscan.rules.load import packaged
from tests.cisco_document import running
from tests.cisco_document.answering_ends import whole
from tests.cisco_document.situation import Situation, Upload, differences
from tests.cisco_document.sound import missing_remedies, unsound, wrong_remedies
from tests.cisco_document.world import World, make_world
from tests.sibling_notices import alone, answerers, answering, dialling, nodes, trunks, uploads

SITUATIONS: tuple[Situation, ...] = (
    *trunks.SITUATIONS,
    *nodes.SITUATIONS,
    *alone.SITUATIONS,
    *dialling.SITUATIONS,
    *answering.SITUATIONS,
    *answerers.OF_FAMILY,
)
UPLOADS: tuple[Upload, ...] = uploads.UPLOADS
CASES: tuple[Situation | Upload, ...] = (*SITUATIONS, *UPLOADS)
PREFIXES = ("CM", "IM", "UC", "ER")

# What field notice FN74345 states of the Unified Communications family, and what the port and security guides add.
ROWS = frozenset(
    {
        "affected releases",
        "no fix for 14",
        "fix planned for 15 SU5",
        "client EKU enforcement",
        "signing requests",
        "Tomcat reuse",
        "Tomcat: LDAP",
        "Tomcat: filebeat, logstash",
        "Tomcat: SIP OAuth over MRA",
        "CallManager: SIP trunks",
        "CallManager: inter-node",
        "CallManager: inter-cluster",
        "TVS: online CAPF",
        "ipsec",
        "cup: SIP with Unified CM",
        "cup: SIP with third parties",
        "cup-xmpp-s2s: XMPP federation",
        "Unity Connection: Tomcat",
        "Unity Connection: port 5061",
        "Emergency Responder: Tomcat",
        "Emergency Responder",
        "ports 443, 8443",
        "port 5061: SIP TLS",
        "port 5061: phones",
        "port 5090: SIP OAuth",
        "port 5091: SIP OAuth",
        "ports 6971, 6972: TFTP",
        "port 3804: CAPF",
        "port 2445: TVS",
        "port 7501: ILS",
        "port 5062: SIP TLS",
        "port 5222: XMPP clients",
        "port 5269: XMPP",
        "port 993: IMAP",
    }
)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_every_row_of_the_notice_and_every_rule_has_a_case() -> None:
    rules = {rule.id for rule in packaged().rules if rule.id.startswith(PREFIXES)}
    answered = {number for case in CASES for number in case.ids}
    assert answered == ROWS | rules


def test_every_situation_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_situation_has_an_answer_to_every_rule_that_it_names(case: Situation | Upload) -> None:
    answered = {name.rpartition("/")[2] for name in case.expect}
    rules = {rule.id for rule in packaged().rules}
    assert {number for number in case.ids if number in rules} & answered


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_a_situation_gets_exactly_these_answers(situation: Situation, world: World) -> None:
    document = running.scan(situation, world)
    assert list(differences(whole(situation), document["verdicts"])) == []
    assert list(unsound(document)) == []
    assert list(missing_remedies(situation.remedies, document["verdicts"])) == []
    assert list(wrong_remedies(situation.no_way, document["verdicts"])) == []


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.name)
def test_an_upload_gets_exactly_this_answer(upload: Upload, world: World) -> None:
    document = running.inspect(upload, world)
    verdicts = running.upload_verdicts(document["verdicts"])
    assert list(differences(upload.expect, verdicts)) == []
    assert list(unsound(document)) == []
    assert list(missing_remedies(upload.remedies, verdicts)) == []


def test_a_reused_tomcat_certificate_is_noticed_as_well(world: World) -> None:
    (reused,) = (case for case in trunks.TO_PRODUCTS if "Tomcat reuse" in case.ids and "yes" in case.says)
    kinds = {notice["kind"] for notice in running.scan(reused, world)["notices"]}
    assert "certificate-reuse" in kinds


def test_no_answer_about_the_planned_release_is_sure(world: World) -> None:
    dialling_rules = {rule.id for rule in packaged().rules if rule.presents.as_ == "client"}
    planned = [case for case in SITUATIONS if "own_client_certificate" in case.targets and "15SU5" in case.targets]
    assert planned
    for case in planned:
        own = (one for one in running.scan(case, world)["verdicts"] if one["rule"] in dialling_rules)
        decided = [one for one in own if one["dials"] == "a" and one["now"] in ("ok", "breaks")]
        assert [one["id"] for one in decided if one["confidence"] == "H"] == []
