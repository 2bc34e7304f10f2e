"""Portable lines taken into a history: all of a file, or nothing of it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, insert, select, update

from ekuscan.fingerprint import sha256_hex
from ekuscan.history import contents
from ekuscan.history.contents import Kept
from ekuscan.history.decode import decoded
from ekuscan.history.errors import HistoryError
from ekuscan.history.fetch import AT_ONCE
from ekuscan.history.portable import SCHEMA
from ekuscan.history.reader import all_runs
from ekuscan.history.runs import Holder, Judging, StoredRun, SweptList, columns, stored_run
from ekuscan.history.schema import CERTIFICATES, ENDPOINT, RUNS, SPANS, TEXTS
from ekuscan.history.store import Store
from ekuscan.history.writer import insert_missing, list_number, put, put_contents, put_texts, text_name
from ekuscan.model import Endpoint, RunInfo, Summary
from ekuscan.names import printable
from ekuscan.record import record

_ANYWHERE: Final = Endpoint("", "", "", 0, "", None, False)


class ImportFileError(HistoryError):
    """A file that is no history, or is damaged; the message says in which line."""


@record
class Admitted:
    """How many runs are new, how many were added to, and how many were there already."""

    new: int = 0
    longer: int = 0
    known: int = 0


@record
class _RunLine:
    info: RunInfo
    swept: SweptList
    judging: Judging
    asked: str
    inventory: str
    endpoints: int
    holder: Holder
    summary: Summary | None = None


@record
class _ThingLine:
    kind: Literal["e", "v"]
    name: str
    first: str
    last: str
    times: str
    data: str


def admit(store: Store, lines: Iterable[bytes]) -> Admitted:
    """Take in the lines of a file. Runs that are there and ended stay as they are; one that did not end gets what it
    lacks. Raises `ImportFileError` for a line that cannot be used, and `HistoryError`; then nothing was taken in.
    """
    with store.writing() as connection:
        taking = _Admission(connection)
        number = 0
        for number, line in enumerate(lines, 1):
            try:
                taking.take(line, number)
            except HistoryError as error:
                raise ImportFileError(f"line {number}: {error}") from None
        if number == 0:
            raise ImportFileError("the file is empty; `ekuscan history export` writes one")
        return taking.end()


class _Admission:
    """What was read of a file so far. ``_file`` are its runs in their order, by list."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._runs: dict[str, StoredRun] = {}
        self._file: dict[str, list[str]] = {}
        self._order: dict[str, int] = {}
        self._new: set[str] = set()
        self._open: set[str] = set()
        self._things: dict[str, list[Kept]] = {}
        self._spans: list[dict[str, Any]] = []
        self._fresh: list[Kept] = []

    def take(self, line: bytes, number: int) -> None:
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            raise HistoryError("this is no JSON; `ekuscan history export` writes such a file") from None
        kind = one.get("type") if isinstance(one, dict) else None
        if number == 1:
            if kind != "history":
                raise HistoryError("this is no history; `ekuscan history export` writes one")
            if one.get("schema") != SCHEMA:
                raise HistoryError(f"schema {printable(str(one.get('schema')), 60)!r}; this ekuscan reads {SCHEMA}")
            return
        take = {"run": self._run, "text": self._text, "certificate": self._certificate, "thing": self._thing}
        if kind in take:
            take[kind](one)

    def end(self) -> Admitted:
        """Store what is held back, and see that nothing is named that is missing."""
        self._flush()
        for id_ in self._new | self._open:
            run = self._runs[id_]
            texts = {run.asked, run.inventory, *(name for _, name in run.judging.rules)}
            found = select(func.count()).select_from(TEXTS).where(TEXTS.c.sha256.in_(texts))
            if self._connection.execute(found).scalar_one() != len(texts):
                raise ImportFileError(f"run {printable(id_, 40)} names an inventory that is missing; export it again")
        return Admitted(len(self._new), len(self._open), len(self._runs) - len(self._new) - len(self._open))

    def _run(self, one: Mapping[str, Any]) -> None:
        told = decoded(_RunLine, one)
        id_ = told.info.id
        if len(id_) > 32 or not id_.isalnum():
            raise HistoryError("the id of a run is 32 hexadecimal characters")
        if id_ in self._runs:
            self._again(told)
            return
        row = self._connection.execute(all_runs().where(RUNS.c.id == id_)).first()
        if row is not None:
            self._runs[id_] = stored_run(row)
            if not self._runs[id_].info.complete:
                self._open.add(id_)
        else:
            self._runs[id_] = self._placed(told)
            self._new.add(id_)
        self._order[id_] = len(self._file.setdefault(told.swept.key, []))
        self._file[told.swept.key].append(id_)
        self._again(told)

    def _placed(self, told: _RunLine) -> StoredRun:
        number = list_number(self._connection, told.swept)
        last = self._connection.execute(select(func.max(RUNS.c.place)).where(RUNS.c.list == number)).scalar()
        run = StoredRun(
            told.info, told.swept, number, (last or 0) + 1, told.judging, told.asked, told.inventory, told.endpoints,
            told.holder, told.summary,
        )  # fmt: skip
        self._connection.execute(insert(RUNS).values(columns(run)))
        return run

    def _again(self, told: _RunLine) -> None:
        """How a run that is taken in ended, where the file knows."""
        id_ = told.info.id
        if id_ not in self._new | self._open or told.summary is None:
            return
        self._runs[id_] = replace(self._runs[id_], info=told.info, summary=told.summary)
        self._connection.execute(update(RUNS).where(RUNS.c.id == id_).values(columns(self._runs[id_])))

    def _text(self, one: Mapping[str, Any]) -> None:
        data = _bytes(one.get("data"))
        put_texts(self._connection, {text_name(data): data})

    def _certificate(self, one: Mapping[str, Any]) -> None:
        der = _bytes(one.get("der"))
        insert_missing(self._connection, CERTIFICATES, [{"sha256": sha256_hex(der), "der": der}])

    def _thing(self, one: Mapping[str, Any]) -> None:
        told = decoded(_ThingLine, one)
        if not told.name.isprintable():
            raise HistoryError("the name of a thing has characters that no name has")
        first, last = self._named(told.first), self._named(told.last)
        if first.swept.key != last.swept.key:
            raise HistoryError("the first and the last run of a thing are of two lists")
        data = told.data.encode(errors="replace")
        kept = Kept(told.kind, told.name, data, contents.digest(data), told.times)
        self._check(kept)
        covered = self._file[first.swept.key][self._order[first.id] : self._order[last.id] + 1]
        if not covered:
            raise HistoryError("the first run of a thing comes after its last")
        for id_ in covered:
            if id_ in self._open:
                self._things.setdefault(id_, []).append(kept)
        self._span(kept, [self._runs[id_].place for id_ in covered if id_ in self._new], first.list)
        if len(self._spans) >= AT_ONCE or sum(map(len, self._things.values())) >= AT_ONCE:
            self._flush()

    def _span(self, kept: Kept, places: list[int], list_: int) -> None:
        """New runs follow one another in the store as in the file, so what lasted there lasts here."""
        if not places:
            return
        self._fresh.append(kept)
        self._spans.append(
            {
                "list": list_,
                "kind": kept.kind,
                "name": kept.name,
                "first": places[0],
                "last": places[-1],
                "digest": kept.digest,
                "times": kept.times,
            }
        )

    def _flush(self) -> None:
        put_contents(self._connection, self._fresh)
        insert_missing(self._connection, SPANS, self._spans)
        for id_, things in self._things.items():
            put(self._connection, self._runs[id_], things)
        self._fresh, self._spans, self._things = [], [], {}

    def _named(self, id_: str) -> StoredRun:
        found = self._runs.get(id_)
        if found is None:
            raise HistoryError(f"run {printable(id_, 40)} is named before it is told")
        return found

    def _check(self, kept: Kept) -> None:
        """What cannot be read back is not taken in."""
        if kept.kind != ENDPOINT:
            contents.verdict(kept.data)
            return
        names = sorted(set(contents.certificates_of(kept.data)))
        wanted = select(CERTIFICATES).where(CERTIFICATES.c.sha256.in_(names))
        ders = {row.sha256: bytes(row.der) for row in self._connection.execute(wanted)} if names else {}
        contents.observation(_ANYWHERE, kept.data, contents.times(kept.times), ders)


def _bytes(value: Any) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise HistoryError("bytes are written in base64") from None
