"""A result judged again gives what the scan gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge
from ekuscan.lab.estate import estate
from ekuscan.lab.faults import fault_estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Run
from ekuscan.rejudge import CannotJudgeError, inventory_of, judged_again
from ekuscan.report.saved import read_result
from ekuscan.run import Knowledge, Options
from ekuscan.trust import TrustStore
from tests.command import TODAY, scan


@pytest.fixture(scope="module", params=["demo", "x155", "faults"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    boxes = fault_estate() if request.param == "faults" else estate(request.param)
    with open_lab(boxes, tmp_path_factory.mktemp(request.param), TODAY) as lab:
        yield read_result(scan(lab, "--format", "json", "--deadline", "2").out.encode())


@cache
def _knowledge() -> Knowledge:
    return knowledge()


def again(run: Run) -> Run:
    with TrustStore.open() as store:
        return judged_again(run, _knowledge(), ChainBook(store), Options(run.run.as_of))


def test_a_scan_judged_again_says_the_same(saved: Run) -> None:
    found = again(saved)
    assert {one.id: replace(one, remedies=()) for one in found.verdicts} == {
        one.id: replace(one, remedies=()) for one in saved.verdicts
    }
    assert {one.id for one in found.notices} == {one.id for one in saved.notices}
    assert {(one.section, one.target, one.title) for one in found.problems} == {
        (one.section, one.target, one.title) for one in saved.problems
    }
    assert found.summary == saved.summary
    assert {one.id: one.slots for one in found.targets} == {one.id: one.slots for one in saved.targets}


def test_what_was_told_is_told_again_and_what_was_seen_is_not(saved: Run) -> None:
    told = inventory_of(saved)
    assert len(told.endpoints) == len(saved.observations)
    assert not any(one.origin == "assumed" for one in told.connections)
    assert not any(slot.from_ in ("port", "unseen") for target in told.targets for slot in target.slots)


def test_a_result_with_a_certificate_that_is_another_one_is_not_judged(saved: Run) -> None:
    first, second = list(saved.certificates)[:2]
    forged = {**saved.certificates, first: saved.certificates[second]}
    with pytest.raises(CannotJudgeError, match=first):
        again(replace(saved, certificates=forged))
