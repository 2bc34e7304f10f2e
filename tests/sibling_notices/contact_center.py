"""Contact centre products, as far as field notice FN74382 revision 2.0 goes: it names products, and no connection."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Situation, inventory

_SERVER, _BOTH, _CLIENT = "digicert-server.pem", "corp-both.pem", "corp-client.pem"
_UPGRADE = "upgrade-cc-15.0.1su2"


def _box(certificate: str, release: str = "12.6(2)", more: str = "") -> str:
    return f'f: {{role: contact-center, release: "{release}", slots: {{tomcat: {certificate}}}{more}}}'


def _own(client: Shorthand, web: Shorthand = "ok") -> dict[str, Shorthand]:
    """What every contact centre box has: its use as a client of which nothing more is known, and its web pages."""
    return {"f/contact-center/CC01": client, "f/https/CC04": web}


ALONE = (
    *(
        Situation(
            f"is my contact centre on {release} affected: the notice says yes and names no connection",
            ("CC01", "CC04"),
            inventory(_box(_SERVER, release)),
            _own("at-risk"),
            remedies={"f/contact-center/CC01": ("private-ca-media", "alternate-root-media", _UPGRADE)},
        )
        for release in ("12.5(1)", "12.6(2)", "15.0(1)", "15.0(1)SU1")
    ),
    Situation(
        "on 15.0(1)SU2 there is nothing to upgrade to, and a certificate is still needed",
        ("CC01",),
        inventory(_box(_SERVER, "15.0(1)SU2")),
        _own("at-risk"),
        remedies={"f/contact-center/CC01": ("private-ca-media",)},
        no_way={"f/contact-center/CC01": (_UPGRADE,)},
    ),
    Situation(
        "a contact centre with both EKUs is fine until a public certificate is renewed",
        ("CC01", "X40"),
        inventory(_box("digicert-both.pem")),
        _own(("ok", "at-risk")),
    ),
    Situation(
        "a contact centre under a private CA is not touched",
        ("CC01", "X39"),
        inventory(_box(_BOTH)),
        _own("ok"),
    ),
    Situation(
        "browsers do not take a contact centre that is no server",
        ("CC04",),
        inventory(_box(_CLIENT)),
        _own("ok", "breaks"),
        remedies={"f/https/CC04": ("renew-server",)},
    ),
)

CONNECTIONS = (
    *(
        Situation(
            f"my contact centre dials {who} without clientAuth: {given}",
            ("CC02",),
            inventory(
                f"{_box(_SERVER)}\np: {{{peer}}}", '- {use_case: contact-center-trunk, from: f, to: p, mtls: "on"}'
            ),
            {**_own("at-risk"), "f>p/contact-center-trunk/CC02": given},
        )
        for who, peer, given in (
            ("a CUBE with match eku", 'role: cube, release: 17.12.4, match_eku: "on", ports: []', "breaks"),
            ("a CUBE without match eku", 'role: cube, release: 17.12.4, match_eku: "off", ports: []', "ok"),
            ("a CMS", "role: cms, ports: []", "at-risk"),
            ("a far end that checks it", "role: outside, client_eku: checked", "breaks"),
        )
    ),
    *(
        Situation(
            f"what my contact centre does with those who dial it without clientAuth, {word}: {given}",
            ("CC03", "V-CC"),
            inventory(
                f"{_box(_BOTH, more=told)}\np: {{role: outside, slots: {{certificate: {_SERVER}}}}}",
                '- {use_case: contact-center-trunk, from: p, to: f, mtls: "on"}',
            ),
            {**_own("ok"), "p>f/contact-center-trunk/CC03": given},
        )
        for word, told, given in (
            ("the notice does not say", "", "at-risk"),
            ("was seen: it checks", ", client_eku: checked", "breaks"),
            ("was seen: it does not check", ", client_eku: ignored", "ok"),
        )
    ),
    *(
        Situation(
            f"{who} dials my contact centre with {certificate}, {word}: {given}",
            ("CC03", "V-CC"),
            inventory(
                f"{_box(_BOTH, more=told)}\np: {{role: {role}, ports: [], slots: {{{slots}: {certificate}}}}}",
                '- {use_case: contact-center-trunk, from: p, to: f, mtls: "on"}',
            ),
            {**_own("ok"), **web, "p>f/contact-center-trunk/CC03": given},
            remedies={"p>f/contact-center-trunk/CC03": (way,) if given != "ok" else ()},
        )
        for who, role, slots, web, way in (
            (
                "Unified CM",
                "cucm, release: 15SU4",
                f"tomcat: {_BOTH}, CallManager",
                {"p/https/CM01": "ok"},
                "private-ca-uc",
            ),
            ("CMS", "cms", f"webadmin: {_BOTH}, callbridge", {}, "private-ca-media"),
        )
        for certificate, word, told, given in (
            (_SERVER, "and the notice does not say what happens", "", "at-risk"),
            (_SERVER, "which was seen to check", ", client_eku: checked", "breaks"),
            (_BOTH, "which was seen to check", ", client_eku: checked", "ok"),
        )
    ),
    Situation(
        "a contact centre connection without mutual TLS needs no clientAuth",
        ("CC02", "CC03"),
        inventory(
            f"{_box(_SERVER)}\np: {{role: outside}}",
            """
            - {use_case: contact-center-trunk, from: f, to: p, mtls: "off"}
            - {use_case: contact-center-trunk, from: p, to: f, mtls: "off"}
            """,
        ),
        {
            **_own("at-risk"),
            "f>p/contact-center-trunk/CC02": "not-applicable",
            "p>f/contact-center-trunk/CC03": "not-applicable",
        },
    ),
)

SITUATIONS = (*ALONE, *CONNECTIONS)
