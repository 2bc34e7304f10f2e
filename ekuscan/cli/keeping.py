"""A run on its way into the history: written a moment after it was seen, and never in the way of the sweep."""

from __future__ import annotations

from functools import partial
from typing import Final

from ekuscan.cli.log import tell
from ekuscan.cli.spill import Begun, Spill
from ekuscan.history import writer
from ekuscan.history.aside import Work
from ekuscan.history.contents import Kept, kept_observation, kept_verdicts
from ekuscan.history.errors import BusyError, HistoryError
from ekuscan.history.place import Place
from ekuscan.history.runs import StoredRun
from ekuscan.history.store import Store
from ekuscan.model import Observation, RunInfo, Summary
from ekuscan.run import Piece

_MANY: Final = 400
# So many ticks in turn may find that what was handed over is not stored yet: about 40 seconds.
_PATIENCE: Final = 160
# At the end somebody waits for the result. So often is tried what another process holds; in so many seconds a slow disk
# takes what is left of the largest estate.
_LAST_PATIENCE: Final = 3
_LAST_SECONDS: Final = 60.0


class Keeping:
    """Takes what a run sees and finds. ``failed``: the history did not take all of it. ``silent``: it does not answer,
    so nothing is to be asked of it any more. ``store`` is None where none can be used from the start."""

    def __init__(self, place: Place, store: Store | None, begun: Begun) -> None:
        self.failed = store is None
        self.silent = False
        self.store = store
        self._place = place
        self._begun = begun
        self._waiting: list[Kept] = []
        self._handed: list[Kept] = []
        self._work: Work[object] | None = None
        self._late = 0
        self._spill = Spill(place, begun, []) if store is None else None

    @property
    def run(self) -> StoredRun:
        """The run as it began."""
        return self._begun.run

    def observe(self, observation: Observation) -> None:
        self._waiting.append(kept_observation(observation))
        if len(self._waiting) >= _MANY and self._work is None and not self._late:
            self.tick()

    def found(self, piece: Piece) -> None:
        self._waiting += kept_verdicts(piece.verdicts)

    def tick(self) -> None:
        """See to what waits, without waiting for it."""
        if self._spill is None:
            self._settle()
        if self._spill is not None:
            self._spill.add(self._waiting)
            self._waiting = []
        elif self._work is None and self._waiting:
            self._hand_over()

    def _hand_over(self) -> None:
        self._handed, self._waiting = self._waiting, []
        self._work = Work(partial(writer.add, self._usable(), self._begun.run, self._handed))

    def _usable(self) -> Store:
        assert self.store is not None
        return self.store

    def _settle(self) -> None:
        """See what became of what was handed over."""
        if self._work is None:
            return
        problem = HistoryError(f"{self._place.shown}: does not answer")
        if self._work.ended():
            try:
                self._work.result()
            except BusyError as error:
                problem = error
                self._work = None
                self._handed, self._waiting = [], self._handed + self._waiting
            except HistoryError as error:
                self._give_up(error)
                return
            else:
                self._work, self._handed, self._late = None, [], 0
                return
        self._late += 1
        if self._late >= _PATIENCE:
            self.silent = self._work is not None
            self._give_up(problem)

    def end(self, info: RunInfo, summary: Summary) -> None:
        """Store the rest, and how the run ended."""
        if self._spill is None:
            try:
                self._ended(info, summary)
            except HistoryError as error:
                self._give_up(error)
        else:
            self.tick()
        if self._spill is not None:
            self._spill.end(self._begun.run, info, summary)
            self._say_where(self._spill)

    def _ended(self, info: RunInfo, summary: Summary) -> None:
        if self._work is not None:
            self._wait(self._work)
            self._settle()
        attempt = 0
        while self._spill is None:
            attempt += 1
            work = Work(partial(writer.end, self._usable(), self._begun.run, info, summary, self._waiting))
            if not self._wait(work):
                return
            try:
                work.result()
            except BusyError:
                if attempt == _LAST_PATIENCE:
                    raise
            else:
                return

    def _wait(self, work: Work[object]) -> bool:
        """Wait for the last that is written; Ctrl-C ends the waiting, as the result is still to be written."""
        try:
            ended = work.ended(_LAST_SECONDS)
        except KeyboardInterrupt:
            ended = False
        if not ended:
            self.silent = True
            self._give_up(HistoryError(f"{self._place.shown}: does not answer"))
        return ended

    def _give_up(self, error: HistoryError) -> None:
        """Say it once; from here on everything goes into a file."""
        self.failed = True
        self._spill = Spill(self._place, self._begun, self._handed + self._waiting)
        self._handed, self._waiting, self._work = [], [], None
        tell(f"{error}; the sweep goes on, its result is not complete in the history")

    def _say_where(self, spill: Spill) -> None:
        commands = " and then ".join(f"`ekuscan history import {path}`" for path in spill.paths)
        files = " and ".join(map(str, spill.paths))
        if not files:
            tell("what the history lacks of this run could not be written anywhere; the result here is all there is")
        elif spill.lost:
            tell(f"no space left: what the history lacks of this run is only in part in {files}; {commands} adds that")
        else:
            tell(f"what the history lacks of this run is in {files}; {commands} adds it")
