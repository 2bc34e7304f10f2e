"""The result as one JSON document, ``ekuscan.run/1``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ekuscan.model import Plan, Problem, Record, RecordKind, RemedyWork
from ekuscan.report import encode
from ekuscan.report.jsonl import SCHEMA

_SECTIONS: tuple[tuple[RecordKind, str, str], ...] = (
    ("target", "targets", "[]"),
    ("connection", "connections", "[]"),
    ("certificate", "certificates", "{}"),
    ("chain", "chains", "{}"),
    ("endpoint", "endpoints", "[]"),
    ("verdict", "verdicts", "[]"),
    ("notice", "notices", "[]"),
)


def render(
    records: Iterable[Record],
    problems: Iterable[Problem] = (),
    plan: Plan | None = None,
    remedy_work: Mapping[str, RemedyWork] | None = None,
) -> Iterator[str]:
    """The whole document, in pieces; every object has a line of its own, so that `grep` and `diff` work on it.

    ``problems`` are those of the run, in the order in which the report numbers them, ``plan`` and ``remedy_work`` the
    run's. The records are encoded as they
    come and written when the last has come, in the document's order. Where a stream says a thing twice (the run, at its
    start and at its end) the last word counts. Raises ValueError for a stream without a run or a summary.
    """
    parts: dict[RecordKind, dict[str, bytes]] = {}
    for record in records:
        parts.setdefault(record.kind, {})[record.key] = encode.body(record)
    if "run" not in parts or "summary" not in parts:
        raise ValueError("a document needs a run and a summary")
    advice = (
        ("problems", "[]", {str(place): encode.problem(one) for place, one in enumerate(problems)}),
        ("remedy_work", "{}", {id_: encode.plain(one) for id_, one in (remedy_work or {}).items()}),
    )
    return _document(parts, advice, encode.plain(plan))


def _document(
    parts: dict[RecordKind, dict[str, bytes]], advice: Iterable[tuple[str, str, dict[str, bytes]]], plan: bytes
) -> Iterator[str]:
    yield '{"schema":' + encode.string(SCHEMA).decode()
    yield ',\n"run":' + parts["run"][""].decode()
    for kind, name, brackets in _SECTIONS:
        yield from _section(name, brackets, parts.get(kind, {}))
    for name, brackets, items in advice:
        yield from _section(name, brackets, items)
    yield ',\n"plan":' + plan.decode()
    yield ',\n"summary":' + parts["summary"][""].decode() + "}\n"


def _section(name: str, brackets: str, items: dict[str, bytes]) -> Iterator[str]:
    yield f',\n"{name}":{brackets[0]}'
    before = "\n"
    for key, item in items.items():
        yield before + (encode.string(key).decode() + ":" if brackets == "{}" else "") + item.decode()
        before = ",\n"
    yield ("\n" if items else "") + brackets[1]
