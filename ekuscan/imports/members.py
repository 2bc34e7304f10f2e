"""The files of a diagnostic log that are read: no others are, for they may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ekuscan.imports.text_source import MAX_TEXT

MAX_MEMBERS: Final = 20_000
MAX_PEM: Final = 1024 * 1024

MemberKind = Literal["xconf", "xstat", "server", "client", "ca"]

# As the Administrator Guide has them [DIAG]; the name of the client certificate, which X15.5 adds [N155], is inferred.
_NAME: Final = re.compile(
    r"(?:(xconf|xstat)_dump_(.+_\d[\w.:-]*)\.txt|(server|client|ca)(?:_cert)?_(.+_\d[\w.:-]*)\.pem)", re.IGNORECASE
)
# The time begins with a day or counts seconds; a number in the name of a box ("exp_1") does neither.
_TIMED: Final = re.compile(
    r"(.+)_(?:1\d{9}(?:\d{3})?|20\d\d[._-]?(?:0[1-9]|1[0-2])[._-]?(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?(?!\d)[\w.:-]*)"
)
NAMED: Final = "xconf_dump_NAME_TIME.txt, xstat_dump_NAME_TIME.txt, server_NAME_TIME.pem, client_NAME_TIME.pem"


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is wanted: what it is, of which box, and its own name."""

    kind: MemberKind
    box: str
    name: str

    @property
    def limit(self) -> int:
        """The most bytes that are read of it."""
        return MAX_TEXT if self.kind in ("xconf", "xstat") else MAX_PEM


def member(path: str) -> Member | None:
    """The file that a path inside an archive or folder names, None for one that is not wanted."""
    name = re.split(r"[/\\]", path[-512:])[-1]
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    kind: MemberKind = (match[1] or match[3]).lower()  # type: ignore[assignment]
    rest = match[2] or match[4]
    timed = _TIMED.fullmatch(rest)
    # With a time of another form the whole is the name: two boxes are never one then.
    return Member(kind, timed[1] if timed else rest, name)


def told_name(name: str) -> str:
    """A file's name as it stands in a targets file: without the time, so that a later one says the same."""
    found = member(name)
    if found is None:
        return name
    return f"{found.kind}_dump_{found.box}" if found.kind in ("xconf", "xstat") else f"{found.kind}_{found.box}"


def box_of(name: str) -> str | None:
    """The box of which a file's name says that it is."""
    found = member(name)
    return found.box if found else None


def newest(files: Iterable[tuple[Member, bytes]]) -> dict[str, dict[MemberKind, tuple[str, bytes]]]:
    """By box and kind the file with the latest time in its name, with that name."""
    boxes: dict[str, dict[MemberKind, tuple[str, bytes]]] = {}
    for one, data in sorted(files, key=lambda pair: pair[0].name):
        boxes.setdefault(one.box, {})[one.kind] = (one.name, data)
    return boxes
