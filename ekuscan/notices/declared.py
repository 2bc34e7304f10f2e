"""``role-differs`` and ``release-differs``: what banners say against the inventory."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.guess import disagreements
from ekuscan.model import Notice, Observation
from ekuscan.notices.scene import Scene
from ekuscan.notices.wording import notice


def declared_differs(scene: Scene) -> Iterator[Notice]:
    """One notice for each product, and each release, that banners of a target name against what was declared."""
    said: dict[str, list[Observation]] = {}
    for observation in scene.observations.values():
        if observation.banner is not None:
            said.setdefault(observation.endpoint.target, []).append(observation)
    for name, observations in said.items():
        for found in disagreements(scene.seen.targets[name], observations):
            yield notice(
                f"{found.kind}-differs",
                "banner",
                name,
                {"declared": found.declared, "observed": found.observed, "banner": found.banner},
                detail=found.observed,
                endpoints=found.endpoints,
            )
