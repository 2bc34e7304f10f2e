"""The section CERTIFICATES: what each slot holds, who issued it, when it ends, where it is used for mutual TLS.

This is the inventory that Cisco asks for first: which public certificates carry clientAuth, their CA and root, where
they are used, when they end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ekuscan.model import Certificate, Chain, Observation, Purpose, Run, SlotContent, Target, Verdict
from ekuscan.report import marks, text
from ekuscan.report.page import Page

_ENDS = 18
_ASKS_FROM = 76  # narrower pages give the ports that ask a line of their own
_USES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns start, in cells; ``asks`` is None where the page is too narrow for the last one."""

    eku: int
    issued: int
    ends: int
    asks: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One content of one or more slots of a target."""

    label: str
    mark: str
    issuer: str
    kind: str
    ends: str
    asks: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What rows are made of, looked up by id."""

    certificates: Mapping[str, Certificate]
    chains: Mapping[str, Chain]
    observations: Mapping[str, Observation]
    uses: Mapping[tuple[str, str], list[Verdict]]


def certificates(run: Run, page: Page, notes: Mapping[str, str], *, verbose: bool) -> Iterator[str]:
    """The section and an empty line; targets without slots that nobody can scan are left out.

    ``notes`` holds a sentence for a target, printed below its certificates.
    """
    evidence = _evidence(run)
    tables = [(target, _rows(target, evidence, page, verbose=verbose)) for target in run.targets if _has_slots(target)]
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


def _evidence(run: Run) -> _Evidence:
    uses: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in run.verdicts:
        if verdict.sha256 is not None and verdict.outcome != "not-applicable":
            uses.setdefault((verdict.target, verdict.sha256), []).append(verdict)
    observations = {observation.endpoint.id: observation for observation in run.observations}
    return _Evidence(run.certificates, run.chains, observations, uses)


def _has_slots(target: Target) -> bool:
    return bool(target.slots) or target.role not in ("outside", "webex")


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


# --- rows -----------------------------------------------------------------------------------------------------


def _rows(target: Target, evidence: _Evidence, page: Page, *, verbose: bool) -> list[Row]:
    """One row per distinct certificate, with the slots that hold it; one for all slots that nobody has seen."""
    held: dict[str, list[SlotContent]] = {}
    unseen: list[str] = []
    for content in target.slots:
        if content.sha256 is None:
            unseen.append(content.slot)
        else:
            held.setdefault(content.sha256, []).append(content)
    several = {slot for slot in (content.slot for content in target.slots) if _contents(target, slot) > 1}
    rows = [_row(target, sha256, contents, several, evidence, page, verbose) for sha256, contents in held.items()]
    if unseen or not rows:
        label = ", ".join(page.say(slot) for slot in dict.fromkeys(unseen))
        rows.append(Row(label, "??", "unseen", "", "", [], []))
    return rows


def _contents(target: Target, slot: str) -> int:
    return len({content.sha256 for content in target.slots if content.slot == slot})


def _row(
    target: Target,
    sha256: str,
    contents: list[SlotContent],
    several: set[str],
    evidence: _Evidence,
    page: Page,
    verbose: bool,
) -> Row:
    certificate = evidence.certificates.get(sha256)
    chains = (evidence.chains.get(content.chain) for content in contents if content.chain is not None)
    chain = next((one for one in chains if one is not None), None)
    ids = dict.fromkeys(id_ for content in contents for id_ in content.endpoints)
    seen = [evidence.observations[id_] for id_ in ids if id_ in evidence.observations]
    mark = marks.eku_mark(certificate.eku) if certificate is not None else "??"
    return Row(
        label=_label(contents, several, seen, page),
        mark=mark,
        issuer=page.say(marks.issuer(certificate, chain)) or "unknown",
        kind=marks.CLASSES[chain.hierarchy.class_] if chain is not None else "",
        ends=_ends(certificate, page),
        asks=_asks(seen, contents),
        notes=[
            *_eku_notes(certificate, chain, mark, evidence, page),
            *_inventory(certificate, chain, mark, page),
            *_used(evidence.uses.get((target.id, sha256), []), chain, mark, page, verbose),
        ],
    )


def _label(contents: list[SlotContent], several: set[str], seen: list[Observation], page: Page) -> str:
    slots = dict.fromkeys(content.slot for content in contents)
    ports = sorted({observation.endpoint.port for observation in seen}) if several.intersection(slots) else []
    return " ".join([", ".join(page.say(slot) for slot in slots), ",".join(str(port) for port in ports)]).strip()


def _ends(certificate: Certificate | None, page: Page) -> str:
    """The last day and what is left of it, in at most 17 cells."""
    if certificate is None or certificate.not_after is None:
        return "unreadable"
    day = text.day(certificate.not_after)
    if certificate.not_after < page.now:
        return f"ended {day}"
    days = text.days_until(certificate.not_after, page.now)
    return f"{day:>11} {f'{days}d':>4}" if days < 10_000 else f"{day:>11}"


def _asks(seen: list[Observation], contents: list[SlotContent]) -> list[str]:
    """Ports that ask for a client certificate; without any, what the ports did instead."""
    requests = marks.requests(seen)
    asking = [f"{port} {asked}" for port, asked in requests if asked in ("optional", "required")]
    if asking:
        return asking
    if requests:
        return ["unknown" if requests[0][1] == "unknown" else "not asked"]
    origins = {content.from_ for content in contents}
    return ["from file"] if "file" in origins else []


# --- notes below a row ----------------------------------------------------------------------------------------


def _eku_notes(
    certificate: Certificate | None, chain: Chain | None, mark: str, evidence: _Evidence, page: Page
) -> Iterator[str]:
    if certificate is not None and certificate.eku.state == "malformed":
        yield f"EKU unreadable: {certificate.eku.flaw or 'undecodable'}"
    elif certificate is not None and certificate.eku.state == "absent":
        yield "no EKU extension: fit for any use"
    if certificate is not None and certificate.not_before is not None and certificate.not_before > page.now:
        yield f"not valid before {text.day(certificate.not_before)}"
    if chain is not None and "C" in mark and chain.effective_eku:
        purposes = chain.effective_eku.values()
        if not any(purpose.client_auth for purpose in purposes):
            yield "its chain takes clientAuth away" + _blocker(purposes, evidence, page)


def _blocker(purposes: Iterable[Purpose], evidence: _Evidence, page: Page) -> str:
    blocked_by = next((purpose.blocked_by for purpose in purposes if purpose.blocked_by is not None), None)
    certificate = evidence.certificates.get(blocked_by) if blocked_by is not None else None
    return f": {page.say(marks.common_name(certificate.subject))}" if certificate is not None else ""


def _inventory(certificate: Certificate | None, chain: Chain | None, mark: str, page: Page) -> Iterator[str]:
    if certificate is None or chain is None or "C" not in mark or not marks.is_public(chain):
        return
    root = f"; root: {page.say(chain.hierarchy.root)}" if chain.hierarchy.root else ""
    yield f"CA: {page.say(marks.common_name(certificate.issuer))}{root}"


def _used(verdicts: list[Verdict], chain: Chain | None, mark: str, page: Page, verbose: bool) -> Iterator[str]:
    """Use cases that stand on this certificate; by default only where a public CA's clientAuth is at stake."""
    if not verdicts or not (verbose or ("C" in mark and marks.is_public(chain))):
        return
    sure = dict.fromkeys(page.title(verdict.use_case) for verdict in verdicts if not verdict.if_used)
    maybe = dict.fromkeys(page.title(one.use_case) for one in verdicts if one.if_used)
    names = [*sure, *(title for title in maybe if title not in sure)]
    shown = names if verbose else names[:_USES_SHOWN]
    more = f", {len(names) - len(shown)} more (-v)" if len(shown) < len(names) else ""
    groups = ((shown[: len(sure)], ""), (shown[len(sure) :], " (if used)"))
    yield "for " + "; ".join(", ".join(titles) + mark for titles, mark in groups if titles) + more


# --- lines ----------------------------------------------------------------------------------------------------


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
    """Issuer and kind; a name too long for ``width`` is cut behind a word, and where none fits in its middle."""
    if row.kind == "self-signed":
        return row.kind
    suffix = f", {row.kind}" if row.kind else ""
    if width is None:
        return row.issuer + suffix
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
