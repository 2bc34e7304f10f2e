"""A run while it lasts: observations go in, finished parts of the estate come out, the whole result at the end.

Nothing here touches a socket or a clock. A part is a set of targets that no connection joins to any other target: its
verdicts are final as soon as its last endpoint was seen, so a long sweep is judged while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from ekuscan.advice import is_fine, with_remedies
from ekuscan.assessment import ChainBook
from ekuscan.exit_code import FailOn, summarize
from ekuscan.findings import Finding, finding
from ekuscan.left_open import open_connection, open_pairs, open_role, open_target
from ekuscan.likeness import Likeness, likeness
from ekuscan.model import (
    Connection,
    Failure,
    Inventory,
    Notice,
    Observation,
    Problem,
    RemedyWork,
    Run,
    RunInfo,
    Summary,
    Target,
    Verdict,
    VerdictsLike,
)
from ekuscan.notices.accepted import ca_lists, trusted_cas, with_accepted
from ekuscan.notices.find import notices
from ekuscan.notices.scene import Scene
from ekuscan.observation import skipped
from ekuscan.parts import endpoints_by_part, parts_of
from ekuscan.plan import MOST, Picks, choose, plan_of, work_of
from ekuscan.problems import problems
from ekuscan.profiles.load import profile
from ekuscan.record import record
from ekuscan.respell import Words, respeller
from ekuscan.rules.tables import Tables
from ekuscan.target_facts import TargetFacts, experiments, requests, services
from ekuscan.verdict.clusters import wholes
from ekuscan.verdict.estate import Estate, Seen
from ekuscan.verdict.judge import UPLOAD_CHECKS, WIRE_CHECKS, Judged, judge
from ekuscan.verdict.links import Sides, assumed_connections, unguessed
from ekuscan.verdict.renewal import IssuancePolicy
from ekuscan.waivers import Waivers

INTERRUPTED = Failure("connect", "interrupted", "not tried: the run was interrupted")


@record
class Knowledge:
    """What verdicts are judged by: the rule tables and the CAs' dated policy."""

    tables: Tables
    policy: IssuancePolicy


@record
class Options:
    """How to judge.

    ``assume``: with assumed connections and unnamed far ends. ``candidates``: the certificates are files that somebody
    thinks of installing, so upload rules apply, and what hangs on other certificates is left out, but for those in the
    product's ``open_slots``. ``streamed``:
    the parts are all that is wanted, there will be no whole result. ``noticing``: with what is noticed beside verdicts.
    ``planning``: with a plan. ``fresh``: as `ekuscan.verdict.estate.Seen` has it.
    """

    as_of: datetime
    warn_days: int = 45
    assume: bool = True
    candidates: bool = False
    open_slots: frozenset[str] = frozenset()
    streamed: bool = False
    noticing: bool = True
    planning: bool = True
    fresh: frozenset[tuple[str, str, str]] = frozenset()
    fail_on: FailOn = field(default_factory=FailOn)


@record
class Piece:
    """A finished part of the estate with everything that is known of it.

    Where ``like`` is given it says the same as ``findings``, which are then there only if the whole result is wanted.
    """

    targets: tuple[Target, ...]
    connections: tuple[Connection, ...]
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    like: VerdictsLike | None = None
    notices: tuple[Notice, ...] = ()
    picks: Picks = field(default_factory=Picks)

    @property
    def verdicts(self) -> tuple[Verdict, ...] | VerdictsLike:
        return self.like if self.like is not None else tuple(item.verdict for item in self.findings)

    @property
    def counted(self) -> tuple[Verdict, ...]:
        """Verdicts to count: in a likeness they bear stand-in names, and dates on the same side of every limit."""
        return self.like.template if self.like is not None else tuple(item.verdict for item in self.findings)


@record
class _Judgement:
    """What was found of one part, and the steps that a plan has for it."""

    findings: tuple[Finding, ...]
    picks: Picks


@record
class _Template:
    """What was found of the first box of its kind, under stand-in words, and how another one's own is made of it."""

    verdicts: tuple[Verdict, ...]
    own: Callable[[Words], _Judgement]


class RunInProgress:
    """One run from its inventory to its result."""

    def __init__(
        self,
        info: RunInfo,
        inventory: Inventory,
        knowledge: Knowledge,
        book: ChainBook,
        options: Options,
        beside: Sequence[Notice] = (),
    ) -> None:
        """``beside`` are notices of what came from elsewhere than the endpoints, each about a target."""
        self.info = replace(info, waivers=inventory.waivers)
        self.book = book
        self._inventory = inventory
        self._waivers = Waivers(inventory.waivers, inventory.targets)
        self._knowledge = knowledge
        self._options = options
        self._beside: dict[str, list[Notice]] = {}
        for one in beside:
            self._beside.setdefault(one.target, []).append(one)
        self._parts = parts_of(inventory, knowledge.tables, assume=options.assume)
        by_id = {target.id: target for target in inventory.targets}
        self._members = [tuple(by_id[name] for name in names) for names in self._parts.members]
        self._places = {endpoint.id: place for place, endpoint in enumerate(inventory.endpoints)}
        self._waiting = endpoints_by_part(inventory.endpoints, self._parts)
        self._observations: dict[str, list[Observation]] = {target.id: [] for target in inventory.targets}
        self._facts = TargetFacts(book, inventory.slot_files, knowledge.tables, knowledge.policy, options.as_of)
        self._done: dict[int, Piece] = {}
        self.faults: list[str] = []
        self._templates: dict[tuple[object, ...], _Template] = {}
        self._room = MOST

    def begin(self) -> Iterator[Piece]:
        """The parts that need no network."""
        for part in range(len(self._parts.members)):
            if not self._waiting[part]:
                yield self._finish(part)

    def observe(self, observation: Observation) -> Piece | None:
        """Take in what one endpoint showed; the part that it completes, if it does."""
        for ders in observation.presented.values():
            self.book.add(ders)
        self._observations[observation.endpoint.target].append(observation)
        part = self._parts.of[observation.endpoint.target]
        self._waiting[part].discard(observation.endpoint.id)
        return None if self._waiting[part] else self._finish(part)

    def take_in(self, observations: Iterable[Observation]) -> None:
        """Everything that was seen, where nobody waits for the parts as they are finished."""
        for _ in self.begin():
            pass
        for observation in observations:
            self.observe(observation)

    def interrupt(self) -> Iterator[Piece]:
        """Close the parts that are still open: what was not tried is skipped, what was seen is judged."""
        for part, waiting in enumerate(self._waiting):
            if part in self._done:
                continue
            for endpoint in self._inventory.endpoints:
                if endpoint.id in waiting:
                    self._observations[endpoint.target].append(skipped(endpoint, INTERRUPTED))
            waiting.clear()
            yield self._finish(part)

    def summary(self, complete: bool) -> Summary:
        """Counts and exit code of all parts that are finished."""
        pieces = self._pieces()
        return summarize(
            [verdict for piece in pieces for verdict in piece.counted],
            [observation for piece in pieces for observation in piece.observations],
            [connection for piece in pieces for connection in piece.connections],
            len(self._nameless())
            + self._open_candidates(pieces)
            + len(self._unguessed())
            + len(self._unjudged())
            + len(self._unspoken()),
            self._options.fail_on,
            self._options.as_of,
            complete=complete,
            faults=len(self.faults),
        )

    def result(self, finished: datetime, complete: bool) -> Run:
        """The whole result of a run that is not streamed. ``finished`` is when the last endpoint ended."""
        pieces = self._pieces()
        by_id = {target.id: target for piece in pieces for target in piece.targets}
        findings = [item for piece in pieces for item in piece.findings]
        unknown = [self._open_role(target) for target in self._nameless()]
        unknown += [open_pairs(sides) for sides in self._unguessed()]
        unknown += [open_connection(one, self._title(one)) for one in self._unjudged()]
        tables, candidate = self._knowledge.tables, self._options.candidates
        unknown += [open_target(one, tables, candidate=candidate) for one in self._unspoken()]
        return Run(
            run=replace(self.info, finished=finished, complete=complete),
            targets=tuple(by_id[target.id] for target in self._inventory.targets if target.id in by_id),
            connections=tuple(connection for piece in pieces for connection in piece.connections),
            certificates=self.book.certificates,
            chains=self.book.chains,
            observations=tuple(observation for piece in pieces for observation in piece.observations),
            verdicts=tuple(item.verdict for item in findings),
            problems=problems(findings, self._knowledge.tables, unknown),
            summary=self.summary(complete),
            notices=tuple(notice for piece in pieces for notice in piece.notices),
            plan=plan_of([piece.picks for piece in pieces], self._knowledge.tables),
            remedy_work=self._remedy_work(findings),
        )

    def _remedy_work(self, findings: Sequence[Finding]) -> dict[str, RemedyWork]:
        """What each remedy takes that some verdict has."""
        tables = self._knowledge.tables
        roles: dict[str, dict[str, None]] = {}
        for item in findings:
            for remedy in item.verdict.remedies:
                roles.setdefault(remedy.id, {})[item.role] = None
        return {id_: work_of(row, roles[id_], tables) for id_, row in tables.remedies.items() if id_ in roles}

    def _pieces(self) -> list[Piece]:
        return [self._done[part] for part in sorted(self._done)]

    def _open_candidates(self, pieces: Sequence[Piece]) -> int:
        """Files of a named product of which nobody can say yet whether they may be installed, or do where it dials."""
        if not (self._options.candidates and self._options.assume):
            return 0
        uploads = {rule.id for rule in self._knowledge.tables.rules if rule.check in UPLOAD_CHECKS}
        unseen = self._options.open_slots
        open_ = ("depends", "unknown")
        return sum(
            len({v.target for v in piece.counted if (v.rule in uploads or v.slot in unseen) and v.outcome in open_})
            for piece in pieces
        )

    def _nameless(self) -> list[Target]:
        """Targets that showed something, but whose role nobody told and nothing settled."""
        pieces = self._pieces()
        seen = {o.endpoint.target for piece in pieces for o in piece.observations if o.presented or o.banner}
        targets = (target for piece in pieces for target in piece.targets)
        return [target for target in targets if target.role_from == "default" and target.id in seen]

    def _unguessed(self) -> list[list[Sides]]:
        """Use cases that were not judged, because too many targets could have them, by the two roles that they join."""
        if not self._options.assume:
            return []
        targets = {t.id: t for piece in self._pieces() for t in piece.targets if t.role_from != "default"}
        by_roles: dict[tuple[str, str], list[Sides]] = {}
        for sides in unguessed(targets, self._inventory.connections, self._knowledge.tables):
            by_roles.setdefault((sides.dials[0].role, sides.answers[0].role), []).append(sides)
        return list(by_roles.values())

    def _unjudged(self) -> list[Connection]:
        """Declared connections of which no verdict speaks, in parts that were judged without a fault of our own."""
        if self._options.candidates or self.faults:
            return []
        found: list[Connection] = []
        for piece in self._pieces():
            judged = {verdict.connection for verdict in piece.counted}
            found += [one for one in piece.connections if one.origin != "assumed" and one.id not in judged]
        return found

    def _unspoken(self) -> list[Target]:
        """Targets of a known role of which no verdict speaks, though it is for their own sake that they were named.

        A far end is there for the connections of others; it counts where nothing else was judged either.
        """
        if self.faults or (self._options.candidates and not self._options.assume):
            return []
        pieces = self._pieces()
        told = {name for one in self._unjudged() for name in (one.from_, one.to)}
        told |= {target.id for target in self._nameless()}
        told |= {box.id for group in self._unguessed() for one in group for box in (*one.dials, *one.answers)}
        lone = not any(piece.counted for piece in pieces)
        return [
            target
            for piece in pieces
            for target in _without_verdict(piece)
            if target.id not in told and target.cluster not in told and (lone or _stands_for_itself(target))
        ]

    def _title(self, connection: Connection) -> str:
        use_case = self._knowledge.tables.use_cases.get(connection.use_case)
        return use_case.title if use_case is not None else connection.use_case

    def _open_role(self, target: Target) -> Problem:
        endpoints = [observation.endpoint for observation in self._observations[target.id]]
        return open_role(target, self._facts.evidence[target.id], endpoints)

    def _finish(self, part: int) -> Piece:
        declared = self._members[part]
        observations = [_settled(sorted(self._observations[t.id], key=self._order)) for t in declared]
        targets = {
            target.id: self._facts.known(target, seen) for target, seen in zip(declared, observations, strict=True)
        }
        day, policy = self._options.as_of.date(), self._knowledge.policy
        flat = tuple(with_accepted(one, self.book, policy, day) for group in observations for one in group)
        connections = self._connections(targets)
        served = dict(services(flat, targets))
        seen = Seen(
            targets=targets,
            connections=connections,
            certificates=self.book.certificates,
            chains=self.book.chains,
            as_of=self._options.as_of,
            requests=requests(flat, targets),
            services=served,
            experiments=experiments(flat, targets),
            far_ends=self._options.assume,
            hosts=self._inventory.hosts,
            ca_lists=ca_lists(flat, served, targets, self.book),
            fresh=self._options.fresh,
            trusted_cas=trusted_cas(self._inventory.trusted_cas, targets, self.book),
        )
        beside = tuple(one for name in targets for one in self._beside.get(name, ()))
        piece = Piece(tuple(targets.values()), connections, flat, (), notices=beside)
        for add in (self._with_notices, self._with_verdicts):
            try:
                piece = add(piece, seen)
            except Exception as error:
                # A fault of our own in one part says nothing about the others: it is named, and the run goes on.
                self.faults.append(f"{', '.join(targets)}: {type(error).__name__}: {error}")
        self._done[part] = piece
        return piece

    def _with_notices(self, piece: Piece, seen: Seen) -> Piece:
        """Nobody asks of a file that is yet to be installed what is noticed about an estate."""
        if self._options.candidates or not self._options.noticing:
            return piece
        observations = {observation.endpoint.id: observation for observation in piece.observations}
        scene = Scene(seen, observations, self.book, self._knowledge.tables, self._knowledge.policy)
        return replace(piece, notices=(*notices(scene), *piece.notices))

    def _with_verdicts(self, piece: Piece, seen: Seen) -> Piece:
        like = self._likeness(seen)
        if like is None:
            judgement = self._judge(seen, self._knowledge.policy)
            return replace(piece, findings=judgement.findings, picks=judgement.picks)
        template = self._template(like)
        piece = replace(piece, like=VerdictsLike(template.verdicts, like.words))
        if self._options.streamed:
            return piece
        judgement = template.own(dict((*like.words, *like.instants)))
        return replace(piece, findings=judgement.findings, picks=judgement.picks)

    def _order(self, observation: Observation) -> int:
        """Endpoints end in any order; what is made of them follows the inventory's."""
        return self._places[observation.endpoint.id]

    def _template(self, like: Likeness) -> _Template:
        if like.key not in self._templates:
            judgement = self._judge(*like.stand_in())
            stand_ins: list[str | datetime] = [word for word, _ in like.words]
            stand_ins += [instant for instant, _ in like.instants]
            verdicts = tuple(item.verdict for item in judgement.findings)
            self._templates[like.key] = _Template(verdicts, respeller(judgement, stand_ins))
        return self._templates[like.key]

    def _likeness(self, seen: Seen) -> Likeness | None:
        if self._waivers.name(seen.targets):
            return None  # under a stand-in's name it would not be found
        fail_days = self._options.fail_on.days
        limits = {self._options.warn_days} | ({fail_days} if fail_days is not None else set())
        return likeness(seen, self._knowledge.policy, self._knowledge.tables, limits)

    def _judge(self, seen: Seen, policy: IssuancePolicy) -> _Judgement:
        estate = Estate(seen, self._knowledge.tables, policy)
        checks = UPLOAD_CHECKS | WIRE_CHECKS if self._options.candidates else WIRE_CHECKS
        found = judge(estate, self._options.warn_days, checks)
        if self._options.candidates:
            asked = self._options.open_slots
            found = [one for one in found if all(leg.presents.in_file for leg in one.legs) and _asked_about(one, asked)]
        found = self._waivers.applied(found, self._options.as_of.date())
        advised = with_remedies(found, estate)
        told = [finding(item, candidate=self._options.candidates) for item in advised]
        told += [finding(item, whole=True) for item in wholes(found, estate, is_fine)]
        # A plan is for what is in use, and for those who get the whole result.
        planned = self._options.planning and not (self._options.candidates or self._options.streamed)
        standing = [item for item in advised if item.verdict.waived is None]
        return _Judgement(tuple(told), self._picks(standing, estate) if planned else Picks())

    def _picks(self, advised: Sequence[Judged], estate: Estate) -> Picks:
        """The steps for a part. Work on a plan is bounded over the whole run: with too much to mend there is none."""
        picks = choose(advised, estate, self._room)
        self._room = self._room - picks.asking if picks.whole else -1
        return picks

    def _connections(self, targets: Mapping[str, Target]) -> tuple[Connection, ...]:
        names = set(targets) | {target.cluster for target in targets.values() if target.cluster}
        declared = tuple(c for c in self._inventory.connections if c.from_ in names and c.to in names)
        if not self._options.assume:
            return declared
        # Nobody knows what a target without a role would dial.
        known = {name: target for name, target in targets.items() if target.role_from != "default"}
        return declared + assumed_connections(known, declared, self._knowledge.tables)


def _settled(observations: list[Observation]) -> list[Observation]:
    """A closed optional port is no failure, unless every port of the box is closed: then the box was not seen."""
    if any(observation.status != "closed" for observation in observations):
        return observations
    return [replace(observation, status="failed") for observation in observations]


def _without_verdict(piece: Piece) -> Iterator[Target]:
    """The targets of a part that no verdict names. A part of boxes like others has one for each, or none at all."""
    named: set[str | None] = set()
    for verdict in piece.counted:
        if piece.like is not None:
            return
        named |= {verdict.target, verdict.dials, verdict.answers}
    failed = {one.endpoint.target for one in piece.observations if one.status in ("failed", "skipped")}
    yield from (one for one in piece.targets if one.id not in named | failed and one.role_from != "default")


def _stands_for_itself(target: Target) -> bool:
    return target.role != "generic" and not profile(target.role).far_end


def _asked_about(item: Judged, open_slots: frozenset[str]) -> bool:
    """Whether the slot that a verdict is about holds one of the files, or is open; nobody asked about the others."""
    return item.view is None or item.view.certificate is not None or item.view.slot in open_slots
