"""Names that a zone looks for in the certificate of the other end (the command reference's TLS verify mode)."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.pairs import pair
from tests.cisco_document.situation import Shorthand, Situation, core, edge, fork, inventory

_UNIFIED_CM = "{role: cucm, release: 15SU3a, slots: {CallManager: corp-both.pem}}"
_NAME = "corp-both.example.com"
_OTHER = "10.1.2.3"
# The verify mode of a zone, its peer address, and whether it takes a certificate with corp-both.example.com.
_ZONES: Mapping[str, tuple[str, str, str]] = {
    "n1": ('tls_verify: "on"', _NAME.upper(), "ok"),
    "n2": ('tls_verify: "on"', _OTHER, "breaks"),
    "n3": ('tls_verify: "off"', _OTHER, "ok"),
    "n4": ('tls_verify: "on"', f"{_OTHER}, {_NAME}", "ok"),
}


def _boxes(peer: str) -> str:
    return "\n".join(f"{name}: {peer}" for name in _ZONES)


def _connections(use_case: str, ends: str, setting: str, also: str = "") -> str:
    return "\n".join(
        f'- {{use_case: {use_case}, {ends.format(name)}, {verify}, {setting}: "{address}"{also}}}'
        for name, (verify, address, _) in _ZONES.items()
    )


NEIGHBORS = (
    Situation(
        "a neighbor zone with TLS verify on dials nobody whose certificate lacks its peer address",
        ("X19", "X20"),
        inventory(
            f"c: {{role: expressway-c, release: X15.4, slots: {{server: corp-both.pem}}}}\n{_boxes(_UNIFIED_CM)}",
            _connections("neighbor-zone", "from: c, to: {}", "peer_address"),
        ),
        {
            **core("c"),
            **{f"{name}/https/CM01": "unknown" for name in _ZONES},
            **{f"c>{name}/neighbor-zone/X19": "ok" for name in _ZONES},
            **{f"{name}>c/neighbor-zone/XN01": given for name, (_, _, given) in _ZONES.items()},
        },
        remedies={"n2>c/neighbor-zone/XN01": ("zone-peer-address", "name-in-certificate", "zone-tls-verify-off")},
    ),
    Situation(
        "a neighbor zone with TLS verify on takes no call from a certificate without its peer address",
        ("X08",),
        inventory(
            f"c: {{role: expressway-c, release: X15.4, slots: {{server: corp-both.pem}}}}\n{_boxes(_UNIFIED_CM)}",
            _connections("neighbor-zone", "from: {}, to: c", "peer_address"),
        ),
        {
            **core("c"),
            **{f"{name}/https/CM01": "unknown" for name in _ZONES},
            **{f"c>{name}/neighbor-zone/X19S": "ok" for name in _ZONES},
            **{f"{name}>c/neighbor-zone/X19P": "ok" for name in _ZONES},
            **{f"{name}>c/neighbor-zone/XN02": given for name, (_, _, given) in _ZONES.items()},
        },
    ),
    Situation(
        "whether a neighbor zone looks for its peer address hangs on TLS verify",
        ("X19", "X20"),
        inventory(
            f"c: {{role: expressway-c, release: X15.4, slots: {{server: corp-both.pem}}}}\nu: {_UNIFIED_CM}",
            f'- {{use_case: neighbor-zone, from: c, to: u, peer_address: "{_OTHER}"}}',
        ),
        {
            **core("c"),
            "u/https/CM01": "unknown",
            "c>u/neighbor-zone/X19": "ok",
            "u>c/neighbor-zone/XN01": fork("c>u/neighbor-zone.tls_verify", {"on": "breaks", "off": "ok"}),
        },
    ),
    Situation(
        "a DNS zone with TLS verify on looks for its subject name in the far end's certificate",
        ("X04",),
        inventory(
            "e: {role: expressway-e, release: X15.4, slots: {server: corp-both.pem}}\n"
            + _boxes("{role: outside, slots: {certificate: corp-both.pem}}"),
            _connections("sip-b2b", "from: e, to: {}", "verify_name", ', mtls: "on"'),
        ),
        {
            **edge("e", browsers="at-risk"),
            **{f"e>{name}/sip-b2b/X04": "ok" for name in _ZONES},
            **{f"{name}>e/sip-b2b/XN07": given for name, (_, _, given) in _ZONES.items()},
        },
    ),
)

# Of each Expressway only the certificate that counts has the name.
_TWO = "release: X15.5, slots: {{server: {}.pem, client: {}.pem}}"
_EDGE = _TWO.format("corp-both", "digicert-both")
_CORE = _TWO.format("digicert-both", "corp-both")
_MRA: Mapping[str, Shorthand] = {
    **edge("e", browsers="at-risk"),
    **core("c"),
    "c>e/uc-traversal/X11": "ok",
    "e>c/uc-traversal/X11S": "ok",
    "c>e/ssh-tunnels/X14": "ok",
    "e>c/mra-sip-service/X17": "ok",
    "c>e/same-release/X37": "ok",
}


def _traversal(peer_address: str, verify_name: str) -> str:
    names = f'peer_address: "{peer_address}", verify_name: "{verify_name}"'
    return pair(_EDGE, _CORE, f"- {{use_case: uc-traversal, from: c, to: e, {names}}}")


TRAVERSAL = (
    Situation(
        "a UC traversal zone finds the names that both ends look for",
        ("X11",),
        _traversal(_NAME, _NAME),
        {**_MRA, "e>c/uc-traversal/XN03": "ok", "c>e/uc-traversal/XN05": "ok", "c>e/mra/MRA": "ok"},
    ),
    Situation(
        "a UC traversal zone fails where Expressway-E's certificate lacks the peer address",
        ("X11",),
        _traversal(_OTHER, _NAME),
        {**_MRA, "e>c/uc-traversal/XN03": "breaks", "c>e/uc-traversal/XN05": "ok", "c>e/mra/MRA": "breaks"},
        remedies={"e>c/uc-traversal/XN03": ("zone-peer-address", "name-in-certificate")},
        no_way={"e>c/uc-traversal/XN03": ("zone-tls-verify-off",)},
    ),
    Situation(
        "a UC traversal zone fails where Expressway-C's certificate lacks the TLS verify subject name",
        ("X11",),
        _traversal(_NAME, _OTHER),
        {**_MRA, "e>c/uc-traversal/XN03": "ok", "c>e/uc-traversal/XN05": "breaks", "c>e/mra/MRA": "breaks"},
        remedies={"c>e/uc-traversal/XN05": ("zone-verify-name", "name-in-certificate")},
    ),
    *(
        Situation(
            f"a traversal zone with {verify} that looks for {name}",
            ("X16",),
            pair(
                _EDGE,
                _CORE,
                "- {use_case: traversal-zone, from: c, to: e, "
                f'{verify}, peer_address: "{name}", verify_name: "{name}"}}',
            ),
            {
                **edge("e", browsers="at-risk"),
                **core("c"),
                "c>e/traversal-zone/X16": "ok",
                "e>c/traversal-zone/X16S": "ok",
                "e>c/traversal-zone/XN04": given,
                "c>e/traversal-zone/XN06": given,
            },
        )
        for verify, name, given in _ZONES.values()
        if "," not in name
    ),
)

SITUATIONS = NEIGHBORS + TRAVERSAL
