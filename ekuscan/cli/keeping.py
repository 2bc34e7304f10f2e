"""A run on its way into the history: written a moment after it was seen, and never in the way of the sweep."""

from __future__ import annotations

from typing import Final

from ekuscan.cli.log import tell
from ekuscan.cli.spill import Begun, Spill
from ekuscan.history import writer
from ekuscan.history.contents import Kept, kept_observation, kept_verdicts
from ekuscan.history.errors import BusyError, HistoryError
from ekuscan.history.runs import StoredRun
from ekuscan.history.store import Store
from ekuscan.model import Observation, RunInfo, Summary
from ekuscan.run import Piece

_MANY: Final = 400
# So many ticks in turn may find the history held by another process before it is given up.
_PATIENCE: Final = 20
_LAST_PATIENCE: Final = 3


class Keeping:
    """Takes what a run sees and finds. ``failed``: the history did not take all of it."""

    def __init__(self, store: Store, begun: Begun) -> None:
        self.failed = False
        self._store = store
        self._begun = begun
        self._waiting: list[Kept] = []
        self._busy = 0
        self._spill: Spill | None = None

    @property
    def run(self) -> StoredRun:
        """The run as it began."""
        return self._begun.run

    def observe(self, observation: Observation) -> None:
        self._waiting.append(kept_observation(observation))
        if len(self._waiting) >= _MANY and not self._busy:
            self.tick()

    def found(self, piece: Piece) -> None:
        self._waiting += kept_verdicts(piece.verdicts)

    def tick(self) -> None:
        """Store what waits."""
        if not self._waiting:
            return
        if self._spill is not None:
            self._spill.add(self._waiting)
            self._waiting = []
            return
        try:
            writer.add(self._store, self._begun.run, self._waiting)
        except BusyError as error:
            self._busy += 1
            if self._busy >= _PATIENCE:
                self._give_up(error)
        except HistoryError as error:
            self._give_up(error)
        else:
            self._busy = 0
            self._waiting = []

    def end(self, info: RunInfo, summary: Summary) -> None:
        """Store the rest, and how the run ended."""
        if self._spill is None:
            try:
                self._ended(info, summary)
            except HistoryError as error:
                self._give_up(error)
            else:
                return
        else:
            self.tick()
        assert self._spill is not None
        self._spill.end(self._begun.run, info, summary)
        self._say_where()

    def _ended(self, info: RunInfo, summary: Summary) -> None:
        for attempt in range(_LAST_PATIENCE):
            try:
                writer.end(self._store, self._begun.run, info, summary, self._waiting)
            except BusyError:
                if attempt + 1 == _LAST_PATIENCE:
                    raise
            else:
                return

    def _give_up(self, error: HistoryError) -> None:
        """Say it once; from here on everything goes into a file."""
        self.failed = True
        self._spill = Spill(self._store.place, self._begun, self._waiting)
        self._waiting = []
        tell(f"{error}; the sweep goes on, its result is not complete in the history")

    def _say_where(self) -> None:
        path = self._spill.path if self._spill is not None else None
        if path is None:
            said = "what the history lacks of this run could not be written anywhere; the result here is all there is"
        else:
            said = f"what the history lacks of this run is in {path}; `ekuscan history import {path}` adds it"
        tell(f"{said}")
