"""A lab looked at twice, with what its endpoints showed altered in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from ekuscan.assessment import ChainBook
from ekuscan.change.compared import Compared, Past
from ekuscan.change.find import find
from ekuscan.change.runs import side_by_side
from ekuscan.cli import event_loop
from ekuscan.cli.diff import beside
from ekuscan.cli.knowledge import knowledge
from ekuscan.cli.preparing import prepared, read_inventory, run_info
from ekuscan.cli.scan_request import ScanRequest
from ekuscan.cli.sweeping import sweep_into
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.lab.laboratory import Lab
from ekuscan.model import Failure, Inventory, Observation, Run
from ekuscan.news import Change, News
from ekuscan.observation import unseen
from ekuscan.report.change_line import change_line
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.trust import TrustStore
from tests.command import TODAY

Alter = Callable[[Observation], Observation]
REFUSED = Failure("connect", "refused", "nothing listens there")


class Watched:
    """A lab that was looked at once; every further look is that one, altered and judged anew."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.known = knowledge()
        self.store = TrustStore.open(lab.trust_data)
        request = ScanRequest(targets=(), file=lab.targets_file, trust_data=lab.trust_data)
        ready = prepared(request, read_inventory(request, self.known), self.known, TODAY)
        self.inventory = ready.inventory
        self.seen: list[Observation] = []
        event_loop.run(sweep_into(self.seen.append, self.inventory.endpoints, ready.limits, None))

    def look(
        self,
        as_of: datetime = TODAY,
        alter: Alter = lambda one: one,
        *,
        known: Knowledge | None = None,
        inventory: Inventory | None = None,
        complete: bool = True,
    ) -> Run:
        known, inventory = known or self.known, inventory or self.inventory
        book = ChainBook(self.store, inventory.trust)
        run = RunInProgress(run_info(self.store, known, as_of, as_of), inventory, known, book, Options(as_of))
        for _ in run.begin():
            pass
        ids = {endpoint.id for endpoint in inventory.endpoints}
        for one in self.seen:
            if one.endpoint.id in ids:
                run.observe(alter(one))
        return run.result(as_of, complete)

    def compared(self, before: Run, after: Run, *, known: Knowledge | None = None) -> Compared:
        return side_by_side(before, after, beside(before, after.run, known or self.known, self.store))

    def news(
        self,
        before: Run,
        after: Run,
        *,
        known: Knowledge | None = None,
        confirm: int = 1,
        past: Mapping[str, Past] | None = None,
        first: Run | None = None,
    ) -> News:
        """``past`` is what the history says of endpoints, out of the run ``first``."""
        compared = self.compared(before, after, known=known)
        if past is not None and first is not None:
            chains, certificates = {**first.chains, **after.chains}, {**first.certificates, **after.certificates}
            compared = replace(compared, past=past.get, chain=chains.get, certificate=certificates.get)
        return find(replace(compared, confirm=confirm))


def only(news: News) -> Change:
    """The one change that there is."""
    assert [one.id for one in news.changes[1:]] == [], [change_line(one) for one in news.changes]
    return news.changes[0]


def away(*targets: str) -> Alter:
    """Targets that are switched off."""
    return lambda one: unseen(one.endpoint, REFUSED) if one.endpoint.target in targets else one


def renewed(target: str, ders: tuple[bytes, ...]) -> Alter:
    """A target that presents another chain wherever it presents one."""
    fresh = chain_id(map(sha256_hex, ders))

    def alter(one: Observation) -> Observation:
        if one.endpoint.target != target or not one.presented:
            return one
        sights = tuple(replace(sight, chain=fresh if sight.chain else None) for sight in one.sights)
        return replace(one, sights=sights, presented={fresh: ders})

    return alter
