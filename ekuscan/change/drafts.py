"""Changes as they are found, each single cause once, before the verdicts that they changed are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from ekuscan.model import Endpoint
from ekuscan.news import ChangeKind
from ekuscan.record import record

Key = tuple[str, ...]


@record
class Draft:
    """A change that grows while pairs come in. ``certificates`` are the fingerprints before and after."""

    kind: ChangeKind
    key: Key
    before: str | None = None
    after: str | None = None
    connection: str | None = None
    certificates: tuple[str | None, str | None] = (None, None)
    targets: set[str] = field(default_factory=set)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    what: set[str] = field(default_factory=set)


class Drafts:
    """All changes found so far, by what they are about."""

    def __init__(self) -> None:
        self._found: dict[tuple[ChangeKind, Key], Draft] = {}

    def __iter__(self) -> Iterator[Draft]:
        return iter(sorted(self._found.values(), key=lambda one: (one.kind, one.key)))

    def at(
        self,
        kind: ChangeKind,
        key: Key,
        target: str | None = None,
        *,
        endpoint: Endpoint | None = None,
        what: str | None = None,
        before: str | None = None,
        after: str | None = None,
        connection: str | None = None,
        certificates: tuple[str | None, str | None] = (None, None),
    ) -> Draft:
        """The change of this kind and key; what else is given is added to it, or makes it where it is new."""
        found = self._found.get((kind, key))
        if found is None:
            found = self._found[kind, key] = Draft(kind, key, before, after, connection, certificates)
        if endpoint is not None:
            found.endpoints[endpoint.id] = endpoint
            found.targets.add(endpoint.target)
        if target is not None:
            found.targets.add(target)
        if what is not None:
            found.what.add(what)
        return found

    def fold(self) -> None:
        """Leave out what follows from a target that came, went, or does not answer at all."""
        added = {name for one in self._found.values() if one.kind == "target-added" for name in one.targets}
        removed = {name for one in self._found.values() if one.kind == "target-removed" for name in one.targets}
        for place, one in list(self._found.items()):
            follows = added if one.kind in ("endpoint-new", "connection-added") else removed
            if (one.kind.startswith("endpoint-") and one.targets <= follows) or (
                one.kind.startswith("connection-") and one.targets & follows
            ):
                del self._found[place]
