"""What a history holds of its runs, read back. Nothing here holds more than a few hundred things at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Select, select

from ekuscan.history import contents
from ekuscan.history.difference import covers, difference
from ekuscan.history.errors import HistoryError
from ekuscan.history.fetch import Certificates, Sighted, by_id, chunks, shown, stream
from ekuscan.history.runs import StoredRun, stamp, stored_run
from ekuscan.history.schema import CONTENTS, ENDPOINT, LISTS, RUNS, SPANS, TEXTS, VERDICT
from ekuscan.history.store import Store, told
from ekuscan.model import Inventory, Observation, Verdict
from ekuscan.record import record

T = TypeVar("T")


@record
class Differs(Generic[T]):
    """A thing that two runs show differently; None where a run has none of that name."""

    name: str
    before: T | None
    after: T | None


@record
class Sighting(Generic[T]):
    """What a thing was from one run to another of its list, both included, without a change between."""

    first: StoredRun
    last: StoredRun
    value: T


def all_runs() -> Select[Any]:
    return select(RUNS, LISTS.c.key, LISTS.c.name).join(LISTS, LISTS.c.number == RUNS.c.list)


class Reader:
    """Reads an open store. Every method may raise `HistoryError`; iterators do while they run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def runs(self, list_: str | None = None) -> Iterator[StoredRun]:
        """Every run, the latest first; with ``list_`` those of the list with this key."""
        wanted = all_runs().order_by(RUNS.c.started.desc(), RUNS.c.id)
        if list_ is not None:
            wanted = wanted.where(LISTS.c.key == list_)
        with self._store.reading() as connection:
            rows = connection.execute(wanted).all()
        with told(self._store.place):
            yield from map(stored_run, rows)

    def run(self, id_: str) -> StoredRun | None:
        """The run with this id."""
        return self._one(all_runs().where(RUNS.c.id == id_))

    def newest(self, list_: str, *, complete: bool | None = None) -> StoredRun | None:
        """The last run of the list with this key; with ``complete`` the last that ended, or did not."""
        wanted = all_runs().where(LISTS.c.key == list_).order_by(RUNS.c.started.desc(), RUNS.c.place.desc())
        return self._one(wanted if complete is None else wanted.where(RUNS.c.complete == complete))

    def before(self, run: StoredRun) -> list[StoredRun]:
        """The runs of the same list before ``run`` that ended, the latest first."""
        wanted = all_runs().where(RUNS.c.list == run.list, RUNS.c.started < stamp(run.info.started), RUNS.c.complete)
        with self._store.reading() as connection:
            rows = connection.execute(wanted.order_by(RUNS.c.started.desc())).all()
        with told(self._store.place):
            return [stored_run(row) for row in rows]

    def text(self, name: str) -> bytes:
        """A text by its SHA-256."""
        with self._store.reading() as connection:
            data = connection.execute(select(TEXTS.c.data).where(TEXTS.c.sha256 == name)).scalar()
            if data is None:
                raise HistoryError(f"is damaged: text {name} is missing")
            return contents.unpacked(data)

    def inventory(self, run: StoredRun) -> Inventory:
        """What was to be looked at, with what APIs told of it."""
        with told(self._store.place):
            return contents.inventory(self.text(run.inventory))

    def stored(self, run: StoredRun) -> Iterator[str]:
        """The ids of the endpoints that the run has an observation of."""
        with self._store.reading() as connection:
            yield from connection.execute(select(SPANS.c.name).where(covers(SPANS, run, ENDPOINT))).scalars().all()

    def observations(self, run: StoredRun, inventory: Inventory | None = None) -> Iterator[Observation]:
        """What the endpoints of a run showed, by the order of their ids.

        Of one that showed the same in a later run, when its sights began is not kept: `Sight.started` is then the
        start of the run, and `Sight.seconds` what the latest sighting took.
        """
        endpoints = by_id(inventory if inventory is not None else self.inventory(run))
        wanted = (
            select(SPANS.c.name, SPANS.c.last, SPANS.c.times, CONTENTS.c.data)
            .outerjoin(CONTENTS, CONTENTS.c.digest == SPANS.c.digest)
            .where(covers(SPANS, run, ENDPOINT))
            .order_by(SPANS.c.name)
        )
        with self._store.reading() as connection, stream(connection, wanted) as every:
            ders = Certificates(connection)
            for rows in chunks(every):
                found = [Sighted(row.name, row.last, row.times, contents.unpacked(row.data)) for row in rows]
                ders.load(one.data for one in found)
                for one in found:
                    yield shown(run, endpoints, one, ders.known)

    def verdicts(self, run: StoredRun) -> Iterator[Verdict]:
        """The verdicts of a run as they were judged in it, by the order of their ids."""
        wanted = (
            select(SPANS.c.name, CONTENTS.c.data)
            .outerjoin(CONTENTS, CONTENTS.c.digest == SPANS.c.digest)
            .where(covers(SPANS, run, VERDICT))
            .order_by(SPANS.c.name)
        )
        with self._store.reading() as connection, stream(connection, wanted) as rows:
            for row in rows:
                yield contents.verdict(contents.unpacked(row.data))

    def differing(self, before: StoredRun, after: StoredRun) -> Iterator[Differs[Observation]]:
        """The endpoints whose observation differs between two runs, of one list or of two, by the order of their ids.

        The database compares, by digest; what is the same is never read.
        """
        endpoints = by_id(self.inventory(before)), by_id(self.inventory(after))
        wanted = difference(before, after, ENDPOINT)
        with self._store.reading() as connection, stream(connection, wanted) as every:
            ders = Certificates(connection)
            for rows in chunks(every):
                pairs = [(_before(row), _after(row)) for row in rows]
                ders.load(one.data for pair in pairs for one in pair if one is not None)
                for row, (old, new) in zip(rows, pairs, strict=True):
                    yield Differs(
                        row.name,
                        shown(before, endpoints[0], old, ders.known) if old is not None else None,
                        shown(after, endpoints[1], new, ders.known) if new is not None else None,
                    )

    def differing_verdicts(self, before: StoredRun, after: StoredRun) -> Iterator[Differs[Verdict]]:
        """The verdicts that two runs have differently, as they were judged then, by the order of their ids."""
        wanted = difference(before, after, VERDICT)
        with self._store.reading() as connection, stream(connection, wanted) as rows:
            for row in rows:
                old, new = _before(row), _after(row)
                yield Differs(
                    row.name,
                    contents.verdict(old.data) if old is not None else None,
                    contents.verdict(new.data) if new is not None else None,
                )

    def sightings(self, run: StoredRun, endpoint: str) -> Iterator[Sighting[Observation]]:
        """What an endpoint of the run's list showed in all of its runs up to this one, the latest first."""
        known = {one.place: one for one in self.runs(run.swept.key)}
        here = by_id(self.inventory(run))
        wanted = (
            select(SPANS, CONTENTS.c.data)
            .outerjoin(CONTENTS, CONTENTS.c.digest == SPANS.c.digest)
            .where(SPANS.c.list == run.list, SPANS.c.kind == ENDPOINT, SPANS.c.name == endpoint)
            .where(SPANS.c.first <= run.place)
            .order_by(SPANS.c.first.desc())
        )
        with self._store.reading() as connection, stream(connection, wanted) as rows:
            ders = Certificates(connection)
            for row in rows:
                one = Sighted(row.name, row.last, row.times, contents.unpacked(row.data))
                ders.load([one.data])
                last = known[min(row.last, run.place)]
                yield Sighting(known[row.first], last, shown(last, here, one, ders.known))

    def _one(self, wanted: Select[Any]) -> StoredRun | None:
        with self._store.reading() as connection:
            row = connection.execute(wanted.limit(1)).first()
            return stored_run(row) if row is not None else None


def _before(row: Row[Any]) -> Sighted | None:
    if row.before_digest is None:
        return None
    return Sighted(row.name, row.before_last, row.before_times, contents.unpacked(row.before_data))


def _after(row: Row[Any]) -> Sighted | None:
    if row.after_digest is None:
        return None
    return Sighted(row.name, row.after_last, row.after_times, contents.unpacked(row.after_data))
