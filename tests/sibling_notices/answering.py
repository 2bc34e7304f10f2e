"""What a box of the family answers with: serverAuth is enough, and is needed. No mutual TLS changes that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.cisco_document.situation import Shorthand, Situation, core
from tests.sibling_notices.boxes import BEFORE, PLANNED, box, estate, webs

_PHONES = "role: outside, slots: {certificate: corp-both.pem}"


@dataclass(frozen=True, slots=True)
class Answered:
    """A use case in which ``role`` answers with what is in ``slot``; ``client`` judges those who dial it, if any do."""

    use_case: str
    role: str
    slot: str
    server: str
    row: str
    question: str
    client: str | None = None


ANSWERED = (
    Answered("sip-trunk", "cucm", "CallManager", "CM03", "port 5061: SIP TLS", "can trunk peers still dial us", "CM04"),
    Answered("encrypted-phones", "cucm", "CallManager", "CM18", "port 5061: phones", "do encrypted phones break"),
    Answered("phone-oauth", "cucm", "tomcat", "CM19", "port 5090: SIP OAuth", "do phones with SIP OAuth break"),
    Answered("phone-tftp", "cucm", "CallManager", "CM20", "ports 6971, 6972: TFTP", "do phones get their files"),
    Answered("capf", "cucm", "CAPF", "CM21", "port 3804: CAPF", "can phones get a certificate from CAPF"),
    Answered("tvs", "cucm", "TVS", "CM22", "port 2445: TVS", "can phones ask TVS"),
    Answered("imp-sip", "imp", "cup", "IM05", "port 5062: SIP TLS", "can SIP domains reach us", "IM06"),
    Answered("imp-xmpp", "imp", "cup-xmpp-s2s", "IM09", "port 5269: XMPP", "can XMPP domains reach us", "IM10"),
    Answered("xmpp-clients", "imp", "cup-xmpp", "IM12", "port 5222: XMPP clients", "does Jabber still log in"),
    Answered("imap", "unity-connection", "tomcat", "UC04", "port 993: IMAP", "do mail clients break"),
    Answered(
        "sip-trunk", "unity-connection", "tomcat", "UC03", "Unity Connection: port 5061", "can PBXs dial it", "CM04"
    ),
    Answered("emergency-responder", "cer", "tomcat", "ER03", "Emergency Responder", "can its peers dial it", "ER04"),
)


def _answers(one: Answered, file: str, given: Shorthand, release: str) -> Situation:
    tomcat: Shorthand = given if one.slot == "tomcat" else "ok"
    expect: dict[str, Shorthand] = {f"a>p/{one.use_case}/{one.server}": given, **webs(tomcat, a=one.role)}
    if one.client:
        expect[f"p>a/{one.use_case}/{one.client}"] = "ok"
    return Situation(
        f"{one.role}, {one.question} with {file} on {release}",
        (one.server, one.row),
        estate(
            f"- {{use_case: {one.use_case}, from: p, to: a}}",
            a=box(one.role, release, **{one.slot.replace("-", "_"): file}),
            p=_PHONES,
        ),
        expect,
    )


def situations() -> Iterator[Situation]:
    for one in ANSWERED:
        yield _answers(one, "corp-server", "ok", BEFORE)
        yield _answers(one, "corp-client", "breaks", BEFORE)
        yield _answers(one, "corp-both-ended", ("breaks", "ok"), BEFORE)
        yield _answers(one, "digicert-both", "ok", PLANNED)


def _dialled_by_expressway(release: str, tomcat: str, callmanager: str, oauth: Shorthand, tftp: Shorthand) -> Situation:
    return Situation(
        f"Expressway-C on {release} dials a Unified CM with {tomcat} as Tomcat and {callmanager} as CallManager",
        ("CM16", "CM17", "Tomcat: SIP OAuth over MRA", "port 5091: SIP OAuth"),
        estate(
            "- {use_case: sip-oauth, from: c, to: a}\n- {use_case: traffic-server, from: c, to: a}",
            a=box("cucm", tomcat=tomcat, CallManager=callmanager),
            c=f"role: expressway-c, release: {release}, slots: {{server: corp-both.pem}}",
        ),
        {
            **core("c"),
            **webs("breaks" if tomcat == "corp-client" else "ok", a="cucm"),
            "c>a/sip-oauth/X23": "ok",
            "a>c/sip-oauth/CM16": oauth,
            "c>a/traffic-server/X22": "ok",
            "a>c/traffic-server/CM17": tftp,
        },
    )


FROM_EXPRESSWAY = (
    _dialled_by_expressway("X15.4", "corp-server", "corp-server", "ok", "ok"),
    _dialled_by_expressway("X15.4", "corp-client", "corp-both", "breaks", "ok"),
    _dialled_by_expressway("X15.4", "corp-both", "corp-client", "ok", "breaks"),
    # Every HTTPS server is verified from X14.0.8 on.
    _dialled_by_expressway("X14.0.7", "corp-both", "corp-client", "ok", "ok"),
    _dialled_by_expressway("X14.0.8", "corp-both", "corp-client", "ok", "breaks"),
)

SITUATIONS = (*situations(), *FROM_EXPRESSWAY)
