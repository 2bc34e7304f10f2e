"""All notices of a scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ekuscan.model import Notice
from ekuscan.notices.accepted import ca_not_listed, only_ended_cas
from ekuscan.notices.cluster import cluster_differs
from ekuscan.notices.declared import declared_differs
from ekuscan.notices.dialled import name_mismatch
from ekuscan.notices.enforcing import enforces_client_auth
from ekuscan.notices.offers import intolerance, views_differ
from ekuscan.notices.reuse import certificate_reuse
from ekuscan.notices.scene import Scene
from ekuscan.notices.weak import weak_tls

_FINDERS: tuple[Callable[[Scene], Iterator[Notice]], ...] = (
    declared_differs,
    certificate_reuse,
    cluster_differs,
    ca_not_listed,
    only_ended_cas,
    name_mismatch,
    weak_tls,
    intolerance,
    views_differ,
    enforces_client_auth,
)


def notices(scene: Scene) -> tuple[Notice, ...]:
    """Every notice once, by kind in the order of the table, and within a kind in the order of the targets."""
    return tuple(notice for find in _FINDERS for notice in find(scene))
