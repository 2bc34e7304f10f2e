"""What the next certificate may do: by CA and by day; and certificates that no policy touches."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Situation, core, edge, fork, inventory, renewed_by

_TO_PARTNER = "- {use_case: sip-b2b, from: e, to: p}"
_PARTNER = "p: {role: outside, client_eku: checked}"
_CALL = "e>p/sip-b2b/X04"


def _calls(e: str, *, release: str = "X15.4", trust: str = "") -> str:
    return inventory(f"e: {{role: expressway-e, release: {release}, {e}}}\n{_PARTNER}", _TO_PARTNER, trust)


def _slot(name: str) -> str:
    return f"slots: {{server: {name}.pem}}"


LETS_ENCRYPT = (
    Situation(
        "in January 2026 a Let's Encrypt certificate had both EKUs, and the ACME scheduler's renewal would lose one",
        ("X36", "F09", "F10", "D4", "F27"),
        _calls(f'acme: "on", {_slot("letsencrypt-both-2025")}'),
        {**edge("e"), _CALL: renewed_by(("ok", "breaks"), "X36")},
        as_of="2026-01-15",
        remedies={_CALL: ("ca-on-request", "acme-scheduler-off", "upgrade-x15.5")},
    ),
    Situation(
        "with the ACME scheduler off the renewal is still the CA's affair",
        ("X40", "F09", "D4"),
        _calls(f'acme: "off", {_slot("letsencrypt-both-2025")}'),
        {**edge("e"), _CALL: renewed_by(("ok", "breaks"), "X40")},
        as_of="2026-01-15",
    ),
    Situation(
        "the ACME scheduler is Let's Encrypt's: another CA's certificate is renewed as that CA does",
        ("X36", "X40"),
        _calls(f'acme: "on", {_slot("digicert-both")}'),
        {**edge("e"), _CALL: renewed_by(("ok", "breaks"), "X40")},
    ),
    Situation(
        "today a Let's Encrypt certificate has no clientAuth, and none is to be had",
        ("X36", "F09", "F10", "F24", "L4"),
        _calls(f'acme: "on", {_slot("letsencrypt-server")}'),
        {**edge("e"), _CALL: "breaks"},
        no_way={_CALL: ("ca-on-request",)},
        remedies={_CALL: ("upgrade-x15.5", "alternate-root")},
    ),
    Situation(
        "on X15.4 MRA takes what the ACME scheduler brings; before it does not",
        ("X36", "X17", "X18", "L4"),
        inventory(
            f"""
            e: {{role: expressway-e, release: X15.4, acme: "on", {_slot("letsencrypt-server")}}}
            c: {{role: expressway-c, release: X15.4, {_slot("corp-both")}}}
            f: {{role: expressway-e, release: X15.3.2, acme: "on", {_slot("letsencrypt-server")}}}
            d: {{role: expressway-c, release: X15.3.2, {_slot("corp-both")}}}
            """,
            """
            - {use_case: uc-traversal, from: c, to: e}
            - {use_case: uc-traversal, from: d, to: f}
            """,
        ),
        {
            **edge("e"),
            **core("c"),
            **edge("f"),
            **core("d"),
            "c>e/uc-traversal/X11": "ok",
            "e>c/uc-traversal/X11S": "ok",
            "c>e/ssh-tunnels/X14": "ok",
            "e>c/mra-sip-service/X17": "ok",
            "c>e/same-release/X37": "ok",
            "c>e/mra/MRA": "ok",
            "d>f/uc-traversal/X11": "ok",
            "f>d/uc-traversal/X11S": "ok",
            "d>f/ssh-tunnels/X14": "ok",
            "f>d/mra-sip-service/X17": "breaks",
            "d>f/same-release/X37": "ok",
            "d>f/mra/MRA": "breaks",
        },
    ),
)

DIGICERT = (
    Situation(
        "before October 2025 DigiCert renewed with both EKUs by itself",
        ("F06", "F23"),
        _calls(_slot("digicert-both-2024")),
        {**edge("e"), _CALL: "ok"},
        as_of="2025-09-01",
    ),
    Situation(
        "since October 2025 DigiCert leaves clientAuth out unless asked",
        ("X40", "F04", "F06", "F23", "D4", "L3"),
        _calls(_slot("digicert-both")),
        {**edge("e"), _CALL: renewed_by(("ok", "breaks"), "X40")},
        remedies={_CALL: ("ca-on-request", "alternate-root")},
    ),
    Situation(
        "from March 2027 on DigiCert has no clientAuth on request",
        ("F23", "D4"),
        _calls(_slot("digicert-server")),
        {**edge("e"), _CALL: "breaks"},
        as_of="2027-03-02",
        no_way={_CALL: ("ca-on-request",)},
    ),
    Situation(
        "nothing happened to existing certificates on 15 June 2026",
        ("F25", "F04", "X40"),
        _calls(_slot("digicert-both-2025")),
        {**edge("e"), _CALL: ("ok", "breaks")},
        as_of="2026-06-16",
    ),
    Situation(
        "browsers take a certificate with both EKUs after 15 June 2026",
        ("F25", "F03", "X01"),
        inventory(f"e: {{role: expressway-e, release: X15.4, {_slot('digicert-both')}}}"),
        edge("e"),
        as_of="2026-11-23",
    ),
)

ALTERNATE_ROOTS = (
    Situation(
        "IdenTrust's Public Sector root goes on with both EKUs; browsers do not trust it",
        ("D3", "T2", "F23", "F24"),
        _calls(_slot("identrust-both"), release="X15.3.2"),
        {**edge("e", browsers="at-risk"), _CALL: "ok"},
        remedies={"e/browser-trust/X39": ("browser-trusted-server",)},
    ),
    Situation(
        "DigiCert's Assured ID Root G2 gives both EKUs; Chrome takes no new certificate under it",
        ("D3", "T2", "F23"),
        _calls(_slot("assured-both"), release="X15.3.2"),
        {**edge("e", browsers="at-risk"), _CALL: "ok"},
    ),
    Situation(
        "with an alternate root no upgrade is needed for MRA",
        ("D3", "T2", "F22"),
        inventory(
            f"""
            e: {{role: expressway-e, release: X14.3.7, {_slot("identrust-both")}}}
            c: {{role: expressway-c, release: X14.3.7, {_slot("identrust-both")}}}
            """,
            "- {use_case: uc-traversal, from: c, to: e}",
        ),
        {
            **edge("e", browsers="at-risk"),
            **core("c"),
            "c>e/uc-traversal/X11": "ok",
            "e>c/uc-traversal/X11S": "ok",
            "c>e/ssh-tunnels/X14": "ok",
            "e>c/mra-sip-service/X17": "ok",
            "c>e/same-release/X37": "ok",
            "c>e/mra/MRA": "ok",
        },
    ),
)


def _private(browsers: Shorthand = "at-risk", https: Shorthand = "ok") -> dict[str, Shorthand]:
    return edge("e", https=https, browsers=browsers)


PRIVATE = (
    *(
        Situation(
            f"{what} with both EKUs keeps them at the renewal",
            ("X39", "F01"),
            _calls(_slot(name), trust=trust),
            {**_private(), _CALL: "ok"},
        )
        for what, name, trust in (
            ("a private CA's certificate", "corp-both", ""),
            ("the certificate of a private CA that the site names", "corp-both", "corp-root.pem"),
            ("a self-signed certificate", "self-signed-both", ""),
        )
    ),
    *(
        Situation(
            f"{what} without clientAuth does not gain it by a renewal",
            ("X39",),
            _calls(_slot(name)),
            {**_private(), _CALL: "breaks"},
        )
        for what, name in (
            ("a private CA's certificate", "corp-server"),
            ("a self-signed certificate", "self-signed-server"),
        )
    ),
    Situation(
        "whether a CA that nobody knows is public decides what its renewal does",
        ("F01", "X39", "X40"),
        _calls(_slot("stranger-both")),
        {
            **_private(browsers=fork("e.server.hierarchy", {"public": "ok", "private": "at-risk"})),
            _CALL: fork("e.server.hierarchy", {"public": ("ok", "breaks"), "private": "ok"}),
        },
    ),
    Situation(
        "a CA that the site names as its own is private",
        ("F01", "X39"),
        _calls(_slot("stranger-both"), trust="stranger-root.pem"),
        {**_private(), _CALL: "ok"},
    ),
)

TIME = (
    Situation(
        "a certificate that has ended breaks what uses it until it is renewed",
        ("F04", "L3"),
        _calls(_slot("corp-both-ended")),
        {**_private(https=("breaks", "ok"), browsers=("breaks", "at-risk")), _CALL: ("breaks", "ok")},
    ),
    Situation(
        "a certificate that is not valid yet breaks what uses it",
        ("F04", "L3"),
        _calls(_slot("corp-both-not-yet")),
        {**_private(https=("breaks", "ok"), browsers=("breaks", "at-risk")), _CALL: ("breaks", "ok")},
    ),
    Situation(
        "licensing asks for no certificate of the Expressway's: an ended one does not stop it",
        ("X35", "F18"),
        inventory(f"c: {{role: expressway-c, release: X15.4, {_slot('corp-both-ended')}}}"),
        {"c/https/X01": ("breaks", "ok"), "c/smart-licensing/X35": "ok"},
    ),
)

SITUATIONS = (*LETS_ENCRYPT, *DIGICERT, *ALTERNATE_ROOTS, *PRIVATE, *TIME)
