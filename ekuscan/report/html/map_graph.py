"""Who dials whom, as groups of boxes and links between them, each with its gravest answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ekuscan.model import Connection, Run, Target, Verdict
from ekuscan.record import record
from ekuscan.report.html.signs import NOT_JUDGED, OUTCOMES, Sign, gravest, sign_of
from ekuscan.verdict.clusters import is_whole

BOXES_UP_TO = 130
GROUPS_UP_TO = 130

Zone = Literal["outside", "edge", "core", "calls", "applications", "others"]
ZONES: tuple[Zone, ...] = ("outside", "edge", "core", "calls", "applications", "others")
_ROLE_ZONES: Mapping[str, Zone] = {
    "expressway-e": "edge",
    "expressway-c": "core",
    "cucm": "calls",
    "imp": "applications",
    "unity-connection": "applications",
    "cer": "applications",
    "cms": "applications",
    "cube": "applications",
    "contact-center": "applications",
    "generic": "others",
}

Key = tuple[str, ...]


@record
class Box:
    """A target in a group. ``sign`` is the gravest answer that stands on a certificate of its own."""

    name: str
    role: str
    release: str | None
    sign: Sign


@record
class Group:
    """What the map draws as one frame: a cluster, a box by itself, or a far end, which has no box.

    ``count`` is the number of boxes; ``boxes`` is empty where they are too many to be drawn one by one.
    """

    name: str
    zone: Zone
    role: str
    boxes: tuple[Box, ...]
    count: int
    sign: Sign


@record
class Link:
    """All that dials from one group into another, or among the boxes of one.

    ``from_`` and ``to`` are places in `Graph.groups`. ``verdicts`` are the gravest first; ``untold`` are connections of
    which no verdict speaks. ``if_used``: nothing says that any of it exists.
    """

    from_: int
    to: int
    sign: Sign
    if_used: bool
    verdicts: tuple[Verdict, ...]
    untold: tuple[Connection, ...]


@record
class Graph:
    """``boxed``: whether boxes are drawn one by one; ``merged``: whether groups alike were put together."""

    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    boxed: bool
    merged: bool


def graph(run: Run) -> Graph:
    """The map of a run: its targets by cluster, the far ends that a verdict or a connection names, and the links."""
    judged: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in run.verdicts:
        judged[verdict.target].append(verdict)
    boxes = {target.id: _box(target, judged[target.id]) for target in run.targets}
    keys: dict[str, Key] = {target.id: _key(target) for target in run.targets}
    merged = len(set(keys.values())) > GROUPS_UP_TO
    if merged:
        # A page has room for so many frames: what has one role and one answer stands together.
        keys = {target.id: ("alike", target.role, boxes[target.id].sign.word) for target in run.targets}
    clusters = {target.cluster: keys[target.id] for target in run.targets if target.cluster is not None}
    ends = _Ends(clusters | keys)
    between = _between(run, ends)
    boxed = len(run.targets) <= BOXES_UP_TO
    groups = [_group(key, ends, [boxes[name] for name in names], boxed) for key, names in _members(keys, ends)]
    places = {key: place for place, key in enumerate(ends.order)}
    links = [_link(places[from_], places[to], verdicts, untold) for (from_, to), (verdicts, untold) in between.items()]
    links.sort(key=lambda link: (link.sign.rank, link.from_, link.to))
    return Graph(tuple(_placed(groups, links)), tuple(links), boxed, merged)


class _Ends:
    """Names and the groups that they belong to; a name that nobody knows is a far end of its own."""

    def __init__(self, known: Mapping[str, Key]) -> None:
        self._known = known
        self.order: dict[Key, None] = dict.fromkeys(known.values())

    def of(self, name: str) -> Key:
        key = self._known.get(name, ("far", name))
        self.order.setdefault(key, None)
        return key


def _key(target: Target) -> Key:
    if target.cluster is None:
        return ("box", target.id)
    return ("cluster", target.cluster, _ROLE_ZONES.get(target.role, "outside"))


def _box(target: Target, verdicts: Iterable[Verdict]) -> Box:
    return Box(target.id, target.role, target.release, gravest(verdicts))


def _between(run: Run, ends: _Ends) -> dict[tuple[Key, Key], tuple[list[Verdict], list[Connection]]]:
    """What joins two groups, by who dials. The verdict of a whole connection is left out: its pairs are there."""
    found: dict[tuple[Key, Key], tuple[list[Verdict], list[Connection]]] = {}
    told = {verdict.connection for verdict in run.verdicts}
    for verdict in run.verdicts:
        if verdict.dials is None or verdict.answers is None or is_whole(verdict):
            continue
        if verdict.outcome != "not-applicable":
            pair = (ends.of(verdict.dials), ends.of(verdict.answers))
            found.setdefault(pair, ([], []))[0].append(verdict)
    for connection in run.connections:
        if connection.id not in told:
            pair = (ends.of(connection.from_), ends.of(connection.to))
            found.setdefault(pair, ([], []))[1].append(connection)
    return found


def _members(keys: Mapping[str, Key], ends: _Ends) -> Iterator[tuple[Key, list[str]]]:
    members: dict[Key, list[str]] = defaultdict(list)
    for name, key in keys.items():
        members[key].append(name)
    for key in ends.order:
        yield key, members.get(key, [])


def _group(key: Key, ends: _Ends, boxes: Sequence[Box], boxed: bool) -> Group:
    if not boxes:
        return Group(key[-1], "outside", "", (), 0, NOT_JUDGED)
    role = Counter(box.role for box in boxes).most_common(1)[0][0]
    name = key[1] if key[0] != "alike" else f"{len(boxes)} boxes"
    sign = min((box.sign for box in boxes), key=lambda one: one.rank)
    shown = tuple(boxes) if boxed or len(boxes) == 1 else ()
    return Group(name, _ROLE_ZONES.get(role, "outside"), role, shown, len(boxes), sign)


def _link(from_: int, to: int, verdicts: Sequence[Verdict], untold: Sequence[Connection]) -> Link:
    ordered = sorted(verdicts, key=lambda one: sign_of(one).rank)
    sign = gravest(verdicts) if verdicts else OUTCOMES["unknown"]
    declared = any(not one.if_used for one in verdicts) or any(one.origin != "assumed" for one in untold)
    return Link(from_, to, sign, not declared, tuple(ordered), tuple(untold))


def _placed(groups: Sequence[Group], links: Sequence[Link]) -> Iterator[Group]:
    """Far ends stand on the side of those that they speak with."""
    peers: dict[int, list[int]] = defaultdict(list)
    for link in links:
        for end, other in ((link.from_, link.to), (link.to, link.from_)):
            if groups[other].zone != "outside":
                peers[end].append(ZONES.index(groups[other].zone))
    for place, group in enumerate(groups):
        inside = group.zone == "outside" and peers[place] and sum(peers[place]) / len(peers[place]) >= 2.5
        yield replace(group, zone="others") if inside else group
