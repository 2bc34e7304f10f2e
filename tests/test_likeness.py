"""Boxes that are alike are judged once, and get word for word what each would get by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import knowledge
from ekuscan.lab.authority import Leaf, issue, self_signed
from ekuscan.lab.worlds import World, make_worlds, write_trust_data
from ekuscan.model import Fact, Inventory, RulesVersion, RunInfo, SlotFile, Target, TrustVersion, Verdict, VerdictsLike
from ekuscan.report import jsonl
from ekuscan.report.records import RecordStream
from ekuscan.run import Options, Piece, RunInProgress
from ekuscan.trust import TrustStore

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS_IN = (-3, 1, 20, 44, 45, 46, 60, 97, 98, 99, 111, 112, 150, 190)
CAS = ("digicert", "lets-encrypt", "sectigo", "identrust", "unlisted", "corp")


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return make_worlds(AS_OF)


@pytest.fixture(scope="module")
def trust_data(worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("likeness") / "trust.sqlite"
    write_trust_data(worlds, path, AS_OF)
    return path


def _inventory(worlds: dict[str, World]) -> Inventory:
    """Expressway-Es that differ in name, CA, EKU, dates, release and one setting, and nothing that joins them."""
    targets, files = [], []
    for number, (ca, ends_in) in enumerate((ca, days) for ca in CAS for days in ENDS_IN):
        name = f'box {number} \N{EM DASH} "9911"' if number % 5 == 0 else f"e{number}"
        leaf = Leaf(name.split()[0], AS_OF - timedelta(days=100), AS_OF + timedelta(days=ends_in, seconds=number))
        leaf = Leaf(leaf.common_name, leaf.not_before, leaf.not_after, "both" if number % 2 else "server")
        chain = self_signed(leaf) if ca == "self" else issue(worlds[ca].issuing, leaf)
        settings = {"acme": Fact("on", "declared")} if number % 3 == 0 else {}
        release = ("X14.3.7", "X15.4", "X15.5", None)[number % 4]
        targets.append(
            Target(name, "expressway-e", "declared", release, "declared" if release else "default", settings=settings)
        )
        files.append(SlotFile(name, "server", chain.ders, "file.pem"))
    return Inventory(tuple(targets), slot_files=tuple(files))


def _pieces(inventory: Inventory, trust_data: Path, *, streamed: bool) -> tuple[list[Piece], ChainBook]:
    info = RunInfo("run", AS_OF, None, False, AS_OF, "0", None, RulesVersion("", ""), TrustVersion("", ""))
    with TrustStore.open(trust_data) as store:
        book = ChainBook(store)
        options = Options(AS_OF, streamed=streamed)
        run = RunInProgress(info, inventory, knowledge(), book, options)
        return list(run.begin()), book


def _lines(pieces: list[Piece], book: ChainBook) -> Iterator[dict[str, Any]]:
    stream = RecordStream(book.certificates, book.chains)
    for piece in pieces:
        for record in stream.part(piece.targets, piece.connections, piece.observations, piece.verdicts):
            if isinstance(record.value, Verdict | VerdictsLike):
                yield from (json.loads(line) for line in jsonl.line(record).splitlines())


def test_boxes_that_are_alike_get_word_for_word_what_each_would_get(worlds: dict[str, World], trust_data: Path) -> None:
    inventory = _inventory(worlds)
    alike, book = _pieces(inventory, trust_data, streamed=True)
    each, _ = _pieces(inventory, trust_data, streamed=False)
    assert list(_lines(alike, book)) == list(_lines(each, book))


def test_fewer_boxes_are_judged_than_there_are(worlds: dict[str, World], trust_data: Path) -> None:
    alike, _ = _pieces(_inventory(worlds), trust_data, streamed=True)
    templates = {id(piece.like.template) for piece in alike if piece.like is not None}
    assert 1 < len(templates) < len(alike)
