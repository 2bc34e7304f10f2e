"""Verdicts judged again after a change: other values of facts, other certificates in slots, the same code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ekuscan.record import record
from ekuscan.rules.tables import Tables
from ekuscan.verdict.completion import Completed, Part, complete
from ekuscan.verdict.estate import Box
from ekuscan.verdict.facts import CLIENT_AUTH, SERVER_AUTH, SlotState, Value, Variable
from ekuscan.verdict.judge import Judged
from ekuscan.verdict.legs import Leg, slot_of

FINE = frozenset({"ok", "not-applicable"})
_HARM = frozenset({"breaks", "at-risk"})
BOTH = frozenset({SERVER_AUTH, CLIENT_AUTH})


@record
class NewCertificate:
    """A certificate put into ``slots`` of a box: which needs it meets (``add``), and which no longer (``drop``).

    ``known_to`` is the one end in whose eyes it does so, None for all of them.
    """

    slots: frozenset[str]
    add: frozenset[str]
    drop: frozenset[str]
    known_to: str | None = None


@record
class Change:
    """A remedy's effect on named boxes and links.

    ``values`` are single values by variable key; ``slots`` are the certificates that change, by box.
    """

    values: Mapping[str, Value]
    slots: Mapping[str, NewCertificate]

    @property
    def key(self) -> tuple[object, ...]:
        """Two changes with one key are the same."""
        return tuple(sorted(self.values.items())), tuple(self.slots.items())


def keys_read(leg: Leg) -> Iterator[str]:
    """The full names of all facts by which a change can reach a leg."""
    for variable in leg.part.facts.values():
        yield variable.key
    if leg.verifies is not None and leg.rule.asks_verifier:
        yield f"{leg.verifies.name}.client_eku"


def judged_again(item: Judged, change: Change) -> Completed:
    """What a verdict would be after a change."""
    return judged_after(item, (change,))


def judged_after(item: Judged, changes: Iterable[Change]) -> Completed:
    """What a verdict would be after several changes; the same for all verdicts of a shape that are touched alike."""
    tables = item.legs[0].presents.tables
    touched = tuple([tuple([_touched(leg, change) for leg in item.legs]) for change in changes])
    cache: dict[object, tuple[Completed, Completed]] = tables.derived("judged again", dict)
    # Equal completions of one shape are one object, which is kept beside its answer.
    key = (id(item.completed), touched)
    found = cache.get(key)
    if found is None:
        legs = item.legs
        for change in touched[:-1]:
            legs = tuple([_changed_leg(leg, one) for leg, one in zip(legs, change, strict=True)])
        last = touched[-1] if touched else [_UNTOUCHED] * len(legs)
        parts = [leg.part if one is _UNTOUCHED else _changed(leg, one) for leg, one in zip(legs, last, strict=True)]
        found = cache[key] = (item.completed, complete(parts, tables))
    return found[1]


def clears(item: Judged, change: Change) -> bool:
    """Whether a verdict would be fine after a change, now and after the renewal.

    The gravest of several answers is fine where each is fine, and is not where one is not; so the legs of a composite
    are judged one by one, which they have in common with many. What is open in one of them all decide together.
    """
    if len(item.legs) > 1:
        tables, weakest = item.legs[0].presents.tables, item.legs[item.completed.weakest]
        fine = True
        # Most often it is the leg that failed before.
        for leg in (weakest, *(leg for leg in item.legs if leg is not weakest)):
            after = _leg_after(leg, change, tables)
            if _is_harmful(after):
                return False
            fine = fine and _is_fine(after)
        if fine:
            return True
    return _is_fine(judged_again(item, change))


def harms(item: Judged, change: Change) -> bool:
    """Whether a verdict would be graver after a change, or could not be settled with it.

    The latter is so where the change takes from a certificate what the verdict needs.
    """
    after = judged_again(item, change)
    if graver(item.completed, after):
        return True
    if _is_fine(after) or not any(new.drop for new in change.slots.values()):
        return False
    given = {box: replace(new, add=new.add | new.drop, drop=frozenset[str]()) for box, new in change.slots.items()}
    return _is_fine(judged_again(item, Change(change.values, given)))


def graver(before: Completed, after: Completed) -> bool:
    """Whether what was fine no longer is, or what was open or a risk breaks; now, or after the renewal."""
    return _grade(after.now) > _grade(before.now) or _grade(after.next) > _grade(before.next)


def _grade(answer: str) -> int:
    return 0 if answer in FINE else 2 if answer == "breaks" else 1


def contradict(one: Change, other: Change) -> bool:
    """Whether two changes cannot both be: two values of one fact, or a certificate with and without one thing."""
    if any(other.values.get(key, value) != value for key, value in one.values.items()):
        return True
    pairs = [(new, other.slots[box]) for box, new in one.slots.items() if box in other.slots]
    return any(a.slots & b.slots and (a.add & b.drop or a.drop & b.add) for a, b in pairs)


def _leg_after(leg: Leg, change: Change, tables: Tables) -> Completed:
    touched = _touched(leg, change)
    return complete([leg.part if touched is _UNTOUCHED else _changed(leg, touched)], tables)


def _is_fine(completed: Completed) -> bool:
    return completed.now in FINE and completed.next in FINE


def _is_harmful(completed: Completed) -> bool:
    """Whether some values of what is open give an answer that is not fine, as far as a look at it tells."""
    told = [(completed.now, completed.next)]
    told += [(branch.now, branch.next) for split in completed.splits for branch in split.branches]
    return any(answer in _HARM for pair in told for answer in pair)


def _changed_leg(leg: Leg, touched: _Touched) -> Leg:
    return leg if touched is _UNTOUCHED else replace(leg, part=_changed(leg, touched))


@record
class _Touched:
    """What a change sets around a leg: single values of facts, a new certificate in slots, the verifying end's check.

    ``anew``: what the verifying end was seen to do before is history where the change touches what its row reads.
    """

    values: tuple[tuple[str, Value], ...]
    slots: tuple[str, ...]
    new: NewCertificate | None
    told: Value | None
    anew: bool


_UNTOUCHED = _Touched((), (), None, None, anew=False)


def _touched(leg: Leg, change: Change) -> _Touched:
    set_, facts = change.values, leg.part.facts
    values = tuple([(fact, set_[variable.key]) for fact, variable in facts.items() if variable.key in set_])
    new = change.slots.get(leg.presents.name)
    if new is not None and new.known_to not in (None, leg.verifier_name):
        new = None
    slots = _slots_changed(leg, new) if new is not None else ()
    told = set_.get(f"{leg.verifies.name}.client_eku") if set_ and leg.verifies is not None else None
    if told is not None and not leg.rule.asks_verifier:
        told = None
    if not values and not slots and told is None:
        return _UNTOUCHED
    return _Touched(values, slots, new if slots else None, told, leg.observed is not None)


def _slots_changed(leg: Leg, new: NewCertificate) -> tuple[str, ...]:
    """The facts of a leg that are a slot with a new certificate, be it by its own name or as one with another."""
    slots = [(fact, variable) for fact, variable in leg.part.facts.items() if fact.startswith("slot:")]
    return tuple([fact for fact, one in slots if fact[5:] in new.slots or slot_of(one, leg.presents) in new.slots])


def _changed(leg: Leg, touched: _Touched) -> Part:
    facts = dict(leg.part.facts)
    for fact, value in touched.values:
        if fact in facts:
            facts[fact] = replace(facts[fact], values=(value,), default=None)
    for fact in touched.slots:
        if touched.new is not None:
            facts[fact] = _changed_slot(facts[fact], touched.new)
    if touched.told is not None and leg.verifies is not None:
        facts["verifies.client_eku"] = Variable(f"{leg.verifies.name}.client_eku", (touched.told,), "declared")
    elif touched.anew and leg.verifies is not None and _turns_verifier(leg, leg.verifies, facts):
        facts.pop("verifies.client_eku", None)
    return Part(leg.rule, facts)


def _turns_verifier(leg: Leg, verifies: Box, facts: Mapping[str, Variable]) -> bool:
    """Whether a change touches what the verifying end's row reads: what it was seen to do before is then history."""
    row = verifies.tables.verifier(verifies.role)
    read = [f"verifies.{condition.fact}" for case in (row.cases if row else ()) for condition in case.when]
    return any(facts[fact].values != leg.part.facts[fact].values for fact in read)


def _changed_slot(variable: Variable, new: NewCertificate) -> Variable:
    states = (_changed_state(state, new) for state in variable.values if isinstance(state, SlotState))
    return replace(variable, values=tuple(dict.fromkeys(states)), unseen=False)


def _changed_state(state: SlotState, new: NewCertificate) -> SlotState:
    label = "both" if new.add >= BOTH else state.label
    return SlotState(label, (state.now | new.add) - new.drop, (state.next | new.add) - new.drop)
