"""Which verdicts are one problem: those that a person settles together, on one box or on all of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ekuscan.findings import SECTIONS, Finding, Section, askable, section_of, slot_key
from ekuscan.model import Verdict
from ekuscan.rules.tables import Tables
from ekuscan.twins import told


@dataclass(slots=True)
class Group:
    """Verdicts that a person acts on together; ``stranger`` is the end outside the inventory that they hang on."""

    section: Section
    stranger: str | None
    items: list[Finding] = field(default_factory=list)


def grouped(findings: Sequence[Finding], tables: Tables) -> list[Group]:
    """What there is to act on, gravest section first; what is fine is in no group."""
    groups: dict[tuple[str, ...], Group] = {}
    broken = {slot_key(item) for item in findings if section_of(item.verdict) == "broken-now"}
    for item in findings:
        section = section_of(item.verdict)
        if section is None or item.whole:
            continue
        if section == "at-risk" and item.verdict.now == "at-risk" and slot_key(item) in broken:
            section = "broken-now"
        stranger = _stranger(item, section)
        if stranger is not None and section == "decide" and not _may_break(item.verdict):
            # At worst a risk: the own certificate is what there is to act on, whatever that far end does.
            section, stranger = "at-risk", None
        key: tuple[str, ...] = (section, *slot_key(item))
        if stranger is not None:
            section, key = "unknown", ("unknown", stranger)
        elif section == "decide":
            key = (section, *(fork.fact for fork in askable(item.verdict)))
        elif section == "unknown" and (unsaid := unsaid_fact(item, tables)) is not None:
            key = (section, unsaid)
        groups.setdefault(key, Group(section, stranger)).items.append(item)
    return sorted(groups.values(), key=_order)


def unsaid_fact(item: Finding, tables: Tables) -> str | None:
    """The setting that says whether an unseen slot of the box is in use at all, where its default is that none is."""
    for fork in item.verdict.forks:
        owner, _, name = fork.fact.rpartition(".")
        default = tables.settings[name].default if name in tables.settings and owner == item.presents else None
        if default is not None and default in fork.values and fork.values[default].now != "unknown":
            return fork.fact
    return None


def with_twins(groups: Sequence[Group]) -> list[list[Group]]:
    """The groups, those of members of a cluster together that differ in nothing but the member's name."""
    members: dict[str, set[str]] = {}
    for group in groups:
        for item in group.items:
            if item.cluster is not None:
                members.setdefault(item.cluster, set()).add(item.presents)
    found: dict[object, list[Group]] = {}
    for place, group in enumerate(groups):
        found.setdefault(_signature(group, members) or place, []).append(group)
    return list(found.values())


def _signature(group: Group, members: Mapping[str, set[str]]) -> object | None:
    """What a member's problem is, whichever member has it; None where it is no one member's."""
    first = group.items[0]
    if first.cluster is None or group.stranger is not None:
        return None
    if any(item.presents != first.presents for item in group.items):
        return None
    every = members[first.cluster]
    rows = [(item.issuer, told(item.verdict, item.verifier, first.presents, every)) for item in group.items]
    return group.section, first.cluster, first.verdict.slot, tuple(sorted(rows, key=str))


def _stranger(item: Finding, section: Section) -> str | None:
    """The end that is not in the inventory and on which everything hangs that a verdict leaves open."""
    outside = set(item.strangers)
    if section == "unknown":
        name = slot_key(item)[0]
        return name if name in outside else None
    if section != "decide":
        return None
    owners = {fork.fact.rpartition(".")[0] for fork in askable(item.verdict)}
    return min(owners) if owners and owners <= outside else None


def _may_break(verdict: Verdict) -> bool:
    branches = [branch for fork in verdict.forks for branch in fork.values.values()]
    return any(answer not in ("ok", "at-risk") for branch in branches for answer in (branch.now, branch.next))


def _order(group: Group) -> tuple[int, int, float, int]:
    first = min((i.verdict.when.timestamp() for i in group.items if i.verdict.when), default=0.0)
    client_slot = any(item.verdict.slot == "client" for item in group.items)
    return SECTIONS.index(group.section), 0 if client_slot else 1, first, -len(group.items)
