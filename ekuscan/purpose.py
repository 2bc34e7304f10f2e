"""What a chain may be used for, as each TLS stack judges it.

The stacks differ in which certificates they look at, in what they make of anyExtendedKeyUsage and of the old
server-gated-crypto purposes, and in whether they look at key usage and Netscape's certificate type. These differences
are the rows of `STACKS`. An absent extension never restricts. An extended key usage that is malformed grants nothing:
a stack either refuses the certificate or finds no purpose in it.

``gnutls`` is judged as GnuTLS does when its application passes a purpose. Many applications pass none, and then GnuTLS
looks at no extended key usage at all; counting on that would be an "ok" that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from ekuscan.certificates import ParsedCertificate
from ekuscan.chain import Path, Paths
from ekuscan.extensions import (
    ANY_EKU,
    CLIENT_AUTH,
    DIGITAL_SIGNATURE,
    KEY_AGREEMENT,
    KEY_ENCIPHERMENT,
    MICROSOFT_SGC,
    NETSCAPE_SGC,
    NS_SSL_CLIENT,
    NS_SSL_SERVER,
    SERVER_AUTH,
    VERISIGN_SGC,
)
from ekuscan.model import Eku, Purpose, Stack
from ekuscan.record import record

Role = Literal["server", "client"]

_NOTHING: frozenset[str] = frozenset()
_SGC = frozenset({MICROSOFT_SGC, NETSCAPE_SGC})
_KEY_EXCHANGE = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT


@record
class StackRules:
    """How one stack judges a path.

    ``scope`` says whose extended key usage it looks at: the end-entity's alone, that of every certificate but the trust
    anchor, or every one. ``any_in_*``: anyExtendedKeyUsage grants the purpose. ``either_in_ca``: in a CA certificate
    serverAuth or clientAuth grants both. ``sgc_in_*``: purposes that count as serverAuth. ``*_key_usage``: the
    end-entity's key usage must have one of these bits (0: not looked at); ``server_key_usage_rsa`` instead for an RSA
    key. ``ns_cert_type``: Netscape's certificate type must allow the role too, or its bits add to the purposes.
    """

    stack: Stack
    scope: Literal["end-entity", "untrusted", "all"]
    any_in_end_entity: bool = False
    any_in_ca: bool = False
    either_in_ca: bool = False
    sgc_in_end_entity: frozenset[str] = _NOTHING
    sgc_in_ca: frozenset[str] = _NOTHING
    client_key_usage: int = 0
    server_key_usage: int = 0
    server_key_usage_rsa: int | None = None
    ns_cert_type: Literal["ignored", "must-allow", "adds"] = "ignored"


# Tested on OpenSSL 3.0.19 and 4.0.3, Go 1.27.3, Java 17, rustls (granian 2.8.7), BoringSSL (gRPC 1.85), NSS 3.87,
# GnuTLS 3.7.9, Erlang OTP 25; Mbed TLS from its source. What tests did not show is from the sources:
# openssl crypto/x509/v3_purp.c; OpenJDK sun/security/validator/EndEntityChecker.java; nss lib/certdb/certdb.c
# (CERT_CheckKeyUsage: keyEncipherment for the RSA key of a server); mbedtls library/ssl_tls.c
# (mbedtls_ssl_check_cert_usage: every key exchange of TLS 1.3 and every forward-secret one signs).
STACKS: tuple[StackRules, ...] = (
    StackRules(
        "openssl",
        "all",
        sgc_in_end_entity=_SGC,
        sgc_in_ca=_SGC,
        client_key_usage=DIGITAL_SIGNATURE | KEY_AGREEMENT,
        server_key_usage=_KEY_EXCHANGE,
        ns_cert_type="must-allow",
    ),
    StackRules("go", "all", any_in_end_entity=True, any_in_ca=True),
    StackRules(
        "java",
        "end-entity",
        any_in_end_entity=True,
        sgc_in_end_entity=_SGC,
        client_key_usage=DIGITAL_SIGNATURE,
        server_key_usage=_KEY_EXCHANGE,
        ns_cert_type="must-allow",
    ),
    StackRules("webpki", "untrusted"),
    StackRules("boringssl", "untrusted", client_key_usage=DIGITAL_SIGNATURE, server_key_usage=DIGITAL_SIGNATURE),
    StackRules(
        "nss",
        "untrusted",
        either_in_ca=True,
        sgc_in_ca=frozenset({NETSCAPE_SGC}),
        client_key_usage=DIGITAL_SIGNATURE,
        server_key_usage=DIGITAL_SIGNATURE | KEY_AGREEMENT,
        server_key_usage_rsa=KEY_ENCIPHERMENT,
        ns_cert_type="adds",
    ),
    StackRules("gnutls", "untrusted", any_in_end_entity=True, sgc_in_ca=frozenset({NETSCAPE_SGC, VERISIGN_SGC})),
    StackRules("erlang", "untrusted"),
    StackRules(
        "mbedtls",
        "end-entity",
        any_in_end_entity=True,
        client_key_usage=DIGITAL_SIGNATURE,
        server_key_usage=DIGITAL_SIGNATURE,
    ),
)


class _Usage(NamedTuple):
    """All of a certificate that any stack looks at for this."""

    eku: Eku
    key_usage: int | None
    ns_cert_type: int | None
    rsa: bool


class _Course(NamedTuple):
    """A path as this module sees it: its usages, end-entity first, and whether its end is trusted."""

    usages: tuple[_Usage, ...]
    ends_trusted: bool


class _Judgement(NamedTuple):
    """What a stack makes of all paths. ``blocked`` is the place in the first path that takes a role away."""

    stack: Stack
    server: bool
    client: bool
    blocked: int | None


def effective_purposes(paths: Paths) -> Mapping[Stack, Purpose]:
    """For each stack, whether the chain may be used as TLS server and as TLS client, and what blocks it.

    A verifier builds its own path and may know any of the anchors, so a role is granted if one path to a trust anchor
    grants it. Where no path reaches one (a private CA that the site did not name), every path counts, each as far as it
    is known; a self-signed certificate at its end then stands for the anchor. What blocks is named from the first path:
    the certificate nearest to the end-entity that takes clientAuth away or, where that is granted, serverAuth.
    """
    usable = paths.anchored or paths.paths
    judged = _judge(tuple([_course(path) for path in usable]))
    purposes: dict[tuple[bool, bool, int | None], Purpose] = {}
    answer: dict[Stack, Purpose] = {}
    for stack, server, client, blocked in judged:
        key = (server, client, blocked)
        purpose = purposes.get(key)
        if purpose is None:
            blocked_by = None if blocked is None else usable[0][blocked].certificate.sha256
            purpose = purposes[key] = Purpose(server, client, blocked_by)
        answer[stack] = purpose
    return answer


def _course(path: Path) -> _Course:
    ends_trusted = len(path) > 1 and (path[-1].is_anchor or path[-1].is_end)
    return _Course(tuple([_usage(link.certificate) for link in path]), ends_trusted)


def _usage(certificate: ParsedCertificate) -> _Usage:
    extensions = certificate.extensions
    rsa = certificate.reading.key.startswith("RSA ")
    return _Usage(extensions.eku, extensions.key_usage, extensions.ns_cert_type, rsa)


@lru_cache(maxsize=4096)
def _judge(courses: tuple[_Course, ...]) -> tuple[_Judgement, ...]:
    """The judgement of every stack, in the order of `STACKS`."""
    return tuple([_judge_one(rules, courses) for rules in STACKS])


def _judge_one(rules: StackRules, courses: tuple[_Course, ...]) -> _Judgement:
    servers = [_blocker(rules, "server", course) for course in courses]
    clients = [_blocker(rules, "client", course) for course in courses]
    server, client = None in servers, None in clients
    blocked = clients[0] if not client else servers[0] if not server else None
    return _Judgement(rules.stack, server, client, blocked)


def _blocker(rules: StackRules, role: Role, course: _Course) -> int | None:
    """The place of the certificate nearest to the end-entity that takes the role away; None: it is granted."""
    usages, ends_trusted = course
    if not _end_entity_allows(rules, role, usages[0]):
        return 0
    wanted = _wanted_of_ca(rules, role)
    seen = {"end-entity": 1, "untrusted": len(usages) - ends_trusted, "all": len(usages)}[rules.scope]
    return next((place for place in range(1, seen) if not _grants(usages[place].eku, wanted)), None)


def _end_entity_allows(rules: StackRules, role: Role, usage: _Usage) -> bool:
    wanted = {CLIENT_AUTH} if role == "client" else {SERVER_AUTH, *rules.sgc_in_end_entity}
    if rules.any_in_end_entity:
        wanted.add(ANY_EKU)
    ns_bit = NS_SSL_CLIENT if role == "client" else NS_SSL_SERVER
    if rules.ns_cert_type == "adds" and usage.ns_cert_type is not None:
        granted = bool(usage.ns_cert_type & ns_bit) or (
            usage.eku.state != "absent" and _grants(usage.eku, frozenset(wanted))
        )
    else:
        granted = _grants(usage.eku, frozenset(wanted))
    if rules.ns_cert_type == "must-allow" and usage.ns_cert_type is not None:
        granted = granted and bool(usage.ns_cert_type & ns_bit)
    return granted and _key_usage_allows(rules, role, usage)


def _key_usage_allows(rules: StackRules, role: Role, usage: _Usage) -> bool:
    bits = rules.client_key_usage if role == "client" else rules.server_key_usage
    if role == "server" and usage.rsa and rules.server_key_usage_rsa is not None:
        bits = rules.server_key_usage_rsa
    return usage.key_usage is None or bits == 0 or bool(usage.key_usage & bits)


def _wanted_of_ca(rules: StackRules, role: Role) -> frozenset[str]:
    wanted = {CLIENT_AUTH} if role == "client" else {SERVER_AUTH}
    if role == "server" or rules.either_in_ca:
        wanted |= rules.sgc_in_ca
    if rules.either_in_ca:
        wanted |= {SERVER_AUTH, CLIENT_AUTH}
    if rules.any_in_ca:
        wanted.add(ANY_EKU)
    return frozenset(wanted)


def _grants(eku: Eku, wanted: frozenset[str]) -> bool:
    return eku.state == "absent" or (eku.state == "listed" and not wanted.isdisjoint(eku.oids))
