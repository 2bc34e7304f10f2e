"""Two runs over one estate, seen from two places, put together to one: what neither place saw alone.

The facts are joined and then judged, as if one scan had seen all of them:

* a port that only one place saw is as that place saw it; one that neither saw is as it failed latest on the way;
* a port that both saw alike is as the later run has it;
* a port that showed each place something else (a certificate, whether it asks for one) stands there twice, the second
  time with the place behind its id: then its slot has two contents, and what hangs on it is a question;
* of what was told about a box, a declared word counts before an imported, that before what was seen or guessed; of two
  declared words that differ the later run's counts, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

from ekuscan.model import Connection, Fact, FactOrigin, Observation, Run, RunInfo, SlotContent, Stage, Target
from ekuscan.record import record

_STATUS = {"seen": 0, "partial": 1, "failed": 2, "closed": 2, "skipped": 3}
_ORIGINS: tuple[FactOrigin, ...] = ("declared", "imported", "observed", "guessed", "default")
_UNSEEN = "unseen"


class SameVantageError(ValueError):
    """Two runs that cannot be told apart by the place that they looked from; the message says so."""


@record
class Merged:
    """The facts of both runs; its verdicts are the later run's until it is judged. ``said`` are sentences on what the
    two runs disagree about."""

    run: Run
    said: tuple[str, ...]


def merged(one: Run, other: Run) -> Merged:
    """Both runs in one. Raises `SameVantageError`."""
    early, late = sorted((one, other), key=lambda run: run.run.started)
    places = early.run.vantage, late.run.vantage
    if places[0] == places[1]:
        where = f"both were seen from {places[0]}" if places[0] else "neither says from where it was seen"
        raise SameVantageError(f"{where}; two results are put together if scan --vantage NAME named two places")
    said: list[str] = []
    targets = {target.id: target for target in early.targets}
    for target in late.targets:
        before = targets.get(target.id)
        targets[target.id] = target if before is None else _target(before, target, said)
    joined = replace(
        late,
        run=_info(early.run, late.run),
        targets=tuple(targets.values()),
        connections=tuple(_connections(early, late)),
        certificates={**early.certificates, **late.certificates},
        chains={**early.chains, **late.chains},
        observations=tuple(_observations(early, late, said)),
        notices=tuple({notice.id: notice for notice in (*early.notices, *late.notices)}.values()),
    )
    return Merged(joined, tuple(said))


def _info(early: RunInfo, late: RunInfo) -> RunInfo:
    ends = [info.finished for info in (early, late) if info.finished is not None]
    files = {early.inventory, late.inventory}
    return replace(
        late,
        id=f"{early.id}+{late.id}",
        started=early.started,
        finished=max(ends) if len(ends) == 2 else None,
        complete=early.complete and late.complete,
        as_of=max(early.as_of, late.as_of),
        vantage=f"{early.vantage or 'elsewhere'} and {late.vantage or 'elsewhere'}",
        inventory=late.inventory if len(files) == 1 else None,
        waivers=tuple({one.verdict: one for one in (*early.waivers, *late.waivers)}.values()),
    )


def _target(before: Target, after: Target, said: list[str]) -> Target:
    differs = [
        f"{after.id}: {word} is {old} in one result and {new} in the later one, which counts"
        for word, old, new, declared in (
            ("role", before.role, after.role, {before.role_from, after.role_from} == {"declared"}),
            ("release", before.release, after.release, {before.release_from, after.release_from} == {"declared"}),
        )
        if declared and old != new and None not in (old, new)
    ]
    said += differs
    role = min((after, before), key=lambda one: _ORIGINS.index(one.role_from))
    release = min((after, before), key=lambda one: (one.release is None, _ORIGINS.index(one.release_from)))
    return replace(
        after,
        role=role.role,
        role_from=role.role_from,
        release=release.release,
        release_from=release.release_from,
        cluster=after.cluster or before.cluster,
        tags=tuple(dict.fromkeys((*before.tags, *after.tags))),
        line=after.line if after.line is not None else before.line,
        settings=_settings(before.settings, after.settings),
        slots=_slots(before, after),
    )


def _settings(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> dict[str, Fact]:
    both = {**before, **after}
    for name in before.keys() & after.keys():
        both[name] = min((after[name], before[name]), key=lambda fact: _ORIGINS.index(fact.from_))
    return both


def _slots(before: Target, after: Target) -> tuple[SlotContent, ...]:
    """What files and the like told of each slot; what a port showed is found again in the observations.

    A port that either place saw counts before a file that the other was given for want of it.
    """
    shown = {one.slot for target in (before, after) for one in target.slots if one.from_ == "port"}
    found: dict[tuple[str, str | None], SlotContent] = {}
    for target in (after, before):
        told = [one for one in target.slots if one.from_ not in ("port", _UNSEEN) and one.slot not in shown]
        known = {slot for slot, _ in found}
        found |= {(one.slot, one.chain): one for one in told if one.slot not in known}
    kept = [one for target in (after, before) for one in target.slots if one.from_ in ("port", "same-slot")]
    for one in kept:
        found.setdefault((one.slot, one.chain), one)
    return tuple(found.values())


def _connections(early: Run, late: Run) -> Iterator[Connection]:
    found = {one.id: one for one in early.connections} | {one.id: one for one in late.connections}
    yield from found.values()


def _observations(early: Run, late: Run, said: list[str]) -> Iterator[Observation]:
    before = {one.endpoint.id: one for one in early.observations}
    for after in late.observations:
        first = before.pop(after.endpoint.id, None)
        if first is None:
            yield after
        elif _shows(first) and _shows(after) and _shows(first) != _shows(after):
            place = early.run.vantage or "elsewhere"
            said.append(f"{after.endpoint.id}: showed {place} something else; both are kept")
            yield after
            yield replace(first, endpoint=replace(first.endpoint, id=f"{first.endpoint.id}@{place}"))
        else:
            yield min((after, first), key=_informed)
    yield from before.values()


def _shows(observation: Observation) -> set[tuple[str, str]]:
    """The chains that an endpoint showed to an ordinary handshake, each with whether it asked for a certificate."""
    usual = [one for one in observation.sights if one.presented_as is None and one.chain is not None]
    return {(one.chain or "", one.client_certificate.request) for one in usual[:1]}


def _informed(observation: Observation) -> tuple[int, int]:
    """The less, the more it tells: a chain before a failure, a failure late on the way before an early one."""
    stage = observation.failure.stage if observation.failure is not None else "resolve"
    return _STATUS[observation.status], -get_args(Stage).index(stage)
