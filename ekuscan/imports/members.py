"""The files of a diagnostic log that are read: no others are, for they may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from ekuscan.imports.source import UnusableSource
from ekuscan.imports.text_source import MAX_TEXT
from ekuscan.record import record

MAX_MEMBERS: Final = 20_000
MAX_PEM: Final = 1024 * 1024
MAX_WANTED: Final = 128 * 1024 * 1024
"""The most bytes of wanted files that are kept of one source; those of a box have less than one MiB."""

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


@record
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


class Allowance:
    """What may still be read of one source: its wanted files are in memory together."""

    def __init__(self) -> None:
        self._left = MAX_WANTED

    def limit(self, one: Member) -> int:
        """The most bytes that are read of a file now."""
        return min(one.limit, self._left)

    def take(self, one: Member, data: bytes) -> bytes:
        """A file that was read, up to one byte beyond its limit.

        Raises:
            UnusableSource: it is larger than any appliance writes, or all of them together are.
        """
        if len(data) > one.limit:
            raise UnusableSource(f"holds {one.name} with more than {one.limit >> 20} MiB, which no appliance writes")
        self._left -= len(data)
        if self._left < 0:
            raise UnusableSource(
                f"holds more than {MAX_WANTED >> 20} MiB of configurations, status and certificates; "
                "import fewer boxes at a time"
            )
        return data


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
