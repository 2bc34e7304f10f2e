"""Cisco Meeting Server: no notice speaks of it, so nothing is certain but what its own guides say about trust."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.situation import Shorthand, Situation, core, edge, fork, if_used, inventory

_SERVER, _BOTH, _CLIENT = "digicert-server.pem", "corp-both.pem", "corp-client.pem"


def _cms(name: str, slots: str, more: str = "") -> str:
    return f"{name}: {{role: cms, release: '3.9', slots: {{{slots}}}{more}}}"


def _peer(role: str, certificate: str, more: str = "") -> str:
    slot = "trustpoint" if role == "cube" else "certificate"
    return f"p: {{role: {role}, slots: {{{slot}: {certificate}}}{more}}}"


SIP = (
    *(
        Situation(
            f"does my CMS reach {who} without clientAuth: {given}",
            ("MS01", "MS03"),
            inventory(
                f"{_cms('m', f'callbridge: {_SERVER}')}\n{_peer(role, _BOTH, more)}",
                '- {use_case: cms-sip, from: m, to: p, mtls: "on"}',
            ),
            {"m>p/cms-sip/MS01": given},
            remedies={"m>p/cms-sip/MS01": ("private-ca-media", "ca-on-request")},
        )
        for who, role, more, given in (
            ("a far end that checks it", "outside", ", client_eku: checked", "breaks"),
            ("a CUBE with match eku", "cube", ', release: 17.12.4, match_eku: "on"', "breaks"),
            ("a CUBE on IOS XE 26.1.1", "cube", ", release: 26.1.1, client_trustpoint: same", "at-risk"),
        )
    ),
    *(
        Situation(
            f"what dials my CMS without clientAuth meets a product without a notice, {word}: {given}",
            ("MS02", "MS03", "V-CMS"),
            inventory(
                f"{_cms('m', f'callbridge: {_SERVER}', told)}\n{_peer('outside', _SERVER)}",
                '- {use_case: cms-sip, from: p, to: m, mtls: "on"}',
            ),
            {"p>m/cms-sip/MS02": given, "m>p/cms-sip/MS03": "ok"},
        )
        for word, told, given in (
            ("and Cisco does not say what it does", "", "at-risk"),
            ("that was told to check", ", client_eku: checked", "breaks"),
            ("that was told not to check", ", client_eku: ignored", "ok"),
        )
    ),
    Situation(
        "a CUBE on IOS XE 26.1.1 dials CMS with its client trustpoint",
        ("MS02", "S-CUBE"),
        inventory(
            f"""
            {_cms("m", f"callbridge: {_CLIENT}")}
            p: {{role: cube, release: 26.1.1, slots: {{trustpoint: {_SERVER}, client-trustpoint: {_BOTH}}}}}
            """,
            '- {use_case: cms-sip, from: p, to: m, mtls: "on"}',
        ),
        {"p>m/cms-sip/MS02": "ok", "m>p/cms-sip/MS03": "breaks"},
    ),
    Situation(
        "SIP of CMS that is not mutual TLS needs no clientAuth",
        ("MS01", "MS02"),
        inventory(
            f"{_cms('m', f'callbridge: {_SERVER}')}\n{_peer('outside', _SERVER)}",
            """
            - {use_case: cms-sip, from: m, to: p, mtls: "off"}
            - {use_case: cms-sip, from: p, to: m, mtls: "off"}
            """,
        ),
        {
            "m>p/cms-sip/MS01": "not-applicable",
            "p>m/cms-sip/MS02": "not-applicable",
            "m>p/cms-sip/MS03": "ok",
        },
    ),
    *(
        Situation(
            f"Expressway dials a CMS that is {what}, TLS verify {verify}: {given}",
            ("MS04",),
            inventory(
                f"c: {{role: expressway-c, release: X15.4, slots: {{server: {_BOTH}}}}}\n"
                + _cms("m", f"callbridge: {certificate}"),
                f'- {{use_case: neighbor-zone, from: c, to: m, tls_verify: "{verify}"}}',
            ),
            {**core("c"), "c>m/neighbor-zone/X19": "ok", "m>c/neighbor-zone/MS04": given},
        )
        for what, certificate, verify, given in (
            ("no server", _CLIENT, "on", "breaks"),
            ("no server", _CLIENT, "off", "ok"),
            ("a server only", _SERVER, "on", "ok"),
        )
    ),
)

INSIDE = (
    Situation(
        "the Call Bridge of a CMS dials the Web Bridge beside it, and nobody says whether clientAuth counts",
        ("MS05", "MS06"),
        inventory(
            _cms("m", f"callbridge: {_SERVER}, webbridge-c2w: {_SERVER}, webbridge: {_CLIENT}"),
            "- {use_case: cms-c2w, from: m, to: m}",
        ),
        {"m>m/cms-c2w/MS05": "at-risk", "m>m/cms-c2w/MS06": "ok"},
    ),
    *(
        Situation(
            f"a Web Bridge that is known to have {word} clientAuth gives {given}",
            ("MS05", "MS06"),
            inventory(
                f"{_cms('m', f'callbridge: {_SERVER}')}\n{_cms('w', f'webbridge-c2w: {_CLIENT}', told)}",
                "- {use_case: cms-c2w, from: m, to: w}",
            ),
            {"m>w/cms-c2w/MS05": given, "w>m/cms-c2w/MS06": "at-risk"},
        )
        for word, told, given in (
            ("checked", ", client_eku: checked", "breaks"),
            ("ignored", ", client_eku: ignored", "ok"),
        )
    ),
    Situation(
        "with both EKUs c2w works until a public certificate is renewed",
        ("MS05", "MS06", "X40"),
        inventory(
            _cms("m", f"callbridge: digicert-both.pem, webbridge-c2w: {_BOTH}"),
            "- {use_case: cms-c2w, from: m, to: m}",
        ),
        {"m>m/cms-c2w/MS05": ("ok", "at-risk"), "m>m/cms-c2w/MS06": "ok"},
    ),
    Situation(
        "clustered Call Bridges dial each other",
        ("MS13", "MS14"),
        inventory(
            f"""
            {_cms("m", f"callbridge: {_SERVER}", ", cluster: bridges")}
            n: {{role: cms, cluster: bridges, client_eku: checked, slots: {{callbridge: {_CLIENT}}}}}
            o: {{role: cms, cluster: bridges, slots: {{callbridge: {_BOTH}}}}}
            """
        ),
        {
            "m>n/cms-cluster/MS13": "breaks",
            "m>o/cms-cluster/MS13": "at-risk",
            **{f"{one}>{two}/cms-cluster/MS13": "ok" for one, two in ("nm", "no", "om", "on")},
            **{f"{one}>{two}/cms-cluster/MS14": "ok" for one, two in ("mn", "mo", "om", "on")},
            **{f"n>{two}/cms-cluster/MS14": "at-risk" for two in "mo"},
        },
    ),
    Situation(
        "the database cluster has certificates of its own, for servers and for clients",
        ("MS11", "MS12"),
        inventory(
            f"""
            {_cms("m", f"database-server: {_BOTH}, database-client: {_SERVER}")}
            {_cms("n", f"database-server: {_CLIENT}, database-client: {_BOTH}")}
            """,
            "- {use_case: cms-database, from: m, to: n}\n- {use_case: cms-database, from: n, to: m}",
        ),
        {
            "m>n/cms-database/MS11": "at-risk",
            "n>m/cms-database/MS11": "ok",
            "m>n/cms-database/MS12": "ok",
            "n>m/cms-database/MS12": "at-risk",
        },
        remedies={"m>n/cms-database/MS11": ("database-certificates",)},
        no_way={"m>n/cms-database/MS11": ("private-ca-media",)},
    ),
    Situation(
        "Web Admin and API of CMS are one-way TLS",
        ("MS16",),
        inventory(
            f"""
            {_cms("m", f"webadmin: {_SERVER}")}
            {_cms("n", f"webadmin: {_CLIENT}")}
            p: {{role: outside}}
            """,
            "- {use_case: cms-api, from: p, to: m}\n- {use_case: cms-api, from: p, to: n}",
        ),
        {"m>p/cms-api/MS16": "ok", "n>p/cms-api/MS16": "breaks"},
    ),
)


def _recorder(sip_verify: str, callbridge: str, recorder: str, more: str = "") -> str:
    told = f", sip_verify: {sip_verify}" if sip_verify else ""
    return inventory(
        f"{_cms('m', f'callbridge: {callbridge}', told)}\n{_cms('r', f'recorder: {recorder}', told + more)}",
        "- {use_case: cms-recorder, from: m, to: r}",
    )


def _recorded(dials: Shorthand, listed: Shorthand, answers: Shorthand, answering: Shorthand) -> dict[str, Shorthand]:
    return {
        "m>r/cms-recorder/MS07": dials,
        "m>r/cms-recorder/MS08": listed,
        "r>m/cms-recorder/MS09": answers,
        "r>m/cms-recorder/MS10": answering,
    }


_WHITELIST: Mapping[str, str | tuple[str, str]] = {"none": "ok", "ca": "ok", "whitelist": ("ok", "breaks")}

RECORDERS = (
    Situation(
        "a CMS bundle that lists certificates breaks at every renewal, even under a private CA",
        ("MS07", "MS08", "MS09", "MS10", "X39"),
        _recorder("whitelist", _BOTH, _BOTH),
        _recorded("ok", ("ok", "breaks"), "ok", ("ok", "breaks")),
        remedies={"m>r/cms-recorder/MS08": ("trust-bundle",), "r>m/cms-recorder/MS10": ("trust-bundle",)},
    ),
    Situation(
        "a CMS bundle that lists CAs does not care for a renewal under the same CA",
        ("MS07", "MS08", "MS09", "MS10"),
        _recorder("ca", _BOTH, _BOTH),
        _recorded("ok", "ok", "ok", "ok"),
    ),
    Situation(
        "a recorder that does not verify takes any certificate",
        ("MS07", "MS08", "MS09", "MS10"),
        _recorder("none", "corp-both-ended.pem", "corp-both-ended.pem"),
        _recorded("ok", "ok", "ok", "ok"),
    ),
    *(
        Situation(
            f"what a recorder that verifies ({how}) does without clientAuth, no notice says",
            ("MS07", "MS09"),
            _recorder(how, _SERVER, _CLIENT),
            _recorded("at-risk", listed, "at-risk", listed),
            remedies={"m>r/cms-recorder/MS07": ("private-ca-media",)},
        )
        for how, listed in (("ca", "ok"), ("whitelist", ("ok", "breaks")))
    ),
    Situation(
        "a recorder that was seen to refuse decides",
        ("MS07",),
        _recorder("ca", _SERVER, _SERVER, ", client_eku: checked"),
        _recorded("breaks", "ok", "ok", "ok"),
    ),
    Situation(
        "whether a recorder verifies, and what its bundle holds, is asked for where it decides",
        ("MS08", "MS10"),
        _recorder("", _BOTH, _BOTH),
        _recorded("ok", fork("r.sip_verify", _WHITELIST), "ok", fork("m.sip_verify", _WHITELIST)),
    ),
)


_EDGE = f"server: {_SERVER}, client: {_BOTH}"


def _proxy(certificate: str, webbridge: str, sip_eku_check: str = "off", connection: str = "cms-web-proxy") -> str:
    return inventory(
        f"""
        c: {{role: expressway-c, release: X15.5, slots: {{server: {_BOTH}, client: {certificate}}}}}
        e: {{role: expressway-e, sip_eku_check: "{sip_eku_check}", release: X15.5, slots: {{{_EDGE}}}}}
        {_cms("m", f"webbridge: {webbridge}")}
        """,
        f"- {{use_case: uc-traversal, from: c, to: e}}\n- {{use_case: {connection}, from: c, to: m}}",
    )


def _proxied(zone: str, tunnels: str, bridge: str, whole: str, mra: str) -> dict[str, Shorthand]:
    return {
        **edge("e"),
        **core("c"),
        "c>e/uc-traversal/X11": zone,
        "e>c/uc-traversal/X11S": "ok",
        "c>e/ssh-tunnels/X14": tunnels,
        "e>c/mra-sip-service/X17": "ok",
        "c>e/mra/MRA": mra,
        "c>e/same-release/X37": "ok",
        "m>c/cms-web-bridge/MS15": bridge,
        "c>m/cms-web-proxy/CMS-WEB-PROXY": whole,
    }


WEB_PROXY = (
    *(
        Situation(
            f"without clientAuth on Expressway-C the tunnels stop the CMS web proxy, declared as {connection}",
            ("MS15", "X14"),
            _proxy(_SERVER, _SERVER, connection=connection),
            _proxied("ok", "breaks", "ok", "breaks", "breaks"),
        )
        for connection in ("cms-web-proxy", "cms-web-bridge")
    ),
    Situation(
        "a Web Bridge that is no server stops the CMS web proxy and leaves MRA alone",
        ("MS15",),
        _proxy(_BOTH, _CLIENT),
        _proxied("ok", "ok", "breaks", "breaks", "ok"),
    ),
    Situation(
        "without a traversal zone there is no CMS web proxy that could be fine",
        ("MS15",),
        inventory(
            f"""
            c: {{role: expressway-c, release: X15.5, slots: {{server: {_BOTH}}}}}
            {_cms("m", f"webbridge: {_SERVER}")}
            """,
            "- {use_case: cms-web-bridge, from: c, to: m}",
        ),
        {**core("c"), "m>c/cms-web-bridge/MS15": "ok"},
    ),
    Situation(
        "the CMS web proxy works where Expressway-C has clientAuth and the Web Bridge serverAuth",
        ("MS15",),
        _proxy(_BOTH, _SERVER, "on"),
        _proxied("ok", "ok", "ok", "ok", "ok"),
    ),
)

_REFUSED_OR_NOT: Mapping[str, str | tuple[str, str]] = {"checked": "breaks", "ignored": "ok"}
_VERIFIED_OR_NOT: Mapping[str, str | tuple[str, str]] = {"none": "ok", "whitelist": "at-risk", "ca": "at-risk"}


def _answering(certificate: str) -> str:
    return ", ".join(f"{slot}: {certificate}" for slot in ("webbridge", "webbridge-c2w", "webadmin", "database-server"))


# Nobody said what it is joined to: a Call Bridge dials SIP peers, those of its cluster, Web Bridges and recorders.
ALONE = (
    Situation(
        "what may a CMS of which nobody says whom it dials lose without clientAuth",
        ("MS01", "MS05", "MS07", "MS13"),
        inventory(_cms("m", f"callbridge: {_SERVER}")),
        {
            "m/cms-sip/MS01": if_used(fork("SIP peers.client_eku", _REFUSED_OR_NOT)),
            "m/cms-sip/MS03": if_used("ok"),
            "m/cms-c2w/MS05": if_used("at-risk"),
            "m/cms-recorder/MS07": if_used(fork("its deployment.sip_verify", _VERIFIED_OR_NOT)),
            "m/cms-cluster/MS13": if_used("at-risk"),
            "m/cms-cluster/MS14": if_used("ok"),
        },
        args=(),
    ),
    Situation(
        "two CMS of which nobody says how they are joined are judged each by itself",
        ("MS01", "MS05", "MS07", "MS13"),
        inventory(f"{_cms('m', f'callbridge: {_CLIENT}')}\n{_cms('n', f'callbridge: {_BOTH}')}"),
        {
            **{f"{name}/cms-sip/MS01": if_used("ok") for name in "mn"},
            **{f"{name}/cms-c2w/MS05": if_used("ok") for name in "mn"},
            **{f"{name}/cms-recorder/MS07": if_used("ok") for name in "mn"},
            **{f"{name}/cms-cluster/MS13": if_used("ok") for name in "mn"},
            # A certificate that is no server's is refused by who dials it; of a cluster no notice says so.
            "m/cms-sip/MS03": if_used("breaks"),
            "n/cms-sip/MS03": if_used("ok"),
            "m/cms-cluster/MS14": if_used("at-risk"),
            "n/cms-cluster/MS14": if_used("ok"),
        },
        args=(),
    ),
    Situation(
        "the slots of a CMS that only answer need serverAuth, whoever dials them",
        ("MS06", "MS09", "MS12", "MS15", "MS16"),
        inventory(
            f"""
            {_cms("m", _answering(_SERVER))}
            {_cms("n", _answering(_CLIENT))}
            {_cms("r", f"recorder: {_SERVER}")}
            """
        ),
        {
            "m/cms-web-bridge/MS15": if_used("ok"),
            "m/cms-c2w/MS06": if_used("ok"),
            "m/cms-api/MS16": if_used("ok"),
            "m/cms-database/MS12": if_used("ok"),
            "n/cms-web-bridge/MS15": if_used("breaks"),
            "n/cms-c2w/MS06": if_used("at-risk"),
            "n/cms-api/MS16": if_used("breaks"),
            "n/cms-database/MS12": if_used("at-risk"),
            "r/cms-recorder/MS09": if_used("ok"),
        },
        args=(),
    ),
    Situation(
        "the client certificate of a database cluster is at risk without clientAuth, whoever its servers are",
        ("MS11",),
        inventory(_cms("m", f"database-client: {_SERVER}")),
        {"m/cms-database/MS11": if_used("at-risk")},
        args=(),
    ),
    Situation(
        "a CMS with a declared trunk has no other SIP peers that nobody named, and one in a cluster no other peers",
        ("MS01", "MS13"),
        inventory(
            f"""
            {_cms("m", f"callbridge: {_SERVER}", ", cluster: bridges")}
            u: {{role: cucm, release: 14SU3, slots: {{CallManager: {_BOTH}, tomcat: {_BOTH}}}}}
            """,
            '- {use_case: sip-trunk, from: m, to: u, mtls: "on"}',
        ),
        {
            "u/https/CM01": "ok",
            "m>u/sip-trunk/CM04": "at-risk",
            "u>m/sip-trunk/CM03": "ok",
            "u>m/sip-trunk/CM02": if_used("ok"),
            "m>u/sip-trunk/CM05": if_used("ok"),
            "m/cms-c2w/MS05": if_used("at-risk"),
            "m/cms-recorder/MS07": if_used(fork("its deployment.sip_verify", _VERIFIED_OR_NOT)),
        },
        args=(),
    ),
)

SITUATIONS = (*SIP, *INSIDE, *RECORDERS, *WEB_PROXY, *ALONE)
