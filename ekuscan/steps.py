"""The order of steps of a change, from the rows of ``steps.toml``; boxes that want the same step share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ekuscan.assessment import ChainBook
from ekuscan.foresight import Alteration, Step
from ekuscan.model import Chain, Connection, Fact, SlotContent, Target
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.releases import Release
from ekuscan.rules.tables import Condition, StepRow, Tables
from ekuscan.what_if.roots import Issued, another_root, issued, root_name
from ekuscan.what_if.settled import Grounds, Settled
from ekuscan.what_if.slots import held

_Facts = Mapping[str, frozenset[str] | Release]
_PEER = "peer."
_NAMED = ("release", "slot", "root", "setting", "value", "connection", "read_at")


@record
class Scene:
    """The estate before and after the changes."""

    before: Settled
    after: Settled
    grounds: Grounds

    @property
    def tables(self) -> Tables:
        return self.grounds.tables

    @property
    def book(self) -> ChainBook:
        return self.grounds.book


@record
class _Asked:
    """An alteration as the rows see it: facts to compare with, words for the texts, the boxes that it is about.

    ``peers`` are the boxes at the other ends of its connections, each with facts of its own.
    """

    on: str
    facts: _Facts
    words: Mapping[str, str]
    boxes: tuple[str, ...]
    peers: tuple[tuple[str, _Facts], ...] = ()


def steps(alterations: Iterable[Alteration], scene: Scene) -> tuple[Step, ...]:
    """All steps in their order."""
    found: dict[tuple[object, ...], tuple[StepRow, Mapping[str, str], list[str]]] = {}
    for asked in _all(alterations, scene):
        for row in _rows(asked, scene.tables):
            words = {name: asked.words[name] for name in _NAMED if f"{{{name}}}" in row.text}
            words |= {"peers": _listed(_peers(row, asked))} if "{peers}" in row.text else {}
            words |= {"Value": asked.words["value"].capitalize()} if row.command and "{Value}" in row.command else {}
            key = (row.id, *words.items())
            found.setdefault(key, (row, words, []))[2].extend(asked.boxes)
    ordered = sorted(found.values(), key=lambda one: one[0].order)
    return tuple(_step(row, words, tuple(dict.fromkeys(boxes)), scene.tables) for row, words, boxes in ordered)


def effects(alteration: Alteration, scene: Scene) -> dict[str, Fact]:
    """The settings of its box that hold once the steps of an alteration are taken."""
    target = scene.after.targets[alteration.subject]
    rows = [row for asked in _all([alteration], scene) for row in _rows(asked, scene.tables)]
    return {
        name: Fact(value, "declared")
        for row in rows
        for name, value in row.effect.items()
        if row.command is not None or name not in target.settings
    }


def wants_restart(alteration: Alteration, scene: Scene) -> Step | None:
    """The step by which what is installed begins to be used, where the tables know one."""
    found = steps([alteration], scene)
    return next((step for step in found if step.id.startswith("restart")), None)


def content_of(alteration: Alteration, target: Target) -> SlotContent | None:
    """What an alteration put into a slot of the changed target: a slot's newest content stands first."""
    return next((one for one in target.slots if one.slot == alteration.what and one.chain is not None), None)


def _rows(asked: _Asked, tables: Tables) -> list[StepRow]:
    wanted = [row for row in tables.steps if asked.on in row.on and _wanted(row, asked)]
    taken = {row.order for row in wanted if not row.otherwise}
    return [row for row in wanted if not (row.otherwise and row.order in taken)]


def _wanted(row: StepRow, asked: _Asked) -> bool:
    own = [one for one in row.when if not one.fact.startswith(_PEER)]
    return all(_holds(one, asked.facts) for one in own) and (len(own) == len(row.when) or bool(_peers(row, asked)))


def _peers(row: StepRow, asked: _Asked) -> tuple[str, ...]:
    """The peers that meet the conditions of a row on them."""
    wanted = [replace(one, fact=one.fact.removeprefix(_PEER)) for one in row.when if one.fact.startswith(_PEER)]
    met = (name for name, facts in asked.peers if all(_holds(one, facts) for one in wanted))
    return tuple(dict.fromkeys(met))


def _holds(condition: Condition, facts: _Facts) -> bool:
    """Whether a condition holds, or may hold where a release is known in part. Other facts that nobody told meet none,
    but a step after an upgrade is named too where nobody knows what it came from."""
    known = facts.get(condition.fact)
    if known is None:
        return condition.fact == "old.release"
    if isinstance(known, Release):
        return known.overlaps(condition.low or (), condition.high)
    return not known.isdisjoint(condition.values)


def _all(alterations: Iterable[Alteration], scene: Scene) -> Iterator[_Asked]:
    for one in alterations:
        if one.row is not None or one.kind == "day":
            continue
        target = scene.after.targets.get(one.subject)
        if target is None:
            yield from _of_connection(one, scene)
        else:
            yield _of_target(one, target, scene)


def _of_target(one: Alteration, target: Target, scene: Scene) -> _Asked:
    facts: dict[str, frozenset[str] | Release] = {
        name: frozenset([fact.value]) for name, fact in target.settings.items()
    }
    for name, setting in scene.tables.settings.items():
        if setting.default is not None and target.role in setting.roles:
            facts.setdefault(name, frozenset([setting.default]))
    facts["role"] = frozenset([target.role])
    facts |= _release("release", target) | _release("old.release", scene.before.targets[one.subject])
    words = dict.fromkeys(_NAMED, "")
    words |= {"release": target.release or "", "slot": one.what, "setting": one.what, "value": one.after}
    if one.kind == "setting":
        facts |= {"setting": frozenset([one.what]), "value": frozenset([one.after])}
        words["read_at"] = scene.tables.settings[one.what].read_at
    elif one.kind in ("certificate", "renewal"):
        new = issued(content_of(one, target), scene.book)
        before = held(scene.before.targets[one.subject], one.what, scene.grounds)
        old = issued(before[0] if before else None, scene.book)
        facts |= {"slot": frozenset([one.what]), "lacks": _lacks(new, target, scene.tables)}
        words["root"] = root_name(new, scene.book) if new is not None else ""
        if new is not None and old is not None and another_root(old, new, scene.book):
            facts["new_root"] = frozenset(["yes"])
        if one.kind == "renewal" and new is not None:
            both = "clientAuth" in new[0].eku.names and _public(new[1])
            facts["asked"] = frozenset(["yes" if both else "no"])
    return _Asked(one.kind, facts, words, (target.id,), tuple(_other_ends(target.id, scene.after)))


def _other_ends(name: str, estate: Settled) -> Iterator[tuple[str, _Facts]]:
    """For each connection of a box the boxes at its other end, with their settings and which end that is."""
    for connection in estate.connections:
        ends = estate.members(connection.from_), estate.members(connection.to)
        for here, there, end in ((*ends, "to"), (*ends[::-1], "from")):
            for peer in there if name in here else ():
                facts = {setting: frozenset([fact.value]) for setting, fact in estate.targets[peer].settings.items()}
                yield peer, {**facts, "use_case": frozenset([connection.use_case]), "end": frozenset([end])}


def _of_connection(one: Alteration, scene: Scene) -> Iterator[_Asked]:
    connection = next((found for found in scene.after.connections if found.id == one.subject), None)
    if connection is not None:
        facts = {"setting": one.what, "value": one.after, "use_case": connection.use_case}
        words = dict.fromkeys(_NAMED, "") | {
            "setting": one.what,
            "value": one.after,
            "connection": connection.id,
            "read_at": scene.tables.settings[one.what].read_at,
        }
        boxes = _zone_owner(connection, scene.after)
        yield _Asked("setting", {name: frozenset([value]) for name, value in facts.items()}, words, boxes)


def _zone_owner(connection: Connection, estate: Settled) -> tuple[str, ...]:
    """A zone is configured on the Expressway that dials or answers; of two, on the one that dials."""
    for end in (connection.from_, connection.to):
        members = estate.members(end)
        if any(releases.family(estate.targets[name].role) == "expressway" for name in members):
            return members
    return estate.members(connection.from_)


def _release(name: str, target: Target) -> dict[str, frozenset[str] | Release]:
    return {name: releases.parse(target.role, target.release)} if target.release is not None else {}


def _lacks(held: Issued | None, target: Target, tables: Tables) -> frozenset[str]:
    purpose = held[1].effective_eku.get(tables.stack(target.role)) if held is not None else None
    if purpose is None:
        return frozenset()
    lacking = {"serverAuth": not purpose.server_auth, "clientAuth": not purpose.client_auth}
    return frozenset(name for name, missing in lacking.items() if missing)


def _public(chain: Chain) -> bool:
    return chain.hierarchy.class_ in ("public-chrome", "public-other")


def _step(row: StepRow, words: Mapping[str, str], boxes: tuple[str, ...], tables: Tables) -> Step:
    text = row.text.format(boxes=_listed(boxes), **{name: word for name, word in words.items() if name != "Value"})
    command = row.command.format(**words) if row.command is not None else None
    sources = tuple(tables.sources[code] for code in row.source)
    return replace(Step(row.id, text, boxes, command, row.confidence, sources))


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > 8:
        return f"{', '.join(names[:7])} and {len(names) - 7} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "it"
