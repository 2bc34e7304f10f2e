"""``certificate-reuse``: one certificate in slots of a box that could hold different ones."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.model import Notice, SlotContent, Target
from ekuscan.notices.scene import Scene
from ekuscan.notices.table import ReuseRow, packaged
from ekuscan.notices.wording import listed, notice, ports
from ekuscan.profiles.load import profile
from ekuscan.rules import releases

KIND = "certificate-reuse"


def certificate_reuse(scene: Scene) -> Iterator[Notice]:
    """One notice for each certificate of a target that several of its slots hold."""
    for target in scene.seen.targets.values():
        if len(target.slots) < 2:
            continue
        held: dict[str, list[SlotContent]] = {}
        for content in target.slots:
            if content.sha256 is not None and content.from_ != "same-slot" and not _one_with_another(target, content):
                held.setdefault(content.sha256, []).append(content)
        shared = [(sha256, found) for sha256, found in held.items() if len({one.slot for one in found}) > 1]
        for sha256, contents in shared:
            yield _notice(scene, target, sha256, contents)


def _notice(scene: Scene, target: Target, sha256: str, contents: list[SlotContent]) -> Notice:
    slots = sorted({content.slot for content in contents})
    endpoints = [id_ for content in contents for id_ in content.endpoints]
    where = ports(scene.of(endpoints))
    row = _row(target, slots)
    return notice(
        KIND,
        "known" if row else "other",
        target.id,
        {"slots": listed(slots), "ports": where or "from files", "says": row.says if row else ""},
        detail="+".join(slots),
        endpoints=endpoints,
        certificates=[sha256],
    )


def _row(target: Target, slots: list[str]) -> ReuseRow | None:
    rows = packaged().reuse
    return next((row for row in rows if target.role in row.roles and set(row.slots) <= set(slots)), None)


def _one_with_another(target: Target, content: SlotContent) -> bool:
    """Whether the slot is one with another on this release, or may be: that both hold one certificate says nothing."""
    row = next((slot for slot in profile(target.role).slots if slot.name == content.slot), None)
    if row is None or row.same_as is None or row.separate_since is None:
        return False
    if target.release is None:
        return True
    try:
        release = releases.parse(target.role, target.release)
    except releases.ReleaseError:
        return True
    return release.low < releases.parse(target.role, row.separate_since).low
