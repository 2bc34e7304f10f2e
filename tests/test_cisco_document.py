"""Every number of the Cisco document, answered: by a situation judged through the command line, and by ``explain``.

The expectations are written from the document and from what has replaced it, not from the rule tables.
"""

from __future__ import annotations

import re

import pytest

from ekuscan.rules.load import packaged
from tests.cisco_document import business, mra, named, no_action, renewal, running, traversal, two_slots, uploads, zones
from tests.cisco_document.answering_ends import whole
from tests.cisco_document.explanations import EXPLANATIONS
from tests.cisco_document.situation import Situation, Upload, differences
from tests.cisco_document.sound import missing_remedies, unsound, wrong_remedies
from tests.cisco_document.world import World, make_world

SITUATIONS: tuple[Situation, ...] = (
    *mra.SITUATIONS,
    *two_slots.SITUATIONS,
    *traversal.SITUATIONS,
    *business.SITUATIONS,
    *zones.SITUATIONS,
    *named.SITUATIONS,
    *renewal.SITUATIONS,
    *no_action.SITUATIONS,
)
UPLOADS: tuple[Upload, ...] = uploads.UPLOADS
CASES: tuple[Situation | Upload, ...] = (*SITUATIONS, *UPLOADS)


def _numbers(letter: str, last: int, width: int) -> set[str]:
    return {f"{letter}{number:0{width}}" for number in range(1, last + 1)}


NUMBERS = frozenset(
    _numbers("F", 27, 2) | _numbers("T", 4, 1) | _numbers("L", 5, 1) | _numbers("D", 6, 1) | _numbers("X", 40, 2)
)
# Questions about days and about what fits together: there is an answer, but no certificate to judge.
EXPLAINED_ONLY = frozenset({"F26"})


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def test_every_number_of_the_document_has_a_case() -> None:
    answered = {number for case in CASES for number in case.ids}
    assert answered == NUMBERS - EXPLAINED_ONLY
    assert set(EXPLANATIONS) == NUMBERS


def test_every_situation_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_situation_has_an_answer_to_every_rule_that_it_names(case: Situation | Upload) -> None:
    """Rows about verifiers, slots and renewals have no verdict of their own: what they do shows in others."""
    tables = packaged()
    answered = {name.rpartition("/")[2] for name in case.expect}
    elsewhere = {number for verifier in tables.verifiers for number in verifier.also}
    rows = {
        number: {rule.id for rule in tables.rules if number in (rule.id, *rule.also)}
        for number in case.ids
        if number not in elsewhere
    }
    assert {number: found for number, found in rows.items() if found and not found & answered} == {}


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


@pytest.mark.parametrize(("subject", "expected"), EXPLANATIONS.items(), ids=EXPLANATIONS)
def test_explain_says_what_the_document_says(subject: str, expected: tuple[str, ...]) -> None:
    said = " ".join(running.explain(subject).split())
    assert [words for words in expected if not re.search(words, said, re.IGNORECASE)] == [], said
