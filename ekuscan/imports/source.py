"""What a person names as the source of an import, and how the kinds of sources are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from ekuscan.imports.found import Found
from ekuscan.model import RoleName
from ekuscan.record import record
from ekuscan.targets.vocabulary import Vocabulary


class UnusableSource(Exception):  # noqa: N818  (the name says what happened to the caller)
    """A source cannot be used. The message is one printable sentence without the source's name."""


@record
class Source:
    """One source: a file's content, or of a folder the files that a reader may want, by their names in it.

    ``name`` is the file's own, without its folders: it stands in what is written. ``box`` and ``role`` are the name and
    role that the person gave for a box whose description does not tell. ``vocabulary`` is what the rules define, for
    readers of what people wrote.
    """

    name: str
    data: bytes = b""
    files: tuple[tuple[str, bytes], ...] = ()
    box: str | None = None
    role: RoleName | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)


# Raises UnusableSource, or InvalidInput where people wrote the source and several things in it are wrong.
Reader = Callable[[Source], Found]


@record
class Kind:
    """A kind of source: what --as calls it, what it is to a person, how it is known by its content, how it is read."""

    name: str
    what: str
    is_meant: Callable[[Source], bool]
    read: Reader
