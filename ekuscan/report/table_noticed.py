"""The section NOTICED: what is worth knowing beside the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.model import Notice, Run
from ekuscan.notices.table import packaged
from ekuscan.report import text
from ekuscan.report.page import Page

_SHOWN_OF_A_KIND = 3
_NAMES_OF_THE_REST = 3


def noticed(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """The notices kind by kind and an empty line; of many of one kind the first, and how many more there are.

    ``verbose`` shows all of them, each with its ports, and says of each kind what to do.
    """
    if not run.notices:
        return
    yield page.heading("NOTICED", "(beside the verdicts; ekuscan explain KIND)", "1;36")
    for kind, notices in _by_kind(run.notices).items():
        shown = notices if verbose or len(notices) <= _SHOWN_OF_A_KIND else notices[: _SHOWN_OF_A_KIND - 1]
        for notice in shown:
            yield from _notice(notice, page, verbose=verbose)
        if len(shown) < len(notices):
            yield from _rest(kind, notices[len(shown) :], page)
        row = packaged().kinds.get(kind)
        if verbose and row is not None:
            yield from page.wrap(row.do, "   > ", "     ")
    yield ""


def _by_kind(notices: Sequence[Notice]) -> dict[str, list[Notice]]:
    """By kind in the table's order, the graver ones first."""
    gravity = ("critical", "high", "medium", "low", "none")
    kinds: dict[str, list[Notice]] = {kind: [] for kind in packaged().kinds}
    for notice in sorted(notices, key=lambda one: gravity.index(one.severity)):
        kinds.setdefault(notice.kind, []).append(notice)
    return {kind: found for kind, found in kinds.items() if found}


def _notice(notice: Notice, page: Page, *, verbose: bool) -> Iterator[str]:
    yield from page.wrap(f"{notice.kind}: {notice.text}", " ", "   ")
    if verbose:
        yield from page.flow([notice.severity, notice.certainty, *map(page.say, notice.endpoints)], "   ", "     ")
        for because in notice.because:
            yield from page.wrap(f"{because.fact}: {because.value} ({because.from_})", "   - ", "     ")


def _rest(kind: str, notices: Sequence[Notice], page: Page) -> Iterator[str]:
    names = list(dict.fromkeys(page.name(notice.target) for notice in notices))
    shown = [f"{name}," for name in names[:_NAMES_OF_THE_REST]]
    last = ["..."] if len(names) > len(shown) else [shown.pop().rstrip(",")]
    yield from text.flow(
        [page.say(kind) + ":", f"{len(notices):,} more (-v):", *shown, *last], page.width, " ", "   ", gap=" "
    )
