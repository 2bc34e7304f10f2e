"""Brings together what several sources say about the same targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ekuscan.targets.address import label
from ekuscan.targets.draft import Draft, merged
from ekuscan.targets.errors import Problems


class Register:
    """Targets by id, in the order in which they came. Targets of a file stay apart even on one host: their ids say
    so. A host from a list or the command line is the target of that name or host, if there is one."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._drafts: dict[str, Draft] = {}
        self._ids: dict[str, str] = {}
        self._hosts: dict[str, list[str]] = {}
        self._filed: set[str] = set()

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """Every target so far."""
        return tuple(self._drafts.values())

    def add_filed(self, drafts: Iterable[Draft]) -> None:
        """Adds the targets of a targets file, whose ids are keys and so unique."""
        for draft in drafts:
            self._filed.add(draft.id)
            self._put(draft)

    def add(self, draft: Draft) -> None:
        """Adds a target from a host list or the command line, to the one that it means if there is one."""
        unnamed = draft.id == label(draft.host or "")
        known = self.named(draft.id) or (self._on_host(draft) if unnamed else None)
        if known is None:
            self._put(draft)
            return
        if known.id in self._filed:
            # Naming a box of the file does not widen the ports that the file gives it.
            draft = replace(draft, own_ports=False)
        if unnamed:
            draft = replace(draft, host=known.host)
        self._drafts[known.id] = merged(known, draft, self._problems)

    def named(self, name: str) -> Draft | None:
        """The target of this id, letter case aside."""
        return self._drafts.get(self._ids.get(name.lower(), ""))

    def replace(self, draft: Draft) -> None:
        """Puts a changed target in the place of the one with its id, or at the end."""
        self._put(draft)

    def _put(self, draft: Draft) -> None:
        if draft.id not in self._drafts and draft.host is not None:
            self._hosts.setdefault(draft.host, []).append(draft.id)
        self._drafts[draft.id] = draft
        self._ids.setdefault(draft.id.lower(), draft.id)

    def _on_host(self, draft: Draft) -> Draft | None:
        same_host = [self._drafts[name] for name in self._hosts.get(draft.host or "", ())]
        ports = {ask.port for ask in draft.asks}
        with_port = [known for known in same_host if ports & {ask.port for ask in known.asks}]
        if with_port:
            return with_port[0]
        return same_host[0] if len(same_host) == 1 else None
