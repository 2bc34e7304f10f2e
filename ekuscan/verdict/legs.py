"""Legs: one rule between two ends, with every fact that it may read bound to a variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ekuscan.model import Fact
from ekuscan.names import printable
from ekuscan.peer_names import is_named, same_host, stated_names
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.tables import FAR_ENDS, Condition, Rule, UseCase
from ekuscan.verdict.completion import Part
from ekuscan.verdict.estate import Box, Estate
from ekuscan.verdict.evaluate import aliases, asks_the_box, facts_read, slot_name
from ekuscan.verdict.experiments import Experiment, overruled, variable
from ekuscan.verdict.facts import HAS_NAME, Link, Variable, matches
from ekuscan.verdict.links import box_of, links_of, stands_in

# Verifying ends that are no box of anybody's inventory.
_NO_BOX = {
    "browser": "browsers",
    "product": "the upload page",
    "cisco": "Cisco's licensing service",
    "anyone": "whoever it dials",
}

# Settings that have a name for each of several peers. A list of others takes whichever of its names there is.
_ONE_EACH = frozenset({"peer_address", "verify_name"})


@record
class Leg:
    """A rule between a box that presents a certificate and an end that verifies it.

    ``verifies`` is None for ends without a box (browsers). ``if_used``: nobody said that the use case exists.
    ``experiment`` is what was seen of the verifying end, where the rule asks what it does.
    """

    use_case: UseCase
    rule: Rule
    presents: Box
    verifies: Box | None
    link: Link | None
    if_used: bool
    part: Part
    experiment: Experiment | None = None

    @property
    def id(self) -> str:
        """TARGET[>PEER]/USE_CASE/RULE; ends that are not in the inventory are left out."""
        ends = [box.name for box in (self.presents, self.verifies) if box is not None and box.in_file]
        return f"{'>'.join(ends)}/{self.use_case.name}/{self.rule.id}"

    @property
    def slot(self) -> str | None:
        return self.rule.presents.slot or None

    @property
    def service(self) -> str | None:
        """The service on whose port the judged certificate is shown."""
        return _service(self.use_case, self.rule, self.presents)

    @property
    def asked_on(self) -> str | None:
        """The service on which the verifying end would ask for a certificate, were it dialled."""
        return self.use_case.service(self.verifies.role) if self.verifies is not None else None

    @property
    def observed(self) -> Experiment | None:
        """What was seen of the verifying end, where that settles whether it checks clientAuth."""
        return self.experiment if self.experiment is not None and self.experiment.client_eku is not None else None

    def overruled(self) -> tuple[tuple[str, str], ...]:
        """Who says the opposite of what was observed, and what: see `experiments.overruled`."""
        if self.observed is None or self.verifies is None:
            return ()
        declared = self.verifies.target.settings.get("client_eku") if self.verifies.target else None
        row = self.verifies.tables.verifier(self.verifies.role)
        return tuple(overruled(self.observed, declared, row, self.part.facts))

    @property
    def expectation(self) -> Fact | None:
        """The name that the verifying end expects in the certificate, where the rule asks for it and somebody told.

        Of the names of several peers an end that is dialled has its own, which is the host by which we know it. Where
        none is known to be its own, and of an end that dials in, they are all that are told: any of them counts.
        """
        told = self.link.settings.get(self.rule.named_by) if self.link is not None and self.rule.named_by else None
        if told is None or self.rule.presents.as_ != "server" or self.rule.named_by not in _ONE_EACH:
            return told
        hosts = {same_host(host) for host in self.presents.hosts}
        own = [name for name in stated_names(told.value) if same_host(name) in hosts]
        return Fact(", ".join(own), told.from_) if own else told

    @property
    def expected(self) -> str | None:
        """That name, printable."""
        return printable(self.expectation.value) if self.expectation is not None else None

    @property
    def verifier_name(self) -> str:
        return self.verifies.name if self.verifies is not None else _NO_BOX.get(self.rule.verifies, "peers")


def legs_of(estate: Estate, use_case: UseCase, checks: frozenset[str]) -> tuple[Leg, ...]:
    """Every leg of a use case whose rule has one of the checks."""
    return estate.derived(("legs", use_case.name, checks), lambda: tuple(_legs(estate, use_case, checks)))


def _legs(estate: Estate, use_case: UseCase, checks: frozenset[str]) -> Iterator[Leg]:
    rules = [rule for rule in estate.tables.rules_of(use_case.name) if rule.check in checks and not rule.asks_ca_list]
    links = links_of(estate, use_case) if any(_linked(rule) for rule in rules) else []
    for rule in rules:
        if rule.verifies in _NO_BOX:
            yield from _alone(estate, use_case, rule)
        elif rule.verifies == "each-peer":
            yield from _each_peer(estate, use_case, rule)
        else:
            for link in _either_way(links) if _mutual(rule) else links:
                yield from _over(estate, use_case, rule, link)


def _service(use_case: UseCase, rule: Rule, presents: Box) -> str | None:
    """A use case's port is that of the answering end; the end that dials shows its certificate on none."""
    return use_case.service(presents.role) if rule.presents.as_ == "server" else None


def _linked(rule: Rule) -> bool:
    return rule.verifies not in _NO_BOX and rule.verifies != "each-peer"


def _mutual(rule: Rule) -> bool:
    """Whether a rule looks at both ends of a link in turn, whoever dials."""
    return rule.check in ("message", "pair")


def _either_way(links: Sequence[Link]) -> list[Link]:
    """One link for two boxes that dial each other, a declared one if there is one."""
    found: dict[frozenset[str], Link] = {}
    for link in links:
        ends = frozenset((link.dials, link.answers))
        found[ends] = min(found.get(ends, link), link, key=lambda one: (not one.declared, one.key))
    return list(found.values())


def _alone(estate: Estate, use_case: UseCase, rule: Rule) -> Iterator[Leg]:
    for box in estate.boxes.values():
        if _presents(rule, box) and not _nobody_wants(rule, box):
            yield _leg(estate, use_case, rule, box, None, None, if_used=False)


def _nobody_wants(rule: Rule, box: Box) -> bool:
    """An upload rule has nothing to say about a slot for which there is no candidate."""
    return rule.presents.as_ == "candidate" and box.view(rule.presents.slot).certificate is None


def _each_peer(estate: Estate, use_case: UseCase, rule: Rule) -> Iterator[Leg]:
    for members in estate.clusters.values():
        boxes = [estate.boxes[name] for name in members if _presents(rule, estate.boxes[name])]
        for presents in boxes:
            for verifies in boxes:
                if presents is not verifies:
                    yield _leg(estate, use_case, rule, presents, verifies, None, if_used=False)
    if estate.seen.far_ends:
        yield from _each_stranger(estate, use_case, rule)


def _each_stranger(estate: Estate, use_case: UseCase, rule: Rule) -> Iterator[Leg]:
    """The other members where a box is in no cluster, if the use case has a name for them."""
    for box in estate.boxes.values():
        alone = box.target is not None and box.target.cluster is None
        if alone and _presents(rule, box) and stands_in(box, use_case, "peers"):
            peers = estate.far_end(use_case.far_end["peers"], box.role)
            yield _leg(estate, use_case, rule, box, peers, None, if_used=True)


def _over(estate: Estate, use_case: UseCase, rule: Rule, link: Link) -> Iterator[Leg]:
    dials, answers = box_of(estate, link, link.dials), box_of(estate, link, link.answers)
    pairs = {"client": [(dials, answers)], "server": [(answers, dials)]}[rule.presents.as_]
    if _mutual(rule) and dials is not answers:
        pairs = [(dials, answers), (answers, dials)]
    for presents, verifies in pairs:
        far = not (presents.in_file and verifies.in_file)
        if not presents.in_file and not use_case.far_end.keys().isdisjoint(FAR_ENDS):
            continue  # Of two ends of one role that in the inventory is judged: of the other nobody has a certificate.
        if _presents(rule, presents) and _verifies(rule, verifies) and (rule.far_end or not far):
            leg = _leg(estate, use_case, rule, presents, verifies, link, if_used=not link.declared)
            yield from [leg] if not rule.named_by else _named(leg)


def _named(leg: Leg) -> Iterator[Leg]:
    """The leg with whether the certificate has the name that is expected, if somebody told it and it was seen."""
    expected = leg.expectation
    if leg.link is None or expected is None:
        return
    found = {_has_name(leg, slot, expected.value) for slot in _slots_shown(leg)}
    if found and None not in found:
        fact = Variable(
            f"{leg.link.key}.{leg.rule.named_by}/{leg.presents.name}",
            tuple(word for word, has in ((HAS_NAME, True), ("lacks", False)) if has in found),
            expected.from_,
            f"Has the certificate that {leg.presents.name} shows the name {printable(expected.value)}?",
            name=f"{leg.link.key}.{leg.rule.named_by}",
            text=printable(expected.value),
        )
        yield replace(leg, part=Part(leg.rule, {**leg.part.facts, f"link.{leg.rule.named_by}": fact}))


def _slots_shown(leg: Leg) -> set[str]:
    """The slot that the rule names, and those that are, or may be, one with it on this box."""
    box, slot = leg.presents, slot_name(leg.rule, leg.presents.role, leg.presents.tables)
    rows = aliases(box.tables, box.role, slot)
    same = next((row.same_as for row in rows if box.is_one(row)), None)
    may = (row.same_as for row in rows if box.may_be_one(row))
    return {same} if same is not None else {slot, *may}


def _has_name(leg: Leg, slot: str, expected: str) -> bool | None:
    """Whether what was seen in a slot has one of the names; None where that is open."""
    names = stated_names(expected)
    found = {_any([is_named(one, name) for name in names]) for one in leg.presents.certificates(slot, leg.service)}
    return found.pop() if len(found) == 1 else None


def _any(answers: Sequence[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers or not answers else False


def slot_of(variable: Variable, box: Box) -> str:
    """The slot that a slot variable stands for, which its key names: "BOX.slot:SLOT@STACK/SHA256"."""
    return variable.key.removeprefix(f"{box.name}.slot:").partition("@")[0]


def _presents(rule: Rule, box: Box) -> bool:
    return "*" in rule.presents.roles or box.role in rule.presents.roles


def _verifies(rule: Rule, box: Box) -> bool:
    if rule.verifies == "peer":
        return True
    return box.role == rule.verifies or (rule.verifies == "expressway" and releases.family(box.role) == "expressway")


def _leg(
    estate: Estate, use_case: UseCase, rule: Rule, presents: Box, verifies: Box | None, link: Link | None, if_used: bool
) -> Leg:
    experiment = _experiment(estate, use_case, rule, verifies, link)
    facts = _bind(estate, use_case, rule, presents, verifies, link)
    if verifies is not None and experiment is not None and experiment.client_eku is not None:
        facts["verifies.client_eku"] = variable(verifies.name, use_case.service(verifies.role), experiment)
    return Leg(use_case, rule, presents, verifies, link, if_used, Part(rule, facts), experiment)


def _experiment(
    estate: Estate, use_case: UseCase, rule: Rule, verifies: Box | None, link: Link | None
) -> Experiment | None:
    """What was seen of the port on which the verifying end answers. One that dials was never tried as a verifier."""
    if verifies is None or not rule.asks_verifier or rule.presents.as_ != "client":
        return None
    if link is not None and link.answers != verifies.name:
        return None
    return estate.seen.experiments.get((verifies.name, use_case.service(verifies.role) or ""))


def _bind(
    estate: Estate, use_case: UseCase, rule: Rule, presents: Box, verifies: Box | None, link: Link | None
) -> dict[str, Variable]:
    wanted = facts_read(rule, verifies.role if verifies else "", presents.role, estate.tables)
    bound = {"presents.role": presents.fact("role")}
    if verifies is not None:
        bound["verifies.role"] = verifies.fact("role")
    stack = verifies.stack() if verifies is not None else estate.tables.stack()
    only, slot = _only_slot(estate, rule, presents), slot_name(rule, presents.role, estate.tables)
    for fact in wanted:
        end, _, name = fact.partition(".")
        if fact.startswith("slot:"):
            bound[fact] = presents.slot(only or fact.removeprefix("slot:"), stack, _service(use_case, rule, presents))
        elif end == "presents" and name in estate.tables.settings and not presents.in_file:
            continue
        elif fact == "verifies.client_eku":
            _bind_client_eku(estate, bound, verifies, link)
        elif end == "presents":
            bound[fact] = presents.fact_of(name, slot)
        elif end == "verifies" and verifies is not None:
            bound[fact] = verifies.fact(name)
        elif end == "link" and link is not None:
            bound[fact] = _link_fact(estate, rule, link, name)
        elif end == "pair" and verifies is not None:
            bound[fact] = _same_release(presents, verifies)
    return bound


def _only_slot(estate: Estate, rule: Rule, presents: Box) -> str | None:
    """The one slot that counts, where that is certain: slots that are one on this release, or those of a far end.

    Of a far end nothing is seen, and which of its slots it is that nobody saw makes no difference.
    """
    if not rule.presents.slot or rule.presents.as_ == "candidate":
        return None
    slot = slot_name(rule, presents.role, estate.tables)
    if not presents.in_file:
        return slot
    return _same_slot(estate, presents, slot)


def _same_slot(estate: Estate, box: Box, slot: str) -> str | None:
    """The slot that is certainly one with a slot on this box."""
    known: dict[tuple[Box, str], str | None] = estate.derived("same slots", dict)
    if (box, slot) not in known:
        rows = aliases(estate.tables, box.role, slot)
        known[box, slot] = next((row.same_as for row in rows if box.is_one(row)), None)
    return known[box, slot]


def _bind_client_eku(estate: Estate, bound: dict[str, Variable], verifies: Box | None, link: Link | None) -> None:
    """What a box itself was declared to do comes before its product's row; else the row decides.

    What a TLS stack does by default counts where somebody said that they are connected: of a connection that is assumed
    as well it would make a break out of nothing but assumptions.
    """
    if verifies is not None and (verifies.has("client_eku") or asks_the_box(verifies.role, estate.tables)):
        told = verifies.fact("client_eku")
        bound["verifies.client_eku"] = told if link is None or link.declared else replace(told, default=None)


def _link_fact(estate: Estate, rule: Rule, link: Link, name: str) -> Variable:
    """A fact on which the existence of the use case hangs is taken as given while nobody denies it: "if used"."""
    variable = estate.link_fact(link, name)
    needed = next((c.values for c in rule.applies if c.fact == f"link.{name}"), None)
    if not needed or variable.known or estate.asks_nobody(link):
        return variable
    return Variable(variable.key, needed[:1], "assumed")


def _same_release(one: Box, other: Box) -> Variable:
    names = ">".join(sorted((one.name, other.name)))
    question = f"Do {one.name} and {other.name} run the same release?"
    texts = [box.target.release if box.target else None for box in (one, other)]
    if texts[0] is None or texts[1] is None:
        return Variable(f"{names}.same_release", ("yes", "no"), question=question)
    first, second = releases.parse(one.role, texts[0]), releases.parse(other.role, texts[1])
    if first.low == second.low and first.high == second.high:
        return Variable(f"{names}.same_release", ("yes",), one.fact("release").origin)
    if not first.overlaps(second.low, second.high):
        return Variable(f"{names}.same_release", ("no",), one.fact("release").origin)
    return Variable(f"{names}.same_release", ("yes", "no"), question=question)


def judged_slot(estate: Estate, leg: Leg, assumed: Iterable[Variable] = ()) -> str | None:
    """The slot whose certificate the leg shows: what the rule names, or the slot that is one with it on this box.

    ``assumed`` are the facts for which the answer took the vendor's default.
    """
    if not leg.rule.presents.slot:
        return None
    slot = slot_name(leg.rule, leg.presents.role, estate.tables)
    if leg.rule.presents.as_ == "candidate":
        return slot
    return _same_slot(estate, leg.presents, slot) or _assumed_slot(leg.presents, slot, assumed) or slot


def _assumed_slot(box: Box, slot: str, assumed: Iterable[Variable]) -> str | None:
    """The slot that is one with a slot under the defaults that were assumed."""
    defaults = {variable.key: variable.default for variable in assumed}
    for row in aliases(box.tables, box.role, slot):
        facts = [(condition, box.fact_of(condition.fact, slot)) for condition in row.when]
        if all(matches(c, defaults.get(one.key) or "") or _always(c, one) for c, one in facts):
            return row.same_as
    return None


def _always(condition: Condition, fact: Variable) -> bool:
    return all(matches(condition, value) for value in fact.values)
