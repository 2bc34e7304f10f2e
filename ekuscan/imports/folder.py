"""An unpacked diagnostic log: the wanted files of a folder, and no others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ekuscan.imports.members import MAX_MEMBERS, NAMED, Allowance, member
from ekuscan.imports.source import UnusableSource
from ekuscan.targets.text_file import Unreadable, read_bytes

_MAX_DEPTH: Final = 6


def folder_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """The wanted files below a folder by name; links are not followed.

    Raises:
        UnusableSource: there are none, more files or more in them than in any diagnostic log, or one cannot be read.
    """
    found: list[tuple[str, bytes]] = []
    count, allowance = 0, Allowance()
    for place, folders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= _MAX_DEPTH:
            folders.clear()
        count += len(names)
        if count > MAX_MEMBERS:
            raise UnusableSource(f"holds more than {MAX_MEMBERS} files; name the folder of one diagnostic log")
        for name in sorted(names):
            one, path = member(name), Path(place) / name
            if one is None or path.is_symlink():
                continue
            try:
                found.append((name, allowance.take(one, read_bytes(path, one.limit))))
            except Unreadable as error:
                raise UnusableSource(f"holds {name}, which {error}") from None
    if not found:
        raise UnusableSource(f"holds none of the files of a diagnostic log: {NAMED}")
    return tuple(found)
