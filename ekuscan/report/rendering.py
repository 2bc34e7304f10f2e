"""What every format is given, and the words that several formats have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ekuscan.model import Eku, Observation, Run, Verdict
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rules.tables import Tables

SAID = 4000
"""Characters of one text in a format for machines; longer ones end with "..."."""


@record
class Manner:
    """How the text report looks where it goes: cells wide, in colour, in Unicode, with the fine parts."""

    width: int = 80
    color: bool = False
    unicode: bool = True
    verbose: bool = False


@record
class Rendering:
    """A run and how it is to be shown. ``now`` is the instant from which days are counted."""

    run: Run
    tables: Tables
    now: datetime
    manner: Manner = Manner()
    redact: bool = False

    @property
    def titles(self) -> Mapping[str, str]:
        """The titles of the use cases."""
        return {name: row.title for name, row in self.tables.use_cases.items()}

    def title(self, verdict: Verdict) -> str:
        """The title of a verdict's use case; its name where the tables of today have none."""
        row = self.tables.use_cases.get(verdict.use_case)
        return row.title if row is not None else said(verdict.use_case)


def said(text: str) -> str:
    """A text as one line of what can be seen."""
    return printable(text, SAID)


def peer_of(verdict: Verdict) -> str:
    """The end of a verdict's connection that is not its target, "" for none."""
    other = verdict.answers if verdict.dials == verdict.target else verdict.dials
    return said(other) if other is not None and other != verdict.target else ""


def day(instant: datetime | None) -> str:
    """The UTC day of an instant as ISO 8601, "" for none."""
    return instant.astimezone(UTC).date().isoformat() if instant is not None else ""


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, in whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def eku_words(eku: Eku) -> str:
    """An EKU extension in words: "serverAuth clientAuth", "absent (any use)", "malformed (empty)"."""
    if eku.state == "absent":
        return "absent (any use)"
    named = " ".join(said(name) for name in eku.names)
    if eku.state == "listed":
        return named
    return f"malformed ({eku.flaw})" + (f" {named}" if named else "")


def request_of(observation: Observation) -> str:
    """Whether an endpoint asks for a client certificate: the first answer that its sights have, else "unknown"."""
    asked = (sight.client_certificate.request for sight in observation.sights if sight.presented_as is None)
    return next((request for request in asked if request != "unknown"), "unknown")


def shown_chain(observation: Observation) -> str | None:
    """The chain of the first sight that has one."""
    return next((sight.chain for sight in observation.sights if sight.chain is not None), None)


def leaf_of(run: Run, chain: str | None) -> str | None:
    """The end-entity certificate of a chain."""
    found = run.chains.get(chain) if chain is not None else None
    if found is None:
        return None
    first: Sequence[str] = found.paths[0] if found.paths and found.paths[0] else found.presented
    return first[0] if first else None
