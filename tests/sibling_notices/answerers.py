"""Those who answer a connection, by what they show: serverAuth is enough; what its lack does is the dialler's affair.

What a product does as TLS client with a server's certificate that lacks serverAuth is at risk where nothing is
documented; a certificate that has ended is refused by all that verify at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.cisco_document.situation import Shorthand, Situation, core, edge, inventory

_GIVEN = "corp-both.pem"
_ENDED: Shorthand = ("breaks", "ok")


@dataclass(frozen=True, slots=True)
class Answerer:
    """``a`` dials ``b``, which shows FILE. ``answers``: by settings of the connection and of ``a``, what a file gives.

    ``rest`` is what the estate has besides, whatever ``b`` shows.
    """

    rule: str
    use_case: str
    a: str
    b: str
    rest: Mapping[str, Shorthand]
    answers: Mapping[tuple[str, str], Mapping[str, Shorthand]]


_SURE: Mapping[str, Shorthand] = {"corp-server": "ok", "corp-client": "breaks", "corp-both-ended": _ENDED}
_OPEN: Mapping[str, Shorthand] = {"corp-server": "ok", "corp-client": "at-risk", "corp-both-ended": _ENDED}
_IGNORED: Mapping[str, Shorthand] = {"corp-server": "ok", "corp-client": "ok", "corp-both-ended": _ENDED}
_UNSEEN: Mapping[str, Shorthand] = {"corp-client": "ok", "corp-both-ended": "ok"}
_ZONE = {('tls_verify: "on"', ""): _SURE, ('tls_verify: "off"', ""): _UNSEEN}
_CUBE: Mapping[tuple[str, str], Mapping[str, Shorthand]] = {
    ("", 'release: 17.12.4, match_eku: "off"'): _IGNORED,
    ("", 'release: 17.12.4, match_eku: "on"'): _OPEN,
    ("", 'release: 17.18.2, match_eku: "off"'): _IGNORED,
    ("", 'release: 26.1.1, client_trustpoint: same, match_eku: "off"'): _OPEN,
    ("", 'release: 26.1.2, client_trustpoint: same, match_eku: "off"'): _OPEN,
}
_EDGE = f"role: expressway-e, release: X15.4, slots: {{server: {_GIVEN}}}"
_CORE = f"role: expressway-c, release: X15.4, slots: {{server: {_GIVEN}}}"
_CUBE_BOX = f"role: cube, slots: {{trustpoint: {_GIVEN}}}"
_CUCM = f"role: cucm, release: 15SU4, slots: {{tomcat: {_GIVEN}, CallManager: FILE}}"
_DIALLING_CUCM = f"role: cucm, release: 15SU4, slots: {{tomcat: {_GIVEN}, TVS: {_GIVEN}, ipsec: {_GIVEN}}}"
_OTHER = "role: outside, client_eku: ignored, slots: {certificate: FILE}"
_WEBEX = "role: webex, slots: {certificate: FILE}"
_CENTER = f"role: contact-center, slots: {{tomcat: {_GIVEN}}}"

EXPRESSWAY = (
    Answerer("X04S", "sip-b2b", _EDGE, _OTHER, {**edge("a", browsers="at-risk"), "a>b/sip-b2b/X04": "ok"}, _ZONE),
    Answerer(
        "X19T",
        "neighbor-zone",
        _CORE,
        _CUCM,
        {**core("a"), "b/https/CM01": "ok", "a>b/neighbor-zone/X19": "ok"},
        _ZONE,
    ),
)
FAMILY = (
    Answerer(
        "CM23",
        "online-capf",
        _DIALLING_CUCM,
        _OTHER,
        {"a/https/CM01": "ok", "a>b/online-capf/CM14": "ok"},
        {("", ""): _SURE},
    ),
    Answerer(
        "CM24",
        "ipsec",
        _DIALLING_CUCM,
        _OTHER,
        {"a/https/CM01": "ok", "a>b/ipsec/CM15": "ok"},
        {("", ""): {"corp-both": "ok", "corp-server": "at-risk", "corp-client": "at-risk", "corp-both-ended": _ENDED}},
    ),
    Answerer(
        "ER05",
        "emergency-responder",
        f"role: cer, release: 15SU4, slots: {{tomcat: {_GIVEN}}}",
        _CUCM,
        {"a/https/ER01": "ok", "b/https/CM01": "ok", "a>b/emergency-responder/ER02": "ok"},
        {("", ""): _OPEN},
    ),
)
MEDIA = (
    Answerer(
        "GP04",
        "xmpp-federation",
        _EDGE,
        _OTHER,
        {**edge("a", browsers="at-risk"), "a>b/xmpp-federation/X10": "ok"},
        {("", ""): _OPEN},
    ),
    Answerer("CB07", "provider-trunk", _CUBE_BOX, _OTHER, {"a>b/provider-trunk/CB01": "ok"}, _CUBE),
    Answerer(
        "CC05",
        "contact-center-trunk",
        _CENTER,
        _OTHER,
        {"a/contact-center/CC01": "ok", "a/https/CC04": "ok", "a>b/contact-center-trunk/CC02": "ok"},
        {("", ""): _OPEN},
    ),
    Answerer(
        "WX05",
        "edge-audio",
        _EDGE,
        _WEBEX,
        {**edge("a", browsers="at-risk"), "a>b/edge-audio/X25": "ok"},
        _ZONE,
    ),
    Answerer(
        "WX06",
        "cloud-onboarding",
        _EDGE,
        _WEBEX,
        {**edge("a", browsers="at-risk"), "a>b/cloud-onboarding/X24": "ok"},
        {("", ""): _SURE},
    ),
    Answerer("WX07", "webex-calling", _CUBE_BOX, _WEBEX, {"a>b/webex-calling/WX01": "ok"}, _CUBE),
    Answerer(
        "MS17",
        "cms-sip",
        f"role: cms, slots: {{callbridge: {_GIVEN}, webadmin: {_GIVEN}}}",
        _OTHER,
        {"a>b/cms-sip/MS01": "ok"},
        {("", "sip_verify: none"): _UNSEEN, ("", "sip_verify: ca"): _OPEN, ("", "sip_verify: whitelist"): _OPEN},
    ),
)


def _situations(answerers: tuple[Answerer, ...]) -> Iterator[Situation]:
    for one in answerers:
        asked = one.b == _OTHER and one.use_case != "ipsec"
        for (link, box), files in one.answers.items():
            for file, given in files.items():
                told = ", ".join(word for word in (link, box) if word)
                yield Situation(
                    f"who answers {one.use_case} with {file}{f', {told}' if told else ''}",
                    (one.rule,),
                    inventory(
                        f"a: {{{one.a}{f', {box}' if box else ''}}}\nb: {{{one.b.replace('FILE', f'{file}.pem')}}}",
                        f"- {{use_case: {one.use_case}, from: a, to: b{f', {link}' if link else ''}}}",
                    ),
                    {**one.rest, (id_ := f"b>a/{one.use_case}/{one.rule}"): given},
                    # The ends of IPsec authenticate each other: either needs both.
                    remedies={id_: ("peer-renews-server",)} if asked and given != "ok" else {},
                    no_way={id_: ("peer-renews",)} if asked else {},
                )


def _dialled() -> Iterator[Situation]:
    """The boxes that show the certificate of their web interface."""
    for file, https, risk in (("corp-server", "ok", "ok"), ("corp-client", "breaks", "at-risk")):
        yield Situation(
            f"an XMPP server dials an Expressway-E with {file}",
            ("X10S",),
            inventory(
                f"a: {{role: outside, slots: {{certificate: {_GIVEN}}}}}\n"
                f"b: {{role: expressway-e, release: X15.4, slots: {{server: {file}.pem}}}}",
                "- {use_case: xmpp-federation, from: a, to: b}",
            ),
            {**edge("b", https, "at-risk"), "a>b/xmpp-federation/GP03": "ok", "b>a/xmpp-federation/X10S": risk},
        )


def _two_slots() -> Iterator[Situation]:
    yield Situation(
        "an XMPP server that dials an Expressway-E sees its server certificate, not what it dials with",
        ("X10S",),
        inventory(
            f"a: {{role: outside, slots: {{certificate: {_GIVEN}}}}}\n"
            "b: {role: expressway-e, release: X15.5, slots: {server: corp-server.pem, client: corp-client.pem}}",
            "- {use_case: xmpp-federation, from: a, to: b}",
        ),
        {**edge("b", "ok", "at-risk"), "a>b/xmpp-federation/GP03": "ok", "b>a/xmpp-federation/X10S": "ok"},
    )


def _center() -> Iterator[Situation]:
    for file, given, client in (("corp-server", "ok", "at-risk"), ("corp-client", "breaks", "ok")):
        yield Situation(
            f"who dials a contact centre with {file}",
            ("CC06",),
            inventory(
                f"a: {{role: outside, slots: {{certificate: {_GIVEN}}}}}\n"
                f"b: {{role: contact-center, slots: {{tomcat: {file}.pem}}}}",
                "- {use_case: contact-center-trunk, from: a, to: b}",
            ),
            {
                "b/contact-center/CC01": client,
                "b/https/CC04": given,
                "a>b/contact-center-trunk/CC03": "ok",
                "b>a/contact-center-trunk/CC06": given,
            },
        )


OF_EXPRESSWAY = (*_situations(EXPRESSWAY), *_dialled(), *_two_slots())
OF_FAMILY = tuple(_situations(FAMILY))
OF_MEDIA = (*_situations(MEDIA), *_center())
