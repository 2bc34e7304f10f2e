"""The result as JSON Lines: one object of ``ekuscan.run/1`` per line, as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ekuscan.model import Record, RecordKind
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
    "summary": b'{"type":"summary",',
}
_KEYED = frozenset({"certificate", "chain"})


def render(records: Iterable[Record]) -> Iterator[str]:
    """One line with its line end per record, in the order given; nothing is held back.

    Certificates and chains, which the document keeps under their keys, carry theirs as ``sha256`` and ``id``.
    """
    for record in records:
        yield line(record).decode()


def line(record: Record) -> bytes:
    """One record as one line of UTF-8, its line end included."""
    head = _HEADS[record.kind]
    if record.kind in _KEYED:
        head += encode.string(record.key) + b","
    return head + encode.body(record)[1:] + b"\n"
