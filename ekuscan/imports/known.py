"""What the targets file has already, and what each found target is called in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ekuscan.imports.box_names import sound_name
from ekuscan.imports.found import FoundTarget
from ekuscan.imports.unify import as_one, is_named_after_host, names_of
from ekuscan.record import record
from ekuscan.targets.address import canonical, is_ip, label
from ekuscan.targets.draft import Draft
from ekuscan.targets.errors import one_of, shown
from ekuscan.targets.words import NAME_LIMIT


@record
class Placed:
    """A found target and its name in the file; ``draft`` is what the file says of it, None for a new one."""

    found: FoundTarget
    name: str
    draft: Draft | None
    cluster: str | None = None


@record
class Known:
    """The found targets that have a place in the file, and who is meant by a name, an address or a cluster.

    ``left_out`` has a sentence for each found target that could be several of the file, and for each with members of
    its cluster missing.
    """

    placed: tuple[Placed, ...]
    ends: Mapping[str, tuple[str, ...]]
    clusters: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]

    def members(self, end: str) -> tuple[str, ...]:
        """The names of the targets that are meant by a name, an address or a cluster; none where nobody is."""
        return self.ends.get(canonical(end.removeprefix("[").removesuffix("]")), ())


def known(found: Sequence[FoundTarget], drafts: Sequence[Draft]) -> Known:
    """Finds each target in the file by its name or host, and names those that are new."""
    by_name = {draft.id.lower(): draft for draft in drafts}
    by_host: dict[str, list[Draft]] = {}
    for draft in drafts:
        for host in {draft.host, draft.server_name} - {None}:
            by_host.setdefault(canonical(host or ""), []).append(draft)
    left_out: list[str] = []
    taken = {draft.cluster.lower() for draft in drafts if draft.cluster}
    matches: list[tuple[FoundTarget, Draft | None]] = []
    for target in found:
        same = _same(target, by_name, by_host)
        if len(same) > 1:
            either = one_of([draft.id for draft in same])
            left_out.append(f"{shown(target.name)} ({shown(target.told_by)}) may be {either}: left out")
        elif not same and target.host is None and target.name.lower() in taken:
            left_out.append(f"{shown(target.name)} ({shown(target.told_by)}) is a cluster in the file: left out")
        else:
            matches.append((target, same[0] if same else None))
    matches = _once_each(matches, left_out)
    clusters = _cluster_names(matches, drafts)
    names = _names(matches, {*by_name, *(name.lower() for name in clusters.values())})
    placed = tuple(
        Placed(target, name, draft, clusters.get(target.cluster or "", draft.cluster if draft else None))
        for (target, draft), name in zip(matches, names, strict=True)
    )
    members = _members(placed, drafts)
    ends = _ends(placed, drafts, clusters, members)
    return Known(placed, ends, members, (*left_out, *_missing_members(placed, ends, members)))


def _same(
    target: FoundTarget, by_name: Mapping[str, Draft], by_host: Mapping[str, Sequence[Draft]]
) -> tuple[Draft, ...]:
    named = by_name.get(target.name.lower())
    if named is not None:
        return (named,)
    same = {draft.id: draft for name in names_of(target) for draft in by_host.get(name, ())}
    same |= {draft.id: draft for name in target.known_as if (draft := by_name.get(name.lower()))}
    return tuple(same.values())


def _once_each(
    matches: Sequence[tuple[FoundTarget, Draft | None]], left_out: list[str]
) -> list[tuple[FoundTarget, Draft | None]]:
    """What nothing but the file knows to be one box, by its name there and by its host, becomes one."""
    groups: dict[str | int, list[tuple[FoundTarget, Draft | None]]] = {}
    for number, (target, draft) in enumerate(matches):
        groups.setdefault(draft.id if draft else number, []).append((target, draft))
    return [(as_one([target for target, _ in group], left_out), group[0][1]) for group in groups.values()]


def _cluster_names(matches: Sequence[tuple[FoundTarget, Draft | None]], drafts: Sequence[Draft]) -> dict[str, str]:
    """What the file calls each found cluster: as its members there are called, else as it was found."""
    taken = {draft.id.lower() for draft in drafts} | {target.name.lower() for target, _ in matches}
    found: dict[str, str] = {}
    for target, draft in matches:
        if target.cluster and draft is not None and draft.cluster:
            found.setdefault(target.cluster, draft.cluster)
    for target, _ in matches:
        if target.cluster and target.cluster not in found:
            name = sound_name(target.cluster)
            found[target.cluster] = f"{name}-cluster" if name.lower() in taken else name
    return found


def _names(matches: Sequence[tuple[FoundTarget, Draft | None]], taken: set[str]) -> list[str]:
    """A name for each: the file's, its own, or as short as its host's can be without being another's."""
    names: list[str] = []
    taken = set(taken)
    for target, draft in matches:
        if draft is not None:
            names.append(draft.id)
            continue
        name = next(name for name in _candidates(target) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _candidates(target: FoundTarget) -> Iterable[str]:
    if is_named_after_host(target):
        host = target.host or ""
        # A far end is one of many: the first label of its name ("sip") says nothing.
        if not is_ip(host) and target.role != "outside":
            yield host.split(".")[0]
        yield label(host)
        stem = sound_name(host)
    else:
        stem = sound_name(target.name)
        yield stem
    number = 2
    while True:
        yield f"{stem[: NAME_LIMIT - 8]}-{number}"
        number += 1


def _members(placed: Iterable[Placed], drafts: Iterable[Draft]) -> dict[str, tuple[str, ...]]:
    members: dict[str, dict[str, None]] = {}
    for name, cluster in [(d.id, d.cluster) for d in drafts] + [(p.name, p.cluster) for p in placed]:
        if cluster:
            members.setdefault(cluster, {})[name] = None
    return {cluster: tuple(names) for cluster, names in members.items()}


def _missing_members(
    placed: Iterable[Placed], ends: Mapping[str, tuple[str, ...]], members: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """A sentence for each box with members of its cluster that it knows by their addresses, and nothing else knows.

    The file may have a member by a name only, so a cluster that is as large as the box says is whole.
    """
    for one in placed:
        inside = set(members.get(one.cluster or "", ()))
        if len(inside) > len(one.found.cluster_peers):
            continue
        missing = [
            peer
            for peer in one.found.cluster_peers
            if is_ip(canonical(peer)) and not inside.intersection(ends.get(canonical(peer), ()))
        ]
        if missing:
            yield f"{one.name}: other members of its cluster ({', '.join(missing)}): import theirs too"


def _ends(
    placed: Iterable[Placed],
    drafts: Iterable[Draft],
    cluster_names: Mapping[str, str],
    members: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Who is meant by what; a target's name comes before its host, both before a cluster's."""
    ends: dict[str, tuple[str, ...]] = {}
    for one in placed:
        ends.setdefault(canonical(one.name), (one.name,))
        for name in names_of(one.found):
            ends.setdefault(name, (one.name,))
    for draft in drafts:
        for said in (draft.id, draft.host, draft.server_name):
            if said:
                ends.setdefault(canonical(said), (draft.id,))
    for told, name in cluster_names.items():
        ends.setdefault(canonical(told), members.get(name, ()))
    for cluster, inside in members.items():
        ends.setdefault(canonical(cluster), inside)
    return ends
