"""Declared connections: their ends looked up, their roles held against the use case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ekuscan.model import Connection, Fact, RoleName
from ekuscan.targets.draft import ConnectionDraft, Draft
from ekuscan.targets.errors import Problems, one_of, shown, suggestion
from ekuscan.targets.vocabulary import UseCaseShape, Vocabulary

# An end's roles; None stands for a box whose role is not known yet.
Roles = frozenset[RoleName | None]


def connections(
    declared: Iterable[ConnectionDraft], drafts: Sequence[Draft], vocabulary: Vocabulary, problems: Problems
) -> tuple[Connection, ...]:
    """The declared connections between targets and clusters; what is wrong with them is noted."""
    ends = ends_of(drafts, problems)
    found: dict[str, ConnectionDraft] = {}
    made: list[Connection] = []
    for draft in declared:
        connection = _connection(draft)
        if connection.id in found:
            problems.add(draft.place, f"found twice; line {found[connection.id].place.line} has it already")
            continue
        found[connection.id] = draft
        if _ends_exist(draft, ends, vocabulary, problems):
            problem = roles_problem(draft, ends, vocabulary)
            if problem:
                problems.add(draft.at("use_case"), problem)
        made.append(connection)
    return tuple(made)


def _connection(draft: ConnectionDraft) -> Connection:
    origin: Literal["imported", "declared"] = "imported" if draft.imported else "declared"
    return Connection(
        id=f"{draft.from_}>{draft.to}/{draft.use_case}",
        use_case=draft.use_case,
        from_=draft.from_,
        to=draft.to,
        settings={name: Fact(value, origin) for name, value in draft.settings.items()},
        origin=origin,
        line=draft.place.line,
    )


def ends_of(drafts: Sequence[Draft], problems: Problems) -> dict[str, Roles]:
    """Targets and clusters by name, with their roles."""
    ends: dict[str, set[RoleName | None]] = {draft.id: {draft.role} for draft in drafts}
    names = frozenset(ends)
    for draft in drafts:
        if draft.cluster is None:
            continue
        if draft.cluster in names:
            problems.add(draft.at("cluster"), f"found {draft.cluster}, the name of a target; give the cluster another")
        else:
            ends.setdefault(draft.cluster, set()).add(draft.role)
    return {name: frozenset(roles) for name, roles in ends.items()}


def _ends_exist(draft: ConnectionDraft, ends: Mapping[str, Roles], vocabulary: Vocabulary, problems: Problems) -> bool:
    missing = False
    for key, name in (("from", draft.from_), ("to", draft.to)):
        if name not in ends:
            missing = True
            problems.add(draft.at(key), f"found {shown(name)}, no target or cluster; {suggestion(name, tuple(ends))}")
    alone = vocabulary.use_cases.get(draft.use_case, UseCaseShape()).itself
    if draft.from_ == draft.to and not missing and not alone:
        problems.add(draft.at("to"), f"found {draft.to} at both ends; write the other end")
    return not missing


def roles_problem(draft: ConnectionDraft, ends: Mapping[str, Roles], vocabulary: Vocabulary) -> str | None:
    """What is wrong with the roles of a connection whose ends exist, None where nothing is."""
    shape = vocabulary.use_cases.get(draft.use_case, UseCaseShape())
    dials, answers = ends[draft.from_], ends[draft.to]
    forward = _fits(dials, shape.from_roles) and _fits(answers, shape.to_roles)
    reverse = _fits(dials, shape.to_roles) and _fits(answers, shape.from_roles)
    if forward or (reverse and shape.both_ways):
        return None
    found = f"{draft.from_} is {_named(_known(dials))}, {draft.to} is {_named(_known(answers))}"
    if shape.both_ways:
        return f"{draft.use_case} joins {_named(shape.from_roles)} with {_named(shape.to_roles)}; {found}"
    goes = f"{draft.use_case} goes from {_named(shape.from_roles)} to {_named(shape.to_roles)}"
    return f"{goes}; {'swap from and to' if reverse else found}"


def _fits(roles: Roles, allowed: Sequence[str]) -> bool:
    return not allowed or "*" in allowed or None in roles or any(role in allowed for role in roles)


def _known(roles: Roles) -> list[str]:
    return sorted(role for role in roles if role)


def _named(roles: Sequence[str]) -> str:
    return one_of(tuple(roles)) if roles else "any role"
