"""``--set NAME.setting=value``: a setting of a box, of every member of a cluster, or of a connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ekuscan.foresight import Alteration
from ekuscan.model import Connection, Fact, Target
from ekuscan.names import printable
from ekuscan.rules import releases
from ekuscan.rules.tables import Setting
from ekuscan.verdict.links import names
from ekuscan.what_if.settled import Grounds, Notes, Settled, known_or, listed

_FORM = "write NAME.SETTING=VALUE, for example 'core>edge/neighbor-zone.tls_verify=off' or exp-e1.sip_eku_check=off"


def with_settings(settled: Settled, texts: Iterable[str], grounds: Grounds, notes: Notes) -> Settled:
    """The estate with other settings. What is wrong with the texts is noted."""
    taken: set[str] = set()
    for text in texts:
        shown = f"--set {printable(text, 160)}"
        left, equals, value = text.partition("=")
        name, dot, word = left.rpartition(".")
        if not (equals and dot and name and word):
            notes.faults.append(f"{shown}: {_FORM}")
            continue
        if left in taken:
            notes.faults.append(f"{shown}: {printable(left, 120)} is set twice; write it once")
            continue
        taken.add(left)
        row = grounds.tables.settings.get(word)
        if row is None:
            hint = known_or(word, tuple(grounds.tables.settings), f"write one of {listed(_all(grounds))}")
            notes.faults.append(f"{shown}: {printable(word, 80)} is no setting; {hint}")
        elif row.values and value not in row.values:
            notes.faults.append(f"{shown}: {word} is {' or '.join(row.values)}, not {printable(value, 40)}")
        elif row.of == "connection":
            settled = _on_connection(settled, name, row, value, shown, grounds, notes)
        else:
            settled = _on_targets(settled, name, row, value, shown, grounds, notes)
    return settled


def _all(grounds: Grounds) -> tuple[str, ...]:
    return tuple(grounds.tables.settings)


def _on_targets(
    settled: Settled, name: str, row: Setting, value: str, shown: str, grounds: Grounds, notes: Notes
) -> Settled:
    members = settled.members(name)
    if not members:
        hint = known_or(name, settled.names, f"write one of {listed(settled.names)}")
        notes.faults.append(f"{shown}: {printable(name, 80)} is no target and no cluster; {hint}")
        return settled
    same = []
    for one in members:
        target = settled.targets[one]
        problem = _unfit(target, row, grounds)
        if problem is not None:
            notes.faults.append(f"{shown}: {problem}")
            return settled
        told = target.settings.get(row.name)
        if told is not None and told.value == value:
            same.append(one)
            continue
        notes.alterations.append(Alteration("setting", one, row.name, told.value if told else None, value))
        settled = settled.with_target(replace(target, settings={**target.settings, row.name: Fact(value, "declared")}))
    if len(same) == len(members):
        notes.faults.append(f"{shown}: {row.name} is {value} there already, so this touches nothing")
    return settled


def _unfit(target: Target, row: Setting, grounds: Grounds) -> str | None:
    """Why a box cannot have a setting."""
    if target.role_from == "default" and not grounds.looked:
        return None
    if "*" not in row.roles and target.role not in row.roles:
        return f"{target.id} is {target.role}; {row.name} is a setting of {' or '.join(row.roles)}"
    if target.release is None:
        return None
    release = releases.parse(target.role, target.release)
    for condition in row.releases:
        if not release.overlaps(condition.low or (), condition.high):
            return f"{row.name} exists on releases {condition.text}, and {target.id} runs {target.release}"
    return None


def _on_connection(
    settled: Settled, name: str, row: Setting, value: str, shown: str, grounds: Grounds, notes: Notes
) -> Settled:
    found = _connections(settled, name)
    if len(found) > 1:
        found = [one for one in found if _read(row, one, grounds)] or found
    if len(found) != 1:
        ids = tuple(one.id for one in found or settled.connections)
        if not found and not grounds.looked and settled.roles_open:
            return settled
        hint = known_or(name, ids, f"write one of {listed(ids)}" if ids else "there is none")
        kind = "fits several connections" if found else "is no connection"
        notes.faults.append(f"{shown}: {printable(name, 80)} {kind}; {hint}")
        return settled
    connection = found[0]
    told = connection.settings.get(row.name)
    if told is not None and told.value == value:
        notes.faults.append(f"{shown}: {row.name} is {value} there already, so this touches nothing")
        return settled
    if not _read(row, connection, grounds):
        notes.faults.append(
            f"{shown}: no rule of {connection.use_case} looks at {row.name} of a connection, so this touches nothing"
        )
        return settled
    notes.alterations.append(Alteration("setting", connection.id, row.name, told.value if told else None, value))
    fact = Fact(value, "declared")
    return replace(
        settled,
        connections=tuple(
            replace(one, settings={**one.settings, row.name: fact})
            if one is connection or _is_back_of(one, connection, row, settled, grounds)
            else one
            for one in settled.connections
        ),
    )


def _is_back_of(back: Connection, connection: Connection, row: Setting, settled: Settled, grounds: Grounds) -> bool:
    """Whether a connection was assumed as the other direction of this one, and has the setting from it."""
    use_case = grounds.tables.use_cases.get(connection.use_case)
    if use_case is None or not use_case.dials_back or row.name not in use_case.both_have:
        return False
    if back.origin != "assumed" or back.use_case != connection.use_case:
        return False
    ends = ((back.from_, connection.to), (back.to, connection.from_))
    turned = all(set(settled.members(one)) <= set(settled.members(other)) for one, other in ends)
    return turned and back.settings.get(row.name) == connection.settings.get(row.name)


def _read(row: Setting, connection: Connection, grounds: Grounds) -> bool:
    """Whether some rule over this connection looks at a setting of connections."""
    tables = grounds.tables
    base = set(names(connection.use_case, tables.use_cases))
    over = [one for one in tables.use_cases if base & set(names(one, tables.use_cases))]
    rules = [rule for one in over for rule in tables.rules_of(one)]
    conditions = [c for rule in rules for c in (*rule.applies, *(c for case in rule.cases for c in case.when))]
    return any(condition.fact == f"link.{row.name}" for condition in conditions)


def _connections(settled: Settled, name: str) -> list[Connection]:
    """The connection of this id, else those between the two ends that the name joins."""
    whole = [one for one in settled.connections if one.id == name]
    return whole or [one for one in settled.connections if f"{one.from_}>{one.to}" == name]
