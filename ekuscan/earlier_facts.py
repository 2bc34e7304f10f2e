"""The facts of an earlier run judged again: by the rules of today, and for any instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from ekuscan.assessment import ChainBook
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Chain, HierarchyClass, Run, Verdict
from ekuscan.parts import parts_of
from ekuscan.rejudge import as_seen, inventory_of
from ekuscan.report.saved import der_of
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.trust import TrustStore

# What no trust data knows; a site's own roots are not kept with a run, what they told of a chain is.
_OWN: tuple[HierarchyClass, ...] = ("private", "self-signed")


class EarlierFacts:
    """A run whose facts are judged again. Only the parts of the estate that are asked for are judged."""

    def __init__(self, run: Run, knowledge: Knowledge, store: TrustStore) -> None:
        self._run = run
        self._knowledge = knowledge
        self._store = store
        self._inventory = inventory_of(run)
        self._parts = parts_of(self._inventory, knowledge.tables, assume=True)

    def verdicts(self, as_of: datetime, targets: Collection[str]) -> Mapping[str, Verdict]:
        """By id, the verdicts of all parts that one of the targets belongs to, judged for ``as_of``."""
        wanted = {self._parts.of[name] for name in targets if name in self._parts.of}
        names = {name for part in wanted for name in self._parts.members[part]}
        clusters = {one.cluster for one in self._run.targets if one.id in names and one.cluster is not None}
        whole = self._inventory
        inventory = replace(
            whole,
            targets=tuple(one for one in whole.targets if one.id in names),
            connections=tuple(one for one in whole.connections if {one.from_, one.to} <= names | clusters),
            endpoints=tuple(one for one in whole.endpoints if one.target in names),
        )
        options = Options(as_of, noticing=False)
        run = RunInProgress(self._run.run, inventory, self._knowledge, self._book, options)
        run.take_in(one for one in as_seen(self._run) if one.endpoint.target in names)
        return {one.id: one for one in run.result(as_of, complete=True).verdicts}

    @cached_property
    def _book(self) -> ChainBook:
        """Chains as the run knew them; with other trust data, those that it speaks of are judged by it."""
        book = ChainBook(self._store)
        run = self._run
        same = self._store.version == run.run.trust_data
        own = {id_: one for id_, one in run.chains.items() if same or one.hierarchy.class_ in _OWN}
        named = {sha256 for one in own.values() for sha256 in _named(one)}
        ders = {sha256: der_of(one.pem) for sha256, one in run.certificates.items()}
        known = {sha256: one for sha256, one in run.certificates.items() if same or sha256 in named}
        book.recall(known, own, (ders[sha256] for sha256 in known))
        for id_, chain in run.chains.items():
            shown = [ders.get(sha256, b"") for sha256 in chain.presented]
            if id_ not in own and [sha256_hex(der) for der in shown] == list(chain.presented):
                book.add(shown)
        return book


def _named(chain: Chain) -> Iterable[str]:
    yield from chain.presented
    for path in chain.paths:
        yield from path
