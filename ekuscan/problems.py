"""Problems: verdicts put together as a person acts on them, one certificate slot and one next step at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ekuscan.advice import is_fine
from ekuscan.model import Fork, Problem, Remedy, Verdict
from ekuscan.profiles.load import ProfileSlot, profile
from ekuscan.record import record
from ekuscan.rules.tables import RemedyRow, Tables
from ekuscan.twins import together, told
from ekuscan.verdict.culprits import Spread, culprits, sentences
from ekuscan.verdict.judge import Judged

Section = Literal["broken-now", "at-renewal", "at-risk", "unknown", "decide"]
SECTIONS: tuple[Section, ...] = ("broken-now", "at-renewal", "at-risk", "unknown", "decide")

_ANSWERS = {"ok": "fine", "breaks": "broken", "at-risk": "at risk", "unknown": "unknown", "depends": "depends"}
# What only the far end's administrator can say is a risk to plan for, not a question to the reader.
_FAR_FACTS = (".client_eku",)


def section_of(verdict: Verdict) -> Section | None:
    """The section of the report that a verdict belongs to, None for those that are fine."""
    if is_fine(verdict):
        return None
    if verdict.outcome == "breaks-now":
        return "broken-now"
    if verdict.outcome == "breaks-at-renewal":
        return "at-renewal"
    if verdict.outcome == "depends" and verdict.now == "ok" and not _askable(verdict):
        return "at-renewal"
    if verdict.outcome == "depends":
        return "decide" if _askable(verdict) else "at-risk"
    return "unknown" if verdict.outcome == "unknown" else "at-risk"


def _askable(verdict: Verdict) -> list[Fork]:
    """The forks that the reader can settle; a far end's own habits are not among them."""
    return [fork for fork in verdict.forks if not fork.fact.endswith(_FAR_FACTS)]


@record
class Finding:
    """A verdict with what a problem says beside it.

    ``presents`` and ``verifier`` are the ends of the leg that decides, ``strangers`` those of all its legs that are not
    in the inventory; ``role`` is that of the end that presents. A ``composite`` has several legs. A ``candidate`` is a
    file that somebody thinks of installing. ``slot`` is what is known of the slot that the verdict is about. A
    ``whole`` is a connection of several pairs, each with a verdict of its own: it is no problem besides theirs.
    ``scanned``: the end that presents has ports to look at. ``cluster`` is that of the end that presents, ``weakest``
    the title of the use case that decides a composite. ``ways``: of a composite of two directions, which one decides
    and what the other one gives, else None. ``spread`` is what affects the whole of a connection of clusters.
    """

    verdict: Verdict
    presents: str
    role: str
    verifier: str
    strangers: tuple[str, ...]
    composite: bool
    candidate: bool = False
    slot: ProfileSlot | None = None
    whole: bool = False
    scanned: bool = True
    cluster: str | None = None
    weakest: str = ""
    ways: str | None = None
    spread: Spread | None = None


def finding(item: Judged, *, candidate: bool = False, whole: bool = False) -> Finding:
    """What problems are made of."""
    leg = item.legs[item.completed.weakest]
    boxes = [box for one in item.legs for box in (one.presents, one.verifies) if box is not None and not box.in_file]
    strangers = tuple(dict.fromkeys(box.name for box in boxes))
    role = profile(leg.presents.role)
    return Finding(
        item.verdict,
        leg.presents.name,
        leg.presents.role,
        leg.verifier_name,
        strangers,
        len(item.legs) > 1,
        candidate,
        next((slot for slot in role.slots if slot.name == item.verdict.slot), None),
        whole,
        scanned=bool(role.ports),
        cluster=leg.presents.target.cluster if leg.presents.target is not None else None,
        weakest=leg.use_case.title,
        spread=item.spread,
        ways=f"{item.way.text} decides; {item.way.of_the_other}" if item.way is not None else None,
    )


@dataclass(slots=True)
class _Group:
    """Verdicts that a person acts on together; ``stranger`` is the end outside the inventory that they hang on."""

    section: Section
    stranger: str | None
    items: list[Finding] = field(default_factory=list)


class _Steps:
    """The problems found so far, by number, and which of them settle a verdict."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._settling: dict[str, list[int]] = {}

    def add(self, problem: Problem) -> None:
        self.found.append(problem)
        for name in problem.remedy.clears if problem.remedy is not None else ():
            self._settling.setdefault(name, []).append(len(self.found))

    def covering(self, group: _Group) -> int | None:
        """The number of the first step whose remedy settles every verdict of a group."""
        settling = [self._settling.get(item.verdict.id, ()) for item in group.items]
        return min(set(settling[0]).intersection(*settling[1:]), default=None)


def problems(findings: Sequence[Finding], tables: Tables, unknown: Sequence[Problem] = ()) -> tuple[Problem, ...]:
    """The problems of a run, gravest section first. What an earlier step settles says so and names the step.

    ``unknown`` are those of targets that could not be judged at all; they stand at the end of their section. What is
    waived is no problem.
    """
    steps = _Steps()
    waiting = list(unknown)
    standing = [item for item in findings if item.verdict.waived is None]
    alone = culprits(item.spread for item in standing if item.spread is not None)
    for twins in _with_twins(_grouped(standing, tables)):
        if twins[0].section == "decide":
            for problem in waiting:
                steps.add(problem)
            waiting.clear()
        steps.add(together([_problem(twin, tables, steps.covering(twin), alone) for twin in twins]))
    return (*steps.found, *waiting)


def _grouped(findings: Sequence[Finding], tables: Tables) -> list[_Group]:
    groups: dict[tuple[str, ...], _Group] = {}
    broken = {_slot_key(item) for item in findings if section_of(item.verdict) == "broken-now"}
    for item in findings:
        section = section_of(item.verdict)
        if section is None or item.whole:
            continue
        if section == "at-risk" and item.verdict.now == "at-risk" and _slot_key(item) in broken:
            section = "broken-now"
        stranger = _stranger(item, section)
        if stranger is not None and section == "decide" and not _may_break(item.verdict):
            # At worst a risk: the own certificate is what there is to act on, whatever that far end does.
            section, stranger = "at-risk", None
        key: tuple[str, ...] = (section, *_slot_key(item))
        if stranger is not None:
            section, key = "unknown", ("unknown", stranger)
        elif section == "decide":
            key = (section, *(fork.fact for fork in _askable(item.verdict)))
        elif section == "unknown" and (unsaid := _unsaid(item, tables)) is not None:
            key = (section, unsaid)
        groups.setdefault(key, _Group(section, stranger)).items.append(item)
    return sorted(groups.values(), key=_order)


def _unsaid(item: Finding, tables: Tables) -> str | None:
    """The setting that says whether an unseen slot of the box is in use at all, where its default is that none is."""
    for fork in item.verdict.forks:
        owner, _, name = fork.fact.rpartition(".")
        default = tables.settings[name].default if name in tables.settings and owner == item.presents else None
        if default is not None and default in fork.values and fork.values[default].now != "unknown":
            return fork.fact
    return None


def _with_twins(groups: Sequence[_Group]) -> list[list[_Group]]:
    """The groups, those of members of a cluster together that differ in nothing but the member's name."""
    members: dict[str, set[str]] = {}
    for group in groups:
        for item in group.items:
            if item.cluster is not None:
                members.setdefault(item.cluster, set()).add(item.presents)
    found: dict[object, list[_Group]] = {}
    for place, group in enumerate(groups):
        found.setdefault(_signature(group, members) or place, []).append(group)
    return list(found.values())


def _signature(group: _Group, members: Mapping[str, set[str]]) -> object | None:
    """What a member's problem is, whichever member has it; None where it is no one member's."""
    first = group.items[0]
    if first.cluster is None or group.section == "decide" or group.stranger is not None:
        return None
    every = members[first.cluster]
    rows = [told(item.verdict, item.verifier, first.presents, every) for item in group.items]
    return group.section, first.cluster, first.verdict.slot, tuple(sorted(rows, key=str))


def _stranger(item: Finding, section: Section) -> str | None:
    """The end that is not in the inventory and on which everything hangs that a verdict leaves open."""
    outside = set(item.strangers)
    if section == "unknown":
        name = _slot_key(item)[0]
        return name if name in outside else None
    if section != "decide":
        return None
    owners = {fork.fact.rpartition(".")[0] for fork in _askable(item.verdict)}
    return min(owners) if owners and owners <= outside else None


def _may_break(verdict: Verdict) -> bool:
    branches = [branch for fork in verdict.forks for branch in fork.values.values()]
    return any(answer not in ("ok", "at-risk") for branch in branches for answer in (branch.now, branch.next))


def _order(group: _Group) -> tuple[int, int, float, int]:
    first = min((i.verdict.when.timestamp() for i in group.items if i.verdict.when), default=0.0)
    client_slot = any(item.verdict.slot == "client" for item in group.items)
    return SECTIONS.index(group.section), 0 if client_slot else 1, first, -len(group.items)


def _slot_key(item: Finding) -> tuple[str, str]:
    return item.presents, item.verdict.slot or ""


def _problem(
    group: _Group, tables: Tables, step: int | None, alone: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Problem:
    items = sorted(group.items, key=_gravity)
    first = items[0]
    stranger = group.stranger
    remedy = _best_remedy(items) if step is None else None
    verdicts = tuple(item.verdict for item in items)
    cause = sentences([verdict.id for verdict in verdicts], alone)
    return Problem(
        section=group.section,
        target=stranger or first.presents,
        peer=None if stranger else _peer(items),
        slot=None if stranger else first.verdict.slot,
        title="Not looked at" if stranger else _title(group.section, items, tables),
        text=" ".join([part for part in (_text(group.section, items, tables), *cause) if part]),
        action=f"Add the {stranger} to the targets."
        if stranger
        else _action(group.section, items, remedy, step, tables),
        when=min((v.when for v in verdicts if v.when), default=None),
        rules=tuple(dict.fromkeys(item.verdict.rule for item in _of_rows(items))),
        verdicts=tuple(verdict.id for verdict in verdicts),
        remedy=remedy,
        ways=() if stranger else _ways(items, tables),
    )


def _of_rows(items: Sequence[Finding]) -> Sequence[Finding]:
    """Those that are more than two directions of one use case, which the rule of the one that decides answers for."""
    return [item for item in items if item.ways is None] or items


def _gravity(item: Finding) -> tuple[int, int, int, int]:
    """Breaking before at risk, single use cases before composites, certain ones before "if used"."""
    outcomes = ("breaks-now", "breaks-at-renewal", "depends", "unknown", "at-risk", "ok", "not-applicable")
    verdict = item.verdict
    return (
        outcomes.index(verdict.outcome),
        int(item.composite),
        int(verdict.if_used),
        "HML".index(verdict.confidence),
    )


def _best_remedy(items: Sequence[Finding]) -> Remedy | None:
    """The remedy that settles most of the group; among equals the first in the verdicts' own order."""
    ids = _own_ids(items)
    best: tuple[int, int, Remedy] | None = None
    for item in items:
        for place, remedy in enumerate(item.verdict.remedies):
            score = len(ids & set(remedy.clears))
            if score and (best is None or (score, -place) > best[:2]):
                best = (score, -place, remedy)
    return best[2] if best else None


def _ways(items: Sequence[Finding], tables: Tables) -> tuple[Remedy, ...]:
    """Every remedy of the group, with what it clears of the group; what lowers security comes last."""
    ids = [item.verdict.id for item in items]
    found = {(remedy.id, remedy.text): remedy for item in items for remedy in item.verdict.remedies}
    ways = [replace(one, clears=tuple(id_ for id_ in ids if id_ in set(one.clears))) for one in found.values()]
    return tuple(sorted(ways, key=lambda way: (tables.remedies[way.id].weakens, tables.remedies[way.id].effort)))


def _own_ids(items: Sequence[Finding]) -> set[str]:
    """The verdicts that this slot alone decides: a composite is no case of its own, and may hang on other slots too."""
    return {item.verdict.id for item in items if not item.composite} or {item.verdict.id for item in items}


def _peer(items: Sequence[Finding]) -> str | None:
    names = dict.fromkeys(item.verifier for item in items if item.verdict.verifies)
    singles = list(names)
    if not singles:
        return None
    return singles[0] if len(singles) == 1 else f"{len(singles)} ends"


def _title(section: Section, items: Sequence[Finding], tables: Tables) -> str:
    if section == "decide":
        return " / ".join(_question(fork) for fork in _askable(items[0].verdict))
    verdict = items[0].verdict
    if section == "unknown":
        slots = list(dict.fromkeys(item.verdict.slot for item in items if item.verdict.slot))
        if len(slots) > 1:
            return f"Which certificates are in the {', '.join(slots[:-1])} and {slots[-1]} slots?"
        return f"Which certificate is in the {slots[0]} slot?" if slots else "Not seen"
    gravest = [item for item in items if item.verdict.outcome == verdict.outcome]
    titles = list(
        dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in gravest if not item.composite)
    )
    # Of two directions one can be left: that all is down would be too much said.
    composites = [
        tables.use_cases[item.verdict.use_case].title for item in gravest if item.composite and item.ways is None
    ]
    text = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
    if composites and section == "broken-now":
        names = list(dict.fromkeys(composites))
        down = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} down"
        text = f"{text}: {down}" if text else down
    elif not text:
        text = ", ".join(dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in gravest))
    return f"{text} (if used)" if all(item.verdict.if_used for item in gravest) else text


def _question(fork: Fork) -> str:
    """A fork as a question with its answers: "match eku client-auth?  on: broken now  off: fine"."""
    branches = []
    for value, branch in fork.values.items():
        word = _ANSWERS.get(branch.now, branch.now)
        if branch.now == "breaks":
            word = "broken now"
        elif branch.now == "ok" and branch.next != "ok":
            word = f"{_ANSWERS.get(branch.next, branch.next)} at renewal"
        branches.append(f"{value}: {word}")
    return f"{fork.question}  {'  '.join(branches)}"


def _text(section: Section, items: Sequence[Finding], tables: Tables) -> str:
    first = items[0].verdict
    if section == "unknown":
        return _hanging(items, tables)
    if section == "decide":
        return _hanging(items, tables) if len(items) > 1 else ""
    others: dict[str, list[str]] = {}
    told = {tables.use_cases[first.use_case].title}
    # A use case over several connections is told once, with the gravest of its answers.
    for item in items[1:]:
        title = tables.use_cases[item.verdict.use_case].title
        if title not in told and not item.composite:
            told.add(title)
            others.setdefault(item.verdict.outcome, []).append(title)
    parts = [_share(outcome, titles) for outcome, titles in others.items()]
    same = [f"Same certificate: {'; '.join(parts)}."] if parts else []
    weakest = [] if items[0].composite else list(_weakest(items, tables))
    return " ".join([first.text, *same, *weakest])


def _weakest(items: Sequence[Finding], tables: Tables) -> Iterator[str]:
    """Of each composite the leg that decides it."""
    composites: dict[str, str] = {}
    ways: dict[str, str] = {}
    for item in items:
        if item.ways is not None:
            ways.setdefault(tables.use_cases[item.verdict.use_case].title, item.ways)
        elif item.composite:
            composites.setdefault(tables.use_cases[item.verdict.use_case].title, item.weakest)
    legs: dict[str, list[str]] = {}
    for title, weakest in composites.items():
        legs.setdefault(weakest, []).append(title)
    for weakest, titles in legs.items():
        yield f"Weakest leg of {' and of '.join(titles)}: {weakest}."
    for title, way in ways.items():
        yield f"{title}: {way}."


def _hanging(items: Sequence[Finding], tables: Tables) -> str:
    titles = list(dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in _of_rows(items)))
    hang = "use case hangs" if len(titles) == 1 else "use cases hang"
    return f"{len(titles)} {hang} on it: {', '.join(titles)}."


def _share(outcome: str, titles: Sequence[str]) -> str:
    """What else the same certificate does: "A, B break too"."""
    verbs = {
        "breaks-now": ("breaks too", "break too"),
        "breaks-at-renewal": ("breaks then too", "break then too"),
        "at-risk": ("is at risk", "are at risk"),
        "depends": ("depends on the far end's check", "depend on the far end's check"),
        "unknown": ("is not known", "are not known"),
    }
    return f"{', '.join(titles)} {verbs[outcome][len(titles) > 1]}"


def _action(section: Section, items: Sequence[Finding], remedy: Remedy | None, step: int | None, tables: Tables) -> str:
    covers = f"Step {step} covers it."
    if step is not None:
        return f"Step {step} settles it either way; else {_declare(items[0])}" if section == "decide" else covers
    if section == "unknown":
        return _show(items[0], _unsaid(items[0], tables), tables)
    if section == "decide":
        told = _declare(items[0])
        return told[0].upper() + told[1:]
    if remedy is None:
        return "No remedy of the tables settles it by itself: see ekuscan explain " + items[0].verdict.rule + "."
    row = tables.remedies[remedy.id]
    backup = f"{tables.backup(items[0].role)} " if row.replaces_certificate else ""
    quick = _quick(items[0], row, tables)
    return f"{backup}{remedy.text}{_cleared(remedy, _own_ids(items))}{quick}"


def _quick(gravest: Finding, chosen: RemedyRow, tables: Tables) -> str:
    """The one command that settles the gravest verdict of a group, where what settles most of them takes more."""
    for remedy in gravest.verdict.remedies:
        row = tables.remedies[remedy.id]
        quick = row.command is not None and not row.weakens and row.effort < chosen.effort
        if quick and gravest.verdict.id in remedy.clears:
            return f" For {tables.use_cases[gravest.verdict.use_case].title} alone: {remedy.text}"
    return ""


def _cleared(remedy: Remedy, ids: set[str]) -> str:
    """How much of a problem a remedy settles; said only where there is more than one verdict."""
    cleared = len(ids & set(remedy.clears))
    if len(ids) == 1:
        return ""
    if cleared == len(ids) == 2:
        return " Clears both."
    return f" Clears all {cleared}." if cleared == len(ids) else f" Clears {cleared} of {len(ids)}."


def _show(item: Finding, unsaid: str | None, tables: Tables) -> str:
    """How to make an unseen certificate seen. ``unsaid``: see `_unsaid`."""
    slot, known = item.verdict.slot or "certificate", item.slot
    if item.candidate:
        return f"Inspect what is in its {slot} slot with --slot {slot}: this file, where it stands there too."
    if known is not None and known.separate_since is not None and f"{item.presents}.release" in item.verdict.missing:
        return f"State {item.presents}'s release first: it says whether its {slot} certificate is one of its own."
    if known is not None and known.kept is not None:
        where = f"Save {item.presents}'s {slot} certificate from {known.kept} as a PEM file"
        where += "; a port never shows it" if known.separate_since is not None else ""
    elif not item.scanned:
        where = f"Ask who runs {item.presents} for the certificate that it shows, as a PEM file"
    else:
        where = f"Scan {item.presents} from where its ports can be reached, or save the certificate as a PEM file"
    none = ""
    if unsaid is not None:
        name = unsaid.rpartition(".")[2]
        none = (
            f' Where it has none of its own, set {name}: "{tables.settings[name].default}" on it in the targets file.'
        )
    return f"{where}. Then add --slot {item.presents}:{slot}=FILE.{none}"


def _declare(item: Finding) -> str:
    """Where to write down the answer to a question, as the end of a sentence."""
    owner, _, name = _askable(item.verdict)[0].fact.rpartition(".")
    if item.candidate:
        return "name its release: --as ROLE@RELEASE." if name == "release" else f"say which: --set {name}=VALUE."
    if name == "certificate":
        box, _, slot = owner.rpartition(".")
        return f"say which one counts: --slot {box}:{slot}=FILE."
    if name == "hierarchy":
        return "if a CA of your own issued it, name its root under trust: in the targets file."
    ends, on_link, use_case = owner.rpartition("/")
    if on_link:
        return f"set {name} on the connection {ends.replace('>', ' > ')} ({use_case}) in the targets file."
    return f"set {name} on {owner} in the targets file."
