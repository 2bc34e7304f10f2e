"""What changed between two runs, for a person: one line for each change, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ekuscan.foresight import Answered
from ekuscan.model import Severity
from ekuscan.news import Cause, Change, Consequence, News
from ekuscan.report import text
from ekuscan.report.change_line import change_line

_COLORS: Mapping[Severity, str] = {"critical": "1;31", "high": "1;33", "medium": "1;35", "low": "1", "none": "1"}
_WORDS = {"ok": "fine", "breaks": "broken", "not-applicable": "none", "at-risk": "at risk"}
_WHY: Mapping[Cause, str] = {
    "facts": "by what was seen",
    "date": "by a date that has come",
    "rules": "by newer rules",
    "unknown": "by new facts, a date or newer rules",
}
_MARGIN = 10
_UNCONFIRMED, _VERDICTS = 10, 50


def render(news: News, *, width: int, color: bool, unicode: bool, verbose: bool) -> Iterator[str]:
    """The report in lines with their line ends, none wider than ``width`` cells. ``verbose`` adds what each change has
    for details, and its verdicts with what each was and why it is another."""
    before, after = news.before, news.after
    words = [f"ekuscan {text.safe(after.ekuscan)}", f"from {text.moment(before.started)}"]
    words += [f"to {text.moment(after.started)}"]
    if before.as_of.date() != before.started.date() or after.as_of.date() != after.started.date():
        words.append(f"judged for {text.day(before.as_of)} and {text.day(after.as_of)}")
    yield from (f"{line}\n" for line in text.flow(words, width))
    for one in news.changes:
        shown = f"{one.severity:<{_MARGIN}}"
        head = f"\x1b[{_COLORS[one.severity]}m{shown}\x1b[0m" if color else shown
        yield f"{head}{change_line(one, width - _MARGIN, unicode=unicode)}\n"
        if verbose:
            yield from (f"{line}\n" for line in _details(one, width, unicode=unicode))
    yield from (f"{line}\n" for line in _unconfirmed(news, width, unicode=unicode))
    yield from (f"{line}\n" for line in _last(news, width))


def _details(one: Change, width: int, *, unicode: bool) -> Iterator[str]:
    margin = " " * _MARGIN
    for piece in one.details:
        yield from text.wrap(piece, width, margin + "- ", margin + "  ", unicode=unicode)
    for verdict in one.verdicts[:_VERDICTS]:
        yield from text.wrap(_verdict(verdict), width, margin + "  ", margin + "    ", unicode=unicode)
    if len(one.verdicts) > _VERDICTS:
        yield f"{margin}  and {len(one.verdicts) - _VERDICTS} more verdicts (--format json has all)"


def _verdict(one: Consequence) -> str:
    return f"{one.id}: {_word(one.before)} -> {_word(one.after)}, {_WHY[one.cause]}"


def _word(answer: Answered | None) -> str:
    if answer is None:
        return "none"
    now, later = (_WORDS.get(word, word) for word in (answer.now, answer.next))
    return now if now == later else f"{now} (at renewal {later})"


def _unconfirmed(news: News, width: int, *, unicode: bool) -> Iterator[str]:
    if not news.unconfirmed:
        return
    names = ", ".join(news.unconfirmed[:_UNCONFIRMED])
    more = len(news.unconfirmed) - _UNCONFIRMED
    told = f"no answer, not confirmed (--confirm): {names}{f' and {more} more' if more > 0 else ''}"
    yield from text.wrap(told, width, "", "  ", unicode=unicode)


def _last(news: News, width: int) -> Iterator[str]:
    count = news.summary
    if not count.changes:
        told = "Nothing changed"
    else:
        parts = ((count.critical, "critical"), (count.high, "high"), (count.medium, "medium"), (count.low, "low"))
        listed = ", ".join(f"{number} {word}" for number, word in (*parts, (count.none, "without weight")) if number)
        told = f"{text.counted(count.changes, 'change')}: {listed}"
    if not (news.before.complete and news.after.complete):
        told += "; a run was broken off, so what is missing there is not told"
    elif count.unseen:
        told += f"; {text.counted(count.unseen, 'endpoint')} not looked at"
    code = f"exit {count.exit}"
    lines = text.wrap(told, width)
    last = text.sides(lines[-1], code, width)
    yield from lines[:-1] if last is not None else lines
    yield last if last is not None else " " * (width - len(code)) + code
