"""What two runs are compared by: pairs of what differs, and what is looked up beside them.

A pair is (before, after), None where there is nothing. Pairs come one at a time, so that two runs of a million
endpoints are compared in the memory of what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

from ekuscan.model import Certificate, Chain, Connection, Observation, RunInfo, Target, Verdict
from ekuscan.record import record

_T = TypeVar("_T")
Pair = tuple[_T | None, _T | None]

Again = Callable[[datetime, Collection[str]], Mapping[str, Verdict]]
"""Takes an instant and target ids; the verdicts, by id, at these targets, of the facts of the earlier run judged for
that instant by the rules and trust data of the later run."""


@record
class Past:
    """What the runs before say of an endpoint that the earlier one of the two did not see.

    ``unseen`` counts the runs in a row, the earlier one being the last, in which it did not answer. ``last`` is what it
    showed in the run before these, ``target`` its target there, and ``verdicts`` are the pairs at that target of that
    run and the later of the two; None and empty where there was no such run.
    """

    unseen: int
    last: Observation | None = None
    target: Target | None = None
    verdicts: tuple[Pair[Verdict], ...] = ()


@record
class PolicyDate:
    """A day on which policy changes; ``text`` says what holds from then on, ``of`` for which CAs."""

    id: str
    day: date
    text: str
    of: tuple[str, ...] = ()


@record
class Compared:
    """Two runs side by side.

    ``targets``, ``connections``, ``endpoints`` and ``verdicts`` are pairs with the same id in any order; pairs that do
    not differ do no harm. Endpoints that neither run saw belong to them where ``confirm`` is above 1.
    ``answered`` and ``answers`` say of a target whether any of its endpoints answered the earlier and the later run.
    ``past`` is asked for endpoints
    that the earlier run did not see, None where nothing is known of earlier runs. ``again`` is None where the earlier
    facts cannot be judged by the later run's rules. ``dates`` are the policy dates, ``titles`` and ``remedies`` the
    names of use cases and remedies.
    ``confirm``: an endpoint that does not answer is news once it did not in so many runs in a row.
    """

    before: RunInfo
    after: RunInfo
    targets: Iterable[Pair[Target]]
    connections: Iterable[Pair[Connection]]
    endpoints: Iterable[Pair[Observation]]
    verdicts: Iterable[Pair[Verdict]]
    certificate: Callable[[str], Certificate | None]
    chain: Callable[[str], Chain | None]
    answered: Callable[[str], bool]
    answers: Callable[[str], bool]
    past: Callable[[str], Past | None]
    again: Again | None
    dates: tuple[PolicyDate, ...]
    titles: Mapping[str, str]
    remedies: Mapping[str, str]
    confirm: int = 1
