"""The result as Markdown (GitHub's) for a ticket or a change: the answer, the problems with their next steps, tables.

Text of a certificate or a person is escaped, so that it is read as it is and makes no markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ekuscan.advice import is_fine
from ekuscan.model import Observation, Problem, Run, Target, Verdict, Waiver
from ekuscan.report import text
from ekuscan.report.page import SECTIONS
from ekuscan.report.rendering import Rendering, day, eku_words, peer_of, said

MOST = 200
"""Rows of a table that are written; the rest is counted."""

_HEADS = ("Outcome", "Target", "Peer", "Use case", "Rule")
# Every ASCII punctuation mark may be escaped (CommonMark 2.4); these can begin something within a line.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&$@#!^]|:(?=//))")
# What makes an item of a list, or a heading of the line before.
_AT_THE_BEGINNING = re.compile(r"^(\d*)([-+=.)])")


def render(given: Rendering) -> Iterator[str]:
    """The page, section by section, with line ends."""
    for block in _blocks(given):
        yield block + "\n\n"


def escaped(words: str) -> str:
    """A text as Markdown shows it, within a line or at its beginning."""
    return _AT_THE_BEGINNING.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", said(words).strip()), count=1)


def _blocks(given: Rendering) -> Iterator[str]:
    run = given.run
    yield f"# ekuscan: {_answer(run)}"
    yield _head(run)
    numbers = {id(problem): number for number, problem in enumerate(run.problems, 1)}
    for section in SECTIONS:
        found = [problem for problem in run.problems if problem.section == section.name]
        if found:
            yield f"## {section.word.capitalize()}"
            yield from (_problem(numbers[id(problem)], problem) for problem in found)
    if run.plan is not None and run.plan.steps:
        yield "## Plan"
        steps = (
            f"{place}. {escaped(step.text)}{_until(day(step.until))}" for place, step in enumerate(run.plan.steps, 1)
        )
        yield "\n".join(steps)
    yield from _section("Not seen", ("Port", "Status", "Why"), [_unseen(one) for one in _failed(run)])
    yield from _section("Certificates", ("Target", "Slot", "EKU", "Issued by", "Ends"), list(_certificates(run)))
    to_mend = [verdict for verdict in run.verdicts if not is_fine(verdict)]
    standing = [_row(verdict, given) for verdict in to_mend if verdict.waived is None]
    yield from _section("Verdicts", _HEADS, standing)
    accepted = [(*_row(one, given), *_waived(one.waived)) for one in to_mend if one.waived is not None]
    yield from _section("Waived", (*_HEADS, "Until", "By", "Because"), accepted)


def _answer(run: Run) -> str:
    counts = [sum(one.section == section.name for one in run.problems) for section in SECTIONS]
    told = [f"{count} {section.count}" for section, count in zip(SECTIONS, counts, strict=True) if count]
    unseen = run.summary.endpoints.failed + run.summary.endpoints.skipped
    told += [text.counted(unseen, "port") + " unseen"] if unseen else []
    told += [f"{run.summary.waived} waived"] if run.summary.waived else []
    told += ["a partial result"] if not run.run.complete else []
    return ", ".join(told) or ("nothing breaks" if run.verdicts else "nothing judged")


def _head(run: Run) -> str:
    info, counts = run.run, run.summary.endpoints
    lines = [
        f"{text.counted(len(run.targets), 'target')}, {text.counted(counts.seen + counts.partial, 'port')} seen, "
        f"{counts.failed} unseen, {counts.closed} closed, {counts.skipped} not tried. Exit code {run.summary.exit}.",
        f"Begun {text.moment(info.started)}, judged for {text.day(info.as_of)}"
        + (f", seen from {escaped(info.vantage)}" if info.vantage else "")
        + ".",
        f"ekuscan {escaped(info.ekuscan)}, rules {escaped(info.rules.date)}, Chrome store "
        f"{escaped(info.trust_data.chrome_store)}, run {escaped(info.id)}.",
    ]
    return "  \n".join(lines)


def _problem(number: int, problem: Problem) -> str:
    ends = escaped(problem.target) + (f" \u2192 {escaped(problem.peer)}" if problem.peer else "")
    when = f" ({day(problem.when)})" if problem.when else ""
    lines = [f"{number}\\. **{ends}: {escaped(problem.title)}**{when}"]
    lines += [escaped(problem.text)] if problem.text else []
    lines.append(f"Next step: {escaped(problem.action)}")
    lines += [f"Rules: {', '.join(map(escaped, problem.rules))}"] if problem.rules else []
    return "  \n".join(lines)


def _until(last: str) -> str:
    return f" (until {last})" if last else ""


def _failed(run: Run) -> Iterable[Observation]:
    return (one for one in run.observations if one.status in ("failed", "skipped", "partial"))


def _unseen(observation: Observation) -> Sequence[str]:
    failure = observation.failure
    why = f"{failure.stage}: {failure.detail or failure.reason}" if failure else ""
    return escaped(observation.endpoint.id), observation.status, escaped(why)


def _certificates(run: Run) -> Iterator[Sequence[str]]:
    for target in run.targets:
        for content in target.slots:
            yield _held(run, target, content.slot, content.sha256, content.chain)


def _held(run: Run, target: Target, slot: str, sha256: str | None, chain: str | None) -> Sequence[str]:
    certificate = run.certificates.get(sha256 or "")
    found = run.chains.get(chain or "")
    issued = found.hierarchy if found is not None else None
    if certificate is None:
        return escaped(target.id), escaped(slot), "not seen", "", ""
    by = f"{issued.owner or issued.root or ''} {issued.class_}".strip() if issued else ""
    return (
        escaped(target.id),
        escaped(slot),
        escaped(eku_words(certificate.eku)),
        escaped(by),
        day(certificate.not_after),
    )


def _row(verdict: Verdict, given: Rendering) -> Sequence[str]:
    used = " (if used)" if verdict.if_used else ""
    title = escaped(given.title(verdict)) + used
    return verdict.outcome, escaped(verdict.target), escaped(peer_of(verdict)), title, escaped(verdict.rule)


def _waived(waiver: Waiver) -> Sequence[str]:
    return waiver.until.isoformat(), escaped(waiver.owner), escaped(waiver.reason)


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"## {title}"
    table = [heads, ["---"] * len(heads), *rows[:MOST]]
    yield "\n".join(f"| {' | '.join(row)} |" for row in table)
    if len(rows) > MOST:
        yield f"{len(rows) - MOST:,} more; csv and json have all."
