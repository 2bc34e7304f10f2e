"""The words that targets may use and that are defined further down the pipeline, handed in by the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Literal

from ekuscan.record import record


@record
class SettingShape:
    """A setting of a box or of a connection, its values, and the question that asks for it.

    No ``values`` means any text; no ``roles`` means a box of any role.
    """

    of: Literal["target", "connection"]
    values: tuple[str, ...]
    question: str
    roles: tuple[str, ...] = ()


@record
class UseCaseShape:
    """The roles that a use case joins: ``from_roles`` dial, ``to_roles`` answer; with ``both_ways`` also in reverse.

    No roles, or "*", means any. ``itself``: parts of one box talk to each other, so it may stand at both ends.
    """

    from_roles: tuple[str, ...] = ()
    to_roles: tuple[str, ...] = ()
    both_ways: bool = False
    itself: bool = False


def any_release(role: str, text: str) -> str | None:
    """Accepts every release."""
    return None


def any_proxy(text: str) -> str | None:
    """Accepts every proxy."""
    return None


def always_separate(role: str, release: str, slot: str) -> str | None:
    """Takes every slot for one of its own."""
    return None


@record
class Vocabulary:
    """What the rules know, and how a proxy is written.

    ``check_release`` takes a role and a release as written and returns None if the release has that product's form,
    else how it is written, as the object of "write": ``an Expressway release, for example "X15.4"``. ``check_proxy``
    takes the URL of a proxy and returns None if it is one, else what is wrong without a word of it. ``same_slot`` takes
    a role, a release and a slot, and returns the slot that is certainly one with it, None if there is none.
    """

    use_cases: Mapping[str, UseCaseShape] = field(default_factory=dict)
    settings: Mapping[str, SettingShape] = field(default_factory=dict)
    check_release: Callable[[str, str], str | None] = any_release
    check_proxy: Callable[[str], str | None] = any_proxy
    same_slot: Callable[[str, str, str], str | None] = always_separate

    def settings_of(self, of: Literal["target", "connection"]) -> dict[str, SettingShape]:
        """The settings of boxes, or those of connections."""
        return {name: shape for name, shape in self.settings.items() if shape.of == of}

    def is_setting(self, name: str, of: Literal["target", "connection"]) -> bool:
        """Whether boxes, or connections, have this setting."""
        shape = self.settings.get(name)
        return shape is not None and shape.of == of
