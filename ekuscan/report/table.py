"""The report for a person: what breaks, what to do, and which certificates there are, readable in a minute."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from ekuscan.model import Run
from ekuscan.observation import ANSWERED
from ekuscan.protocols import BANNER_ONLY
from ekuscan.report import text
from ekuscan.report.page import SECTIONS, Page, judged_by, page
from ekuscan.report.records import in_order
from ekuscan.report.table_certificates import certificates
from ekuscan.report.table_details import details
from ekuscan.report.table_noticed import noticed
from ekuscan.report.table_plan import plan
from ekuscan.report.table_problems import sections
from ekuscan.report.table_unseen import unseen
from ekuscan.report.table_waived import waived

WHOLE_UP_TO = 2_000
SHOWN_OF_MORE = 200


def render(
    run: Run,
    *,
    width: int,
    verbose: bool,
    color: bool,
    unicode: bool,
    titles: Mapping[str, str],
    now: datetime,
    notes: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The report in lines with their line ends, none wider than ``width`` cells (60 at least).

    ``unicode`` says whether the output can encode any text; without it everything is ASCII. ``color`` puts SGR
    sequences round the section words and nowhere else. ``titles`` names the use cases. Days left count from ``now``.
    ``notes`` holds a sentence for a target, printed below its certificates. Above 2,000 targets the counts are of all
    and the lines of the 200 worst.
    """
    shown = in_order(run if len(run.targets) <= WHOLE_UP_TO else worst(run, SHOWN_OF_MORE))
    sheet = page(shown, width=width, color=color, unicode=unicode, now=now, titles=titles)
    for line in _lines(run, shown, sheet, notes or {}, verbose=verbose):
        yield line.rstrip(" ") + "\n"


def _lines(run: Run, shown: Run, page: Page, notes: Mapping[str, str], *, verbose: bool) -> Iterator[str]:
    yield from _header(run, page)
    if len(shown.targets) < len(run.targets):
        counts = f"{len(shown.targets):,} of {len(run.targets):,} targets shown, the worst first; --format json has all"
        yield from page.wrap(counts)
    yield ""
    yield from sections(shown, page, verbose=verbose)
    yield from waived(run, page, verbose=verbose)
    yield from plan(run, page, verbose=verbose)
    yield from unseen(shown, page, verbose=verbose)
    yield from noticed(shown, page, verbose=verbose)
    yield from certificates(shown, page, notes, verbose=verbose)
    if verbose:
        yield from details(shown, page)
    yield from _answer(run, page, verbose=verbose)


def _header(run: Run, page: Page) -> Iterator[str]:
    info = run.run
    pieces = [
        *judged_by(info, page),
        f"judged for {text.day(info.as_of)}" if info.as_of.date() != info.started.date() else "",
        f"seen from {page.say(info.vantage)}" if info.vantage else "",
    ]
    yield from page.flow(pieces)
    yield from page.flow([text.counted(len(run.targets), "target"), *_ports(run), *_reservations(run)])


def _ports(run: Run) -> list[str]:
    counts = run.summary.endpoints
    if not run.observations and not any((counts.seen, counts.partial, counts.closed, counts.failed, counts.skipped)):
        return ["no ports: certificates from files"]
    closed = text.counted(counts.closed, "optional port") + " closed" if counts.closed else ""
    skipped = f"{counts.skipped:,} not tried" if counts.skipped else ""
    answered = (one for one in run.observations if one.status in ANSWERED)
    banners = sum(one.endpoint.protocol in BANNER_ONLY for one in answered)
    return [
        text.counted(counts.seen + counts.partial - banners, "port") + " captured",
        text.counted(banners, "banner") + " read" if banners else "",
        closed,
        f"{counts.failed:,} unseen",
        skipped,
    ]


def _reservations(run: Run) -> list[str]:
    assumed = sum(connection.origin == "assumed" for connection in run.connections)
    words = f"{text.counted(assumed, 'connection')} assumed, not declared" if assumed else ""
    return [words, "" if run.run.complete else "interrupted: a partial result"]


# --- the last line --------------------------------------------------------------------------------------------


def _answer(run: Run, page: Page, *, verbose: bool) -> Iterator[str]:
    """The counts and the exit code in one line, and a command that explains the first problem."""
    *counts, final = _counts(run, verbose=verbose)
    lines = text.flow([*(count + "," for count in counts), final], page.width, gap=" ")
    code = f"exit {run.summary.exit}"
    last = text.sides(lines[-1], code, page.width)
    yield from lines[:-1] if last is not None else lines
    yield last if last is not None else " " * (page.width - len(code)) + code
    rule = next((rule for problem in run.problems for rule in problem.rules), None)
    if rule is not None:
        yield from page.flow([f"Why: ekuscan explain {page.say(rule)}"])


def _counts(run: Run, *, verbose: bool) -> list[str]:
    found = Counter(problem.section for problem in run.problems)
    counts = [f"{found[section.name]:,} {section.count}" for section in SECTIONS if found[section.name]]
    fine = run.summary.outcomes.get("ok", 0)
    unseen = run.summary.endpoints.failed + run.summary.endpoints.skipped
    if not counts:
        breaks = "Nothing else breaks" if run.summary.waived else "Nothing breaks"
        clean = f"{breaks} in what was seen" if unseen or not run.run.complete else breaks
        counts.append(clean if fine or run.summary.waived else "Nothing judged")
    if run.summary.waived:
        counts.append(f"{run.summary.waived:,} waived")
    if fine:
        counts.append(f"{fine:,} fine" + ("" if verbose else " (-v)"))
    if unseen:
        counts.append(text.counted(unseen, "port") + " unseen")
    if run.summary.undecided:
        counts.append(f"{run.summary.undecided:,} left open")
    return counts


# --- large estates --------------------------------------------------------------------------------------------


def worst(run: Run, number: int) -> Run:
    """``run`` with its ``number`` worst targets and problems: those with the gravest problems, then the unseen, then
    those whose certificate ends first."""
    problems = run.problems[:number]
    failed = (one.endpoint.target for one in run.observations if one.status == "failed")
    ranked = dict.fromkeys([*(problem.target for problem in problems), *failed, *_by_end(run)])
    known = {target.id: target for target in run.targets}
    kept = [known[name] for name in ranked if name in known][:number]
    names = {target.id for target in kept}
    clusters = {target.cluster for target in kept}
    chains = {slot.chain for target in kept for slot in target.slots}
    return dataclasses.replace(
        run,
        targets=tuple(kept),
        connections=tuple(one for one in run.connections if one.from_ in names or one.to in names),
        observations=tuple(one for one in run.observations if one.endpoint.target in names),
        chains={id_: chain for id_, chain in run.chains.items() if id_ in chains},
        verdicts=tuple(verdict for verdict in run.verdicts if verdict.target in names),
        problems=tuple(problems),
        notices=tuple(notice for notice in run.notices if notice.target in names | clusters),
    )


def _by_end(run: Run) -> list[str]:
    def end(fingerprints: list[str]) -> tuple[bool, float]:
        known = (run.certificates[one].not_after for one in fingerprints if one in run.certificates)
        soonest = min((when.timestamp() for when in known if when is not None), default=None)
        return (soonest is None, soonest or 0.0)

    ends = {target.id: end([slot.sha256 for slot in target.slots if slot.sha256]) for target in run.targets}
    return sorted(ends, key=ends.__getitem__)
