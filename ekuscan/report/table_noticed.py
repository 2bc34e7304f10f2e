"""The section NOTICED: what is worth knowing beside the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.model import Notice, Run
from ekuscan.notices import enforcing
from ekuscan.notices.table import packaged
from ekuscan.report import table_enforcing, text
from ekuscan.report.page import Page

_SHOWN_OF_A_KIND = 3
_NAMES_OF_THE_REST = 3


def noticed(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """The notices kind by kind and an empty line; of many of one kind the first, and how many more there are.

    ``verbose`` shows all of them, each with its ports, and says of each kind what to do. What peers made of client
    certificates is never cut, and those at which none was tried have a word too.
    """
    kinds = _by_kind([one for one in run.notices if not _is_told(one, run)])
    lines = [line for kind in kinds for line in _kind(kind, kinds[kind], run, page, verbose=verbose)]
    if lines:
        yield page.heading("NOTICED", "(beside the verdicts; ekuscan explain KIND)", "1;36")
        yield from lines
        yield ""


def _kind(kind: str, notices: Sequence[Notice], run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    if kind == enforcing.KIND and not verbose:
        # Each of these was asked for, at the price of a log-in attempt.
        yield from table_enforcing.answers(run, page)
    else:
        yield from _some(kind, notices, page, verbose=verbose)
    if kind == enforcing.KIND:
        yield from table_enforcing.untried(run, page)
    row = packaged().kinds.get(kind)
    if verbose and notices and row is not None:
        yield from page.wrap(row.do, "   > ", "     ")


def _is_told(notice: Notice, run: Run) -> bool:
    """Whether verdicts say the same of the same two ends."""
    row = packaged().kinds.get(notice.kind)
    if row is None or not row.told_by:
        return False
    return any(
        verdict.rule == row.told_by and (verdict.dials, verdict.answers) == (notice.target, notice.peer)
        for verdict in run.verdicts
    )


def _some(kind: str, notices: Sequence[Notice], page: Page, *, verbose: bool) -> Iterator[str]:
    shown = notices if verbose or len(notices) <= _SHOWN_OF_A_KIND else notices[: _SHOWN_OF_A_KIND - 1]
    for notice in shown:
        yield from _notice(notice, page, verbose=verbose)
    if len(shown) < len(notices):
        yield from _rest(kind, notices[len(shown) :], page)


def _by_kind(notices: Sequence[Notice]) -> dict[str, list[Notice]]:
    """By kind in the table's order, also those without any; the graver ones first."""
    gravity = ("critical", "high", "medium", "low", "none")
    kinds: dict[str, list[Notice]] = {kind: [] for kind in packaged().kinds}
    for notice in sorted(notices, key=lambda one: gravity.index(one.severity)):
        kinds.setdefault(notice.kind, []).append(notice)
    return kinds


def _notice(notice: Notice, page: Page, *, verbose: bool) -> Iterator[str]:
    yield from page.wrap(f"{notice.kind}: {notice.text}", " ", "   ")
    if verbose:
        # "none" before the certainty would read as one word with it.
        severity = "" if notice.severity == "none" else notice.severity
        yield from page.flow([severity, notice.certainty, *map(page.say, notice.endpoints)], "   ", "     ")
        for because in notice.because:
            yield from page.wrap(f"{because.fact}: {because.value} ({because.from_})", "   - ", "     ")


def _rest(kind: str, notices: Sequence[Notice], page: Page) -> Iterator[str]:
    names = list(dict.fromkeys(page.name(notice.target) for notice in notices))
    shown = [f"{name}," for name in names[:_NAMES_OF_THE_REST]]
    last = ["..."] if len(names) > len(shown) else [shown.pop().rstrip(",")]
    yield from text.flow(
        [page.say(kind) + ":", f"{len(notices):,} more (-v):", *shown, *last], page.width, " ", "   ", gap=" "
    )
