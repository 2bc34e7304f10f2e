"""The section CERTIFICATES: what each slot holds, who issued it, when it ends, where it is used for mutual TLS.

This is the inventory that Cisco asks for first: which public certificates carry clientAuth, their CA and root, where
they are used, when they end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ekuscan.model import Run, Target
from ekuscan.profiles.load import profile
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.certificate_rows import Row, evidence_of, rows_of
from ekuscan.report.page import Page

_ENDS = 18
_ASKS_FROM = 76  # narrower pages give the ports that ask a line of their own


@record
class Columns:
    """Where the columns start, in cells; ``asks`` is None where the page is too narrow for the last one."""

    eku: int
    issued: int
    ends: int
    asks: int | None


def certificates(run: Run, page: Page, notes: Mapping[str, str], *, verbose: bool) -> Iterator[str]:
    """The section and an empty line; targets without slots that nobody can scan are left out.

    ``notes`` holds a sentence for a target, printed below its certificates.
    """
    evidence = evidence_of(run)
    tables = [
        (target, rows_of(target, evidence, page, verbose=verbose)) for target in run.targets if _has_slots(target)
    ]
    if not tables:
        return
    columns = _columns(page)
    candidates = [target for target, rows in tables if len(rows) == 1 and _fits(target, 0, page, columns)]
    width = max((text.cells(page.name(target.id)) for target in candidates), default=0)
    beside = {target.id for target in candidates if _fits(target, width, page, columns)}
    starts = [2 + text.cells(row.label) for target, rows in tables if target.id not in beside for row in rows]
    starts += [width + 4 + text.cells(_release(target, page)) for target in candidates if target.id in beside]
    columns = _moved(columns, max(starts), [row for _, rows in tables for row in rows])
    yield page.heading("CERTIFICATES") + _titles(columns)
    for target, rows in tables:
        note = notes.get(target.id, "")
        yield from _target(target, rows, page, columns, width if target.id in beside else None, note)
    yield ""


def _has_slots(target: Target) -> bool:
    return bool(target.slots) or not profile(target.role).far_end


def _columns(page: Page) -> Columns:
    if page.width < _ASKS_FROM:
        ends = page.width - (_ENDS - 1)
        eku = min(22, ends - 24)
        return Columns(eku, eku + 4, ends, None)
    extra = max(0, page.width - 80)
    eku = 22 + extra // 2
    ends = eku + 25 + extra // 4 - max(0, 80 - page.width)
    return Columns(eku, eku + 5, ends, ends + _ENDS)


def _moved(columns: Columns, start: int, rows: list[Row]) -> Columns:
    """The columns with as much of the first one's spare room as the longest issuer lacks."""
    lacking = max(text.cells(_issued(row, None)) for row in rows) + 2 - (columns.ends - columns.issued)
    spare = columns.eku - max(start + 1, len("CERTIFICATES") + 2)
    shift = max(0, min(lacking, spare))
    return replace(columns, eku=columns.eku - shift, issued=columns.issued - shift)


def _titles(columns: Columns) -> str:
    line = text.pad(" " * (columns.eku - len("CERTIFICATES")) + "EKU", columns.issued - len("CERTIFICATES"))
    line = text.pad(line + "issued by", columns.ends - len("CERTIFICATES")) + "ends"
    return line if columns.asks is None else text.pad(line, columns.asks - len("CERTIFICATES")) + "client cert"


def _fits(target: Target, width: int, page: Page, columns: Columns) -> bool:
    """Whether name, in ``width`` cells at least, and release share a line with the one certificate."""
    name = max(width, text.cells(page.name(target.id)))
    return target.role_from != "guessed" and 1 + name + 2 + text.cells(_release(target, page)) + 2 <= columns.eku


def _target(
    target: Target, rows: list[Row], page: Page, columns: Columns, width: int | None, note: str
) -> Iterator[str]:
    name = page.name(target.id)
    if width is not None:
        start = f" {text.pad(name, width)}  {_release(target, page)}"
        yield from _row_lines(start, rows[0], page, columns, " " * (width + 3))
    else:
        role = target.role + (" (guessed)" if target.role_from == "guessed" else "")
        yield from page.flow([name, _release(target, page), role], " ", "   ")
        for row in rows:
            yield from _row_lines("  " + row.label, row, page, columns, " " * 4)
    if note:
        indent = " " * (4 if width is None else width + 3)
        yield from page.wrap(note, indent, indent)


def _release(target: Target, page: Page) -> str:
    if target.release is None:
        return "?"
    return page.say(target.release) + ("?" if target.release_from == "guessed" else "")


def _row_lines(start: str, row: Row, page: Page, columns: Columns, indent: str) -> Iterator[str]:
    lines = text.flow([start.strip()], columns.eku - 1, " " * (len(start) - len(start.lstrip())), indent)
    yield from lines[:-1]
    line = text.pad(text.pad(lines[-1], columns.eku) + row.mark, columns.issued)
    line = text.pad(line + _issued(row, columns.ends - columns.issued - 2), columns.ends) + row.ends
    if columns.asks is not None:
        line = text.pad(line, columns.asks) + _fitting(row.asks, page.width - columns.asks)
    yield line.rstrip()
    if row.asks and columns.asks is None:
        yield from page.flow(["client cert: " + ", ".join(row.asks)], indent, indent)
    for note in row.notes:
        yield from text.flow(note.split(), page.width, indent, indent, gap=" ")


def _issued(row: Row, width: int | None) -> str:
    """Issuer and kind; a name too long for ``width`` is cut behind a word, and where none fits in its middle.

    The whole name of a public CA says more than a part of it with its kind: "Let's Encrypt", not "Let's, public".
    """
    if row.kind == "self-signed":
        return row.kind
    suffix = f", {row.kind}" if row.kind else ""
    if width is None:
        return row.issuer + suffix
    if row.kind == "public" and text.cells(row.issuer + suffix) > width >= text.cells(row.issuer):
        return row.issuer
    room = width - len(suffix)
    words = row.issuer.split(" ")
    while len(words) > 1 and text.cells(" ".join(words)) > room:
        words.pop()
    return text.cut(" ".join(words).rstrip(",."), room) + suffix


def _fitting(asks: list[str], width: int) -> str:
    """As many ports as fit, the rest counted."""
    for shown in range(len(asks), 0, -1):
        line = ", ".join(asks[:shown]) + (f" +{len(asks) - shown}" if shown < len(asks) else "")
        if len(line) <= width:
            return line
    return asks[0][:width] if asks else ""
