"""What is to be installed for a change, and which steps it takes, in the order in which they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.foresight import Candidate, Check, Step
from ekuscan.report.page import Page

_SHOWN = 20
_MARKS = {"ok": "ok", "note": "-", "warning": "!", "blocks": "NO", "open": "?"}


def candidates(found: Sequence[Candidate], page: Page, *, verbose: bool) -> Iterator[str]:
    """What is to be said of certificates that are to be installed.

    Those that are yet to be issued stand together where it is the same of each.
    """
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for one in found:
        if verbose or one.path is not None or _remarkable(one):
            told = tuple((check.name, check.result, check.text) for check in _told(one, verbose=verbose))
            groups.setdefault(told if one.path is None else (one.target, one.slot), []).append(one)
    if not groups:
        return
    yield page.heading("CERTIFICATES TO INSTALL")
    for group in list(groups.values())[:_SHOWN]:
        first = group[0]
        names = ", ".join(f"{page.say(one.target)}:{one.slot}" for one in group[:8])
        more = f"and {len(group) - 8} more" if len(group) > 8 else ""
        file = [page.say(first.path), page.say(first.subject)] if first.path is not None else ["yet to be issued"]
        yield from page.flow([names, more, *file], "  ", "    ")
        for check in _told(first, verbose=verbose):
            yield from page.wrap(check.text, f"    {_MARKS[check.result]:<3}", "       ")
            if check.way_out is not None:
                yield from page.wrap(check.way_out, "     > ", "       ")
    yield ""


def _told(one: Candidate, *, verbose: bool) -> list[Check]:
    return [check for check in one.checks if verbose or one.path is not None or check.result != "note"]


def _remarkable(one: Candidate) -> bool:
    return any(check.result not in ("ok", "note") for check in one.checks)


def steps(found: Sequence[Step], page: Page, *, blocked: bool) -> Iterator[str]:
    """The steps, numbered, with what is typed for each. ``blocked``: something has to be mended before the first."""
    if not found:
        return
    once = ", once what stands against them is mended" if blocked else ""
    yield page.heading("STEPS", f"(in this order{once})")
    for number, step in enumerate(found, 1):
        sources = f" [{', '.join(source.code for source in step.source)}]" if step.source else ""
        yield from page.wrap(f"{step.text}{sources}", f"{number:>3}  ", "     ")
        if step.command is not None:
            yield from page.wrap(step.command, "       ", "         ")
    yield ""
