"""What a box of the family dials with a certificate that has no clientAuth: the same questions of every link.

The notice says which certificate is shown over which mutual TLS, and what is planned for one release. It does not say
what the answering end does today, so an answer that hangs on a box of the family is at risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.cisco_document.situation import Expected, Shorthand, Situation, assuming, believed
from tests.sibling_notices.boxes import BEFORE, LAST_BEFORE, PLANNED, box, estate, webs


@dataclass(frozen=True, slots=True)
class Dialled:
    """A use case that ``role`` dials with what is in ``slot``.

    ``client`` judges that certificate, ``server`` the one of the other end; ``peer`` is the other end's role, None for
    one of another company, of which it is told whether it checks.
    """

    use_case: str
    role: str
    slot: str
    client: str
    server: str | None
    row: str
    peer: str | None = None
    mtls: bool = True

    @property
    def name(self) -> str:
        return f"{self.role}, {self.use_case}"


# What 15 SU5 is to bring, where a release says no more than 15: a certificate that may have ended until it is renewed.
_IN_PART = {
    "a.release": {"15SU4": ("ok", "ok"), "15SU5": ("unknown", "ok")},
    "a.own_client_certificate": {"yes": ("unknown", "ok"), "no": ("ok", "ok")},
}

LINKS = (
    Dialled("sip-trunk", "cucm", "CallManager", "CM02", "CM05", "CallManager: SIP trunks"),
    Dialled("inter-cluster-trunk", "cucm", "CallManager", "CM02", "CM03", "CallManager: inter-cluster", "cucm"),
    Dialled("ils", "cucm", "tomcat", "CM08", "CM09", "port 7501: ILS", "cucm"),
    Dialled("ldaps", "cucm", "tomcat", "CM10", "CM11", "Tomcat: LDAP"),
    Dialled("secure-syslog", "cucm", "tomcat", "CM12", "CM13", "Tomcat: filebeat, logstash"),
    Dialled("online-capf", "cucm", "TVS", "CM14", None, "TVS: online CAPF", mtls=False),
    Dialled("sip-trunk", "imp", "cup", "IM02", "CM03", "cup: SIP with Unified CM", "cucm"),
    Dialled("imp-sip", "imp", "cup", "IM04", "IM07", "cup: SIP with third parties"),
    Dialled("imp-xmpp", "imp", "cup-xmpp-s2s", "IM08", "IM11", "cup-xmpp-s2s: XMPP federation"),
    Dialled("sip-trunk", "unity-connection", "tomcat", "UC02", "CM03", "Unity Connection: Tomcat", "cucm"),
    Dialled("emergency-responder", "cer", "tomcat", "ER02", None, "Emergency Responder: Tomcat", "cucm"),
)


def situations() -> Iterator[Situation]:
    """Every question, of every link."""
    for link in LINKS:
        yield from _today(link)
        yield from _planned(link)
        if link.mtls:
            yield _one_way(link)


def _case(
    link: Dialled,
    says: str,
    given: Shorthand,
    *,
    file: str = "corp-server",
    client: str = "",
    release: str = BEFORE,
    more: str = "",
    peer: str = "",
    settings: str = "",
    remedies: tuple[str, ...] = (),
    no_way: tuple[str, ...] = (),
) -> Situation:
    """The link from ``a`` to ``b``; what ``b`` answers with is private and has both EKUs."""
    dials = box(link.role, release, more, **_named(link.slot, file), **_named(f"{link.slot}-client", client))
    answers = (
        box(link.peer, BEFORE, peer) if link.peer else f"role: outside, {peer}, slots: {{certificate: corp-both.pem}}"
    )
    id_ = f"a>b/{link.use_case}/{link.client}"
    expect: dict[str, Shorthand] = {id_: given}
    if link.server:
        expect[f"b>a/{link.use_case}/{link.server}"] = "ok"
    expect |= webs(a=link.role) if link.slot != "tomcat" else webs(_served(file), a=link.role)
    expect |= webs(b=link.peer) if link.peer else {}
    return Situation(
        f"{link.name}: {says}",
        (link.client, link.row),
        estate(f"- {{use_case: {link.use_case}, from: a, to: b{settings}}}", a=dials, b=answers),
        expect,
        remedies={id_: remedies} if remedies else {},
        no_way={id_: no_way} if no_way else {},
    )


def _named(slot: str, file: str) -> dict[str, str]:
    return {slot.replace("-", "_"): file} if file else {}


def _served(file: str) -> Shorthand:
    return "breaks" if file == "corp-client" else "ok"


def _today(link: Dialled) -> Iterator[Situation]:
    for word, given in (("checked", "breaks"), ("ignored", "ok")):
        for release in (BEFORE, "15", LAST_BEFORE):
            # Of a release that is known in part the planned certificate is not there before somebody says so, where
            # that makes the answer worse; else it is asked for, as it may have ended.
            shorthand: Shorthand = given
            if release == "15" and word == "checked":
                shorthand = assuming(given, "a.own_client_certificate = no")
            elif release == "15":
                shorthand = Expected("unknown", "ok", _IN_PART)
            yield _case(
                link,
                f"on {release}, without clientAuth, at an end that is known to have it {word}",
                shorthand,
                release=release,
                peer=f"client_eku: {word}",
                remedies=("private-ca-uc", "own-client-certificate-15su5") if word == "checked" else (),
            )
    if link.peer:
        yield _case(link, "what Unified CM does without clientAuth today is not stated", "at-risk")
    told = "" if link.peer else "client_eku: checked"
    yield _case(link, "clientAuth alone is enough where it dials", "ok", file="corp-client", peer=told)
    yield _case(
        link,
        "a public certificate with both EKUs works until its renewal",
        _renewed(link),
        file="digicert-both",
        peer=told,
    )
    yield _case(link, "a private CA keeps it working", "ok", file="corp-both", peer=told)


# What the port guide and the notice leave to be inferred.
_DOUBTED = ("CM08", "CM12", "CM14", "UC02", "ER02")


def _renewed(link: Dialled) -> Shorthand:
    return ("ok", "at-risk" if link.peer else "breaks")


def _planned(link: Dialled) -> Iterator[Situation]:
    """15 SU5 is planned and was not seen: what it is said to do is never sure."""
    checks = "client_eku: checked"
    yield _case(
        link,
        "with the client certificate planned for 15 SU5, which nobody saw",
        ("unknown", "unknown"),
        file="corp-both",
        release=PLANNED,
        more='own_client_certificate: "yes"',
        peer=checks,
    )
    for shown, given in (("corp-client", "ok"), ("corp-server", "breaks")):
        for more in ("", 'own_client_certificate: "no"'):
            yield _case(
                link,
                f"with {shown} as its client certificate on 15 SU5{', of which others have none' if more else ''}",
                believed(given, "M"),
                file="corp-server" if given == "ok" else "corp-both",
                client=shown,
                release=PLANNED,
                more=more,
                peer=checks,
                remedies=("private-ca-uc",) if given == "breaks" else (),
            )
    yield _case(
        link,
        "on 15 SU5 a good certificate counts only where somebody says that no other is shown where it dials",
        Expected("unknown", "unknown", {"a.own_client_certificate": {"yes": ("unknown",) * 2, "no": ("ok",) * 2}}),
        file="corp-both",
        release=PLANNED,
        peer=checks,
    )
    yield _case(
        link,
        "15 SU5 without the planned client certificate, at an end that checks",
        believed("breaks", "M"),
        release=PLANNED,
        more='own_client_certificate: "no"',
        peer=checks,
        remedies=("own-client-certificate",),
        no_way=("own-client-certificate-15su5",),
    )
    yield _case(
        link,
        "on 15 SU5 nobody has the planned client certificate before somebody says so",
        believed(assuming("breaks", "a.own_client_certificate = no"), "M"),
        release=PLANNED,
        peer=checks,
        remedies=("own-client-certificate",),
        no_way=("own-client-certificate-15su5",),
    )
    yield _case(
        link,
        "before 15 SU5 there is no such client certificate",
        believed("breaks", "M") if link.client in _DOUBTED else believed("breaks", "H"),
        release=LAST_BEFORE,
        more='own_client_certificate: "yes"',
        peer=checks,
        remedies=("own-client-certificate-15su5",),
        no_way=("ca-on-request", "own-client-certificate"),
    )
    if link.peer:
        yield _case(
            link,
            "15 SU5 at an end of which nothing is stated",
            assuming("at-risk", "a.own_client_certificate = no"),
            release=PLANNED,
        )
        yield _case(
            link,
            "15 SU5 without the planned client certificate, at an end of which nothing is stated",
            believed("at-risk", "M"),
            release=PLANNED,
            more='own_client_certificate: "no"',
        )


def _one_way(link: Dialled) -> Situation:
    return _case(
        link,
        "where the other end asks for no certificate",
        "not-applicable",
        peer="client_eku: checked",
        settings=', mtls: "off"',
    )


SITUATIONS = tuple(situations())
