"""What the history says of an endpoint that the earlier of two compared runs did not see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ekuscan.change.compared import Compared, Pair, Past
from ekuscan.change.verdicts import ends_of
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.model import Certificate, Chain, Run, Verdict
from ekuscan.observation import ANSWERED


class PastRuns:
    """The runs of a list that count, the latest first, which is the earlier one of the two. ``judged`` makes a whole
    run of a stored one, of which is kept what is of the targets ``away``: those that the earlier one did not see."""

    def __init__(
        self,
        reader: Reader,
        runs: Sequence[StoredRun],
        after: Run,
        judged: Callable[[StoredRun], Run],
        away: Iterable[str],
    ) -> None:
        self._reader = reader
        self._runs = runs
        self._after = after
        self._judged = judged
        self._away = frozenset(away)
        self._known: dict[str, Run] = {}
        self._certificates: dict[str, Certificate] = {}
        self._chains: dict[str, Chain] = {}

    def beside(self, compared: Compared, confirm: int) -> Compared:
        """The comparison with what these runs know."""

        def certificate(sha256: str) -> Certificate | None:
            return compared.certificate(sha256) or self._certificates.get(sha256)

        def chain(id_: str) -> Chain | None:
            return compared.chain(id_) or self._chains.get(id_)

        return replace(compared, past=self.past, certificate=certificate, chain=chain, confirm=confirm)

    def past(self, endpoint: str) -> Past:
        """How long it was away, and what it showed before that. Raises `HistoryError`."""
        unseen = 0
        for sighting in self._reader.sightings(self._runs[0], endpoint):
            first, last = sighting.first.place, sighting.last.place
            counted = [one for one in self._runs if first <= one.place <= last]
            if counted and sighting.value.status in ANSWERED:
                return self._seen_in(counted[0], endpoint, unseen)
            unseen += len(counted)
        return Past(unseen)

    def _seen_in(self, stored: StoredRun, endpoint: str, unseen: int) -> Past:
        run = self._whole(stored)
        last = next((one for one in run.observations if one.endpoint.id == endpoint), None)
        if last is None:
            return Past(unseen)
        name = last.endpoint.target
        target = next((one for one in run.targets if one.id == name), None)
        return Past(unseen, last, target, tuple(self._verdicts(run, name)))

    def _whole(self, stored: StoredRun) -> Run:
        if stored.id not in self._known:
            self._known[stored.id] = self._kept(self._judged(stored))
        return self._known[stored.id]

    def _kept(self, run: Run) -> Run:
        """A run without what is not asked for, so that many nights fit beside each other; certificates and chains are
        kept once for all of them."""
        self._certificates |= {
            sha256: one for sha256, one in run.certificates.items() if sha256 not in self._certificates
        }
        self._chains |= {id_: one for id_, one in run.chains.items() if id_ not in self._chains}
        return replace(
            run,
            targets=tuple(one for one in run.targets if one.id in self._away),
            connections=(),
            observations=tuple(one for one in run.observations if one.endpoint.target in self._away),
            verdicts=tuple(one for one in run.verdicts if not ends_of(one).isdisjoint(self._away)),
            certificates={},
            chains={},
        )

    def _verdicts(self, run: Run, target: str) -> list[Pair[Verdict]]:
        was = {one.id: one for one in run.verdicts if target in ends_of(one)}
        is_ = {one.id: one for one in self._after.verdicts if target in ends_of(one)}
        return [(was.get(id_), is_.get(id_)) for id_ in sorted(was.keys() | is_.keys())]
