"""Several descriptions brought together: one box is one target, whatever name each of them has for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ekuscan.imports.box_names import sound_name
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.profiles.load import profile
from ekuscan.targets.address import canonical, label

_SCALARS = ("host", "role", "release", "cluster", "server_name")


def unify(descriptions: Iterable[Found]) -> Found:
    """One description out of several. What was told first stays; what contradicts it becomes a sentence."""
    read = tuple(descriptions)
    left_out = [sentence for one in read for sentence in one.left_out]
    every = [_soundly_named(target) for one in read for target in one.targets]
    place = {id(target): number for number, target in enumerate(every)}
    # Boxes that speak for themselves first, in the order in which they do; then those of whom others speak.
    groups = sorted(_groups(every), key=lambda group: min((_is_spoken_of(t), place[id(t)]) for t in group))
    return Found(
        targets=tuple(as_one(group, left_out) for group in groups),
        connections=tuple(connection for one in read for connection in one.connections),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def _soundly_named(target: FoundTarget) -> FoundTarget:
    name = sound_name(target.name)
    return target if name == target.name else replace(target, name=name, known_as=(*target.known_as, target.name))


def _is_spoken_of(target: FoundTarget) -> bool:
    """Whether others spoke of it and not it itself: a far end, too, has nothing but what others say."""
    return is_named_after_host(target) or (target.role is not None and profile(target.role).far_end)


def is_named_after_host(target: FoundTarget) -> bool:
    """Whether nothing but its host gives a target its name: others spoke of it, it did not speak itself."""
    return target.host is not None and target.name == label(target.host)


def names_of(target: FoundTarget) -> Iterator[str]:
    """Every name and address of a found target, canonical."""
    for name in (target.name, target.host, target.server_name, *target.known_as):
        if name:
            yield canonical(name.removeprefix("[").removesuffix("]"))


def _groups(targets: Sequence[FoundTarget]) -> list[list[FoundTarget]]:
    """Targets that share a name or an address, in the order of the first of each group."""
    leader = list(range(len(targets)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    owner: dict[str, int] = {}
    for index, target in enumerate(targets):
        for name in names_of(target):
            one, other = find(owner.setdefault(name, index)), find(index)
            leader[max(one, other)] = min(one, other)
    groups: dict[int, list[FoundTarget]] = {}
    for index, target in enumerate(targets):
        groups.setdefault(find(index), []).append(target)
    return list(groups.values())


def as_one(group: Sequence[FoundTarget], left_out: list[str]) -> FoundTarget:
    """What is told of one box: the own word of a box before what others say of it."""
    first, *others = sorted(group, key=is_named_after_host)
    for other in others:
        changes: dict[str, Any] = {}
        for key in _SCALARS:
            mine, theirs = getattr(first, key), getattr(other, key)
            if mine is None:
                changes[key] = theirs
            elif theirs not in (None, mine) and key in ("role", "release") and not is_named_after_host(other):
                left_out.append(f"{first.name}: {other.told_by} says {key} {theirs}, {first.told_by} says {mine}")
        first = replace(
            first,
            **changes,
            ports=first.ports or other.ports,
            tags=tuple(dict.fromkeys((*first.tags, *other.tags))),
            settings={**other.settings, **first.settings},
            slots={**other.slots, **first.slots},
            trusted_cas=first.trusted_cas or other.trusted_cas,
            cluster_peers=first.cluster_peers or other.cluster_peers,
            known_as=tuple(dict.fromkeys((*first.known_as, *names_of(other)))),
        )
    return first
