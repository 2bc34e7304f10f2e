"""Facts as variables: a known fact has one value, an unknown one the values that it could have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from ekuscan.model import Fact
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.releases import Point
from ekuscan.rules.tables import Condition, Rule, Setting, Tables

SERVER_AUTH, CLIENT_AUTH, IN_TIME, BROWSER_TRUST = "serverAuth", "clientAuth", "inTime", "browserTrust"
UNCHANGED = "unchanged"
NAMES_PEER = "namesPeer"
CA_LISTED = "pair.ca_listed"
"""Whether the end that answers lists a CA above the certificate of the end that dials."""
CA_TRUSTED = "pair.ca_trusted"
"""Whether the CAs that the end that verifies trusts, as somebody told them, have one above what it is shown."""
HAS_NAME = "has"
"""What the name of a connection is to a certificate that has it."""


@record
class SlotState:
    """What a slot's certificate is fit for, ``now`` and after the ``next`` renewal, as sets of need ids.

    ``label`` tells the states of one slot apart in a fork: an effective EKU, or "public" and "private".
    """

    label: str
    now: frozenset[str]
    next: frozenset[str]


Value = str | Point | SlotState


@record
class Variable:
    """A fact of a box or a link. ``key`` is its full name ("exp-e1.release"), shared by all rules that read it.

    ``unseen`` marks a certificate that nobody saw: what it decides is unknown rather than a question to a person.
    ``name`` is how a person reads the fact, where that is not its key; ``text`` its value, where that is not clear.
    """

    key: str
    values: tuple[Value, ...]
    origin: str = ""
    question: str = ""
    default: str | None = None
    unseen: bool = False
    name: str = ""
    text: str = ""

    @property
    def known(self) -> bool:
        return len(self.values) == 1


@record
class Cell:
    """Releases between two neighbouring break points of the tables; ``high`` None is unbounded."""

    low: Point
    high: Point | None


def cells(tables: Tables, role: str) -> tuple[Cell, ...]:
    """The release line of a role's product, cut at every bound that some row names for it."""
    return tables.derived("cells", lambda: _all_cells(tables)).get(releases.family(role), (Cell((), None),))


def _all_cells(tables: Tables) -> Mapping[str, tuple[Cell, ...]]:
    found: dict[str, set[Point]] = {}

    def add(families: Iterable[str], conditions: Iterable[Condition]) -> None:
        for condition in conditions:
            for point in (condition.low, condition.high):
                if point is not None:
                    for family in families:
                        found.setdefault(family, set()).add(point)

    for rule in tables.rules:
        families = {releases.family(role) for role in rule.presents.roles}
        add(families | {releases.family(rule.verifies)}, rule.applies)
        for case in rule.cases:
            add(families, [c for c in case.when if not c.fact.startswith("verifies")])
            add(_verifying_families(rule), [c for c in case.when if c.fact.startswith(("verifies", "pair"))])
    for verifier in tables.verifiers:
        for verifier_case in verifier.cases:
            add({releases.family(role) for role in verifier.roles}, verifier_case.when)
    for alias in tables.aliases:
        add({releases.family(role) for role in alias.roles}, alias.when)
    for remedy in tables.remedies.values():
        add({remedy.family}, remedy.when)
    return {family: _cut(sorted(points)) for family, points in found.items()}


def _cut(points: list[Point]) -> tuple[Cell, ...]:
    return tuple(Cell(low, high) for low, high in zip([(), *points], [*points, None], strict=True))


def _verifying_families(rule: Rule) -> set[str]:
    if rule.verifies == "each-peer":
        return {releases.family(role) for role in rule.presents.roles}
    return {releases.family(rule.verifies)}


def release_variable(tables: Tables, owner: str, role: str, text: str | None, origin: str) -> Variable:
    """The cells of the release line that a release, perhaps known in part or not at all, may lie in."""
    line = cells(tables, role)
    if text is not None:
        try:
            release = releases.parse(role, text)
        except releases.ReleaseError:
            text = None
        else:
            line = tuple(cell for cell in line if release.overlaps(cell.low, cell.high))
    return Variable(
        f"{owner}.release",
        tuple(cell.low for cell in line),
        origin if text is not None else "",
        f"Which release does {owner} run?",
        text=text or "",
    )


def setting_variable(owner: str, setting: Setting, fact: Fact | None) -> Variable:
    """A setting's value, or all values that it could have."""
    if fact is not None:
        return Variable(f"{owner}.{setting.name}", (fact.value,), fact.from_)
    return Variable(f"{owner}.{setting.name}", setting.values, question=setting.question, default=setting.default)


def matches(condition: Condition, value: Value) -> bool:
    """Whether a value meets a condition. A release stands for its cell, which no bound of the tables cuts."""
    if condition.values:
        return value in condition.values
    if not isinstance(value, tuple):
        return False
    return (condition.low is None or value >= condition.low) and (condition.high is None or value < condition.high)


def release_label(low: Point, high: Point | None, role: str) -> str:
    """A range of releases as people write it: "<X15.4", ">=X15.4 <X15.5"."""
    parts = []
    if low:
        parts.append(f">={releases.spoken(low, role)}")
    if high is not None:
        parts.append(f"<{releases.spoken(high, role)}")
    return " ".join(parts) or "any"


@record
class CaList:
    """The CAs that a port lists in its CertificateRequest, or that a box trusts.

    ``names`` is that in words. ``above`` says by chain id whether one of them is above it: of every chain of the
    targets that were judged together, as far as it is known.
    """

    names: str
    above: Mapping[str, bool]


@record
class Link:
    """A connection as the rules see it: who dials whom, its settings, and whether anybody said that it exists.

    ``far_role`` is the role of an end that is not in the inventory.
    """

    use_case: str
    dials: str
    answers: str
    connection: str | None
    settings: Mapping[str, Fact] = field(default_factory=dict)
    declared: bool = False
    far_role: str = "outside"

    @property
    def key(self) -> str:
        return self.connection or f"{self.dials}>{self.answers}/{self.use_case}"
