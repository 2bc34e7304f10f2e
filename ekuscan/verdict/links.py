"""Who dials whom: declared connections, assumed ones, and far ends that the inventory does not name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ekuscan.model import Connection, Fact, Target
from ekuscan.record import record
from ekuscan.rules.tables import Tables, UseCase
from ekuscan.verdict.estate import Box, Estate
from ekuscan.verdict.evaluate import asks_the_box
from ekuscan.verdict.facts import Link

# With more pairs of groups than this nobody can guess who talks to whom. Far ends stand in for them then, where the use
# case has any.
MOST_ASSUMED = 64

Standing = tuple[bool, int, bool, str]
"""Which of the connections that join the same two boxes speaks for them: the least. The second part is how many of its
ends are clusters."""


@record
class Sides:
    """The targets of two roles between which a use case is possible: who may dial, and who may answer.

    ``told`` are the pairs of which somebody declared it, whoever dials.
    """

    use_case: UseCase
    dials: tuple[Target, ...]
    answers: tuple[Target, ...]
    told: frozenset[tuple[str, str]]

    @property
    def pairs(self) -> int:
        """In how many ways they could be joined. A cluster counts as one."""
        return len(_groups(self.dials)) * len(_groups(self.answers))

    @property
    def untold(self) -> tuple[tuple[str, str], ...]:
        """The pairs of which nobody declared it."""
        pairs = ((dials.id, answers.id) for dials in self.dials for answers in self.answers)
        return tuple(pair for pair in pairs if pair not in self.told)


def assumed_connections(
    targets: Mapping[str, Target], declared: Sequence[Connection], tables: Tables
) -> tuple[Connection, ...]:
    """Connections between the roles that a use case joins, for every two ends of which none is declared.

    A cluster dials as its members do, but counts as one end of an assumption. A peer of no known product is there for
    what is declared of it: a directory is no partner that calls.
    """
    found: list[Connection] = []
    for sides in _sides(targets, declared, tables):
        if sides.pairs > MOST_ASSUMED:
            continue
        name, pairs = sides.use_case, sides.untold
        found += [_assumed(name, dials, answers) for dials, answers in pairs]
        if sides.use_case.both_ways:
            found += [_assumed(name, answers, dials) for dials, answers in pairs]
    return (*found, *_back(targets, declared, tables))


def _back(targets: Mapping[str, Target], declared: Sequence[Connection], tables: Tables) -> Iterator[Connection]:
    """The other direction of what somebody declared in one, where a use case always has both.

    It has the settings that are those of both directions. What names boxes goes before what names their clusters.
    """
    members = _members(targets)
    told = {
        (one.use_case, dials.id, answers.id)
        for one in declared
        for dials in members.get(one.from_, ())
        for answers in members.get(one.to, ())
    }
    found: dict[str, Connection] = {}
    for one in sorted(declared, key=lambda one: ((one.from_ in targets) + (one.to in targets), one.id)):
        row = tables.use_cases.get(one.use_case)
        if row is None or not row.dials_back:
            continue
        pairs = [(a.id, b.id) for a in members.get(one.to, ()) for b in members.get(one.from_, ())]
        missing = [(dials, answers) for dials, answers in pairs if (row.name, dials, answers) not in told]
        for dials, answers in [(one.to, one.from_)] if missing == pairs else missing:
            back = _assumed(row, dials, answers)
            settings = {name: fact for name, fact in one.settings.items() if name in row.both_have}
            before = found.get(back.id, back).settings
            found[back.id] = replace(back, settings={**before, **settings})
    yield from found.values()


def unguessed(targets: Mapping[str, Target], declared: Sequence[Connection], tables: Tables) -> Iterator[Sides]:
    """Where so many connections are possible that none was assumed, and no far end stands in: nothing is judged."""
    return (
        sides
        for sides in _sides(targets, declared, tables)
        if sides.pairs > MOST_ASSUMED and not sides.use_case.far_end
    )


def _sides(targets: Mapping[str, Target], declared: Sequence[Connection], tables: Tables) -> Iterator[Sides]:
    roles = {target.role for target in targets.values()}
    members = _members(targets)
    named = {end.id for one in declared for name in (one.from_, one.to) for end in members.get(name, ())}
    free = [t for t in targets.values() if t.role is None or t.id not in named or not asks_the_box(t.role, tables)]
    for use_case in tables.use_cases.values():
        if not any(dials in roles and answers in roles for dials, answers in use_case.assume):
            continue
        told = _told(use_case, declared, members, tables)
        for from_role, to_role in use_case.assume:
            dials = tuple(target for target in free if target.role == from_role)
            answers = tuple(target for target in free if target.role == to_role)
            sides = Sides(use_case, dials, answers, told)
            # Of so many nobody can guess who talks to whom, so what is declared of an end counts as all of it.
            yield _untouched(sides) if use_case.single or sides.pairs > MOST_ASSUMED else sides


def _untouched(sides: Sides) -> Sides:
    """The same without the ends of which somebody declared it with one of the other side."""
    ids = {t.id for t in sides.dials}, {t.id for t in sides.answers}
    taken = {end for a, b in sides.told if (a in ids[0] and b in ids[1]) for end in (a, b)}
    dials, answers = (tuple(t for t in side if t.id not in taken) for side in (sides.dials, sides.answers))
    return replace(sides, dials=dials, answers=answers)


def _groups(targets: Sequence[Target]) -> set[str]:
    return {target.cluster or target.id for target in targets}


def _assumed(use_case: UseCase, dials: str, answers: str) -> Connection:
    return Connection(f"{dials}>{answers}/{use_case.name}", use_case.name, dials, answers, origin="assumed")


def _told(
    use_case: UseCase, declared: Sequence[Connection], members: Mapping[str, Sequence[Target]], tables: Tables
) -> frozenset[tuple[str, str]]:
    """The pairs of targets, in both orders, for which the inventory has described this use case."""
    told: set[tuple[str, str]] = set()
    for connection in declared:
        if use_case.name not in names(connection.use_case, tables.use_cases):
            continue
        pairs = {(a.id, b.id) for a in members.get(connection.from_, ()) for b in members.get(connection.to, ())}
        told |= pairs | {(b, a) for a, b in pairs}
    return frozenset(told)


def _members(targets: Mapping[str, Target]) -> dict[str, list[Target]]:
    """The targets behind every name of a target or cluster; a target's own name comes first."""
    found: dict[str, list[Target]] = {}
    for target in targets.values():
        if target.cluster:
            found.setdefault(target.cluster, []).append(target)
    return found | {name: [target] for name, target in targets.items()}


def names(name: str, use_cases: Mapping[str, UseCase]) -> tuple[str, ...]:
    """The use cases that a connection's word stands for: a composite stands for the one that it rides on."""
    row = use_cases.get(name)
    return (name, row.rides_on) if row is not None and row.rides_on else (name,)


def links_of(estate: Estate, use_case: UseCase) -> list[Link]:
    """All links over which a use case runs, the declared ones first."""
    return estate.derived(("links", use_case.name), lambda: _links(estate, use_case))


def _links(estate: Estate, use_case: UseCase) -> list[Link]:
    if use_case.rides_on:
        base = links_of(estate, estate.tables.use_cases[use_case.rides_on])
        return [replace(link, use_case=use_case.name) for link in base]
    connections = estate.derived("connections", lambda: _connections_by_use_case(estate))
    found = _one_per_pair(
        [
            (_standing(connection, use_case, estate), link)
            for connection in connections.get(use_case.name, ())
            for link in _expand(estate, use_case, connection)
        ]
    )
    if estate.seen.far_ends and use_case.far_end:
        found += _to_far_ends(estate, use_case, found)
    return found


def _standing(connection: Connection, use_case: UseCase, estate: Estate) -> Standing:
    """Before others goes what somebody declared, of that what names the boxes and not their clusters, and of that what
    has the use case's own name."""
    clusters = sum(end not in estate.boxes for end in (connection.from_, connection.to))
    return connection.origin == "assumed", clusters, connection.use_case != use_case.name, connection.id


def _one_per_pair(links: Sequence[tuple[Standing, Link]]) -> list[Link]:
    """One link for who dials and who answers: a pair may be joined by a cluster and a member, or under two names."""
    found: dict[tuple[str, str], list[tuple[Standing, Link]]] = {}
    for standing, link in links:
        found.setdefault((link.dials, link.answers), []).append((standing, link))
    return [_merged(sorted(same, key=lambda one: one[0])) for same in found.values()]


def _merged(links: Sequence[tuple[Standing, Link]]) -> Link:
    """The first link with the settings of all: what is said of the two boxes themselves goes before what is said of
    their clusters. Where equals contradict each other neither counts: the setting is open."""
    first = links[0][1]
    if len(links) == 1:
        return first
    told: dict[str, tuple[Standing, list[Fact]]] = {}
    for standing, link in links:
        for name, fact in link.settings.items():
            best, facts = told.setdefault(name, (standing, []))
            if best[:2] == standing[:2]:
                facts.append(fact)
    settings = {name: facts[0] for name, (_, facts) in told.items() if len({fact.value for fact in facts}) == 1}
    return replace(first, settings=settings)


def _connections_by_use_case(estate: Estate) -> dict[str, list[Connection]]:
    """The connections that each use case has, be it by the name of a composite that rides on it."""
    found: dict[str, list[Connection]] = {}
    for connection in estate.seen.connections:
        for name in names(connection.use_case, estate.tables.use_cases):
            found.setdefault(name, []).append(connection)
    return found


def _expand(estate: Estate, use_case: UseCase, connection: Connection) -> Iterator[Link]:
    """A connection between clusters is one link per pair of members.

    A use case that goes the other way than the one that it rides on says so of the same two ends.
    """
    ends = (connection.from_, connection.to)
    dialling, answering = ends if _dials(estate, use_case, connection.from_) else ends[::-1]
    for dials in estate.members(dialling):
        for answers in estate.members(answering):
            yield Link(
                use_case.name,
                dials,
                answers,
                connection.id,
                connection.settings,
                declared=connection.origin != "assumed",
            )


def _dials(estate: Estate, use_case: UseCase, end: str) -> bool:
    roles = {estate.boxes[name].role for name in estate.members(end)}
    return use_case.both_ways or "*" in use_case.from_ or not roles.isdisjoint(use_case.from_)


def _to_far_ends(estate: Estate, use_case: UseCase, links: Sequence[Link]) -> Iterator[Link]:
    """Links to an unnamed far end for every box that could have the use case and has no link of it."""
    others = [links_of(estate, estate.tables.use_cases[name]) for name in use_case.far_end_unless]
    linked = {end for found in (links, *others) for link in found for end in (link.dials, link.answers)}
    for box in estate.boxes.values():
        if box.name in linked:
            continue
        answers, dials = use_case.to[0], use_case.from_[0]
        if box.role in use_case.from_ and stands_in(box, use_case, answers):
            far = use_case.far_end[answers]
            yield Link(use_case.name, box.name, far, None, far_role=answers)
            if use_case.both_ways:
                yield Link(use_case.name, far, box.name, None, far_role=answers)
        elif box.role in use_case.to and not use_case.both_ways and stands_in(box, use_case, dials):
            yield Link(use_case.name, use_case.far_end[dials], box.name, None, far_role=dials)
        if box.role == answers and stands_in(box, use_case, "answers"):
            yield Link(use_case.name, box.name, use_case.far_end["answers"], None, far_role=answers)
        if box.role == dials and stands_in(box, use_case, "dials"):
            yield Link(use_case.name, use_case.far_end["dials"], box.name, None, far_role=dials)


def stands_in(box: Box, use_case: UseCase, end: str) -> bool:
    """Whether an unnamed far end stands for the role ``end`` or the one of `FAR_ENDS`, seen from a box.

    A box of which the slot that counts was not seen likely does not use it: no port showed it and no file named it.
    """
    slot = use_case.far_end_slot.get(end)
    return end in use_case.far_end and (slot is None or box.view(slot).certificate is not None)


def box_of(estate: Estate, link: Link, name: str) -> Box:
    """The box behind an end of a link: a target, else the link's unnamed far end."""
    return estate.boxes[name] if name in estate.boxes else estate.far_end(name, link.far_role)
