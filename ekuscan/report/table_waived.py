"""The section WAIVED: findings that somebody accepts, until when, and waivers that have nothing to accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ekuscan.model import Run, Verdict, Waiver
from ekuscan.policy.days import spoken
from ekuscan.report import text
from ekuscan.report.page import Page
from ekuscan.waivers import Standing, State, standings

_TITLES = 3
_INDENT = "    "
_TOLD: Mapping[State, str] = {
    "in-force": "",
    "ended": "has ended: take it out",
    "idle": "accepts nothing that this run found",
}


def waived(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """Each waiver with what it accepts, and an empty line; with ``verbose`` why, and all that it accepts."""
    lines = [line for one in standings(run) for line in _waiver(one, page, verbose=verbose)]
    if lines:
        yield page.heading("WAIVED", "(accepted; not counted)", "1;36")
        yield from lines
        yield ""


def _waiver(one: Standing, page: Page, *, verbose: bool) -> Iterator[str]:
    yield from page.flow(
        [_about(one, page), _until(one.waiver, page), f"by {page.say(one.waiver.owner)}"], " ", _INDENT
    )
    if one.state != "in-force":
        yield from page.wrap(f"{_remark(one)}.", _INDENT, _INDENT)
    if verbose:
        yield from page.wrap(one.waiver.reason, "  - ", _INDENT)
        for verdict in one.verdicts:
            yield from page.wrap(f"{verdict.id}: {verdict.outcome}", _INDENT, _INDENT + "  ")


def _about(one: Standing, page: Page) -> str:
    """The ends and the use cases of what was found; of one that found nothing what it says itself."""
    if not one.verdicts:
        return page.say(one.waiver.verdict)
    ends = list(dict.fromkeys(_ends(verdict, page) for verdict in one.verdicts))
    titles = list(dict.fromkeys(page.title(verdict.use_case) for verdict in one.verdicts))
    more = f" and {len(ends) - 1} more" if len(ends) > 1 else ""
    return f"{ends[0]}{more}: {_listed(titles)}"


def _ends(verdict: Verdict, page: Page) -> str:
    ends = [end for end in (verdict.dials, verdict.answers) if end is not None] or [verdict.target]
    return " > ".join(map(page.name, ends))


def _listed(titles: list[str]) -> str:
    return ", ".join(titles[:_TITLES]) + (f" and {len(titles) - _TITLES} more" if len(titles) > _TITLES else "")


def _until(waiver: Waiver, page: Page) -> str:
    left = (waiver.until - page.now.date()).days
    return f"until {spoken(waiver.until)}" + (f", {left} d" if left >= 0 else "")


def _remark(one: Standing) -> str:
    line = f"Line {one.waiver.line} of the targets file" if one.waiver.line is not None else "The waiver"
    if one.state == "ended" and one.verdicts:
        count = len(one.verdicts)
        return f"{line} has ended: {text.counted(count, 'finding')} of it {'counts' if count == 1 else 'count'} again"
    return f"{line} {_TOLD[one.state]}"
