"""Input that cannot be used: one sentence a line on standard error, exit code 2."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ekuscan.cli.log import tell
from ekuscan.exit_code import UNUSABLE


class UsageError(Exception):
    """Input that cannot be used; each line of the message is one sentence for the person."""


def refuse(error: Exception) -> int:
    """Say what is wrong with the input, a line each, and return the exit code for it."""
    for line in str(error).splitlines():
        tell(line, "error")
    return UNUSABLE


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the nearest known words, "" where none is near."""
    found = get_close_matches(word, list(dict.fromkeys(known)), 3, 0.5)
    return f"; did you mean {' or '.join(found)}?" if found else ""
