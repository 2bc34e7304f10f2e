"""SIP trunks by the product at the other end, and those who dial in."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cisco_document.situation import (
    Shorthand,
    Situation,
    assuming,
    believed,
    fork,
)
from tests.sibling_notices.boxes import BEFORE, LAST_BEFORE, PEERS, PLANNED, box, estate, web, webs, with_main

_TRUNK = "- {use_case: sip-trunk, from: u, to: p}"
_INBOUND = "- {use_case: sip-trunk, from: p, to: u}"
# What the other end answers with, and who judges it.
_ANSWERS = {"unity-connection": "UC03", "imp": "IM03", "cucm": "CM03"}


def _trunk(says: str, role: str, peer: str, given: Shorthand, *, u: str = "corp-server") -> Situation:
    return Situation(
        f"do my SIP trunks break: {says}",
        ("CM02", "CallManager: SIP trunks"),
        estate(_TRUNK, u=box("cucm", CallManager=u), p=peer),
        {
            **webs(u="cucm", p=role),
            "u>p/sip-trunk/CM02": given,
            f"p>u/sip-trunk/{_ANSWERS.get(role, 'CM05')}": "ok",
        },
    )


def _cube(release: str, setting: str) -> str:
    match = f', match_eku: "{setting}"' if setting else ""
    return f"role: cube, release: {release}{match}, slots: {{trustpoint: corp-both.pem}}"


TO_PRODUCTS = (
    _trunk("a CUBE with match eku refuses", "cube", _cube("17.12.4", "on"), "breaks"),
    _trunk("a CUBE without match eku does not look", "cube", _cube("17.12.4", "off"), "ok"),
    _trunk(
        "of a CUBE before 26.1.1 match eku is asked",
        "cube",
        _cube("17.12.4", ""),
        fork("p.match_eku", {"on": "breaks", "off": "ok"}),
    ),
    _trunk("what a CUBE does from 26.1.1 on is not stated", "cube", _cube("26.1.1", "off"), "at-risk"),
    _trunk("no notice speaks of CMS", "cms", PEERS["cms"], "at-risk"),
    _trunk("what Webex enforces is not documented", "webex", PEERS["webex"], "at-risk"),
    _trunk("a session border controller that checks refuses", "generic", PEERS["generic"], "breaks"),
    _trunk("what Unity Connection does is not stated", "unity-connection", box("unity-connection"), "at-risk"),
    _trunk("what IM and Presence does is not stated", "imp", box("imp", cup="corp-both"), "at-risk"),
    _trunk("what another Unified CM does is not stated", "cucm", box("cucm"), "at-risk"),
    Situation(
        "do my SIP trunks break: a far end of which nothing is known decides by itself",
        ("CM02", "CallManager: SIP trunks"),
        estate(
            _TRUNK,
            u=box("cucm", CallManager="corp-server"),
            p="role: outside, slots: {certificate: corp-both.pem}",
        ),
        {
            **web("u", "cucm"),
            "u>p/sip-trunk/CM02": fork("p.client_eku", {"checked": "breaks", "ignored": "ok"}),
            "p>u/sip-trunk/CM05": "ok",
        },
    ),
    Situation(
        "do my SIP trunks break after the Tomcat renewal: yes where Tomcat is reused as CallManager",
        ("CM02", "Tomcat reuse"),
        estate(
            _TRUNK + "\n" + _INBOUND,
            u=box("cucm", tomcat="digicert-both", CallManager="digicert-both"),
            p=PEERS["outside"],
        ),
        {
            **web("u", "cucm"),
            "u>p/sip-trunk/CM02": ("ok", "breaks"),
            "p>u/sip-trunk/CM05": "ok",
            "u>p/sip-trunk/CM03": "ok",
            "p>u/sip-trunk/CM04": "ok",
        },
        remedies={"u>p/sip-trunk/CM02": ("private-ca-uc", "ca-on-request", "alternate-root-uc")},
    ),
    Situation(
        "do my SIP trunks break after the Tomcat renewal: no where CallManager is a private CA's",
        ("CM02", "Tomcat reuse"),
        estate(_TRUNK, u=box("cucm", tomcat="digicert-both"), p=PEERS["outside"]),
        {**web("u", "cucm"), "u>p/sip-trunk/CM02": "ok", "p>u/sip-trunk/CM05": "ok"},
    ),
    Situation(
        "is there a fix for release 14: none but another certificate, or release 15",
        ("CM02", "no fix for 14", "fix planned for 15 SU5"),
        estate(_TRUNK, u=box("cucm", "14SU4", CallManager="digicert-server"), p=PEERS["outside"]),
        {**web("u", "cucm"), "u>p/sip-trunk/CM02": "breaks", "p>u/sip-trunk/CM05": "ok"},
        remedies={"u>p/sip-trunk/CM02": ("private-ca-uc", "own-client-certificate-15su5", "peer-ignores-eku")},
    ),
    *(
        Situation(
            f"release {release} is affected and has no fix",
            ("CM02", "affected releases"),
            estate(_TRUNK, u=box("cucm", release, CallManager="corp-server"), p=PEERS["outside"]),
            {**web("u", "cucm"), "u>p/sip-trunk/CM02": "breaks", "p>u/sip-trunk/CM05": "ok"},
        )
        for release in ("14SU1", "14SU2", "14SU3", "14SU6", "15SU1", "15SU2", "15SU3a", "15SU4")
    ),
    *(
        Situation(
            f"an answering end without serverAuth loses the trunk: {peer}",
            ("CM05",),
            estate(_TRUNK, u=box("cucm"), p=fields.replace("corp-both", file)),
            {**web("u", "cucm"), "u>p/sip-trunk/CM02": "ok", "p>u/sip-trunk/CM05": given},
        )
        for peer, fields, file, given in (
            ("outside", PEERS["outside"], "corp-client", "breaks"),
            ("cms", PEERS["cms"], "corp-client", "breaks"),
            ("cube with serverAuth alone", PEERS["cube"], "corp-server", "ok"),
        )
    ),
    *(
        Situation(
            f"Unified CM dials {role} with {file}: only that one's serverAuth counts there",
            (rule,),
            estate(_TRUNK, u=box("cucm"), p=with_main(role, file)),
            {
                **web("u", "cucm"),
                **web("p", role, given if role == "unity-connection" else "ok"),
                "u>p/sip-trunk/CM02": "ok",
                f"p>u/sip-trunk/{rule}": given,
            },
        )
        for role, rule in (("unity-connection", "UC03"), ("imp", "IM03"))
        for file, given in (("corp-server", "ok"), ("corp-client", "breaks"))
    ),
)


def _dials_in(
    says: str, role: str, fields: str, given: Shorthand, use_case: str, client: str, server: str
) -> Situation:
    id_, now, later = f"p>u/{use_case}/{client}", "ignore-client-eku", "ignore-client-eku-15su5"
    return Situation(
        f"{role} is dialled without clientAuth, {use_case}: {says}",
        (client, "client EKU enforcement"),
        estate(
            f"- {{use_case: {use_case}, from: p, to: u}}",
            u=fields,
            p="role: outside, slots: {certificate: corp-server.pem}",
        ),
        {**web("u", role), id_: given, f"u>p/{use_case}/{server}": "ok"},
        remedies={id_: (now if PLANNED in fields else later,)} if answer_of(given) == "at-risk" else {},
        no_way={id_: (later if PLANNED in fields else now,)},
    )


def answer_of(given: Shorthand) -> str:
    """The answer now."""
    if isinstance(given, str):
        return given
    return given[0] if isinstance(given, tuple) else given.now


_DIALLED = (
    ("cucm", "sip-trunk", "CM04", "CM03"),
    ("unity-connection", "sip-trunk", "CM04", "UC03"),
    ("imp", "imp-sip", "IM06", "IM05"),
    ("imp", "imp-xmpp", "IM10", "IM09"),
    ("cer", "emergency-responder", "ER04", "ER03"),
)


def _dialled_in() -> Iterator[Situation]:
    for role, use_case, client, server in _DIALLED:
        rules = (use_case, client, server)
        held = {"cup": "corp-both", "cup_xmpp_s2s": "corp-both"} if role == "imp" else {}

        def fields(release: str, more: str = "", role: str = role, held: dict[str, str] = held) -> str:
            return box(role, release, more, **held)

        yield _dials_in("not stated today", role, fields(BEFORE), "at-risk", *rules)
        yield _dials_in(
            "15 SU4 has no such option", role, fields(LAST_BEFORE, 'ignore_client_eku: "on"'), "at-risk", *rules
        )
        yield _dials_in("known to check", role, fields(BEFORE, "client_eku: checked"), "breaks", *rules)
        yield _dials_in("known to ignore it", role, fields(BEFORE, "client_eku: ignored"), "ok", *rules)
        option = fields(PLANNED, 'ignore_client_eku: "on"')
        yield _dials_in("with the option planned for 15 SU5 on", role, option, believed("ok", "M"), *rules)
        off = fields(PLANNED, 'ignore_client_eku: "off"')
        yield _dials_in("the option planned for 15 SU5, off", role, off, "at-risk", *rules)
        unsaid = assuming("at-risk", "u.ignore_client_eku = off")
        yield _dials_in(
            "on 15 SU5 the option is off until somebody says otherwise", role, fields(PLANNED), unsaid, *rules
        )


DIALLED_IN = (
    *_dialled_in(),
    *(
        Situation(
            f"{role}, {use_case}: a peer that may dial in, where mutual TLS is {'on' if mtls else 'off'}: {given}",
            (client,),
            estate(
                f"- {{use_case: {use_case}, from: p, to: u{'' if mtls else off}}}",
                u=box(role, cup="corp-both", cup_xmpp_s2s="corp-both") if role == "imp" else box(role),
                p=f"role: outside, slots: {{certificate: {'corp-client' if mtls else 'corp-server'}.pem}}",
            ),
            {**web("u", role), f"p>u/{use_case}/{client}": given, f"u>p/{use_case}/{server}": "ok"},
        )
        for role, use_case, client, server in _DIALLED
        for mtls, off, given in ((True, "", "ok"), (False, ', mtls: "off"', "not-applicable"))
    ),
    *(
        Situation(
            f"{role} dials in to Unified CM without clientAuth, and Unified CM is known to check",
            ("CM04",),
            estate(
                _INBOUND, u=box("cucm", more="client_eku: checked"), p=PEERS[role].replace("corp-both", "corp-server")
            ),
            {**web("u", "cucm"), "p>u/sip-trunk/CM04": "breaks", "u>p/sip-trunk/CM03": "ok"},
        )
        for role in ("cube", "cms", "generic")
    ),
)

# What Webex answers with says nothing of what it dials with.
CALLED_BY_WEBEX = tuple(
    Situation(
        f"Webex dials Unified CM, {word}",
        ("CM04",),
        estate(_INBOUND, u=box("cucm", more="client_eku: checked"), p=f"role: webex, slots: {{{slots}}}"),
        {**web("u", "cucm"), "p>u/sip-trunk/CM04": given, "u>p/sip-trunk/CM03": "ok"},
    )
    for word, slots, given in (
        ("and nobody saw with what", "certificate: corp-both.pem", ("unknown", "unknown")),
        ("seen to do so without clientAuth", "certificate: corp-both.pem, client: corp-server.pem", "breaks"),
        ("seen to do so with clientAuth", "certificate: corp-server.pem, client: corp-client.pem", "ok"),
    )
)

CALLED_BY_UNIFIED_CM = tuple(
    Situation(
        f"Unified CM dials Emergency Responder with {file}, {word}: {given}",
        ("ER04", "Emergency Responder"),
        estate(
            "- {use_case: emergency-responder, from: u, to: p}",
            u=box("cucm", CallManager=file),
            p=box("cer", more=told),
        ),
        {
            **webs(u="cucm", p="cer"),
            "u>p/emergency-responder/ER04": given,
            "p>u/emergency-responder/ER03": "ok",
        },
        remedies={"u>p/emergency-responder/ER04": ("private-ca-uc",) if given != "ok" else ()},
    )
    for file, word, told, given in (
        ("corp-server", "and nothing is stated", "", "at-risk"),
        ("corp-server", "which is known to check", "client_eku: checked", "breaks"),
        ("corp-both", "which is known to check", "client_eku: checked", "ok"),
    )
)

SITUATIONS = (*TO_PRODUCTS, *DIALLED_IN, *CALLED_BY_WEBEX, *CALLED_BY_UNIFIED_CM)
