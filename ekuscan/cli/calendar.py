"""``ekuscan calendar``: policy dates, and the last days of certificates, to read or for a calendar client."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import CertificateFileError, read_certificates
from ekuscan.cli.knowledge import given_password, moment, read_saved, readable, tables, vocabulary
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.model import Inventory, Run, Waiver
from ekuscan.names import printable
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.report.agenda import Entry, Kept, end_entity, held_in, kept_entries, policy_entries, waiver_entries
from ekuscan.report.text import counted, wrap
from ekuscan.targets.errors import InvalidInput
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore, TrustStoreError

FORMATS = ("table", "ics")
_SUFFIXES = {".ics": "ics", ".txt": "table"}
_WIDTH, _MARGIN = 80, 25
_STDIN_LIMIT = 8 * 1024 * 1024


@record
class CalendarRequest:
    """The command line of ``calendar`` as it was typed. ``alarm``: a reminder so many days before each entry."""

    sources: tuple[Path, ...] = ()
    file: Path | None = None
    slots: tuple[str, ...] = ()
    as_of: str | None = None
    past: bool = False
    format: str = "table"
    outputs: tuple[Path, ...] = ()
    alarm: int | None = None
    rules: tuple[Path, ...] = ()
    trust_data: Path | None = None


def calendar(request: CalendarRequest) -> int:
    """Print or write the calendar of what is given and of the policy dates, by day; returns the exit code."""
    try:
        now = moment(request.as_of, datetime.now(UTC))
        formats = _formats(request)
        inventory = _inventory(request)
        saved = {path: _saved(path) for path in request.sources}
        with TrustStore.open(request.trust_data) as store:
            book = ChainBook(store, inventory.trust)
            kept = [*_of_inventory(inventory, book), *_of_sources(saved, book)]
            entries = [*policy_entries(), *kept_entries(kept, now.date()), *waiver_entries(_waivers(inventory, saved))]
        _write(request, formats, entries, now, _stamp(saved, now))
    except (UsageError, InvalidInput, CertificateFileError, TrustStoreError) as error:
        return refuse(error)
    if request.file is not None:
        _tell_unseen(inventory)
    return 0


# --- what is kept where -----------------------------------------------------------------------------------------


def _inventory(request: CalendarRequest) -> Inventory:
    """What a targets file tells; nothing is dialled."""
    if request.file is None and not request.slots:
        return Inventory(())
    asked = TargetRequest((), request.file, request.slots, lambda: sys.stdin.buffer.read(_STDIN_LIMIT))
    return load(asked, vocabulary(tables(request.rules)), partial(read_certificates, password=given_password()))


def _saved(path: Path) -> Run | tuple[bytes, ...]:
    """A file's result, or its certificates. Raises `UsageError` and `CertificateFileError`."""
    data = readable(path)
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson") or data[:1] == b"{":
        return read_saved(path)
    if path.suffix.lower() in (".yaml", ".yml"):
        raise UsageError(f"{path}: a targets file goes behind -f")
    return read_certificates(data, str(path), given_password())


def _of_inventory(inventory: Inventory, book: ChainBook) -> Iterator[Kept]:
    for file in inventory.slot_files:
        yield _read(f"{file.target}/{file.slot}", f"{file.target} {file.slot}", file.ders, book)


def _waivers(inventory: Inventory, saved: dict[Path, Run | tuple[bytes, ...]]) -> list[Waiver]:
    """Those of the targets file, and those that the results were judged with."""
    return [*inventory.waivers, *(one for run in saved.values() if isinstance(run, Run) for one in run.run.waivers)]


def _read(id_: str, name: str, ders: Sequence[bytes], book: ChainBook) -> Kept:
    chain = book.chains[book.add(ders)]
    return Kept(id_, name, book.certificates[end_entity(chain)], chain)


def _of_sources(saved: dict[Path, Run | tuple[bytes, ...]], book: ChainBook) -> Iterator[Kept]:
    names = Counter(path.name for path in saved)
    for path, found in saved.items():
        if isinstance(found, Run):
            yield from _of_result(path, found)
        else:
            name = path.name if names[path.name] == 1 else str(path)
            yield _read(f"file/{name}", name, found, book)


def _of_result(path: Path, result: Run) -> Iterator[Kept]:
    """The chains in the slots of a saved result."""
    for target in result.targets:
        for chain in (result.chains[one.chain] for one in target.slots if one.chain and one.chain in result.chains):
            missing = [sha256 for sha256 in (*chain.presented, end_entity(chain)) if sha256 not in result.certificates]
            if missing:
                raise UsageError(f"{path}: certificate {printable(missing[0], 80)} is in a chain, but not in the file")
    return held_in(result)


def _tell_unseen(inventory: Inventory) -> None:
    known = {file.target for file in inventory.slot_files}
    unseen = [printable(target.id, 60) for target in inventory.targets if target.id not in known]
    if unseen:
        more = f" and {len(unseen) - 5} more" if len(unseen) > 5 else ""
        told = f"{', '.join(unseen[:5])}{more}: no certificate is given as a file"
        tell(f"{told}; scan with -o run.json, and give run.json to calendar")


# --- where it goes ----------------------------------------------------------------------------------------------


def _formats(request: CalendarRequest) -> list[tuple[str, Path | None]]:
    if request.format not in FORMATS:
        raise UsageError(f"--format: found {request.format!r}; write one of {', '.join(FORMATS)}")
    found: list[tuple[str, Path | None]] = []
    for path in request.outputs:
        if path.suffix.lower() not in _SUFFIXES:
            raise UsageError(f"-o {path}: the format follows from the suffix; write one of {', '.join(_SUFFIXES)}")
        found.append((_SUFFIXES[path.suffix.lower()], path))
    # Standard output comes last: a file that cannot be written leaves it empty.
    return [*found, (request.format, None)]


def _stamp(saved: dict[Path, Run | tuple[bytes, ...]], now: datetime) -> datetime:
    """When what the calendar says was known: the latest run, else now."""
    runs = [found.run for found in saved.values() if isinstance(found, Run)]
    return max((run.started for run in runs), default=now).astimezone(UTC).replace(microsecond=0)


def _write(
    request: CalendarRequest,
    formats: Sequence[tuple[str, Path | None]],
    entries: Sequence[Entry],
    now: datetime,
    stamp: datetime,
) -> None:
    today = now.date()
    ordered = sorted(entries, key=lambda entry: (entry.day or today, entry.title))
    shown = [entry for entry in ordered if request.past or entry.day is None or entry.day >= today]
    for format_, path in formats:
        data = _ics(shown, stamp, request.alarm) if format_ == "ics" else _text(shown, len(ordered), today).encode()
        if path is None:
            _print(data)
            continue
        try:
            path.write_bytes(data)
        except OSError as error:
            raise UsageError(f"-o {path}: cannot be written: {error.strerror or error}") from None


def _ics(entries: Sequence[Entry], stamp: datetime, alarm: int | None) -> bytes:
    # Only a calendar file needs the library that writes it.
    from ekuscan.report.ics import render

    return render(entries, stamp, alarm)


def _print(data: bytes) -> None:
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(data.decode())
    else:
        raw.write(data)
    sys.stdout.flush()


def _text(entries: Sequence[Entry], all_: int, today: date) -> str:
    lines = [line for entry in entries for line in _lines(entry, today)]
    if all_ > len(entries):
        lines.append(f"{counted(all_ - len(entries), 'entry', 'entries')} of days that have passed (--past shows them)")
    return "\n".join([*lines, ""])


def _lines(entry: Entry, today: date) -> Iterator[str]:
    day = entry.day or today
    left = (day - today).days
    away = "today" if left == 0 else f"in {left} d" if left > 0 else f"{-left} d ago"
    yield from wrap(entry.title, _WIDTH, f"{spoken(day):>11}  {away:<10}  ", " " * _MARGIN)
    for text in entry.text:
        yield from wrap(text, _WIDTH, " " * (_MARGIN + 2), " " * (_MARGIN + 2))
