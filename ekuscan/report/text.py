"""Plain text for terminals: hostile text made printable, widths in cells, cutting, wrapping, days in words.

A cell is one column of a fixed-width terminal; wide characters take two, combining ones none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache

from rich.cells import cell_len

from ekuscan.names import printable
from ekuscan.policy.days import spoken

NAME_LIMIT = 300
_GAP = "..."


@lru_cache(maxsize=8192)
def safe(text: str, *, unicode: bool = True, limit: int = NAME_LIMIT) -> str:
    """``text`` as one line that a terminal shows and does not act on; without ``unicode``, in ASCII alone."""
    shown = printable(text, limit)
    return shown if unicode else shown.encode("ascii", "backslashreplace").decode()


def cells(text: str) -> int:
    """How many columns ``text`` takes."""
    return len(text) if text.isascii() else cell_len(text)


def pad(text: str, width: int) -> str:
    """``text`` filled up with blanks to ``width`` cells."""
    return text + " " * (width - cells(text))


def cut(text: str, width: int, head: int | None = None) -> str:
    """``text`` in at most ``width`` cells, its middle left out; ``head`` is how many cells of its start stay.

    By default the end keeps a little more than the start: numbers and domains tell hosts apart.
    """
    if cells(text) <= width:
        return text
    room = width - len(_GAP)
    if room < 4:
        return _start(text, width)
    start = (room - 1) // 2 if head is None else head
    return _start(text, start) + _GAP + _start(text[::-1], room - start)[::-1]


def _start(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    end = min(len(text), width)
    while cells(text[:end]) > width:
        end -= 1
    return text[:end]


def shorten(names: Iterable[str], width: int) -> dict[str, str]:
    """Each name in at most ``width`` cells, cut where most of them still differ; a number tells the rest apart."""
    whole = list(dict.fromkeys(names))
    room = width - len(_GAP)
    usual = (room - 1) // 2
    best = [cut(name, width) for name in whole]
    for head in sorted(range(2, room - 1), key=lambda head: abs(head - usual)):
        if len(set(best)) == len(whole):
            break
        best = max(best, [cut(name, width, head) for name in whole], key=lambda tried: len(set(tried)))
    return dict(zip(whole, _numbered(best, width), strict=True))


def _numbered(names: Sequence[str], width: int) -> list[str]:
    count: dict[str, int] = {}
    told_apart = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        mark = f"~{count[name]}" if count[name] > 1 else ""
        told_apart.append(cut(name, width - len(mark)) + mark)
    return told_apart


def wrap(text: str, width: int, first: str = "", rest: str = "", *, unicode: bool = True) -> list[str]:
    """``text`` in lines of at most ``width`` cells, the first behind ``first``, the others behind ``rest``."""
    return flow([safe(word, unicode=unicode) for word in text.split()], width, first, rest, gap=" ")


def flow(pieces: Iterable[str], width: int, first: str = "", rest: str = "", *, gap: str = "  ") -> list[str]:
    """Printable pieces set one after the other, broken between pieces and inside one only where it fills a line."""
    lines = [first]
    empty = True
    for piece in pieces:
        if not piece:
            continue
        if not empty and cells(lines[-1]) + len(gap) + cells(piece) > width:
            lines.append(rest)
            empty = True
        room = width - cells(lines[-1])
        if not empty:
            lines[-1] += gap + piece
        elif cells(piece) <= room:
            lines[-1] += piece
        else:
            lines = lines[:-1] + _broken(piece, width, lines[-1], rest)
        empty = False
    return lines


def _broken(piece: str, width: int, first: str, rest: str) -> list[str]:
    """A piece longer than a line: broken at its blanks, and inside a word where even that is too long."""
    if " " in piece.strip():
        return flow(piece.split(), width, first, rest, gap=" ")
    lines = []
    while piece:
        part = _start(piece, width - cells(first)) or piece[:1]
        lines.append(first + part)
        piece, first = piece[len(part) :], rest
    return lines


def sides(left: str, right: str, width: int) -> str | None:
    """``left`` and ``right`` at the two sides of a line, None where they do not fit with two blanks between."""
    room = width - cells(left) - cells(right)
    return left + " " * room + right if room >= 2 else None


def day(when: date) -> str:
    """A day as ``20 Feb 2027``, in English whatever the locale."""
    return spoken(when)


def moment(when: datetime) -> str:
    """An instant as ``23 Nov 2026 14:02 UTC``."""
    return f"{day(when)} {when.hour:02}:{when.minute:02} UTC"


def day_of(text: str, *, unicode: bool = True) -> str:
    """An ISO date as `day` writes it; any other text as it is."""
    try:
        return day(date.fromisoformat(text[:10]))
    except ValueError:
        return cut(safe(text, unicode=unicode), 20)


def days_until(when: datetime, now: datetime) -> int:
    """Calendar days from ``now`` to ``when``, negative once it is past."""
    return (when.date() - now.date()).days


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 port``, ``2 ports``, ``2,000 ports``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
