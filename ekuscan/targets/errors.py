"""Wrong input, said in one line each: where, which key, what was found, what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from ekuscan.names import printable
from ekuscan.record import record

SHOWN_LIMIT = 60
LISTED_LIMIT = 14


@record
class Place:
    """Where a statement stands: a file's name (or "command line"), its line, and the key, dotted from the top."""

    where: str
    line: int | None = None
    key: str = ""

    def at(self, key: str, line: int | None = None) -> Place:
        """The place of a key below this one, on a line of its own if given."""
        return Place(self.where, line or self.line, f"{self.key}.{key}" if self.key else key)


@record
class InputError:
    """One thing that is wrong with the input. ``problem`` says what was found and what would be right."""

    place: Place
    problem: str

    def __str__(self) -> str:
        line = "" if self.place.line is None else f":{self.place.line}"
        key = f" {shown(self.place.key, 120)}:" if self.place.key else ""
        return f"{shown(self.place.where, 200)}{line}:{key} {self.problem}"


class InvalidInput(Exception):  # noqa: N818  (the name says what happened to the caller)
    """The input cannot be used. ``errors`` holds everything that is wrong with it, in the order of the files."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class Problems:
    """Collects what is wrong while reading goes on, so that a person gets everything at once."""

    def __init__(self) -> None:
        self._errors: dict[InputError, None] = {}

    def add(self, place: Place, problem: str) -> None:
        """Notes a problem; the same one at the same place counts once."""
        self._errors.setdefault(InputError(place, problem))

    def __bool__(self) -> bool:
        """Whether anything is wrong so far."""
        return bool(self._errors)

    def raise_if_any(self) -> None:
        """Raises InvalidInput with everything noted: files in the order of their first problem, then by line."""
        if not self._errors:
            return
        files = {name: number for number, name in enumerate(dict.fromkeys(e.place.where for e in self._errors))}
        raise InvalidInput(sorted(self._errors, key=lambda e: (files[e.place.where], e.place.line or 0)))


def shown(text: str, limit: int = SHOWN_LIMIT) -> str:
    """Foreign text made fit to stand in a message: one line, printable, cut after ``limit`` characters."""
    return printable(text, limit)


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known word that is most like the text, None where none is alike."""
    by_lower = {word.lower(): word for word in known}
    if text.lower() in by_lower:
        return by_lower[text.lower()]
    close = get_close_matches(text.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def one_of(words: Sequence[str], limit: int = LISTED_LIMIT) -> str:
    """A list of words as a sentence has it: "a, b or c"; after ``limit`` words it is cut."""
    listed = [shown(word) for word in words[:limit]]
    if len(words) > limit:
        return f"{', '.join(listed)}, ..."
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def suggestion(found: str, known: Sequence[str]) -> str:
    """What to write instead of a word that is none of the known ones: the nearest, else any of them."""
    close = nearest(found, known)
    if close is not None:
        return f"did you mean {shown(close)}?"
    return f"write {one_of(known)}" if known else "there is none"


def not_one_of(found: str, known: Sequence[str]) -> str:
    """The whole text for a word that is none of the known ones."""
    return f"found {shown(found)}; {suggestion(found, known)}"
