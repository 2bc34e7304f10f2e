"""Which run a sweep without targets goes on with: one from here that nobody sweeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from ekuscan.cli.refusal import UsageError
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.sweep_history import to_go_on_with
from ekuscan.history import lock, writer
from ekuscan.history.contents import inventory_text
from ekuscan.history.place import parse_place
from ekuscan.history.runs import StoredRun, SweptList
from ekuscan.history.store import Store, open_store
from tests.histories import NIGHTLY, a_run, begun, estate, swept

ESTATE = estate()
OTHER = SweptList("b" * 64, "other.yaml")
HERE = "host.example"


@pytest.fixture
def store(history_place: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr("ekuscan.cli.sweep_history.platform.node", lambda: HERE)
    opened = open_store(parse_place(history_place, secret=True), create=True)
    yield opened
    opened.close()


def begun_at(store: Store, vantage: str | None, host: str) -> StoredRun:
    run = a_run(0, ESTATE)
    run = replace(run, info=replace(run.info, vantage=vantage), holder=replace(run.holder, host=host))
    return writer.begin(store, run, {run.inventory: inventory_text(ESTATE)})


def found(store: Store, vantage: str | None = None) -> StoredRun:
    with ExitStack() as stack:
        run = to_go_on_with(ScanRequest(vantage=vantage), store, stack)
        with pytest.raises(lock.HeldError):
            lock.take(store, run.swept.key)
    lock.take(store, run.swept.key).release()
    return run


def test_a_run_that_is_being_swept_is_passed_over_for_an_earlier_one(store: Store) -> None:
    left, swept_now = begun(store, 0, ESTATE, OTHER), begun(store, 1, ESTATE, NIGHTLY)
    assert found(store).id == swept_now.id
    held = lock.take(store, swept_now.swept.key)
    assert found(store).id == left.id
    held.release()


def test_where_every_run_is_being_swept_it_is_said_by_whom(store: Store) -> None:
    swept(store, 0, ESTATE, {}, swept=OTHER)
    held = lock.take(store, begun(store, 1, ESTATE, NIGHTLY).swept.key)
    with pytest.raises(UsageError, match=f"is being swept by process 4711 on {HERE} since"):
        found(store)
    held.release()


def test_where_every_run_ended_none_is_left(store: Store) -> None:
    begun(store, 0, ESTATE)
    swept(store, 1, ESTATE, {})
    with pytest.raises(UsageError, match="no run is left to go on with; scan without it"):
        found(store)


@pytest.mark.parametrize(
    ("began", "host", "now"),
    [(None, HERE, None), ("dmz", HERE, None), ("dmz", HERE, "dmz"), ("dmz", "elsewhere.example", "dmz")],
)
def test_a_run_from_this_machine_or_this_vantage_is_gone_on_with(
    store: Store, began: str | None, host: str, now: str | None
) -> None:
    run = begun_at(store, began, host)
    assert found(store, now).id == run.id


@pytest.mark.parametrize(
    ("began", "host", "now", "said"),
    [
        (None, "elsewhere.example", None, "was begun on elsewhere.example; go on with it there$"),
        (None, "elsewhere.example", "dmz", "was begun on elsewhere.example; go on with it there$"),
        ("dmz", "elsewhere.example", None, "go on with it there with --vantage dmz$"),
        ("dmz", HERE, "inside", "go on with it there with --vantage dmz$"),
        (None, HERE, "dmz", f"was begun on {HERE}; go on with it there$"),
    ],
)
def test_a_run_from_another_place_is_not_gone_on_with(
    store: Store, began: str | None, host: str, now: str | None, said: str
) -> None:
    begun_at(store, began, host)
    with pytest.raises(UsageError, match=said):
        found(store, now)
