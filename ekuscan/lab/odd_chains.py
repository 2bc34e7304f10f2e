"""Sound handshakes that present odd chains, or ask with an odd list of CAs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ekuscan.lab.appliance import conversation
from ekuscan.lab.authority import (
    Authority,
    CertificateObject,
    Credential,
    EkuChoice,
    Leaf,
    issue,
    new_root,
    new_subordinate,
)
from ekuscan.lab.authority import self_signed as issue_to_self
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import Handler
from ekuscan.lab.talk import Manners
from ekuscan.lab.tls import Version, server_context

_AGENT: Final = "Lab-Fault/1"
_MANY_CERTIFICATES: Final = 60
_TOO_MANY_CERTIFICATES: Final = 100
_MANY_NAMES: Final = 200
_TEN_THOUSAND: Final = 10_000
_FAN: Final = 30


def presenting(kit: FaultKit, credential: Credential) -> Handler:
    """An ordinary SIP port that presents this credential and takes a client certificate without insisting on one."""
    terms = replace(kit.terms, credentials=(credential,), request="optional")
    return conversation(server_context(terms), "sips", Manners(agent=_AGENT))


def presenting_ders(kit: FaultKit, credential: Credential, ders: tuple[bytes, ...]) -> Handler:
    """The same with these certificates in the place of the credential's own, which has the key."""
    terms = replace(kit.terms, credentials=(credential,), request="optional", presented=ders)
    return conversation(server_context(terms), "sips", Manners(agent=_AGENT))


def _chain(kit: FaultKit, order: Callable[[FaultKit, Credential], Sequence[CertificateObject]]) -> Handler:
    credential = kit.credential
    return presenting(kit, Credential(credential.key, tuple(order(kit, credential))))


def unordered_chain(kit: FaultKit) -> Handler:
    return _chain(kit, lambda kit, own: (own.chain[0], kit.root.certificate, *own.chain[1:]))


def duplicate_certificate(kit: FaultKit) -> Handler:
    return _chain(kit, lambda kit, own: (*own.chain, own.chain[-1]))


def missing_intermediate(kit: FaultKit) -> Handler:
    return _chain(kit, lambda kit, own: own.chain[:1])


def root_included(kit: FaultKit) -> Handler:
    return _chain(kit, lambda kit, own: (*own.chain, kit.root.certificate))


def unrelated_certificate(kit: FaultKit) -> Handler:
    stranger = new_root("Lab stranger", kit.today)
    return _chain(kit, lambda kit, own: (*own.chain, stranger.certificate))


def many_certificates(kit: FaultKit) -> Handler:
    return _crowd(kit, _MANY_CERTIFICATES)


def too_many_certificates(kit: FaultKit) -> Handler:
    return _crowd(kit, _TOO_MANY_CERTIFICATES)


def _crowd(kit: FaultKit, number: int) -> Handler:
    strangers = [new_root(f"Lab CA {one} of a crowd", kit.today).certificate for one in range(number - 2)]
    return _chain(kit, lambda kit, own: (*own.chain, *strangers))


def self_signed(kit: FaultKit) -> Handler:
    year = timedelta(days=365)
    return presenting(kit, issue_to_self(Leaf("fault.lab.example", kit.today - year, kit.today + year, "absent")))


def expired_leaf(kit: FaultKit) -> Handler:
    return presenting(kit, kit.issue(begins=timedelta(days=-400), ends=timedelta(days=-2)))


def not_yet_valid_leaf(kit: FaultKit) -> Handler:
    return presenting(kit, kit.issue(begins=timedelta(days=2), ends=timedelta(days=200)))


def with_eku(eku: EkuChoice) -> Callable[[FaultKit], Handler]:
    return lambda kit: presenting(kit, kit.issue(eku=eku))


def hostile_names(kit: FaultKit) -> Handler:
    return presenting(kit, kit.issue(name="\x1b[2J\x1b[31mred\r\n=HYPERLINK(1)\u202e<b>"))


def long_ca_list(kit: FaultKit) -> Handler:
    names = tuple(new_root(f"Lab CA {number} of a long list", kit.today) for number in range(_MANY_NAMES))
    return conversation(
        server_context(replace(kit.terms, request="optional", names=names)), "sips", Manners(agent=_AGENT)
    )


def ten_thousand_cas(version: Version) -> Callable[[FaultKit], Handler]:
    def make(kit: FaultKit) -> Handler:
        terms = replace(kit.terms, request="optional", nameless=_TEN_THOUSAND, oldest=version, newest=version)
        return conversation(server_context(terms), "sips", Manners(agent=_AGENT))

    return make


def issuer_loop(kit: FaultKit) -> Handler:
    """Two CAs that have signed each other, over the end-entity certificate."""
    first, second = new_root("Lab CA of a loop", kit.today), new_root("Lab other CA of a loop", kit.today)
    names = ("Lab CA of a loop", "Lab other CA of a loop")
    pair = [
        new_subordinate(above, name, kit.today, key=below.key).certificate
        for above, below, name in ((second, first, names[0]), (first, second, names[1]))
    ]
    return presenting(kit, _under(kit, first, pair))


def issuer_fan(kit: FaultKit) -> Handler:
    """CAs of one name and one key, each signed by all the others as far as anybody can tell, and none by a root."""
    name = "Lab CA of a fan"
    root = new_root(name, kit.today)
    fan = [new_subordinate(root, name, kit.today, key=root.key).certificate for _ in range(_FAN)]
    return presenting(kit, _under(kit, root, fan))


def issuer_fan_of_keys(kit: FaultKit) -> Handler:
    """CAs of one name, each with a key of its own: only the last one has issued what is under it."""
    fan = [new_root("Lab CA of many keys", kit.today) for _ in range(_FAN)]
    return presenting(kit, _under(kit, fan[-1], [one.certificate for one in fan]))


def _under(kit: FaultKit, authority: Authority, sent: Sequence[CertificateObject]) -> Credential:
    year = timedelta(days=365)
    own = issue(authority, Leaf("fault.lab.example", kit.today - year, kit.today + year, sans=("fault.lab.example",)))
    return Credential(own.key, (own.chain[0], *sent))
