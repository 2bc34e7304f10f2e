"""Rows of use cases and settings, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ekuscan.model import RoleName
from ekuscan.rules.reading import Row, shown
from ekuscan.rules.tables import FAR_ENDS, Setting, UseCase


def setting_row(file: str, name: str, values: Mapping[str, Any]) -> Setting:
    row = Row(file, name, values)
    of = row.take("of", str)
    roles = row.words("roles", ("*",)) or ("*",)
    setting = Setting(
        name=name,
        of="connection" if of == "connection" else "target",
        roles=roles,
        releases=row.bounds("releases", roles[0]),
        values=row.words("values"),
        default=row.maybe("default", str),
        read_at=row.take("read_at", str),
        question=row.take("question", str),
        observed_as=row.maybe("observed_as", str),
        source=row.words("source"),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    if of not in ("target", "connection") or (setting.default and setting.default not in setting.values):
        row.fault("of", "of is target or connection, and a default is one of the values")
    row.done()
    return setting


def use_case_row(file: str, name: str, values: Mapping[str, Any]) -> UseCase:
    row = Row(file, name, values)
    dials, answers = row.words("from", ()), row.words("to", ())
    assume = row.take("assume", object, False)
    use_case = UseCase(
        name=name,
        title=row.take("title", str),
        from_=dials,
        to=answers,
        both_ways=row.take("both_ways", bool, False),
        dials_back=row.take("dials_back", bool, False),
        both_have=row.words("both_have", ()),
        single=row.take("single", bool, False),
        itself=row.take("itself", bool, False),
        assume=_pairs(row, assume, dials, answers),
        far_end=_by_role(row, "far_end", (*dials, *answers)),
        far_end_slot=_by_role(row, "far_end_slot", (*dials, *answers, *FAR_ENDS)),
        far_end_unless=row.words("far_end_unless", ()),
        rides_on=row.maybe("rides_on", str),
        same_as=row.maybe("same_as", str),
        parts=row.words("parts", ()),
        parts_if_used=row.words("parts_if_used", ()),
        also=row.words("also", ()),
        services=_by_role(row, "service", get_args(RoleName)),
        note=row.take("note", str, ""),
        source=row.words("source", ()),
    )
    row.done()
    return use_case


def _by_role(row: Row, key: str, roles: tuple[str, ...]) -> dict[str, str]:
    """One text for all of these roles, or a text for each role that the row names."""
    value = row.take(key, object, {})
    if isinstance(value, str):
        return dict.fromkeys(roles, value)
    if isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()):
        return {str(role): str(text) for role, text in value.items()}
    row.fault(key, f"{key} is {shown(value)}, neither text nor texts by role")
    return {}


def _pairs(row: Row, assume: object, dials: tuple[str, ...], answers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if assume is True:
        return tuple((dial, answer) for dial in dials for answer in answers)
    if assume is False:
        return ()
    if isinstance(assume, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in assume):
        return tuple((str(dial), str(answer)) for dial, answer in assume)
    row.fault("assume", "assume is true, false or a list of role pairs")
    return ()
