"""Rows of rules, verifiers and TLS stacks, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from ekuscan.model import Answer, Confidence, RoleName, Stack
from ekuscan.rules.reading import Row, flatten, shown
from ekuscan.rules.tables import As, Case, Check, ClientEku, Example, Presents, Rule, StackHabit, Verifier, VerifierCase


def rule_row(file: str, values: Mapping[str, Any]) -> Rule:
    row = Row(file, str(values.get("id", "a rule without id")), values)
    presents = row.inner("presents")
    end = Presents(presents.some("role"), presents.take("slot", str), presents.one_of("as", As))
    presents.done()
    role = end.roles[0] if end.roles[0] != "*" else "generic"
    verifies = row.take("verifies", str)
    other = verifies if verifies in get_args(RoleName) else None
    rule = Rule(
        id=row.take("id", str),
        also=row.words("also", ()),
        use_case=row.take("use_case", str),
        check=row.one_of("check", Check),
        presents=end,
        verifies=verifies,
        needs=row.words("needs"),
        applies=row.conditions("applies", role, {}, other),
        cases=tuple(_case(case, role, other) for case in row.rows("case")),
        examples=tuple(_example(example) for example in row.rows("example")),
        says=_says(row),
        remedies=row.words("remedies", ()),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
        far_end=row.take("far_end", bool, True),
        named_by=row.take("named_by", str, ""),
    )
    row.done()
    return rule


def _says(row: Row) -> dict[str, str]:
    says = row.take("says", dict, {})
    for answer, text in says.items():
        if answer not in get_args(Answer) or not isinstance(text, str):
            row.fault("says", f"says.{answer} is {shown(text)}; write a text for one of {', '.join(get_args(Answer))}")
    return says


def _case(row: Row, role: str, verifies: str | None) -> Case:
    told = any(row.has(key) for key in ("ask_verifier", "lacking", "unverified", "answer"))
    case = Case(
        when=row.conditions("when", role, {}, verifies),
        needs=row.words("needs") if row.has("needs") else None,
        ask_verifier=row.take("ask_verifier", bool, False),
        lacking=row.one_of("lacking", Answer) if row.has("lacking") else None,
        unverified=row.take("unverified", bool, False),
        answer=row.one_of("answer", Answer) if row.has("answer") else None,
        confidence=row.one_of("confidence", Confidence) if row.has("confidence") else None,
    )
    if not told:
        row.fault("lacking", "a case needs lacking, ask_verifier, unverified or answer")
    row.done()
    return case


def _example(row: Row) -> Example:
    expect = row.take("expect", object)
    example = Example(
        id=row.take("id", str),
        given=flatten(row.take("given", dict)),
        expect=expect if isinstance(expect, str) else _fork(row, expect),
    )
    for fact, value in example.given.items():
        if not isinstance(value, str):
            row.fault("given", f"given: {fact} is {shown(value)}, not text")
    row.done()
    return example


def _fork(row: Row, expect: object) -> dict[str, dict[str, str]]:
    if not isinstance(expect, Mapping):
        row.fault("expect", f"expect is {shown(expect)}, neither an answer nor a fork")
        return {}
    fork: dict[str, dict[str, str]] = {}
    for key, value in flatten(expect).items():
        fact, _, branch = key.rpartition(".")
        fork.setdefault(fact, {})[branch] = value
    return fork


def verifier_row(file: str, values: Mapping[str, Any]) -> Verifier:
    row = Row(file, str(values.get("id", "a verifier without id")), values)
    roles = row.some("role")
    verifier = Verifier(
        id=row.take("id", str),
        also=row.words("also", ()),
        roles=roles,
        stack=row.one_of("stack", Stack),
        cases=tuple(_verifier_case(case, roles[0]) for case in row.rows("case")),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    row.done()
    return verifier


def _verifier_case(row: Row, role: str) -> VerifierCase:
    case = VerifierCase(
        row.conditions("when", role, {}),
        row.one_of("client_eku", ClientEku),
        row.one_of("confidence", Confidence) if row.has("confidence") else None,
    )
    row.done()
    return case


def stack_row(values: Mapping[str, Any]) -> StackHabit:
    """What servers on a TLS stack do by default. Raises `TableError`."""
    row = Row("verifiers.toml", f"stack {values.get('stack')}", values)
    habit = StackHabit(
        stack=row.one_of("stack", Stack),
        client_eku=row.one_of("client_eku", Literal["checked", "ignored"]),
        source=row.words("source"),
        confidence=row.one_of("confidence", Confidence),
        checked=row.day("checked"),
        note=row.take("note", str, ""),
    )
    row.done()
    return habit
