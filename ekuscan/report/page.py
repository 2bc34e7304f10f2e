"""What every part of the text report is written on: its width and manners, and the names as they fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from ekuscan.model import Run, RunInfo
from ekuscan.record import record
from ekuscan.report import text

NARROWEST = 60
WIDEST = 160

SectionName = Literal["broken-now", "at-renewal", "at-risk", "unknown", "decide"]


@record
class Section:
    """A section of problems: its word, what it means, how the last line counts it, its colour (SGR parameters)."""

    name: SectionName
    word: str
    meaning: str
    count: str
    color: str


SECTIONS = (
    Section("broken-now", "BROKEN NOW", "", "broken now", "1;31"),
    Section("at-renewal", "BREAKS AT RENEWAL", "(surely, or where the far end checks)", "at renewal", "1;33"),
    Section("at-risk", "AT RISK", "(the vendor documents the need, not what happens)", "at risk", "1;35"),
    Section("unknown", "UNKNOWN", "(not seen, so not judged)", "unknown", "1;36"),
    Section("decide", "YOU DECIDE", "(one fact each)", "to decide", "1;34"),
)


@record
class Page:
    """``width`` in cells; ``names`` and ``titles`` give names and use cases as they are shown."""

    width: int
    color: bool
    unicode: bool
    now: datetime
    names: Mapping[str, str]
    titles: Mapping[str, str]

    def say(self, words: str) -> str:
        return text.safe(words, unicode=self.unicode)

    def name(self, name: str) -> str:
        known = self.names.get(name)
        return text.cut(self.say(name), name_limit(self.width)) if known is None else known

    def title(self, use_case: str) -> str:
        return self.say(self.titles.get(use_case, use_case))

    def wrap(self, words: str, first: str = "", rest: str = "") -> list[str]:
        return text.wrap(words, self.width, first, rest, unicode=self.unicode)

    def flow(self, pieces: list[str], first: str = "", rest: str = "") -> list[str]:
        return text.flow(pieces, self.width, first, rest)

    def heading(self, word: str, meaning: str = "", color: str = "1") -> str:
        shown = f"\x1b[{color}m{word}\x1b[0m" if self.color else word
        return f"{shown}  {meaning}" if meaning else shown


def name_limit(width: int) -> int:
    """Cells that a name may take: two names, a sign between them and a rule's id fit one line."""
    return width * 3 // 8 - 1


def page(run: Run, *, width: int, color: bool, unicode: bool, now: datetime, titles: Mapping[str, str]) -> Page:
    """A page for ``run``; a width below 60 is taken as 60, one above 160 as 160."""
    fitting = min(max(width, NARROWEST), WIDEST)
    whole = {name: text.safe(name, unicode=unicode) for name in _names(run)}
    short = text.shorten(whole.values(), name_limit(fitting))
    return Page(fitting, color, unicode, now, {name: short[shown] for name, shown in whole.items()}, titles)


def _names(run: Run) -> Iterator[str]:
    for target in run.targets:
        yield target.id
        if target.cluster is not None:
            yield target.cluster
    for connection in run.connections:
        yield connection.from_
        yield connection.to
    for problem in run.problems:
        yield problem.target
        if problem.peer is not None:
            yield problem.peer


def judged_by(info: RunInfo, page: Page) -> list[str]:
    """What a report begins with: which ekuscan looked when, and the tables and the trust data that it judged by."""
    store = page.say(info.trust_data.chrome_store)
    return [
        f"ekuscan {page.say(info.ekuscan)}",
        text.moment(info.started),
        f"rules {text.day_of(info.rules.date, unicode=page.unicode)}",
        f"Chrome store {'v' if store.isdigit() else ''}{store}",
    ]
