"""One plan for the estate: few and cheap steps that together settle most, found by judging again after each.

Greedy cover: of the remedies that are possible the one that settles most for its effort comes first, then the one that
settles most of what is left, judged with all steps before it done. What lowers security comes only where nothing else
helps, and what stands in the way of another step after what does not. No step may make worse what another verdict
says, and no two may contradict each other. At the end, steps without which as much is settled fall away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time

from ekuscan.advice import DOUBT, anchor, renewal_words, wants_remedy, ways
from ekuscan.model import Plan, PlanStep, RemedyWork
from ekuscan.record import record
from ekuscan.rules.tables import RemedyRow, Tables
from ekuscan.verdict.again import FINE, Change, contradict, graver, harms, judged_after, keys_read
from ekuscan.verdict.completion import Completed
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.judge import Judged

MOST = 600
"""Verdicts of one run that ask for a remedy; with more, nobody reads a plan of all, and it would take long."""

_NAMES_SHOWN = 4


@record
class Pick:
    """A remedy on one target that a plan has chosen, with what its text names."""

    remedy: str
    target: str
    verifies: str
    ca: str
    by: str
    lasts: str
    doubt: str
    until: datetime | None
    clears: tuple[str, ...]


@record
class Picks:
    """What was chosen for one part of the estate, and the verdicts that nothing settles.

    ``asking`` is how many verdicts asked for a remedy; ``whole``: not too many for a plan.
    """

    picks: tuple[Pick, ...] = ()
    leaves: tuple[str, ...] = ()
    asking: int = 0
    whole: bool = True


@record
class _Way:
    """A remedy at one verdict: its row, its effect, which verdicts that touches, and whether it harms one of them."""

    row: RemedyRow
    change: Change
    item: Judged
    touches: frozenset[int]
    harms: bool


def choose(judged: Sequence[Judged], estate: Estate, most: int | None = None) -> Picks:
    """The steps for one part of the estate. ``most``: for how many verdicts there is room yet, `MOST` if not given."""
    asking = sum(wants_remedy(item.verdict) for item in judged)
    if asking > (MOST if most is None else most):
        return Picks(asking=asking, whole=False)
    if not asking:
        return Picks()
    work = _Work(judged, estate)
    for weakens in (False, True):
        for harmful in (False, True):
            work.cover([way for way in work.ways if (way.row.weakens, way.harms) == (weakens, harmful)])
    work.prune()
    return work.picks()


class _Work:
    """The verdicts as they are after the steps that were chosen so far."""

    def __init__(self, judged: Sequence[Judged], estate: Estate) -> None:
        self._items = judged
        self._estate = estate
        self._now = [item.completed for item in judged]
        self._counted = _counted(judged)
        self._chosen: list[_Way] = []
        reading = _reading(judged)
        self.ways: list[_Way] = []
        known: set[tuple[object, ...]] = set()
        for place in sorted(self._counted):
            for row, change in ways(judged[place], estate):
                if change is None or (row.id, change.key) in known:
                    continue
                known.add((row.id, change.key))
                touches = _touched(change, reading)
                harmful = any(harms(judged[one], change) for one in touches if len(judged[one].legs) == 1)
                self.ways.append(_Way(row, change, judged[place], touches, harmful))

    def cover(self, ways: Sequence[_Way]) -> None:
        """Choose among the ways as long as one of them settles something."""
        gains = {id(way): len(self._gain(way)) for way in ways}
        while gains and max(gains.values()):
            best = max(ways, key=lambda way: (gains[id(way)] / max(way.row.effort, 1), gains[id(way)]))
            self._chosen.append(best)
            for place in best.touches:
                self._now[place] = self._after(place, self._chosen)
            for way in ways:
                if way.touches & best.touches:
                    gains[id(way)] = len(self._gain(way))

    def _gain(self, way: _Way) -> list[int]:
        """The verdicts that a way settles beside the chosen ones; none where it cannot go with them."""
        if way in self._chosen or not self._goes_with_the_chosen(way):
            return []
        settled = []
        for place in way.touches:
            before, after = self._now[place], self._after(place, [*self._chosen, way])
            if graver(before, after):
                return []
            if _fine(after) and not _fine(before) and place in self._counted:
                settled.append(place)
        return settled

    def _goes_with_the_chosen(self, way: _Way) -> bool:
        return not any(contradict(way.change, other.change) for other in self._chosen)

    def _after(self, place: int, ways: Iterable[_Way]) -> Completed:
        changes = [way.change for way in ways if place in way.touches]
        return judged_after(self._items[place], changes) if changes else self._items[place].completed

    def prune(self) -> None:
        """Let steps fall away without which as much is settled, those of most effort first."""
        for way in sorted(self._chosen, key=lambda way: (way.row.weakens, way.harms, way.row.effort), reverse=True):
            others = [one for one in self._chosen if one is not way]
            if all(_fine(self._after(place, others)) or not _fine(self._now[place]) for place in way.touches):
                self._chosen = others
                for place in way.touches:
                    self._now[place] = self._after(place, others)

    def picks(self) -> Picks:
        """The chosen steps in order, each with what it settles once those before it are done."""
        found, settled = [], set[int]()
        for number, way in enumerate(self._chosen, 1):
            new = {
                place
                for place in way.touches & self._counted
                if place not in settled and _fine(self._after(place, self._chosen[:number])) and _fine(self._now[place])
            }
            settled |= new
            found.append(_pick(way, [self._items[place].verdict.id for place in sorted(new)], self._estate))
        left = [self._items[place].verdict.id for place in sorted(self._counted) if not _fine(self._now[place])]
        return Picks(tuple(found), tuple(left), sum(wants_remedy(item.verdict) for item in self._items))


def _fine(completed: Completed) -> bool:
    return completed.now in FINE and completed.next in FINE


def _counted(judged: Sequence[Judged]) -> frozenset[int]:
    """The verdicts to settle: a composite is no case of its own, unless there is nothing else."""
    asking = [place for place, item in enumerate(judged) if wants_remedy(item.verdict)]
    return frozenset(place for place in asking if len(judged[place].legs) == 1) or frozenset(asking)


def _reading(judged: Sequence[Judged]) -> dict[str, set[int]]:
    """By the full name of a fact, and by "slots of BOX", the verdicts that may hang on it."""
    found: dict[str, set[int]] = {}
    for place, item in enumerate(judged):
        for leg in item.legs:
            for key in (*keys_read(leg), f"slots of {leg.presents.name}"):
                found.setdefault(key, set()).add(place)
    return found


def _touched(change: Change, reading: dict[str, set[int]]) -> frozenset[int]:
    keys = [*change.values, *(f"slots of {box}" for box in change.slots)]
    return frozenset(place for key in keys for place in reading.get(key, ()))


def _pick(way: _Way, clears: Sequence[str], estate: Estate) -> Pick:
    item, leg = way.item, anchor(way.item)
    view = item.view
    by, lasts = renewal_words(view, estate.seen.as_of, broken=item.verdict.now not in FINE)
    until = view.on_request_until if way.row.until == "on-request" and view is not None else None
    return Pick(
        remedy=way.row.id,
        target=leg.presents.name,
        verifies=leg.verifier_name,
        ca=(view.owner if view and view.owner else "its CA"),
        by=by,
        lasts=lasts,
        doubt=DOUBT if until is not None and view is not None and view.conflict else "",
        until=datetime.combine(until, time.min, UTC) if until is not None else None,
        clears=tuple(clears),
    )


def plan_of(parts: Iterable[Picks], tables: Tables) -> Plan | None:
    """The plan of a whole estate, what is the same on several targets in one step.

    None where nothing is to be done, or where there is too much for one plan.
    """
    parts = list(parts)
    if not all(part.whole for part in parts):
        return None
    every = [pick for part in parts for pick in part.picks]
    leaves = tuple(id_ for part in parts for id_ in part.leaves)
    groups: dict[tuple[object, ...], list[Pick]] = {}
    for pick in every:
        groups.setdefault(_sameness(pick, tables.remedies[pick.remedy]), []).append(pick)
    steps = [_step(picks, tables) for picks in groups.values()]
    steps.sort(key=lambda step: (tables.remedies[step.remedy].weakens, -len(step.clears)))
    if not steps and not leaves:
        return None
    return Plan(tuple(steps), tuple(id_ for step in steps for id_ in step.clears), leaves)


def work_of(row: RemedyRow, roles: Iterable[str], tables: Tables) -> RemedyWork:
    """What a remedy takes on boxes of these roles; a certificate that is replaced is backed up first."""
    backup = dict.fromkeys(tables.backup(role) for role in roles) if row.replaces_certificate else ()
    before = (*backup, *row.before)
    return RemedyWork(row.title, row.effort, row.weakens, before, row.command, row.costs, row.unchanged, row.source)


def _sameness(pick: Pick, row: RemedyRow) -> tuple[object, ...]:
    """What has to be the same for one sentence to tell of several targets: all that the sentence names but them."""
    told = {"verifies": pick.verifies, "ca": pick.ca, "by": pick.by, "lasts": pick.lasts}
    return pick.remedy, pick.until, pick.doubt, *(value for name, value in told.items() if f"{{{name}}}" in row.text)


def _step(picks: Sequence[Pick], tables: Tables) -> PlanStep:
    row, first = tables.remedies[picks[0].remedy], picks[0]
    targets = tuple(dict.fromkeys(pick.target for pick in picks))
    owners = _listed([f"{name}'s" for name in targets])
    text = row.text.replace("{presents}'s", "{owners}").format(
        owners=owners,
        presents=_listed(targets),
        verifies=first.verifies,
        ca=first.ca,
        by=first.by,
        lasts=first.lasts,
    )
    return PlanStep(
        remedy=row.id,
        targets=targets,
        text=text + first.doubt,
        until=first.until,
        clears=tuple(id_ for pick in picks for id_ in pick.clears),
    )


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        return f"{', '.join(shown)} and {len(names) - _NAMES_SHOWN} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
