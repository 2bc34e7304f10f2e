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
    """One notice for the slots of a target that hold the same; an RSA and an ECDSA certificate may be the same two."""
    for target in scene.seen.targets.values():
        if len(target.slots) < 2:
            continue
        held: dict[str, list[SlotContent]] = {}
        for content in target.slots:
            if content.sha256 is not None and content.from_ != "same-slot" and not _one_with_another(target, content):
                held.setdefault(content.sha256, []).append(content)
        shared: dict[tuple[str, ...], list[SlotContent]] = {}
        for contents in held.values():
            shared.setdefault(tuple(sorted({content.slot for content in contents})), []).extend(contents)
        for slots, contents in shared.items():
            if len(slots) > 1:
                yield _notice(scene, target, slots, contents)


def _notice(scene: Scene, target: Target, slots: tuple[str, ...], contents: list[SlotContent]) -> Notice:
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
        certificates=[content.sha256 for content in contents if content.sha256 is not None],
    )


def _row(target: Target, slots: tuple[str, ...]) -> ReuseRow | None:
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
