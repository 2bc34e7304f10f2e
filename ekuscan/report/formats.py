"""The formats of a result: their names, the endings of files that are of each, and what writes them.

A format is a function from a `Rendering` to pieces of text or bytes. Each is loaded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ekuscan.record import record
from ekuscan.report.rendering import Rendering

Pieces = Iterable[str] | Iterable[bytes]


@record
class Format:
    """``suffixes`` are endings of file names, the first one the usual; a longer one counts before a shorter.

    One without any is named before the file: ``nagios:FILE``. ``streams``: its lines are written while the run lasts,
    so that nothing is left for ``render`` to do at its end. ``binary``: no text, for no terminal. ``plain``: for a
    person's screen, in the encoding and width of that.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Rendering], Pieces]
    streams: bool = False
    binary: bool = False
    plain: bool = False


def _table(given: Rendering) -> Iterator[str]:
    from ekuscan.report import table

    manner = given.manner
    return table.render(
        given.run,
        width=manner.width,
        verbose=manner.verbose,
        color=manner.color,
        unicode=manner.unicode,
        titles=given.titles,
        now=given.now,
    )


def _json(given: Rendering) -> Iterator[str]:
    from ekuscan.report import json_document, records

    run = given.run
    return json_document.render(records.records(run), run.problems, run.plan, run.remedy_work)


def _jsonl(given: Rendering) -> Iterator[str]:
    from ekuscan.report import jsonl, records

    return jsonl.render(records.records(given.run))


def _csv(given: Rendering) -> Iterator[str]:
    from ekuscan.report import spreadsheet

    return spreadsheet.render(given)


def _markdown(given: Rendering) -> Iterator[str]:
    from ekuscan.report import markdown

    return markdown.render(given)


def _junit(given: Rendering) -> Iterator[str]:
    from ekuscan.report import junit

    return junit.render(given)


def _prometheus(given: Rendering) -> Iterator[bytes]:
    from ekuscan.report import prometheus

    return prometheus.render(given)


def _nagios(given: Rendering) -> Iterator[str]:
    from ekuscan.report import nagios

    return nagios.render(given)


def _sarif(given: Rendering) -> Iterator[bytes]:
    from ekuscan.report import sarif

    return sarif.render(given)


def _ics(given: Rendering) -> Iterator[bytes]:
    from ekuscan.report import calendar_file

    return calendar_file.render(given)


def _html(given: Rendering) -> Iterator[str]:
    from ekuscan.report.html import document

    return document.render(given.run, given.tables, given.now)


def _bundle(given: Rendering) -> Iterator[bytes]:
    from ekuscan.report import bundle

    return bundle.render(given)


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("table", (".txt",), _table, plain=True),
        Format("json", (".json",), _json),
        Format("jsonl", (".jsonl", ".ndjson"), _jsonl, streams=True),
        Format("csv", (".csv",), _csv),
        Format("markdown", (".md", ".markdown"), _markdown),
        Format("junit", (".xml", ".junit.xml"), _junit),
        Format("prometheus", (".prom",), _prometheus),
        Format("nagios", (), _nagios),
        Format("sarif", (".sarif", ".sarif.json"), _sarif),
        Format("ics", (".ics",), _ics),
        Format("html", (".html", ".htm"), _html),
        Format("bundle", (".zip",), _bundle, binary=True),
    )
}


def by_suffix(name: str) -> Format | None:
    """The format of a file of this name, None where its ending says nothing."""
    endings = ((suffix, one) for one in FORMATS.values() for suffix in one.suffixes)
    fitting = [(len(suffix), one) for suffix, one in endings if name.lower().endswith(suffix)]
    return max(fitting, key=lambda found: found[0])[1] if fitting else None
