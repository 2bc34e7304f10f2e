"""CUBE on IOS XE, from field notice FN74350 revision 2.0 and the SIP TLS chapter of the configuration guide."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.situation import Shorthand, Situation, Upload, believed, core, fork, if_used, inventory

_SERVER, _BOTH, _CLIENT = "digicert-server.pem", "corp-both.pem", "corp-client.pem"


def _trunk(cube: str, provider: str, *, dials: str = "u", mtls: str = "on") -> str:
    ends = "from: u, to: p" if dials == "u" else "from: p, to: u"
    return inventory(
        f"u: {{role: cube, {cube}}}\np: {{role: outside, {provider}}}",
        f'- {{use_case: provider-trunk, {ends}, mtls: "{mtls}"}}',
    )


def _slots(trustpoint: str, client: str = "") -> str:
    return f"slots: {{trustpoint: {trustpoint}{f', client-trustpoint: {client}' if client else ''}}}"


_DECIDES: Mapping[str, str] = {"checked": "breaks", "ignored": "ok"}
_UPGRADE = "upgrade-26.1.1"

REFUSES = (
    *(
        Situation(
            f"does my CUBE on {release} refuse a serverAuth-only peer, match eku {setting}: {given}",
            ("CB02", "CB03", "V-CUBE"),
            _trunk(
                f'release: {release}, match_eku: "{setting}", {_slots(_BOTH)}',
                f"slots: {{certificate: {_SERVER}}}",
                dials="p",
            ),
            {"p>u/provider-trunk/CB02": given, "u>p/provider-trunk/CB03": "ok"},
            remedies={"p>u/provider-trunk/CB02": remedies},
        )
        for release, setting, given, remedies in (
            ("16.12.4", "off", "ok", ()),
            ("17.12.4", "off", "ok", ()),
            ("17.12.4", "on", "breaks", ("no-match-eku", "peer-renews")),
            ("17.18.2", "on", "breaks", ("no-match-eku",)),
            ("26.1.1", "off", "at-risk", ("cube-ignore-eku", "peer-renews")),
            ("26.1.1", "on", "at-risk", ("cube-ignore-eku",)),
        )
    ),
    Situation(
        "does my CUBE refuse a serverAuth-only peer, nobody said whether match eku is set",
        ("CB02", "V-CUBE"),
        _trunk(f"release: 17.12.4, {_slots(_BOTH)}", f"slots: {{certificate: {_SERVER}}}", dials="p"),
        {
            "p>u/provider-trunk/CB02": fork("u.match_eku", {"on": "breaks", "off": "ok"}),
            "u>p/provider-trunk/CB03": "ok",
        },
    ),
    Situation(
        "on IOS XE 26.1.1 the option to ignore the client EKU settles it",
        ("CB02",),
        _trunk(
            f"release: 26.1.1, client_eku: ignored, {_slots(_BOTH)}",
            f"slots: {{certificate: {_SERVER}}}",
            dials="p",
        ),
        {"p>u/provider-trunk/CB02": "ok", "u>p/provider-trunk/CB03": "ok"},
    ),
    Situation(
        "a trunk without mutual TLS asks nobody for clientAuth",
        ("CB01", "CB02"),
        inventory(
            f"u: {{role: cube, release: 17.12.4, {_slots(_SERVER)}}}\np: {{role: outside}}",
            """
            - {use_case: provider-trunk, from: u, to: p, mtls: "off"}
            - {use_case: provider-trunk, from: p, to: u, mtls: "off"}
            """,
        ),
        {
            "u>p/provider-trunk/CB01": "not-applicable",
            "p>u/provider-trunk/CB02": "not-applicable",
            "u>p/provider-trunk/CB03": "ok",
        },
    ),
    Situation(
        "a CUBE that is no server cannot be dialled",
        ("CB03",),
        _trunk(f"release: 17.12.4, {_slots(_CLIENT)}", f"slots: {{certificate: {_BOTH}}}", dials="p"),
        {"p>u/provider-trunk/CB02": "ok", "u>p/provider-trunk/CB03": "breaks"},
        remedies={"u>p/provider-trunk/CB03": ("renew-server",)},
    ),
)

DIALS = (
    *(
        Situation(
            f"a CUBE on {release} without clientAuth dials a provider that {word} it: {given}",
            ("CB01", "S-CUBE"),
            _trunk(f"release: {release}, {_slots(_SERVER)}", f"client_eku: {word}"),
            {"u>p/provider-trunk/CB01": given},
        )
        for release in ("17.12.4", "17.18.2")
        for word, given in _DECIDES.items()
    ),
    Situation(
        "whether a provider takes a CUBE without clientAuth, only the provider knows",
        ("CB01",),
        _trunk(f"release: 17.12.4, {_slots(_SERVER)}", "tags: [provider]"),
        {"u>p/provider-trunk/CB01": fork("p.client_eku", _DECIDES)},
        remedies={"u>p/provider-trunk/CB01": ("private-ca-media", "alternate-root-media", _UPGRADE)},
    ),
    Situation(
        "on IOS XE 26.1.1 a client trustpoint carries the trunk beside a public server certificate",
        ("CB01", "S-CUBE"),
        _trunk(f"release: 26.1.1, {_slots(_SERVER, _CLIENT)}", "client_eku: checked"),
        {"u>p/provider-trunk/CB01": "ok"},
    ),
    Situation(
        "on IOS XE 26.1.2 a client trustpoint without clientAuth loses the trunk as before",
        ("CB01", "S-CUBE"),
        _trunk(f"release: 26.1.2, {_slots(_BOTH, _SERVER)}", "client_eku: checked"),
        {"u>p/provider-trunk/CB01": "breaks"},
        remedies={"u>p/provider-trunk/CB01": ("cube-client-trustpoint",)},
        no_way={"u>p/provider-trunk/CB01": (_UPGRADE,)},
    ),
    *(
        Situation(
            f"on IOS XE 26.1.1 a TLS profile that names {what} dials with {shown}",
            ("CB01", "S-CUBE-SAME"),
            _trunk(f"release: 26.1.1, client_trustpoint: {setting}, {_slots(_SERVER)}", "client_eku: checked"),
            {"u>p/provider-trunk/CB01": given},
            remedies={"u>p/provider-trunk/CB01": ("cube-client-trustpoint",) if setting == "same" else ()},
        )
        for what, setting, shown, given in (
            ("no client trustpoint", "same", "the server's certificate", "breaks"),
            ("a client trustpoint", "separate", "one that nobody saw", "unknown"),
        )
    ),
    Situation(
        "what a CUBE on IOS XE 26.1.1 dials with is asked for once",
        ("CB01", "S-CUBE-SAME"),
        _trunk(f"release: 26.1.1, {_slots(_SERVER)}", "client_eku: checked"),
        {
            "u>p/provider-trunk/CB01": fork(
                "u.client_trustpoint", {"same": "breaks", "separate": "unknown"}, unseen=True
            )
        },
    ),
    Situation(
        "a CUBE with both EKUs works until a public certificate is renewed",
        ("CB01", "X40"),
        _trunk("release: 17.12.4, slots: {trustpoint: digicert-both.pem}", "client_eku: checked"),
        {"u>p/provider-trunk/CB01": ("ok", "breaks")},
        remedies={"u>p/provider-trunk/CB01": ("ca-on-request", "private-ca-media", _UPGRADE)},
    ),
    Situation(
        "a CUBE alone may have a provider, who may dial it but shows nothing that is known",
        ("CB01", "CB03"),
        inventory(f"u: {{role: cube, release: 17.12.4, {_slots(_SERVER)}}}"),
        {
            "u/provider-trunk/CB01": if_used(fork("SIP providers.client_eku", _DECIDES)),
            "u/provider-trunk/CB03": if_used("ok"),
        },
        args=(),
    ),
)

PLATFORM = tuple(
    Situation(
        f"can {which} be fixed",
        ("CB01",),
        _trunk(f"release: 17.12.4, {told}{_slots(_SERVER)}", "client_eku: checked"),
        {"u>p/provider-trunk/CB01": "breaks"},
        remedies={"u>p/provider-trunk/CB01": ("private-ca-media", "alternate-root-media", *ways)},
        no_way={"u>p/provider-trunk/CB01": (*no_ways, "cube-client-trustpoint", "upgrade-x15.5", "private-ca-c")},
    )
    for which, told, ways, no_ways in (
        ("an ISR4000", "platform: isr4000, ", (), (_UPGRADE,)),
        ("a C8300", "platform: other, ", (_UPGRADE,), ()),
        ("a CUBE of which nobody said the platform", "", (_UPGRADE,), ()),
    )
)


def _zone(cube: str, verify: str, *, back: bool = False) -> str:
    ends = "from: u, to: c" if back else "from: c, to: u"
    return inventory(
        f"c: {{role: expressway-c, release: X15.3.2, slots: {{server: {_BOTH}}}}}\nu: {{role: cube, {cube}}}",
        f'- {{use_case: neighbor-zone, {ends}, tls_verify: "{verify}"}}',
    )


ZONES = (
    *(
        Situation(
            f"Expressway dials a CUBE that is {what}, TLS verify {verify}: {given}",
            ("CB04",),
            _zone(f"release: 17.12.4, {_slots(certificate)}", verify),
            {**core("c"), "c>u/neighbor-zone/X19": "ok", "u>c/neighbor-zone/CB04": given},
        )
        for what, certificate, verify, given in (
            ("no server", _CLIENT, "on", "breaks"),
            ("no server", _CLIENT, "off", "ok"),
            ("a server only", _SERVER, "on", "ok"),
        )
    ),
    *(
        Situation(
            f"a CUBE on IOS XE {release} dials Expressway with {what}: {given}",
            ("X19P", "S-CUBE"),
            _zone(f"release: {release}, {slots}", "on", back=True),
            {**core("c"), "u>c/neighbor-zone/X19P": given, "c>u/neighbor-zone/X19S": "ok"},
        )
        for release, slots, what, given in (
            ("17.18.2", _slots(_SERVER), "its one certificate", "breaks"),
            ("26.1.1", _slots(_SERVER, _CLIENT), "a client trustpoint that has clientAuth", "ok"),
            ("26.1.1", _slots(_BOTH, _SERVER), "a client trustpoint without clientAuth", "breaks"),
        )
    ),
)


def _installed(server: Shorthand = "ok") -> dict[str, Shorthand]:
    return {"upload-server/CB05": server}


UPLOADS = (
    *(
        Upload(
            f"does a trustpoint on IOS XE {release} take {name}, match eku {setting}: {given}",
            ("CB05",),
            f"{name}.pem",
            f"cube@{release}",
            _installed(believed(given, "M")),
            settings=(f"match_eku={setting}",),
            slots=("trustpoint",),
            remedies={"upload-server/CB05": remedies},
        )
        for release, name, setting, given, remedies in (
            ("17.12.4", "digicert-server", "off", "ok", ()),
            ("17.12.4", "digicert-server", "on", "at-risk", ("no-match-eku-own",)),
            ("17.18.2", "digicert-server", "on", "at-risk", ("no-match-eku-own",)),
            ("17.12.4", "corp-client", "off", "at-risk", ("private-ca-media",)),
            ("17.12.4", "corp-client", "on", "at-risk", ("private-ca-media",)),
            ("17.12.4", "corp-both", "on", "ok", ()),
            ("26.1.1", "digicert-server", "on", "ok", ()),
            ("26.1.1", "corp-client", "off", "at-risk", ()),
        )
    ),
    *(
        Upload(
            f"does a client trustpoint on IOS XE {release} take {name}: {given}",
            ("CB06",),
            f"{name}.pem",
            f"cube@{release}",
            {"upload-client/CB06": given},
            slots=("client-trustpoint",),
        )
        for release, name, given in (
            ("17.18.2", "digicert-server", "not-applicable"),
            ("26.1.1", "digicert-server", "at-risk"),
            ("26.1.1", "corp-client", "ok"),
        )
    ),
)

_NAME = "corp-both.example.com"
_TAKES = {"off": (), "server": ("server",), "client": ("client",), "bidirectional": ("server", "client")}


def _named(validate: str, name: str) -> Situation:
    """A CUBE and a provider that dial each other; both show what has the name corp-both.example.com."""
    settings = f'mtls: "on", cn_san: "{name}"' + f", cn_san_validate: '{validate}'"
    return Situation(
        f"is a provider without the name {name} taken with cn-san validate {validate}",
        ("CB08", "CB09"),
        inventory(
            'u: {role: cube, release: 17.12.4, match_eku: "off", slots: {trustpoint: corp-both.pem}}\n'
            "p: {role: outside, client_eku: checked, slots: {certificate: corp-both.pem}}",
            f"- {{use_case: provider-trunk, from: u, to: p, {settings}}}\n"
            f"- {{use_case: provider-trunk, from: p, to: u, {settings}}}",
        ),
        {
            "u>p/provider-trunk/CB01": "ok",
            "u>p/provider-trunk/CB03": "ok",
            "p>u/provider-trunk/CB02": "ok",
            "p>u/provider-trunk/CB08": "breaks" if "server" in _TAKES[validate] and name != _NAME else "ok",
            "p>u/provider-trunk/CB09": "breaks" if "client" in _TAKES[validate] and name != _NAME else "ok",
        },
        remedies={"p>u/provider-trunk/CB08": ("cube-cn-san", "name-in-certificate")}
        if "server" in _TAKES[validate] and name != _NAME
        else {},
    )


# That nobody said what it looks at is no reason to take the default, under which all is fine.
_UNSAID = Situation(
    "is a provider without the name taken where nobody said whether the CUBE has cn-san validate",
    ("CB08", "CB09"),
    inventory(
        'u: {role: cube, release: 17.12.4, match_eku: "off", slots: {trustpoint: corp-both.pem}}\n'
        "p: {role: outside, client_eku: checked, slots: {certificate: corp-both.pem}}",
        '- {use_case: provider-trunk, from: u, to: p, mtls: "on", cn_san: sip.provider.example}\n'
        '- {use_case: provider-trunk, from: p, to: u, mtls: "on", cn_san: sip.provider.example}',
    ),
    {
        "u>p/provider-trunk/CB01": "ok",
        "u>p/provider-trunk/CB03": "ok",
        "p>u/provider-trunk/CB02": "ok",
        **{
            f"p>u/provider-trunk/{rule}": fork(
                f"{ends}/provider-trunk.cn_san_validate",
                {value: "breaks" if role in taken else "ok" for value, taken in _TAKES.items()},
            )
            for rule, ends, role in (("CB08", "u>p", "server"), ("CB09", "p>u", "client"))
        },
    },
)

NAMES = (_UNSAID, *(_named(validate, name) for validate in _TAKES for name in (_NAME, "sip.provider.example")))

SITUATIONS = (*REFUSES, *DIALS, *PLATFORM, *ZONES, *NAMES)
