"""Neighbor zones to Unified CM, Unity Connection, CUBE and CMS, and the cluster database."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.situation import Shorthand, Situation, assuming, believed, core, edge, fork, inventory

_SERVER = "slots: {server: digicert-server.pem}"
_TWO_SERVER = "slots: {server: digicert-server.pem, client: digicert-server.pem}"
_TWO_PROPER = "slots: {server: digicert-server.pem, client: corp-both.pem}"

_UNIFIED_CM = "role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem}"
# Its web interface shows the Tomcat certificate, of which most situations say nothing.
_WEB = {"u/https/CM01": "unknown"}
_PEERS: Mapping[str, str] = {
    "Unified CM": _UNIFIED_CM,
    "Unity Connection": "role: unity-connection, release: 15SU3a, slots: {tomcat: corp-both.pem}",
    "CMS": "role: cms, release: '3.9', slots: {callbridge: corp-both.pem}",
    "a CUBE on IOS XE 26.1.1": "role: cube, release: 26.1.1, slots: {trustpoint: corp-both.pem}",
    "IM and Presence": "role: imp, release: 15SU3a, slots: {cup: corp-both.pem}",
}
# Peers of which a row says what they need as the server of the zone.
_ANSWERS: Mapping[str, tuple[str, ...]] = {"CMS": ("MS04",), "a CUBE on IOS XE 26.1.1": ("CB04",)}

_WEBS: Mapping[str, tuple[str, Shorthand]] = {
    "Unified CM": ("CM01", "unknown"),
    "Unity Connection": ("UC01", "ok"),
    "IM and Presence": ("IM01", "unknown"),
}


def _web(peer: str) -> dict[str, Shorthand]:
    """The web interfaces of the two boxes of a kind."""
    rule, given = _WEBS.get(peer, ("", "ok"))
    return {f"{name}/https/{rule}": given for name in ("u", "v") if rule}


def _zone(c: str, u: str, settings: str = ', tls_verify: "on"', *, back: bool = False) -> str:
    ends = "from: u, to: c" if back else "from: c, to: u"
    return inventory(f"c: {{role: expressway-c, {c}}}\nu: {{{u}}}", f"- {{use_case: neighbor-zone, {ends}{settings}}}")


DIALLING = (
    *(
        Situation(
            f"with TLS verify on, Expressway-C on {release} without clientAuth loses its zone to Unified CM",
            ("X19", "F20", "T1", "L1", "L2"),
            _zone(f"release: {release}, {_SERVER}", _UNIFIED_CM),
            {**core("c"), **_WEB, "c>u/neighbor-zone/X19": "breaks"},
            remedies={"c>u/neighbor-zone/X19": ("zone-tls-verify-off", "private-ca-c", "upgrade-x15.5")}
            if release == "X15.4"
            else {},
        )
        for release in ("X14.3.7", "X15.3.2", "X15.4")
    ),
    *(
        Situation(
            f"a zone to {peer} is lost with TLS verify on, and at risk with it off",
            ("X19", "X20", "F20", "L2"),
            inventory(
                f"c: {{role: expressway-c, release: X15.4, {_SERVER}}}\nu: {{{box}}}\nv: {{{box}}}",
                """
                - {use_case: neighbor-zone, from: c, to: u, tls_verify: "on"}
                - {use_case: neighbor-zone, from: c, to: v, tls_verify: "off"}
                """,
            ),
            {
                **core("c"),
                **_web(peer),
                "c>u/neighbor-zone/X19": "breaks",
                "c>v/neighbor-zone/X19": "at-risk",
                **{f"{name}>c/neighbor-zone/{row}": "ok" for row in _ANSWERS.get(peer, ()) for name in ("u", "v")},
            },
        )
        for peer, box in _PEERS.items()
    ),
    Situation(
        "Expressway-E has neighbor zones as well",
        ("X19", "X20", "L1"),
        inventory(
            f"e: {{role: expressway-e, release: X15.4, {_SERVER}}}\nu: {{{_PEERS['CMS']}}}",
            '- {use_case: neighbor-zone, from: e, to: u, tls_verify: "on"}',
        ),
        {**edge("e"), "e>u/neighbor-zone/X19": "breaks", "u>e/neighbor-zone/MS04": "ok"},
        no_way={"e>u/neighbor-zone/X19": ("private-ca-c",)},
    ),
    Situation(
        "TLS verify off is Cisco's way out and says nothing about what Unified CM itself checks",
        ("X20", "F20"),
        _zone(f"release: X15.4, {_SERVER}", _UNIFIED_CM, ', tls_verify: "off"'),
        {**core("c"), **_WEB, "c>u/neighbor-zone/X19": "at-risk"},
    ),
    Situation(
        "TLS verify of a zone is asked for where it decides",
        ("X19", "X20", "F20"),
        _zone(f"release: X15.4, {_SERVER}", _UNIFIED_CM, ""),
        {
            **core("c"),
            **_WEB,
            "c>u/neighbor-zone/X19": fork("c>u/neighbor-zone.tls_verify", {"on": "breaks", "off": "at-risk"}),
        },
    ),
    *(
        Situation(
            f"a peer that is known to have {word} clientAuth settles a zone with TLS verify {verify}: {given}",
            ("X19" if verify == "on" else "X20", "F20"),
            _zone(f"release: X15.4, {_SERVER}", f"{_UNIFIED_CM}, client_eku: {word}", f', tls_verify: "{verify}"'),
            {**core("c"), **_WEB, "c>u/neighbor-zone/X19": given},
        )
        for word, verify, given in (
            ("checked", "on", "breaks"),
            ("checked", "off", "breaks"),
            ("ignored", "on", "ok"),
            ("ignored", "off", "ok"),
        )
    ),
    Situation(
        "a zone that is not mutual TLS does not need clientAuth",
        ("F02", "D2"),
        _zone(f"release: X15.3.2, {_SERVER}", _UNIFIED_CM, ', mtls: "off", tls_verify: "off"'),
        {**core("c"), **_WEB, "c>u/neighbor-zone/X19": "not-applicable"},
    ),
    Situation(
        "on X15.5 a client certificate carries a zone with TLS verify on",
        ("X21", "L5"),
        _zone(f"release: X15.5, {_TWO_PROPER}", _UNIFIED_CM),
        {**core("c"), **_WEB, "c>u/neighbor-zone/X19": "ok"},
    ),
    Situation(
        "on X15.5 a client slot without clientAuth loses the zone as before",
        ("X21", "L5"),
        _zone(f'release: X15.5, sip_eku_check: "off", {_TWO_SERVER}', _UNIFIED_CM),
        {**core("c"), **_WEB, "c>u/neighbor-zone/X19": "breaks"},
        remedies={"c>u/neighbor-zone/X19": ("client-slot-certificate", "zone-tls-verify-off")},
    ),
    Situation(
        "a zone works with both EKUs until a public certificate is renewed",
        ("X19", "X40", "L3"),
        _zone("release: X15.4, slots: {server: digicert-both.pem}", _UNIFIED_CM),
        {**core("c"), **_WEB, "c>u/neighbor-zone/X19": ("ok", "breaks")},
    ),
)

_CUBE = "role: cube, slots: {trustpoint: corp-both.pem}"

TO_CUBE = (
    Situation(
        "a CUBE before IOS XE 26.1.1 checks clientAuth only if match eku says so",
        ("X19", "X20", "L2"),
        _zone(f"release: X15.4, {_SERVER}", f"{_CUBE}, release: 17.12.4"),
        {
            **core("c"),
            "c>u/neighbor-zone/X19": fork("u.match_eku", {"on": "breaks", "off": "ok"}),
            "u>c/neighbor-zone/CB04": "ok",
        },
    ),
    *(
        Situation(
            f"on a CUBE with IOS XE {release}, match eku {setting} gives {given}, TLS verify {verify}",
            ("X19" if verify == "on" else "X20",),
            _zone(
                f"release: X15.4, {_SERVER}",
                f'{_CUBE}, release: {release}, match_eku: "{setting}"',
                f', tls_verify: "{verify}"',
            ),
            {**core("c"), "c>u/neighbor-zone/X19": given, "u>c/neighbor-zone/CB04": "ok"},
        )
        for release, setting, verify, given in (
            ("17.12.4", "on", "on", "breaks"),
            ("17.12.4", "on", "off", "breaks"),
            ("17.12.4", "off", "on", "ok"),
            ("17.18.2", "off", "off", "ok"),
            ("26.1.1", "off", "off", "at-risk"),
            ("26.1.1", "on", "off", "at-risk"),
        )
    ),
)

_SERVER_PEER = "role: cucm, release: 15SU3a, slots: {CallManager: digicert-server.pem, tomcat: corp-both.pem}"


def _dialled_by(u: str, given: Shorthand, answering: Shorthand = "ok", web: Shorthand = "ok") -> dict[str, Shorthand]:
    return {
        f"{u}>c/neighbor-zone/X19P": given,
        f"c>{u}/neighbor-zone/X19S": answering,
        f"{u}/https/CM01": web,
    }


DIALLED = (
    *(
        Situation(
            f"Unified CM without clientAuth dials Expressway-C on {release}, TLS verify on{setting}: {given}",
            (*ids, "L2"),
            _zone(f"release: {release}{setting}, {slots}", _SERVER_PEER, back=True),
            {**core("c"), **_dialled_by("u", given)},
        )
        for release, setting, slots, given, ids in (
            ("X14.3.7", "", _SERVER, "breaks", ("T1",)),
            ("X15.3.2", "", _SERVER, "breaks", ("T1",)),
            ("X15.4", "", _SERVER, "at-risk", ("L4",)),
            ("X15.5", ', sip_eku_check: "on"', _TWO_SERVER, "breaks", ("X07",)),
            ("X15.5", ', sip_eku_check: "off"', _TWO_SERVER, "ok", ("X08", "F08")),
        )
    ),
    Situation(
        "on X15.5 Unified CM without clientAuth is refused unless EKU checking was switched off",
        ("X07", "L5"),
        _zone(f"release: X15.5, {_TWO_SERVER}", _SERVER_PEER, back=True),
        {**core("c"), **_dialled_by("u", assuming("breaks", "c.sip_eku_check = on"))},
        remedies={"u>c/neighbor-zone/X19P": ("eku-check-off", "zone-tls-verify-off")},
    ),
    Situation(
        "with TLS verify off Expressway-C does not look at what dials in",
        ("F02", "L2"),
        _zone(f"release: X14.3.7, {_SERVER}", _SERVER_PEER, ', tls_verify: "off"', back=True),
        {**core("c"), **_dialled_by("u", "ok")},
    ),
    Situation(
        "Unified CM dials with the certificate of CallManager, not with that of Tomcat",
        ("L2",),
        _zone(
            f"release: X15.3.2, {_SERVER}",
            "role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem, tomcat: digicert-server.pem}",
            back=True,
        ),
        {**core("c"), **_dialled_by("u", "ok")},
    ),
    Situation(
        "a zone that is not mutual TLS asks neither end for clientAuth",
        ("F02", "D2"),
        _zone(f"release: X15.3.2, {_SERVER}", _SERVER_PEER, ', mtls: "off", tls_verify: "on"', back=True),
        {**core("c"), **_dialled_by("u", "not-applicable", "not-applicable")},
    ),
    Situation(
        "an Expressway-C that is no server cannot be dialled",
        ("X01", "L2"),
        _zone("release: X15.4, slots: {server: corp-client.pem}", _UNIFIED_CM, back=True),
        {**core("c", https="breaks"), **_dialled_by("u", "ok", "breaks", web="unknown")},
    ),
)

_CLUSTER_SETTING = "e2.cluster_tls"
_CORE_MEMBER = "role: expressway-c, release: X15.3.2, cluster: core, cluster_tls: enforcing"


def _cluster(e1: str, e2: str) -> str:
    return inventory(
        f"""
        e1: {{role: expressway-e, cluster: edge, {e1}}}
        e2: {{role: expressway-e, cluster: edge, {e2}}}
        """
    )


def _replication(
    first: Shorthand, second: Shorthand, answering: tuple[Shorthand, Shorthand] = ("ok", "ok")
) -> dict[str, Shorthand]:
    """``first``: e1 dials e2, which checks it; ``second``: the other way round; ``answering``: e1, e2 as servers."""
    return {
        "e1>e2/cluster/X26": first,
        "e2>e1/cluster/X26": second,
        "e1>e2/cluster/X26S": answering[0],
        "e2>e1/cluster/X26S": answering[1],
    }


CLUSTER = (
    *(
        Situation(
            f"on {release} with Enforcing, the renewed node loses replication, and only where it dials",
            ("X26", "F13", "T1"),
            _cluster(
                f"release: {release}, cluster_tls: enforcing, {_SERVER}",
                f"release: {release}, cluster_tls: enforcing, slots: {{server: identrust-both.pem}}",
            ),
            {**edge("e1"), **edge("e2", browsers="at-risk"), **_replication("breaks", "ok")},
            remedies={"e1>e2/cluster/X26": ("cluster-permissive", "alternate-root", "upgrade-x15.4")},
        )
        for release in ("X14.3.7", "X15.3.2")
    ),
    Situation(
        "before X15.4 with Permissive, replication works without clientAuth",
        ("X27", "F13"),
        _cluster(
            f"release: X15.3.2, cluster_tls: permissive, {_SERVER}",
            f"release: X15.3.2, cluster_tls: permissive, {_SERVER}",
        ),
        {**edge("e1"), **edge("e2"), **_replication("ok", "ok")},
    ),
    Situation(
        "Permissive does not look at certificates at all",
        ("X27",),
        _cluster(
            "release: X15.3.2, cluster_tls: permissive, slots: {server: corp-client.pem}",
            f"release: X15.3.2, cluster_tls: permissive, {_SERVER}",
        ),
        {
            **edge("e1", https="breaks", browsers="at-risk"),
            **edge("e2"),
            **_replication("ok", "ok"),
        },
    ),
    Situation(
        "before X15.4 the verification mode of the verifying node decides",
        ("X26", "X27", "F13"),
        _cluster(f"release: X14.3.7, cluster_tls: permissive, {_SERVER}", f"release: X14.3.7, {_SERVER}"),
        {
            **edge("e1"),
            **edge("e2"),
            **_replication(fork(_CLUSTER_SETTING, {"enforcing": "breaks", "permissive": "ok"}), "ok"),
        },
    ),
    *(
        Situation(
            f"on {release} Enforcing works {who} without clientAuth",
            ("X28", "F13", "F14", "T3"),
            _cluster(
                f"release: {release}, cluster_tls: enforcing, {one}",
                f"release: {release}, cluster_tls: enforcing, {other}",
            ),
            {
                **edge("e1"),
                **edge("e2", browsers=browsers),
                **_replication(believed("ok", confidence), believed("ok", confidence)),
            },
        )
        for release, who, one, other, browsers, confidence in (
            ("X15.4", "with all nodes", _SERVER, _SERVER, "ok", "H"),
            ("X15.4", "with one node", _SERVER, "slots: {server: corp-both.pem}", "at-risk", "H"),
            # Read from "X15.4 or later": Cisco does not say it of X15.5 by name.
            ("X15.5", "with all nodes", _TWO_SERVER, _TWO_SERVER, "ok", "M"),
        )
    ),
    Situation(
        "from X15.4 on nobody needs to know the verification mode",
        ("X28", "F14"),
        _cluster(f"release: X15.4, {_SERVER}", f"release: X15.4, {_SERVER}"),
        {**edge("e1"), **edge("e2"), **_replication("ok", "ok")},
    ),
    Situation(
        "with Enforcing a node still has to be a server for its peers",
        ("X28",),
        _cluster(
            "release: X15.4, cluster_tls: enforcing, slots: {server: corp-client.pem}",
            f"release: X15.4, cluster_tls: enforcing, {_SERVER}",
        ),
        {
            **edge("e1", https="breaks", browsers="at-risk"),
            **edge("e2"),
            **_replication("ok", "ok", ("breaks", "ok")),
        },
    ),
    Situation(
        "on X15.5 a node answers with its server slot and dials with its client slot",
        ("X28", "L5"),
        _cluster(
            "release: X15.5, cluster_tls: enforcing, slots: {server: digicert-server.pem, client: corp-client.pem}",
            "release: X15.5, cluster_tls: enforcing, slots: {server: corp-both.pem, client: corp-both-ended.pem}",
        ),
        {**edge("e1"), **edge("e2", browsers="at-risk"), **_replication("ok", ("breaks", "ok"))},
    ),
    Situation(
        "replication before X15.4 lasts until the public certificates are renewed",
        ("X26", "X40", "F13"),
        _cluster(
            "release: X15.3.2, cluster_tls: enforcing, slots: {server: digicert-both.pem}",
            "release: X15.3.2, cluster_tls: enforcing, slots: {server: digicert-both.pem}",
        ),
        {**edge("e1"), **edge("e2"), **_replication(("ok", "breaks"), ("ok", "breaks"))},
    ),
    Situation(
        "a cluster of Expressway-Cs is judged the same",
        ("X26", "T1"),
        inventory(
            f"""
            c1: {{{_CORE_MEMBER}, {_SERVER}}}
            c2: {{{_CORE_MEMBER}, slots: {{server: corp-both.pem}}}}
            """
        ),
        {
            **core("c1"),
            **core("c2"),
            "c1>c2/cluster/X26": "breaks",
            "c2>c1/cluster/X26": "ok",
            "c1>c2/cluster/X26S": "ok",
            "c2>c1/cluster/X26S": "ok",
        },
    ),
    Situation(
        "with Permissive even an ended certificate does not stop replication, on any release",
        ("X27",),
        _cluster(
            "release: X15.4, cluster_tls: permissive, slots: {server: corp-both-ended.pem}",
            "release: X15.4, cluster_tls: permissive, slots: {server: corp-both.pem}",
        ),
        {
            **edge("e1", https=("breaks", "ok"), browsers=("breaks", "at-risk")),
            **edge("e2", browsers="at-risk"),
            **_replication("ok", "ok"),
        },
    ),
)

SITUATIONS = (*DIALLING, *TO_CUBE, *DIALLED, *CLUSTER)
