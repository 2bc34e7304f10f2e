"""Boxes of the Unified Communications family in a targets file, and what each of them answers by itself."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.situation import Shorthand, inventory

# Releases around the one for which the notice plans a fix.
BEFORE, LAST_BEFORE, PLANNED = "14SU4", "15SU4", "15SU5"

_MAIN = {"cucm": "CallManager", "imp": "cup", "unity-connection": "tomcat", "cer": "tomcat"}
_WEB = {"cucm": "CM01", "imp": "IM01", "unity-connection": "UC01", "cer": "ER01"}


def box(role: str, release: str = BEFORE, more: str = "", **slots: str) -> str:
    """The fields of a box. Slots are file names without ".pem", their names with "_" for "-"; those that are not
    named hold a private certificate with both EKUs, so that no other slot can give the answer."""
    held = {"tomcat": "corp-both"} | ({"CallManager": "corp-both"} if role == "cucm" else {})
    held |= {name.replace("_", "-"): file for name, file in slots.items()}
    files = ", ".join(f"{slot}: {file}.pem" for slot, file in held.items())
    return f"role: {role}, release: '{release}', slots: {{{files}}}" + (f", {more}" if more else "")


def with_main(role: str, file: str, release: str = BEFORE, more: str = "") -> str:
    """A box that holds a file in the slot which it shows in SIP."""
    return box(role, release, more, **{_MAIN[role].replace("-", "_"): file})


def estate(connections: str, **boxes: str) -> str:
    """A targets file of named boxes."""
    lines = [f"{name}: {{{fields}}}" for name, fields in boxes.items()]
    return inventory("\n".join(lines), connections)


def web(name: str, role: str, given: Shorthand = "ok") -> dict[str, Shorthand]:
    """The web interface of a box, which shows its Tomcat certificate."""
    return {f"{name}/https/{_WEB[role]}": given}


def webs(given: Shorthand = "ok", **roles: str) -> dict[str, Shorthand]:
    """The web interfaces of several boxes."""
    found: dict[str, Shorthand] = {}
    for name, role in roles.items():
        found |= web(name, role, given) if role in _WEB else {}
    return found


# Other ends, each with a private certificate of both EKUs.
PEERS: Mapping[str, str] = {
    "cube": 'role: cube, release: 17.12.4, match_eku: "on", slots: {trustpoint: corp-both.pem}',
    "cms": "role: cms, release: '3.9', slots: {callbridge: corp-both.pem}",
    "webex": "role: webex, slots: {certificate: corp-both.pem}",
    "generic": "role: generic, client_eku: checked, slots: {certificate: corp-both.pem}",
    "outside": "role: outside, client_eku: checked, slots: {certificate: corp-both.pem}",
}
