"""One message per sweep: its title, the three most important lines, how many more there are, where the report is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from ekuscan.model import RunInfo, Severity
from ekuscan.names import printable
from ekuscan.news import News
from ekuscan.notify.thresholds import Crossing
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.report.change_line import change_line
from ekuscan.report.text import counted

SCHEMA = "ekuscan.alert/1"
_TOLD, _LINE, _URL = 3, 300, 2000
_LEVELS: tuple[Severity, ...] = get_args(Severity)


@record
class Message:
    """What is sent. ``run`` is the id of the run, ``when`` its instant as RFC 3339; ``report`` a URL or a path.

    Lines hold names from certificates: each is printable and names nothing that a client would make a link of.
    """

    run: str
    when: str
    severity: Severity
    title: str
    lines: tuple[str, ...]
    more: int
    report: str | None

    @property
    def text(self) -> str:
        """All of it as plain text."""
        rest = [f"and {self.more} more"] if self.more else []
        where = [f"Report: {self.report}"] if self.report else []
        return "\n".join((self.title, *(f"- {line}" for line in self.lines), *rest, *where))


def message(news: News | None, crossings: Sequence[Crossing], after: RunInfo, report: str | None) -> Message | None:
    """The message of a run; None where there is nothing to say. ``news`` is None where there is no run before it."""
    told = [(one.severity, change_line(one, _LINE)) for one in news.changes] if news is not None else []
    told += [(one.severity, _crossed(one)) for one in crossings]
    if not told:
        return None
    # The order among what is equally grave stays.
    told.sort(key=lambda one: _LEVELS.index(one[0]))
    parts = [counted(len(news.changes), "change")] if news is not None and news.changes else []
    parts += [f"{counted(len(crossings), 'certificate')} near the end"] if crossings else []
    return Message(
        run=after.id,
        when=_instant(after.started),
        severity=told[0][0],
        title=f"ekuscan: {', '.join(parts)}",
        lines=tuple(_inert(line) for _, line in told[:_TOLD]),
        more=max(0, len(told) - _TOLD),
        report=printable(report, _URL) if report else None,
    )


def trial(when: datetime) -> Message:
    """A message that says that it is none."""
    return Message("test", _instant(when), "none", "ekuscan: a test", ("This channel works.",), 0, None)


def to_json(one: Message) -> dict[str, Any]:
    """The message as the generic webhook gets it and as it is kept."""
    return {
        "schema": SCHEMA,
        "run": one.run,
        "when": one.when,
        "severity": one.severity,
        "title": one.title,
        "lines": list(one.lines),
        "more": one.more,
        "report": one.report,
    }


def from_json(found: Mapping[str, Any]) -> Message:
    """The message that was kept. Raises `ValueError` where it is none."""
    lines = found.get("lines")
    texts = [found.get(key) for key in ("run", "when", "title")]
    if found.get("schema") != SCHEMA or not isinstance(lines, list) or found.get("severity") not in _LEVELS:
        raise ValueError("is no message of ekuscan")
    if not all(isinstance(one, str) for one in (*texts, *lines)) or not isinstance(found.get("more"), int):
        raise ValueError("is no message of ekuscan")
    run, when, title = (str(one) for one in texts)
    report = found.get("report")
    severity: Severity = next(one for one in _LEVELS if one == found["severity"])
    return Message(run, when, severity, title, tuple(lines), found["more"], str(report) if report else None)


def _crossed(one: Crossing) -> str:
    where = printable(", ".join(one.targets[:3]), 120) + (
        f" and {len(one.targets) - 3} more" if len(one.targets) > 3 else ""
    )
    left = "has ended" if one.left < 0 else f"ends in {counted(one.left, 'day')}"
    return f"{where}: certificate {printable(one.subject, 100)} {left}, on {spoken(one.not_after.date())}"


def _inert(line: str) -> str:
    """Without what a client makes a link or a call to everybody of."""
    return printable(line, _LINE + 3).replace("://", "[:]//").replace("@", "(at)").replace("www.", "www[.]")


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
