"""The bytes of a CSV file to its rows: which encoding, which delimiter, where the header stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ekuscan.imports.source import UnusableSource
from ekuscan.imports.text_source import utf16_of
from ekuscan.record import record
from ekuscan.targets.errors import one_of, shown

MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 256
MAX_CELL: Final = 1024
_LOOKED_AT: Final = 64 * 1024
# A title, a blank line and the date of the export may stand above the header.
_HEADER_WITHIN: Final = 20
_DELIMITERS: Final = (",", ";", "\t", "|")
# Excel's own first line, which says what separates the cells and is no row.
_SEPARATOR_LINE: Final = "sep="
# Has a character for every byte, so that a column that nobody reads here may stand in any code page.
_ANY_BYTE: Final = "latin-1"


@record
class Row:
    """The cells of a row below the header, without blanks around them; ``line`` counts from 1 in the file."""

    line: int
    cells: tuple[str, ...]


@record
class Table:
    """A file's header and rows. ``exact`` is False where the file is not UTF-8, so that only ASCII can be relied on."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    exact: bool


def looks_tabular(data: bytes, known: Callable[[str], bool]) -> bool:
    """Whether this is a table: it has a header, or the same delimiter as often on each of its first lines."""
    try:
        text, _ = _text(data[:_LOOKED_AT] if len(data) > _LOOKED_AT else data)
    except UnusableSource:
        return False
    lines = [line for line in io.StringIO(text, newline=None) if line.strip()][:_HEADER_WITHIN]
    return any(
        any(known(cell) for line in lines for cell in _cells(line, delimiter))
        or (len(lines) > 1 and lines[0].count(delimiter) > 0 and len({line.count(delimiter) for line in lines}) == 1)
        for delimiter in _DELIMITERS
    )


def read_table(data: bytes, known: Callable[[str], bool], expected: Sequence[str]) -> Table:
    """The table in the bytes of a CSV file.

    Args:
        data: the whole file, UTF-8 with or without a byte order mark, or UTF-16.
        known: whether a cell is the title of a column; the first row that has one is the header.
        expected: the columns to name where there is no header.

    Raises:
        UnusableSource: it is no table of this kind; the message says why, and what would be right.
    """
    text, exact = _text(data)
    # Not splitlines: a cell may hold characters that it takes for the end of a line.
    lines = list(io.StringIO(text, newline=None))
    separator = lines[0].strip() if lines else ""
    if separator.lower().startswith(_SEPARATOR_LINE) and len(separator) == len(_SEPARATOR_LINE) + 1:
        delimiters: Sequence[str] = (separator[-1],)
        lines[0] = "\n"
    else:
        delimiters = _DELIMITERS
    delimiter, above = _header_of(lines, delimiters, known, expected)
    rows = _rows(lines[above:], delimiter, above)
    header = next(rows)
    return Table(header.cells, tuple(row for row in rows if any(row.cells)), exact)


def _text(data: bytes) -> tuple[str, bool]:
    utf16 = utf16_of(data)
    if utf16 is not None:
        try:
            return _checked(data.decode(utf16).removeprefix("\ufeff")), True
        except UnicodeDecodeError:
            raise UnusableSource("begins as UTF-16 and does not go on so; save it as CSV UTF-8") from None
    try:
        return _checked(data.decode("utf-8-sig")), True
    except UnicodeDecodeError:
        return _checked(data.decode(_ANY_BYTE)), False


def _checked(text: str) -> str:
    if "\0" in text:
        raise UnusableSource("is no CSV; export the sheet as CSV UTF-8")
    return text


def _header_of(
    lines: Sequence[str], delimiters: Sequence[str], known: Callable[[str], bool], expected: Sequence[str]
) -> tuple[str, int]:
    """The delimiter, and how many lines stand above the header."""
    for number, line in enumerate(lines[:_HEADER_WITHIN]):
        found = {delimiter: sum(map(known, _cells(line, delimiter))) for delimiter in delimiters}
        best = max(delimiters, key=lambda one: found[one])
        if found[best]:
            return best, number
    first = shown(next((line.strip() for line in lines if line.strip()), ""))
    begins = f"begins with {first}" if first else "is empty"
    raise UnusableSource(f"has no header ({begins}); write a first row with columns like {one_of(expected)}")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _rows(lines: Sequence[str], delimiter: str, above: int) -> Iterator[Row]:
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    count, line = 0, above + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnusableSource(f"line {line}: cannot be read as CSV: {error}; look at the quotation marks") from None
        count += 1
        if count > MAX_ROWS:
            raise UnusableSource(f"has more than {MAX_ROWS} rows; import it in parts")
        if len(cells) > MAX_COLUMNS:
            raise UnusableSource(f"line {line}: has more than {MAX_COLUMNS} cells")
        yield Row(line, tuple(cell.strip() for cell in cells))
        line = above + reader.line_num + 1
