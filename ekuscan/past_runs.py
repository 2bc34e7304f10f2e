"""What the history says of an endpoint that the earlier of two compared runs did not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ekuscan.change.compared import Compared, Pair, Past
from ekuscan.change.verdicts import ends_of
from ekuscan.history.reader import Reader
from ekuscan.history.runs import StoredRun
from ekuscan.model import Certificate, Chain, Run, Verdict

_ANSWERED = ("seen", "partial")


class PastRuns:
    """The runs of a list that count, the latest first, which is the earlier one of the two. ``judged`` makes a whole
    run of a stored one."""

    def __init__(
        self, reader: Reader, runs: Sequence[StoredRun], after: Run, judged: Callable[[StoredRun], Run]
    ) -> None:
        self._reader = reader
        self._runs = runs
        self._after = after
        self._judged = judged
        self._known: dict[str, Run] = {}

    def beside(self, compared: Compared, confirm: int) -> Compared:
        """The comparison with what these runs know."""

        def certificate(sha256: str) -> Certificate | None:
            found = compared.certificate(sha256)
            return found or next((c for run in self._known.values() if (c := run.certificates.get(sha256))), None)

        def chain(id_: str) -> Chain | None:
            found = compared.chain(id_)
            return found or next((c for run in self._known.values() if (c := run.chains.get(id_))), None)

        return replace(compared, past=self.past, certificate=certificate, chain=chain, confirm=confirm)

    def past(self, endpoint: str) -> Past:
        """How long it was away, and what it showed before that. Raises `HistoryError`."""
        unseen = 0
        for sighting in self._reader.sightings(self._runs[0], endpoint):
            first, last = sighting.first.place, sighting.last.place
            counted = [one for one in self._runs if first <= one.place <= last]
            if counted and sighting.value.status in _ANSWERED:
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
            self._known[stored.id] = self._judged(stored)
        return self._known[stored.id]

    def _verdicts(self, run: Run, target: str) -> list[Pair[Verdict]]:
        was = {one.id: one for one in run.verdicts if target in ends_of(one)}
        is_ = {one.id: one for one in self._after.verdicts if target in ends_of(one)}
        return [(was.get(id_), is_.get(id_)) for id_ in sorted(was.keys() | is_.keys())]
