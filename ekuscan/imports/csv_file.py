"""Boxes out of a CSV file, as people have it from an asset database or a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final

from ekuscan.imports.box_names import fit_name
from ekuscan.imports.csv_columns import EXPECTED, Columns, columns, names_a_box, not_understood
from ekuscan.imports.csv_table import MAX_CELL, Row, looks_tabular, read_table
from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.role_words import role_meant, role_word_problem
from ekuscan.imports.source import Kind, Source, UnusableSource
from ekuscan.imports.strangers import stranger
from ekuscan.model import RoleName
from ekuscan.record import record
from ekuscan.targets.address import Address, AddressError, Network, label, parse_port, parse_port_word, parse_target
from ekuscan.targets.errors import Place, Problems, shown
from ekuscan.targets.words import name_problem, release_problem, server_name_problem, setting_problem

# In lists of ports and of tags.
_BETWEEN: Final = re.compile(r"[\s,;|]+")
_TRANSPORT: Final = "/tcp"
_SCALARS: Final = ("host", "role", "release", "cluster", "server_name")


@record
class _Box:
    """A row as read. ``name`` is None where the row has none of its own."""

    line: int
    name: str | None
    host: str
    role: RoleName | None = None
    release: str | None = None
    cluster: str | None = None
    server_name: str | None = None
    ports: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def read_csv(source: Source) -> Found:
    """The boxes of a CSV file. Rows about the same box are one box with all their ports and tags.

    A column named like a setting of a box is read as that setting. Other columns with something in them are named in
    ``left_out``.

    Raises:
        UnusableSource: it is no table, or has no header.
        InvalidInput: with everything that is wrong, by line.
    """
    table = read_table(source.data, names_a_box, EXPECTED)
    problems = Problems()
    known = columns(table.header, source.vocabulary.settings_of("target"))
    reader = _Reader(source, known, table.exact, problems)
    boxes = _joined([box for row in table.rows if (box := reader.box(row)) is not None], source.name, problems)
    problems.raise_if_any()
    if not boxes:
        raise UnusableSource("has a header and no rows below it")
    unread = not_understood(table.header, [row.cells for row in table.rows], known)
    return Found(tuple(_targets(boxes, source.name)), left_out=(f"{source.name}: {unread}",) if unread else ())


class _Reader:
    """One file being read: everything that is wrong is noted."""

    def __init__(self, source: Source, columns_: Columns, exact: bool, problems: Problems) -> None:
        self._columns = columns_
        self._vocabulary = source.vocabulary
        self._where = source.name
        self._exact = exact
        self._problems = problems

    def box(self, row: Row) -> _Box | None:
        """The box of a row, None where the row does not tell which."""
        name, asked = self._text("name", row), self._host(row)
        if asked is None:
            return None
        role = self._role(row)
        return _Box(
            row.line,
            self._name(name, row),
            asked.host,
            role,
            self._release(role, row),
            self._checked("cluster", row, name_problem),
            self._checked("server_name", row, server_name_problem),
            self._ports(row, asked),
            tuple(tag for tag in _BETWEEN.split(self._text("tags", row)) if tag),
            dict(self._settings(row)),
        )

    def _text(self, field_: str, row: Row) -> str:
        return self._told(field_, self._columns.first(field_, row.cells), row)

    def _told(self, key: str, text: str, row: Row) -> str:
        """A cell that is read, "" where it cannot be."""
        if len(text) > MAX_CELL:
            self._note(row, key, f"has more than {MAX_CELL} characters")
        elif not self._exact and not text.isascii():
            self._note(row, key, f"found {shown(text)}, in a file that is not UTF-8; save it as CSV UTF-8")
        else:
            return text
        return ""

    def _host(self, row: Row) -> Address | None:
        """Host before address before name; a name alone may be the host."""
        for field_ in ("host", "address", "name"):
            if self._columns.first(field_, row.cells):
                text = self._text(field_, row)
                return self._address(field_, text, row) if text else None
        self._note(row, "host", "found nothing; write a host name or an address")
        return None

    def _address(self, field_: str, text: str, row: Row) -> Address | None:
        try:
            parsed = parse_target(text)
        except AddressError as error:
            alone = "; write a host or an address beside the name" if field_ == "name" else f"; {error}"
            self._note(row, field_, f"found {shown(text)}{alone}")
            return None
        if isinstance(parsed, Network):
            self._note(row, field_, f"found {shown(text)}, a network; write a row for each host")
            return None
        return parsed

    def _name(self, text: str, row: Row) -> str | None:
        if not text:
            return None
        made = fit_name(text)
        if made is None:
            self._note(row, "name", name_problem(text) or f"found {shown(text)}; write a name")
        return made

    def _role(self, row: Row) -> RoleName | None:
        """The role; what a column of product types says counts where there is no word in a column of roles."""
        for key in ("role", "type"):
            text = self._text(key, row)
            if text:
                role = role_meant(text)
                if role is None:
                    self._note(row, key, role_word_problem(text))
                return role
        return None

    def _release(self, role: RoleName | None, row: Row) -> str | None:
        for key in ("release", "version"):
            text = self._text(key, row)
            if text:
                problem = release_problem(role, text, self._vocabulary)
                if problem is not None:
                    self._note(row, key, problem)
                return text if problem is None else None
        return None

    def _checked(self, key: str, row: Row, problem_of: Callable[[str], str | None]) -> str | None:
        text = self._text(key, row)
        problem = problem_of(text) if text else None
        if problem is not None:
            self._note(row, key, problem)
        return text if text and problem is None else None

    def _ports(self, row: Row, asked: Address) -> tuple[str, ...]:
        ports = [] if asked.port is None else [f"{asked.protocol}:{asked.port}" if asked.protocol else str(asked.port)]
        for word in _BETWEEN.split(self._text("port", row)):
            try:
                if word:
                    ports.append(_port(word.lower().removesuffix(_TRANSPORT)))
            except AddressError as error:
                self._note(row, "port", f"found {shown(word)}; {error}")
        return tuple(dict.fromkeys(ports))

    def _settings(self, row: Row) -> Iterator[tuple[str, str]]:
        for name in self._columns.settings:
            text = self._told(name, self._columns.setting(name, row.cells), row)
            value = text.lower() if text.lower() in self._vocabulary.settings[name].values else text
            problem = setting_problem(value, self._vocabulary.settings[name].values) if value else None
            if problem is not None:
                self._note(row, name, problem)
            elif value:
                yield name, value

    def _note(self, row: Row, key: str, problem: str) -> None:
        self._problems.add(Place(self._where, row.line, key), problem)


def _port(word: str) -> str:
    if word.isdigit():
        return str(parse_port(word))
    protocol, number = parse_port_word(word)
    return f"{protocol}:{number}"


def _joined(boxes: list[_Box], where: str, problems: Problems) -> list[_Box]:
    """One box from all rows about it: those that share a name, or a host where no other name stands beside it."""
    found: dict[str, _Box] = {}
    for box in boxes:
        key = (box.name or box.host).lower()
        known = found.get(key)
        found[key] = box if known is None else _both(known, box, where, problems)
    return list(found.values())


def _both(first: _Box, second: _Box, where: str, problems: Problems) -> _Box:
    changes = {}
    for key in _SCALARS:
        mine, theirs = getattr(first, key), getattr(second, key)
        if theirs is not None and mine is not None and mine != theirs:
            told = f"found {shown(theirs)}, but {shown(mine)} on line {first.line} for the same box"
            problems.add(Place(where, second.line, key), told)
        changes[key] = mine if mine is not None else theirs
    return replace(
        first,
        **changes,
        ports=tuple(dict.fromkeys((*first.ports, *second.ports))),
        tags=tuple(dict.fromkeys((*first.tags, *second.tags))),
        settings={**second.settings, **first.settings},
    )


def _targets(boxes: list[_Box], where: str) -> Iterator[FoundTarget]:
    for box in boxes:
        yield FoundTarget(
            box.name or label(box.host),
            where,
            box.host,
            box.role,
            box.release,
            box.cluster,
            box.server_name,
            box.ports,
            box.tags,
            box.settings,
        )


def _is_meant(source: Source) -> bool:
    return stranger(source.data) is None and looks_tabular(source.data, names_a_box)


KIND: Final = Kind("csv", "a CSV file with a header row", _is_meant, read_csv)
