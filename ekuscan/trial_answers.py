"""What a peer said to the client certificates that were presented to it, read from its sights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ekuscan.model import Sight
from ekuscan.wire.identity import Identity

Said = Literal["took", "refused", "silent", "unsuitable", "not-asked", "failed"]

_REASONS: Final[dict[str, Said]] = {
    "certificate-refused": "refused",
    "acceptance-undecided": "silent",
    "certificate-unsuitable": "unsuitable",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the peer said to one certificate.

    ``by`` and ``alert`` tell how it refused, ``detail`` why the connection failed, where it was not about that.
    """

    said: Said
    by: str | None = None
    alert: int | None = None
    detail: str = ""


class Answers:
    """The answers of the sights, by certificate. Of one that was presented twice the last answer counts."""

    def __init__(self, sights: Sequence[Sight]) -> None:
        self.all = tuple((one.presented_as, _answer(one)) for one in sights if one.presented_as is not None)
        self.given = Counter(name for name, _ in self.all)
        self._last = dict(self.all)

    def to(self, identity: Identity | None) -> Answer | None:
        """The answer to a certificate, None where it was not presented."""
        return self._last.get(identity.name) if identity is not None else None

    def took(self, identity: Identity | None) -> bool:
        """Whether it was presented and taken."""
        answer = self.to(identity)
        return answer is not None and answer.said == "took"

    def refused(self, identity: Identity | None) -> Answer | None:
        """The answer, if it was a refusal."""
        answer = self.to(identity)
        return answer if answer is not None and answer.said == "refused" else None


def _answer(sight: Sight) -> Answer:
    failure = sight.failure
    if failure is None:
        return Answer("not-asked" if sight.client_certificate.request == "none" else "took")
    said = _REASONS.get(failure.reason, "failed")
    if said == "failed":
        return Answer(said, detail=failure.detail)
    return Answer(said, sight.client_certificate.refused_by, failure.alert)


def asks(sights: Sequence[Sight]) -> bool:
    """Whether a sight without a certificate of ours shows a request, or leaves it open after the peer's certificate."""
    for sight in sights:
        if sight.presented_as is None:
            request, failure = sight.client_certificate.request, sight.failure
            open_ = request == "unknown" and failure is not None and failure.stage in ("finish", "after")
            if request in ("optional", "required") or open_:
                return True
    return False
