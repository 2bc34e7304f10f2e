"""A run judged again from what it holds: its targets as they were told, its observations, the chains as it knew them.

Verdicts, problems and plan follow from these by the same code as during a scan, and by the tables of today.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ekuscan.assessment import ChainBook
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Inventory, Observation, Run, SlotContent, SlotOrigin, Target
from ekuscan.observation import CLOSED_REASONS
from ekuscan.report.saved import der_of
from ekuscan.run import Knowledge, Options, RunInProgress

# What endpoints show is put into its slots anew.
_SHOWN: tuple[SlotOrigin, ...] = ("port", "unseen", "same-slot")
# A result does not hold what these were seen in: the names of CAs byte for byte, the answers of an API.
_NOT_SEEN_AGAIN = frozenset({"ca-not-listed", "only-ended-cas", "api-not-read"})


class CannotJudgeError(ValueError):
    """A result that lacks what is needed to judge it; the message says what."""


def judged_again(run: Run, knowledge: Knowledge, book: ChainBook, options: Options) -> Run:
    """The run with the verdicts, problems, notices, plan and exit code that its facts give. Raises `CannotJudgeError`.

    ``book`` is filled with the run's chains: who issued them is what the run found, with the site's own roots.
    """
    ders = {sha256: der_of(one.pem) for sha256, one in run.certificates.items()}
    wrong = next((sha256 for sha256, der in ders.items() if sha256_hex(der) != sha256), None)
    if wrong is not None:
        raise CannotJudgeError(f"certificate {wrong} is not in it, so it cannot be judged again")
    book.recall(run.certificates, run.chains, ders.values())
    kept = [notice for notice in run.notices if notice.kind in _NOT_SEEN_AGAIN]
    known = {target.id for target in run.targets}
    anew = RunInProgress(
        run.run, inventory_of(run), knowledge, book, options, [one for one in kept if one.target in known]
    )
    anew.take_in(as_seen(run))
    found = anew.result(run.run.finished or run.run.started, run.run.complete)
    notices = {notice.id: notice for notice in found.notices}
    return replace(found, run=replace(found.run, finished=run.run.finished), notices=tuple(notices.values()))


def inventory_of(run: Run) -> Inventory:
    """What the run was told, as far as it tells it."""
    return Inventory(
        targets=tuple(replace(target, slots=tuple(_told(target))) for target in run.targets),
        connections=tuple(one for one in run.connections if one.origin != "assumed"),
        endpoints=tuple(observation.endpoint for observation in run.observations),
        waivers=run.run.waivers,
    )


def _told(target: Target) -> Iterator[SlotContent]:
    """The contents of slots that no port showed, and which slot holds what another one does."""
    yield from (one for one in target.slots if one.from_ not in _SHOWN)
    same = {one.slot: _holder(target, one) for one in target.slots if one.from_ == "same-slot"}
    for slot, holder in same.items():
        if holder is not None:
            yield SlotContent(slot, None, None, "same-slot", same_as=holder)


def _holder(target: Target, content: SlotContent) -> str | None:
    """The slot from which a content was taken over."""
    others = (one.slot for one in target.slots if one.from_ != "same-slot" and one.chain == content.chain)
    return content.same_as or next(others, None)


def as_seen(run: Run) -> Iterator[Observation]:
    """Observations as they were made: that of a box every port of which is closed becomes a failure later."""
    for one in run.observations:
        closed = one.endpoint.optional and one.failure is not None and one.failure.reason in CLOSED_REASONS
        yield replace(one, status="closed") if closed and one.status == "failed" and not one.sights else one
