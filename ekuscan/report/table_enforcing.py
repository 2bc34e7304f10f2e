"""What peers made of client certificates: in the section NOTICED by answer, each with every port that gave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ekuscan.model import Certainty, Enforces, Observation, Run
from ekuscan.notices.enforcing import KIND, conclusion_of, was_shown_one
from ekuscan.notices.table import packaged
from ekuscan.notices.wording import listed, ports
from ekuscan.report import text
from ekuscan.report.marks import strongest
from ekuscan.report.page import Page


def answers(run: Run, page: Page) -> Iterator[str]:
    """A paragraph for each answer, with its certainty and what it stands on. None of the ports is left out."""
    groups: dict[tuple[Enforces, Certainty, str], list[Observation]] = {}
    for one in run.observations:
        if one.enforcement is not None and was_shown_one(one):
            key = (one.enforcement.value, one.enforcement.certainty, conclusion_of(one))
            groups.setdefault(key, []).append(one)
    for (value, certainty, conclusion), gave in groups.items():
        says = packaged().kinds[KIND].the(value).says.format(certainty=certainty)
        yield from page.wrap(f"{KIND}: {says}: {_places(gave, page)}: {conclusion}.", " ", "   ")


def untried(run: Run, page: Page) -> Iterator[str]:
    """One sentence on the ports at which certificates were to be presented and none was: which, and why."""
    reasons: dict[str, list[Observation]] = {}
    asked_for_none = 0
    for one in run.observations:
        if one.enforcement is None or was_shown_one(one):
            continue
        if strongest(one) == "none":
            asked_for_none += 1
        else:
            reasons.setdefault(conclusion_of(one), []).append(one)
    words = [f"not tried at {_places(left, page)}: {reason}" for reason, left in reasons.items()]
    if asked_for_none:
        words.append(f"{text.counted(asked_for_none, 'port')} asked for none")
    if words:
        yield from page.wrap(f"{KIND}: {'; '.join(words)}.", " ", "   ")


def _places(observations: Iterable[Observation], page: Page) -> str:
    """``exp-c1 (5061), exp-e1 (5061 and 7001)``."""
    by_target: dict[str, list[str]] = {}
    for one in observations:
        by_target.setdefault(one.endpoint.target, []).append(ports([one]))
    return ", ".join(f"{page.name(name)} ({listed(found, len(found))})" for name, found in by_target.items())
