"""Mobile and Remote Access before X15.5: the zone, the tunnels, the SIP SERVICE message, and all together."""

from __future__ import annotations

from tests.cisco_document.pairs import pair, zone
from tests.cisco_document.situation import Situation, core, edge, fork, if_used, inventory

BEFORE_X15_4 = (
    *(
        Situation(
            f"on {release}, an Expressway-E without clientAuth loses MRA's SIP registration, and nothing else of it",
            ("X17", "F19", "F22", "T1", "T4", "L1"),
            pair(
                f"release: {release}, slots: {{server: digicert-server.pem}}",
                f"release: {release}, slots: {{server: corp-both.pem}}",
            ),
            {**edge("e"), **core("c"), **zone("ok", "ok", "breaks", "breaks")},
            remedies={"e>c/mra-sip-service/X17": ("alternate-root", "upgrade-x15.4", "upgrade-x15.5")},
        )
        for release in ("X14.0.0", "X14.2.5", "X14.3.7", "X15.0.0", "X15.2.4", "X15.3.2")
    ),
    Situation(
        "before X15.4, both ends with both EKUs work",
        ("T4", "F21"),
        pair("release: X15.3.2, slots: {server: corp-both.pem}", "release: X15.3.2, slots: {server: corp-both.pem}"),
        {**edge("e", browsers="at-risk"), **core("c"), **zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "before X15.4, public certificates with both EKUs work until they are renewed",
        ("X40", "F04", "T4", "L3"),
        pair(
            "release: X15.3.2, slots: {server: digicert-both.pem}",
            "release: X15.3.2, slots: {server: digicert-both.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **zone(("ok", "breaks"), ("ok", "at-risk"), ("ok", "breaks"), ("ok", "breaks")),
        },
        remedies={
            "c>e/uc-traversal/X11": ("private-ca-c", "ca-on-request", "alternate-root", "upgrade-x15.5"),
            "e>c/mra-sip-service/X17": ("ca-on-request", "alternate-root", "upgrade-x15.4"),
        },
    ),
    Situation(
        "before X15.4, an Expressway-C without clientAuth loses the zone, whatever Expressway-E has",
        ("X11", "T1", "T4", "L2"),
        pair(
            "release: X14.3.7, slots: {server: identrust-both.pem}",
            "release: X14.3.7, slots: {server: digicert-server.pem}",
        ),
        {**edge("e", browsers="at-risk"), **core("c"), **zone("breaks", "at-risk", "ok", "breaks")},
    ),
    Situation(
        "an Expressway-E that is no server loses all of MRA but what only Expressway-C shows",
        ("X11", "X17", "X01"),
        pair("release: X15.3.2, slots: {server: corp-client.pem}", "release: X15.3.2, slots: {server: corp-both.pem}"),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            **zone("ok", "ok", "breaks", "breaks", answering="breaks"),
        },
    ),
)

X15_4 = (
    Situation(
        "on X15.4, MRA needs serverAuth of Expressway-E and both EKUs of Expressway-C",
        ("X18", "F12", "F19", "F21", "F22", "T3", "T4", "L4", "D6"),
        pair("release: X15.4, slots: {server: digicert-server.pem}", "release: X15.4, slots: {server: corp-both.pem}"),
        {**edge("e"), **core("c"), **zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "on X15.4, an Expressway-C without clientAuth still loses the zone",
        ("X11", "F19", "F21", "T4", "L4"),
        pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **zone("breaks", "at-risk", "ok", "breaks")},
        remedies={"c>e/uc-traversal/X11": ("private-ca-c", "alternate-root", "upgrade-x15.5")},
    ),
    Situation(
        "on X15.4, the SIP SERVICE message still needs serverAuth",
        ("X18",),
        pair("release: X15.4, slots: {server: corp-client.pem}", "release: X15.4, slots: {server: corp-both.pem}"),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            **core("c"),
            **zone("ok", "ok", "breaks", "breaks", answering="breaks"),
        },
    ),
    Situation(
        "a connection that is called MRA is the UC traversal zone",
        ("L2",),
        pair(
            "release: X15.4, slots: {server: digicert-both.pem}",
            "release: X15.4, slots: {server: digicert-both.pem}",
            "- {use_case: mra, from: c, to: e}",
        ),
        {**edge("e"), **core("c"), **zone(("ok", "breaks"), ("ok", "at-risk"), "ok", ("ok", "breaks"))},
    ),
)

RELEASES = (
    Situation(
        "Expressway-E on X15.4 and Expressway-C on X15.5: not the same release, and MRA keeps X15.4's rule",
        ("X37", "F11", "T3"),
        pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.5, slots: {server: digicert-server.pem, client: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **zone("ok", "ok", "ok", "ok", same="at-risk")},
        remedies={"c>e/same-release/X37": ("same-release",)},
    ),
    Situation(
        "Expressway-E alone on X15.4 does not help: Expressway-C before it still wants both EKUs",
        ("X37", "X17", "F11", "L4"),
        pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15.3.2, slots: {server: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **zone("ok", "ok", "breaks", "breaks", same="at-risk")},
    ),
    Situation(
        "Expressway-C alone on X15.4 does not help either",
        ("X37", "X17", "F11", "L4"),
        pair(
            "release: X15.3.2, slots: {server: digicert-server.pem}",
            "release: X15.4, slots: {server: corp-both.pem}",
        ),
        {**edge("e"), **core("c"), **zone("ok", "ok", "breaks", "breaks", same="at-risk")},
    ),
    Situation(
        "a release known only as X15 leaves a fork between X15.3 and X15.4",
        ("X17", "T1", "T3"),
        pair(
            "release: X15.4, slots: {server: digicert-server.pem}",
            "release: X15, slots: {server: corp-both.pem, client: corp-both.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **zone(
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
        pair(
            'sip_eku_check: "off", slots: {server: digicert-server.pem, client: digicert-server.pem}',
            "release: X15.4, slots: {server: digicert-server.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **zone(
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
        pair(
            'release: X15.5.1, sip_eku_check: "off", slots: {server: digicert-server.pem, client: corp-both.pem}',
            "release: X15.10, slots: {server: digicert-server.pem, client: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **zone("ok", "breaks", "ok", "breaks", same="at-risk")},
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
            **zone("breaks", "at-risk", "ok", "breaks", e="e1", c="c1"),
            **zone("breaks", "at-risk", "breaks", "breaks", e="e2", c="c1"),
            "e1>e2/cluster/X26": "ok",
            "e2>e1/cluster/X26": "ok",
            "e1>e2/cluster/X26S": "ok",
            "e2>e1/cluster/X26S": "ok",
            "c1>edge/uc-traversal/PAIRS": "breaks",
            "c1>edge/mra/PAIRS": "breaks",
        },
    ),
)

ASSUMED = (
    Situation(
        "between an Expressway pair that is only listed, the zone is assumed",
        ("F05", "L2"),
        pair(
            "release: X15.4, slots: {server: identrust-both.pem}",
            "release: X15.4, slots: {server: digicert-server.pem}",
            connections="",
        ),
        {
            **edge("e", browsers="at-risk"),
            **core("c"),
            **{name: if_used(given) for name, given in zone("breaks", "at-risk", "ok", "breaks").items()},
            "e/sip-b2b/X03": if_used("ok"),
            "e/sip-b2b/X04": if_used("ok"),
            "e/b2b-both-ways/B2B-BOTH-WAYS": if_used("ok"),
            "e/sip-im-federation/X03": if_used("ok"),
            "e/sip-im-federation/X04": if_used("ok"),
            "e/xmpp-federation/X10": if_used("ok"),
            "e/xmpp-federation/X10S": if_used("ok"),
            "e/cloud-onboarding/X24": if_used("ok"),
            "e/edge-audio/X25": if_used("ok"),
            "e/edge-audio/X25S": if_used("ok"),
            "e/edge-audio-both-ways/EDGE-AUDIO-BOTH-WAYS": if_used("ok"),
        },
        args=(),
    ),
)

SITUATIONS = (*BEFORE_X15_4, *X15_4, *RELEASES, *CLUSTERS, *ASSUMED)
