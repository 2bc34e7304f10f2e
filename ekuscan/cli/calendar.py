"""``ekuscan calendar``: policy dates, and the last days of certificates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import CertificateFileError, read_certificates
from ekuscan.cli.knowledge import moment, readable
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.names import printable
from ekuscan.policy.calendar import CertificateDays, Event, certificate_days, events
from ekuscan.policy.days import spoken
from ekuscan.report.text import counted, wrap
from ekuscan.trust import TrustStore, TrustStoreError

_WIDTH, _MARGIN = 80, 25
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_RESULT = "ekuscan.run/1"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the calendar: a day and what is on it."""

    day: date
    title: str
    text: tuple[str, ...]


def calendar(sources: tuple[Path, ...], as_of: str | None, *, past: bool, trust_data: Path | None) -> int:
    """Print the calendar of the sources and the policy dates, by day; returns the exit code."""
    try:
        today = moment(as_of, datetime.now(UTC)).date()
        with TrustStore.open(trust_data) as store:
            entries = [*_policy(today, past=past), *_of_sources(sources, ChainBook(store), today)]
    except (UsageError, CertificateFileError, TrustStoreError) as error:
        return refuse(error)
    for entry in sorted(entries, key=lambda entry: (entry.day, entry.title)):
        if past or entry.day >= today:
            _print(entry, today)
    behind = [entry for entry in entries if entry.day < today]
    if behind and not past:
        print(f"{counted(len(behind), 'entry', 'entries')} of days that have passed (--past shows them)")
    return 0


def _print(entry: Entry, today: date) -> None:
    left = (entry.day - today).days
    away = "today" if left == 0 else f"in {left} d" if left > 0 else f"{-left} d ago"
    print("\n".join(wrap(entry.title, _WIDTH, f"{spoken(entry.day):>11}  {away:<10}  ", " " * _MARGIN)))
    for text in entry.text:
        print("\n".join(wrap(text, _WIDTH, " " * (_MARGIN + 2), " " * (_MARGIN + 2))))


def _policy(today: date, *, past: bool) -> Iterator[Entry]:
    for event in events(_FIRST, _LAST):
        yield Entry(event.day, event.text, tuple(_told(event)))


def _told(event: Event) -> Iterator[str]:
    yield from event.replaces
    if event.conflict:
        yield f"Sources disagree: {event.conflict}"
    yield f"{event.id}: source {', '.join(event.source)}, confidence {event.confidence}."


def _of_sources(sources: tuple[Path, ...], book: ChainBook, today: date) -> Iterator[Entry]:
    for path in sources:
        for name, ders in _chains(path):
            chain = book.chains[book.add(ders)]
            leaf = book.certificates[chain.paths[0][0] if chain.paths else chain.presented[0]]
            yield from _certificate(name, certificate_days(leaf, chain, today), today)


def _certificate(name: str, days: CertificateDays, today: date) -> Iterator[Entry]:
    told = _renewal(days)
    if days.last_day_valid is not None:
        yield Entry(days.last_day_valid, f"{name} ends", (told,))
    else:
        yield Entry(today, f"{name}: its end cannot be read", (told,))
    if days.client_auth == "until" and days.last_day_to_renew and days.last_day_to_renew != days.last_day_valid:
        last = f"After this day {days.issuance.authority} issues no clientAuth, or the certificate has ended."
        yield Entry(days.last_day_to_renew, f"{name}: last day to renew with clientAuth", (last,))


def _renewal(days: CertificateDays) -> str:
    who = days.issuance.authority
    if days.client_auth == "not-affected":
        return "Its CA is touched by no root programme's policy: the next certificate can be like this one."
    if days.client_auth == "passed":
        since = f" since {spoken(days.last_day_to_renew)}" if days.last_day_to_renew else ""
        return f"The next certificate will have no clientAuth: {who} issues none{since}."
    asked = "issues both EKUs" if days.issuance.default == "both" else "issues clientAuth when asked"
    until = f" until {spoken(days.last_day_to_renew)}" if days.client_auth == "until" and days.last_day_to_renew else ""
    best = (
        f" Renewed on {spoken(days.renew_on)} it lasts to about {spoken(days.lasts_to)}."
        if days.renew_on and days.lasts_to
        else ""
    )
    return f"{who} {asked}{until}.{best}"


def _chains(path: Path) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """The chains of a certificate file, or those in the slots of a saved result."""
    data = readable(path)
    if path.suffix.lower() == ".json" or data[:1] == b"{":
        yield from _of_result(path, data)
    else:
        yield printable(path.name, 60), read_certificates(data, str(path))


def _of_result(path: Path, data: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    try:
        document: dict[str, Any] = json.loads(data)
        if document["schema"] != _RESULT:
            raise UsageError(f"{path}: schema {document['schema']!r}; this ekuscan reads {_RESULT}")
        certificates, chains = document["certificates"], document["chains"]
        for target in document["targets"]:
            for slot in target["slots"]:
                if slot["chain"]:
                    pems = (certificates[sha256]["pem"] for sha256 in chains[slot["chain"]]["presented"])
                    name = printable(f"{target['id']} {slot['slot']}", 60)
                    yield name, read_certificates("\n".join(pems).encode(), str(path))
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, CertificateFileError):
            raise
        raise UsageError(f"{path}: no result of `scan --format json`, and no certificate file") from None
