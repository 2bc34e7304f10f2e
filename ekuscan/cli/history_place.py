"""Which history a command uses: --history, else EKUSCAN_HISTORY, else the one in the user's state directory."""

from __future__ import annotations

import os
from pathlib import Path

from ekuscan.history.errors import HistoryError
from ekuscan.history.place import Place, parse_place
from ekuscan.record import record

VARIABLE = "EKUSCAN_HISTORY"


@record
class Chosen:
    """``asked``: somebody named it. ``typed``: on the command line, where a person reads at once that it cannot be
    used; what the environment of an unattended sweep names must not keep it from looking."""

    place: Place
    asked: bool
    typed: bool = False


def chosen_place(option: str | None) -> Chosen:
    """Raises `HistoryError` for a name that cannot be used."""
    if option is not None:
        return Chosen(parse_place(option, secret=False), asked=True, typed=True)
    told = os.environ.get(VARIABLE)
    if told:
        return Chosen(parse_place(told, secret=True), asked=True)
    path = state_directory() / "history.sqlite"
    return Chosen(Place(path, None, str(path)), asked=False)


def state_directory() -> Path:
    from platformdirs import user_state_path

    return user_state_path("ekuscan", appauthor=False)


def outbox_folder(option: str | None) -> Path:
    """Where alerts wait that were not taken: beside a history in a file, which can be written, else where the usual one
    would be."""
    try:
        path = chosen_place(option).place.path
    except HistoryError:
        path = None  # said where the history is opened
    return (path.parent if path is not None else state_directory()) / "outbox"
