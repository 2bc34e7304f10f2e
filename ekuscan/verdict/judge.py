"""Verdicts: every leg and composite completed, put into words, with what it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from ekuscan.model import (
    Answer,
    Because,
    Certainty,
    Confidence,
    Fork,
    ForkBranch,
    Outcome,
    Severity,
    Source,
    Verdict,
)
from ekuscan.record import record
from ekuscan.rules.tables import Rule, UseCase
from ekuscan.verdict import experiments, wording
from ekuscan.verdict.ca_lists import all_legs_of
from ekuscan.verdict.completion import Completed, Part, complete, variables_of
from ekuscan.verdict.composites import composed
from ekuscan.verdict.culprits import Spread
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.experiments import Experiment
from ekuscan.verdict.facts import CA_LISTED, CA_TRUSTED, CLIENT_AUTH, Link, SlotState, Variable
from ekuscan.verdict.legs import Leg, judged_slot
from ekuscan.verdict.links import box_of
from ekuscan.verdict.renewal import SlotView
from ekuscan.verdict.wording import Way

WIRE_CHECKS = frozenset({"tls", "ssh", "message", "pair"})
UPLOAD_CHECKS = frozenset({"upload"})

_CERTAINTY: dict[str, Certainty] = {
    "observed": "observed",
    "inferred": "inferred",
    "port": "inferred",
    "listen": "inferred",
    "pcap": "inferred",
    "imported": "inferred",
    "archive": "inferred",
    "same-slot": "inferred",
    "declared": "declared",
    "file": "declared",
    "guessed": "assumed",
    "default": "assumed",
    "assumed": "assumed",
}
_WEAKNESS: dict[Certainty, int] = {"observed": 0, "inferred": 1, "declared": 2, "assumed": 3}


@record
class Judged:
    """A verdict with what remedies need to judge it again: its legs (one, or a composite's parts).

    ``link`` is what it runs over, None within a cluster and for ends without a box. ``way`` is that of a composite of
    two directions, ``spread`` that of a connection of clusters some pairs of which are affected.
    """

    verdict: Verdict
    legs: tuple[Leg, ...]
    completed: Completed
    view: SlotView | None
    link: Link | None = None
    way: Way | None = None
    spread: Spread | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(leg.part for leg in self.legs)


def judge(estate: Estate, warn_days: int, checks: frozenset[str] = WIRE_CHECKS) -> list[Judged]:
    """All verdicts of an estate, in the order of the tables. ``warn_days``: a break within them is "high"."""
    soon = estate.seen.as_of + timedelta(days=warn_days)
    # A part of several composites is told with the first.
    part_of = {part: case.name for case in reversed(list(estate.tables.use_cases.values())) for part in case.parts}
    found: list[Judged] = []
    for use_case in estate.tables.use_cases.values():
        if use_case.parts:
            found += _composites(estate, use_case, soon, checks)
        else:
            found += [_single(estate, leg, soon, part_of) for leg in all_legs_of(estate, use_case, checks)]
    return found


def _single(estate: Estate, leg: Leg, soon: datetime, part_of: Mapping[str, str]) -> Judged:
    completed = complete((leg.part,), estate.tables)
    view = _view(estate, leg, completed, (leg.part,))
    verdict = _verdict(estate, (leg,), completed, leg, view, soon, leg.id, leg.rule.id, part_of.get(leg.use_case.name))
    return Judged(verdict, (leg,), completed, view, leg.link)


def _view(estate: Estate, leg: Leg, completed: Completed, parts: Sequence[Part]) -> SlotView | None:
    """What is known of the certificate that decides; None where the rule judges none."""
    variables = variables_of(parts) if completed.assumed else ()
    slot = judged_slot(estate, leg, [variables[place] for place in completed.assumed])
    return leg.presents.view(slot, leg.service) if slot else None


def _composites(estate: Estate, use_case: UseCase, soon: datetime, checks: frozenset[str]) -> Iterator[Judged]:
    """One verdict per link of a composite: its parts completed together, the gravest is the answer."""
    for link, mine in composed(estate, use_case, checks):
        completed = complete(tuple(leg.part for leg in mine), estate.tables)
        weakest = mine[completed.weakest]
        view = _view(estate, weakest, completed, [leg.part for leg in mine])
        boxes = [box_of(estate, link, name) for name in (link.dials, link.answers)]
        name = ">".join(box.name for box in boxes if box.in_file)
        rule = use_case.name.upper()
        id_ = f"{name}/{use_case.name}/{rule}"
        way = _way(estate, link, mine, weakest) if use_case.two_ways else None
        verdict = _verdict(estate, mine, completed, weakest, view, soon, id_, rule, None, use_case, way)
        yield Judged(verdict, mine, completed, view, link, way)


def _way(estate: Estate, out: Link, legs: Sequence[Leg], weakest: Leg) -> Way:
    """Which of two directions decides, and what the other one gives by itself."""
    dials = weakest.link.dials if weakest.link is not None else out.dials
    other = complete(tuple(leg.part for leg in legs if leg.link is not None and leg.link.dials != dials), estate.tables)
    return Way("out" if dials == out.dials else "in", out.answers, other)


def _verdict(
    estate: Estate,
    legs: tuple[Leg, ...],
    completed: Completed,
    leg: Leg,
    view: SlotView | None,
    soon: datetime,
    id_: str,
    rule_id: str,
    part_of: str | None,
    composite: UseCase | None = None,
    way: Way | None = None,
) -> Verdict:
    """``leg`` is the one that decides; of a composite, the weakest."""
    parts = tuple(one.part for one in legs)
    variables = variables_of(parts)
    when = view.certificate.not_after if view and view.certificate and completed.next != completed.now else None
    outcome = outcome_of(completed.now, completed.next)
    if_used = leg.if_used
    dials, answers = _direction(leg)
    return Verdict(
        id=id_,
        rule=rule_id,
        use_case=(composite or leg.use_case).name,
        part_of=part_of,
        connection=leg.link.connection if leg.link else None,
        target=_target(leg),
        slot=view.slot if view else None,
        sha256=view.sha256 if view else None,
        dials=dials,
        answers=answers,
        verifies=leg.verifies.name if leg.verifies else None,
        if_used=if_used,
        outcome=outcome,
        now=completed.now,
        next=completed.next,
        when=when,
        severity=severity_of(completed, when, soon, if_used),
        certainty=_certainty(completed, variables),
        confidence=_confidence(completed.confidence),
        text=wording.text(leg, completed, view, composite, way, _counted(leg, completed, variables)),
        forks=tuple(_forks(leg, completed, variables)),
        missing=_missing(completed, variables),
        assumed=tuple(sorted(f"{variables[i].key} = {variables[i].default}" for i in completed.assumed)),
        because=(
            *_because(completed, variables, view),
            *_experiments(legs, completed, variables),
            *_lists(estate, legs),
        ),
        source=_sources(estate, leg.rule),
    )


def _target(leg: Leg) -> str:
    if leg.presents.in_file or leg.verifies is None:
        return leg.presents.name
    return leg.verifies.name


def _direction(leg: Leg) -> tuple[str | None, str | None]:
    if leg.link is not None:
        return leg.link.dials, leg.link.answers
    if leg.verifies is None:
        return None, leg.presents.name if leg.rule.presents.as_ == "server" else None
    ends = (leg.presents.name, leg.verifies.name)
    return ends if leg.rule.presents.as_ == "client" else (ends[1], ends[0])


def outcome_of(now: Answer, next_: Answer) -> Outcome:
    """The headline: ``now`` if that is not ok, else ``next``."""
    if now == "breaks":
        return "breaks-now"
    if now != "ok":
        return now
    return "breaks-at-renewal" if next_ == "breaks" else next_


def severity_of(completed: Completed, when: datetime | None, soon: datetime, if_used: bool) -> Severity:
    """How urgent: see the vocabulary. ``if_used`` is one step lower."""
    steps: tuple[Severity, ...] = ("none", "low", "medium", "high", "critical")
    outcome = outcome_of(completed.now, completed.next)
    breaking = any("breaks" in (b.now, b.next) for split in completed.splits for b in split.branches)
    if outcome == "breaks-now":
        level = 4
    elif outcome == "breaks-at-renewal":
        level = 3 if when is not None and when <= soon else 2
    elif outcome == "depends":
        level = 2 if breaking else 1
    else:
        level = 1 if outcome in ("at-risk", "unknown") else 0
    return steps[max(level - 1, 0) if if_used else level]


def _certainty(completed: Completed, variables: Sequence[Variable]) -> Certainty:
    found: list[Certainty] = ["assumed"] if completed.assumed else []
    found += [_CERTAINTY[variables[i].origin] for i in completed.read if variables[i].origin in _CERTAINTY]
    return max(found, key=_WEAKNESS.__getitem__, default="inferred")


def _confidence(word: str) -> Confidence:
    return "H" if word == "H" else "M" if word == "M" else "L"


def _missing(completed: Completed, variables: Sequence[Variable]) -> tuple[str, ...]:
    """What would settle the answer: unseen certificates first, then the facts that split it."""
    if completed.now not in ("unknown", "depends") and completed.next not in ("unknown", "depends"):
        return ()
    unseen = [wording.variable_name(variables[i]) for i in completed.read if variables[i].unseen]
    asked = [variables[split.variable].name or variables[split.variable].key for split in completed.splits]
    return tuple(dict.fromkeys((*(unseen if "unknown" in (completed.now, completed.next) else ()), *asked)))


def _because(completed: Completed, variables: Sequence[Variable], view: SlotView | None) -> tuple[Because, ...]:
    found = []
    for index in completed.read:
        variable = variables[index]
        if variable.known:
            value = variable.values[0]
            told = wording.state_text(value) if isinstance(value, SlotState) else wording.value_text(value)
            text = variable.text or told
            found.append(Because(wording.variable_name(variable), text, variable.origin or "default"))
    if view is not None and view.change is not None and completed.next != completed.now:
        found.append(Because(f"renewal {view.change.id}", view.change.says, "rule"))
        if view.conflict:
            found.append(Because("policy, where sources disagree", view.conflict, "rule"))
    return tuple(found)


def _experiments(legs: Sequence[Leg], completed: Completed, variables: Sequence[Variable]) -> Iterator[Because]:
    """What was said against an experiment that counted, and experiments that disagree where a fact is lacking."""
    found: dict[Because, None] = {}
    for leg in legs:
        if _counted(leg, completed, variables) is not None:
            for who, said in leg.overruled():
                found[Because(who, f"{said}, but what was observed counts", "rule")] = None
        elif leg.experiment is not None and leg.observed is None and CLIENT_AUTH in completed.lacks:
            fact = experiments.name(leg.verifier_name, leg.asked_on)
            found[Because(fact, leg.experiment.text, leg.experiment.certainty)] = None
    yield from found


def _lists(estate: Estate, legs: Sequence[Leg]) -> Iterator[Because]:
    """The CAs that the verifying end lists or trusts, where a leg is about them."""
    for leg in legs:
        if CA_LISTED in leg.part.facts:
            accepts = estate.seen.ca_lists.get((leg.verifier_name, leg.asked_on or ""))
            if accepts is not None:
                yield Because(f"{leg.verifier_name} lists", accepts.names, "observed")
        elif CA_TRUSTED in leg.part.facts:
            yield Because(f"{leg.verifier_name} trusts", estate.seen.trusted_cas[leg.verifier_name].names, "declared")


def _counted(leg: Leg, completed: Completed, variables: Sequence[Variable]) -> Experiment | None:
    """What was seen of a leg's verifying end, where the answer stands on it."""
    told = leg.part.facts.get("verifies.client_eku")
    read = told is not None and any(variables[index].key == told.key for index in completed.read)
    return leg.observed if read else None


def _forks(leg: Leg, completed: Completed, variables: Sequence[Variable]) -> Iterator[Fork]:
    """The forks of a completed answer with the facts' full names and the values as people write them."""
    for split in completed.splits:
        variable = variables[split.variable]
        following = [*(branch.values[0] for branch in split.branches[1:]), None]
        values = {
            wording.branch_label(leg, variable, branch.values, after): ForkBranch(branch.now, branch.next)
            for branch, after in zip(split.branches, following, strict=True)
        }
        yield Fork(variable.name or variable.key, variable.question, values)


def _sources(estate: Estate, rule: Rule) -> tuple[Source, ...]:
    return tuple(estate.tables.sources[code] for code in rule.source)
