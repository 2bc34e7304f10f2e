"""Boxes that are alike are judged once, and get word for word what each would get by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge
from ekuscan.exit_code import FailOn, counts_as_failure
from ekuscan.lab.authority import Leaf, issue, self_signed
from ekuscan.lab.worlds import World, make_worlds, write_trust_data
from ekuscan.model import (
    Fact,
    Inventory,
    RulesVersion,
    RunInfo,
    SlotFile,
    Target,
    TrustVersion,
    Verdict,
    VerdictsLike,
    Waiver,
)
from ekuscan.report import jsonl
from ekuscan.report.records import RecordStream
from ekuscan.run import Options, Piece, RunInProgress
from ekuscan.trust import TrustStore

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS_IN = (-3, 1, 20, 44, 45, 46, 60, 97, 98, 99, 111, 112, 150, 190)
CAS = ("digicert", "lets-encrypt", "sectigo", "godaddy", "unlisted", "corp")


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return make_worlds(AS_OF)


@pytest.fixture(scope="module")
def trust_data(worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("likeness") / "trust.sqlite"
    write_trust_data(worlds, path, AS_OF)
    return path


def _inventory(worlds: dict[str, World], as_of: datetime = AS_OF) -> Inventory:
    """Expressway-Es that differ in name, CA, EKU, dates, release and one setting, and nothing that joins them."""
    targets, files = [], []
    for number, (ca, ends_in) in enumerate((ca, days) for ca in CAS for days in ENDS_IN):
        name = f'box {number} \N{EM DASH} "9911"' if number % 5 == 0 else f"e{number}"
        leaf = Leaf(name.split()[0], as_of - timedelta(days=100), as_of + timedelta(days=ends_in, seconds=number))
        leaf = Leaf(leaf.common_name, leaf.not_before, leaf.not_after, "both" if number % 2 else "server")
        chain = self_signed(leaf) if ca == "self" else issue(worlds[ca].issuing, leaf)
        settings = {"acme": Fact("on", "declared")} if number % 3 == 0 else {}
        release = ("X14.3.7", "X15.4", "X15.5", None)[number % 4]
        targets.append(
            Target(name, "expressway-e", "declared", release, "declared" if release else "default", settings=settings)
        )
        files.append(SlotFile(name, "server", chain.ders, "file.pem"))
    last = date(2027, 2, 28)
    waivers = tuple(
        Waiver(verdict, "Operations", "known", last) for verdict in ("e7/*/*", "e8/*/X04", "*/xmpp-federation/*")
    )
    return Inventory(tuple(targets), slot_files=tuple(files), waivers=waivers)


@dataclass(frozen=True)
class _Twice:
    """The same estate, its boxes judged as alike where they are, and each by itself."""

    alike: list[Piece]
    each: list[Piece]
    book: ChainBook


@pytest.fixture
def judged_twice(
    worlds: dict[str, World], trust_data: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Options], _Twice]:
    def twice(options: Options) -> _Twice:
        inventory = _inventory(worlds, options.as_of)
        book, alike = _run(inventory, trust_data, options)
        with monkeypatch.context() as patch:
            patch.setattr("ekuscan.run.likeness", lambda *_: None)
            _, each = _run(inventory, trust_data, options)
        return _Twice(alike, each, book)

    return twice


def _run(inventory: Inventory, trust_data: Path, options: Options) -> tuple[ChainBook, list[Piece]]:
    as_of = options.as_of
    info = RunInfo("run", as_of, None, False, as_of, "0", None, RulesVersion("", ""), TrustVersion("", ""))
    with TrustStore.open(trust_data) as store:
        run = RunInProgress(info, inventory, knowledge(), ChainBook(store), options)
        return run.book, list(run.begin())


def _lines(pieces: list[Piece], book: ChainBook) -> Iterator[dict[str, Any]]:
    stream = RecordStream(book.certificates, book.chains)
    for piece in pieces:
        for record in stream.part(piece.targets, piece.connections, piece.observations, piece.verdicts):
            if isinstance(record.value, Verdict | VerdictsLike):
                yield from (json.loads(line) for line in jsonl.line(record).splitlines())


# The lab's CAs change what they issue in the weeks after some of these days.
@pytest.mark.parametrize("day", ["2026-11-23T12:00", "2027-02-10T12:00", "2027-02-28T00:00", "2027-03-14T23:59:59"])
@pytest.mark.parametrize("streamed", [True, False])
def test_boxes_that_are_alike_get_word_for_word_what_each_would_get(
    judged_twice: Callable[[Options], _Twice], day: str, streamed: bool
) -> None:
    found = judged_twice(Options(datetime.fromisoformat(day).replace(tzinfo=UTC), streamed=streamed))
    assert list(_lines(found.alike, found.book)) == list(_lines(found.each, found.book))


def test_boxes_that_are_alike_get_the_findings_that_each_would_get(
    judged_twice: Callable[[Options], _Twice],
) -> None:
    found = judged_twice(Options(AS_OF))
    assert [piece.findings for piece in found.alike] == [piece.findings for piece in found.each]


@pytest.mark.parametrize("days", [0, 1, 44, 45, 46, 97, 98, 150, 189, 190, 191, 400])
def test_boxes_that_are_alike_count_against_a_limit_of_days_as_each_would(
    judged_twice: Callable[[Options], _Twice], days: int
) -> None:
    limit = FailOn("depends", days)
    found = judged_twice(Options(AS_OF, streamed=True, fail_on=limit))
    alike, each = (
        [[counts_as_failure(one, limit, AS_OF) for one in piece.counted] for piece in pieces]
        for pieces in (found.alike, found.each)
    )
    assert alike == each


def test_boxes_that_are_alike_are_waived_by_their_own_names(
    judged_twice: Callable[[Options], _Twice],
) -> None:
    found = judged_twice(Options(AS_OF, streamed=True))
    waived = {line["id"] for line in _lines(found.alike, found.book) if line["waived"]}
    assert {name.partition("/")[0] for name in waived if "xmpp-federation" not in name} == {"e7", "e8"}
    assert len({name.partition("/")[0] for name in waived}) > 10


def test_fewer_boxes_are_judged_than_there_are(worlds: dict[str, World], trust_data: Path) -> None:
    _, alike = _run(_inventory(worlds), trust_data, Options(AS_OF, streamed=True))
    templates = {id(piece.like.template) for piece in alike if piece.like is not None}
    assert 1 < len(templates) < len(alike)
