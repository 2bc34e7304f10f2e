"""Webex Calling's local gateway, and what Webex shows where it dials."""

from __future__ import annotations

from tests.cisco_document.situation import Situation, assuming, edge, fork, if_used, inventory

_SERVER, _BOTH, _CLIENT = "digicert-server.pem", "corp-both.pem", "corp-client.pem"


def _gateway(cube: str, webex: str, *, back: bool = False, mtls: str = "on") -> str:
    ends = "from: w, to: u" if back else "from: u, to: w"
    return inventory(
        f"u: {{role: cube, {cube}}}\nw: {{role: webex{webex}}}",
        f'- {{use_case: webex-calling, {ends}, mtls: "{mtls}"}}',
    )


LOCAL_GATEWAY = (
    *(
        Situation(
            f"does Webex Calling take my local gateway without clientAuth, {word}: {given}",
            ("WX01", "V-WEBEX"),
            _gateway(f"release: 17.12.4, slots: {{trustpoint: {_SERVER}}}", told),
            {"u>w/webex-calling/WX01": given},
            remedies={"u>w/webex-calling/WX01": ("private-ca-media", "upgrade-26.1.1") if given != "ok" else ()},
        )
        for word, told, given in (
            ("Webex asks and nobody says whether it checks", "", "at-risk"),
            ("it was seen to check", ", client_eku: checked", "breaks"),
            ("it was seen not to check", ", client_eku: ignored", "ok"),
        )
    ),
    Situation(
        "on IOS XE 26.1.1 the local gateway dials with its client trustpoint",
        ("WX01", "S-CUBE"),
        _gateway(f"release: 26.1.1, slots: {{trustpoint: {_SERVER}, client-trustpoint: {_CLIENT}}}", ""),
        {"u>w/webex-calling/WX01": "ok"},
    ),
    Situation(
        "a local gateway that registers shows no certificate",
        ("WX01", "WX03"),
        inventory(
            f"u: {{role: cube, release: 17.12.4, slots: {{trustpoint: {_SERVER}}}}}\nw: {{role: webex}}",
            """
            - {use_case: webex-calling, from: u, to: w, mtls: "off"}
            - {use_case: webex-calling, from: w, to: u, mtls: "off"}
            """,
        ),
        {
            "u>w/webex-calling/WX01": "not-applicable",
            "u>w/webex-calling/WX02": "ok",
            "w>u/webex-calling/WX03": "not-applicable",
        },
    ),
    *(
        Situation(
            f"Webex without clientAuth dials a local gateway on IOS XE {release}, match eku {setting}: {given}",
            ("WX02", "WX03"),
            _gateway(
                f'release: {release}, match_eku: "{setting}", slots: {{trustpoint: {_SERVER}}}',
                f", slots: {{certificate: {_BOTH}, client: {_SERVER}}}",
                back=True,
            ),
            {"u>w/webex-calling/WX02": "ok", "w>u/webex-calling/WX03": given},
        )
        for release, setting, given in (
            ("17.12.4", "on", "breaks"),
            ("17.12.4", "off", "ok"),
            ("26.1.1", "off", "at-risk"),
        )
    ),
    Situation(
        "Webex cannot dial a local gateway that is no server",
        ("WX02", "WX03"),
        _gateway(
            f'release: 17.12.4, match_eku: "off", slots: {{trustpoint: {_CLIENT}}}',
            f", slots: {{client: {_SERVER}}}",
            back=True,
        ),
        {"u>w/webex-calling/WX02": "breaks", "w>u/webex-calling/WX03": "ok"},
    ),
    Situation(
        "a CUBE and Webex in one file may be a local gateway",
        ("WX01", "WX02", "WX03"),
        inventory(
            f"""
            u: {{role: cube, release: 17.12.4, match_eku: "off", slots: {{trustpoint: {_SERVER}}}}}
            w: {{role: webex}}
            """
        ),
        {
            "u/provider-trunk/CB01": if_used(fork("SIP providers.client_eku", {"checked": "breaks", "ignored": "ok"})),
            "u/provider-trunk/CB03": if_used("ok"),
            "u>w/webex-calling/WX01": if_used("at-risk"),
            "u>w/webex-calling/WX02": if_used("ok"),
            # Of what nobody saw, not even the dates are known.
            "w>u/webex-calling/WX03": if_used(("unknown", "ok")),
            "w>u/webex-calling/WX07": if_used(("unknown", "ok")),
            "w/cloud-onboarding/X24": if_used("unknown"),
        },
        args=(),
    ),
)


def _edge_audio(release: str, webex: str, told: str = "") -> str:
    return inventory(
        f"e: {{role: expressway-e, release: {release}{told}, slots: {{server: {_SERVER}, client: {_BOTH}}}}}\n"
        f"w: {{role: webex, slots: {{certificate: {_BOTH}, client: {webex}}}}}",
        "- {use_case: edge-audio, from: w, to: e}",
    )


EDGE_AUDIO = (
    *(
        Situation(
            f"Webex without clientAuth dials the mutual port of Expressway-E on {release}{told}: {given}",
            ("WX04", "X07", "X08"),
            _edge_audio(release, _SERVER, told),
            {**edge("e"), "e>w/edge-audio/X25S": "ok", "w>e/edge-audio/WX04": given},
        )
        for release, told, given in (
            ("X15.5", ', sip_eku_check: "on"', "breaks"),
            ("X15.5", ', sip_eku_check: "off"', "ok"),
        )
    ),
    Situation(
        "on X15.5 Edge Audio's inbound leg is lost by default once Webex has no clientAuth",
        ("WX04", "X07"),
        _edge_audio("X15.5", _SERVER),
        {**edge("e"), "e>w/edge-audio/X25S": "ok", "w>e/edge-audio/WX04": assuming("breaks", "e.sip_eku_check = on")},
        remedies={"w>e/edge-audio/WX04": ("eku-check-off",)},
    ),
    Situation(
        "with clientAuth Webex may dial any Expressway-E",
        ("WX04",),
        _edge_audio("X15.5", _CLIENT, ', sip_eku_check: "on"'),
        {**edge("e"), "e>w/edge-audio/X25S": "ok", "w>e/edge-audio/WX04": "ok"},
    ),
    *(
        Situation(
            f"what Expressway-E on {release} does when Webex dials it without clientAuth: {given}",
            ("WX04",),
            inventory(
                f"e: {{role: expressway-e, release: {release}, slots: {{server: {_SERVER}}}}}\n"
                f"w: {{role: webex, slots: {{client: {_SERVER}}}}}",
                "- {use_case: edge-audio, from: w, to: e}",
            ),
            {**edge("e"), "e>w/edge-audio/X25S": "ok", "w>e/edge-audio/WX04": given},
        )
        for release, given in (("X15.3.2", "breaks"), ("X15.4", "at-risk"))
    ),
)

SITUATIONS = (*LOCAL_GATEWAY, *EDGE_AUDIO)
