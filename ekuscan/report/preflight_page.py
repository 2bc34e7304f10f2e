"""What a change would do, for a person: the answer, what breaks, what to do in which order, readable in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

from ekuscan.foresight import Alteration, Answered, Difference, Effect, Foresight, GoNoGo
from ekuscan.model import Verdict
from ekuscan.record import record
from ekuscan.report import text
from ekuscan.report.page import NARROWEST, WIDEST, Page, judged_by
from ekuscan.report.preflight_plan import candidates, steps
from ekuscan.report.table_plan import plan_lines
from ekuscan.verdict.clusters import is_whole

_SHOWN, _DECIDING = 20, 6
_WORDS = {"ok": "fine", "breaks": "broken", "not-applicable": "none", "at-risk": "at risk"}
_ANSWERS: Mapping[GoNoGo, tuple[str, str, str]] = {
    "go": ("GO", "nothing breaks that works today", "1;32"),
    "no-go": ("NO-GO", "", "1;31"),
    "undecided": ("UNDECIDED", "something decides that is not known", "1;34"),
    "incomplete": ("NO ANSWER", "a part was not judged", "1;31"),
}
_GRAVEST_FIRST = ("broken", "unknown", "depends", "at risk", "fine for now", "fine", "none")


@record
class _Section:
    effect: Effect
    word: str
    meaning: str
    color: str
    always: bool = True


_SECTIONS = (
    _Section("breaks", "WOULD BREAK", "(and does not today)", "1;31"),
    _Section("open", "HANGS ON A FACT", "(what the change does)", "1;34"),
    _Section("worse", "GETS WORSE", "(without breaking at once)", "1;33"),
    _Section("still-open", "MAY GET BETTER", "(and may stay broken)", "1;34"),
    _Section("better", "GETS BETTER", "", "1;32"),
    _Section("stays-broken", "STAYS BROKEN", "", "1;35"),
    _Section("stays-open", "STAYS OPEN", "(as today)", "1;36", always=False),
)


def render(
    found: Foresight,
    *,
    width: int,
    verbose: bool,
    color: bool,
    unicode: bool,
    titles: Mapping[str, str],
    now: datetime,
) -> Iterator[str]:
    """The report in lines with their line ends, none wider than ``width`` cells (60 at least).

    ``verbose`` adds what stays open, and every part of a composite beside it. The other arguments are those of
    `ekuscan.report.table.render`.
    """
    page = Page(min(max(width, NARROWEST), WIDEST), color, unicode, now, {}, titles)
    for line in _lines(found, page, verbose=verbose):
        yield line.rstrip(" ") + "\n"


def _lines(found: Foresight, page: Page, *, verbose: bool) -> Iterator[str]:
    yield from _header(found, page)
    yield ""
    yield from _answer(found, page)
    yield ""
    yield from _changes(found.changes, page)
    for section in _SECTIONS:
        if section.always or verbose or found.answer == "undecided":
            yield from _differences(found, section, page, verbose=verbose)
    yield from candidates(found.candidates, page, verbose=verbose)
    yield from steps(found.steps, page, blocked=found.answer == "no-go")
    yield from _remains(found, page, verbose=verbose)
    yield from _use_cases(found, page)
    yield from _last(found, page)


def _header(found: Foresight, page: Page) -> Iterator[str]:
    info = found.run
    yield from page.flow(judged_by(info, page))
    judged = [f"as it is on {text.day(info.as_of)}", f"with the changes on {text.day(found.on)}"]
    yield from page.flow(judged if info.as_of.date() != found.on.date() else [f"judged for {text.day(found.on)}"])


def _answer(found: Foresight, page: Page) -> Iterator[str]:
    word, meaning, color = _ANSWERS[found.answer]
    if found.answer == "no-go":
        meaning = _against(found)
    yield from page.wrap(meaning, page.heading(word, color=color) + "  ", "  ")
    for sentence in found.blocks:
        yield from page.wrap(sentence, "  ! ", "    ")
    for sentence in found.decides[:_DECIDING]:
        yield from page.wrap(sentence, "  ? ", "    ")
    if len(found.decides) > _DECIDING:
        yield f"  ? and {len(found.decides) - _DECIDING} more facts (--format json has all)"
    for sentence in found.left_out:
        if sentence not in found.decides:
            yield from page.wrap(sentence, "  ! ", "    ")


def _against(found: Foresight) -> str:
    count = found.summary
    use_cases = len({one.use_case for one in found.changed if one.effect == "breaks"})
    told = [f"{text.counted(use_cases, 'use case')} would break that works today"] if count.breaks else []
    told += ["a certificate cannot be installed as it is"] if count.blocked else []
    told += ["boxes that have to run one release would run several"] if found.blocks else []
    return " and ".join(told) or "something is at or above --fail-on"


def _changes(changes: Sequence[Alteration], page: Page) -> Iterator[str]:
    """Boxes at which the same is changed stand together."""
    groups: dict[str, list[str]] = {}
    for one in changes:
        groups.setdefault(_change(one), []).append(page.say(one.subject))
    yield page.heading("WHAT IF")
    for told, subjects in list(groups.items())[:_SHOWN]:
        names = ", ".join(subjects[:8]) + (f" and {len(subjects) - 8} more" if len(subjects) > 8 else "")
        yield from page.flow([names, page.say(told)], "  ", "    ")
    if len(groups) > _SHOWN:
        yield f"  and {len(groups) - _SHOWN} more (--format json has all)"
    yield ""


def _change(one: Alteration) -> str:
    if one.kind == "renewal":
        return f"{one.what} renewed: {one.after}"
    if one.kind == "certificate":
        return f"{one.what}: another certificate, {one.after[:12]}"
    what = "" if one.what == "release" else f"{one.what} "
    before = f"{one.before} -> " if one.before is not None else "-> "
    return f"{what}{before}{one.after}" + (f" ({one.row})" if one.row is not None else "")


# --- before and after ---------------------------------------------------------------------------------------------


def _differences(found: Foresight, section: _Section, page: Page, *, verbose: bool) -> Iterator[str]:
    mine = [one for one in found.changed if one.effect == section.effect]
    if not verbose and not section.always:
        # What the answer hangs on is among what was not seen where something is changed.
        mine = [one for one in mine if one.touched and one.after is not None and one.after.now == "unknown"]
    if not verbose:
        wholes = {(one.use_case, frozenset((one.dials, one.answers))) for one in mine}
        mine = [one for one in mine if (one.part_of, frozenset((one.dials, one.answers))) not in wholes]
    groups: dict[tuple[str, ...], list[Difference]] = {}
    for one in mine:
        groups.setdefault((one.use_case, one.rule, _word(one.before), _word(one.after)), []).append(one)
    if not groups:
        return
    yield page.heading(section.word, section.meaning, section.color)
    for group in list(groups.values())[:_SHOWN]:
        yield from _group(group, page)
    if len(groups) > _SHOWN:
        yield f"  and {len(groups) - _SHOWN} more (--format json has all)"
    yield ""


def _group(group: Sequence[Difference], page: Page) -> Iterator[str]:
    first = group[0]
    used = " (if used)" if all(one.if_used for one in group) else ""
    head = f"  {page.title(first.use_case)}{used}: {_word(first.before)} -> {_word(first.after)}"
    line = text.sides(head, page.say(first.rule), page.width)
    yield from [line] if line is not None else page.wrap(f"{head.strip()}  {first.rule}", "  ", "    ")
    ends = list(dict.fromkeys(_ends(one, page) for one in group))
    more = f" and {len(ends) - 3} more" if len(ends) > 3 else ""
    yield from page.wrap(", ".join(ends[:3]) + more, "    ", "    ")
    yield from page.wrap(first.text, "    ", "    ")
    if first.way_out is not None and first.effect in ("breaks", "still-open", "stays-broken"):
        yield from page.wrap(first.way_out, "  > ", "    ")


def _ends(one: Difference, page: Page) -> str:
    ends = [page.name(end) for end in (one.dials, one.answers) if end is not None]
    return " > ".join(ends) if len(ends) == 2 else page.name(one.target)


def _word(answer: Answered | None) -> str:
    if answer is None:
        return "none"
    now, later = (_WORDS.get(word, word) for word in (answer.now, answer.next))
    return now if now == later else f"{now}, at renewal {later}"


def _remains(found: Foresight, page: Page, *, verbose: bool) -> Iterator[str]:
    """What is left to be mended once the steps are taken, be it as today, and the one plan for that."""
    plan = found.plan
    if plan is not None and plan.steps:
        yield from plan_lines("WHAT REMAINS", plan, found.remedy_work, page, verbose=verbose)
    elif plan is not None:
        count = text.counted(len(plan.leaves), "verdict")
        yield page.heading("WHAT REMAINS", f"({count} that no remedy of the tables settles)")
        yield ""


def _use_cases(found: Foresight, page: Page) -> Iterator[str]:
    """One line per use case that differs: how many of its verdicts were what, and what they would be."""
    names = list(dict.fromkeys(one.use_case for one in found.changed if one.effect not in ("stays-open",)))
    if not names:
        return
    title = max(12, min(30, max(text.cells(page.title(name)) for name in names)))
    half = (page.width - title - 6) // 2
    yield page.heading("USE CASES") + " " * (title - 5) + text.pad("before", half) + "  after"
    for name in names:
        columns = [text.flow(_counts(verdicts, name), half, gap=" ") for verdicts in (found.before, found.after)]
        for place, (before, after) in enumerate(zip_longest(*columns, fillvalue="")):
            shown = text.pad("" if place else text.cut(page.title(name), title), title)
            yield f"  {shown}  {text.pad(before, half)}  {after}"
    yield ""


def _counts(verdicts: Sequence[Verdict], use_case: str) -> list[str]:
    """How many verdicts of a use case are what, the gravest first. What a renewal changes is fine for now."""
    found = Counter(
        "fine for now" if one.now == "ok" != one.next else _WORDS.get(one.now, one.now)
        for one in verdicts
        if one.use_case == use_case and not is_whole(one)
    )
    ordered = [(word, found[word]) for word in _GRAVEST_FIRST if found[word]]
    counts = [f"{count} {word}" for word, count in ordered] or ["none"]
    return [*(f"{count}," for count in counts[:-1]), counts[-1]]


def _last(found: Foresight, page: Page) -> Iterator[str]:
    count = found.summary
    numbers = (
        (count.breaks, "would break"),
        (count.open, "to decide"),
        (count.worse, "worse"),
        (count.better, "better"),
        (count.still_open, "perhaps better"),
        (count.stays_broken, "broken as today"),
        (count.stays_open, "open as today"),
        (count.same, "unchanged"),
    )
    words = [f"{number:,} {word}" for number, word in numbers if number]
    if words:
        first, _, word = words[0].partition(" ")
        words[0] = f"{first} {'verdict' if first == '1' else 'verdicts'} {word}"
    lines = text.flow([*(word + "," for word in words[:-1]), *words[-1:]], page.width, gap=" ")
    code = f"exit {count.exit}"
    last = text.sides(lines[-1], code, page.width)
    yield from lines[:-1] if last is not None else lines
    yield last if last is not None else " " * (page.width - len(code)) + code
