"""The policy tables as dataclasses, read strictly: `TableError` names file, row and key.

Every dated fact stands once, in ``dates.toml``. Rows of the other tables name it by id and may stand only on a date
that is in force, so a CA's timeline cannot go on using a day that has been moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from ekuscan.model import Confidence, HierarchyClass
from ekuscan.policy.days import Precision, filled
from ekuscan.record import record
from ekuscan.sources import sources
from ekuscan.table_rows import TableError, build, known, only_keys, read_table, rows_of, unique

Scope = Literal["programme", "authority", "validity", "product", "peer"]
Default = Literal["server", "both", "keep"]


@record
class DateRow:
    """A dated fact: ``text`` holds from ``day`` on. ``superseded_by`` and ``change`` where the day was moved."""

    id: str
    day: date
    scope: Scope
    text: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    precision: Precision = "day"
    superseded_by: str | None = None
    change: str | None = None
    conflict: str | None = None
    document: tuple[str, ...] = ()


@record
class IssuanceRow:
    """What a CA issues from the day of the date ``from_`` on, always where that is None."""

    id: str
    default: Default
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    from_: str | None = None
    on_request: bool = False
    conflict: str | None = None
    note: str | None = None

    @property
    def combined(self) -> bool:
        """Whether a certificate with both EKUs can be had."""
        return self.on_request or self.default != "server"


@record
class Authority:
    """A CA, how it is recognised, and its rows in the order of their days."""

    id: str
    name: str
    row: tuple[IssuanceRow, ...]
    roots: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    classes: tuple[HierarchyClass, ...] = ()
    outside_chrome: bool = False


@record
class ValidityRow:
    """The longest lifetime in days of a public TLS certificate issued from the day of the date ``from_`` on."""

    id: str
    days: int
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    from_: str | None = None


@record
class Practice:
    """By how many days CAs stay below the limit."""

    id: str
    days: int
    source: tuple[str, ...]
    confidence: Confidence
    checked: date


@record
class Policy:
    """All policy tables. ``checked`` is the newest day on which a row was checked."""

    dates: Mapping[str, DateRow]
    authorities: tuple[Authority, ...]
    validity: tuple[ValidityRow, ...]
    practice: Practice
    checked: date

    def day(self, date_id: str | None) -> date:
        """The day of a date, the beginning of time for None. Raises KeyError."""
        return date.min if date_id is None else self.dates[date_id].day

    def timeline(self, authority: Authority) -> tuple[IssuanceRow, ...]:
        """An authority's rows from the beginning of time: the first general row comes before a dated first one."""
        if authority.row[0].from_ is None:
            return authority.row
        return (self.authorities[0].row[0], *authority.row)


@lru_cache(maxsize=1)
def packaged() -> Policy:
    """The tables that come with the package."""
    return load(Path(__file__).resolve().parent)


def load(folder: Path) -> Policy:
    """The tables ``dates.toml``, ``authorities.toml`` and ``validity.toml`` of a folder. Raises `TableError`."""
    dates = _dates(folder / "dates.toml")
    authorities = _authorities(folder / "authorities.toml", dates)
    validity, practice = _validity(folder / "validity.toml")
    rows: list[DateRow | ValidityRow | Practice | IssuanceRow] = [*dates.values(), *validity, practice]
    rows += [row for authority in authorities for row in authority.row]
    policy = Policy(dates, authorities, validity, practice, max(row.checked for row in rows))
    for row in rows:
        known(f"{row.id}: source", row.source, sources())
        if not row.source:
            raise TableError(f"{row.id}: source is empty")
    for validity_row in validity:
        _stands_on(policy, f"validity.toml: {validity_row.id}", validity_row.from_)
    for authority in authorities:
        _check_authority(policy, authority)
    return policy


def _dates(path: Path) -> Mapping[str, DateRow]:
    table = read_table(path)
    only_keys(path.name, table, ["date"])
    rows = [build(DateRow, path.name, row) for row in rows_of(path.name, table, "date")]
    unique(path.name, (row.id for row in rows))
    dates = {row.id: row for row in rows}
    for row in rows:
        if (row.superseded_by is None) != (row.change is None):
            raise TableError(f"{path.name}: {row.id}: superseded_by and change go together")
        if row.superseded_by is not None:
            known(f"{path.name}: {row.id}: superseded_by", [row.superseded_by], dates)
            if dates[row.superseded_by].superseded_by is not None:
                raise TableError(f"{path.name}: {row.id}: superseded_by names a date that is not in force")
    return {row.id: _date_told(f"{path.name}: {row.id}", row, dates) for row in rows}


def _date_told(where: str, row: DateRow, dates: Mapping[str, DateRow]) -> DateRow:
    return replace(
        row,
        text=filled(where, row.text, dates),
        change=_maybe_filled(where, row.change, dates),
        conflict=_maybe_filled(where, row.conflict, dates),
    )


def _maybe_filled(where: str, text: str | None, dates: Mapping[str, DateRow]) -> str | None:
    return None if text is None else filled(where, text, dates)


def _authorities(path: Path, dates: Mapping[str, DateRow]) -> tuple[Authority, ...]:
    table = read_table(path)
    only_keys(path.name, table, ["authority"])
    found = tuple(build(Authority, path.name, row) for row in rows_of(path.name, table, "authority"))
    unique(path.name, (authority.id for authority in found))
    unique(path.name, (row.id for authority in found for row in authority.row))
    names: tuple[Any, ...] = ("roots", "organizations", "owners", "classes")
    for kind in names:
        unique(f"{path.name}: {kind}", (name.casefold() for authority in found for name in getattr(authority, kind)))
    if not found or not found[0].row or found[0].row[0].from_ is not None:
        raise TableError(f"{path.name}: the first authority is the general one, and its first row has no day")
    return tuple(replace(one, row=tuple(_row_told(path.name, row, dates) for row in one.row)) for one in found)


def _row_told(file: str, row: IssuanceRow, dates: Mapping[str, DateRow]) -> IssuanceRow:
    where = f"{file}: {row.id}"
    return replace(row, conflict=_maybe_filled(where, row.conflict, dates), note=_maybe_filled(where, row.note, dates))


def _validity(path: Path) -> tuple[tuple[ValidityRow, ...], Practice]:
    table = read_table(path)
    only_keys(path.name, table, ["practice", "validity"])
    rows = tuple(build(ValidityRow, path.name, row) for row in rows_of(path.name, table, "validity"))
    unique(path.name, (row.id for row in rows))
    if not rows or rows[0].from_ is not None or any(row.from_ is None for row in rows[1:]):
        raise TableError(f"{path.name}: the first row, and only it, has no day")
    return rows, build(Practice, path.name, table.get("practice", {}), "practice")


def _stands_on(policy: Policy, where: str, date_id: str | None) -> None:
    if date_id is None:
        return
    known(f"{where}: from", [date_id], policy.dates)
    row = policy.dates[date_id]
    if row.superseded_by is not None:
        raise TableError(f"{where}: from names {date_id}, which {row.superseded_by} has superseded")


def _check_authority(policy: Policy, authority: Authority) -> None:
    where = f"authorities.toml: {authority.id}"
    if not authority.row:
        raise TableError(f"{where}: [[authority.row]] is missing")
    if not (authority.roots or authority.organizations or authority.owners or authority.classes):
        raise TableError(f"{where}: nothing says how it is recognised")
    for row in authority.row:
        _stands_on(policy, f"{where}: {row.id}", row.from_)
    for before, after in pairwise(policy.timeline(authority)):
        if not policy.day(before.from_) < policy.day(after.from_):
            raise TableError(f"{where}: {after.id} is not later than {before.id}")
        if _strength(after) > _strength(before):
            raise TableError(f"{where}: {after.id} gives back what {before.id} had taken away")


def _strength(row: IssuanceRow) -> int:
    return 2 if row.default != "server" else int(row.on_request)
