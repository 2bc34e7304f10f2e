"""The xStatus of an Expressway: its release, and its name where it has one."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.members import box_of, told_name
from ekuscan.imports.source import Kind, Source, UnusableSource
from ekuscan.imports.text_source import head_of, text_of
from ekuscan.names import printable
from ekuscan.record import record

_LONGEST_BLOCK: Final = 20_000
_MOST_BLOCKS: Final = 200

_MEANT: Final = re.compile(r"\*s\s+[A-Za-z]\w*[\w \t]{0,100}:|\bxStatus\b", re.IGNORECASE)
# In block form "*s SystemUnit: /" to "*s/end"; in one-line form "*s SystemUnit Software Version: "X15.4"".
_SYSTEM_UNIT: Final = re.compile(r"\*s\s+SystemUnit\b", re.IGNORECASE)
_END: Final = re.compile(r"\*s\s*/end|\*s\s+(?!SystemUnit\b)[A-Za-z]|\*c\s", re.IGNORECASE)
_VERSION: Final = re.compile(r'\bVersion:\s*"?\s*(X\d{1,3}(?:\.\d{1,4}){1,4})(?![\d.]*\d)', re.IGNORECASE)
_NAME: Final = re.compile(r'\bName:\s*"([^"\n]{1,128})"')


@record
class SystemUnit:
    """What a status says of the box itself."""

    release: str | None = None
    name: str | None = None


def system_unit(text: str) -> SystemUnit:
    """The release ("X15.4.1") and the name out of a text that may hold a status, in block or one-line form."""
    release = name = None
    for begin in islice(_SYSTEM_UNIT.finditer(text), _MOST_BLOCKS):
        block = text[begin.end() : begin.end() + _LONGEST_BLOCK]
        end = _END.search(block)
        block = block[: end.start()] if end else block
        version = _VERSION.search(block)
        release = release or (version[1].upper() if version else None)
        named = _NAME.search(block.partition("Software")[0])
        name = name or (printable(named[1].strip(), 128) if named else None)
        if release and name:
            break
    return SystemUnit(release, name)


def read_xstatus(source: Source) -> Found:
    """The release of one box. Raises `UnusableSource` where it is not told, or not of which box."""
    unit = system_unit(text_of(source.data))
    if unit.release is None:
        raise UnusableSource("does not tell a release: SystemUnit, Software, Version is missing; copy all of xStatus")
    tag = box_of(source.name)
    name = source.box or unit.name or tag
    if name is None:
        raise UnusableSource("does not say of which box it is; add --name")
    known_as = (tag,) if tag else ()
    box = FoundTarget(name, told_name(source.name), role=source.role, release=unit.release, known_as=known_as)
    return Found(targets=(box,))


def _is_meant(source: Source) -> bool:
    return _MEANT.search(head_of(source.data)) is not None


KIND: Final = Kind("xstatus", "its xStatus", _is_meant, read_xstatus)
