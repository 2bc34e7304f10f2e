"""What several descriptions of one connection agree upon."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.imports.found import FoundConnection


def agreed_settings(found: Sequence[FoundConnection]) -> dict[str, str]:
    """The settings of one connection that nobody contradicts; where each end has its own, those that both ends told."""
    settings = {}
    for name in dict.fromkeys(name for connection in found for name in connection.settings):
        told = [connection for connection in found if name in connection.settings]
        halves = {connection.half for connection in told}
        if len({connection.settings[name] for connection in told}) == 1 and halves not in ({"from"}, {"to"}):
            settings[name] = told[0].settings[name]
    return settings
