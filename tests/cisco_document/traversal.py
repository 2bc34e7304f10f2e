"""Traversal zones that are not for UC services, and what Expressway-C dials inside for MRA."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.pairs import TWO_SERVERS, pair, zone
from tests.cisco_document.situation import Shorthand, Situation, core, edge, fork, inventory

TRAVERSAL_ZONES = (
    *(
        Situation(
            f"on {release}, a traversal zone with TLS verify on refuses an Expressway-C without clientAuth",
            ("X16", "L2"),
            pair(
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
            pair(
                f'{TWO_SERVERS}, sip_eku_check: "{switch}"',
                TWO_SERVERS,
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
        pair(
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
        pair(
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
        pair(
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
# Unified CM is the server of both, and of its web interface.
ANSWERING: Mapping[str, Shorthand] = {
    "u/https/CM01": "ok",
    "u>c/traffic-server/CM17": "ok",
    "u>c/sip-oauth/CM16": "ok",
}

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
            {**core("c"), **ANSWERING, "c>u/traffic-server/X22": given, "c>u/sip-oauth/X23": "at-risk"},
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
        pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: corp-both.pem}",
            _TO_UNIFIED_CM,
            _UNIFIED_CM,
        ),
        {
            **edge("e"),
            **core("c"),
            **zone("ok", "ok", "ok", "ok"),
            **ANSWERING,
            "c>u/traffic-server/X22": "ok",
            "c>u/sip-oauth/X23": "ok",
        },
    ),
    Situation(
        "on X15.5 the traffic server and SIP OAuth show the client slot",
        ("X22", "X23", "F07"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: corp-both.pem, client: digicert-both.pem}",
            _TO_UNIFIED_CM,
            _UNIFIED_CM,
        ),
        {
            **edge("e"),
            **core("c"),
            **zone(("ok", "breaks"), ("ok", "breaks"), "ok", ("ok", "breaks")),
            **ANSWERING,
            "c>u/traffic-server/X22": ("ok", "at-risk"),
            "c>u/sip-oauth/X23": ("ok", "at-risk"),
        },
    ),
)

# What somebody has found out about a verifying end comes before what no vendor documents, and before what one does.
FOUND_OUT = (
    *(
        Situation(
            f"where Unified CM was found to be one that has clientAuth {habit}, SIP OAuth without it is {given}",
            ("X23",),
            inventory(
                f"""
                c: {{role: expressway-c, release: X15.4, slots: {{server: digicert-server.pem}}}}
                {_UNIFIED_CM.removesuffix("}")}, client_eku: {habit}}}
                """,
                "- {use_case: sip-oauth, from: c, to: u}",
            ),
            {**core("c"), "u/https/CM01": "ok", "u>c/sip-oauth/CM16": "ok", "c>u/sip-oauth/X23": given},
        )
        for habit, given in (("checked", "breaks"), ("ignored", "ok"))
    ),
    Situation(
        "an Expressway-E of an earlier release that was found to ignore clientAuth takes Expressway-C without it",
        ("X11",),
        pair(
            "release: X14.3.7, slots: {server: identrust-both.pem}, client_eku: ignored",
            "release: X14.3.7, slots: {server: digicert-server.pem}",
        ),
        {**edge("e", browsers="at-risk"), **core("c"), **zone("ok", "at-risk", "ok", "at-risk")},
    ),
)

SITUATIONS = (*TRAVERSAL_ZONES, *INSIDE, *FOUND_OUT)
