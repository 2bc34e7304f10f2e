"""Which client certificates can show whether a peer enforces clientAuth, and what else tells them apart.

Two certificates of one CA that differ in their extended key usage alone are the experiment; certificates of a CA that
no peer can know are its control. What the certificates themselves say decides, never their names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from itertools import product
from typing import Final, Literal

from ekuscan.der import DerCertificate, DerError, read_certificate
from ekuscan.extensions import ANY_EKU, CLIENT_AUTH, DIGITAL_SIGNATURE, NS_SSL_CLIENT, Extensions, eku_names
from ekuscan.model import Eku
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.wire.identity import Identity

RESERVED: Final = "control:"
"""What the names of controls begin with, and no name of a user's certificate may."""

_MAX_NAME: Final = 80
_MAX_PURPOSES: Final = 4

_Kind = Literal["able", "unable", "unclear"]


@record
class Controls:
    """Two certificates of a CA that no peer can know: one with both EKUs, one with serverAuth alone."""

    both: Identity
    server_only: Identity


@record
class Trials:
    """What can be presented to a peer.

    ``able`` may be used by clients in the eyes of every stack, ``unable`` has an EKU without clientAuth. ``same_ca``:
    one CA issued both, which makes them a pair. ``further`` are the same trials with the pairs of other CAs, in order,
    for a peer that does not take ``able``. ``others`` are the user's remaining certificates, presented only to learn
    whether they are taken. ``differences`` says in what else than their EKU these two differ, ``doubts`` by name of a
    certificate why a refusal of it may be about something else than its EKU. ``lacking``: the names of all of the
    user's certificates that have an EKU without clientAuth.
    """

    able: Identity | None
    unable: Identity | None
    others: tuple[Identity, ...]
    controls: Controls
    same_ca: bool = False
    differences: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    further: tuple[Trials, ...] = ()

    @property
    def each(self) -> tuple[Trials, ...]:
        """The trials with each of the pairs, in order."""
        return (self, *self.further)

    @property
    def given(self) -> tuple[Identity, ...]:
        """The user's certificates."""
        pairs = (one for trials in self.each for one in (trials.able, trials.unable))
        return tuple(one for one in (*pairs, *self.others) if one is not None)


@record
class _Read:
    identity: Identity
    certificates: tuple[DerCertificate, ...]
    kind: _Kind
    doubt: str | None
    listed: bool

    @property
    def end_entity(self) -> DerCertificate:
        return self.certificates[0]


_Pair = tuple[_Read | None, _Read | None]


def arrange(
    identities: Sequence[Identity], controls: Controls, now: datetime, listed: Collection[bytes] = ()
) -> Trials:
    """The trials that these certificates allow. ``identities`` have names of their own; ``now`` is aware.

    ``listed`` are the names of the CAs that the peer accepts, in DER. Each CA has one pair at most. Those come first
    that the peer's list lets it trust, then those that are in order; the order of ``identities`` decides nothing.
    """
    read = [_read(identity, now, frozenset(listed)) for identity in identities]
    pairs = _pairs(read)
    paired = {one.identity.name for pair in pairs for one in pair if one is not None}
    common = Trials(
        able=None,
        unable=None,
        others=tuple(one for one in identities if one.name not in paired),
        controls=controls,
        doubts={one.identity.name: one.doubt for one in read if one.doubt is not None},
        lacking=frozenset(one.identity.name for one in read if one.kind == "unable"),
    )
    first, *further = (_with_pair(common, *pair) for pair in pairs)
    return replace(first, further=tuple(further))


def _pairs(read: Sequence[_Read]) -> list[_Pair]:
    """The best pair of each CA; where there is none, the best that is left of one."""
    able: list[_Read | None] = [one for one in read if one.kind == "able"] or [None]
    unable: list[_Read | None] = [one for one in read if one.kind == "unable"] or [None]
    ranked = sorted(product(able, unable), key=_rank)
    found: list[_Pair] = []
    for pair in ranked:
        if _same_ca(*pair) and not any(_same_ca(pair[0], one) for one, _ in found):
            found.append(pair)
    return found or ranked[:1]


def _with_pair(trials: Trials, first: _Read | None, second: _Read | None) -> Trials:
    return replace(
        trials,
        able=first.identity if first else None,
        unable=second.identity if second else None,
        same_ca=_same_ca(first, second),
        differences=_differences(first, second),
    )


def described(identity: Identity) -> str:
    """A certificate as a sentence names it: its name in quotation marks, of which it has none within, and its EKU.

    Printable and short.
    """
    name = printable(identity.name, _MAX_NAME).replace('"', "'")
    whom = "a certificate of a CA that it cannot know" if identity.name.startswith(RESERVED) else f'"{name}"'
    return f"{whom} ({_purposes(identity)})"


def _purposes(identity: Identity) -> str:
    try:
        eku = read_certificate(identity.chain[0]).extensions.eku
    except (DerError, IndexError):
        return "unreadable"
    if eku.state == "absent":
        return "no EKU"
    names = eku_names(eku.oids)
    more = ", ..." if len(names) > _MAX_PURPOSES else ""
    return f"{', '.join(names[:_MAX_PURPOSES])}{more}" if names else "an EKU that cannot be read"


def _read(identity: Identity, now: datetime, listed: frozenset[bytes]) -> _Read:
    try:
        certificates = tuple(read_certificate(der) for der in identity.chain)
    except DerError:
        certificates = ()
    if not certificates:
        return _Read(identity, (), "unclear", None, False)
    issuers = {one.issuer for one in certificates}
    kind = _kind(certificates)
    return _Read(identity, certificates, kind, _doubt(certificates[0], now), not listed.isdisjoint(issuers))


def _kind(certificates: tuple[DerCertificate, ...]) -> _Kind:
    """Only what all stacks judge alike counts: they differ over anyExtendedKeyUsage and over the EKU of CAs."""
    own = certificates[0].extensions
    if not _signs_as_client(own):
        return "unclear"
    if own.eku.state == "listed" and not {CLIENT_AUTH, ANY_EKU} & set(own.eku.oids):
        return "unable"
    return "able" if all(_allows_clients(one.extensions.eku) for one in certificates) else "unclear"


def _signs_as_client(extensions: Extensions) -> bool:
    """Whether nothing but the EKU is about use by clients; stacks refuse that with the alert for a wrong EKU."""
    usage, kind = extensions.key_usage, extensions.ns_cert_type
    return (usage is None or bool(usage & DIGITAL_SIGNATURE)) and (kind is None or bool(kind & NS_SSL_CLIENT))


def _allows_clients(eku: Eku) -> bool:
    return eku.state == "absent" or (eku.state == "listed" and CLIENT_AUTH in eku.oids)


def _doubt(certificate: DerCertificate, now: datetime) -> str | None:
    if certificate.not_after is None or certificate.not_before is None:
        return "they cannot be read"
    if certificate.not_after < now:
        return f"it ended on {certificate.not_after:%Y-%m-%d}"
    return f"it begins on {certificate.not_before:%Y-%m-%d}" if certificate.not_before > now else None


def _rank(pair: _Pair) -> tuple[bool, int, int, int, list[tuple[bytes, ...]]]:
    """What comes first; of pairs that are equally good the bytes decide, as nothing else is the same in every order."""
    there = [one for one in pair if one is not None]
    return (
        not _same_ca(*pair),
        sum(not one.listed for one in there),
        sum(one.doubt is not None for one in there),
        len(_differences(*pair)),
        [one.identity.chain for one in there],
    )


def _same_ca(first: _Read | None, second: _Read | None) -> bool:
    """Whether both name one issuer, and one key of it where both say which (RFC 5280 §4.2.1.1)."""
    if first is None or second is None:
        return False
    one, other = first.end_entity, second.end_entity
    if not one.issuer or one.issuer != other.issuer or one.issuer in (one.subject, other.subject):
        return False
    keys = (one.extensions.authority_key_id, other.extensions.authority_key_id)
    return None in keys or keys[0] == keys[1]


def _differences(first: _Read | None, second: _Read | None) -> tuple[str, ...]:
    if first is None or second is None:
        return ()
    one, other = first.end_entity, second.end_entity
    rows = (
        ("names", (one.subject, one.extensions.san), (other.subject, other.extensions.san)),
        ("kinds of key", one.key, other.key),
        ("key usages", one.extensions.key_usage, other.extensions.key_usage),
        ("issuing certificates", first.identity.chain[1:], second.identity.chain[1:]),
    )
    return tuple(what for what, left, right in rows if left != right)
