"""A run as one HTML page, to hand to a manager or a change board."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ekuscan.model import Run, Source
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.certificates import certificate_rows
from ekuscan.report.html.chains import chain_cards
from ekuscan.report.html.checklist import checklist
from ekuscan.report.html.days import days_of, held_certificates
from ekuscan.report.html.map_view import map_view
from ekuscan.report.html.rows import endpoint_rows, notice_rows, problem_rows, verdict_rows
from ekuscan.report.html.signs import OUTCOMES, SECTION_SIGNS, STATUSES, WAIVED
from ekuscan.report.html.summary import summary
from ekuscan.report.html.template import pieces
from ekuscan.report.html.timeline import timeline
from ekuscan.report.page import SECTIONS, WIDEST, judged_by, page
from ekuscan.report.records import in_order
from ekuscan.report.table import SHOWN_OF_MORE, WHOLE_UP_TO, worst
from ekuscan.rules.tables import Tables

FIRST_ROWS = 100
"""Rows of a list that stand in the page itself. The others come in where scripts do not run, or page by page."""

VERDICTS_UP_TO, ENDPOINTS_UP_TO, CERTIFICATES_UP_TO, CHAINS_UP_TO = 6_000, 12_000, 6_000, 3_000


@record
class Listed:
    """A list's first rows, the rest of those that are written, and how many there are in all."""

    first: tuple[object, ...]
    rest: tuple[object, ...]
    all: int

    @property
    def left_out(self) -> int:
        """Rows that are not in the page at all."""
        return self.all - len(self.first) - len(self.rest)


def render(run: Run, tables: Tables, now: datetime) -> Iterator[str]:
    """The page in pieces of ASCII. Days left count from ``now``.

    It asks nothing of the network and forbids itself to. Above 2,000 targets the counts are of all, and the lists
    those of the 200 worst.
    """
    titles = {name: row.title for name, row in tables.use_cases.items()}
    shown = in_order(run if len(run.targets) <= WHOLE_UP_TO else worst(run, SHOWN_OF_MORE))
    sheet = page(shown, width=WIDEST, color=False, unicode=True, now=now, titles=titles)
    held = held_certificates(shown, now.date())
    days = days_of(held)
    steps = checklist(shown)
    verdicts = verdict_rows(shown, titles)
    by_id = {row.verdict.id: row for row in verdicts}
    chains = chain_cards(shown, sheet, now)
    certificates = certificate_rows(shown, {one.sha256: one for one in held}, sheet)
    sources = _sources(shown)
    todo = [step.text for step in steps.steps] or [step.gain or step.text for step in steps.questions]
    yield from pieces(
        "page.html",
        run=run,
        now=now,
        of_all=len(run.targets) if len(shown.targets) < len(run.targets) else None,
        shown_targets=len(shown.targets),
        judged_by=judged_by(run.run, sheet),
        summary=summary(run, days, todo, now),
        steps=steps,
        map=map_view(shown, by_id, titles, _elsewhere(run, shown)),
        problems=_listed(problem_rows(shown, by_id, now), len(run.problems), VERDICTS_UP_TO),
        timeline=timeline(held, days, now.date()),
        verdicts=_listed(verdicts, len(run.verdicts), VERDICTS_UP_TO),
        certificates=_listed(certificates, len(certificates), CERTIFICATES_UP_TO),
        chains=_listed(chains, len(run.chains), CHAINS_UP_TO),
        chain_numbers={card.id: card.number for card in chains[:CHAINS_UP_TO]},
        endpoints=_listed(endpoint_rows(shown, sheet), len(run.observations), ENDPOINTS_UP_TO),
        notices=tuple(notice_rows(shown)),
        sources=sources,
        source_numbers={source.code: number for number, source in enumerate(sources, 1)},
        sections=[(section, SECTION_SIGNS[section.name]) for section in SECTIONS],
        outcomes=[*OUTCOMES.values(), *([WAIVED] if any(one.waived for one in run.verdicts) else [])],
        statuses=list(STATUSES.values()),
        moment=text.moment,
    )


def _listed(rows: tuple[object, ...], all_: int, most: int) -> Listed:
    return Listed(rows[:FIRST_ROWS], rows[FIRST_ROWS:most], max(all_, len(rows)))


def _elsewhere(run: Run, shown: Run) -> set[str]:
    """Targets and clusters of which nothing is on the page."""

    def names(one: Run) -> set[str]:
        clusters = {target.cluster for target in one.targets if target.cluster is not None}
        return {target.id for target in one.targets} | clusters

    return names(run) - names(shown)


def _sources(run: Run) -> list[Source]:
    """Every source that a verdict names, once, by code."""
    found = {source.code: source for verdict in run.verdicts for source in verdict.source}
    return [found[code] for code in sorted(found)]
