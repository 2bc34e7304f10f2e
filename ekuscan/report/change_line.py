"""A change between two runs in one line."""

from __future__ import annotations

from ekuscan.news import Change
from ekuscan.report import text

LONGEST = 480


def change_line(change: Change, width: int = LONGEST, *, unicode: bool = True) -> str:
    """Where what happened, and as much of what follows from it as fits; "..." where something is left out."""
    told = text.safe(change.title, unicode=unicode, limit=LONGEST)
    if text.cells(told) > width:
        return _clipped(told, width)
    # What has a colon already goes on behind it.
    joint = "; " if ": " in told.partition(": ")[2] else ": "
    for piece in change.details:
        more = joint + text.safe(piece, unicode=unicode, limit=LONGEST)
        if text.cells(told) + text.cells(more) > width:
            return _clipped(told + more, width)
        told, joint = told + more, "; "
    return told


def _clipped(told: str, width: int) -> str:
    """The beginning of a line, where what matters most stands."""
    return text.cut(told, width, width - 3)
