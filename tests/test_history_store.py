"""What is put into a history comes out as it was, once for as long as it stays the same, in both databases."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from ekuscan.history import retention, schema, writer
from ekuscan.history.admit import Admitted, ImportFileError, admit
from ekuscan.history.contents import inventory, inventory_text, kept_observation, observation, times
from ekuscan.history.errors import HistoryError
from ekuscan.history.export import export
from ekuscan.history.place import parse_place
from ekuscan.history.reader import Reader
from ekuscan.history.retention import prune
from ekuscan.history.runs import SweptList
from ekuscan.history.selectors import SelectorError, find_run
from ekuscan.history.store import Store, open_store
from ekuscan.model import (
    Approach,
    Banner,
    ClientPairFile,
    Connection,
    Enforcement,
    Fact,
    Failure,
    Inventory,
    SlotFile,
)
from tests.histories import FIRST, NIGHTLY, a_run, begun, ended, estate, seen, swept

ESTATE = estate()
SAME = {"box0000": b"one", "box0001": b"two", "box0002": b"three"}
OTHER = {**SAME, "box0001": b"renewed"}


@pytest.fixture
def store(history_place: str):
    opened = open_store(parse_place(history_place, secret=True), create=True)
    yield opened
    opened.close()


def counted(store: Store) -> dict[str, int]:
    tables = {"runs": schema.RUNS, "spans": schema.SPANS, "contents": schema.CONTENTS, "texts": schema.TEXTS,
              "certificates": schema.CERTIFICATES}  # fmt: skip
    with store.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(one)).scalar_one() for name, one in tables.items()
        }


def test_a_hundred_runs_without_a_change_add_their_own_row_and_nothing_else(store: Store) -> None:
    swept(store, 0, ESTATE, SAME)
    first = counted(store)
    for number in range(1, 100):
        swept(store, number, ESTATE, SAME)
    assert counted(store) == {**first, "runs": 100}


def test_an_observation_is_read_back_as_it_was_with_the_times_of_its_own_run(store: Store) -> None:
    runs = [swept(store, number, ESTATE, SAME) for number in range(3)]
    found = list(Reader(store).observations(runs[2]))
    expected = [seen(one, SAME[one.target], runs[2].info.started) for one in ESTATE.endpoints]
    assert found == expected


def test_of_an_earlier_run_that_saw_the_same_the_times_are_when_it_began(store: Store) -> None:
    first, _ = swept(store, 0, ESTATE, SAME), swept(store, 1, ESTATE, SAME)
    found = next(Reader(store).observations(first))
    assert found == seen(ESTATE.endpoints[0], b"one", first.info.started)


def test_two_runs_differ_in_what_changed_came_and_went_whichever_comes_first(store: Store) -> None:
    before = swept(store, 0, ESTATE, {"box0000": b"one", "box0001": b"two"})
    swept(store, 1, ESTATE, OTHER)
    after = swept(store, 2, ESTATE, {"box0001": b"renewed", "box0002": b"three"})
    reader = Reader(store)

    def told(pair: tuple[object, object]) -> dict[str, tuple[bytes | None, bytes | None]]:
        def der(one):
            return next(iter(one.presented.values()))[0] if one is not None else None

        return {one.name: (der(one.before), der(one.after)) for one in reader.differing(*pair)}

    assert told((before, after)) == {
        "box0000:5061/sips": (b"one", None),
        "box0001:5061/sips": (b"two", b"renewed"),
        "box0002:5061/sips": (None, b"three"),
    }
    assert told((after, before)) == {
        "box0000:5061/sips": (None, b"one"),
        "box0001:5061/sips": (b"renewed", b"two"),
        "box0002:5061/sips": (b"three", None),
    }
    assert told((after, after)) == {}


def test_an_endpoint_that_one_run_between_did_not_see_does_not_differ(store: Store) -> None:
    before = swept(store, 0, ESTATE, SAME)
    swept(store, 1, ESTATE, {"box0000": b"one"})
    after = swept(store, 2, ESTATE, SAME)
    assert list(Reader(store).differing(before, after)) == []


def test_runs_of_two_lists_are_compared_by_what_their_endpoints_showed(store: Store) -> None:
    inside = swept(store, 0, ESTATE, SAME)
    outside = swept(store, 1, ESTATE, OTHER, swept=SweptList("b" * 64, "from the DMZ"))
    assert [one.name for one in Reader(store).differing(inside, outside)] == ["box0001:5061/sips"]


def test_the_sightings_of_an_endpoint_say_from_when_to_when_it_was_the_same(store: Store) -> None:
    runs = [swept(store, number, ESTATE, OTHER if number in (2, 3) else SAME) for number in range(5)]
    found = list(Reader(store).sightings(runs[4], "box0001:5061/sips"))
    assert [(one.first.id, one.last.id) for one in found] == [
        (runs[4].id, runs[4].id),
        (runs[2].id, runs[3].id),
        (runs[0].id, runs[1].id),
    ]
    assert [one.last.id for one in Reader(store).sightings(runs[2], "box0001:5061/sips")] == [runs[2].id, runs[1].id]


def test_what_is_stored_for_a_run_already_is_not_stored_again(store: Store) -> None:
    run = begun(store, 0, ESTATE)
    one = kept_observation(seen(ESTATE.endpoints[0], b"one", FIRST))
    other = kept_observation(seen(ESTATE.endpoints[0], b"another", FIRST))
    writer.add(store, run, [one])
    writer.add(store, run, [one, other])
    assert [next(iter(o.presented.values())) for o in Reader(store).observations(run)] == [(b"one",)]


def test_a_run_that_goes_on_has_its_observations_and_no_verdict_of_before(store: Store) -> None:
    line = b'{"id":"box0000/mra/X01"}'
    swept(store, 0, ESTATE, SAME, {"box0000/mra/X01": line})
    run = begun(store, 1, ESTATE)
    writer.add(store, run, [kept_observation(seen(ESTATE.endpoints[0], b"one", FIRST))])
    from ekuscan.history.contents import kept_verdict

    writer.add(store, run, [kept_verdict("box0000/mra/X01", line), kept_verdict("box0001/mra/X01", b'{"id":"other"}')])
    going = writer.go_on(store, ended(store, run, complete=False), run.info, run.holder)
    reader = Reader(store)
    assert set(reader.stored(going)) == {"box0000:5061/sips"}
    with store.reading() as connection:
        spans = connection.execute(select(schema.SPANS).where(schema.SPANS.c.kind == "v")).all()
    assert [(one.name, one.first, one.last) for one in spans] == [("box0000/mra/X01", 1, 1)]


# --- naming a run -------------------------------------------------------------------------------------------------


def test_runs_are_named_as_last_by_day_and_by_the_beginning_of_their_id(store: Store) -> None:
    runs = [swept(store, number, ESTATE, SAME) for number in range(3)]
    unfinished = begun(store, 3, ESTATE)
    reader = Reader(store)
    named = {
        "last": unfinished,
        "last~1": runs[2],
        "last-complete": runs[2],
        "last-complete~2": runs[0],
        "2026-11-02": runs[1],
        runs[1].id: runs[1],
    }
    assert {words: find_run(reader, words).id for words in named} == {words: run.id for words, run in named.items()}
    assert [one.id for one in reader.before(unfinished)] == [one.id for one in reversed(runs)]
    assert reader.newest(NIGHTLY.key, complete=True).id == runs[2].id
    assert reader.before(runs[0]) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("last~9", "no such run"),
        ("2026-11-20", "no run began on that day"),
        ("2026-13-01", "no such day"),
        ("0000", "more than one run"),
        ("ffff", "no run has this id"),
        ("yesterday", "names no run; write last"),
        ("last~x", "names no run"),
        ("\x1b[2J", "names no run"),
    ],
)
def test_words_that_name_no_run_are_refused_with_what_to_write(store: Store, words: str, said: str) -> None:
    for number in range(2):
        swept(store, number, ESTATE, SAME)
    with pytest.raises(SelectorError, match=said) as refused:
        find_run(Reader(store), words)
    assert str(refused.value).isprintable()


# --- taking out, out and in ---------------------------------------------------------------------------------------


def test_pruning_takes_out_old_runs_and_what_only_they_showed(store: Store) -> None:
    for number in range(6):
        swept(store, number, ESTATE, {**SAME, "box0000": b"old" if number < 3 else b"new"})
    reader = Reader(store)
    kept = [list(reader.observations(run)) for run in list(reader.runs())[:2]]
    assert prune(store, FIRST + timedelta(days=4)) == 4
    assert [list(reader.observations(run)) for run in reader.runs()] == kept
    assert counted(store) == {"runs": 2, "spans": 3, "contents": 3, "certificates": 3, "texts": 1}
    assert prune(store, FIRST + timedelta(days=4)) == 0


def test_the_last_complete_run_of_a_list_stays_however_old_it_is_and_what_came_after_it_too(store: Store) -> None:
    for number in range(3):
        swept(store, number, ESTATE, SAME)
    unfinished = begun(store, 3, ESTATE)
    assert prune(store, FIRST + timedelta(days=900)) == 2
    assert [run.place for run in Reader(store).runs()] == [unfinished.place, 3]


def test_after_an_import_pruning_goes_by_when_a_run_began(store: Store, tmp_path: Path) -> None:
    """Runs of an old machine have higher places than the newest one, which was there before them."""
    old = open_store(parse_place(str(tmp_path / "old.sqlite"), secret=False), create=True)
    for number in range(5):
        swept(old, number, ESTATE, SAME if number < 4 else OTHER)
    newest = swept(store, 20, ESTATE, SAME)
    assert admit(store, list(export(old))) == Admitted(new=5)
    reader = Reader(store)
    assert prune(store, FIRST + timedelta(days=3)) == 3
    assert [run.info.started.day for run in reader.runs()] == [21, 5, 4]
    assert [one.name for one in reader.differing(reader.run(f"{3:032x}"), reader.run(f"{4:032x}"))] == [
        "box0001:5061/sips"
    ]
    assert prune(store, FIRST + timedelta(days=29)) == 2
    assert [run.id for run in reader.runs()] == [newest.id]
    assert [next(iter(one.presented.values())) for one in reader.observations(newest)] == [
        (SAME[one.target],) for one in ESTATE.endpoints
    ]
    again = swept(store, 21, ESTATE, SAME)
    assert [(one.first.id, one.last.id) for one in reader.sightings(again, "box0001:5061/sips")] == [
        (newest.id, again.id)
    ]
    assert counted(store)["spans"] == 3
    old.close()


def test_a_span_whose_middle_or_end_is_taken_out_ends_and_begins_at_runs_that_are_there(store: Store) -> None:
    """A clock that was set back: what was seen alike all the time was seen alike in runs out of their order."""
    runs = [swept(store, number, ESTATE, SAME) for number in (20, 1, 21, 2)]
    assert prune(store, FIRST + timedelta(days=10)) == 2
    reader = Reader(store)
    (found,) = reader.sightings(runs[2], "box0001:5061/sips")
    assert (found.first.id, found.last.id) == (runs[0].id, runs[2].id)
    assert next(reader.observations(runs[2])).sights[0].started == runs[2].info.started
    assert sum(b'"type":"thing"' in line for line in export(store)) == 3
    assert prune(store, FIRST + timedelta(days=90)) == 1
    assert [run.id for run in reader.runs()] == [runs[2].id]
    assert len(list(reader.observations(runs[2]))) == 3


def test_an_exported_history_is_the_same_in_another_store(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        swept(store, number, ESTATE, OTHER if number == 2 else SAME)
    begun(store, 4, ESTATE)
    lines = list(export(store))
    other = open_store(parse_place(str(tmp_path / "other.sqlite"), secret=False), create=True)
    assert admit(other, lines) == Admitted(new=5)
    assert list(export(other)) == lines
    # The one that did not end could get something more, the others not.
    assert admit(other, lines) == Admitted(longer=1, known=4)
    assert list(export(other)) == lines
    other.close()


def test_a_single_run_is_exported_with_all_that_it_names(store: Store, tmp_path: Path) -> None:
    runs = [swept(store, number, ESTATE, OTHER if number == 2 else SAME) for number in range(4)]
    other = open_store(parse_place(str(tmp_path / "other.sqlite"), secret=False), create=True)
    admit(other, list(export(store, runs[2])))
    here, there = Reader(store), Reader(other)
    assert list(there.observations(there.run(runs[2].id))) == list(here.observations(runs[2]))
    assert [run.id for run in there.runs()] == [runs[2].id]
    other.close()


def test_what_is_imported_into_a_history_that_has_some_of_it_is_what_it_lacks(store: Store, tmp_path: Path) -> None:
    other = open_store(parse_place(str(tmp_path / "other.sqlite"), secret=False), create=True)
    for number in range(5):
        run = swept(store, number, ESTATE, OTHER if number == 2 else SAME)
        if number in (1, 3):
            admit(other, list(export(store, run)))
    assert admit(other, list(export(store))) == Admitted(new=3, known=2)
    here, there = Reader(store), Reader(other)
    for run in here.runs():
        shown = [o.presented for o in here.observations(run)]
        assert [o.presented for o in there.observations(there.run(run.id))] == shown
    assert list(there.differing(there.run(f"{2:032x}"), there.run(f"{4:032x}")))
    assert not list(there.differing(there.run(f"{0:032x}"), there.run(f"{4:032x}")))
    other.close()


def lines_of(store: Store) -> list[dict]:
    swept(store, 0, ESTATE, SAME)
    return [json.loads(line) for line in export(store)]


def damaged(lines: list[dict], kind: str, **changes: object) -> list[bytes]:
    at = next(place for place, one in enumerate(lines) if one["type"] == kind)
    return [json.dumps({**one, **changes} if place == at else one).encode() for place, one in enumerate(lines)]


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("history", {"schema": "ekuscan.history/2"}, "line 1: schema 'ekuscan.history/2'"),
        ("history", {"type": "run"}, "line 1: this is no history"),
        ("run", {"info": {}}, "RunInfo.id is missing|info.id is missing"),
        ("run", {"asked": "0" * 64}, "names an inventory that is missing"),
        ("text", {"data": "?"}, "base64"),
        ("thing", {"first": "f" * 32}, "named before it is told"),
        ("thing", {"data": "[]"}, "no object"),
        ("thing", {"data": "\ud800"}, "no JSON"),
        ("thing", {"times": "[]"}, "sights at 0 times"),
        ("thing", {"name": "a\x00b"}, "the name of a thing"),
        ("certificate", {"der": "AAAA"}, "a certificate of .* is missing"),
    ],
)
def test_a_file_that_is_damaged_is_refused_by_line_and_nothing_of_it_is_taken_in(
    store: Store, tmp_path: Path, kind: str, changes: dict, said: str
) -> None:
    lines = damaged(lines_of(store), kind, **changes)
    other = open_store(parse_place(str(tmp_path / "other.sqlite"), secret=False), create=True)
    with pytest.raises(ImportFileError, match=said):
        admit(other, lines)
    assert set(counted(other).values()) == {0}
    other.close()


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_line_are_refused_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    place = tmp_path_factory.mktemp("any") / "history.sqlite"
    opened = open_store(parse_place(str(place), secret=False), create=True)
    try:
        with pytest.raises(ImportFileError):
            admit(opened, [line])
    finally:
        opened.close()


# --- contents -----------------------------------------------------------------------------------------------------


def test_an_inventory_with_everything_in_it_is_read_back_as_it_was() -> None:
    whole = Inventory(
        tuple(replace(target, settings={"acme": Fact("on", "declared")}, tags=("a", "b")) for target in ESTATE.targets),
        (Connection("c", "mra", "a", "b", {"tls_verify": Fact("on", "imported")}, "imported", 7),),
        ESTATE.endpoints,
        (SlotFile("box0000", "client", (b"\x30\x00", b"\x30\x01"), "client.pem", standing=True),),
        (b"\x30\x02",),
        (ClientPairFile("ours", "ours.pem", "ours.key"),),
        {"box0000": Approach(("ours",), key_types=False, proxy="none")},
        "http://proxy.example:8080",
        trusted_cas={"box0000": (b"\x30\x03", b"\x30\x04")},
    )
    assert inventory(inventory_text(whole)) == whole


def test_an_inventory_that_was_stored_before_targets_had_lists_of_cas_has_none() -> None:
    stored = json.loads(inventory_text(ESTATE))
    del stored["trusted_cas"]
    assert inventory(json.dumps(stored).encode()) == ESTATE


def test_an_observation_with_everything_in_it_is_read_back_as_it_was() -> None:
    endpoint = ESTATE.endpoints[0]
    whole = replace(
        seen(endpoint, b"der", FIRST),
        failure=Failure("finish", "alert", "a detail", 116),
        banner=Banner("expressway", "X15.4", "raw \\x1b text"),
        enforcement=Enforcement("enforces", "observed", ("it refused",)),
        ca_names_cut=True,
    )
    kept = kept_observation(whole)
    ders = dict(kept.certificates)
    assert observation(endpoint, kept.data, times(kept.times), ders) == whole


def test_when_and_how_fast_a_thing_was_seen_is_no_news() -> None:
    endpoint = ESTATE.endpoints[0]
    first = kept_observation(seen(endpoint, b"der", FIRST, 0.1))
    later = kept_observation(seen(endpoint, b"der", FIRST + timedelta(days=9), 0.7))
    assert first.digest == later.digest
    assert first.digest != kept_observation(seen(endpoint, b"other", FIRST)).digest


# --- places and versions ------------------------------------------------------------------------------------------


def test_a_history_of_a_later_version_is_refused_and_left_alone(store: Store) -> None:
    swept(store, 0, ESTATE, SAME)
    with store.writing() as connection:
        connection.execute(update(schema.VERSION).values(version=len(schema.STEPS) + 1))
    for create in (True, False):
        with pytest.raises(HistoryError, match="was written by a later ekuscan"):
            open_store(store.place, create=create)


def test_a_history_of_an_earlier_version_is_brought_forward_step_by_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(store, 0, ESTATE, SAME)
    taken = []
    later = (*schema.STEPS, lambda connection: taken.append("second"), lambda connection: taken.append("third"))
    monkeypatch.setattr(schema, "STEPS", later)
    monkeypatch.setattr("ekuscan.history.store.STEPS", later)
    for _ in range(2):
        again = open_store(store.place, create=False)
        with again.reading() as connection:
            assert schema.version_of(connection) == len(later)
        again.close()
    assert taken == ["second", "third"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no name"),
        ("mysql://host/db", "write a file or postgresql://"),
        ("postgresql://host", "names no database"),
        ("postgresql://me:secret@host/db", "leave the password out"),
        ("postgresql://me@host/db?password=secret", "leave the password out"),
        ("postgresql://host:port/db", "cannot be read"),
    ],
)
def test_a_place_that_cannot_be_is_refused_without_a_word_of_its_password(text: str, said: str) -> None:
    with pytest.raises(HistoryError, match=said) as refused:
        parse_place(text, secret=False)
    assert "secret" not in str(refused.value)


def test_a_password_from_the_environment_is_used_and_never_shown() -> None:
    place = parse_place("postgresql://me:secret@host/db", secret=True)
    assert (place.shown, "secret" in place.url) == ("postgresql://me@host/db", True)


def test_where_there_is_no_history_reading_says_who_begins_one(history_place: str) -> None:
    with pytest.raises(HistoryError, match="`ekuscan scan` begins one"):
        open_store(parse_place(history_place, secret=True), create=False)


def test_ids_and_times_sort_whatever_their_fraction(store: Store) -> None:
    late = a_run(0, ESTATE)
    early = replace(a_run(1, ESTATE), info=replace(a_run(1, ESTATE).info, started=FIRST - timedelta(microseconds=1)))
    for run in (late, early):
        writer.begin(store, run, {run.inventory: inventory_text(ESTATE)})
    assert [run.id for run in Reader(store).runs()] == [late.id, early.id]
    assert next(Reader(store).runs()).info.started == FIRST.astimezone(UTC)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_flaw_in_a_stored_observation_is_told_in_a_sentence(data: st.DataObject) -> None:
    kept = kept_observation(seen(ESTATE.endpoints[0], b"der", FIRST))
    start = data.draw(st.integers(0, len(kept.data)))
    flawed = kept.data[:start] + data.draw(st.binary(max_size=4)) + kept.data[start + data.draw(st.integers(0, 9)) :]
    try:
        found = observation(ESTATE.endpoints[0], flawed, times(kept.times), dict(kept.certificates))
    except HistoryError:
        return
    assert found.endpoint == ESTATE.endpoints[0]


# --- what is missing, and two who write ---------------------------------------------------------------------------


def test_what_is_missing_is_told_and_never_passed_over(store: Store) -> None:
    before = swept(store, 0, ESTATE, SAME, {"box0000/mra/X01": b'{"id":"box0000/mra/X01"}'})
    after = swept(store, 1, ESTATE, OTHER)
    with store.writing() as connection:
        connection.execute(delete(schema.CONTENTS))
    reader = Reader(store)
    for read in (
        lambda: reader.observations(after),
        lambda: reader.verdicts(before),
        lambda: reader.differing(before, after),
        lambda: reader.differing_verdicts(before, after),
        lambda: reader.sightings(after, "box0001:5061/sips"),
        lambda: export(store),
    ):
        with pytest.raises(HistoryError, match="is damaged: a stored text is missing"):
            list(read())


def test_a_sweep_that_stores_while_old_runs_are_taken_out_waits_and_loses_nothing(
    history_place: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate that only an old run showed is seen again just when it is about to be taken out."""
    old = {**SAME, "box0000": b"old"}
    swept(store, 0, ESTATE, old)
    for number in range(1, 4):
        swept(store, number, ESTATE, SAME)
    other = open_store(parse_place(history_place, secret=True), create=False)
    run = begun(other, 4, ESTATE)
    seen_now = [kept_observation(seen(one, old[one.target], run.info.started)) for one in ESTATE.endpoints]
    sweep = threading.Thread(target=lambda: writer.add(other, run, seen_now))
    real = retention._delete_others

    def between(connection: object, table: object, kept: set[str]) -> None:
        if not sweep.ident:
            sweep.start()
            sweep.join(0.5)
        real(connection, table, kept)

    monkeypatch.setattr(retention, "_delete_others", between)
    assert prune(store, FIRST + timedelta(days=2)) == 2
    sweep.join()
    shown = [next(iter(one.presented.values())) for one in Reader(other).observations(run)]
    assert shown == [(old[one.target],) for one in ESTATE.endpoints]
    other.close()


@pytest.mark.parametrize("column", ["info", "judging", "summary", "finished", "since"])
@pytest.mark.parametrize("text", ["{bad", "[" * 100_000, "2026-99-99"])
def test_a_run_of_which_a_text_is_damaged_is_told(store: Store, column: str, text: str) -> None:
    run = swept(store, 0, ESTATE, SAME)
    with store.writing() as connection:
        connection.execute(update(schema.RUNS).values({column: text[:32] if column in ("finished", "since") else text}))
    with pytest.raises(HistoryError, match=f"is damaged: what it says of run {run.id} cannot be read"):
        list(Reader(store).runs())
    with pytest.raises(HistoryError, match="is damaged"):
        Reader(store).run(run.id)
