"""Remedies: which ways out exist for a verdict here and today, and what each one clears.

A remedy's effect is put in place of the facts and everything is judged again by the same code; nothing lists what a
remedy clears.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from ekuscan.model import Remedy, Verdict
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.tables import Condition, RemedyRow, Tables
from ekuscan.verdict.again import BOTH, FINE, Change, NewCertificate, clears, harms, judged_again, keys_read
from ekuscan.verdict.completion import Completed
from ekuscan.verdict.estate import Box, Estate
from ekuscan.verdict.evaluate import GRAVITY, slot_name
from ekuscan.verdict.facts import (
    BROWSER_TRUST,
    CA_LISTED,
    CA_TRUSTED,
    HAS_NAME,
    IN_TIME,
    SERVER_AUTH,
    UNCHANGED,
    Value,
    matches,
    release_variable,
)
from ekuscan.verdict.judge import Judged
from ekuscan.verdict.legs import Leg
from ekuscan.verdict.renewal import SlotView

DOUBT = " Sources disagree on how long it issues them: ask first."
_ACME_CHANGE_REMEDY = "acme-scheduler-off"


@record
class _Reached:
    """The ids of failing verdicts that would be fine after a change, and the verdicts that it harms."""

    cleared: tuple[str, ...]
    harmed: tuple[Judged, ...]


class _Siblings:
    """The verdicts of one box; what a change clears among them, and what it harms, is worked out once."""

    def __init__(self) -> None:
        self.items: list[Judged] = []
        self._reading: dict[str, list[int]] | None = None
        self._reached: dict[tuple[object, ...], _Reached] = {}

    def reached(self, change: Change) -> _Reached:
        """What a change does to the verdicts of the box.

        A composite is harmed where one of its parts is, which has a verdict of its own.
        """
        key = change.key
        if key not in self._reached:
            touched = [self.items[place] for place in self._touched(change)]
            cleared = [item.verdict.id for item in touched if wants_remedy(item.verdict) and clears(item, change)]
            harmed = [item for item in touched if len(item.legs) == 1 and harms(item, change)]
            self._reached[key] = _Reached(tuple(cleared), tuple(harmed))
        return self._reached[key]

    def _touched(self, change: Change) -> Iterable[int]:
        """The places of verdicts that may read what a change sets; a certificate of the box concerns all of them."""
        if change.slots:
            return range(len(self.items))
        if self._reading is None:
            self._reading = {}
            for place, item in enumerate(self.items):
                for key in dict.fromkeys(key for leg in item.legs for key in keys_read(leg)):
                    self._reading.setdefault(key, []).append(place)
        return sorted({place for key in change.values for place in self._reading.get(key, ())})


def with_remedies(judged: Sequence[Judged], estate: Estate) -> list[Judged]:
    """The same verdicts, each with the remedies that settle it, the best one first."""
    by_box: dict[str, _Siblings] = {}
    for item in judged:
        by_box.setdefault(anchor(item).presents.name, _Siblings()).items.append(item)
    return [
        item if not wants_remedy(item.verdict) else _with_remedies(item, by_box[anchor(item).presents.name], estate)
        for item in judged
    ]


def is_fine(verdict: Verdict) -> bool:
    """Whether nothing needs to be done for it, whatever the facts are that it leaves open."""
    told = [verdict.now, verdict.next]
    if verdict.forks:
        branches = [branch for fork in verdict.forks for branch in fork.values.values()]
        told = [answer for answer in told if answer != "depends"]
        told += [answer for branch in branches for answer in (branch.now, branch.next)]
    return all(answer in FINE for answer in told)


def wants_remedy(verdict: Verdict) -> bool:
    """What hangs on a certificate that nobody saw needs to be looked at, not mended."""
    return verdict.outcome != "unknown" and not is_fine(verdict)


def anchor(item: Judged) -> Leg:
    """The leg that decides."""
    return item.legs[item.completed.weakest]


def _with_remedies(item: Judged, siblings: _Siblings, estate: Estate) -> Judged:
    leg = anchor(item)
    found: list[tuple[RemedyRow, Remedy]] = []
    for row, change in ways(item, estate):
        if change is None:
            found.append((row, _remedy(row, leg, item, estate)))
        elif _eases(item.completed, judged_again(item, change)):
            found.append((row, _with_reach(_remedy(row, leg, item, estate), siblings.reached(change))))
    found.sort(key=lambda pair: _rank(item.verdict.id, *pair))
    return replace(item, verdict=replace(item.verdict, remedies=tuple(remedy for _, remedy in found)))


def _with_reach(remedy: Remedy, reached: _Reached) -> Remedy:
    """A remedy with what it clears, and with what it is at odds with, in its text too."""
    titles = dict.fromkeys(anchor(item).use_case.title for item in reached.harmed)
    warning = f" At odds with: {', '.join(titles)}." if titles else ""
    harmed = tuple(item.verdict.id for item in reached.harmed)
    return replace(remedy, text=remedy.text + warning, clears=reached.cleared, harms=harmed)


def _rank(verdict: str, row: RemedyRow, remedy: Remedy) -> tuple[bool, bool, bool, int]:
    """What settles the verdict comes first; among that, what harms nothing else, then what keeps security."""
    return verdict not in remedy.clears, bool(remedy.harms), row.weakens, row.effort


def ways(item: Judged, estate: Estate) -> Iterator[tuple[RemedyRow, Change | None]]:
    """The remedies that its rule names and that are possible here, each with its effect; None where it has none."""
    leg = anchor(item)
    for row in _rows(item, estate.tables):
        if _possible(row, leg, item.view, estate):
            yield row, _change(row, leg, item.view, estate)


def _rows(item: Judged, tables: Tables) -> list[RemedyRow]:
    # What mends another leg of a composite does not mend the one that fails.
    names = list(anchor(item).rule.remedies)
    if item.view is not None and item.view.change is not None and _acme(item.view):
        names.append(_ACME_CHANGE_REMEDY)
    return [tables.remedies[name] for name in dict.fromkeys(names)]


def _acme(view: SlotView) -> bool:
    return view.change is not None and any(condition.fact == "acme" for condition in view.change.when)


def _possible(row: RemedyRow, leg: Leg, view: SlotView | None, estate: Estate) -> bool:
    return all(_may_hold(condition, leg, view, estate, row.family) for condition in row.when)


def _may_hold(condition: Condition, leg: Leg, view: SlotView | None, estate: Estate, family: str) -> bool:
    """Whether a precondition holds, or may hold where its fact is not known."""
    end, _, name = condition.fact.partition(".")
    if condition.fact == "presents.as":
        return leg.rule.presents.as_ in condition.values
    if condition.fact == "presents.on_request":
        return view is not None and view.on_request
    if end == "link":
        if leg.link is None:
            return False
        variable = leg.part.facts.get(condition.fact) or estate.link_fact(leg.link, name)
        return any(matches(condition, value) for value in variable.values)
    box = leg.presents if end == "presents" else leg.verifies
    if box is None or (name == "release" and releases.family(box.role) != family):
        return False
    return any(matches(condition, value) for value in box.fact(name).values)


def _change(row: RemedyRow, leg: Leg, view: SlotView | None, estate: Estate) -> Change | None:
    """A remedy's effect around a leg, None where it has none. Boxes of another product than the remedy's stay."""
    if not row.effect:
        return None
    values: dict[str, Value] = {}
    slots: dict[str, NewCertificate] = {}
    boxes = {"presents": leg.presents, "verifies": leg.verifies}
    add, drop, which = set[str](), set[str](), frozenset[str]()
    for fact, value in row.effect.items():
        end, _, name = fact.partition(".")
        box = boxes.get(end)
        if name in ("eku", "client_slot_eku"):
            add |= BOTH if value == "both" else {SERVER_AUTH}
            which = _client_slots(leg.presents, estate.tables) if name == "client_slot_eku" else frozenset()
        elif name == "in_time":
            add.add(IN_TIME)
        elif name == "names_peer" and f"link.{leg.rule.named_by}" in leg.part.facts:
            values[leg.part.facts[f"link.{leg.rule.named_by}"].key] = HAS_NAME
        elif fact in (CA_LISTED, CA_TRUSTED):
            if fact in leg.part.facts:
                values[leg.part.facts[fact].key] = value
        elif name == "browser_trust":
            (add if value == "yes" else drop).add(BROWSER_TRUST)
        elif name == "unchanged":
            add.add(UNCHANGED)
        elif end == "link" and leg.link is not None:
            values[f"{leg.link.key}.{name}"] = value
        elif name == "same_release" and leg.verifies is not None:
            values[f"{'>'.join(sorted((leg.presents.name, leg.verifies.name)))}.same_release"] = value
        elif box is not None and name == "release":
            _set_release(values, box, value, estate.tables, row.family)
        elif box is not None:
            values[f"{box.name}.{name}"] = value
    if add or drop:
        places = which or _slots_shown(leg, view, estate.tables)
        # Only the end that was given the certificate knows it for the one that it knew.
        known_to = leg.verifier_name if UNCHANGED in add else None
        slots[leg.presents.name] = NewCertificate(frozenset(places), frozenset(add), frozenset(drop), known_to)
    if which:
        values |= _of_its_own(leg.presents, which, estate.tables)
    return Change(values, slots)


def _set_release(values: dict[str, Value], box: Box, release: str, tables: Tables, family: str) -> None:
    if releases.family(box.role) == family:
        values[f"{box.name}.release"] = release_variable(tables, box.name, box.role, release, "").values[0]


def _client_slots(box: Box, tables: Tables) -> frozenset[str]:
    """The slots that hold what a box shows where it dials, once those are certificates of their own."""
    return frozenset(alias.slot for alias in tables.aliases if box.role in alias.roles)


def _of_its_own(box: Box, slots: frozenset[str], tables: Tables) -> dict[str, Value]:
    """The settings under which slots are no longer one with another."""
    found: dict[str, Value] = {}
    for alias in tables.aliases:
        for condition in alias.when if box.role in alias.roles and alias.slot in slots else ():
            if condition.fact in tables.settings:
                others = [one for one in tables.settings[condition.fact].values if one not in condition.values]
                found[f"{box.name}.{condition.fact}"] = others[0]
    return found


def _eases(before: Completed, after: Completed) -> bool:
    """Whether the answer gets less grave; what only eases it clears nothing, but is still a way that people take."""
    graver = (GRAVITY[after.now] - GRAVITY[before.now], GRAVITY[after.next] - GRAVITY[before.next])
    return max(graver) <= 0 and min(graver) < 0


def _slots_shown(leg: Leg, view: SlotView | None, tables: Tables) -> set[str]:
    """The slot whose certificate a leg shows, and those that may be one and the same with it."""
    if view is None:
        return set()
    box = leg.presents
    rows = (row for row in tables.aliases if box.role in row.roles and row.slot == view.slot)
    # The slot that the rule names, where it is taken for one with the slot in view and nobody saw anything else in it.
    named = slot_name(leg.rule, box.role, tables)
    taken = {named} if not box.certificates(named) else set[str]()
    return {view.slot, *(row.same_as for row in rows if box.may_be_one(row)), *taken}


def _remedy(row: RemedyRow, leg: Leg, item: Judged, estate: Estate) -> Remedy:
    view = item.view
    until = view.on_request_until if row.until == "on-request" and view is not None else None
    by, lasts = renewal_words(view, estate.seen.as_of, broken=item.verdict.now not in FINE)
    text = row.text.format(
        presents=leg.presents.name,
        verifies=leg.verifier_name,
        ca=(view.owner if view and view.owner else "its CA"),
        by=by,
        lasts=lasts,
    )
    if until is not None and view is not None and view.conflict:
        text += DOUBT
    moment = datetime.combine(until, time.min, UTC) if until is not None else None
    return Remedy(row.id, text, moment, ())


def renewal_words(view: SlotView | None, as_of: datetime, *, broken: bool) -> tuple[str, str]:
    """When to renew (" by 21 Feb 2027", " now") and until when that lasts."""
    if view is None or view.renew_on is None or view.renewed_until is None:
        return "", "its end"
    by = f" by {spoken(view.renew_on)}" if view.renew_on > as_of.date() and not broken else " now"
    return by, spoken(view.renewed_until)
