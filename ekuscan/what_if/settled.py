"""An estate between being looked at and being judged, and what a change needs to know to replace facts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches

from ekuscan.assessment import ChainBook
from ekuscan.foresight import Alteration
from ekuscan.model import Connection, Target
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules.tables import Tables
from ekuscan.verdict.estate import Box, Estate, Seen
from ekuscan.verdict.renewal import IssuancePolicy


@record
class Settled:
    """Targets by name with what is in their slots, and the connections between them, the assumed ones included."""

    targets: Mapping[str, Target]
    connections: tuple[Connection, ...]

    def with_target(self, target: Target) -> Settled:
        if self.targets.get(target.id) is target:
            return self
        return replace(self, targets={**self.targets, target.id: target})

    def members(self, name: str) -> tuple[str, ...]:
        """The targets behind the name of a target or cluster."""
        if name in self.targets:
            return (name,)
        return tuple(target.id for target in self.targets.values() if target.cluster == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of targets and clusters."""
        clusters = [target.cluster for target in self.targets.values() if target.cluster]
        return tuple(dict.fromkeys((*self.targets, *clusters)))

    @property
    def roles_open(self) -> bool:
        """Whether what a target is may still turn out when it is looked at."""
        return any(target.role_from == "default" for target in self.targets.values())


@record
class Grounds:
    """What changes are worked out with. ``day`` is the instant that is judged for after them.

    ``looked`` is False before the estate was looked at: what is not there then may still turn up.
    """

    tables: Tables
    policy: IssuancePolicy
    book: ChainBook
    today: datetime
    day: datetime
    looked: bool

    def box(self, target: Target) -> Box:
        """The target alone, as the rules see it."""
        alone = Seen({target.id: target}, (), self.book.certificates, self.book.chains, self.day)
        return Estate(alone, self.tables, self.policy).boxes[target.id]


@dataclass(slots=True)
class Notes:
    """What changes leave behind: ``alterations``, and sentences on what is wrong with them.

    ``left_out`` says what they did otherwise than asked, ``undecided`` what they left as it is because a fact is not
    known. ``stand_ins`` are the ids of certificates that nobody has yet.
    """

    alterations: list[Alteration] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    stand_ins: set[str] = field(default_factory=set)


def known_or(word: str, known: tuple[str, ...], otherwise: str) -> str:
    """The end of a sentence about a word that is not known: the nearest known ones, else ``otherwise``."""
    near = get_close_matches(word, list(dict.fromkeys(known)), 3, 0.5)
    return f"did you mean {' or '.join(printable(one, 80) for one in near)}?" if near else otherwise


def listed(words: tuple[str, ...], limit: int = 12) -> str:
    """A list of words for a sentence, cut where it gets long."""
    shown = ", ".join(printable(word, 80) for word in words[:limit])
    return f"{shown}, ..." if len(words) > limit else shown
