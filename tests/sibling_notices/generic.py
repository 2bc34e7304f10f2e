"""Peers of other makers: what follows from the TLS stack that they run on, and XMPP federation with them."""

from __future__ import annotations

from tests.cisco_document.situation import Situation, assuming, edge, fork, inventory

_SERVER, _BOTH, _CLIENT = "digicert-server.pem", "corp-both.pem", "corp-client.pem"

# What servers on each stack did by default with a client certificate that has serverAuth alone.
_REFUSE = ("openssl", "go", "java", "webpki", "boringssl", "nss", "erlang", "mbedtls")
_REFUSED = assuming("breaks", "p.client_eku = checked")
# GnuTLS looks where the application asks it to, and which application does is not known.
_OPEN = fork("p.client_eku", {"checked": "breaks", "ignored": "ok"})
_BY_DEFAULT = {**dict.fromkeys(_REFUSE, _REFUSED), "gnutls": _OPEN}


def _dialled(peer: str) -> str:
    return inventory(
        f"e: {{role: expressway-e, release: X15.4, slots: {{server: {_SERVER}}}}}\n"
        f"p: {{role: generic, ports: [], {peer}}}",
        '- {use_case: sip-b2b, from: e, to: p, mtls: "on"}',
    )


STACKS = (
    *(
        Situation(
            f"does a peer on {stack} refuse a serverAuth-only certificate: {given.now}",
            ("X04", stack),
            _dialled(f"stack: {stack}"),
            {**edge("e"), "e>p/sip-b2b/X04": given},
        )
        for stack, given in _BY_DEFAULT.items()
    ),
    *(
        Situation(
            f"a peer on {stack} that is known to have {word} clientAuth does not do what its stack does",
            ("X04", stack),
            _dialled(f"stack: {stack}, client_eku: {word}"),
            {**edge("e"), "e>p/sip-b2b/X04": given},
        )
        for stack, word, given in (("openssl", "ignored", "ok"), ("gnutls", "checked", "breaks"))
    ),
    Situation(
        "a peer of which neither stack nor habit is known decides by itself",
        ("X04", "V-OUTSIDE"),
        _dialled("tags: [sbc]"),
        {**edge("e"), "e>p/sip-b2b/X04": _OPEN},
    ),
)


def _between(stack: str, dials: str, answers: str) -> str:
    return inventory(
        f"g: {{role: generic, slots: {{certificate: {dials}}}}}\n"
        f"p: {{role: generic, {stack}slots: {{certificate: {answers}}}}}",
        "- {use_case: mutual-tls, from: g, to: p}",
    )


BETWEEN = (
    *(
        Situation(
            f"two other peers, the one that answers {what}: {given.now}",
            ("GP01", "GP02"),
            _between(stack, _SERVER, _SERVER),
            {"g>p/mutual-tls/GP01": given, "p>g/mutual-tls/GP02": "ok"},
            remedies={"g>p/mutual-tls/GP01": ("peer-asks-nobody", "peer-ignores-eku") if given.now == "breaks" else ()},
        )
        for what, stack, given in (
            ("runs Go", "stack: go, ", _REFUSED),
            ("runs GnuTLS", "stack: gnutls, ", _OPEN),
        )
    ),
    Situation(
        "two other peers with the right certificates",
        ("GP01", "GP02"),
        _between("stack: java, ", _CLIENT, _SERVER),
        {"g>p/mutual-tls/GP01": "ok", "p>g/mutual-tls/GP02": "ok"},
    ),
    Situation(
        "a peer that is no server cannot be dialled",
        ("GP01", "GP02"),
        _between("stack: openssl, ", _BOTH, _CLIENT),
        {"g>p/mutual-tls/GP01": "ok", "p>g/mutual-tls/GP02": "breaks"},
    ),
)


def _federation(certificate: str, mtls: str) -> str:
    return inventory(
        f"e: {{role: expressway-e, release: X15.4, slots: {{server: {_SERVER}}}}}\n"
        f"p: {{role: generic, slots: {{certificate: {certificate}}}}}",
        f'- {{use_case: xmpp-federation, from: p, to: e, mtls: "{mtls}"}}',
    )


FEDERATION = tuple(
    Situation(
        f"an XMPP server {what} federates with Expressway-E, client certificates required: {mtls}",
        ("GP03",),
        _federation(certificate, mtls),
        {**edge("e"), "p>e/xmpp-federation/GP03": given},
    )
    for what, certificate, mtls, given in (
        ("without clientAuth", _SERVER, "on", "at-risk"),
        ("without clientAuth", _SERVER, "off", "not-applicable"),
        ("with clientAuth", _BOTH, "on", "ok"),
    )
)

SITUATIONS = (*STACKS, *BETWEEN, *FEDERATION)
