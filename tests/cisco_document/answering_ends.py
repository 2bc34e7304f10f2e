"""What the end that answers a connection gets where a situation is about something else.

Whoever dials verifies the server's certificate. So wherever a connection is declared there is an answer about it: fine
for a certificate with serverAuth, which every situation here has unless it says otherwise, and unknown for one that
nobody saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML

from tests.cisco_document.situation import Expected, Shorthand, Situation

_UC = ("cucm", "imp", "unity-connection")
_OTHERS = ("outside", "generic")
# By use case: who dials, who answers, and the rule of the answering end.
_ANSWERED: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...]] = {
    "sip-b2b": ((("expressway-e",), _OTHERS, "X04S"),),
    "sip-im-federation": ((("expressway-e",), _OTHERS, "X04S"),),
    "xmpp-federation": ((("expressway-e",), _OTHERS, "GP04"), (_OTHERS, ("expressway-e",), "X10S")),
    "neighbor-zone": ((("expressway-c", "expressway-e"), (*_UC, *_OTHERS), "X19T"),),
    "online-capf": ((("cucm",), _OTHERS, "CM23"),),
    "ipsec": ((("cucm",), ("cube", *_OTHERS), "CM24"),),
    "emergency-responder": ((("cer",), ("cucm", *_OTHERS), "ER05"),),
    "provider-trunk": ((("cube",), _OTHERS, "CB07"),),
    "contact-center-trunk": (
        (("contact-center",), ("cube", "cucm", "cms", *_OTHERS), "CC05"),
        (("cube", "cucm", "cms", *_OTHERS), ("contact-center",), "CC06"),
    ),
    "edge-audio": ((("expressway-e",), ("webex",), "WX05"),),
    "cloud-onboarding": ((("expressway-e",), ("webex",), "WX06"),),
    "webex-calling": ((("cube",), ("webex",), "WX07"),),
    "cms-sip": ((("cms",), ("cube", *_OTHERS), "MS17"),),
}
_SLOT = {
    "cucm": "CallManager",
    "imp": "cup",
    "unity-connection": "tomcat",
    "cms": "callbridge",
    "cube": "trustpoint",
    "contact-center": "tomcat",
    "expressway-e": "server",
}


def whole(situation: Situation) -> Mapping[str, Shorthand]:
    """All that is expected of a situation: what it states, and of the answering ends that it does not speak of."""
    return {**dict(_derived(situation)), **situation.expect}


def _derived(situation: Situation) -> Iterator[tuple[str, Shorthand]]:
    document = YAML(typ="safe").load(situation.targets) or {}
    targets: Mapping[str, Any] = document.get("targets") or {}
    for connection in document.get("connections") or ():
        for dials in _members(connection["from"], targets):
            for answers in _members(connection["to"], targets):
                yield from _of(connection["use_case"], dials, answers, targets)


def _members(name: str, targets: Mapping[str, Any]) -> list[str]:
    return [name] if name in targets else [one for one, box in targets.items() if box.get("cluster") == name]


def _of(use_case: str, dials: str, answers: str, targets: Mapping[str, Any]) -> Iterator[tuple[str, Shorthand]]:
    ends = targets[dials].get("role"), targets[answers].get("role")
    for dialling, answering, rule in _ANSWERED.get(use_case, ()):
        if ends[0] in dialling and ends[1] in answering:
            seen = _SLOT.get(ends[1], "certificate") in (targets[answers].get("slots") or {})
            open_ = Expected("unknown", "unknown", None)
            yield f"{answers}>{dials}/{use_case}/{rule}", "ok" if seen else open_
