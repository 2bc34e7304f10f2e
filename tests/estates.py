"""Random estates of everything that the packaged tables speak of: products, clusters, connections, known facts.

A world is an estate in which everything is known. `build` makes the facts of it in which only some are known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from hypothesis import strategies as st

from ekuscan.model import RoleName
from ekuscan.rules import releases
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import Setting
from ekuscan.verdict.evaluate import slot_name
from ekuscan.verdict.facts import cells
from tests.judging import AS_OF, ENDS, Facts, Shown

TABLES = packaged()
EKUS = ("both", "server", "client", "neither")
FactKey = tuple[str, ...]
"""("release", BOX), ("slot", BOX, SLOT), ("setting", BOX, NAME) or ("link", NUMBER, NAME)."""


@dataclass(frozen=True)
class Boxed:
    """A box of a world, and its cluster."""

    name: str
    role: RoleName
    cluster: str | None


@dataclass(frozen=True)
class Joined:
    """A connection of a world; its ends are names of boxes or of clusters."""

    use_case: str
    from_: str
    to: str


@dataclass(frozen=True)
class World:
    """``known`` has a value for every fact: a release, the certificate in a slot, the value of a setting."""

    boxes: tuple[Boxed, ...]
    connections: tuple[Joined, ...]
    known: Mapping[FactKey, str | Shown]


def build(world: World, known: Collection[FactKey] | None = None) -> Facts:
    """The facts of a world as far as they are known; all of them by default."""
    told = {key: value for key, value in world.known.items() if known is None or key in known}
    facts = Facts()
    for box in world.boxes:
        slots = {key[2]: value for key, value in told.items() if key[:2] == ("slot", box.name)}
        settings = {key[2]: str(value) for key, value in told.items() if key[:2] == ("setting", box.name)}
        release = told.get(("release", box.name))
        shown = {slot: value for slot, value in slots.items() if isinstance(value, Shown)}
        facts.box(box.name, box.role, str(release) if release else None, shown, box.cluster, **settings)
    for number, one in enumerate(world.connections):
        zone = {key[2]: str(value) for key, value in told.items() if key[:2] == ("link", str(number))}
        facts.link(one.use_case, one.from_, one.to, **zone)
    return facts


def granted(world: World) -> World:
    """The same world with both EKUs in every certificate."""
    known = {
        key: replace(value, eku="both") if isinstance(value, Shown) else value for key, value in world.known.items()
    }
    return replace(world, known=known)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """An Expressway-C and -E, up to five more boxes of any product, some in clusters, and connections between them."""
    others = draw(st.lists(st.sampled_from(_ROLES), min_size=2, max_size=5))
    boxes = draw(_named(["expressway-c", "expressway-e", *others]))
    connections = draw(_connections(boxes))
    known: dict[FactKey, str | Shown] = {}
    for box in boxes:
        known |= draw(_facts_of(box))
    for number, _ in enumerate(connections):
        for name, setting in _settings("connection", None).items():
            known["link", str(number), name] = draw(_value(setting))
    return World(boxes, connections, known)


# The two products of which most rules speak come up more often.
_ROLES: tuple[RoleName, ...] = (*get_args(RoleName), "expressway-e", "expressway-c", "expressway-e", "expressway-c")


@st.composite
def _named(draw: st.DrawFn, roles: list[RoleName]) -> tuple[Boxed, ...]:
    clustered = draw(st.sets(st.sampled_from(sorted(set(roles)))))
    return tuple(
        Boxed(f"{role}-{number}", role, f"{role}s" if role in clustered else None) for number, role in enumerate(roles)
    )


@st.composite
def _connections(draw: st.DrawFn, boxes: tuple[Boxed, ...]) -> tuple[Joined, ...]:
    ends = {box.name: box.role for box in boxes} | {box.cluster: box.role for box in boxes if box.cluster}
    possible: dict[str, list[Joined]] = {}
    for case in TABLES.use_cases.values():
        for dials, dialling in ends.items():
            for answers, answering in ends.items():
                fits = _joins(case.from_, case.to, dialling, answering)
                fits = fits or (case.both_ways and _joins(case.to, case.from_, dialling, answering))
                if fits and dials != answers:
                    possible.setdefault(case.name, []).append(Joined(case.name, dials, answers))
    some = st.sampled_from(sorted(possible)).flatmap(lambda name: st.sampled_from(possible[name]))
    return tuple(draw(st.lists(some, min_size=2, max_size=7, unique=True)))


def _joins(from_: tuple[str, ...], to: tuple[str, ...], dials: str, answers: str) -> bool:
    return ("*" in from_ or dials in from_) and ("*" in to or answers in to)


@st.composite
def _facts_of(draw: st.DrawFn, box: Boxed) -> dict[FactKey, str | Shown]:
    known: dict[FactKey, str | Shown] = {("release", box.name): draw(st.sampled_from(_releases(box.role)))}
    slots = _slots(box.role)
    for slot in slots:
        known["slot", box.name, slot] = draw(_SHOWN)
    for name, setting in _settings("target", box.role).items():
        known["setting", box.name, name] = draw(_value(setting))
    for alias in TABLES.aliases:
        for condition in alias.when:
            # A certificate that was seen in a slot is no copy of another slot's.
            if box.role in alias.roles and alias.slot in slots and condition.fact in TABLES.settings:
                others = [v for v in TABLES.settings[condition.fact].values if v not in condition.values]
                known["setting", box.name, condition.fact] = others[0]
    return known


_SHOWN = st.builds(
    Shown,
    st.sampled_from(EKUS),
    st.sampled_from(("public-chrome", "private")),
    st.sampled_from((ENDS, ENDS, ENDS, AS_OF.replace(year=AS_OF.year - 1))),
)


def _slots(role: str) -> list[str]:
    named = {
        slot_name(rule, role, TABLES)
        for rule in TABLES.rules
        if rule.presents.slot and (role in rule.presents.roles or "*" in rule.presents.roles)
    }
    return sorted(named | {alias.same_as for alias in TABLES.aliases if role in alias.roles})


def _settings(of: str, role: str | None) -> dict[str, Setting]:
    return {
        name: setting
        for name, setting in TABLES.settings.items()
        if setting.of == of and (role is None or role in setting.roles or "*" in setting.roles)
    }


def _value(setting: Setting) -> st.SearchStrategy[str]:
    """A setting without a list of values is a name; the certificates here have that of their box alone."""
    return st.sampled_from(setting.values or ("expressway-c-0", "expressway-e-1", "nobody.example.com"))


def _releases(role: str) -> list[str]:
    """A release from every stretch between two bounds that some row names, as the product writes it."""
    found = []
    for cell in cells(TABLES, role):
        if not cell.low:
            text = {"expressway": "X12.5", "unified-cm": "11.5"}.get(releases.family(role), "3.0")
        else:
            text = _written(role, cell.low)
        found.append(text)
    return found


def _written(role: str, point: tuple[int, ...]) -> str:
    if releases.family(role) == "unified-cm" and len(point) > 2:
        letter = chr(ord("a") + point[3] - 1) if len(point) > 3 else ""
        return f"{point[0]}.{point[1]}SU{point[2]}{letter}" if point[1] else f"{point[0]}SU{point[2]}{letter}"
    return ("X" if releases.family(role) == "expressway" else "") + ".".join(map(str, point))
