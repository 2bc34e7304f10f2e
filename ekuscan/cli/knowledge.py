"""What every judging command needs: the tables, the CAs' policy, the trust data, the words of targets files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path

from ekuscan.cli.proxy_choice import check_proxy
from ekuscan.cli.refusal import UsageError
from ekuscan.model import Run
from ekuscan.policy import issuance, validity
from ekuscan.report.saved import SavedResultError, read_result
from ekuscan.rules import releases
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import Tables
from ekuscan.run import Knowledge
from ekuscan.targets.vocabulary import SettingShape, UseCaseShape, Vocabulary

LARGEST_RESULT = 512 * 1024 * 1024
PASSWORD_VARIABLE = "EKUSCAN_PASSWORD"  # noqa: S105  (the name of the variable, not a password)


class PackagedPolicy:
    """The policy tables of the package, as the verdicts ask for them; an estate asks the same few things often."""

    def __init__(self) -> None:
        self.issues_next = lru_cache(maxsize=4096)(issuance.issues_next)
        self.best_issue_day = lru_cache(maxsize=4096)(validity.best_issue_day)
        self.lasts_until = lru_cache(maxsize=4096)(validity.lasts_until)


def knowledge(rules: Sequence[Path] = ()) -> Knowledge:
    """The packaged tables, with a site's own behind them, and policy. Raises `UsageError` and `InvalidInput`."""
    return Knowledge(tables(rules), PackagedPolicy())


def knowledge_with(texts: Sequence[tuple[str, bytes]]) -> Knowledge:
    """The same with the text of a site's own tables, each under the name of its file. Raises `InvalidInput`."""
    if not texts:
        return knowledge()
    from ekuscan.verdict.site_rules import with_site_rules

    return Knowledge(with_site_rules(packaged(), texts), PackagedPolicy())


def tables(rules: Sequence[Path] = ()) -> Tables:
    """The packaged tables with those of a site's files behind them. Raises `UsageError` and `InvalidInput`."""
    if not rules:
        return packaged()
    from ekuscan.verdict.site_rules import with_site_rules

    return with_site_rules(packaged(), [(str(path), readable(path)) for path in rules])


def vocabulary(tables: Tables) -> Vocabulary:
    """The words that targets files may use, from the rule tables."""
    use_cases = {
        row.name: UseCaseShape(row.from_, row.to, row.both_ways, row.itself)
        for row in tables.use_cases.values()
        if row.from_
    }
    settings = {
        row.name: SettingShape(row.of, row.values, row.question, () if "*" in row.roles else row.roles)
        for row in tables.settings.values()
    }
    return Vocabulary(use_cases, settings, check_release, check_proxy, partial(_same_slot, tables))


def _same_slot(tables: Tables, role: str, release: str, slot: str) -> str | None:
    """The slot that a slot is one with on every release that ``release`` may be; None if it may be one of its own."""
    try:
        known = releases.parse(role, release)
    except releases.ReleaseError:
        return None
    for row in tables.aliases:
        bound = row.when[0].high if len(row.when) == 1 and row.when[0].fact == "release" else None
        if row.slot == slot and role in row.roles and bound is not None and not known.overlaps(bound, None):
            return row.same_as
    return None


def check_release(role: str, text: str) -> str | None:
    """None for a release of the role's product, else how one is written."""
    try:
        releases.parse(role, text)
    except releases.ReleaseError as error:
        return str(error).removeprefix("write ")
    return None


def moment(text: str | None, now: datetime) -> datetime:
    """The instant of --as-of: noon UTC of a day, or an RFC 3339 instant; ``now`` without it. Raises `UsageError`.

    The day on which ``now`` is, means ``now``: a certificate that was issued this afternoon is valid today.
    """
    if text is None:
        return now
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            if day == now.astimezone(UTC).date():
                return now
            return datetime.combine(day, datetime.min.time(), UTC).replace(hour=12)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of: found {text!r}; write a day like 2027-03-15") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def given_password(path: Path | None = None) -> bytes | None:
    """The password of PKCS #12 files: a file's first line, else the variable's value. Raises `UsageError`."""
    if path is not None:
        return next(iter(readable(path).splitlines()), b"")
    told = os.environ.get(PASSWORD_VARIABLE)
    return told.encode() if told is not None else None


def read_saved(path: Path) -> Run:
    """The result that a file holds. Raises `UsageError` with the reason."""
    data = readable(path, LARGEST_RESULT)
    if len(data) > LARGEST_RESULT:
        raise UsageError(f"{path}: found more than {LARGEST_RESULT >> 20} MiB; scan fewer targets into one result")
    try:
        return read_result(data)
    except SavedResultError as error:
        raise UsageError(f"{path}: {error}") from None


def readable(path: Path, most: int = 32 * 1024 * 1024) -> bytes:
    """A file's content, at most a byte more than ``most``. Raises `UsageError` with the reason."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
