"""Calls to and from other companies, IM federation, and the Cisco cloud: who dials decides."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.situation import Shorthand, Situation, assuming, edge, fork, if_used, inventory

_SERVER = "slots: {server: digicert-server.pem}"
_TWO_SERVER = "slots: {server: digicert-server.pem, client: digicert-server.pem}"
_TWO_PROPER = "slots: {server: digicert-server.pem, client: corp-both.pem}"


def _with_partner(e: str, partner: str, connections: str) -> str:
    partner = f", {partner}" if partner else ""
    return inventory(f"e: {{role: expressway-e, {e}}}\np: {{role: outside{partner}}}", connections)


def _dials(use_case: str = "sip-b2b", settings: str = "") -> str:
    return f"- {{use_case: {use_case}, from: e, to: p{settings}}}"


def _answers(use_case: str = "sip-b2b", settings: str = "") -> str:
    return f"- {{use_case: {use_case}, from: p, to: e{settings}}}"


_PARTNER_DECIDES: Mapping[str, str] = {"checked": "breaks", "ignored": "ok"}

DIALLING_OUT = (
    *(
        Situation(
            f"on {release}, Expressway-E without clientAuth cannot dial a far end that checks it",
            ("X04", "L1", "L2", "T1", "L4"),
            _with_partner(f"release: {release}, {_SERVER}", "client_eku: checked", _dials()),
            {**edge("e"), "e>p/sip-b2b/X04": "breaks"},
            remedies={"e>p/sip-b2b/X04": ("ca-on-request", "alternate-root", "upgrade-x15.5", "peer-ignores-eku")},
            no_way={"e>p/sip-b2b/X04": ("private-ca-c", "upgrade-x15.4")},
        )
        for release in ("X14.3.7", "X15.3.2", "X15.4")
    ),
    Situation(
        "Expressway-E without clientAuth may dial a far end that does not check it",
        ("X04",),
        _with_partner(f"release: X15.4, {_SERVER}", "client_eku: ignored", _dials()),
        {**edge("e"), "e>p/sip-b2b/X04": "ok"},
    ),
    Situation(
        "whether a call without clientAuth is answered, only the far end knows",
        ("X04", "L2"),
        _with_partner(f"release: X15.4, {_SERVER}", "", _dials()),
        {**edge("e"), "e>p/sip-b2b/X04": fork("p.client_eku", _PARTNER_DECIDES)},
    ),
    Situation(
        "with both EKUs B2B calls go out until the renewal, and then only where the far end does not check",
        ("X04", "X40", "F04", "L3"),
        _with_partner("release: X15.4, slots: {server: digicert-both.pem}", "", _dials()),
        {
            **edge("e"),
            "e>p/sip-b2b/X04": fork("p.client_eku", {"checked": ("ok", "breaks"), "ignored": "ok"}),
        },
    ),
    Situation(
        "on X15.5 a client certificate with clientAuth carries B2B calls beside a public server certificate",
        ("X05", "L5", "D6", "F24"),
        _with_partner(f"release: X15.5, {_TWO_PROPER}", "client_eku: checked", _dials()),
        {**edge("e"), "e>p/sip-b2b/X04": "ok"},
    ),
    Situation(
        "on X15.5 a server certificate in both slots works only if the far end ignores the EKU too",
        ("X06", "X38", "L5"),
        _with_partner(f"release: X15.5, client_certificate: copied, {_SERVER}", "", _dials()),
        {**edge("e"), "e>p/sip-b2b/X04": fork("p.client_eku", _PARTNER_DECIDES)},
        remedies={"e>p/sip-b2b/X04": ("client-slot-certificate",)},
    ),
    *(
        Situation(
            f"on X15.5 with a far end that has {word} the EKU, the copied server certificate gives {given}",
            ("X06", "L5"),
            _with_partner(f"release: X15.5, {_TWO_SERVER}", f"client_eku: {word}", _dials()),
            {**edge("e"), "e>p/sip-b2b/X04": given},
        )
        for word, given in _PARTNER_DECIDES.items()
    ),
    Situation(
        "Expressway-E's own EKU switch does not help where it dials",
        ("X06", "F08"),
        _with_partner(f'release: X15.5, sip_eku_check: "off", {_TWO_SERVER}', "client_eku: checked", _dials()),
        {**edge("e"), "e>p/sip-b2b/X04": "breaks"},
        no_way={"e>p/sip-b2b/X04": ("eku-check-off",)},
    ),
    Situation(
        "where B2B calls are no mutual TLS, clientAuth is not needed",
        ("F02", "D2", "X03"),
        _with_partner(
            f"release: X15.3.2, {_SERVER}",
            "client_eku: checked",
            _dials(settings=', mtls: "off"') + "\n" + _answers(settings=', mtls: "off"'),
        ),
        {
            **edge("e"),
            "e>p/sip-b2b/X04": "not-applicable",
            "p>e/sip-b2b/X07": "not-applicable",
            "e>p/sip-b2b/X03": "ok",
        },
    ),
    Situation(
        "declared mutual TLS is mutual TLS",
        ("X04", "F05"),
        _with_partner(f"release: X15.3.2, {_SERVER}", "client_eku: checked", _dials(settings=', mtls: "on"')),
        {**edge("e"), "e>p/sip-b2b/X04": "breaks"},
    ),
)


def _dialled(
    e: str, partner: str, given: Shorthand, answering: Shorthand = "ok", use_case: str = "sip-b2b"
) -> dict[str, Shorthand]:
    return {f"p>e/{use_case}/X07": given, f"e>p/{use_case}/X03": answering}


_SERVER_PARTNER = "slots: {certificate: digicert-server.pem}"

DIALLED = (
    *(
        Situation(
            f"on {release}, a far end without clientAuth that dials in gets {given}; Expressway-E's side is fine",
            ("X03", *ids),
            _with_partner(f"release: {release}{setting}, {slots}", _SERVER_PARTNER, _answers()),
            {**edge("e"), "p>e/sip-b2b/X07": given, "e>p/sip-b2b/X03": "ok"},
        )
        for release, setting, slots, given, ids in (
            ("X14.3.7", "", _SERVER, "breaks", ("X03", "L1")),
            ("X15.3.2", "", _SERVER, "breaks", ("X03", "L1")),
            ("X15.4", "", _SERVER, "at-risk", ("X03", "L4")),
            ("X15.5", ', sip_eku_check: "on"', _TWO_SERVER, "breaks", ("X07", "L5")),
            ("X15.5.2", ', sip_eku_check: "off"', _TWO_SERVER, "ok", ("X08", "F08", "L5")),
        )
    ),
    Situation(
        "on X15.5 a far end without clientAuth is refused unless EKU checking was switched off",
        ("X07",),
        _with_partner(f"release: X15.5, {_TWO_SERVER}", _SERVER_PARTNER, _answers()),
        {
            **edge("e"),
            "p>e/sip-b2b/X07": assuming("breaks", "e.sip_eku_check = on"),
            "e>p/sip-b2b/X03": "ok",
        },
        remedies={"p>e/sip-b2b/X07": ("eku-check-off", "peer-renews")},
    ),
    Situation(
        "a far end with both EKUs may dial in until it renews",
        ("X03", "X40"),
        _with_partner(f"release: X15.3.2, {_SERVER}", "slots: {certificate: digicert-both.pem}", _answers()),
        {**edge("e"), "p>e/sip-b2b/X07": ("ok", "breaks"), "e>p/sip-b2b/X03": "ok"},
    ),
    Situation(
        "what a far end shows when it dials in is unknown until somebody sees it",
        ("X03", "X07"),
        _with_partner(f'release: X15.5, sip_eku_check: "on", {_TWO_SERVER}', "", _answers()),
        {**edge("e"), "p>e/sip-b2b/X07": "unknown", "e>p/sip-b2b/X03": "ok"},
    ),
    Situation(
        "an Expressway-E that is no server cannot be dialled",
        ("X03",),
        _with_partner(
            "release: X15.4, slots: {server: corp-client.pem}", "client_eku: checked", _dials() + "\n" + _answers()
        ),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            "e>p/sip-b2b/X04": "ok",
            "p>e/sip-b2b/X07": "unknown",
            "e>p/sip-b2b/X03": "breaks",
        },
    ),
)

FEDERATION = (
    Situation(
        "SIP IM federation is judged as B2B calls are, in each direction",
        ("X09", "L2"),
        _with_partner(
            f"release: X14.3.7, {_SERVER}",
            f"client_eku: checked, {_SERVER_PARTNER}",
            _dials("sip-im-federation") + "\n" + _answers("sip-im-federation"),
        ),
        {
            **edge("e"),
            "e>p/sip-im-federation/X04": "breaks",
            "p>e/sip-im-federation/X07": "breaks",
            "e>p/sip-im-federation/X03": "ok",
        },
    ),
    Situation(
        "on X15.5 with two certificates and EKU checking off, SIP IM federation works in both directions",
        ("X09", "X05", "X08"),
        _with_partner(
            f'release: X15.5, sip_eku_check: "off", {_TWO_PROPER}',
            f"client_eku: checked, {_SERVER_PARTNER}",
            _dials("sip-im-federation") + "\n" + _answers("sip-im-federation"),
        ),
        {
            **edge("e"),
            "e>p/sip-im-federation/X04": "ok",
            "p>e/sip-im-federation/X07": "ok",
            "e>p/sip-im-federation/X03": "ok",
        },
    ),
    *(
        Situation(
            f"XMPP federation on {release} is {said}",
            ("X10", "L1"),
            _with_partner(f"release: {release}, {slots}", "", _dials("xmpp-federation")),
            {**edge("e"), "e>p/xmpp-federation/X10": given},
        )
        for release, slots, said, given in (
            ("X14.3.7", _SERVER, "at risk without clientAuth", "at-risk"),
            ("X15.4", _SERVER, "at risk without clientAuth", "at-risk"),
            ("X15.5", f'sip_eku_check: "off", {_TWO_SERVER}', "at risk, whatever the SIP switch says", "at-risk"),
            ("X15.5.1", _TWO_PROPER, "fine with a client certificate", "ok"),
            ("X15.3.2", "slots: {server: digicert-both.pem}", "fine until the renewal", ("ok", "at-risk")),
        )
    ),
)


def _with_webex(e: str, connections: str) -> str:
    return inventory(f"e: {{role: expressway-e, {e}}}\nw: {{role: webex}}", connections)


_ONBOARDING = "- {use_case: cloud-onboarding, from: e, to: w}"
_EDGE_AUDIO = "- {use_case: edge-audio, from: e, to: w}\n- {use_case: edge-audio, from: w, to: e}"
# What Webex shows where it dials, no port shows; on X15.5 the default says that it counts.
_UNSEEN: Mapping[bool, Shorthand] = {False: "unknown", True: assuming("unknown", "e.sip_eku_check = on")}

CLOUD = (
    *(
        Situation(
            f"on {release}, {said} puts onboarding and Edge Audio's outbound leg at risk: {risk}",
            ("X24", "X25", "L1", "L2"),
            _with_webex(f"release: {release}, {slots}", f"{_ONBOARDING}\n{_EDGE_AUDIO}"),
            {
                **edge("e"),
                "e>w/cloud-onboarding/X24": given,
                "e>w/edge-audio/X25": given,
                "e>w/edge-audio/X25S": "ok",
                "w>e/edge-audio/WX04": _UNSEEN[release.startswith("X15.5")],
            },
        )
        for release, slots, said, risk, given in (
            ("X14.3.7", _SERVER, "a certificate without clientAuth", "yes", "at-risk"),
            ("X15.4", _SERVER, "a certificate without clientAuth", "yes", "at-risk"),
            ("X15.5", _TWO_PROPER, "a client certificate", "no", "ok"),
            ("X15.5.1", _TWO_SERVER, "a client slot without clientAuth", "yes", "at-risk"),
            ("X15.3.2", "slots: {server: digicert-both.pem}", "both EKUs", "at renewal", ("ok", "at-risk")),
        )
    ),
    *(
        Situation(
            f"where the cloud was found to be one that has clientAuth {habit}, onboarding without it is {given}",
            ("X24",),
            inventory(
                f"e: {{role: expressway-e, release: X15.4, {_SERVER}}}\nw: {{role: webex, client_eku: {habit}}}",
                _ONBOARDING,
            ),
            {**edge("e"), "e>w/cloud-onboarding/X24": given},
        )
        for habit, given in (("checked", "breaks"), ("ignored", "ok"))
    ),
    Situation(
        "an Expressway-E that is no server cannot be dialled by Webex",
        ("X25", "L1"),
        _with_webex("release: X15.4, slots: {server: corp-client.pem}", f"{_ONBOARDING}\n{_EDGE_AUDIO}"),
        {
            **edge("e", https="breaks", browsers="at-risk"),
            "e>w/cloud-onboarding/X24": "ok",
            "e>w/edge-audio/X25": "ok",
            "e>w/edge-audio/X25S": "breaks",
            "w>e/edge-audio/WX04": "unknown",
        },
    ),
    *(
        Situation(
            f"if Webex was seen to have {word} clientAuth, Edge Audio's outbound leg gives {given}",
            ("X25",),
            inventory(
                f"e: {{role: expressway-e, release: X15.4, {_SERVER}}}\nw: {{role: webex, client_eku: {word}}}",
                _EDGE_AUDIO,
            ),
            {
                **edge("e"),
                "e>w/edge-audio/X25": given,
                "e>w/edge-audio/X25S": "ok",
                "w>e/edge-audio/WX04": "unknown",
            },
        )
        for word, given in _PARTNER_DECIDES.items()
    ),
)


def _with_peer(stack: str, certificate: str, checks: str = "checked") -> str:
    return inventory(
        f"""
        e: {{role: expressway-e, release: X15.4, slots: {{server: {certificate}.pem}}}}
        p: {{role: generic, stack: {stack}, client_eku: {checks}, slots: {{certificate: digicert-server.pem}}}}
        """,
        _dials(),
    )


READINGS = (
    Situation(
        "a certificate without the EKU extension may do everything",
        ("X04", "X39"),
        _with_peer("openssl", "corp-no-eku"),
        {**edge("e", browsers="at-risk"), "e>p/sip-b2b/X04": "ok"},
    ),
    *(
        Situation(
            f"{what} is {given} in the eyes of a far end that runs {stack}",
            ("X04",),
            _with_peer(stack, certificate),
            {**edge("e", https=https, browsers="at-risk"), "e>p/sip-b2b/X04": given},
        )
        for what, stack, certificate, https, given in (
            ("anyExtendedKeyUsage alone", "openssl", "corp-any", "breaks", "breaks"),
            ("anyExtendedKeyUsage alone", "go", "corp-any", "breaks", "ok"),
            ("clientAuth under a CA for servers only", "openssl", "corp-both-under-server-ca", "ok", "breaks"),
            ("clientAuth under a CA for servers only", "java", "corp-both-under-server-ca", "ok", "ok"),
        )
    ),
)

_FAR = {
    "e/sip-b2b/X03": if_used("ok"),
    "e/sip-im-federation/X03": if_used("ok"),
    "e/edge-audio/X25S": if_used("ok"),
}
_FAR_DECIDES = if_used(fork("far ends.client_eku", _PARTNER_DECIDES))

ALONE = (
    Situation(
        "one Expressway-E on X15.4 without clientAuth, and nothing else known: every use case that it could have",
        ("F05", "L1", "L2", "X04", "X09", "X10", "X24", "X25"),
        inventory(f"e: {{role: expressway-e, release: X15.4, {_SERVER}}}"),
        {
            **edge("e"),
            **_FAR,
            "e/sip-b2b/X04": _FAR_DECIDES,
            # In both directions at once the way out decides: whoever dials in finds a server.
            "e/b2b-both-ways/B2B-BOTH-WAYS": _FAR_DECIDES,
            "e/sip-im-federation/X04": _FAR_DECIDES,
            "e/xmpp-federation/X10": if_used("at-risk"),
            "e/xmpp-federation/X10S": if_used("ok"),
            "e/cloud-onboarding/X24": if_used("at-risk"),
            "e/edge-audio/X25": if_used("at-risk"),
            "e/edge-audio-both-ways/EDGE-AUDIO-BOTH-WAYS": if_used("at-risk"),
            "e/uc-traversal/X11": if_used("unknown"),
            "e/uc-traversal/X11S": if_used("ok"),
            "e/ssh-tunnels/X14": if_used("unknown"),
            "e/mra-sip-service/X17": if_used(
                fork("Expressway-C.release", {"X14.3.7": "breaks", "X15.3.2": "breaks", "X15.4": "ok"})
            ),
            "e/mra/MRA": if_used(
                fork(
                    "Expressway-C.release", {"X14.3.7": "breaks", "X15.3.2": "breaks", "X15.4": "unknown"}, unseen=True
                )
            ),
        },
        args=(),
    ),
    Situation(
        "without assumptions an Expressway-E alone has its web interface, licensing and browsers",
        ("F03", "X01", "X35"),
        inventory(f"e: {{role: expressway-e, release: X15.4, {_SERVER}}}"),
        edge("e"),
    ),
)

SITUATIONS = (*DIALLING_OUT, *DIALLED, *FEDERATION, *CLOUD, *READINGS, *ALONE)
