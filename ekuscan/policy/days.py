"""Days as people write them, and dates named in texts by their id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, Protocol

from ekuscan.table_rows import TableError

Precision = Literal["day", "week", "month", "quarter", "about"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMED = re.compile(r"\{([^{}]*)\}")


class Dated(Protocol):
    """Anything with a day that is known to some precision."""

    @property
    def day(self) -> date: ...
    @property
    def precision(self) -> Precision: ...


def spoken(day: date, precision: Precision = "day") -> str:
    """A day as a person writes it, no more exactly than it is known: "15 Mar 2027", "May 2026", "Q2 2026"."""
    month = f"{_MONTHS[day.month - 1]} {day.year}"
    forms = {
        "day": f"{day.day} {month}",
        "week": f"week of {day.day} {month}",
        "month": month,
        "quarter": f"Q{(day.month + 2) // 3} {day.year}",
        "about": f"about {day.day} {month}",
    }
    return forms[precision]


def filled(where: str, text: str, dates: Mapping[str, Dated]) -> str:
    """A text in which every ``{date-id}`` is that date as spoken: a moved day then moves in every sentence.

    Raises `TableError`, beginning with ``where``, for an id that is no date.
    """

    def day_of(match: re.Match[str]) -> str:
        row = dates.get(match.group(1))
        if row is None:
            raise TableError(f"{where}: {match.group(0)} is no date in dates.toml")
        return spoken(row.day, row.precision)

    return _NAMED.sub(day_of, text)


def day_before(day: date) -> date:
    """The day before, for "the last day on which"."""
    return day - timedelta(days=1)
