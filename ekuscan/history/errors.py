"""Why a history cannot be used, in one sentence."""

from __future__ import annotations


class HistoryError(Exception):
    """The message is one sentence for the person: which history, what is wrong, what to do."""


class BusyError(HistoryError):
    """Another process writes to the history; it may be done a moment later."""
