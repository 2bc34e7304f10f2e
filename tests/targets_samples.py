"""A small vocabulary and certificate reader for the tests of targets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ekuscan.targets.vocabulary import SettingShape, UseCaseShape, Vocabulary


def check_release(role: str, text: str) -> str | None:
    if role.startswith("expressway"):
        return None if re.fullmatch(r"X\d+(\.\d+)*", text) else 'a release like "X15.4"'
    return None if re.match(r"\d", text) or role in ("outside", "generic") else 'a release like "14SU3"'


def check_proxy(text: str) -> str | None:
    return None if re.match(r"(http|socks5)://", text) else "write a proxy as http://host:port"


VOCABULARY = Vocabulary(
    use_cases={
        "uc-traversal": UseCaseShape(("expressway-c",), ("expressway-e",)),
        "neighbor-zone": UseCaseShape(("expressway-c", "expressway-e"), ("cucm", "cube", "generic"), both_ways=True),
        "sip-b2b": UseCaseShape(("expressway-e",), ("outside", "generic"), both_ways=True),
        "one-way-tls": UseCaseShape(),
    },
    settings={
        "cluster_tls": SettingShape(
            "target",
            ("enforcing", "permissive"),
            "Is the cluster's TLS verification Enforcing or Permissive?",
            ("expressway-e", "expressway-c"),
        ),
        "client_eku": SettingShape("target", ("checked", "ignored"), "Does this peer check clientAuth?", ("*",)),
        "match_eku": SettingShape("target", ("on", "off"), "match eku client-auth?", ("cube",)),
        "tls_verify": SettingShape("connection", ("on", "off"), "Is TLS verify mode on or off?"),
    },
    check_release=check_release,
    check_proxy=check_proxy,
)


def read_certificates(data: bytes, name: str) -> Sequence[bytes]:
    """Stands in for the reader of certificate files: every line that begins with CERT is a certificate."""
    found = [line for line in data.splitlines() if line.startswith(b"CERT")]
    if not found and b"KEY" in data:
        raise ValueError(f"{name}: it holds a private key only")
    return found
