"""Every number of the Cisco document, answered: by a situation judged through the command line, and by ``explain``.

The expectations are written from the document and from what has replaced it, not from the rule tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from ekuscan.rules.load import packaged
from tests.cisco_document import business, mra, no_action, renewal, running, traversal, two_slots, uploads, zones
from tests.cisco_document.explanations import EXPLANATIONS
from tests.cisco_document.situation import Situation, Upload, differences
from tests.cisco_document.world import World, make_world

SITUATIONS: tuple[Situation, ...] = (
    *mra.SITUATIONS,
    *two_slots.SITUATIONS,
    *traversal.SITUATIONS,
    *business.SITUATIONS,
    *zones.SITUATIONS,
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
    assert list(differences(situation.expect, document["verdicts"])) == []
    assert list(_unsound(document)) == []
    assert list(_missing_remedies(situation.remedies, document["verdicts"])) == []
    assert list(_wrong_remedies(situation.no_way, document["verdicts"])) == []


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.name)
def test_an_upload_gets_exactly_this_answer(upload: Upload, world: World) -> None:
    document = running.inspect(upload, world)
    verdicts = running.upload_verdicts(document["verdicts"])
    assert list(differences(upload.expect, verdicts)) == []
    assert list(_unsound(document)) == []
    assert list(_missing_remedies(upload.remedies, verdicts)) == []


@pytest.mark.parametrize(("subject", "expected"), EXPLANATIONS.items(), ids=EXPLANATIONS)
def test_explain_says_what_the_document_says(subject: str, expected: tuple[str, ...]) -> None:
    said = " ".join(running.explain(subject).split())
    assert [words for words in expected if not re.search(words, said, re.IGNORECASE)] == [], said


def _unsound(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a verdict whatever the rules say: its headline, its day, its sources and its forks."""
    certificates = document["certificates"]
    for verdict in document["verdicts"]:
        now, next_ = verdict["now"], verdict["next"]
        headline = {"breaks": "breaks-now", "ok": {"breaks": "breaks-at-renewal"}.get(next_, next_)}.get(now, now)
        if verdict["outcome"] != headline:
            yield f"{verdict['id']}: outcome {verdict['outcome']}, but {now} / {next_}"
        leaf = certificates.get(verdict["sha256"])
        day = leaf["not_after"] if leaf is not None and now != next_ else None
        if verdict["when"] != day:
            yield f"{verdict['id']}: when {verdict['when']}, but {now} / {next_} and {day}"
        if not verdict["source"]:
            yield f"{verdict['id']}: no source"
        if "depends" in (now, next_) and not verdict["forks"]:
            yield f"{verdict['id']}: depends on nothing"
        if "unknown" in (now, next_) and not verdict["missing"]:
            yield f"{verdict['id']}: unknown, and nothing is missing"


def _missing_remedies(wanted: Mapping[str, tuple[str, ...]], verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for id_, remedies in wanted.items():
        offered = _offered(id_, verdicts)
        yield from (f"{id_}: no {remedy} among {', '.join(offered)}" for remedy in remedies if remedy not in offered)


def _wrong_remedies(unwanted: Mapping[str, tuple[str, ...]], verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for id_, remedies in unwanted.items():
        offered = _offered(id_, verdicts)
        yield from (f"{id_}: {remedy} is no way out" for remedy in remedies if remedy in offered)


def _offered(id_: str, verdicts: Iterable[Mapping[str, Any]]) -> list[str]:
    return [remedy["id"] for verdict in verdicts if verdict["id"] == id_ for remedy in verdict["remedies"]]
