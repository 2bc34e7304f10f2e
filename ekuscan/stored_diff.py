"""Two runs of a history side by side, in the memory of what they have differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ekuscan.assessment import ChainBook
from ekuscan.change.compared import Compared, Pair
from ekuscan.change.runs import Beside, by_id, pairs
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.model import Endpoint, Inventory, Observation, Verdict
from ekuscan.observation import ANSWERED


class StoredDiff:
    """``book`` judges the chains that either run has and the other has not."""

    def __init__(self, reader: Reader, before: StoredRun, after: StoredRun, book: ChainBook) -> None:
        self._reader = reader
        self._runs = before, after
        self._book = book
        self._inventories = reader.inventory(before), reader.inventory(after)
        self._differing: dict[str, tuple[bool, bool]] = {}

    def compared(self, beside: Beside) -> Compared:
        """What is compared. Its iterators, and what it looks up, raise `HistoryError`."""
        before, after = self._inventories
        return Compared(
            before=self._runs[0].info,
            after=self._runs[1].info,
            targets=pairs(by_id(before.targets), by_id(after.targets)),
            connections=pairs(by_id(before.connections), by_id(after.connections)),
            endpoints=self._endpoints(),
            verdicts=self._verdicts(),
            certificate=self._book.certificates.get,
            chain=self._book.chains.get,
            answered=self._answering(0),
            answers=self._answering(1),
            past=lambda endpoint: None,
            again=beside.again,
            dates=beside.dates,
            titles=beside.titles,
            remedies=beside.remedies,
        )

    def _endpoints(self) -> Iterator[Pair[Observation]]:
        for one in self._reader.differing(*self._runs):
            pair = one.before, one.after
            for seen in pair:
                for ders in seen.presented.values() if seen is not None else ():
                    self._book.add(ders)
            self._differing[one.name] = _answered(one.before), _answered(one.after)
            yield pair

    def _verdicts(self) -> Iterator[Pair[Verdict]]:
        for one in self._reader.differing_verdicts(*self._runs):
            yield one.before, one.after

    def _answering(self, side: int) -> Callable[[str], bool]:
        endpoints = _by_target(self._inventories[side])

        def answering(target: str) -> bool:
            """Asked of few targets, once all that differs was read: the rest is as in the other run."""
            return any(self._seen(side, endpoint) for endpoint in endpoints.get(target, ()))

        return answering

    def _seen(self, side: int, endpoint: str) -> bool:
        if endpoint in self._differing:
            return self._differing[endpoint][side]
        latest = next(self._reader.sightings(self._runs[side], endpoint), None)
        return latest is not None and _answered(latest.value)


def _answered(one: Observation | None) -> bool:
    return one is not None and one.status in ANSWERED


def _by_target(inventory: Inventory) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    endpoints: Iterable[Endpoint] = inventory.endpoints
    for one in endpoints:
        found.setdefault(one.target, []).append(one.id)
    return found
