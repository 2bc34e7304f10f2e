"""Where nothing needs to be done, and where the document's tree leads: private PKI, no mutual TLS, option C."""

from __future__ import annotations

from tests.cisco_document.situation import Situation, core, edge, inventory

NO_PUBLIC_CA = (
    Situation(
        "without a public CA nothing breaks, now or at a renewal; only browsers do not trust Expressway-E",
        ("D1", "F01", "X39"),
        inventory(
            """
            e: {role: expressway-e, release: X15.3.2, slots: {server: corp-both.pem}}
            c: {role: expressway-c, release: X15.3.2, slots: {server: corp-both.pem}}
            u: {role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem}}
            p: {role: outside, client_eku: checked, slots: {certificate: corp-both.pem}}
            """,
            """
            - {use_case: uc-traversal, from: c, to: e}
            - {use_case: neighbor-zone, from: c, to: u, tls_verify: "on"}
            - {use_case: neighbor-zone, from: u, to: c, tls_verify: "on"}
            - {use_case: sip-b2b, from: e, to: p}
            - {use_case: sip-b2b, from: p, to: e}
            """,
            "corp-root.pem",
        ),
        {
            **edge("e", browsers="at-risk"),
            **core("c"),
            "u/https/CM01": "unknown",
            "c>e/uc-traversal/X11": "ok",
            "e>c/uc-traversal/X11S": "ok",
            "c>e/ssh-tunnels/X14": "ok",
            "e>c/mra-sip-service/X17": "ok",
            "c>e/same-release/X37": "ok",
            "c>e/mra/MRA": "ok",
            "c>u/neighbor-zone/X19": "ok",
            "c>u/neighbor-zone/X19S": "ok",
            "u>c/neighbor-zone/X19P": "ok",
            "e>p/sip-b2b/X04": "ok",
            "e>p/sip-b2b/X03": "ok",
            "p>e/sip-b2b/X07": "ok",
        },
    ),
)

NO_MUTUAL_TLS = (
    Situation(
        "public certificates without clientAuth do where no connection is mutual TLS",
        ("D2", "F02", "F03", "X01", "X02"),
        inventory(
            """
            e: {role: expressway-e, release: X15.3.2, slots: {server: digicert-server.pem}}
            c: {role: expressway-c, release: X15.3.2, slots: {server: digicert-server.pem}}
            u: {role: cucm, release: 14SU3, slots: {CallManager: corp-server.pem}}
            p: {role: outside}
            """,
            """
            - {use_case: one-way-tls, from: p, to: e}
            - {use_case: one-way-tls, from: u, to: c}
            - {use_case: one-way-tls, from: c, to: u}
            - {use_case: sip-b2b, from: e, to: p, mtls: "off"}
            """,
        ),
        {
            **edge("e"),
            **core("c"),
            "u/https/CM01": "unknown",
            "e>p/one-way-tls/X02": "ok",
            "c>u/one-way-tls/X02": "ok",
            "u>c/one-way-tls/X02": "ok",
            "e>p/sip-b2b/X04": "not-applicable",
        },
    ),
    Situation(
        "one-way TLS still needs a server at the answering end",
        ("X02",),
        inventory(
            """
            c: {role: expressway-c, release: X15.3.2, slots: {server: corp-client.pem}}
            u: {role: cucm, release: 14SU3, slots: {CallManager: corp-client.pem, tomcat: corp-both.pem}}
            """,
            """
            - {use_case: one-way-tls, from: u, to: c}
            - {use_case: one-way-tls, from: c, to: u}
            """,
        ),
        {
            **core("c", https="breaks"),
            "u/https/CM01": "ok",
            "c>u/one-way-tls/X02": "breaks",
            "u>c/one-way-tls/X02": "breaks",
        },
    ),
    *(
        Situation(
            f"browsers reach an Expressway on {release} with serverAuth alone",
            ("X01", "F03", "L1"),
            inventory(
                f"""
                e: {{role: expressway-e, release: {release}, slots: {{server: digicert-server.pem}}}}
                c: {{role: expressway-c, release: {release}, slots: {{server: digicert-server.pem}}}}
                """
            ),
            {**edge("e"), **core("c")},
        )
        for release in ("X14.3.7", "X15.4", "X15.5")
    ),
)

OPTION_C = (
    Situation(
        "a private CA for Expressway-C alone is enough inside; Expressway-E's public certificate stays",
        ("D5", "F24", "X39"),
        inventory(
            """
            e: {role: expressway-e, release: X15.4, slots: {server: digicert-server.pem}}
            c: {role: expressway-c, release: X15.4, slots: {server: corp-both.pem}}
            u: {role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem}}
            """,
            """
            - {use_case: uc-traversal, from: c, to: e}
            - {use_case: neighbor-zone, from: c, to: u, tls_verify: "on"}
            """,
        ),
        {
            **edge("e"),
            **core("c"),
            "u/https/CM01": "unknown",
            "c>e/uc-traversal/X11": "ok",
            "e>c/uc-traversal/X11S": "ok",
            "c>e/ssh-tunnels/X14": "ok",
            "e>c/mra-sip-service/X17": "ok",
            "c>e/same-release/X37": "ok",
            "c>e/mra/MRA": "ok",
            "c>u/neighbor-zone/X19": "ok",
        },
    ),
    Situation(
        "a private CA on Expressway-E serves every peer and no browser",
        ("D5", "X39", "F01"),
        inventory("e: {role: expressway-e, release: X15.4, slots: {server: corp-both.pem}}"),
        edge("e", browsers="at-risk"),
        remedies={"e/browser-trust/X39": ("browser-trusted-server",)},
    ),
    Situation(
        "on X15.5 a private CA in Expressway-E's client slot is no browser's affair",
        ("X39", "L5", "X35"),
        inventory(
            """
            e: {role: expressway-e, release: X15.5, slots: {server: digicert-server.pem, client: corp-both.pem}}
            """
        ),
        edge("e"),
    ),
)

LICENSING = (
    *(
        Situation(
            f"Smart Licensing on {release} does not ask for clientAuth",
            ("X35", "F18"),
            inventory(f"c: {{role: expressway-c, release: {release}, slots: {{server: digicert-server.pem}}}}"),
            core("c"),
        )
        for release in ("X14.3.7", "X15.4")
    ),
)

SITUATIONS = (*NO_PUBLIC_CA, *NO_MUTUAL_TLS, *OPTION_C, *LICENSING)
