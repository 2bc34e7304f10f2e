"""What a peer said to the client certificates that were presented to it, read from its sights.

A status of failure that names no certificate ("HTTP 403", "HTTP 404") tells nothing alone: it may be the site's own
page for certificates that are refused, or what everybody gets. Beside what other certificates got it can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Final, Literal

from ekuscan.model import Sight
from ekuscan.record import record
from ekuscan.wire.alerts import CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, UNKNOWN_CA
from ekuscan.wire.identity import Identity

Said = Literal["took", "refused", "silent", "unsuitable", "not-asked", "failed"]

NOT_THE_EKU: Final = frozenset({CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED, UNKNOWN_CA})
"""Alerts that speak of something else than what a certificate may be used for."""

# RFC 9110 §15 and RFC 5321 §4.2.1: statuses of failure begin here.
_FAILURES: Final = 400
_REASONS: Final[dict[str, Said]] = {
    "certificate-refused": "refused",
    "acceptance-undecided": "silent",
    "certificate-unsuitable": "unsuitable",
}


@record
class Answer:
    """What the peer said to one certificate.

    ``by`` and ``alert`` tell how it refused, ``detail`` why the connection failed, where it was not about that.
    ``status`` is a status of failure that names no certificate ("HTTP 403"): ``said`` then stands on what others got.
    """

    said: Said
    by: str | None = None
    alert: int | None = None
    detail: str = ""
    status: str | None = field(default=None, compare=False)


class Answers:
    """The answers of the sights, by certificate. Of one that was presented twice the last answer counts."""

    def __init__(self, sights: Sequence[Sight]) -> None:
        ours = [one for one in sights if one.presented_as is not None]
        welcomed = any(_welcomed(one) for one in ours)
        refused = any(one.client_certificate.refused_by is not None for one in ours)
        self.all = tuple((one.presented_as or "", _answer(one, welcomed, refused)) for one in ours)
        self.given = Counter(name for name, _ in self.all)
        self._last = dict(self.all)

    def to(self, identity: Identity | None) -> Answer | None:
        """The answer to a certificate, None where it was not presented."""
        return self._last.get(identity.name) if identity is not None else None

    def took(self, identity: Identity | None) -> bool:
        """Whether it was presented and taken."""
        answer = self.to(identity)
        return answer is not None and answer.said == "took"

    def ever_took(self, identity: Identity | None) -> bool:
        """Whether it was taken one of the times that it was presented."""
        return identity is not None and any(name == identity.name and one.said == "took" for name, one in self.all)

    def turned_away(self, identity: Identity | None) -> bool:
        """Whether the answer was a status of failure that does not tell whether it was taken."""
        answer = self.to(identity)
        return answer is not None and answer.said == "silent" and answer.status is not None

    @property
    def doubtful(self) -> bool:
        """Whether an answer stands on a status of failure that names no certificate."""
        return any(answer.status is not None for _, answer in self.all)

    def refused(self, identity: Identity | None) -> Answer | None:
        """The answer, if it was a refusal."""
        answer = self.to(identity)
        return answer if answer is not None and answer.said == "refused" else None


def _welcomed(sight: Sight) -> bool:
    """Whether it was answered with a status of success."""
    return sight.failure is None and sight.client_certificate.answered is not None and _turned_away(sight) is None


def _turned_away(sight: Sight) -> str | None:
    """The status of failure with which it was answered, where nothing names a certificate and the status can tell.

    A SIP status says nothing of TLS: OPTIONS is turned down for many reasons.
    """
    status, refused_by = sight.client_certificate.answered, sight.client_certificate.refused_by
    protocol, _, code = (status or "").partition(" ")
    if protocol not in ("HTTP", "SMTP") or refused_by is not None:
        return None
    return status if int(code) >= _FAILURES else None


def _answer(sight: Sight, welcomed: bool, refused: bool) -> Answer:
    """``welcomed``: another certificate was answered with success; ``refused``: another was refused without doubt."""
    status = _turned_away(sight)
    plain = _said(sight)
    if status is None or plain.said not in ("took", "silent"):
        return plain
    if welcomed:
        return Answer("refused", status.partition(" ")[0].lower(), status=status)
    # Where another certificate was refused outright, a status such as 404 is not this peer's way to refuse one. Of the
    # statuses with which servers refuse certificates (then TLS's "took" is "silent" already) it stays open even so.
    return replace(plain, said="took" if refused and plain.said == "took" else "silent", status=status)


def _said(sight: Sight) -> Answer:
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
