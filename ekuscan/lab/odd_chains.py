"""Sound handshakes that present odd chains, or ask with an odd list of CAs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ekuscan.lab.appliance import conversation
from ekuscan.lab.authority import CertificateObject, Credential, EkuChoice, Leaf, new_root
from ekuscan.lab.authority import self_signed as issue_to_self
from ekuscan.lab.fault_kit import FaultKit
from ekuscan.lab.server import Handler
from ekuscan.lab.talk import Manners
from ekuscan.lab.tls import server_context

_AGENT: Final = "Lab-Fault/1"
_MANY_CERTIFICATES: Final = 60
_TOO_MANY_CERTIFICATES: Final = 70
_MANY_NAMES: Final = 200


def presenting(kit: FaultKit, credential: Credential) -> Handler:
    """An ordinary SIP port that presents this credential and takes a client certificate without insisting on one."""
    terms = replace(kit.terms, credentials=(credential,), request="optional")
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
