"""Why a verdict has another answer: facts that the later run saw, a date that passed, or newer rules.

The facts of the earlier run judged again by the later rules say which: with the answer of the later run for the earlier
instant it was the rules, for the later instant a date, and otherwise it was the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time

from ekuscan.change.compared import Compared, PolicyDate
from ekuscan.change.verdicts import Changed, ends_of
from ekuscan.model import Answer, Verdict
from ekuscan.news import Cause
from ekuscan.record import record


@record
class Why:
    """The cause of a changed verdict; ``dates`` are the policy dates of the day that it was, where that is known, and
    ``expired`` the fingerprint of a certificate whose own dates it was."""

    cause: Cause
    dates: tuple[PolicyDate, ...] = ()
    expired: str | None = None


def same_rules(compared: Compared) -> bool:
    """Whether both runs judged by the same tables, trust data and version."""
    before, after = compared.before, compared.after
    return (before.rules.sha256, before.trust_data, before.ekuscan) == (
        after.rules.sha256,
        after.trust_data,
        after.ekuscan,
    )


def causes(changed: Iterable[Changed], touched: Collection[str], compared: Compared) -> Iterator[tuple[Changed, Why]]:
    """Each changed verdict with its cause. ``touched`` are targets and connections of which other facts are known."""
    judge, near = _Judge(compared, list(changed)), frozenset(touched)
    for one in judge.changed:
        yield one, judge.why(one, _is_touched(one, near))


def _is_touched(one: Changed, touched: frozenset[str]) -> bool:
    verdicts = [verdict for verdict in (one.before, one.after) if verdict is not None]
    return any(ends_of(verdict) & touched or verdict.connection in touched for verdict in verdicts)


class _Judge:
    """Judges the earlier facts again, once for each instant and only where the answer hangs on it."""

    def __init__(self, compared: Compared, changed: list[Changed]) -> None:
        self.changed = changed
        self._compared = compared
        self._targets = frozenset(end for one in changed for end in ends_of(one.shown))
        self._judged: dict[datetime, Mapping[str, Verdict]] = {}
        self._same_rules = same_rules(compared)
        before, after = compared.before.as_of, compared.after.as_of
        self._dates = tuple(one for one in compared.dates if before.date() < one.day <= after.date())

    def why(self, one: Changed, touched: bool) -> Why:
        """The cause, told by judging again; where that cannot be done, what alone is left."""
        before, after = self._compared.before.as_of, self._compared.after.as_of
        if one.waiver is not None:
            word, waiver = one.waiver
            return Why("date" if word == "ended" and waiver.until < after.date() else "facts")
        if one.no_longer:
            days = {remedy.until.date() for remedy in one.no_longer if remedy.until is not None}
            return Why("date", self._of_day(min(days), one))
        if one.remembered or (self._same_rules and before == after):
            return Why("facts")
        if self._compared.again is None:
            return self._left_over(one, touched)
        if not self._same_rules and self._gives(one, before):
            return Why("rules")
        if before == after or not self._gives(one, after):
            return Why("facts")
        # What the earlier facts give for either day neither a day nor a fact made: it was judged by other options.
        return Why("unknown") if self._same_rules and self._gives(one, before) else self._dated(one)

    def _left_over(self, one: Changed, touched: bool) -> Why:
        dated = self._may_be_date(one)
        if touched + dated + (not self._same_rules) != 1:
            return Why("unknown")
        return self._dated(one) if dated else Why("facts" if touched else "rules")

    def _may_be_date(self, one: Changed) -> bool:
        return bool(self._dates) or self._own_dates(one) is not None

    def _dated(self, one: Changed) -> Why:
        """The first date on which the earlier facts give the later answer."""
        own = self._own_dates(one)
        if own is not None:
            return Why("date", expired=own)
        days = sorted({date.day for date in self._dates})
        if len(days) == 1:
            return Why("date", self._of_day(days[0], one))
        if self._compared.again is not None:
            for day in days:
                noon = datetime.combine(day, time(12), UTC)
                if self._gives(one, min(noon, self._compared.after.as_of)):
                    return Why("date", self._of_day(day, one))
        return Why("date")

    def _of_day(self, day: date, one: Changed) -> tuple[PolicyDate, ...]:
        """The policy dates of a day: those of a CA that the verdict names, else all."""
        of_day = tuple(sorted((found for found in self._dates if found.day == day), key=lambda found: found.id))
        verdicts = [verdict for verdict in (one.before, one.after) if verdict is not None]
        words = " ".join(text for verdict in verdicts for text in (verdict.text, *(r.text for r in verdict.remedies)))
        named = tuple(found for found in of_day if any(name in words for name in found.of))
        return named or of_day

    def _own_dates(self, one: Changed) -> str | None:
        """The certificate that a verdict is of, if it began or ended between the two runs."""
        for verdict in (one.before, one.after):
            found = self._compared.certificate(verdict.sha256) if verdict is not None and verdict.sha256 else None
            for instant in (found.not_after, found.not_before) if found is not None else ():
                if instant is not None and self._compared.before.as_of < instant <= self._compared.after.as_of:
                    assert verdict is not None
                    return verdict.sha256
        return None

    def _gives(self, one: Changed, instant: datetime) -> bool:
        """Whether the earlier facts, judged for an instant, have the answer of the later run."""
        assert self._compared.again is not None
        if instant not in self._judged:
            self._judged[instant] = self._compared.again(instant, self._targets)
        return _answers(self._judged[instant].get(one.shown.id)) == _answers(one.after)


def _answers(verdict: Verdict | None) -> tuple[Answer, Answer] | None:
    return (verdict.now, verdict.next) if verdict is not None else None
