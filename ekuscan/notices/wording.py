"""Notices in words: a case's text filled in, lists as people write them, everything from outside printable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ekuscan.model import Because, Certainty, Endpoint, Notice, Observation
from ekuscan.names import printable
from ekuscan.notices.table import packaged
from ekuscan.protocols import transport_of
from ekuscan.targets.address import label

_MOST_LISTED, _LONGEST_DETAIL = 6, 260


def notice(
    kind: str,
    case: str,
    target: str,
    words: Mapping[str, str],
    *,
    peer: str | None = None,
    detail: str = "",
    endpoints: Iterable[str] = (),
    certificates: Iterable[str] = (),
    certainty: Certainty = "observed",
    because: Iterable[Because] = (),
) -> Notice:
    """A notice of this kind and case. ``words`` fill in the case's text, ``detail`` tells notices of one kind apart."""
    row = packaged().kinds[kind].the(case)
    names = {"target": target, "peer": peer or "", **words}
    ends = target if peer is None else f"{target}>{peer}"
    return Notice(
        id=f"{ends}/{kind}/{printable(detail, _LONGEST_DETAIL)}" if detail else f"{ends}/{kind}",
        kind=kind,
        target=target,
        peer=peer,
        endpoints=tuple(dict.fromkeys(endpoints)),
        certificates=tuple(dict.fromkeys(certificates)),
        severity=row.severity,
        certainty=certainty,
        text=row.text.format_map({name: printable(word, 300) for name, word in names.items()}),
        because=tuple(because),
    )


def listed(words: Iterable[str], most: int = _MOST_LISTED) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 9 more``."""
    found = list(dict.fromkeys(words))
    shown: Sequence[str] = found if len(found) <= most else [*found[: most - 1], f"{len(found) - most + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def place(endpoint: Endpoint) -> str:
    """The port of an endpoint as it stands in its id: what tells notices of one target apart."""
    return endpoint.id.removeprefix(f"{endpoint.target}:")


def number(observation: Observation) -> int:
    """The port of an endpoint as its product knows it, also where it is forwarded."""
    return observation.endpoint.profile_port or observation.endpoint.port


def ports(observations: Iterable[Observation]) -> str:
    """The ports of endpoints by number, as one lists them, with the address where each of a name is looked at."""
    return listed(map(_port, sorted(observations, key=number)))


def _port(observation: Observation) -> str:
    endpoint = observation.endpoint
    udp = "/udp" if transport_of(endpoint.protocol) == "udp" else ""
    at = f"@{label(endpoint.address)}" if endpoint.address is not None else ""
    return f"{number(observation)}{udp}{at}"
