"""Findings that the site accepts: which verdicts a waiver is about, and how each waiver of a run stands.

A waiver names verdicts by their id, TARGET[>PEER]/USE_CASE/RULE. "*" stands for every word of its part; behind the
target, ">*" stands for every peer and for none. A cluster's name stands for its members.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from ekuscan.advice import is_fine
from ekuscan.model import Run, Target, Verdict, Waiver
from ekuscan.record import record
from ekuscan.targets.words import ANY
from ekuscan.verdict.clusters import WHOLE, is_whole
from ekuscan.verdict.judge import Judged

State = Literal["in-force", "ended", "idle"]


@record
class Standing:
    """A waiver and the verdicts that it is about: "in-force" accepts them, "ended" did so once and does no more, "idle"
    finds nothing to accept."""

    waiver: Waiver
    state: State
    verdicts: tuple[Verdict, ...]


class Waivers:
    """The waivers of an estate, found by the name that each begins with: a file may have thousands."""

    def __init__(self, waivers: Sequence[Waiver], targets: Iterable[Target]) -> None:
        self._clusters = {target.id: target.cluster for target in targets if target.cluster is not None}
        self._by_first: dict[str, list[tuple[int, Waiver]]] = {}
        self._named: set[str] = set()
        for place, waiver in enumerate(waivers):
            ends, _, _ = _parts(waiver.verdict)
            self._by_first.setdefault(ends[0], []).append((place, waiver))
            self._named.update(ends)

    def name(self, targets: Collection[str]) -> bool:
        """Whether one of them is about one of these targets by name."""
        return not self._named.isdisjoint(targets)

    def about(self, verdict: Verdict) -> Iterator[Waiver]:
        """Those that are about a verdict, be it fine or not and whatever the day, in the order of the file."""
        if not self._by_first:
            return
        first = _parts(verdict.id)[0][0]
        places = dict.fromkeys((first, self._clusters.get(first, first), ANY))
        near = sorted((one for name in places for one in self._by_first.get(name, ())), key=lambda one: one[0])
        yield from (waiver for _, waiver in near if covers(waiver, verdict, self._clusters))

    def applied(self, found: Sequence[Judged], day: date) -> list[Judged]:
        """What was found, with the waiver of each that one accepts on ``day``; the first one counts.

        A composite is waived with its parts: once each that is not fine is, there is nothing else in it.
        """
        told = [self._with_own(item, day) for item in found]
        singles = {item.verdict.id: item.verdict for item in told if len(item.legs) == 1}
        return [_with(item, _of_parts(item, singles)) for item in told]

    def _with_own(self, item: Judged, day: date) -> Judged:
        return _with(item, next((one for one in self.about(item.verdict) if day <= one.until), None))


def _with(item: Judged, waiver: Waiver | None) -> Judged:
    if waiver is None or item.verdict.waived is not None or is_fine(item.verdict):
        return item
    return replace(item, verdict=replace(item.verdict, waived=waiver))


def _of_parts(item: Judged, singles: Mapping[str, Verdict]) -> Waiver | None:
    """The waiver of the part that decides, if each part that is not fine has one."""
    if len(item.legs) < 2 or any(leg.id not in singles for leg in item.legs):
        return None
    parts = [singles[leg.id] for leg in item.legs]
    if any(part.waived is None and not is_fine(part) for part in parts):
        return None
    return parts[item.completed.weakest].waived


def covers(waiver: Waiver, verdict: Verdict, clusters: Mapping[str, str]) -> bool:
    """Whether a waiver is about a verdict. ``clusters`` are by target."""
    ends, use_case, rule = _parts(waiver.verdict)
    found, its_case, its_rule = _parts(verdict.id)
    # Of the connection of two clusters the id of the whole stands for those of its pairs.
    if use_case not in (ANY, its_case) or rule not in (ANY, WHOLE, its_rule):
        return False
    if len(ends) == 2 and ends[1] == ANY and len(found) == 1:
        found = (*found, ANY)
    return len(ends) == len(found) and all(
        end in (ANY, name, clusters.get(name)) for end, name in zip(ends, found, strict=True)
    )


def _parts(id_: str) -> tuple[tuple[str, ...], str, str]:
    """The ends, the use case and the rule of an id. One that is not of ekuscan's making has what it has."""
    ends, _, rest = id_.partition("/")
    use_case, _, rule = rest.partition("/")
    return tuple(ends.split(">")), use_case, rule


def standings(run: Run) -> Iterator[Standing]:
    """How each waiver of a run stands on the run's day, in the order of the file."""
    day, waivers = run.run.as_of.date(), Waivers(run.run.waivers, run.targets)
    found: dict[Waiver, list[Verdict]] = {}
    for verdict in run.verdicts:
        if is_whole(verdict) or is_fine(verdict):
            continue
        if verdict.waived is not None:
            found.setdefault(verdict.waived, []).append(verdict)
            continue
        for waiver in waivers.about(verdict):
            found.setdefault(waiver, []).append(verdict)
    for waiver in run.run.waivers:
        about = tuple(found.get(waiver, ()))
        state: State = "ended" if day > waiver.until else "in-force" if about else "idle"
        yield Standing(waiver, state, about)
