"""What the end that answers a connection gets where a situation is about something else.

Whoever dials verifies the server's certificate. So wherever a connection is declared there is an answer about it: fine
for a certificate with serverAuth, which every situation here has unless it says otherwise, and unknown for one that
nobody saw. And where two ends dial each other there is an answer for both directions at once: the graver one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML

from tests.cisco_document.situation import Expected, Shorthand, Situation, answer

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
_BOTH_WAYS = {"sip-b2b": "b2b-both-ways", "edge-audio": "edge-audio-both-ways"}
# From what breaks nothing to what does: a fork is graver than a risk, and what nobody saw than a fork.
_GRAVITY = ("not-applicable", "ok", "at-risk", "depends", "unknown", "breaks")
Link = tuple[str, str, str]


def whole(situation: Situation) -> Mapping[str, Shorthand]:
    """All that is expected of a situation: what it states, and of the answering ends that it does not speak of."""
    document = YAML(typ="safe").load(situation.targets) or {}
    targets: Mapping[str, Any] = document.get("targets") or {}
    links = list(_links(document.get("connections") or (), targets))
    each = {**dict(found for link in links for found in _of(*link, targets)), **situation.expect}
    return {**dict(_both_ways(links, each, targets)), **each}


def _links(connections: Iterable[Mapping[str, str]], targets: Mapping[str, Any]) -> Iterator[Link]:
    for connection in connections:
        for dials in _members(connection["from"], targets):
            for answers in _members(connection["to"], targets):
                yield connection["use_case"], dials, answers


def _both_ways(
    links: list[Link], each: Mapping[str, Shorthand], targets: Mapping[str, Any]
) -> Iterator[tuple[str, Shorthand]]:
    """Seen from Expressway-E, what two ends that dial each other get: the gravest of all that either direction gets."""
    for use_case, edge, far in links:
        if use_case in _BOTH_WAYS and targets[edge]["role"] == "expressway-e" and (use_case, far, edge) in links:
            ways = (f"{edge}>{far}/{use_case}/", f"{far}>{edge}/{use_case}/")
            parts = [answer(given) for name, given in each.items() if name.startswith(ways)]
            name = _BOTH_WAYS[use_case]
            yield f"{edge}>{far}/{name}/{name.upper()}", _gravest(parts)


def _gravest(parts: list[Expected]) -> Expected:
    worst = max(parts, key=lambda one: _GRAVITY.index(one.now))
    later = max(parts, key=lambda one: _GRAVITY.index(one.next))
    assumed = {fact for one in parts if one.now == worst.now for fact in one.assumed}
    return replace(worst, next=later.next, assumed=tuple(sorted(assumed)))


def _members(name: str, targets: Mapping[str, Any]) -> list[str]:
    return [name] if name in targets else [one for one, box in targets.items() if box.get("cluster") == name]


def _of(use_case: str, dials: str, answers: str, targets: Mapping[str, Any]) -> Iterator[tuple[str, Shorthand]]:
    ends = targets[dials].get("role"), targets[answers].get("role")
    for dialling, answering, rule in _ANSWERED.get(use_case, ()):
        if ends[0] in dialling and ends[1] in answering:
            seen = _SLOT.get(ends[1], "certificate") in (targets[answers].get("slots") or {})
            open_ = Expected("unknown", "unknown", None)
            yield f"{answers}>{dials}/{use_case}/{rule}", "ok" if seen else open_
