"""What faulty endpoints are made of: a CA, certificates, terms, and how slow the slow ones are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from ekuscan.lab.authority import Authority, Credential, EkuChoice, KeyChoice, Leaf, issue
from ekuscan.lab.tls import ServerContext, Terms, server_context

_AGE = timedelta(days=30)
_REST = timedelta(days=365)


@dataclass(frozen=True)
class FaultKit:
    """``authority`` issues, ``root`` is its root, ``pace`` is the pause in seconds of whatever drips or hesitates."""

    authority: Authority
    root: Authority
    today: datetime
    pace: float = 1.0

    @cached_property
    def credential(self) -> Credential:
        """The sound certificate of faults that are not about certificates."""
        return self.issue()

    def issue(
        self,
        *,
        eku: EkuChoice = "both",
        name: str = "fault.lab.example",
        begins: timedelta = -_AGE,
        ends: timedelta = _REST,
        key: KeyChoice = "ec",
    ) -> Credential:
        """A certificate for one fault; dates are relative to today."""
        leaf = Leaf(name, self.today + begins, self.today + ends, eku, ("fault.lab.example",), key)
        return issue(self.authority, leaf)

    @property
    def terms(self) -> Terms:
        """TLS 1.2 and 1.3, no client certificate asked for."""
        return Terms((self.credential,), self.today, trusted=(self.root,))

    @property
    def plain(self) -> ServerContext:
        """TLS 1.2, whose handshake can be seen through: every message is a record in the clear."""
        return server_context(replace(self.terms, newest="TLSv1.2"))
