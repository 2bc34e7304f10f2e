"""The map as the page draws it: frames with their words, lines with their numbers, and the same as a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ekuscan.model import Connection, Run, Verdict
from ekuscan.profiles.load import profile, role_named
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.html.map_graph import Box, Graph, Group, Link, graph
from ekuscan.report.html.map_layout import CELL, LINE, Column, Frame, Line, layout
from ekuscan.report.html.map_lines import Rect
from ekuscan.report.html.rows import VerdictRow
from ekuscan.report.html.signs import OUTCOMES, Sign, gravest

_ZONES = {
    "outside": ("Outside", "internet, cloud, partners"),
    "edge": ("Expressway-E", "edge"),
    "core": ("Expressway-C", "inside"),
    "calls": ("Unified CM", "inside"),
    "applications": ("Applications", "and gateways"),
    "others": ("Others", "and their far ends"),
}
# Of the columns with one product each, the heading says which.
_BRIEF = {
    "imp": "IM&P",
    "unity-connection": "Unity",
    "cer": "Emergency",
    "contact-center": "Contact centre",
    "cms": "CMS",
    "cube": "CUBE",
    "outside": "far end",
    "webex": "cloud",
    "generic": "TLS peer",
}
_FAR_ENDS = ("", "outside", "webex")
_MARGIN = 30.0


@record
class Words:
    """A line of words in a frame, cut to its room; ``whole`` is all of it. ``y`` is the middle of the line."""

    text: str
    whole: str
    y: float
    sign: Sign | None
    faint: bool


@record
class FrameView:
    """A group: its number, where it stands, what it says, and the numbers of the links at it."""

    number: int
    rect: Rect
    name: str
    words: tuple[Words, ...]
    sign: Sign
    far: bool
    cluster: bool
    links: tuple[int, ...]


@record
class Use:
    """A use case on a link: its gravest answer, how many verdicts it has, and the number of the first of them."""

    title: str
    sign: Sign
    count: int
    verdict: int | None


@record
class LinkView:
    """A link in words and, where it joins two groups, as a line. Numbers begin with 1 and groups are by number."""

    number: int
    from_: int
    to: int
    from_name: str
    to_name: str
    sign: Sign
    if_used: bool
    uses: tuple[Use, ...]
    line: Line | None


@record
class MapView:
    """``heads`` are the columns with their two words."""

    width: float
    height: float
    heads: tuple[tuple[Column, str, str], ...]
    frames: tuple[FrameView, ...]
    links: tuple[LinkView, ...]
    apart: float | None
    boxed: bool
    merged: bool


def map_view(
    run: Run, verdicts: Mapping[str, VerdictRow], titles: Mapping[str, str], elsewhere: Collection[str] = ()
) -> MapView:
    """The map of a run. ``verdicts`` are by id; ``elsewhere`` names targets that this part of the run lacks."""
    found = graph(run)
    placed = layout(found)
    drawn = {line.link: line for line in placed.lines}
    short = _short_names([box.name for group in found.groups for box in group.boxes])
    at: dict[int, list[int]] = {}
    for number, link in enumerate(found.links, 1):
        for end in {link.from_, link.to}:
            at.setdefault(end, []).append(number)
    return MapView(
        placed.width,
        placed.height,
        tuple((column, *_ZONES[column.zone]) for column in placed.columns),
        tuple(_frame(frame, found, short, at.get(frame.group, []), elsewhere) for frame in placed.frames),
        tuple(
            _link(number, link, found, verdicts, titles, drawn.get(number - 1))
            for number, link in enumerate(found.links, 1)
        ),
        placed.apart,
        found.boxed,
        found.merged,
    )


# --- frames -----------------------------------------------------------------------------------------------------


def _frame(
    frame: Frame, found: Graph, short: Mapping[str, str], links: Sequence[int], elsewhere: Collection[str]
) -> FrameView:
    group = found.groups[frame.group]
    told = list(_lines(group, short, elsewhere))
    first = frame.rect.middle - (len(told) - 1) * LINE / 2
    room = int((frame.rect.width - _MARGIN) / CELL)
    words = tuple(
        Words(text.cut(text.safe(shown), room), text.safe(whole), first + place * LINE, sign, faint)
        for place, (shown, whole, sign, faint) in enumerate(told)
    )
    return FrameView(
        frame.group + 1,
        frame.rect,
        text.safe(group.name),
        words,
        group.sign,
        group.role in _FAR_ENDS,
        group.count > 1,
        tuple(links),
    )


def _lines(
    group: Group, short: Mapping[str, str], elsewhere: Collection[str]
) -> Iterator[tuple[str, str, Sign | None, bool]]:
    """What a frame says line by line: the words, all of them, the sign before them, whether they are secondary."""
    if group.count == 0:
        yield group.name, group.name, None, False
        known = "not on this page" if group.name in elsewhere else "not a target"
        yield known, known, None, True
    elif group.count == 1 and group.boxes:
        box = group.boxes[0]
        yield short.get(box.name, box.name), box.name, box.sign, False
        yield _brief(box, group), _kind(box), None, True
    else:
        yield group.name, group.name, None if group.boxes else group.sign, False
        brief = f"{_BRIEF.get(group.role, '')} {group.count} boxes".strip()
        yield brief, f"{_role(group.role)}, {group.count} boxes", None, True
        for box in group.boxes:
            yield short.get(box.name, box.name), f"{box.name} ({_kind(box)})", box.sign, False


def _brief(box: Box, group: Group) -> str:
    """The release, with the product where the column does not say it."""
    words = [_BRIEF.get(group.role, ""), box.release or ""]
    return " ".join(word for word in words if word) or _role(box.role)


def _kind(box: Box) -> str:
    return f"{_role(box.role)} {box.release}" if box.release else _role(box.role)


def _role(role: str) -> str:
    named = role_named(role)
    if named is None:
        return role
    return profile(named).title.removeprefix("Cisco ").partition(" (")[0]


def _short_names(names: Iterable[str]) -> dict[str, str]:
    """Host names without the domain that all of them share."""
    whole = list(dict.fromkeys(names))
    dotted = [name.split(".") for name in whole if "." in name]
    if len(dotted) < 2:
        return {name: name for name in whole}
    shared = 0
    while all(len(labels) > shared + 1 and labels[-1 - shared] == dotted[0][-1 - shared] for labels in dotted):
        shared += 1
    return {name: ".".join(name.split(".")[: len(name.split(".")) - shared]) if "." in name else name for name in whole}


# --- links ------------------------------------------------------------------------------------------------------


def _link(
    number: int,
    link: Link,
    found: Graph,
    verdicts: Mapping[str, VerdictRow],
    titles: Mapping[str, str],
    line: Line | None,
) -> LinkView:
    return LinkView(
        number,
        link.from_ + 1,
        link.to + 1,
        _named(found.groups[link.from_]),
        _named(found.groups[link.to]),
        link.sign,
        link.if_used,
        (*_uses(link, verdicts, titles), *(_untold(one, titles) for one in link.untold)),
        line,
    )


def _named(group: Group) -> str:
    if group.count > 1 and group.name.endswith(" boxes"):
        return f"{group.name}, {_role(group.role)}"
    return group.name


def _uses(link: Link, verdicts: Mapping[str, VerdictRow], titles: Mapping[str, str]) -> Iterator[Use]:
    by_case: dict[str, list[Verdict]] = {}
    for verdict in link.verdicts:
        by_case.setdefault(verdict.use_case, []).append(verdict)
    for case, found in by_case.items():
        first = verdicts.get(found[0].id)
        yield Use(
            titles.get(case, case),
            gravest(found),
            len(found),
            first.number if first is not None else None,
        )


def _untold(connection: Connection, titles: Mapping[str, str]) -> Use:
    return Use(titles.get(connection.use_case, connection.use_case), OUTCOMES["unknown"], 1, None)
