"""The result as JSON Lines: one object of ``ekuscan.run/1`` per line, as soon as it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ekuscan.model import Record, RecordKind, Verdict, VerdictsLike
from ekuscan.report import encode

SCHEMA = "ekuscan.run/1"

_HEADS: dict[RecordKind, bytes] = {
    "run": b'{"type":"run","schema":' + encode.string(SCHEMA) + b",",
    "target": b'{"type":"target",',
    "connection": b'{"type":"connection",',
    "certificate": b'{"type":"certificate","sha256":',
    "chain": b'{"type":"chain","id":',
    "endpoint": b'{"type":"endpoint",',
    "verdict": b'{"type":"verdict",',
    "notice": b'{"type":"notice",',
    "summary": b'{"type":"summary",',
}
_MOST_TEMPLATES = 4096
_TEMPLATES: dict[tuple[int, tuple[str, ...]], tuple[tuple[Verdict, ...], list[bytes]]] = {}
_KEYED = frozenset({"certificate", "chain"})


def render(records: Iterable[Record]) -> Iterator[str]:
    """One line with its line end per record, in the order given; nothing is held back.

    Certificates and chains, which the document keeps under their keys, carry theirs as ``sha256`` and ``id``.
    """
    for record in records:
        yield line(record).decode()


def line(record: Record) -> bytes:
    """One record as one line of UTF-8, its line end included; a likeness of verdicts as one line for each."""
    if isinstance(record.value, VerdictsLike):
        return _lines_like(record.value)
    head = _HEADS[record.kind]
    if record.kind in _KEYED:
        head += encode.string(record.key) + b","
    return head + encode.body(record)[1:] + b"\n"


def _lines_like(value: VerdictsLike) -> bytes:
    """The lines of a template, written once, with this box's own words in place of the stand-ins."""
    words = {_written(stand_in): _written(word) for stand_in, word in value.words}
    pieces = _template_pieces(value.template, tuple([stand_in for stand_in, _ in value.words])).copy()
    pieces[1::2] = [words[stand_in] for stand_in in pieces[1::2]]
    return b"".join(pieces)


def _template_pieces(template: tuple[Verdict, ...], stand_ins: tuple[str, ...]) -> list[bytes]:
    """A template's lines, cut so that every second piece is a stand-in.

    Kept by identity, together with the template so that the identity stays its own.
    """
    key = (id(template), stand_ins)
    kept = _TEMPLATES.get(key)
    if kept is None or kept[0] is not template:
        lines = b"".join(line(Record("verdict", verdict.id, verdict)) for verdict in template)
        pieces = re.split(b"(" + b"|".join(re.escape(_written(word)) for word in stand_ins) + b")", lines)
        if len(_TEMPLATES) >= _MOST_TEMPLATES:
            _TEMPLATES.clear()
        kept = _TEMPLATES[key] = (template, pieces)
    return kept[1]


def _written(text: str) -> bytes:
    """A text as it stands within a JSON string."""
    return encode.string(text)[1:-1]
