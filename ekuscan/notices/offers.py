"""What an endpoint makes of different offers: where it breaks off, and where it shows another certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.model import Because, Failure, Notice, Observation, Sight
from ekuscan.names import display_name
from ekuscan.notices.scene import Scene
from ekuscan.notices.table import IntoleranceRow, packaged
from ekuscan.notices.wording import listed, notice, place, ports
from ekuscan.targets.plan import with_role

_STAGES = frozenset({"hello", "certificate"})
_BROKE_OFF = frozenset({"closed", "reset", "stalled", "garbled", "alert"})
_OURS = frozenset({"deadline", "our-limit"})


# --- intolerance ----------------------------------------------------------------------------------------------


def intolerance(scene: Scene) -> Iterator[Notice]:
    """``intolerance``: one notice for each way in which a target breaks off, with all ports that did."""
    found: dict[tuple[str, str], list[tuple[Observation, tuple[Failure, ...]]]] = {}
    rows = {row.id: row for row in packaged().intolerance}
    for observation in scene.observations.values():
        for row in rows.values() if len(observation.sights) > 1 else ():
            failures = _broke_off(row, observation.sights)
            if failures:
                found.setdefault((observation.endpoint.target, row.id), []).append((observation, failures))
    for (target, id_), seen in found.items():
        # An alert that says what is refused is no chance; anything else may be, where it was seen once.
        sure = bool(rows[id_].alerts) or all(len(failures) > 1 for _, failures in seen)
        told = dict.fromkeys((one.endpoint.id, failure.detail) for one, failures in seen for failure in failures)
        yield notice(
            "intolerance",
            "sure" if sure else "once",
            target,
            {"ports": ports(one for one, _ in seen), "says": rows[id_].says},
            detail=id_,
            endpoints=[one.endpoint.id for one, _ in seen],
            certainty="observed" if sure else "inferred",
            because=[Because(endpoint, detail, "observed") for endpoint, detail in told],
        )


def _broke_off(row: IntoleranceRow, sights: Sequence[Sight]) -> tuple[Failure, ...]:
    """How the peer broke off each time at the one offer, if it showed a certificate to the other.

    Nothing where it did otherwise a single time. What we cut off ourselves counts neither way.
    """
    if not any(sight.chain is not None and sight.offer in row.answered for sight in sights):
        return ()
    tried = [sight for sight in sights if sight.offer in row.failed and not _cut_by_us(sight)]
    failures = tuple(sight.failure for sight in tried if sight.failure is not None and _chokes(row, sight))
    return failures if len(failures) == len(tried) else ()


def _cut_by_us(sight: Sight) -> bool:
    return sight.failure is not None and sight.failure.reason in _OURS


def _chokes(row: IntoleranceRow, sight: Sight) -> bool:
    """Whether a sight ended as one does at a ClientHello that the peer cannot take."""
    failure = sight.failure
    if sight.chain is not None or failure is None or failure.alert in row.refusals:
        return False
    if failure.stage not in _STAGES or failure.reason not in _BROKE_OFF:
        return False
    return not row.alerts or failure.alert in row.alerts


# --- different certificates -----------------------------------------------------------------------------------


def views_differ(scene: Scene) -> Iterator[Notice]:
    """``views-differ``: one notice for the ports of a target that show the same several certificates."""
    found: dict[tuple[str, frozenset[str]], list[Observation]] = {}
    for observation in scene.observations.values():
        shown = _shown(scene, observation) if len(observation.sights) > 1 else {}
        if len(shown) > 1:
            found.setdefault((observation.endpoint.target, frozenset(shown)), []).append(observation)
    used: set[tuple[str, str]] = set()
    for (target, _), seen in found.items():
        shown = _shown(scene, seen[0])
        keys = [scene.seen.certificates[sha256].key.partition(" ")[0] for sha256 in shown]
        slot = _slot(scene, seen[0])
        detail = slot if slot and (target, slot) not in used else place(seen[0].endpoint)
        used.add((target, detail))
        yield notice(
            "views-differ",
            "key-types" if len(set(keys)) == len(keys) else "other",
            target,
            {"ports": ports(seen), "views": listed(_view(scene, *one) for one in shown.items())},
            detail=detail,
            endpoints=[one.endpoint.id for one in seen],
            certificates=shown,
        )


def _shown(scene: Scene, observation: Observation) -> dict[str, list[str]]:
    """The end-entity certificates that an endpoint shows to anybody, each with the offers that brought it."""
    shown: dict[str, list[str]] = {}
    for sight in observation.sights:
        chain = scene.seen.chains.get(sight.chain) if sight.chain is not None else None
        if chain is not None and sight.presented_as is None:
            shown.setdefault(chain.presented[0], []).append(sight.offer)
    return shown


def _slot(scene: Scene, observation: Observation) -> str | None:
    target = scene.seen.targets[observation.endpoint.target]
    if target.role_from in ("guessed", "default"):
        return with_role(observation.endpoint, target.role).slot
    return observation.endpoint.slot


def _view(scene: Scene, sha256: str, offers: Sequence[str]) -> str:
    views = packaged().views
    key = scene.seen.certificates[sha256].key
    name = display_name(scene.book.parsed(sha256).reading.subject) or "without a name"
    told = [views[offer].says if offer in views else f"to the offer {offer}" for offer in offers]
    return f"{name} ({key}) {listed(told)}"
