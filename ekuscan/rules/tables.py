"""The rows of the rule tables as dataclasses. How they read: ``docs/rules.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal, TypeVar

from ekuscan.model import Answer, Confidence, Source, Stack
from ekuscan.record import record
from ekuscan.rules.releases import Point

Check = Literal["tls", "ssh", "message", "upload", "pair"]
As = Literal["client", "server", "candidate"]
T = TypeVar("T")
ClientEku = Literal["checked", "ignored", "undocumented"]


@record
class Condition:
    """One fact and what it must be: one of ``values``, or, for a release, within ``low`` <= release < ``high``."""

    fact: str
    values: tuple[str, ...] = ()
    low: Point | None = None
    high: Point | None = None
    text: str = ""


@record
class Case:
    """One case of a rule. ``unverified``: the verifying end does not look at the certificate at all.

    ``answer`` is for rules that need nothing of a certificate. ``confidence`` replaces the rule's own.
    """

    when: tuple[Condition, ...]
    needs: tuple[str, ...] | None
    ask_verifier: bool
    lacking: Answer | None
    unverified: bool
    answer: Answer | None
    confidence: Confidence | None


@record
class Presents:
    """The end whose certificate is judged, the slot it shows, and whether it dials ("client") or answers."""

    roles: tuple[str, ...]
    slot: str
    as_: As


@record
class Example:
    """Facts and the answer that they give; part of the row, run as a test. ``expect`` is an answer or a fork."""

    id: str
    given: Mapping[str, str]
    expect: str | Mapping[str, Mapping[str, str]]


@record
class Rule:
    """What must the presented certificate be fit for, in one use case.

    ``named_by`` is the setting of the connection that holds the name which the verifying end expects; "" for none.
    """

    id: str
    also: tuple[str, ...]
    use_case: str
    check: Check
    presents: Presents
    verifies: str
    needs: tuple[str, ...]
    applies: tuple[Condition, ...]
    cases: tuple[Case, ...]
    examples: tuple[Example, ...]
    says: Mapping[str, str]
    remedies: tuple[str, ...]
    source: tuple[str, ...]
    confidence: Confidence
    checked: str
    note: str
    far_end: bool
    named_by: str

    @property
    def asks_ca_list(self) -> bool:
        """Whether it is about the CAs that the verifying end lists or trusts."""
        return any(condition.fact in ("pair.ca_listed", "pair.ca_trusted") for condition in self.applies)

    @property
    def asks_verifier(self) -> bool:
        """Whether some case leaves it to the verifying end what a missing need gives."""
        return any(case.ask_verifier for case in self.cases)


@record
class VerifierCase:
    """``confidence``: that of an answer that stands on this case, where it is less than the rule's."""

    when: tuple[Condition, ...]
    client_eku: ClientEku
    confidence: Confidence | None = None


@record
class Verifier:
    """Whether a product checks clientAuth in the certificate of the end that dials it."""

    id: str
    also: tuple[str, ...]
    roles: tuple[str, ...]
    stack: Stack
    cases: tuple[VerifierCase, ...]
    source: tuple[str, ...]
    confidence: Confidence
    checked: str
    note: str


@record
class StackHabit:
    """What servers on a TLS stack do by default with a client certificate that lacks clientAuth."""

    stack: Stack
    client_eku: Literal["checked", "ignored"]
    source: tuple[str, ...]
    confidence: Confidence
    checked: str
    note: str = ""


@record
class SlotAlias:
    """Two slots of a product that hold one certificate as long as ``when`` holds.

    ``copy``: ``slot`` holds a copy of its own, which stays when something else is put into ``same_as``.
    """

    id: str
    roles: tuple[str, ...]
    slot: str
    same_as: str
    copy: bool
    when: tuple[Condition, ...]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: str


@record
class SlotChange:
    """What an event does to a slot: ``effect`` "policy" (the CA's policy decides) or "keep"."""

    id: str
    event: Literal["renewal"]
    when: tuple[Condition, ...]
    effect: Literal["policy", "keep"]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: str


@record
class UpgradeChange:
    """What an upgrade from a release within ``was`` to one within ``release`` does to settings of a box by itself."""

    id: str
    roles: tuple[str, ...]
    was: Condition
    release: Condition
    sets: Mapping[str, str]
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: str


@record
class UpgradeLimit:
    """Releases that a box cannot run where ``when`` holds; ``only_told``: it may, and what is doubtful is said."""

    id: str
    roles: tuple[str, ...]
    release: Condition
    when: tuple[Condition, ...]
    only_told: bool
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: str


SlotRow = SlotAlias | SlotChange | UpgradeChange | UpgradeLimit
"""A row on what is in a slot, or on what puts something else there."""


@record
class StepRow:
    """A step of a change; see ``steps.toml`` for the meaning of each key."""

    id: str
    order: int
    on: tuple[str, ...]
    when: tuple[Condition, ...]
    otherwise: bool
    text: str
    command: str | None
    effect: Mapping[str, str]
    source: tuple[str, ...]
    confidence: Confidence
    checked: str


@record
class Setting:
    """A fact that a person or a configuration knows: a box's ("target") or a zone's ("connection").

    One without ``values`` is any text, which no condition can compare with.
    """

    name: str
    of: Literal["target", "connection"]
    roles: tuple[str, ...]
    releases: tuple[Condition, ...]
    values: tuple[str, ...]
    default: str | None
    read_at: str
    question: str
    observed_as: str | None
    source: tuple[str, ...]
    checked: str
    note: str


FAR_ENDS = ("answers", "dials", "peers")
"""Far ends of the same role as their box: the one that answers it, the one that dials it, the others of a cluster."""


@record
class UseCase:
    """What people do over the certificates, between which roles, and where it is assumed to exist.

    ``far_end`` names unnamed far ends by their role, or by one of `FAR_ENDS` where all ends have the same one;
    ``far_end_slot``, with the same keys: they are there only for boxes of which that slot's certificate was seen, and
    (``far_end_unless``) that no connection of these use cases joins to anything.
    ``dials_back``: a connection that is declared in one direction is assumed in the other, where it has those of the
    declared settings that are in ``both_have``. ``single``: an end has one such connection at most.
    """

    name: str
    title: str
    from_: tuple[str, ...]
    to: tuple[str, ...]
    both_ways: bool
    dials_back: bool
    both_have: tuple[str, ...]
    single: bool
    itself: bool
    assume: tuple[tuple[str, str], ...]
    far_end: Mapping[str, str]
    far_end_slot: Mapping[str, str]
    far_end_unless: tuple[str, ...]
    rides_on: str | None
    same_as: str | None
    parts: tuple[str, ...]
    parts_if_used: tuple[str, ...]
    also: tuple[str, ...]
    services: Mapping[str, str]
    note: str
    source: tuple[str, ...]

    @property
    def two_ways(self) -> bool:
        """Whether it is a composite of the two directions of its parts."""
        return bool(self.parts) and self.both_ways

    def service(self, role: str) -> str | None:
        """The service on whose port an end of this role answers, None where no row names one."""
        return self.services.get(role)


@record
class RemedyRow:
    """A way out; see ``remedies.toml`` for the meaning of each key. ``family``: whose releases it names."""

    id: str
    title: str
    text: str
    effort: int
    weakens: bool
    replaces_certificate: bool
    when: tuple[Condition, ...]
    family: str
    effect: Mapping[str, str]
    before: tuple[str, ...]
    costs: str
    unchanged: str
    until: str | None
    command: str | None
    source: tuple[str, ...]
    document: tuple[str, ...]


@record
class BackupRow:
    """How a box of these roles is backed up before its certificate is replaced; see ``remedies.toml``."""

    roles: tuple[str, ...]
    text: str
    source: tuple[str, ...]
    document: tuple[str, ...]


@record
class Need:
    """What a rule can need of a certificate: ``says`` when it is met, ``lacking`` how its absence reads."""

    id: str
    lacking: str
    says: str
    source: tuple[str, ...]
    confidence: Confidence
    checked: str
    note: str = ""


@record
class Tables:
    """All rule tables of one run. ``date`` is the newest day on which a row was checked, ``sha256`` over all files."""

    rules: tuple[Rule, ...]
    verifiers: tuple[Verifier, ...]
    aliases: tuple[SlotAlias, ...]
    changes: tuple[SlotChange, ...]
    upgrades: tuple[UpgradeChange, ...]
    limits: tuple[UpgradeLimit, ...]
    steps: tuple[StepRow, ...]
    settings: Mapping[str, Setting]
    use_cases: Mapping[str, UseCase]
    remedies: Mapping[str, RemedyRow]
    needs: Mapping[str, Need]
    sources: Mapping[str, Source]
    sip_slot: Mapping[str, str]
    sip_client_slot: Mapping[str, str]
    stacks: Mapping[Stack, StackHabit]
    backups: tuple[BackupRow, ...]
    date: str = ""
    sha256: str = ""
    _derived: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    @property
    def slot_rows(self) -> tuple[SlotRow, ...]:
        """All rows on slots, in the order in which they are listed."""
        return (*self.aliases, *self.changes, *self.upgrades, *self.limits)

    def backup(self, role: str) -> str:
        """How a box of a role is backed up before its certificate is replaced, as one sentence."""
        return next(row.text for name in (role, "*") for row in self.backups if name in row.roles)

    def derived(self, name: str, make: Callable[[], T]) -> T:
        """Something computed from these tables once, kept with them."""
        if name not in self._derived:
            self._derived[name] = make()
        found: T = self._derived[name]
        return found

    def verifier(self, role: str) -> Verifier | None:
        """The verifier row of a role, None where no row speaks of it."""
        rows = self.derived("verifiers by role", self._verifiers_by_role)
        return rows.get(role)

    def _verifiers_by_role(self) -> dict[str, Verifier]:
        """The first row that speaks of a role counts."""
        return {role: row for row in reversed(self.verifiers) for role in row.roles}

    def stack(self, role: str = "outside") -> Stack:
        """Whose reading of EKUs counts for a role; for one without a row, and for browsers, that of far ends."""
        row = self.verifier(role) or self.verifier("outside")
        if row is None:
            raise LookupError("verifiers.toml has no row for far ends")
        return row.stack

    def rules_of(self, use_case: str) -> tuple[Rule, ...]:
        """The rules of a use case, those of its ``same_as`` where it has none of its own."""
        name = self.use_cases[use_case].same_as or use_case
        return tuple(rule for rule in self.rules if rule.use_case == name)
