"""The certificates of the whole estate, by file name without ".pem": who issued them, what they may do, until when."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cisco_document.world import BOTH, CLIENT, SERVER, Leaf, Usages


def _summer(*hosts: str) -> Leaf:
    """What DigiCert issued last summer: both usages, which its next one will not have by itself."""
    return Leaf("digicert", BOTH, "2026-08-05", "2027-02-20", hosts=hosts)


def _autumn(*hosts: str) -> Leaf:
    """What DigiCert issues now."""
    return Leaf("digicert", SERVER, "2026-11-01", "2027-05-19", hosts=hosts)


def _free(*hosts: str) -> Leaf:
    """What Let's Encrypt issues."""
    return Leaf("letsencrypt", SERVER, "2026-10-20", "2027-01-18", hosts=hosts)


def _private(usages: Usages, *hosts: str) -> Leaf:
    """What the company's own CA issues, and will go on to issue."""
    return Leaf("corp", usages, "2026-01-05", "2028-06-30", hosts=hosts)


_CORE, _EDGE = "exp-c.example.com", "exp-e.example.com"

LEAVES: Mapping[str, Leaf] = {
    "c1": _autumn("exp-c1.example.com", _CORE),
    "c1-client": _private(BOTH, "exp-c1.example.com", _CORE),
    "c2": _autumn("exp-c2.example.com", _CORE),
    "e1": _autumn("exp-e1.example.com", _EDGE),
    "e1-client": _summer("exp-e1.example.com", _EDGE),
    "e2": _summer("exp-e2.example.com", _EDGE),
    "branch-c": _private(BOTH, "branch-c.example.com"),
    "branch-e": _free("branch-e.example.com"),
    "tomcat": _summer("cucm-ms.example.com", "cucm1.example.com", "cucm2.example.com", "cucm3.example.com"),
    "cucm1": _private(BOTH, "cucm1.example.com"),
    "cucm2": _private(BOTH, "cucm2.example.com"),
    "imp1": _private(BOTH, "imp1.example.com"),
    "imp1-xmpp": _private(SERVER, "imp1.example.com"),
    "imp1-s2s": _autumn("imp1.example.com", "example.com"),
    "unity1": _summer("unity1.example.com"),
    "cms1": _free("cms1.example.com"),
    "cms1-web": _free("join.example.com"),
    "cms1-c2w": _private(BOTH, "cms1.example.com"),
    "cms1-admin": _private(SERVER, "cms1.example.com"),
    "cube1": _autumn("cube1.example.com"),
    "cube2": _autumn("cube2.example.com"),
    "cube2-client": _private(CLIENT, "cube2.example.com"),
    "partner-a": _autumn("sip.partner-a.example.net"),
    "partner-b": _summer("vcse1.partner-b.example.org", "vcse2.partner-b.example.org"),
    "directory": _private(SERVER, "ldap.example.com"),
    "loghost": _private(SERVER, "loghost.example.com"),
}
