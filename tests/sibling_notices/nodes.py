"""Nodes and clusters of Unified CM, IPsec, and the servers that the family dials."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Situation, believed
from tests.sibling_notices.boxes import BEFORE, LAST_BEFORE, PEERS, PLANNED, box, estate, web, webs

_NODE = "cluster: one"
_NO_OWN = 'own_client_certificate: "no"'


def _nodes(says: str, first: str, second: str, dials: Shorthand, answers: Shorthand) -> Situation:
    """Two nodes of a cluster: ``dials`` is what the first one gets where it dials, ``answers`` where it answers."""
    return Situation(
        f"do the nodes of the cluster still talk: {says}",
        ("CM06", "CM07", "CallManager: inter-node"),
        estate("", a=first, b=second),
        {
            **webs(a="cucm", b="cucm"),
            "a>b/inter-node/CM06": dials,
            "b>a/inter-node/CM06": "ok",
            "a>b/inter-node/CM07": answers,
            "b>a/inter-node/CM07": "ok",
        },
    )


def _node(file: str, release: str = BEFORE, more: str = "", client: str = "") -> str:
    shown = {"CallManager_client": client} if client else {}
    return box("cucm", release, f"{_NODE}, {more}" if more else _NODE, CallManager=file, **shown)


NODES = (
    _nodes(
        "what a node does without clientAuth is not stated", _node("corp-server"), _node("corp-both"), "at-risk", "ok"
    ),
    _nodes(
        "a node that is known to check refuses",
        _node("corp-server"),
        _node("corp-both", more="client_eku: checked"),
        "breaks",
        "ok",
    ),
    _nodes("a node that is no server cannot be dialled", _node("corp-client"), _node("corp-both"), "ok", "breaks"),
    _nodes(
        "until the public certificate is renewed", _node("digicert-both"), _node("corp-both"), ("ok", "at-risk"), "ok"
    ),
    _nodes(
        "before 15 SU5 there is no client certificate of its own",
        _node("corp-server", LAST_BEFORE, 'own_client_certificate: "yes"'),
        _node("corp-both", LAST_BEFORE),
        believed("at-risk", "H"),
        "ok",
    ),
    _nodes(
        "with the client certificate planned for 15 SU5, which nobody saw",
        _node("corp-both", PLANNED, 'own_client_certificate: "yes"'),
        _node("corp-both", PLANNED, f"client_eku: checked, {_NO_OWN}"),
        ("unknown", "unknown"),
        "ok",
    ),
    _nodes(
        "with a client certificate planned for 15 SU5",
        _node("corp-server", PLANNED, client="corp-client"),
        _node("corp-both", PLANNED, f"client_eku: checked, {_NO_OWN}"),
        believed("ok", "M"),
        "ok",
    ),
    _nodes(
        "15 SU5 without the planned client certificate and option",
        _node("corp-server", PLANNED, 'own_client_certificate: "no"'),
        _node("corp-both", PLANNED, f'ignore_client_eku: "off", {_NO_OWN}'),
        believed("at-risk", "M"),
        "ok",
    ),
    _nodes(
        "15 SU5 without the planned client certificate at a node that is known to check",
        _node("corp-server", PLANNED, 'own_client_certificate: "no"'),
        _node("corp-both", PLANNED, f"client_eku: checked, {_NO_OWN}"),
        believed("breaks", "M"),
        "ok",
    ),
)

IPSEC = tuple(
    Situation(
        f"does IPsec between nodes and gateways break: with {file} {given}",
        ("CM15", "ipsec"),
        estate(
            "- {use_case: ipsec, from: u, to: p}",
            u=box("cucm", ipsec=file),
            p=PEERS["cube"],
        ),
        {**web("u", "cucm"), "u>p/ipsec/CM15": given},
    )
    for file, given in (("corp-both", "ok"), ("corp-server", "at-risk"), ("corp-client", "at-risk"))
)


# The other ends of what the family dials: servers of other companies.
OTHERS = tuple(
    Situation(
        f"{role} dials {use_case} at a server with {file}: {given}",
        (server,),
        estate(
            f"- {{use_case: {use_case}, from: u, to: p}}",
            u=box(role, **held),
            p=f"role: outside, client_eku: ignored, slots: {{certificate: {file}.pem}}",
        ),
        {**web("u", role), f"u>p/{use_case}/{client}": "ok", f"p>u/{use_case}/{server}": given},
    )
    for role, use_case, client, server, held in (
        ("cucm", "ldaps", "CM10", "CM11", {}),
        ("cucm", "secure-syslog", "CM12", "CM13", {}),
        ("imp", "imp-sip", "IM04", "IM07", {"cup": "corp-both"}),
        ("imp", "imp-xmpp", "IM08", "IM11", {"cup_xmpp_s2s": "corp-both"}),
    )
    for file, given in (("corp-server", "ok"), ("corp-client", "breaks"))
)

ILS = tuple(
    Situation(
        f"does ILS find a server at the other cluster with {file}: {given}",
        ("CM09", "port 7501: ILS"),
        estate("- {use_case: ils, from: u, to: p}", u=box("cucm"), p=box("cucm", tomcat=file)),
        {**web("u", "cucm"), **web("p", "cucm", given), "u>p/ils/CM08": "ok", "p>u/ils/CM09": given},
    )
    for file, given in (("corp-server", "ok"), ("corp-client", "breaks"))
)

SITUATIONS = (*NODES, *IPSEC, *OTHERS, *ILS)
