"""Tables that a site adds with ``--rules``: read as strictly as the packed ones, and put beside them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules import references
from ekuscan.rules.reading import RowError, RowFault, shown
from ekuscan.rules.remedy_rows import remedy_row
from ekuscan.rules.rule_rows import rule_row, verifier_row
from ekuscan.rules.tables import RemedyRow, Rule, Setting, Tables, UseCase, Verifier
from ekuscan.rules.toml_lines import RowLines, row_lines
from ekuscan.rules.use_case_rows import setting_row, use_case_row
from ekuscan.sources import SourceRow, published
from ekuscan.table_rows import TableError, build, parse_table
from ekuscan.targets.errors import Place, Problems, not_one_of

SIZE_LIMIT = 1_000_000
"""Bytes of one file of rules."""

_LISTED, _NAMED = ("rule", "verifier", "remedy"), ("source", "setting", "use_case")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_SYNTAX = re.compile(r"(?P<text>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
# Words that stand for something else where a name may stand.
_RESERVED = frozenset(
    {"role", "release", "eku", "same_release", "ca_listed", "ca_trusted", "browser_trust", "client_slot_eku", "in_time"}
)

Built = Rule | Verifier | RemedyRow | Setting | UseCase | SourceRow


@record
class SiteRow:
    """A row of a site's file: ``kind`` is its table, ``name`` its id, ``built`` what it says, None if it is wrong."""

    kind: str
    name: str
    file: str
    lines: RowLines
    values: Mapping[str, Any]
    built: Built | None = None

    def at(self, key: str = "") -> Place:
        """Where the row, or one of its keys, stands."""
        return Place(self.file, self.lines.of(key) or None, f"{self.kind} {self.name}")


def read(files: Sequence[tuple[str, bytes]], tables: Tables, problems: Problems) -> tuple[Tables, tuple[SiteRow, ...]]:
    """The packed tables with a site's rows behind them, and these rows. Notes everything that is wrong.

    ``files`` are names and contents. What the rows say has to be checked by their examples as well.
    """
    rows = [row for name, data in files for row in _rows(name, data, problems)]
    taken = _taken_names(rows, tables, problems)
    rows = [_built(row, problems) for row in rows]
    own = [replace(row, built=None) if place in taken else row for place, row in enumerate(rows)]
    merged = _merged(tables, own, [data for _, data in files])
    # A row that is wrong in itself is no reason to say of another one that what it names does not exist.
    named = _with_names(merged, own)
    right = [_refers(row, named, problems) for row in rows]
    return merged, tuple(row if fine else replace(row, built=None) for row, fine in zip(own, right, strict=True))


def _rows(file: str, data: bytes, problems: Problems) -> Iterator[SiteRow]:
    top = Place(file)
    if len(data) > SIZE_LIMIT:
        problems.add(top, f"found more than {SIZE_LIMIT:,} bytes; give a file of rules")
        return
    try:
        parsed = parse_table(file, data)
    except (TableError, RecursionError) as error:
        problems.add(*_syntax(file, error))
        return
    lines = row_lines(data.decode())
    if not parsed:
        problems.add(top, "found no rows; write [[rule]], and what rules need beside it")
    for kind, value in parsed.items():
        if kind not in (*_LISTED, *_NAMED):
            problems.add(top, f"unknown table {not_one_of(kind, (*_LISTED, *_NAMED)).removeprefix('found ')}")
        elif kind in _LISTED and isinstance(value, list):
            for number, row in enumerate(value):
                yield from _row(kind, None, file, lines.get((kind, str(number))), row, problems)
        elif kind in _NAMED and isinstance(value, Mapping):
            for name, row in value.items():
                yield from _row(kind, name, file, lines.get((kind, name)), row, problems)
        else:
            problems.add(
                top, f"{kind} is {shown(value)}; write {'[[' + kind + ']]' if kind in _LISTED else f'[{kind}.NAME]'}"
            )


def _syntax(file: str, error: Exception) -> tuple[Place, str]:
    if isinstance(error, RecursionError):
        return Place(file), "found values nested too deeply for TOML"
    told = str(error).removeprefix(f"{file}: ")
    match = _SYNTAX.fullmatch(told)
    line = int(match["line"]) if match and match["line"] else None
    return Place(file, line), f"not TOML: {printable(match['text'] if match else told, 120)}"


def _row(
    kind: str, name: str | None, file: str, lines: RowLines | None, values: object, problems: Problems
) -> Iterator[SiteRow]:
    if not isinstance(values, Mapping):
        problems.add(Place(file), f"{kind} has {shown(values)} in it, not a table")
        return
    told = str(values.get("id", "without id")) if name is None else name
    row = SiteRow(kind, told, file, lines or RowLines(0), values)
    if (name is not None or "id" in values) and _NAME.fullmatch(told) is None:
        problems.add(row.at("id"), "a name has letters, digits, - and _, at most 60")
        return
    yield row


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text in a row, keys too, with the row's own key that it stands under."""
    waiting: list[tuple[str, Any]] = [(key, value) for key, value in values.items()]
    yield from ((key, key) for key in values)
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, Mapping):
            waiting += [(key, one) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            waiting += [(key, one) for one in value]


def _taken_names(rows: Sequence[SiteRow], tables: Tables, problems: Problems) -> set[int]:
    """The places of rows whose name, or whose role, some other row has already."""
    taken, found = _taken(tables), set[int]()
    first: dict[tuple[str, str], SiteRow] = {}
    for place, row in enumerate(rows):
        other = first.setdefault((row.kind, row.name), row)
        own = _verifier_of(row, tables)
        if row.name in taken[row.kind]:
            problems.add(row.at("id"), f"{row.name} is taken by the packed tables; write another, as SITE-{row.name}")
        elif other is not row and row.name != "without id":
            problems.add(row.at("id"), f"{row.name} stands twice; first in {other.file}, line {other.lines.line}")
        elif own is not None:
            told = (
                f"{own.id} answers for {', '.join(own.roles)} already; state client_eku on the box in the targets file"
            )
            problems.add(row.at("role"), told)
        else:
            continue
        found.add(place)
    return found


def _verifier_of(row: SiteRow, tables: Tables) -> Verifier | None:
    """The packed verifier row that a site's one would come beside."""
    told = row.values.get("role")
    roles = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    found = (tables.verifier(role) for role in roles if row.kind == "verifier" and isinstance(role, str))
    return next((own for own in found if own is not None), None)


def _taken(tables: Tables) -> Mapping[str, frozenset[str]]:
    ids = [id_ for rule in tables.rules for id_ in (rule.id, *rule.also)]
    ids += [id_ for row in tables.verifiers for id_ in (row.id, *row.also)]
    ids += [alias.id for alias in tables.aliases] + [change.id for change in tables.changes]
    ids += [row.name.upper() for row in tables.use_cases.values() if row.parts]
    return {
        "rule": frozenset(ids),
        "verifier": frozenset(ids),
        "remedy": frozenset(tables.remedies),
        "source": frozenset(tables.sources),
        "setting": frozenset(tables.settings) | _RESERVED,
        "use_case": frozenset(tables.use_cases),
    }


_READERS: Mapping[str, Callable[[str, str, Mapping[str, Any]], Built]] = {
    "rule": lambda file, name, values: rule_row(file, values),
    "verifier": lambda file, name, values: verifier_row(file, values),
    "remedy": lambda file, name, values: remedy_row(file, values),
    "setting": setting_row,
    "use_case": use_case_row,
    "source": lambda file, name, values: build(SourceRow, file, values, name),
}


def _built(row: SiteRow, problems: Problems) -> SiteRow:
    for key, text in _texts(row.values):
        if not text.replace("\n", "" if key == "note" else "\n").isprintable():
            problems.add(row.at(key), f"{printable(key, 60)} has a character in it that cannot be printed")
            return row
    try:
        return replace(row, built=_READERS[row.kind](row.file, row.name, row.values))
    except RowError as error:
        for fault in error.faults:
            problems.add(row.at(fault.key), fault.text)
    except TableError as error:
        problems.add(row.at(), printable(str(error).removeprefix(f"{row.file}: {row.name}: "), 300))
    return row


def _refers(row: SiteRow, tables: Tables, problems: Problems) -> bool:
    """Whether a row is right in itself and names only what exists."""
    if row.built is None:
        return False
    faults = list(_faults(row.built, tables))
    for fault in faults:
        problems.add(row.at(fault.key), fault.text)
    return not faults


def _faults(built: Built, tables: Tables) -> Iterator[RowFault]:
    if isinstance(built, Rule):
        return references.rule_faults(built, tables)
    if isinstance(built, Verifier):
        return references.verifier_faults(built, tables)
    if isinstance(built, Setting):
        return references.setting_faults(built, tables)
    if isinstance(built, UseCase):
        return references.use_case_faults(built, tables)
    if isinstance(built, RemedyRow):
        return references.remedy_faults(built, tables)
    return iter(())


def _merged(tables: Tables, rows: Sequence[SiteRow], contents: Sequence[bytes]) -> Tables:
    built = [(row.name, row.built) for row in rows]
    digests = sorted(hashlib.sha256(data).hexdigest() for data in contents)
    days = [tables.date, *(one.checked for _, one in built if isinstance(one, Rule | Verifier | Setting))]
    return replace(
        tables,
        rules=(*tables.rules, *(one for _, one in built if isinstance(one, Rule))),
        verifiers=(*tables.verifiers, *(one for _, one in built if isinstance(one, Verifier))),
        settings={**tables.settings, **{name: one for name, one in built if isinstance(one, Setting)}},
        use_cases={**tables.use_cases, **{name: one for name, one in built if isinstance(one, UseCase)}},
        remedies={**tables.remedies, **{name: one for name, one in built if isinstance(one, RemedyRow)}},
        sources={
            **tables.sources,
            **{name: published(name, one) for name, one in built if isinstance(one, SourceRow)},
        },
        date=max(days),
        sha256=hashlib.sha256("\n".join([tables.sha256, *digests]).encode()).hexdigest(),
    )


def _with_names(tables: Tables, rows: Sequence[SiteRow]) -> Tables:
    """Tables in which the rows that are wrong in themselves have their names too."""
    wrong = [row for row in rows if row.built is None]

    def names(kind: str) -> dict[str, Any]:
        return {row.name: None for row in wrong if row.kind == kind}

    unsettled = {row.name: _any_value(row) for row in wrong if row.kind == "setting"}
    return replace(
        tables,
        settings={**tables.settings, **unsettled},
        use_cases={**tables.use_cases, **names("use_case")},
        remedies={**tables.remedies, **names("remedy")},
        sources={**tables.sources, **names("source")},
    )


def _any_value(row: SiteRow) -> Setting:
    """Stands for a setting that is wrong in itself: any value of it will do."""
    of: Literal["target", "connection"] = "connection" if row.values.get("of") == "connection" else "target"
    return Setting(row.name, of, ("*",), (), references.ANY_VALUE, None, "", "", None, (), "", "")
