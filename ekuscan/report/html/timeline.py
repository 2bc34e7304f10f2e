"""The timeline as geometry: a bar per certificate, a line per policy date, none of their words over another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.days import Day, Held
from ekuscan.report.html.signs import Sign

WIDTH = 1180.0
CELL = 6.8
BARS_UP_TO = 40

_LEFT, _RIGHT = 262.0, 1030.0
_NAME_CELLS = 35
_BEFORE, _AHEAD_LEAST, _AHEAD_MOST = timedelta(days=75), timedelta(days=420), timedelta(days=930)
_ROW, _BAR, _FLAG = 20.0, 10.0, 20.0
_LEVEL = 19.0


@record
class Tick:
    """The first day of a month; ``word`` is "" where there is no room for one. ``year``: of January."""

    x: float
    word: str
    year: bool


@record
class Bar:
    """A certificate's time. ``until`` is where its last day to be renewed with clientAuth is, None without one."""

    held: Held
    name: str
    y: float
    x: float
    width: float
    open_end: bool
    until: float | None
    ends: str
    sign: Sign


@record
class Flag:
    """A policy date: its number in the list, where its line is and its number stands."""

    number: int
    x: float
    y: float
    day: Day


@record
class Timeline:
    """``top`` and ``bottom`` bound the bars; ``more`` certificates have none."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    today: float
    ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]
    bars: tuple[Bar, ...]
    more: int


@record
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))


def timeline(certificates: Sequence[Held], days: Sequence[Day], today: date) -> Timeline:
    """The drawing; of many certificates those with the gravest answers and the first ends."""
    dated = [one for one in certificates if one.certificate.not_after is not None]
    kept = sorted(sorted(dated, key=lambda one: one.sign.rank)[:BARS_UP_TO], key=dated.index)
    ends = [one.certificate.not_after.date() for one in kept if one.certificate.not_after is not None]
    last = min(max([*ends, today + _AHEAD_LEAST]) + timedelta(days=20), today + _AHEAD_MOST)
    scale = _Scale(today - _BEFORE, last)
    flags, levels = _flags([day for day in days if day.kind == "policy"], scale)
    top = 26.0 + levels * _LEVEL + 14.0
    bars = tuple(_bar(one, top + 8.0 + place * _ROW, scale, today) for place, one in enumerate(kept))
    bottom = top + 8.0 + len(bars) * _ROW + 4.0
    return Timeline(
        WIDTH,
        bottom + 8.0,
        top,
        bottom,
        _LEFT,
        _RIGHT,
        scale.x(today),
        tuple(_ticks(scale)),
        tuple(flags),
        bars,
        len(certificates) - len(kept),
    )


def _flags(days: Sequence[Day], scale: _Scale) -> tuple[list[Flag], int]:
    """The policy dates within the scale; numbers that would meet stand one above the other."""
    flags: list[Flag] = []
    ends: list[float] = []
    inside = [day for day in days if scale.first <= day.day <= scale.last]
    for number, day in enumerate(inside, 1):
        x = scale.x(day.day)
        level = next((place for place, end in enumerate(ends) if x - _FLAG / 2 >= end), len(ends))
        ends[level : level + 1] = [x + _FLAG / 2 + 1]
        flags.append(Flag(number, x, 26.0 + level * _LEVEL + 9.0, day))
    return flags, len(ends)


def _bar(held: Held, y: float, scale: _Scale, today: date) -> Bar:
    certificate = held.certificate
    assert certificate.not_after is not None
    end = certificate.not_after.date()
    x = scale.x(certificate.not_before.date()) if certificate.not_before is not None else _LEFT
    until = held.days.last_day_to_renew if held.days is not None and held.days.client_auth == "until" else None
    left = (end - today).days
    ends = f"{text.day(end)}  {left:,}d" if left >= 0 else f"ended {text.day(end)}"
    return Bar(
        held,
        text.cut(text.safe(held.name), _NAME_CELLS),
        y,
        x,
        max(3.0, scale.x(end) - x),
        end > scale.last,
        scale.x(until) if until is not None and scale.first <= until <= scale.last else None,
        ends,
        held.sign,
    )


def _ticks(scale: _Scale) -> Iterator[Tick]:
    months = (scale.last - scale.first).days / 30
    every = 1 if months <= 16 else 3
    month = scale.first.replace(day=1)
    while True:
        month = (month + timedelta(days=32)).replace(day=1)
        if month > scale.last:
            return
        if (month.month - 1) % every:
            continue
        x = scale.x(month)
        word = str(month.year) if month.month == 1 else text.day(month).split()[1]
        yield Tick(x, word if x < _RIGHT - 26 else "", month.month == 1)
