"""Mobile and Remote Access: the UC traversal zone, the tunnels, the SIP SERVICE message, and both together."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Situation, assuming, core, edge, fork, if_used, inventory

_CONNECTED = "- {use_case: uc-traversal, from: c, to: e}"


def _pair(e: str, c: str, connections: str = _CONNECTED, more: str = "") -> str:
    return inventory(f"e: {{role: expressway-e, {e}}}\nc: {{role: expressway-c, {c}}}\n{more}", connections)


def _zone(
    zone: Shorthand,
    tunnels: Shorthand,
    service: Shorthand,
    mra: Shorthand,
    *,
    answering: Shorthand = "ok",
    same: Shorthand = "ok",
    e: str = "e",
    c: str = "c",
) -> dict[str, Shorthand]:
    """``zone``: C dials, E checks it; ``answering``: the other half of that handshake; ``tunnels``: port 2222;
    ``service``: E's certificate in SIP SERVICE; ``same``: the same release."""
    return {
        f"{c}>{e}/uc-traversal/X11": zone,
        f"{e}>{c}/uc-traversal/X11S": answering,
        f"{c}>{e}/ssh-tunnels/X14": tunnels,
        f"{e}>{c}/mra-sip-service/X17": service,
        f"{c}>{e}/same-release/X37": same,
        f"{c}>{e}/mra/MRA": mra,
    }


_BOTH_WITH_X15_5 = "release: X15.5, slots: {server: digicert-server.pem, client: digicert-server.pem}"
_PROPER = "release: X15.5, slots: {server: digicert-server.pem, client: corp-client.pem}"

BEFORE_X15_4 = (
    *(
        Situation(
            f"on {release}, an Expressway-E without clientAuth loses MRA's SIP registration, and nothing else of it",
            ("X17", "F19", "F22", "T1", "T4", "L1"),
            _pair(
                f"release: {release}, slots: {{server: digicert-server.pem}}",
                f"release: {release}, slots: {{server: corp-both.pem}}",
            ),
            {**edge("e"), **core("c"), **_zone("ok", "ok", "breaks", "breaks")},
            remedies={"e>c/mra-sip-service/X17": ("alternate-root", "upgrade-x15.4", "upgrade-x15.5")},
        )
        for release in ("X14.0.0", "X14.2.5", "X14.3.7", "X15.0.0", "X15.2.4", "X15.3.2")
    ),
    Situation(
        "before X15.4, both ends with both EKUs work",
        ("T4", "F21"),
        _pair("release: X15.3.2, slots: {server: corp-both.pem}", "release: X15.3.2, slots: {server: corp-both.pem}"),
        {**edge("e", browsers="at-risk"), **core("c"), **_zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "before X15.4, public certificates with both EKUs work until they are renewed",
        ("X40", "F04", "T4", "L3"),
        _pair(
            "release: X15.3.2, slots: {server: digicert-both.pem}",
            "release: X15.3.2, slots: {server: digicert-both.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone(("ok", "breaks"), ("ok", "at-risk"), ("ok", "breaks"), ("ok", "breaks")),
        },
        remedies={
            "c>e/uc-traversal/X11": ("private-ca-c", "ca-on-request", "alternate-root", "upgrade-x15.5"),
            "e>c/mra-sip-service/X17": ("ca-on-request", "alternate-root", "upgrade-x15.4"),
        },
    ),
    Situation(
        "before X15.4, an Expressway-C without clientAuth loses the zone, whatever Expressway-E has",
        ("X11", "T1", "T4", "L2"),
        _pair(
            "release: X14.3.7, slots: {server: identrust-both.pem}",
            "release: X14.3.7, slots: {server: digicert-server.pem}",
        ),
        {**edge("e", browsers="at-risk"), **core("c"), **_zone("breaks", "at-risk", "ok", "breaks")},
    ),
    Situation(
        "an Expressway-E that is no server loses all of MRA but what only Expressway-C shows",
        ("X11", "X17", "X01"),
        _pair("release: X15.3.2, slots: {server: corp-client.pem}", "release: X15.3.2, slots: {server: corp-both.pem}"),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            **_zone("ok", "ok", "breaks", "breaks", answering="breaks"),
        },
    ),
)

X15_4 = (
    Situation(
        "on X15.4, MRA needs serverAuth of Expressway-E and both EKUs of Expressway-C",
        ("X18", "F12", "F19", "F21", "F22", "T3", "T4", "L4", "D6"),
        _pair("release: X15.4, slots: {server: digicert-server.pem}", "release: X15.4, slots: {server: corp-both.pem}"),
        {**edge("e"), **core("c"), **_zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "on X15.4, an Expressway-C without clientAuth still loses the zone",
        ("X11", "F19", "F21", "T4", "L4"),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("breaks", "at-risk", "ok", "breaks")},
        remedies={"c>e/uc-traversal/X11": ("private-ca-c", "alternate-root", "upgrade-x15.5")},
    ),
    Situation(
        "on X15.4, the SIP SERVICE message still needs serverAuth",
        ("X18",),
        _pair("release: X15.4, slots: {server: corp-client.pem}", "release: X15.4, slots: {server: corp-both.pem}"),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            **_zone("ok", "ok", "breaks", "breaks", answering="breaks"),
        },
    ),
    Situation(
        "a connection that is called MRA is the UC traversal zone",
        ("L2",),
        _pair(
            "release: X15.4, slots: {server: digicert-both.pem}",
            "release: X15.4, slots: {server: digicert-both.pem}",
            "- {use_case: mra, from: c, to: e}",
        ),
        {**edge("e"), **core("c"), **_zone(("ok", "breaks"), ("ok", "at-risk"), "ok", ("ok", "breaks"))},
    ),
)

X15_5 = (
    Situation(
        "on X15.5 with EKU checking on, a client slot without clientAuth fails the zone",
        ("X12", "X07", "L5"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            _BOTH_WITH_X15_5,
        ),
        {**edge("e"), **core("c"), **_zone("breaks", "breaks", "ok", "breaks")},
        remedies={"c>e/uc-traversal/X11": ("client-slot-certificate", "eku-check-off")},
        no_way={"c>e/ssh-tunnels/X14": ("eku-check-off",), "c>e/mra/MRA": ("eku-check-off",)},
    ),
    Situation(
        "on X15.5 with EKU checking off, the zone is active but the tunnels and MRA stay down",
        ("X13", "X14", "X08", "F08", "F19"),
        _pair(f'{_BOTH_WITH_X15_5}, sip_eku_check: "off"', _BOTH_WITH_X15_5),
        {**edge("e"), **core("c"), **_zone("ok", "breaks", "ok", "breaks")},
    ),
    Situation(
        "on X15.5 EKU checking is on unless it was switched off",
        ("X12",),
        _pair(_BOTH_WITH_X15_5, _BOTH_WITH_X15_5),
        {
            **edge("e"),
            **core("c"),
            **_zone(assuming("breaks", "e.sip_eku_check = on"), "breaks", "ok", "breaks"),
        },
    ),
    *(
        Situation(
            f"on X15.5, one private certificate in Expressway-C's client slot is enough, EKU checking {switch}",
            ("X15", "T3", "L5", "D6", "F12", "F24"),
            _pair(
                f'{_BOTH_WITH_X15_5}, sip_eku_check: "{switch}"',
                "release: X15.5, slots: {server: digicert-server.pem, client: corp-both.pem}",
            ),
            {**edge("e"), **core("c"), **_zone("ok", "ok", "ok", "ok")},
        )
        for switch in ("on", "off")
    ),
    Situation(
        "on X15.5, it is not Expressway-C's server certificate that needs clientAuth",
        ("X12", "X14", "X38"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: corp-both.pem, client: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("breaks", "breaks", "ok", "breaks")},
    ),
    Situation(
        "on X15.5, a client certificate needs no serverAuth, whoever issued it",
        ("L5", "X12", "F23"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: digicert-server.pem, client: identrust-client.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "on X15.5, every direction shows the slot that is meant for it",
        ("L5", "X12", "X18", "X16", "X03", "X21", "X25"),
        inventory(
            f"""
            e: {{role: expressway-e, sip_eku_check: "on", {_PROPER}}}
            c: {{role: expressway-c, sip_eku_check: "on", {_PROPER}}}
            p: {{role: outside, client_eku: checked, slots: {{certificate: corp-both.pem}}}}
            w: {{role: webex}}
            u: {{role: cucm, client_eku: checked, slots: {{CallManager: corp-both.pem}}}}
            """,
            """
            - {use_case: uc-traversal, from: c, to: e}
            - {use_case: traversal-zone, from: c, to: e, tls_verify: "on"}
            - {use_case: sip-b2b, from: e, to: p}
            - {use_case: sip-b2b, from: p, to: e}
            - {use_case: edge-audio, from: e, to: w}
            - {use_case: edge-audio, from: w, to: e}
            - {use_case: neighbor-zone, from: c, to: u, tls_verify: "on"}
            - {use_case: neighbor-zone, from: u, to: c, tls_verify: "on"}
            """,
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone("ok", "ok", "ok", "ok"),
            "c>e/traversal-zone/X16": "ok",
            "e>c/traversal-zone/X16S": "ok",
            "e>p/sip-b2b/X04": "ok",
            "e>p/sip-b2b/X03": "ok",
            "p>e/sip-b2b/X07": "ok",
            "e>w/edge-audio/X25": "ok",
            "e>w/edge-audio/X25S": "ok",
            "c>u/neighbor-zone/X19": "ok",
            "c>u/neighbor-zone/X19S": "ok",
            "u>c/neighbor-zone/X19P": "ok",
        },
    ),
    Situation(
        "on X15.5, a client slot that nobody saw leaves the zone and the tunnels unknown",
        ("X12", "X14", "X38"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: separate, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("unknown", "unknown", "ok", "unknown")},
    ),
    Situation(
        "the upgrade to X15.5 copies the old certificate: without clientAuth it is no client certificate",
        ("X38", "X12"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: copied, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("breaks", "breaks", "ok", "breaks")},
    ),
    Situation(
        "the copy of a public certificate with both EKUs works until it is renewed",
        ("X38", "X40"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: copied, slots: {server: digicert-both.pem}",
        ),
        {**edge("e"), **core("c"), **_zone(("ok", "breaks"), ("ok", "breaks"), "ok", ("ok", "breaks"))},
    ),
    Situation(
        "whether the client certificate is still the copy decides where nobody saw another",
        ("X38",),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: digicert-server.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone(
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
                "ok",
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
            ),
        },
    ),
)

RELEASES = (
    Situation(
        "Expressway-E on X15.4 and Expressway-C on X15.5: not the same release, and MRA keeps X15.4's rule",
        ("X37", "F11", "T3"),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.5, slots: {server: digicert-server.pem, client: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("ok", "ok", "ok", "ok", same="at-risk")},
        remedies={"c>e/same-release/X37": ("same-release",)},
    ),
    Situation(
        "Expressway-E alone on X15.4 does not help: Expressway-C before it still wants both EKUs",
        ("X37", "X17", "F11", "L4"),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.3.2, slots: {server: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("ok", "ok", "breaks", "breaks", same="at-risk")},
    ),
    Situation(
        "Expressway-C alone on X15.4 does not help either",
        ("X37", "X17", "F11", "L4"),
        _pair(
            "release: X15.3.2, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("ok", "ok", "breaks", "breaks", same="at-risk")},
    ),
    Situation(
        "a release known only as X15 leaves a fork between X15.3 and X15.4",
        ("X17", "T1", "T3"),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15, slots: {server: corp-both.pem, client: corp-both.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone(
                "ok",
                "ok",
                fork("c.release", {"X15.0.0": "breaks", "X15.3.2": "breaks", "X15.4": "ok", "X15.5": "ok"}),
                fork("c.release", {"X15.0.0": "breaks", "X15.3.2": "breaks", "X15.4": "ok", "X15.5": "ok"}),
                same=fork("c>e.same_release", {"yes": "ok", "no": "at-risk"}),
            ),
        },
    ),
    Situation(
        "an unknown release of Expressway-E asks for X15.4 and X15.5, not for more",
        ("X11", "X14", "X17"),
        _pair(
            'sip_eku_check: "off", slots: {server: digicert-server.pem, client: digicert-server.pem}',
            "release: X15.4, slots: {server: digicert-server.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone(
                fork("e.release", {"X14.3.7": "breaks", "X15.4": "breaks", "X15.5": "ok"}),
                fork("e.release", {"X14.3.7": "at-risk", "X15.4": "at-risk", "X15.5": "breaks"}),
                fork("e.release", {"X14.3.7": "breaks", "X15.3.2": "breaks", "X15.4": "ok", "X15.5": "ok"}),
                "breaks",
                same=fork("c>e.same_release", {"yes": "ok", "no": "at-risk"}),
            ),
        },
    ),
    Situation(
        "X15.5.1 and X15.10 are X15.5 and later",
        ("T3",),
        _pair(
            'release: X15.5.1, sip_eku_check: "off", slots: {server: digicert-server.pem, client: corp-both.pem}',
            "release: X15.10, slots: {server: digicert-server.pem, client: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **_zone("ok", "breaks", "ok", "breaks", same="at-risk")},
    ),
)

_MEMBER = "role: expressway-e, release: X15.3.2, cluster: edge, cluster_tls: permissive"

CLUSTERS = (
    Situation(
        "between two clusters every pair is judged by its own members",
        ("X11", "X17"),
        inventory(
            f"""
            e1: {{{_MEMBER}, slots: {{server: identrust-both.pem}}}}
            e2: {{{_MEMBER}, slots: {{server: digicert-server.pem}}}}
            c1: {{role: expressway-c, release: X15.3.2, slots: {{server: digicert-server.pem}}}}
            """,
            "- {use_case: uc-traversal, from: c1, to: edge}",
        ),
        {
            **edge("e1", browsers="at-risk"),
            **edge("e2"),
            **core("c1"),
            **_zone("breaks", "at-risk", "ok", "breaks", e="e1", c="c1"),
            **_zone("breaks", "at-risk", "breaks", "breaks", e="e2", c="c1"),
            "e1>e2/cluster/X26": "ok",
            "e2>e1/cluster/X26": "ok",
            "e1>e2/cluster/X26S": "ok",
            "e2>e1/cluster/X26S": "ok",
        },
    ),
)

TRAVERSAL_ZONES = (
    *(
        Situation(
            f"on {release}, a traversal zone with TLS verify on refuses an Expressway-C without clientAuth",
            ("X16", "L2"),
            _pair(
                f"release: {release}, slots: {{server: digicert-server.pem}}",
                f"release: {release}, slots: {{server: digicert-server.pem}}",
                '- {use_case: traversal-zone, from: c, to: e, tls_verify: "on"}',
            ),
            {
                **edge("e"),
                **core("c"),
                "c>e/traversal-zone/X16": "breaks",
                "e>c/traversal-zone/X16S": "ok",
            },
            remedies={"c>e/traversal-zone/X16": ("zone-tls-verify-off", "private-ca-c", "upgrade-x15.5")},
        )
        for release in ("X14.3.7", "X15.4")
    ),
    *(
        Situation(
            f"on X15.5 with EKU checking {switch}, a traversal zone with TLS verify on gives {given}",
            ("X16", known, "L5"),
            _pair(
                f'{_BOTH_WITH_X15_5}, sip_eku_check: "{switch}"',
                _BOTH_WITH_X15_5,
                '- {use_case: traversal-zone, from: c, to: e, tls_verify: "on"}',
            ),
            {
                **edge("e"),
                **core("c"),
                "c>e/traversal-zone/X16": given,
                "e>c/traversal-zone/X16S": "ok",
            },
        )
        for switch, given, known in (("on", "breaks", "X07"), ("off", "ok", "X08"))
    ),
    Situation(
        "a traversal zone with TLS verify off verifies neither end",
        ("X16", "F02"),
        _pair(
            "release: X15.3.2, slots: {server: corp-client.pem}",
            "release: X15.3.2, slots: {server: digicert-server.pem}",
            '- {use_case: traversal-zone, from: c, to: e, tls_verify: "off"}',
        ),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            "c>e/traversal-zone/X16": "ok",
            "e>c/traversal-zone/X16S": "ok",
        },
    ),
    Situation(
        "a traversal zone with TLS verify on needs a server at the answering end",
        ("X16",),
        _pair(
            "release: X15.3.2, slots: {server: corp-client.pem}",
            "release: X15.3.2, slots: {server: corp-both.pem}",
            '- {use_case: traversal-zone, from: c, to: e, tls_verify: "on"}',
        ),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            "c>e/traversal-zone/X16": "ok",
            "e>c/traversal-zone/X16S": "breaks",
        },
    ),
    Situation(
        "whether a traversal zone verifies is asked where it decides",
        ("X16",),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: digicert-server.pem}",
            "- {use_case: traversal-zone, from: c, to: e}",
        ),
        {
            **edge("e"),
            **core("c"),
            "c>e/traversal-zone/X16": fork("c>e/traversal-zone.tls_verify", {"on": "breaks", "off": "ok"}),
            "e>c/traversal-zone/X16S": "ok",
        },
    ),
)

_UNIFIED_CM = "u: {role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem, tomcat: corp-both.pem}}"
_TO_UNIFIED_CM = """
- {use_case: uc-traversal, from: c, to: e}
- {use_case: traffic-server, from: c, to: u}
- {use_case: sip-oauth, from: c, to: u}
"""

INSIDE = (
    *(
        Situation(
            f"on {release}, Unified CM asks the traffic server for a certificate: {said}",
            ("X22", "X23"),
            inventory(
                f"""
                c: {{role: expressway-c, release: {release}, slots: {{server: digicert-server.pem}}}}
                {_UNIFIED_CM}
                """,
                "- {use_case: traffic-server, from: c, to: u}\n- {use_case: sip-oauth, from: c, to: u}",
            ),
            {**core("c"), "c>u/traffic-server/X22": given, "c>u/sip-oauth/X23": "at-risk"},
        )
        for release, said, given in (
            ("X14.0.1", "not yet", "ok"),
            ("X14.0.2", "what it does without clientAuth is not stated", "at-risk"),
            ("X15.4", "still not stated", "at-risk"),
        )
    ),
    Situation(
        "with both EKUs inside, MRA works down to Unified CM 15SU3a",
        ("X22", "X23", "F07"),
        _pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: corp-both.pem}",
            _TO_UNIFIED_CM,
            _UNIFIED_CM,
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone("ok", "ok", "ok", "ok"),
            "c>u/traffic-server/X22": "ok",
            "c>u/sip-oauth/X23": "ok",
        },
    ),
    Situation(
        "on X15.5 the traffic server and SIP OAuth show the client slot",
        ("X22", "X23", "F07", "X21"),
        _pair(
            f'{_BOTH_WITH_X15_5}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: corp-both.pem, client: digicert-both.pem}",
            _TO_UNIFIED_CM,
            _UNIFIED_CM,
        ),
        {
            **edge("e"),
            **core("c"),
            **_zone(("ok", "breaks"), ("ok", "breaks"), "ok", ("ok", "breaks")),
            "c>u/traffic-server/X22": ("ok", "at-risk"),
            "c>u/sip-oauth/X23": ("ok", "at-risk"),
        },
    ),
)

ASSUMED = (
    Situation(
        "between an Expressway pair that is only listed, the zone is assumed",
        ("F05", "L2"),
        _pair(
            "release: X15.4, slots: {server: identrust-both.pem}",
            "release: X15.4, slots: {server: digicert-server.pem}",
            connections="",
        ),
        {
            **edge("e", browsers="at-risk"),
            **core("c"),
            **{name: if_used(given) for name, given in _zone("breaks", "at-risk", "ok", "breaks").items()},
            "e/sip-b2b/X03": if_used("ok"),
            "e/sip-b2b/X04": if_used("ok"),
            "e/sip-im-federation/X03": if_used("ok"),
            "e/sip-im-federation/X04": if_used("ok"),
            "e/xmpp-federation/X10": if_used("ok"),
            "e/cloud-onboarding/X24": if_used("ok"),
            "e/edge-audio/X25": if_used("ok"),
            "e/edge-audio/X25S": if_used("ok"),
        },
        args=(),
    ),
)

SITUATIONS = (*BEFORE_X15_4, *X15_4, *X15_5, *RELEASES, *CLUSTERS, *TRAVERSAL_ZONES, *INSIDE, *ASSUMED)
