"""Every verdict of the whole estate, connection by connection, each with why it is so.

Written from what Cisco's document and notices state of these products, releases and settings, and from who issued
which certificate (`certificates`): DigiCert's next one has serverAuth alone unless clientAuth is asked for, that of
Let's Encrypt never has it, and the company's own CA goes on as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.cisco_document.situation import Shorthand, assuming, core, edge, fork
from tests.whole_estate.joined import CLUSTERS, Joined

LOST_AT_RENEWAL = ("ok", "breaks")
AT_RISK_AT_RENEWAL = ("ok", "at-risk")
LOST_TO_GO = assuming(LOST_AT_RENEWAL, "loghost.client_eku = checked")

# c1 dials with a certificate of the company's CA, which has clientAuth; c2 with the copy of its public one, which has
# serverAuth alone.
C2_LOST: Mapping[str, Shorthand] = {"c1": "ok", "c2": "breaks"}
C2_AT_RISK: Mapping[str, Shorthand] = {"c1": "ok", "c2": "at-risk"}


def _cucm3(given: Shorthand) -> dict[str, Shorthand]:
    """cucm1 and cucm2 dial with a certificate of the company's CA; cucm3 shows Tomcat's, which is public."""
    return {"cucm1": "ok", "cucm2": "ok", "cucm3": given}


# --- boxes by themselves, and members of clusters among each other --------------------------------------------------

# What browsers see has serverAuth, and CAs go on to issue that. E's are of CAs that browsers trust.
WEB: Mapping[str, Shorthand] = {
    **core("c1"),
    **core("c2"),
    **edge("e1"),
    **edge("e2"),
    **core("branch-c"),
    **edge("branch-e"),
    "cucm1/https/CM01": "ok",
    "cucm2/https/CM01": "ok",
    "cucm3/https/CM01": "ok",
    "imp1/https/IM01": "ok",
    "unity1/https/UC01": "ok",
}


def _among(
    cluster: str, use_case: str, rule: str, given: Mapping[str, Shorthand] | Shorthand
) -> Iterator[tuple[str, Shorthand]]:
    for presents in CLUSTERS[cluster]:
        for verifies in CLUSTERS[cluster]:
            if presents != verifies:
                answer = given[presents] if isinstance(given, Mapping) else given
                yield f"{presents}>{verifies}/{use_case}/{rule}", answer


AMONG_NODES: Mapping[str, Shorthand] = {
    # Enforcing, but from X15.4 on a member without clientAuth is taken (X28).
    **dict(_among("core", "cluster", "X26", "ok")),
    **dict(_among("core", "cluster", "X26S", "ok")),
    # Permissive verifies nothing (X27).
    **dict(_among("edge", "cluster", "X26", "ok")),
    **dict(_among("edge", "cluster", "X26S", "ok")),
    # FN74345 names inter-node for CallManager; what a node does with one without clientAuth it does not say.
    **dict(_among("cm", "inter-node", "CM06", _cucm3(AT_RISK_AT_RENEWAL))),
    **dict(_among("cm", "inter-node", "CM07", "ok")),
}

# --- through the edge -------------------------------------------------------------------------------------------------


def _over_the_zone(c: str, e: str, tunnels: Shorthand, mra: Shorthand) -> dict[str, Shorthand]:
    """What rides on the UC traversal zone of c and e, both on X15.5: E's certificate in a SIP message needs serverAuth
    alone (X18), and both have the same release (X37)."""
    return {
        f"{c}>{e}/ssh-tunnels/X14": tunnels,
        f"{e}>{c}/mra-sip-service/X17": "ok",
        f"{c}>{e}/same-release/X37": "ok",
        f"{c}>{e}/mra/MRA": mra,
    }


TRAVERSAL = (
    # On X15.5 with its EKU check on, E refuses c2 (X12); the tunnels demand clientAuth whatever the switch says (X14).
    # E itself only answers here.
    Joined(
        "uc-traversal",
        "core",
        "edge",
        client={"X11": C2_LOST, "XN05": "ok"},
        server={"X11S": "ok", "XN03": "ok"},
        whole="breaks",
        riding={
            **_over_the_zone("c1", "e1", "ok", "ok"),
            **_over_the_zone("c1", "e2", "ok", "ok"),
            **_over_the_zone("c2", "e1", "breaks", "breaks"),
            **_over_the_zone("c2", "e2", "breaks", "breaks"),
            "core>edge/mra/PAIRS": "breaks",
        },
    ),
    # TLS verify is on and so is E's EKU check.
    Joined(
        "traversal-zone",
        "core",
        "edge",
        client={"X16": C2_LOST, "XN06": "ok"},
        server={"X16S": "ok", "XN04": "ok"},
        whole="breaks",
    ),
    # C's private certificate has both usages. The lower release of the pair is before X15.4: E's certificate in the SIP
    # message needs clientAuth too, and Let's Encrypt does not issue it (X17). The releases differ (X37).
    Joined(
        "uc-traversal",
        "branch-c",
        "branch-e",
        client={"X11": "ok"},
        server={"X11S": "ok"},
        riding={
            "branch-c>branch-e/ssh-tunnels/X14": "ok",
            "branch-e>branch-c/mra-sip-service/X17": "breaks",
            "branch-c>branch-e/same-release/X37": "at-risk",
            "branch-c>branch-e/mra/MRA": "breaks",
        },
    ),
)

# What the partners, of which one checks, one does not, and one says nothing, do with e1 and e2, which have clientAuth
# until February.
_E_ASKED = fork("partner-c.client_eku", {"checked": LOST_AT_RENEWAL, "ignored": "ok"})
_E_DIALS_ANYBODY = fork("far-ends.client_eku", {"checked": LOST_AT_RENEWAL, "ignored": "ok"})

OUTSIDE = (
    Joined(
        "neighbor-zone",
        "edge",
        "partner-a",
        client={"X19": LOST_AT_RENEWAL},
        server={"XN01": "ok", "X19T": "ok"},
        whole=LOST_AT_RENEWAL,
    ),
    # Partner A renewed without clientAuth, and E refuses that (X07). As servers e1 and e2 are fine.
    Joined(
        "neighbor-zone",
        "partner-a",
        "edge",
        client={"X19P": "breaks", "XN02": "ok"},
        server={"X19S": "ok"},
        whole="breaks",
    ),
    # Partner B does not check, and with TLS verify off E does not verify them either.
    Joined("neighbor-zone", "edge", "partner-b", client={"X19": "ok"}, server={"X19T": "ok"}, whole="ok"),
    Joined("neighbor-zone", "partner-b", "edge", client={"X19P": "ok"}, server={"X19S": "ok"}, whole="ok"),
    # What partner C answers with nobody saw either.
    Joined("neighbor-zone", "edge", "partner-c", client={"X19": _E_ASKED}, server={"X19T": "unknown"}, whole="unknown"),
    # Nobody saw the certificate with which partner C dials.
    Joined("neighbor-zone", "partner-c", "edge", client={"X19P": "unknown"}, server={"X19S": "ok"}, whole="unknown"),
    # The DNS zone: whoever it is may check. With TLS verify off E verifies nobody.
    Joined(
        "sip-b2b",
        "edge",
        "far-ends",
        client={"X04": _E_DIALS_ANYBODY},
        server={"X04S": "ok"},
        whole=_E_DIALS_ANYBODY,
    ),
    # Let's Encrypt gave the branch no clientAuth, and partner A checks.
    Joined("sip-b2b", "branch-e", "partner-a", client={"X04": "breaks"}, server={"X04S": "ok"}),
    # Webex asks for a certificate; whether it checks clientAuth is not documented (X24, X25). Nobody looked at its own.
    Joined(
        "edge-audio",
        "edge",
        "webex",
        client={"X25": AT_RISK_AT_RENEWAL},
        server={"WX05": "unknown"},
        whole="unknown",
        # Both directions at once, of each of which something was not seen.
        riding={
            "e1>webex/edge-audio-both-ways/EDGE-AUDIO-BOTH-WAYS": "unknown",
            "e2>webex/edge-audio-both-ways/EDGE-AUDIO-BOTH-WAYS": "unknown",
            "edge>webex/edge-audio-both-ways/PAIRS": "unknown",
        },
    ),
    Joined(
        "cloud-onboarding",
        "edge",
        "webex",
        client={"X24": AT_RISK_AT_RENEWAL},
        server={"WX06": "unknown"},
        whole="unknown",
    ),
    # With what Webex dials port 5062 nobody saw, and E checks it.
    Joined("edge-audio", "webex", "edge", client={"WX04": "unknown"}, server={"X25S": "ok"}, whole="unknown"),
    # IM and Presence dials with a public certificate without clientAuth; partner C may check. What it answers with
    # nobody saw.
    Joined(
        "imp-xmpp",
        "imp1",
        "partner-c",
        client={"IM08": fork("partner-c.client_eku", {"checked": "breaks", "ignored": "ok"})},
        server={"IM11": "unknown"},
    ),
    # Partner A's certificate has no clientAuth; what IM and Presence does then the notice does not say.
    Joined("imp-xmpp", "partner-a", "imp1", client={"IM10": "at-risk"}, server={"IM09": "ok"}),
)

# --- the inside -------------------------------------------------------------------------------------------------------

ZONES = (
    # TLS verify on: c2 is refused (X19), and C looks for a name that the peer's certificate has (XN01, XN02). No notice
    # says what Unified CM itself checks.
    Joined(
        "neighbor-zone", "core", "cucm1", client={"X19": C2_LOST}, server={"XN01": "ok", "X19T": "ok"}, whole="breaks"
    ),
    Joined(
        "neighbor-zone", "core", "cucm2", client={"X19": C2_LOST}, server={"XN01": "ok", "X19T": "ok"}, whole="breaks"
    ),
    Joined(
        "neighbor-zone", "core", "cucm3", client={"X19": C2_LOST}, server={"XN01": "ok", "X19T": "ok"}, whole="breaks"
    ),
    # Dialled by Unified CM, C checks: cucm3 will have no clientAuth once Tomcat is renewed.
    Joined(
        "neighbor-zone",
        "cm",
        "core",
        client={"X19P": _cucm3(LOST_AT_RENEWAL), "XN02": "ok"},
        server={"X19S": "ok"},
        whole=LOST_AT_RENEWAL,
    ),
    Joined(
        "neighbor-zone", "core", "cms1", client={"X19": C2_LOST}, server={"MS04": "ok", "XN01": "ok"}, whole="breaks"
    ),
    # The Call Bridge dials with Let's Encrypt's certificate, and C refuses it.
    Joined(
        "neighbor-zone", "cms1", "core", client={"X19P": "breaks", "XN02": "ok"}, server={"X19S": "ok"}, whole="breaks"
    ),
    # TLS verify off: the CUBE's own check decides. cube1 has match eku client-auth; of 26.1.1 nothing is stated (X20).
    Joined("neighbor-zone", "core", "cube1", client={"X19": C2_LOST}, server={"CB04": "ok"}, whole="breaks"),
    Joined("neighbor-zone", "core", "cube2", client={"X19": C2_AT_RISK}, server={"CB04": "ok"}, whole="at-risk"),
    # And C verifies no CUBE that dials it.
    Joined("neighbor-zone", "cube1", "core", client={"X19P": "ok"}, server={"X19S": "ok"}, whole="ok"),
    Joined("neighbor-zone", "cube2", "core", client={"X19P": "ok"}, server={"X19S": "ok"}, whole="ok"),
    Joined(
        "neighbor-zone", "core", "unity1", client={"X19": C2_LOST}, server={"XN01": "ok", "X19T": "ok"}, whole="breaks"
    ),
    # Unity Connection dials with Tomcat's, a public one.
    Joined(
        "neighbor-zone",
        "unity1",
        "core",
        client={"XN02": "ok", "X19P": LOST_AT_RENEWAL},
        server={"X19S": "ok"},
        whole=LOST_AT_RENEWAL,
    ),
)

MRA_TO_UNIFIED_CM = (
    # Documented as mutual; what Unified CM does with one without clientAuth is not (X23, X22).
    Joined("sip-oauth", "core", "cm", client={"X23": C2_AT_RISK}, server={"CM16": "ok"}, whole="at-risk"),
    Joined("traffic-server", "core", "cm", client={"X22": C2_AT_RISK}, server={"CM17": "ok"}, whole="at-risk"),
)

TRUNKS = (
    # cube1 before 26.1.1 has match eku client-auth and checks; what 26.1.1, CMS and Unity do is not stated.
    Joined(
        "sip-trunk",
        "cm",
        "cube1",
        client={"CM02": _cucm3(LOST_AT_RENEWAL)},
        server={"CM05": "ok"},
        whole=LOST_AT_RENEWAL,
    ),
    *(
        Joined(
            "sip-trunk",
            "cm",
            peer,
            client={"CM02": _cucm3(AT_RISK_AT_RENEWAL)},
            server={answers: "ok"},
            whole=AT_RISK_AT_RENEWAL,
        )
        for peer, answers in (("cube2", "CM05"), ("cms1", "CM05"), ("unity1", "UC03"))
    ),
    # cube1 has one trustpoint for both directions, and it has no clientAuth; cube2 a client trustpoint of its own.
    Joined("sip-trunk", "cube1", "cm", client={"CM04": "at-risk"}, server={"CM03": "ok"}, whole="at-risk"),
    Joined("sip-trunk", "cube2", "cm", client={"CM04": "ok"}, server={"CM03": "ok"}, whole="ok"),
    Joined("sip-trunk", "cms1", "cm", client={"CM04": "at-risk"}, server={"CM03": "ok"}, whole="at-risk"),
    Joined(
        "sip-trunk",
        "unity1",
        "cm",
        client={"UC02": AT_RISK_AT_RENEWAL},
        server={"CM03": "ok"},
        whole=AT_RISK_AT_RENEWAL,
    ),
    Joined("sip-trunk", "imp1", "cm", client={"IM02": "ok"}, server={"CM03": "ok"}, whole="ok"),
    Joined("provider-trunk", "cube1", "provider", client={"CB01": "breaks"}, server={"CB07": "unknown"}),
    # Nobody saw the provider's certificate, and cube1 checks it.
    Joined("provider-trunk", "provider", "cube1", client={"CB02": "unknown"}, server={"CB03": "ok"}),
    Joined("provider-trunk", "cube2", "provider", client={"CB01": "ok"}, server={"CB07": "unknown"}),
    Joined("webex-calling", "cube2", "webex", client={"WX01": "ok"}, server={"WX07": "unknown"}),
)

SERVERS = (
    # The directory asks for no certificate. The log receiver's TLS is Go's, which checks unless its program says
    # otherwise: that is assumed, as it makes the answer worse. Tomcat's certificate is public.
    Joined("ldaps", "cm", "directory", client={"CM10": "not-applicable"}, server={"CM11": "ok"}, whole="ok"),
    Joined("secure-syslog", "cm", "loghost", client={"CM12": LOST_TO_GO}, server={"CM13": "ok"}, whole=LOST_TO_GO),
)

MEETINGS = (
    # C dials without asking what it shows; but guests come through the zone and the tunnels, in which c2 is refused.
    Joined(
        "cms-web-bridge",
        "core",
        "cms1",
        server={"MS15": "ok"},
        whole="ok",
        riding={
            "c1>cms1/cms-web-proxy/CMS-WEB-PROXY": "ok",
            "c2>cms1/cms-web-proxy/CMS-WEB-PROXY": "breaks",
            "core>cms1/cms-web-proxy/PAIRS": "breaks",
        },
    ),
    # Mutual by trust bundles; no notice says what CMS does with a Call Bridge without clientAuth.
    Joined("cms-c2w", "cms1", "cms1", client={"MS05": "at-risk"}, server={"MS06": "ok"}),
)

CONNECTIONS: tuple[Joined, ...] = (
    *TRAVERSAL,
    *OUTSIDE,
    *ZONES,
    *MRA_TO_UNIFIED_CM,
    *TRUNKS,
    *SERVERS,
    *MEETINGS,
)

BY_THEMSELVES: Mapping[str, Shorthand] = {**WEB, **AMONG_NODES}
