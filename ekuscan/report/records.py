"""A run, whole or part by part, as the stream of objects that `jsonl` and `json` publish.

The order is that of the published stream: the run first, then target by target what it showed and what that means,
the summary last. An object stands before its first reference; the one reference that must run ahead is from a
slot to the endpoints of its own target, which follow their target at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ekuscan.model import (
    Certificate,
    Chain,
    Connection,
    Notice,
    Observation,
    Record,
    RecordKind,
    Run,
    Target,
    Verdict,
    VerdictsLike,
)
from ekuscan.record import record


def records(run: Run) -> Iterator[Record]:
    """Every object of ``run`` once, in the order of the stream."""
    stream = RecordStream(run.certificates, run.chains)
    yield Record("run", "", run.run)
    yield from stream.part(run.targets, run.connections, run.observations, run.verdicts, run.notices)
    yield from stream.unnamed()
    yield Record("summary", "", run.summary)


def in_order(run: Run) -> Run:
    """The same run with its parts in the order of the stream, whatever the order in which they were found."""
    stream = list(records(run))

    def pairs(kind: RecordKind) -> dict[str, Any]:
        return {record.key: record.value for record in stream if record.kind == kind}

    return replace(
        run,
        certificates=pairs("certificate"),
        chains=pairs("chain"),
        observations=tuple(record.value for record in stream if isinstance(record.value, Observation)),
        connections=tuple(record.value for record in stream if isinstance(record.value, Connection)),
        verdicts=tuple(record.value for record in stream if isinstance(record.value, Verdict)),
        notices=tuple(record.value for record in stream if isinstance(record.value, Notice)),
    )


class RecordStream:
    """The objects of a run between its first record and its summary, as its parts are finished.

    ``certificates`` and ``chains`` may still grow while the stream runs; each of theirs comes once, before the first
    object that names it.
    """

    def __init__(self, certificates: Mapping[str, Certificate], chains: Mapping[str, Chain]) -> None:
        self._certificates = certificates
        self._chains = chains
        self._known_certificates: set[str] = set()
        self._known_chains: set[str] = set()

    def part(
        self,
        targets: Sequence[Target],
        connections: Sequence[Connection],
        observations: Iterable[Observation],
        verdicts: Sequence[Verdict] | VerdictsLike,
        notices: Sequence[Notice] = (),
    ) -> Iterator[Record]:
        """Targets that nothing joins to targets outside this part, with all that is known of them.

        A target's own verdicts follow its last endpoint, a connection and its verdicts the later of its two ends,
        the parts of a composite the composite; notices follow the verdicts of the same ends. Endpoints of a target come
        by port, so that two runs of the same estate compare line by line however their handshakes raced.
        """
        if isinstance(verdicts, VerdictsLike):
            yield from self.part(targets, connections, observations, ())
            yield Record("verdict", "", verdicts)
            for notice in notices:
                yield from self._noticed(notice)
            return
        part = _part(targets, connections, observations, verdicts, notices)
        for place, target in enumerate(targets):
            yield from self._target(target, part.observations.pop(target.id, []))
            yield from self._judged(part, place)
        for strays in part.observations.values():
            yield from self._endpoints(strays)
        for place in sorted(part.connections.keys() | part.verdicts.keys() | part.notices.keys()):
            yield from self._judged(part, place)

    def unnamed(self) -> Iterator[Record]:
        """Certificates and chains that no other object named."""
        for sha256 in self._certificates:
            yield from self._evidence(sha256, None)
        for chain in self._chains:
            yield from self._evidence(None, chain)

    def _target(self, target: Target, observations: list[Observation]) -> Iterator[Record]:
        for slot in target.slots:
            yield from self._evidence(slot.sha256, slot.chain)
        for observation in observations:
            yield from self._shown(observation)
        yield Record("target", target.id, target)
        yield from self._endpoints(observations)

    def _endpoints(self, observations: list[Observation]) -> Iterator[Record]:
        for observation in observations:
            yield from self._shown(observation)
            yield Record("endpoint", observation.endpoint.id, observation)

    def _shown(self, observation: Observation) -> Iterator[Record]:
        for sight in observation.sights:
            yield from self._evidence(None, sight.chain)

    def _judged(self, part: _Part, place: int) -> Iterator[Record]:
        for connection in part.connections.pop(place, ()):
            yield Record("connection", connection.id, connection)
        for verdict in part.verdicts.pop(place, ()):
            if verdict.sha256 not in self._known_certificates:
                yield from self._evidence(verdict.sha256, None)
            yield Record("verdict", verdict.id, verdict)
        for notice in part.notices.pop(place, ()):
            yield from self._noticed(notice)

    def _noticed(self, notice: Notice) -> Iterator[Record]:
        for sha256 in notice.certificates:
            yield from self._certificate(sha256)
        yield Record("notice", notice.id, notice)

    def _evidence(self, sha256: str | None, chain_id: str | None) -> Iterator[Record]:
        """A certificate, a chain and the certificates that it names, as far as they were not emitted yet."""
        if sha256 is not None:
            yield from self._certificate(sha256)
        chain = self._chains.get(chain_id) if chain_id is not None else None
        if chain is None or chain_id is None or chain_id in self._known_chains:
            return
        self._known_chains.add(chain_id)
        for named in _named_by(chain):
            yield from self._certificate(named)
        yield Record("chain", chain_id, chain)

    def _certificate(self, sha256: str) -> Iterator[Record]:
        certificate = self._certificates.get(sha256)
        if certificate is not None and sha256 not in self._known_certificates:
            self._known_certificates.add(sha256)
            yield Record("certificate", sha256, certificate)


@record
class _Part:
    """What comes with each target, by its name, and what comes after it, by its place."""

    observations: dict[str, list[Observation]]
    connections: dict[int, list[Connection]]
    verdicts: dict[int, list[Verdict]]
    notices: dict[int, list[Notice]]


def _part(
    targets: Sequence[Target],
    connections: Sequence[Connection],
    observations: Iterable[Observation],
    verdicts: Sequence[Verdict],
    notices: Sequence[Notice],
) -> _Part:
    places = _places(targets)
    part = _Part(defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    for observation in sorted(observations, key=_by_port):
        part.observations[observation.endpoint.target].append(observation)
    ends: dict[str | None, int] = {}
    for connection in connections:
        ends[connection.id] = max(places.get(connection.from_, -1), places.get(connection.to, -1))
        part.connections[ends[connection.id]].append(connection)
    for place, verdict in _placed(verdicts, places, ends):
        part.verdicts[place].append(verdict)
    for notice in notices:
        part.notices[max(places.get(notice.target, -1), places.get(notice.peer, -1))].append(notice)
    return part


def _named_by(chain: Chain) -> Iterator[str]:
    yield from chain.presented
    for path in chain.paths:
        yield from path
    for purpose in chain.effective_eku.values():
        if purpose.blocked_by is not None:
            yield purpose.blocked_by


def _places(targets: Iterable[Target]) -> dict[str | None, int]:
    """Where each name is complete: a target at its own place, a cluster at its last member's."""
    places: dict[str | None, int] = {}
    for place, target in enumerate(targets):
        if target.cluster is not None:
            places[target.cluster] = place
    for place, target in enumerate(targets):
        places[target.id] = place
    return places


def _by_port(observation: Observation) -> tuple[int, int, str, str]:
    endpoint = observation.endpoint
    return endpoint.profile_port or endpoint.port, endpoint.port, endpoint.protocol, endpoint.id


def _placed(
    verdicts: Sequence[Verdict], places: Mapping[str | None, int], ends: Mapping[str | None, int]
) -> list[tuple[int, Verdict]]:
    """Verdicts with their places; a part is never before its composite, and otherwise the given order stays."""
    known = {verdict.id: verdict for verdict in verdicts}
    after = places.get

    def place(verdict: Verdict, seen: frozenset[str] = frozenset()) -> tuple[int, int]:
        ends_seen = max(after(verdict.dials, -1), after(verdict.answers, -1), after(verdict.verifies, -1))
        own = max(after(verdict.target, -1), ends_seen, ends.get(verdict.connection, -1))
        whole = known.get(verdict.part_of) if verdict.part_of is not None else None
        if whole is None or whole.id in seen:
            return own, 0
        at, depth = place(whole, seen | {verdict.id})
        return max(own, at), depth + 1

    order = sorted((*place(verdict), n) for n, verdict in enumerate(verdicts))
    return [(at, verdicts[n]) for at, _, n in order]
