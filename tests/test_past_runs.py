"""Flapping endpoints: what did not answer a few times is held against the history before it is news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.change.find import find
from ekuscan.cli.diff import beside
from ekuscan.cli.notify import NotifyRequest, alerts
from ekuscan.cli.quiet import Since, Telling, after_sweep, changed_since, exit_code, found_since, lines
from ekuscan.history import writer
from ekuscan.history.contents import inventory_text, kept_observation, kept_verdict
from ekuscan.history.place import parse_place
from ekuscan.history.reader import Reader
from ekuscan.history.runs import Holder, Judging, StoredRun
from ekuscan.history.store import Store, open_store
from ekuscan.lab.authority import Leaf, issue
from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.model import Record, Run
from ekuscan.news import News
from ekuscan.report import encode
from ekuscan.stored_diff import StoredDiff
from tests.changing import Alter, Watched, away, renewed
from tests.command import TODAY
from tests.histories import NIGHTLY
from tests.receiving import receiving_beside


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with open_lab(estate("before"), tmp_path_factory.mktemp("before"), TODAY) as lab:
        yield Watched(lab)


class Nights:
    """A list that is swept every night and kept."""

    def __init__(self, watched: Watched, store: Store) -> None:
        self._watched = watched
        self._store = store
        self._whole: dict[str, Run] = {}
        self._nights: list[StoredRun] = []

    def sweep(self, alter: Alter = lambda one: one, *, confirm: int = 2) -> News | None:
        """The news of one more night; None of the first."""
        run = self._watched.look(TODAY + timedelta(days=len(self._whole)), alter)
        news = None
        if self._nights:
            news = changed_since(self.since(), self._whole[self._nights[0].id], run, confirm)
        self._nights.insert(0, self._kept(run))
        self._whole[self._nights[0].id] = run
        return news

    def since(self) -> Since:
        """The nights until now."""
        known, trust = self._watched.known, self._watched.store
        return Since(Reader(self._store), self._nights, known, trust, lambda one: self._whole[one.id])

    def _kept(self, run: Run) -> StoredRun:
        text = inventory_text(self._watched.inventory)
        name, count = writer.text_name(text), len(self._watched.inventory.endpoints)
        holder = Holder("host.example", 4711, run.run.started)
        new = StoredRun(run.run, NIGHTLY, 0, 0, Judging(), name, name, count, holder)
        begun = writer.begin(self._store, new, {name: text})
        things = [kept_observation(one) for one in run.observations]
        return writer.end(
            self._store,
            begun,
            run.run,
            run.summary,
            [*things, *(kept_verdict(one.id, encode.body(Record("verdict", one.id, one))) for one in run.verdicts)],
        )

    def diff(self) -> News:
        """The last two nights as the history alone has them."""
        last, before = list(Reader(self._store).runs())[:2]
        known, trust = self._watched.known, self._watched.store
        facts = beside(self._whole[before.id], last.info, known, trust)
        book = ChainBook(trust, self._watched.inventory.trust)
        return find(StoredDiff(Reader(self._store), before, last, book).compared(facts))


@pytest.fixture
def nights(watched: Watched, tmp_path: Path) -> Iterator[Nights]:
    store = open_store(parse_place(str(tmp_path / "history.sqlite"), secret=False), create=True)
    try:
        yield Nights(watched, store)
    finally:
        store.close()


def told(news: News | None) -> list[str]:
    return [line.split(":")[1].split("(")[0].strip() for line in lines(news)]


def test_an_absence_is_told_once_it_is_confirmed_and_once_only_and_so_is_its_end(nights: Nights) -> None:
    gone = away("exp-e1")
    found = [nights.sweep(alter) for alter in (lambda one: one, gone, gone, gone, lambda one: one, lambda one: one)]
    assert [told(news) for news in found] == [[], [], ["no longer answers"], [], ["answers again"], []]
    confirmed = found[2]
    assert confirmed is not None
    assert {one.use_case for one in confirmed.changes[0].verdicts} >= {"mra", "uc-traversal"}
    assert [exit_code(1, news) for news in found] == [1, 1, 1, 0, 1, 0]


def test_a_box_that_flaps_is_no_news_and_what_it_shows_after_it_is(watched: Watched, nights: Nights) -> None:
    leaf = Leaf("exp-e1.lab.example", TODAY, TODAY + timedelta(days=190), "both", ("exp-e1.lab.example",), "ec")
    other = renewed("exp-e1", issue(watched.lab.worlds["digicert"].issuing, leaf).ders)
    gone = away("exp-e1")
    found = [nights.sweep(alter) for alter in (lambda one: one, gone, lambda one: one, gone, other, other)]
    kinds = [[one.kind for one in news.changes] if news is not None else [] for news in found]
    assert kinds == [[], [], [], [], ["certificate"], []]


def test_at_once_is_the_default_so_that_no_exit_code_goes_without_its_line(nights: Nights) -> None:
    gone = away("exp-e1")
    found = [nights.sweep(alter, confirm=1) for alter in (lambda one: one, gone, gone, lambda one: one)]
    assert [told(news) for news in found] == [[], ["no longer answers"], [], ["answers again"]]


@pytest.mark.parametrize(("usual", "code"), [(0, 0), (1, 0), (3, 0), (4, 4), (130, 130), (2, 2)])
def test_a_night_without_a_change_exits_0_unless_the_sweep_itself_failed(nights: Nights, usual: int, code: int) -> None:
    nights.sweep()
    assert exit_code(usual, nights.sweep()) == code


def test_the_history_alone_gives_the_same_changes_as_two_whole_runs(watched: Watched, nights: Nights) -> None:
    leaf = Leaf("exp-c1.lab.example", TODAY, TODAY + timedelta(days=190), "server", ("exp-c1.lab.example",), "ec")
    other = renewed("exp-c1", issue(watched.lab.worlds["sectigo"].issuing, leaf).ders)
    for alter in (lambda one: one, other, away("exp-e1"), lambda one: one, lambda one: one):
        whole = nights.sweep(alter, confirm=1)
        if whole is None:
            continue
        stored = nights.diff()
        assert list(lines(stored)) == list(lines(whole))
        assert [one.verdicts for one in stored.changes] == [one.verdicts for one in whole.changes]


def _received(watched: Watched, nights: Nights, folder: Path, runs: list[Run]) -> list[Any]:
    with receiving_beside() as server:
        request = NotifyRequest((server.url,), None, "https://reports.example/last.html", (45, 14, 3))
        telling = Telling(quiet=True, confirm=1, alerts=alerts(request), outbox=folder)
        for run in runs:
            after_sweep(run, 1, found_since(nights.since(), run, telling.confirm), telling)
    return server.documents


def test_a_night_sends_one_message_and_prints_one_line_for_each_change_and_else_nothing(
    watched: Watched, nights: Nights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nights.sweep()
    day = TODAY + timedelta(days=1)
    runs = [watched.look(day), watched.look(day, away("exp-e1"))]
    got = _received(watched, nights, tmp_path / "outbox", runs)
    assert [one["title"] for one in got] == ["ekuscan: 1 change"]
    assert got[0]["lines"][0].startswith("exp-e1: no longer answers")
    assert got[0]["report"] == "https://reports.example/last.html"
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1
    assert printed.err == ""


def test_a_threshold_that_is_crossed_is_sent_even_where_nothing_changed(
    watched: Watched, nights: Nights, tmp_path: Path
) -> None:
    nights.sweep()
    # The certificates of the Expressway-Es end 40 days after the first night.
    ahead = [watched.look(TODAY + timedelta(days=days)) for days in (1, 30)]
    got = _received(watched, nights, tmp_path / "outbox", ahead)
    assert len(got) == 1
    assert "near the end" in got[0]["title"]
    assert all("ends in" in line for line in got[0]["lines"])


def test_a_first_run_has_nothing_to_be_compared_with(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    telling = Telling(quiet=True, confirm=1, alerts=alerts(NotifyRequest()), outbox=tmp_path)
    assert after_sweep(watched.look(), 1, None, telling).code == 1
    printed = capsys.readouterr()
    assert (printed.out, "nothing to compare with" in printed.err) == ("", True)
