"""The rows of the page's lists: problems, verdicts, endpoints, notices. Others point to them by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ekuscan.model import Fork, Notice, Observation, Problem, Remedy, RemedyWork, Run, Source, Verdict
from ekuscan.notices.table import packaged
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.signs import SECTION_SIGNS, STATUSES, Sign, sign_of
from ekuscan.report.marks import strongest
from ekuscan.report.page import Page
from ekuscan.report.table_details import port_remarks
from ekuscan.report.table_unseen import port_name

_ANSWERS = {
    "ok": "works",
    "breaks": "breaks",
    "at-risk": "at risk",
    "depends": "depends",
    "unknown": "unknown",
    "not-applicable": "does not apply",
}


@record
class ProblemRow:
    """``pieces`` are the title's: a question and its answers, or one."""

    number: int
    sign: Sign
    problem: Problem
    pieces: tuple[str, ...]
    days: int | None
    verdicts: tuple[VerdictRow, ...]
    ways: tuple[tuple[Remedy, RemedyWork | None], ...]


@record
class ForkRow:
    """A question and what each answer to it gives, now and after a renewal."""

    question: str
    values: tuple[tuple[str, str, str], ...]


@record
class VerdictRow:
    """``parts``: it is a composite's, and the composite is named in ``part_of``."""

    number: int
    sign: Sign
    verdict: Verdict
    title: str
    part_of: str | None
    now: str
    next: str
    forks: tuple[ForkRow, ...]
    sources: tuple[Source, ...]


@record
class EndpointRow:
    """``remarks`` are what it showed beside its certificate."""

    number: int
    sign: Sign
    observation: Observation
    port: str
    versions: str
    asked: str
    chain: str | None
    remarks: tuple[str, ...]


@record
class NoticeRow:
    """The notices of one kind, what it is about and what to do."""

    title: str
    do: str
    notices: tuple[Notice, ...]


def verdict_rows(run: Run, titles: Mapping[str, str]) -> tuple[VerdictRow, ...]:
    """The verdicts, the gravest first; those that exist only if somebody uses them behind the others of their kind."""
    ordered = sorted(run.verdicts, key=lambda one: (sign_of(one).rank, one.if_used))
    return tuple(_verdict(number, verdict, titles) for number, verdict in enumerate(ordered, 1))


def _verdict(number: int, verdict: Verdict, titles: Mapping[str, str]) -> VerdictRow:
    return VerdictRow(
        number,
        sign_of(verdict),
        verdict,
        titles.get(verdict.use_case, verdict.use_case),
        titles.get(verdict.part_of, verdict.part_of) if verdict.part_of is not None else None,
        _ANSWERS[verdict.now],
        _ANSWERS[verdict.next],
        tuple(map(_fork, verdict.forks)),
        verdict.source,
    )


def _fork(fork: Fork) -> ForkRow:
    values = ((value, _ANSWERS[branch.now], _ANSWERS[branch.next]) for value, branch in fork.values.items())
    return ForkRow(fork.question, tuple(values))


def problem_rows(run: Run, verdicts: Mapping[str, VerdictRow], now: datetime) -> tuple[ProblemRow, ...]:
    """The problems in the order of the run, which is that of their sections."""
    return tuple(
        ProblemRow(
            number,
            SECTION_SIGNS[problem.section],
            problem,
            tuple(piece.strip() for piece in problem.title.split("  ") if piece.strip()),
            text.days_until(problem.when, now) if problem.when is not None else None,
            tuple(verdicts[id_] for id_ in problem.verdicts if id_ in verdicts),
            tuple((way, run.remedy_work.get(way.id)) for way in problem.ways if not _same(way, problem.remedy)),
        )
        for number, problem in enumerate(run.problems, 1)
    )


def _same(way: Remedy, remedy: Remedy | None) -> bool:
    return remedy is not None and (way.id, way.text) == (remedy.id, remedy.text)


def endpoint_rows(run: Run, page: Page) -> tuple[EndpointRow, ...]:
    """The endpoints, those that gave nothing first."""
    ordered = sorted(run.observations, key=lambda one: STATUSES[one.status].rank)
    return tuple(_endpoint(number, one, page) for number, one in enumerate(ordered, 1))


def _endpoint(number: int, observation: Observation, page: Page) -> EndpointRow:
    versions = dict.fromkeys(sight.tls.version for sight in observation.sights if sight.tls is not None)
    return EndpointRow(
        number,
        STATUSES[observation.status],
        observation,
        port_name(observation),
        ", ".join(versions),
        strongest(observation) or "",
        next((sight.chain for sight in observation.sights if sight.chain is not None), None),
        tuple(remark for remark in port_remarks(observation, page) if remark),
    )


def notice_rows(run: Run) -> Iterator[NoticeRow]:
    """The notices by kind, in the order of the table of kinds."""
    kinds = packaged().kinds
    found: dict[str, list[Notice]] = {kind: [] for kind in kinds}
    for notice in run.notices:
        found.setdefault(notice.kind, []).append(notice)
    for kind, notices in found.items():
        if notices:
            row = kinds.get(kind)
            yield NoticeRow(row.title if row else kind, row.do if row else "", tuple(notices))
