"""Boxes of the family that are scanned alone, or beside others without a connection that says who dials whom."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Situation, fork, if_used
from tests.sibling_notices.boxes import PEERS, box, estate, web


def _far(name: str) -> Shorthand:
    return if_used(fork(f"{name}.client_eku", {"checked": ("ok", "breaks"), "ignored": "ok"}))


ALONE = (
    Situation(
        "a Unified CM that is scanned alone: its trunks hang on the far ends' own check after the renewal",
        ("CM02", "CM03"),
        estate("", u=box("cucm", CallManager="digicert-both")),
        {**web("u", "cucm"), "u/sip-trunk/CM02": _far("trunk peers"), "u/sip-trunk/CM03": if_used("ok")},
        args=(),
    ),
    Situation(
        "a Unity Connection that is scanned alone",
        ("UC02", "UC03"),
        estate("", u=box("unity-connection", tomcat="digicert-both")),
        {**web("u", "unity-connection"), "u/sip-trunk/UC02": _far("trunk peers"), "u/sip-trunk/UC03": if_used("ok")},
        args=(),
    ),
    Situation(
        "an IM and Presence that is scanned alone, with all its certificates",
        ("IM04", "IM08", "IM12"),
        estate("", u=box("imp", cup="digicert-both", cup_xmpp="digicert-both", cup_xmpp_s2s="digicert-both")),
        {
            **web("u", "imp"),
            "u/imp-sip/IM04": _far("third parties"),
            "u/imp-sip/IM05": if_used("ok"),
            "u/imp-xmpp/IM08": _far("federated domains"),
            "u/imp-xmpp/IM09": if_used("ok"),
            "u/xmpp-clients/IM12": if_used("ok"),
        },
        args=(),
    ),
    Situation(
        "federation is not talked of where the certificate for it was not seen",
        ("IM01",),
        estate("", u=box("imp")),
        web("u", "imp"),
        args=(),
    ),
    Situation(
        "an Emergency Responder that is scanned alone",
        ("ER02", "ER03"),
        estate("", u=box("cer", tomcat="digicert-both")),
        {
            **web("u", "cer"),
            "u/emergency-responder/ER02": _far("its peers"),
            "u/emergency-responder/ER03": if_used("ok"),
        },
        args=(),
    ),
    Situation(
        "trunks are assumed where Unified CM and CMS are both in the inventory, and what a CMS does inside",
        ("CM02", "CM04"),
        estate("", u=box("cucm", CallManager="corp-both"), p=PEERS["cms"]),
        {
            **web("u", "cucm"),
            "u>p/sip-trunk/CM02": if_used("ok"),
            "p>u/sip-trunk/CM05": if_used("ok"),
            "u>p/sip-trunk/CM03": if_used("ok"),
            "p>u/sip-trunk/CM04": if_used("ok"),
            "p/cms-c2w/MS05": if_used("ok"),
            "p/cms-recorder/MS07": if_used("ok"),
            "p/cms-cluster/MS13": if_used("ok"),
            "p/cms-cluster/MS14": if_used("ok"),
        },
        args=(),
    ),
    *(
        Situation(
            f"does the web interface of {role} break: with {file} {given}",
            (rule, "ports 443, 8443"),
            estate("", u=box(role, tomcat=file)),
            web("u", role, given),
        )
        for role, rule in (("cucm", "CM01"), ("imp", "IM01"), ("unity-connection", "UC01"), ("cer", "ER01"))
        for file, given in (("digicert-server", "ok"), ("corp-client", "breaks"))
    ),
)

SITUATIONS = ALONE
