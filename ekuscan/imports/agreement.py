"""What several descriptions of one connection agree upon."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.imports.found import FoundConnection
from ekuscan.imports.zone import PEER_ADDRESS, TLS_VERIFY
from ekuscan.peer_names import stated_names


def agreed_settings(found: Sequence[FoundConnection]) -> dict[str, str]:
    """The settings of one connection that nobody contradicts; a mode that each end has for itself if both told it."""
    settings = {}
    for name in dict.fromkeys(name for connection in found for name in connection.settings):
        told = [connection for connection in found if name in connection.settings]
        value = _agreed(name, {connection.settings[name] for connection in told})
        if value is not None and not (name == TLS_VERIFY and {one.half for one in told} in ({"from"}, {"to"})):
            settings[name] = value
    return settings


def _agreed(name: str, values: set[str]) -> str | None:
    """The one value; of peer addresses those of a zone that has all the others' too.

    A box makes itself a zone with each Unified CM by itself, beside the one with all of them that a person made.
    """
    if len(values) == 1:
        return next(iter(values))
    if name != PEER_ADDRESS:
        return None
    every = {address for value in values for address in stated_names(value)}
    return next((value for value in values if set(stated_names(value)) == every), None)
