"""``cluster-differs``: members of a cluster, or addresses of one name, that present different certificates.

Each has a certificate of its own, so that alone says nothing: it counts what they are fit for, who issued them, and
when they end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from ekuscan.model import Because, Certificate, Chain, Notice, Observation, Purpose, Stack, Target
from ekuscan.named_sights import named_sights
from ekuscan.notices.scene import Scene
from ekuscan.notices.table import packaged
from ekuscan.notices.wording import listed, notice, number
from ekuscan.policy.days import spoken
from ekuscan.record import record

KIND = "cluster-differs"
_FIT = {
    (True, True): "serverAuth and clientAuth",
    (True, False): "serverAuth only",
    (False, True): "clientAuth only",
    (False, False): "neither serverAuth nor clientAuth",
}


@record
class Shown:
    """What one member presented for one service."""

    member: str
    certificate: Certificate
    sha256: str
    chain: Chain
    endpoints: tuple[str, ...]
    observed: bool

    @property
    def key(self) -> str:
        """The kind of its key: a product may have a certificate of each kind in one slot."""
        return self.certificate.key.partition(" ")[0]


def cluster_differs(scene: Scene) -> Iterator[Notice]:
    """One notice for each slot of a cluster, or port of a name, in which not all present the same kind of thing."""
    clusters: dict[tuple[str, str], list[Target]] = {}
    for target in scene.seen.targets.values():
        if target.cluster is not None:
            clusters.setdefault((target.cluster, target.role), []).append(target)
    for (cluster, role), members in clusters.items():
        shown: dict[str, list[Shown]] = {}
        for member in members if len(members) > 1 else ():
            for where, one in _by_slot(scene, member):
                shown.setdefault(where, []).append(one)
        yield from _between(scene, cluster, role, shown)
    for name, observations in _several_addresses(scene).items():
        shown = {}
        for where, one in _by_address(scene, observations):
            shown.setdefault(where, []).append(one)
        yield from _between(scene, name, scene.seen.targets[name].role, shown)


# --- what each presented --------------------------------------------------------------------------------------


def _by_slot(scene: Scene, target: Target) -> Iterator[tuple[str, Shown]]:
    for content in target.slots:
        if content.sha256 is None or content.chain is None or content.from_ == "same-slot":
            continue
        certificate, chain = scene.seen.certificates[content.sha256], scene.seen.chains[content.chain]
        yield (
            f"{target.role} {content.slot}",
            Shown(target.id, certificate, content.sha256, chain, content.endpoints, content.from_ == "port"),
        )


def _several_addresses(scene: Scene) -> dict[str, list[Observation]]:
    """The observations of targets that were looked at under more than one address."""
    found: dict[str, list[Observation]] = {}
    for observation in scene.observations.values():
        if observation.address is not None and observation.presented:
            found.setdefault(observation.endpoint.target, []).append(observation)
    return {target: seen for target, seen in found.items() if len({one.address for one in seen}) > 1}


def _by_address(scene: Scene, observations: Sequence[Observation]) -> Iterator[tuple[str, Shown]]:
    for observation in observations:
        where = f"port {number(observation)}"
        for sight in named_sights(observation):
            if sight.chain is None or sight.chain not in scene.seen.chains:
                continue
            chain = scene.seen.chains[sight.chain]
            sha256 = chain.presented[0]
            certificate = scene.seen.certificates[sha256]
            ids = (observation.endpoint.id,)
            yield where, Shown(observation.address or "", certificate, sha256, chain, ids, True)


# --- what differs ---------------------------------------------------------------------------------------------


def _between(scene: Scene, name: str, role: str, shown: Mapping[str, list[Shown]]) -> Iterator[Notice]:
    stack = scene.tables.stack(role)
    for where, everything in shown.items():
        for detail, found in _comparable(everything):
            case = _difference(found, stack)
            if case is not None:
                yield _notice(name, where, detail, case, found, stack)


def _comparable(shown: Sequence[Shown]) -> Iterator[tuple[str, list[Shown]]]:
    """One certificate per member: by the kind of key where a member has several; nothing where it shows two of a kind.

    Members that differ in their ports do so for themselves, and that is another matter.
    """
    members = list(dict.fromkeys(one.member for one in shown))
    distinct = list({(one.member, one.sha256): one for one in shown}.values())
    groups = {"": distinct}
    if len(distinct) > len(members):
        groups = {kind: [one for one in distinct if one.key == kind] for kind in dict.fromkeys(o.key for o in distinct)}
    for detail, found in groups.items():
        if 1 < len(found) == len({one.member for one in found}):
            yield detail, found


def _difference(shown: Sequence[Shown], stack: Stack) -> str | None:
    """The gravest thing in which they differ."""
    if len({_fit(one, stack) for one in shown}) > 1:
        return "eku"
    if len({_issuer(one) for one in shown}) > 1:
        return "issuer"
    ends = [one.certificate.not_after for one in shown if one.certificate.not_after is not None]
    apart = timedelta(days=packaged().days_apart)
    return "end" if len(ends) == len(shown) and max(ends) - min(ends) >= apart else None


def _fit(shown: Shown, stack: Stack) -> str:
    purpose = shown.chain.effective_eku.get(stack) or Purpose(False, False)
    return _FIT[purpose.server_auth, purpose.client_auth]


def _issuer(shown: Shown) -> str:
    """A CA's owner and not its issuing CAs: a large one issues from several in turn."""
    hierarchy = shown.chain.hierarchy
    return f"{hierarchy.owner or hierarchy.root or shown.certificate.issuer} ({hierarchy.class_})"


def _end(shown: Shown) -> str:
    end = shown.certificate.not_after
    return spoken(end) if end is not None else "unreadable"


def _notice(name: str, where: str, detail: str, case: str, shown: Sequence[Shown], stack: Stack) -> Notice:
    says: Callable[[Shown], str] = {"eku": lambda one: _fit(one, stack), "issuer": _issuer, "end": _end}[case]
    groups: dict[str, list[str]] = {}
    for one in shown:
        groups.setdefault(says(one), []).append(one.member)
    told = "; ".join(f"{listed(members, 3)}: {value}" for value, members in groups.items())
    return notice(
        KIND,
        case,
        name,
        {"where": f"{where}, {detail} key" if detail else where, "members": told},
        detail="/".join(part for part in (*where.split(" "), detail) if part),
        endpoints=[id_ for one in shown for id_ in one.endpoints],
        certificates=[one.sha256 for one in shown],
        certainty="observed" if all(one.observed for one in shown) else "declared",
        because=[Because(one.member, f"{_fit(one, stack)}, {_issuer(one)}, ends {_end(one)}", "port") for one in shown],
    )
