"""Two runs that are held whole, as two saved results, put side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from ekuscan.change.compared import Again, Compared, Pair, PolicyDate
from ekuscan.model import Connection, Observation, Run, Target, Verdict
from ekuscan.observation import ANSWERED
from ekuscan.record import record

_T = TypeVar("_T")
_N = TypeVar("_N", Target, Connection, Verdict)


@record
class Beside:
    """What is known beside two runs: see `Compared`."""

    again: Again | None
    dates: tuple[PolicyDate, ...]
    titles: Mapping[str, str]
    remedies: Mapping[str, str]


def side_by_side(before: Run, after: Run, beside: Beside) -> Compared:
    """What two runs are compared by. Nothing is known of runs before them, so every absence counts at once."""
    return Compared(
        before=before.run,
        after=after.run,
        targets=pairs(by_id(before.targets), by_id(after.targets)),
        connections=pairs(by_id(before.connections), by_id(after.connections)),
        endpoints=pairs(_endpoints(before), _endpoints(after)),
        verdicts=pairs(by_id(before.verdicts), by_id(after.verdicts)),
        certificate=lambda sha256: after.certificates.get(sha256) or before.certificates.get(sha256),
        chain=lambda id_: after.chains.get(id_) or before.chains.get(id_),
        answered=_answering(before).__contains__,
        answers=_answering(after).__contains__,
        past=lambda endpoint: None,
        again=beside.again,
        dates=beside.dates,
        titles=beside.titles,
        remedies=beside.remedies,
    )


def _answering(run: Run) -> frozenset[str]:
    return frozenset(one.endpoint.target for one in run.observations if one.status in ANSWERED)


def _endpoints(run: Run) -> Mapping[str, Observation]:
    return {one.endpoint.id: one for one in run.observations}


def by_id(items: Iterable[_N]) -> Mapping[str, _N]:
    """Things by their ids."""
    return {one.id: one for one in items}


def pairs(was: Mapping[str, _T], is_: Mapping[str, _T]) -> Iterator[Pair[_T]]:
    """Things of the same id side by side."""
    for id_ in was.keys() | is_.keys():
        yield was.get(id_), is_.get(id_)
