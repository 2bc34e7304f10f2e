"""What is known of a target once its endpoints were seen: role, release, and the certificate in each of its slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ekuscan.assessment import ChainBook
from ekuscan.guess import guess
from ekuscan.model import (
    Certainty,
    Certificate,
    Endpoint,
    Enforcement,
    Observation,
    Request,
    SlotContent,
    SlotFile,
    Target,
)
from ekuscan.named_sights import named_sights
from ekuscan.profiles.load import profile
from ekuscan.rules.tables import Tables
from ekuscan.targets.plan import with_role
from ekuscan.verdict.estate import Estate, Seen
from ekuscan.verdict.experiments import Experiment, weighed
from ekuscan.verdict.renewal import IssuancePolicy

# From certain to uncertain.
_CERTAIN: tuple[Certainty, ...] = ("observed", "inferred", "declared", "assumed")
# From little to much.
_ASKING: tuple[Request, ...] = ("none", "optional", "required")


class TargetFacts:
    """Puts what endpoints and files showed beside what was declared."""

    def __init__(
        self, book: ChainBook, files: Iterable[SlotFile], tables: Tables, policy: IssuancePolicy, as_of: datetime
    ) -> None:
        """``evidence`` says by target, once it was looked at, what its role was guessed from."""
        self.evidence: dict[str, tuple[str, ...]] = {}
        self._book = book
        self._files = _files_by_target(files)
        self._tables = tables
        self._policy = policy
        self._as_of = as_of
        self._slots_of: dict[tuple[object, ...], tuple[str, ...]] = {}

    def known(self, target: Target, observations: Sequence[Observation]) -> Target:
        """The target with what its endpoints told: role and release where nobody declared them, and its slots."""
        # Certificates are evidence where the role is open, and looked at nowhere else.
        shown = self._shown(observations) if target.role_from == "default" else ()
        told = guess(target, observations, shown)
        self.evidence[target.id] = told.evidence
        if target.role_from == "default" and told.role is not None:
            target = replace(target, role=told.role, role_from="guessed")
        if target.release is None and told.release is not None:
            target = replace(target, release=told.release, release_from="observed")
        return replace(target, slots=self._slots(target, observations))

    def _shown(self, observations: Iterable[Observation]) -> Iterator[Certificate]:
        """The end-entity certificates of all sights."""
        for observation in observations:
            for sight in observation.sights:
                if sight.chain is not None and sight.chain in self._book.chains:
                    yield self._book.certificates[self._end_entity(sight.chain)]

    def _slots(self, target: Target, observations: Sequence[Observation]) -> tuple[SlotContent, ...]:
        files = self._files.get(target.id, ())
        # What an estate was found to hold once, and what is supposed in its place, is not looked up again.
        found = [content for content in target.slots if content.chain is not None]
        # What a person names for this run comes before what is seen, and that before what a targets file has from an
        # earlier day (a renewal since then would not be noticed) and what an API says.
        for contents in (
            (self._from_file(file) for file in files if file.from_ == "file" and not file.standing),
            self._from_ports(target, observations),
            (self._from_file(file) for file in files if file.from_ == "file" and file.standing),
            (self._from_file(file) for file in files if file.from_ == "imported"),
        ):
            given = {content.slot for content in found}
            found += [content for content in contents if content.slot not in given]
        for content in target.slots:
            found += [
                replace(one, slot=content.slot, from_="same-slot") for one in found if one.slot == content.same_as
            ]
        named = {content.slot for content in found}
        found += [SlotContent(slot, None, None, "unseen") for slot in self._expected_slots(target) if slot not in named]
        return tuple(found)

    def _from_file(self, file: SlotFile) -> SlotContent:
        chain = self._book.add(file.ders)
        return SlotContent(file.slot, self._end_entity(chain), chain, file.from_)

    def _from_ports(self, target: Target, observations: Sequence[Observation]) -> Iterator[SlotContent]:
        """One content per slot and chain, with every endpoint that showed it."""
        shown: dict[tuple[str, str], list[str]] = {}
        for observation in observations:
            slot = _as_seen(target, observation.endpoint).slot
            for sight in named_sights(observation):
                if slot is not None and sight.chain is not None and sight.chain in self._book.chains:
                    shown.setdefault((slot, sight.chain), []).append(observation.endpoint.id)
        for (slot, chain), endpoints in shown.items():
            yield SlotContent(slot, self._end_entity(chain), chain, "port", tuple(dict.fromkeys(endpoints)))

    def _end_entity(self, chain: str) -> str:
        found = self._book.chains[chain]
        return found.paths[0][0] if found.paths and found.paths[0] else found.presented[0]

    def _expected_slots(self, target: Target) -> tuple[str, ...]:
        """`_expected`, worked out once for targets that are alike in everything that it looks at."""
        key = (target.role, target.release, target.slots, tuple(target.settings.items()))
        if key not in self._slots_of:
            self._slots_of[key] = tuple(self._expected(target))
        return self._slots_of[key]

    def _expected(self, target: Target) -> Iterator[str]:
        """The slots that a person expects to read about: those that a dialled port or a rule of the role shows."""
        row = profile(target.role)
        if (row.far_end or target.role == "generic") and not target.slots:
            return
        shown = {port.slot for port in row.ports if port.probe and port.slot} | {row.default_slot}
        one = {alias.slot for alias in self._tables.aliases if target.role in alias.roles}
        for slot in row.slots:
            if slot.name in shown or (slot.name in one and not self._aliased(target, slot.name)):
                yield slot.name

    def _aliased(self, target: Target, slot: str) -> bool:
        """Whether a slot is certainly one with another on this release."""
        alone = Seen({target.id: target}, (), {}, {}, self._as_of)
        box = Estate(alone, self._tables, self._policy).boxes[target.id]
        for alias in self._tables.aliases:
            if alias.slot == slot and target.role in alias.roles and (box.is_one(alias) or box.unsaid(alias)):
                return True
        return False


def requests(observations: Iterable[Observation], targets: Mapping[str, Target]) -> dict[tuple[str, str], Request]:
    """By target and service, whether it asked for a certificate; of several ports the one that asks for most counts."""
    found: dict[tuple[str, str], Request] = {}
    for observation in observations:
        service = _service(targets[observation.endpoint.target], observation.endpoint)
        asked = _request(observation)
        if service is not None and asked != "unknown":
            key = (observation.endpoint.target, service)
            found[key] = max(found.get(key, "none"), asked, key=_ASKING.index)
    return found


def _request(observation: Observation) -> Request:
    """What the ordinary handshake saw; a further one counts where that left it open."""
    asked = (sight.client_certificate.request for sight in named_sights(observation))
    return next((request for request in asked if request != "unknown"), "unknown")


def experiments(
    observations: Iterable[Observation], targets: Mapping[str, Target]
) -> dict[tuple[str, str], Experiment]:
    """By target and service, what it did with our client certificates; an endpoint that left it open says nothing."""
    shown: dict[tuple[str, str], list[tuple[str, Experiment]]] = {}
    for observation in observations:
        one = _experiment(observation.enforcement)
        service = _service(targets[observation.endpoint.target], observation.endpoint) if one is not None else None
        if service is not None and one is not None:
            shown.setdefault((observation.endpoint.target, service), []).append((observation.endpoint.id, one))
    return {key: _of_service(found) for key, found in shown.items()}


def _experiment(enforcement: Enforcement | None) -> Experiment | None:
    if enforcement is None:
        return None
    if enforcement.value == "enforces":
        return Experiment(
            "checked", enforcement.certainty, "refused a certificate without clientAuth", enforcement.evidence
        )
    if enforcement.value == "ignores":
        return Experiment(
            "ignored", enforcement.certainty, "took a certificate without clientAuth", enforcement.evidence
        )
    if enforcement.value == "any-certificate":
        return Experiment(
            "ignored", enforcement.certainty, "took a certificate that it cannot trust", enforcement.evidence
        )
    return None


def _of_service(found: Sequence[tuple[str, Experiment]]) -> Experiment:
    """The most certain of experiments that agree, as it counts."""
    if len({one.client_eku for _, one in found}) == 1:
        return weighed(min((one for _, one in found), key=lambda one: _CERTAIN.index(one.certainty)))
    told = "; ".join(f"{endpoint} {one.showed}" for endpoint, one in found)
    return Experiment(None, "observed", f"its endpoints disagree: {told}")


def services(observations: Iterable[Observation], targets: Mapping[str, Target]) -> Iterator[tuple[str, str]]:
    """The service of each endpoint, by its id."""
    for observation in observations:
        service = _service(targets[observation.endpoint.target], observation.endpoint)
        if service is not None:
            yield observation.endpoint.id, service


def _as_seen(target: Target, endpoint: Endpoint) -> Endpoint:
    """The endpoint as its target's role explains it, where that role was not yet known when it was dialled."""
    return with_role(endpoint, target.role) if target.role_from in ("guessed", "default") else endpoint


def _service(target: Target, endpoint: Endpoint) -> str | None:
    """Nobody knows what a port serves on a target whose role nothing settled."""
    return None if target.role_from == "default" else _as_seen(target, endpoint).service


def _files_by_target(files: Iterable[SlotFile]) -> dict[str, list[SlotFile]]:
    found: dict[str, list[SlotFile]] = {}
    for file in files:
        found.setdefault(file.target, []).append(file)
    return found
