"""Mobile and Remote Access on X15.5, where an Expressway has a server slot and a client slot."""

from __future__ import annotations

from tests.cisco_document.pairs import TWO_SERVERS, pair, zone
from tests.cisco_document.situation import Situation, assuming, core, edge, fork, inventory

_PROPER = "release: X15.5, slots: {server: digicert-server.pem, client: corp-client.pem}"

X15_5 = (
    Situation(
        "on X15.5 with EKU checking on, a client slot without clientAuth fails the zone",
        ("X12", "X07", "L5"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            TWO_SERVERS,
        ),
        {**edge("e"), **core("c"), **zone("breaks", "breaks", "ok", "breaks")},
        remedies={"c>e/uc-traversal/X11": ("client-slot-certificate", "eku-check-off")},
        no_way={"c>e/ssh-tunnels/X14": ("eku-check-off",), "c>e/mra/MRA": ("eku-check-off",)},
    ),
    Situation(
        "on X15.5 with EKU checking off, the zone is active but the tunnels and MRA stay down",
        ("X13", "X14", "X08", "F08", "F19"),
        pair(f'{TWO_SERVERS}, sip_eku_check: "off"', TWO_SERVERS),
        {**edge("e"), **core("c"), **zone("ok", "breaks", "ok", "breaks")},
    ),
    Situation(
        "on X15.5 EKU checking is on unless it was switched off",
        ("X12",),
        pair(TWO_SERVERS, TWO_SERVERS),
        {
            **edge("e"),
            **core("c"),
            **zone(assuming("breaks", "e.sip_eku_check = on"), "breaks", "ok", "breaks"),
        },
    ),
    *(
        Situation(
            f"on X15.5, one private certificate in Expressway-C's client slot is enough, EKU checking {switch}",
            ("X15", "T3", "L5", "D6", "F12", "F24"),
            pair(
                f'{TWO_SERVERS}, sip_eku_check: "{switch}"',
                "release: X15.5, slots: {server: digicert-server.pem, client: corp-both.pem}",
            ),
            {**edge("e"), **core("c"), **zone("ok", "ok", "ok", "ok")},
        )
        for switch in ("on", "off")
    ),
    Situation(
        "on X15.5, it is not Expressway-C's server certificate that needs clientAuth",
        ("X12", "X14", "X38"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: corp-both.pem, client: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **zone("breaks", "breaks", "ok", "breaks")},
    ),
    Situation(
        "on X15.5, a client certificate needs no serverAuth, whoever issued it",
        ("L5", "X12", "F23"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: digicert-server.pem, client: identrust-client.pem}",
        ),
        {**edge("e"), **core("c"), **zone("ok", "ok", "ok", "ok")},
    ),
    Situation(
        "on X15.5, every direction shows the slot that is meant for it",
        ("L5", "X12", "X18", "X16", "X03", "X21", "X25"),
        inventory(
            f"""
            e: {{role: expressway-e, sip_eku_check: "on", {_PROPER}}}
            c: {{role: expressway-c, sip_eku_check: "on", {_PROPER}}}
            p: {{role: outside, client_eku: checked, slots: {{certificate: corp-both.pem}}}}
            w: {{role: webex, slots: {{client: corp-both.pem}}}}
            u: {{role: cucm, release: 15SU4, client_eku: checked, slots: {{CallManager: corp-both.pem}}}}
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
            **zone("ok", "ok", "ok", "ok"),
            "c>e/traversal-zone/X16": "ok",
            "e>c/traversal-zone/X16S": "ok",
            "e>p/sip-b2b/X04": "ok",
            "e>p/sip-b2b/X03": "ok",
            "p>e/sip-b2b/X07": "ok",
            "e>w/edge-audio/X25": "ok",
            "e>w/edge-audio/X25S": "ok",
            "u/https/CM01": "unknown",
            "w>e/edge-audio/WX04": "ok",
            "c>u/neighbor-zone/X19": "ok",
            "c>u/neighbor-zone/X19S": "ok",
            "u>c/neighbor-zone/X19P": "ok",
        },
    ),
    Situation(
        "on X15.5, a client slot that nobody saw leaves the zone and the tunnels unknown",
        ("X12", "X14", "X38"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: separate, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **zone("unknown", "unknown", "ok", "unknown")},
    ),
    Situation(
        "the upgrade to X15.5 copies the old certificate: without clientAuth it is no client certificate",
        ("X38", "X12"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: copied, slots: {server: digicert-server.pem}",
        ),
        {**edge("e"), **core("c"), **zone("breaks", "breaks", "ok", "breaks")},
    ),
    Situation(
        "the copy of a public certificate with both EKUs works until it is renewed",
        ("X38", "X40"),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, client_certificate: copied, slots: {server: digicert-both.pem}",
        ),
        {**edge("e"), **core("c"), **zone(("ok", "breaks"), ("ok", "breaks"), "ok", ("ok", "breaks"))},
    ),
    Situation(
        "whether the client certificate is still the copy decides where nobody saw another",
        ("X38",),
        pair(
            f'{TWO_SERVERS}, sip_eku_check: "on"',
            "release: X15.5, slots: {server: digicert-server.pem}",
        ),
        {
            **edge("e"),
            **core("c"),
            **zone(
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
                "ok",
                fork("c.client_certificate", {"copied": "breaks", "separate": "unknown"}, unseen=True),
            ),
        },
    ),
)

SITUATIONS = X15_5
