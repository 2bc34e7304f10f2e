"""The kinds of sources, and which of them a source is: told by its content, never by its name."""

from __future__ import annotations

from ekuscan.imports.csv_file import KIND as CSV
from ekuscan.imports.diagnostic_log import KIND as DIAGNOSTIC_LOG
from ekuscan.imports.found import Found
from ekuscan.imports.nmap_xml import KIND as NMAP
from ekuscan.imports.source import Kind, Source, UnusableSource
from ekuscan.imports.strangers import Stranger, stranger
from ekuscan.imports.xconfiguration import KIND as XCONFIGURATION
from ekuscan.imports.xstatus import KIND as XSTATUS
from ekuscan.targets.errors import one_of

# In the order in which they are tried: the surest signs first.
KINDS: tuple[Kind, ...] = (DIAGNOSTIC_LOG, XCONFIGURATION, XSTATUS, NMAP, CSV)


def read_source(source: Source, kind_name: str | None = None) -> Found:
    """What a source tells; ``kind_name`` says what it is, else its content does.

    Raises:
        UnusableSource: it cannot be used.
        InvalidInput: a person wrote it, and this is everything that is wrong in it.
    """
    return _kind(source, kind_name).read(source)


def kind_names() -> tuple[str, ...]:
    """The names of all kinds."""
    return tuple(kind.name for kind in KINDS)


def _kind(source: Source, name: str | None) -> Kind:
    if name is not None:
        return next(kind for kind in KINDS if kind.name == name)
    if not source.data and not source.files:
        raise UnusableSource("is empty")
    for kind in KINDS:
        if kind.is_meant(source):
            return kind
    raise UnusableSource(_refusal(stranger(source.data)))


def _refusal(told: Stranger | None) -> str:
    if told is not None and told.step is not None:
        return f"{told.what}: {told.step}"
    what = f"{told.what} and " if told is not None else ""
    return f"{what}cannot be imported; these can: {one_of([kind.what for kind in KINDS])}"
