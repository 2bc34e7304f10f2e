"""The rows of ``notices.toml``: every kind of notice in words, and what the kinds are recognised by.

Read as strictly as every table: `TableError` names file, row and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from ekuscan.model import Confidence, RoleName, Severity
from ekuscan.record import record
from ekuscan.sources import cited
from ekuscan.table_rows import TableError, build, only_keys, read_table, rows_of, unique

FILE = Path(__file__).with_name("notices.toml")


@record
class CaseRow:
    """One case of a kind; ``text`` has names in braces, which the module that finds the case fills in.

    ``says`` is the same without a place, for a report that tells it of many ports at once; "" where none does.
    """

    id: str
    severity: Severity
    text: str
    says: str = ""


@record
class KindRow:
    """A kind of notice: ``why`` it matters and what to ``do``.

    ``told_by`` is the rule whose verdicts say the same of the same two ends, "" for none.
    """

    id: str
    title: str
    why: str
    do: str
    case: tuple[CaseRow, ...]
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    told_by: str = ""

    def the(self, case: str) -> CaseRow:
        """The case of this id. Raises KeyError."""
        found = next((one for one in self.case if one.id == case), None)
        if found is None:
            raise KeyError(f"{self.id} has no case {case}")
        return found


@record
class ReuseRow:
    """Slots of a role that a product can be told to fill with one certificate, and what hangs on it then."""

    id: str
    roles: tuple[RoleName, ...]
    slots: tuple[str, ...]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date


@record
class IntoleranceRow:
    """An offer that a peer breaks off at, and others to which it then shows a certificate.

    An alert of ``refusals`` is an orderly refusal and no intolerance; where ``alerts`` are named only these count.
    """

    id: str
    failed: tuple[str, ...]
    answered: tuple[str, ...]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: date
    alerts: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()


@record
class ViewRow:
    """How an offer reads as a condition under which a certificate was shown."""

    id: str
    says: str


@record
class _Limits:
    days_apart: int


@record
class NoticeTable:
    """All rows, the kinds by id in the order in which they are reported.

    ``days_apart``: certificates of one cluster whose ends are so many days apart were not renewed together.
    """

    kinds: Mapping[str, KindRow]
    reuse: tuple[ReuseRow, ...]
    intolerance: tuple[IntoleranceRow, ...]
    views: Mapping[str, ViewRow]
    days_apart: int


@lru_cache(maxsize=1)
def packaged() -> NoticeTable:
    """The table that comes with the package."""
    return load(FILE)


def load(path: Path) -> NoticeTable:
    """A table from a file of the same form. Raises `TableError`."""
    file, table = path.name, read_table(path)
    only_keys(file, table, ["notice", "reuse", "intolerance", "view", "limits"])
    kinds = [_kind(file, build(KindRow, file, row)) for row in rows_of(file, table, "notice")]
    reuse = tuple(build(ReuseRow, file, row) for row in rows_of(file, table, "reuse"))
    intolerance = tuple(build(IntoleranceRow, file, row) for row in rows_of(file, table, "intolerance"))
    sourced: tuple[KindRow | ReuseRow | IntoleranceRow, ...] = (*kinds, *reuse, *intolerance)
    for row in sourced:
        cited(f"{file}: {row.id}", row.source)
    views = [build(ViewRow, file, row) for row in rows_of(file, table, "view")]
    for ids in ([row.id for row in kinds], [row.id for row in intolerance]):
        unique(file, ids)
    limits = build(_Limits, file, table.get("limits", {}), "limits")
    return NoticeTable(
        {row.id: row for row in kinds},
        reuse,
        intolerance,
        {row.id: row for row in views},
        limits.days_apart,
    )


def _kind(file: str, row: KindRow) -> KindRow:
    if not row.case:
        raise TableError(f"{file}: {row.id}: [[notice.case]] is missing")
    unique(f"{file}: {row.id}", (case.id for case in row.case))
    cases = tuple(replace(case, text=_flowing(case.text)) for case in row.case)
    return replace(row, why=_flowing(row.why), do=_flowing(row.do), case=cases)


def _flowing(text: str) -> str:
    """A text as it is wrapped in the table, on one line."""
    return " ".join(text.split())
