"""``ekuscan import``: what appliances and lists tell, put into a targets file."""

from __future__ import annotations

import codecs
import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ekuscan.cli.collector import spare_the_collector
from ekuscan.cli.knowledge import vocabulary
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError, nearest, refuse
from ekuscan.cli.save import check_unchanged, save
from ekuscan.exit_code import FINE, INCOMPLETE
from ekuscan.imports.folder import folder_files
from ekuscan.imports.found import Found
from ekuscan.imports.merge import EMPTY, Merged, TargetsText, Unmergeable, merge
from ekuscan.imports.recognise import kind_names, read_source
from ekuscan.imports.source import Source, UnusableSource
from ekuscan.imports.unify import unify
from ekuscan.model import RoleName
from ekuscan.names import printable
from ekuscan.profiles.load import ROLES, role_named
from ekuscan.record import record
from ekuscan.report.text import counted
from ekuscan.rules.load import packaged
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.text_file import CERTIFICATE_LIMIT, TEXT_LIMIT, Absent, Unreadable, decode, read_bytes
from ekuscan.targets.words import name_problem

SOURCE_LIMIT: Final = 256 * 1024 * 1024
"""The largest source that is read, in bytes."""


@record
class ImportRequest:
    """What the command line says. Without ``file`` the text goes to standard output."""

    sources: tuple[str, ...]
    file: Path | None = None
    as_: str | None = None
    name: str | None = None
    role: str | None = None
    overwrite: bool = False
    dry_run: bool = False
    credentials: Path | None = None


def import_sources(request: ImportRequest) -> int:
    """Read the sources, merge them into the targets file, say what was done on standard error."""
    spare_the_collector()
    try:
        _check(request)
        found = _read(request)
        whole = True
        urls = [source for source in request.sources if _is_address(source)]
        if urls:
            # Files need nothing of what it takes to talk to an appliance.
            from ekuscan.cli.import_apis import told_by_appliances

            role = role_named(request.role) if request.role else None
            told, whole = told_by_appliances(urls, request.credentials, request.file, role)
            found += told
        put(found, request)
    except (UsageError, InvalidInput, Unmergeable) as error:
        return refuse(error)
    return FINE if whole else INCOMPLETE


def put(found: Sequence[Found], request: ImportRequest) -> None:
    """Merge what was found into the targets file, or print it; say on standard error what was done and what was not.

    Raises `UsageError`, `InvalidInput` and `Unmergeable`.
    """
    before = _before(request.file)
    read: dict[str, bytes] = {}
    merged = _merged(request, unify(found), before, read)
    for sentence in merged.told:
        tell(printable(sentence, 600))
    _put(request, before, merged, read)


def _check(request: ImportRequest) -> None:
    if request.as_ is not None and request.as_ not in kind_names():
        known = ", ".join(kind_names())
        raise UsageError(f"--as: found {request.as_!r}; write one of {known}{nearest(request.as_, kind_names())}")
    if request.role is not None and role_named(request.role) is None:
        raise UsageError(f"--role: found {request.role!r}; write one of {', '.join(ROLES)}")
    problem = name_problem(request.name) if request.name is not None else None
    if problem:
        raise UsageError(f"--name: {problem}")
    check_file(request.file)


def check_file(file: Path | None) -> None:
    """Raise `UsageError` for a targets file that cannot be written to."""
    if file is not None and str(file) == "-":
        raise UsageError("-f: found -; name the file to be written, or leave -f out for standard output")


def _read(request: ImportRequest) -> list[Found]:
    """What each source tells; what is wrong with any of them is said of all at once."""
    found: list[Found] = []
    wrong: list[str] = []
    role: RoleName | None = role_named(request.role) if request.role else None
    for path in request.sources:
        if _is_address(path):
            continue
        try:
            found.append(read_source(_source(path, request.name, role), request.as_))
        except InvalidInput as error:
            wrong += str(error).splitlines()
        except (UnusableSource, Unreadable) as error:
            wrong.append(f"{printable('standard input' if path == '-' else path, 200)} {error}")
    if wrong:
        raise UsageError("\n".join(wrong))
    return found


def _is_address(source: str) -> bool:
    return "://" in source


def _source(path: str, name: str | None, role: RoleName | None) -> Source:
    name_of_it = printable(Path(path).resolve().name, 120)
    words = vocabulary(packaged())
    if path == "-":
        data = sys.stdin.buffer.read(SOURCE_LIMIT + 1)
        if len(data) > SOURCE_LIMIT:
            raise Unreadable(f"has more than {SOURCE_LIMIT >> 20} MiB")
        return Source("standard input", data, (), name, role, words)
    if Path(path).is_dir():
        return Source(name_of_it, b"", folder_files(Path(path)), name, role, words)
    return Source(name_of_it, read_bytes(Path(path), SOURCE_LIMIT), (), name, role, words)


def _before(file: Path | None) -> bytes:
    """The targets file as it is, empty where there is none yet."""
    if file is None:
        return b""
    try:
        return read_bytes(file, TEXT_LIMIT)
    except Absent:
        return b""
    except Unreadable as error:
        raise UsageError(f"{printable(str(file), 200)} {error}") from None


def certificate_file(path: Path) -> bytes | None:
    """What a file beside the targets file holds, None where none is there.

    Raises:
        Unreadable: it is there and cannot be read, or is something that would not end or lead anywhere.
    """
    try:
        if path.is_symlink() and not path.exists():
            raise Unreadable("is a link that leads nowhere")
        if path.exists() and not path.is_file():
            raise Unreadable("is no file")
        return read_bytes(path, CERTIFICATE_LIMIT)
    except Absent:
        return None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None


def _merged(request: ImportRequest, found: Found, before: bytes, read: dict[str, bytes]) -> Merged:
    """The file with what was found; ``read`` gets what each certificate file held that was looked at."""
    where = str(request.file) if request.file is not None else "targets"
    folder = request.file.parent if request.file is not None else None

    def beside(name: str) -> bytes | None:
        there = certificate_file((folder or Path()) / name)
        read[name] = there or b""
        return there

    try:
        decode(before)  # says what is wrong with it; line ends stay as they are
    except Unreadable as error:
        raise UsageError(f"{printable(where, 200)} {error}") from None
    text = before.decode("utf-8-sig")
    there = TargetsText(text if text.strip() else EMPTY, where, beside if folder is not None else None)
    return merge(found, there, vocabulary(packaged()), overwrite=request.overwrite)


def _put(request: ImportRequest, before: bytes, merged: Merged, read: Mapping[str, bytes]) -> None:
    if request.file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(merged.text.encode())
        return
    after = merged.text.encode()
    if before.startswith(codecs.BOM_UTF8):
        after = codecs.BOM_UTF8 + after
    if request.dry_run:
        _show(request.file, before, after, merged)
        return
    if not before and merged.text == EMPTY:
        told = "; ".join(merged.told) or "nothing in it has a place in a targets file"
        raise UsageError(f"{printable(str(request.file), 200)}: nothing to write: {told}")
    target = request.file.resolve()  # a link to a targets file stays one
    check_unchanged(target, before)  # before its certificates are written, too
    for name, data in merged.files.items():
        save(request.file.parent / name, data, read[name])
    if after != before:
        save(target, after, before)
    files = f" and {counted(len(merged.files), 'certificate file')}" if merged.files else ""
    done = f"written{files}" if after != before or merged.files else "says all of it already; unchanged"
    tell(f"{printable(str(request.file), 200)}: {done}")


def _show(file: Path, before: bytes, after: bytes, merged: Merged) -> None:
    old, new = (data.decode("utf-8-sig").splitlines(keepends=True) for data in (before, after))
    for line in difflib.unified_diff(old, new, str(file), f"{file} (imported)"):
        print(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", end="")
    for name in merged.files:
        print(f"would write {name}", file=sys.stderr)
