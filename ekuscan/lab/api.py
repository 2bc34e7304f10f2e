"""The read-only API of the lab's appliances: what `ekuscan.appliance` asks for, behind HTTP Basic."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from ekuscan.lab.authority import Credential
from ekuscan.lab.estate import Box, Estate
from ekuscan.lab.talk import Page
from ekuscan.record import record

_EXPRESSWAYS: Final = ("expressway-e", "expressway-c")
_NEIGHBORS: Final = "/api/provisioning/common/zone/neighborzone"
_ZONES: Final[Mapping[tuple[str, str], str]] = {
    ("expressway-c", "uc-traversal"): "/api/provisioning/controller/zone/unifiedcommunicationstraversal",
    ("expressway-c", "traversal-zone"): "/api/provisioning/controller/zone/traversalclient",
    ("expressway-e", "uc-traversal"): "/api/provisioning/edge/zone/unifiedcommunicationstraversal",
    ("expressway-e", "traversal-zone"): "/api/provisioning/edge/zone/traversalserver",
}
_JSON: Final = "application/json"


@record
class ApiLogin:
    """The one account of all appliances of a lab."""

    user: str = "ekuscan"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def header(self) -> bytes:
        """The value of an Authorization header with this log-in (RFC 7617)."""
        return b"Basic " + base64.b64encode(f"{self.user}:{self.password}".encode())

    def file(self, roots: str) -> str:
        """A credentials file (TOML). ``roots`` names the file of the CAs that the lab's certificates come from."""
        return f'[all]\nuser = "{self.user}"\npassword = "{self.password}"\nca = "{roots}"\n'


def api_pages(box: Box, estate: Estate, certificate: Credential) -> dict[str, Page]:
    """What a box with an API answers, by path. ``certificate`` is in its server slot."""
    if box.role == "cms":
        body = f"<status><softwareVersion>{box.release}</softwareVersion><activated>true</activated></status>"
        return {"/api/v1/system/status": _page('<?xml version="1.0"?>' + body, "text/xml")}
    if box.role not in _EXPRESSWAYS:
        return {}
    zones: dict[str, list[dict[str, Any]]] = {_NEIGHBORS: []}
    zones |= {path: [] for (role, _), path in _ZONES.items() if role == box.role}
    for path, zone in _zones(box, estate):
        zones[path].append(zone)
    return {
        "/api/provisioning/sysinfo": _page(json.dumps({"Version": box.release, "SystemName": box.name}), _JSON),
        "/api/provisioning/certs/server": _page(certificate.pem.decode("ascii")),
        **{path: _page(json.dumps(found), _JSON) for path, found in zones.items()},
    }


def _page(body: str, kind: str = "text/html") -> Page:
    return Page(200, body, kind=kind, guarded=True)


def _zones(box: Box, estate: Estate) -> Iterator[tuple[str, dict[str, Any]]]:
    """The zones of an Expressway, as the estate's connections have them."""
    for connection in estate.connections:
        use_case = "uc-traversal" if connection["use_case"] == "mra" else connection["use_case"]
        ends = [_members(estate, connection[end]) for end in ("from", "to")]
        if box not in (*ends[0], *ends[1]):
            continue
        others = [other.server_name for other in (ends[1] if box in ends[0] else ends[0])]
        path = _NEIGHBORS if use_case == "neighbor-zone" else _ZONES.get((box.role, use_case))
        if path is not None:
            verify = {"SIPTLSVerifyMode": connection["tls_verify"].title()} if "tls_verify" in connection else {}
            yield from ((path, zone | verify) for zone in _zone(box, use_case, others))


def _zone(box: Box, use_case: str, others: Sequence[str]) -> Iterator[dict[str, Any]]:
    zone = {"Name": f"{use_case} to {others[0]}", "HopCount": 15, "SIPTransport": "TLS"}
    if box.role == "expressway-e" and use_case != "neighbor-zone":
        yield from (zone | {"SIPTLSVerifySubjectName": other} for other in others)
    else:
        yield zone | {"PeerAddress": list(others), "SIPPort": 5061}


def _members(estate: Estate, end: str) -> list[Box]:
    return [box for box in estate.boxes if end in (box.name, box.cluster)]
