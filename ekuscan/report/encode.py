"""The published JSON of one record: the model's fields in their order, under the keys of ``ekuscan.run/1``.

``orjson`` writes dictionaries several times faster than slotted dataclasses, and half of the classes need a key
renamed anyway (``from_``, ``class_``), so each class that a run holds many of has a function that gives its
dictionary. Its literal is spelled out because that is twice as fast as building it from a list of names; a test
compares every one of them with the fields of its dataclass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from ekuscan.model import (
    AcceptedCa,
    Because,
    Certificate,
    Chain,
    Connection,
    Fact,
    Fork,
    ForkBranch,
    Hierarchy,
    Notice,
    Observation,
    Problem,
    Record,
    RecordKind,
    Remedy,
    SlotContent,
    Source,
    Target,
    Verdict,
)

_OPTIONS = orjson.OPT_UTC_Z

# What a terminal may act on or a line reader split at, and which JSON allows as it is: DEL and the C1 controls,
# line and paragraph separators, and the characters that reorder or hide text.
_RISKY = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def body(record: Record) -> bytes:
    """One JSON object in one line, without a line end, for any record; times are RFC 3339 in UTC with ``Z``.

    Any text survives: a lone surrogate becomes U+FFFD, and characters that a terminal acts on are escaped.
    """
    return _written(_DICTIONARIES.get(record.kind, _as_it_is)(record.value))


def problem(value: Problem) -> bytes:
    """The JSON object of one problem."""
    return _written(_problem(value))


def plain(value: Any) -> bytes:
    """The JSON of a value in which no key of the model is renamed: dataclasses, texts, times and what holds them."""
    return _written(value)


def string(text: str) -> bytes:
    """``text`` as a JSON string."""
    return _written(text)


def _written(value: Any) -> bytes:
    try:
        data = orjson.dumps(value, default=_plain_mapping, option=_OPTIONS)
    except TypeError:  # a lone surrogate: UTF-8 has no form for it
        data = orjson.dumps(_without_surrogates(value), default=_plain_mapping, option=_OPTIONS)
    if data.isascii() and b"\x7f" not in data:
        return data
    return _RISKY.sub(_escaped, data.decode()).encode()


def _plain_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not part of a result")


def _escaped(match: re.Match[str]) -> str:
    data = match[0].encode("utf-16-be")
    return "".join(f"\\u{data[at] << 8 | data[at + 1]:04x}" for at in range(0, len(data), 2))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, Mapping):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: _without_surrogates(getattr(value, key)) for key in value.__dataclass_fields__}
    return value


# --- dictionaries ---------------------------------------------------------------------------------------------


def _as_it_is(value: Any) -> Any:
    return value


def _fact(value: Fact) -> dict[str, Any]:
    return {"value": value.value, "from": value.from_}


def _settings(value: Mapping[str, Fact]) -> dict[str, Any]:
    return {name: _fact(fact) for name, fact in value.items()}


def _slot(value: SlotContent) -> dict[str, Any]:
    return {
        "slot": value.slot,
        "sha256": value.sha256,
        "chain": value.chain,
        "from": value.from_,
        "endpoints": value.endpoints,
        "same_as": value.same_as,
    }


def _target(value: Target) -> dict[str, Any]:
    return {
        "id": value.id,
        "role": value.role,
        "role_from": value.role_from,
        "release": value.release,
        "release_from": value.release_from,
        "cluster": value.cluster,
        "tags": value.tags,
        "line": value.line,
        "settings": _settings(value.settings),
        "slots": [_slot(slot) for slot in value.slots],
    }


def _connection(value: Connection) -> dict[str, Any]:
    return {
        "id": value.id,
        "use_case": value.use_case,
        "from": value.from_,
        "to": value.to,
        "settings": _settings(value.settings),
        "origin": value.origin,
        "line": value.line,
    }


def _certificate(value: Certificate) -> dict[str, Any]:
    return {
        "subject": value.subject,
        "issuer": value.issuer,
        "serial": value.serial,
        "not_before": value.not_before,
        "not_after": value.not_after,
        "key": value.key,
        "san": value.san,
        "eku": value.eku,
        "scts": value.scts,
        "flaws": value.flaws,
        "pem": value.pem,
    }


def _hierarchy(value: Hierarchy) -> dict[str, Any]:
    return {
        "class": value.class_,
        "root": value.root,
        "owner": value.owner,
        "chrome": value.chrome,
        "certainty": value.certainty,
        "evidence": value.evidence,
    }


def _chain(value: Chain) -> dict[str, Any]:
    return {
        "presented": value.presented,
        "paths": value.paths,
        "flaws": value.flaws,
        "hierarchy": _hierarchy(value.hierarchy),
        "effective_eku": value.effective_eku,
    }


def _endpoint(value: Observation) -> dict[str, Any]:
    endpoint = value.endpoint
    return {
        "id": endpoint.id,
        "target": endpoint.target,
        "host": endpoint.host,
        "address": value.address,
        "port": endpoint.port,
        "protocol": endpoint.protocol,
        "server_name": endpoint.server_name,
        "optional": endpoint.optional,
        "status": value.status,
        "failure": value.failure,
        "sights": value.sights,
        "banner": value.banner,
        "service": endpoint.service,
        "slot": endpoint.slot,
        "profile_port": endpoint.profile_port,
        "enforcement": value.enforcement,
        "accepts": [_accepted(ca) for ca in value.accepts],
        "ca_names_cut": value.ca_names_cut,
    }


def _accepted(value: AcceptedCa) -> dict[str, Any]:
    return {
        "name": value.name,
        "class": value.class_,
        "owner": value.owner,
        "issues_client_auth": value.issues_client_auth,
    }


def _branch(value: ForkBranch) -> dict[str, str]:
    return {"now": value.now, "next": value.next}


def _fork(value: Fork) -> dict[str, Any]:
    return {
        "fact": value.fact,
        "question": value.question,
        "values": {name: _branch(branch) for name, branch in value.values.items()},
    }


def _because(value: Because) -> dict[str, str]:
    return {"fact": value.fact, "value": value.value, "from": value.from_}


def _remedy(value: Remedy) -> dict[str, Any]:
    return {"id": value.id, "text": value.text, "until": value.until, "clears": value.clears, "harms": value.harms}


@lru_cache(maxsize=1024)
def _source(code: str, title: str, url: str, read: str) -> orjson.Fragment:
    """A few dozen sources stand under every verdict of a run: each is written once."""
    return orjson.Fragment(_written({"code": code, "title": title, "url": url, "read": read}))


def _cited(value: Source) -> orjson.Fragment:
    return _source(value.code, value.title, value.url, value.read)


def _verdict(value: Verdict) -> dict[str, Any]:
    return {
        "id": value.id,
        "rule": value.rule,
        "use_case": value.use_case,
        "part_of": value.part_of,
        "connection": value.connection,
        "target": value.target,
        "slot": value.slot,
        "sha256": value.sha256,
        "dials": value.dials,
        "answers": value.answers,
        "verifies": value.verifies,
        "if_used": value.if_used,
        "outcome": value.outcome,
        "now": value.now,
        "next": value.next,
        "when": value.when,
        "severity": value.severity,
        "certainty": value.certainty,
        "confidence": value.confidence,
        "text": value.text,
        "forks": [_fork(fork) for fork in value.forks],
        "missing": value.missing,
        "assumed": value.assumed,
        "because": [_because(because) for because in value.because],
        "remedies": [_remedy(remedy) for remedy in value.remedies],
        "source": [_cited(source) for source in value.source],
        "waived": value.waived,
    }


def _notice(value: Notice) -> dict[str, Any]:
    return {
        "id": value.id,
        "kind": value.kind,
        "target": value.target,
        "peer": value.peer,
        "endpoints": value.endpoints,
        "certificates": value.certificates,
        "severity": value.severity,
        "certainty": value.certainty,
        "text": value.text,
        "because": [_because(because) for because in value.because],
    }


def _problem(value: Problem) -> dict[str, Any]:
    return {
        "section": value.section,
        "target": value.target,
        "peer": value.peer,
        "slot": value.slot,
        "title": value.title,
        "text": value.text,
        "action": value.action,
        "when": value.when,
        "rules": value.rules,
        "verdicts": value.verdicts,
        "remedy": value.remedy and _remedy(value.remedy),
        "ways": [_remedy(way) for way in value.ways],
        "members": value.members,
    }


_DICTIONARIES: dict[RecordKind, Callable[[Any], Any]] = {
    "target": _target,
    "connection": _connection,
    "certificate": _certificate,
    "chain": _chain,
    "endpoint": _endpoint,
    "verdict": _verdict,
    "notice": _notice,
}
